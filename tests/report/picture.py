# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the picture of the report that the docs show, of made-up hosts.

Usage: tests/tools/env tests/report/run picture FILE.png
"""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [os.environ["ANSIBLE_COLLECTIONS_PATH"], str(ROOT / "tests" / "unit" / "plugins" / "plugin_utils" / "report")]
import report_results as results  # noqa: E402

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.page import page as render  # noqa: E402


def main(target: str) -> None:
    """Write the picture: the summary, and the rows of some hosts below it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "fleet.html"
        report = build(results.fleet(200), generated=results.WHEN, title="Container runtimes")
        path.write_text(render(report), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=os.environ["SLIPWAY_CHROMIUM"], args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.goto(path.as_uri())
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
