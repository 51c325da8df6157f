# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates' runner makes of a gate's end."""

import gates
import pytest
from gates import Count, Gate, Outcome

CHECK = Gate("check", ("python", "tests/tools/gates.py"), 5, False)
TESTS = CHECK._replace(reports=True)

JUNIT = """<?xml version="1.0"?>
<testsuites><testsuite>
  <testcase name="a"/>
  <testcase name="b"><system-out>said</system-out></testcase>
  <testcase name="c"><skipped>why</skipped></testcase>
  <testcase name="d"><failure>why</failure><error>and more</error></testcase>
  <testcase name="e"><error>why</error></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], Count(0, 0, 0)),
        (["<testsuite/>"], Count(0, 0, 0)),
        ([JUNIT], Count(2, 2, 1)),
        ([JUNIT, '<testsuite><testcase name="a"/></testsuite>'], Count(3, 2, 1)),
    ],
)
def test_count_junit(documents: list[str], expected: Count) -> None:
    """Each test case is counted once."""
    assert gates.count_junit(documents) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("41 passed, 0 failed", Count(41, 0, 0)),
        ("3 passed, 2 failed", Count(3, 2, 0)),
        ("", Count(0, 0, 0)),
        ("=== 3 passed, 2 failed ===", Count(0, 0, 0)),
        ("left out: no Python", Count(0, 0, 0)),
    ],
)
def test_count_line(line: str, expected: Count) -> None:
    """Only a line of exactly the closing line's form counts."""
    assert gates.count_line(line) == expected


@pytest.mark.parametrize(
    ("gate", "code", "last_line", "count", "expected"),
    [
        (CHECK, 0, "", Count(0, 0, 0), (Count(1, 0, 0), "")),
        (CHECK, 3, "", Count(0, 0, 0), (Count(0, 1, 0), "exit code 3")),
        (CHECK, None, "", Count(0, 0, 0), (Count(0, 1, 0), "ended after 5 minutes")),
        (CHECK, 77, "left out: no Python", Count(0, 0, 0), (Count(0, 0, 0), "left out: no Python")),
        (TESTS, 0, "", Count(9, 0, 2), (Count(9, 0, 2), "")),
        (TESTS, 0, "", Count(0, 0, 0), (Count(0, 1, 0), "reported no test")),
        (TESTS, 0, "", Count(0, 0, 4), (Count(0, 1, 4), "reported no test")),
        (TESTS, 0, "", Count(8, 1, 0), (Count(8, 1, 0), "ended with 0 all the same")),
        (TESTS, 1, "", Count(8, 2, 0), (Count(8, 2, 0), "exit code 1")),
        (TESTS, 1, "", Count(8, 0, 0), (Count(8, 1, 0), "exit code 1")),
        (TESTS, -9, "", Count(0, 0, 0), (Count(0, 1, 0), "exit code -9")),
        (TESTS, None, "", Count(8, 0, 0), (Count(8, 1, 0), "ended after 5 minutes")),
        (TESTS, 77, "", Count(8, 0, 0), (Count(8, 1, 0), "exit code 77")),
    ],
)
def test_judge(gate: Gate, code: int | None, last_line: str, count: Count, expected: tuple[Count, str]) -> None:
    """A gate passes where its exit code and its reports both say so."""
    assert gates.judge(gate, code=code, last_line=last_line, count=count) == expected


def test_table_ends_with_the_sum() -> None:
    """The closing line sums what the rows show."""
    outcomes = [Outcome(TESTS, Count(8, 1, 2), 61.25, "exit code 1"), Outcome(CHECK, Count(1, 0, 0), 0.5, "")]
    assert gates.table(outcomes).splitlines()[1:] == [
        "check                  8       1        2     61.2  exit code 1",
        "check                  1       0        0      0.5",
        "9 passed, 1 failed",
    ]


def test_every_listed_gate_has_its_script() -> None:
    """A gate cannot be lost by removing its script."""
    assert gates.scripts_missing(gates.GATES) == []


def test_a_missing_script_is_named() -> None:
    """The runner refuses to start without it."""
    assert gates.scripts_missing((CHECK._replace(command=("python", "tests/no/such.py")),)) == ["tests/no/such.py"]
