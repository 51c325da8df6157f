# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the page hand around."""

import os
from pathlib import Path
from typing import List, NamedTuple

from playwright.sync_api import Page

GROUP = os.environ.get("SLIPWAY_REPORT_GROUP") or "report"


class Opened(NamedTuple):
    """A page in the browser. wrong: what the browser complained of; asked: all that it loaded."""

    page: Page
    wrong: List[str]
    asked: List[str]


class Reported(NamedTuple):
    """What a run of the playbook gave."""

    code: int
    text: str
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "fleet.html"
