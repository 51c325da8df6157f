# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report's files."""

import json
import os
from pathlib import Path

import pytest
import report_results as results

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.files import FORMATS, write
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "new" / "fleet.csv"
    mask = os.umask(0o027)
    try:
        write(str(path), "one\r\n")
        before = path.stat().st_ino
        write(str(path), "two\r\n")
    finally:
        os.umask(mask)
    assert path.read_bytes() == b"two\r\n" and path.stat().st_ino != before
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["fleet.csv"]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "fleet.html").mkdir()
    with pytest.raises(OSError):
        write(str(tmp_path / "fleet.html"), "text")
    assert os.listdir(tmp_path) == ["fleet.html"]


def test_every_format_can_be_written(tmp_path: Path) -> None:
    report = build(results.hostile(), generated=results.WHEN, title="Fleet")
    for form, text in FORMATS.items():
        write(str(tmp_path / form), text(report))
    assert json.loads((tmp_path / "json").read_text(encoding="utf-8")) == json.loads(json.dumps(report))
