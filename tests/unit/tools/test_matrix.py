# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the matrix are those that the collection promises."""

from pathlib import Path

import gates
import matrix
import units
import yaml

ROOT = Path(__file__).resolve().parents[3]


def test_rows() -> None:
    """Each ansible-core and each Python of a host once, by commands that exist."""
    names = [row.name for row in matrix.rows()]
    assert len(set(names)) == len(names)
    assert {name.partition("-")[2] for name in names if name.startswith("sanity-")} == set(matrix.CORES)
    assert {name.partition("-")[2] for name in names if name.startswith("hosts-")} == set(units.HOST_PYTHONS)
    assert gates.scripts_missing(matrix.rows()) == []


def test_the_oldest_are_the_promised_ones() -> None:
    """meta/runtime.yml names the oldest ansible-core of the matrix, tests/config.yml the oldest Python."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={next(iter(matrix.CORES))}.0"
    config = yaml.safe_load((ROOT / "tests" / "config.yml").read_text(encoding="utf-8"))
    assert config["modules"]["python_requires"] == f">={next(iter(units.HOST_PYTHONS))}"
