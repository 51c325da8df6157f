# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of ansible-playbook's words about many files."""

import pytest
from sections import AGAIN, DONE, FORETOLD, Section, fault, sections
from table import Row


def recap(changed: int, failed: int = 0, unreachable: int = 0) -> str:
    """A recap of one host, as ansible-playbook prints it without colours."""
    return (
        f"PLAY RECAP *****\nhost-1                     : ok=3    changed={changed}    unreachable={unreachable}    failed={failed}    "
        "skipped=1    rescued=1    ignored=0   \n\n")


def test_sections() -> None:
    """Numbers are those of each file alone, though a recap sums them up; what comes after the last one is of a file that could not be read."""
    found, rest = sections("one\n" + recap(2) + "two\n" + recap(2) + "three\n" + recap(5, unreachable=1) + "ERROR! no YAML\n")
    assert [(one.text.split()[0], one.changed, one.failed) for one in found] == [("one", 2, 0), ("two", 0, 0), ("three", 3, 1)]
    assert rest.strip() == "ERROR! no YAML"


def outcome(foretold: int, done: int, again: int) -> dict[str, Section]:
    """Of a block that came to its end."""
    return {FORETOLD: Section("f", foretold, 0), DONE: Section("d", done, 0), AGAIN: Section("a", again, 0)}


FAILED = {FORETOLD: Section("fatal: no\n    /dev/kvm", 0, 1)}


@pytest.mark.parametrize(
    ("came", "row", "says"),
    [
        (outcome(2, 3, 0), Row(), None),
        (outcome(0, 0, 0), Row(), None),
        (outcome(0, 1, 0), Row(), "0 changes were foretold, and 1 made"),
        (outcome(1, 0, 0), Row(), "1 changes were foretold, and 0 made"),
        (outcome(1, 1, 1), Row(), "done again: a"),
        ({DONE: Section("d", 1, 0)}, Row(), None),
        (FAILED, Row(), "foretold: fatal"),
        (FAILED, Row(fails="no /dev/kvm"), None),
        (FAILED, Row(fails="no zstd"), "it was to fail: no zstd"),
        (outcome(1, 1, 0), Row(fails="no /dev/kvm"), "it went well"),
    ],
)
def test_fault(came: dict[str, Section], row: Row, says: str | None) -> None:
    """What was foretold is done, once; or it fails as the table says."""
    found = fault(came, row)
    assert found is None if says is None else found and says in found
