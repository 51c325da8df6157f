# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report's files on the controller."""

import json
import os
import tempfile
from typing import Any, Callable, Dict

from .formats import csv_text
from .page import page


def _json_text(report: Dict[str, Any]) -> str:
    return json.dumps(report, indent=1) + "\n"


# What each format is made by.
FORMATS: Dict[str, Callable[[Dict[str, Any]], str]] = {"html": page, "json": _json_text, "csv": csv_text}


def write(path: str, text: str) -> None:
    """Write a file in one step: a reader has the old one or the new one. Raises OSError."""
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".slipway-", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(beside, 0o666 & ~mask)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
