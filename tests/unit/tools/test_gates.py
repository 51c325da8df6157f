# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates' runner makes of a gate's end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def test_failures_junit() -> None:
    """A line for each test that failed, on which it can be told from others."""
    named = JUNIT.replace('name="d"', 'classname="tests.t" name="d"').replace(
        "<failure>", '<failure message="it is\n  5">').replace("<error>why<", f"<error>{'long ' * 100}<")
    assert gates.failures_junit([named]) == ["tests.t.d: it is 5", "e: " + ("long " * 60)[:300]]


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
    outcomes = [
        Outcome(TESTS, Count(8, 1, 2), 61.25, "exit code 1", failures=("a test: why",)),
        Outcome(CHECK, Count(1, 0, 0), 0.5, "")]
    assert gates.table(outcomes).splitlines()[1:] == [
        "check                  8       1        2     61.2  exit code 1",
        "check                  1       0        0      0.5",
        "check           ! a test: why",
        "9 passed, 1 failed",
    ]


def test_what_was_met_is_handed_on(tmp_path: Path) -> None:
    """From the gate's folder to its outcome."""
    script = tmp_path / "gate"
    script.write_text("import met\nmet.note({'roles': {'youki': 'real'}})\n")
    command = ("env", f"PYTHONPATH={Path(gates.__file__).parent}", sys.executable, str(script))
    outcome = gates.run(CHECK._replace(command=command), gates.Processes())
    assert outcome.runtimes == {"roles": {"youki": "real"}} and outcome.count.passed == 1


@pytest.mark.parametrize(
    ("script", "failures"),
    [
        (f"printf '%s' '{JUNIT}' > $SLIPWAY_JUNIT/a.xml; echo said; exit 1", ("d: why", "e: why")),
        ("echo one; echo; echo 'vector 7: no'; echo '3 passed, 1 failed'; exit 1",
         ("one", "vector 7: no", "3 passed, 1 failed")),
        ("echo one; exit 0", ()),
    ],
)
def test_what_failed_is_told(script: str, failures: tuple[str, ...]) -> None:
    """By the gate's reports, or by its last words where it makes none."""
    assert gates.run(shell("check", script), gates.Processes()).failures == failures


def test_every_listed_gate_has_its_script() -> None:
    """A gate cannot be lost by removing its script."""
    assert gates.scripts_missing(gates.GATES) == []


def test_a_missing_script_is_named() -> None:
    """The runner refuses to start without it."""
    assert gates.scripts_missing((CHECK._replace(command=("python", "tests/no/such.py")),)) == ["tests/no/such.py"]


def shell(name: str, command: str, after: str = "") -> Gate:
    """A gate that runs a line of sh."""
    return Gate(name, ("/bin/sh", "-c", command), 1, False, after)


def until(path: Path) -> str:
    """A line of sh that waits for a file, 20 seconds at the most."""
    return f"n=0; until [ -e {path} ]; do sleep 0.1; n=$((n + 1)); [ $n -lt 200 ] || exit 1; done"


def test_lanes_run_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of two gates waits for the other."""
    one, other = tmp_path / "one", tmp_path / "other"
    outcomes = gates.run_all((
        shell("one", f"touch {one}; {until(other)}; echo met"),
        shell("other", f"touch {other}; {until(one)}; echo met; exit 3")), lanes=2)
    assert [(outcome.gate.name, outcome.count, outcome.remark) for outcome in outcomes] == [
        ("one", Count(1, 0, 0), ""), ("other", Count(0, 1, 0), "exit code 3")]
    said = capsys.readouterr().out.splitlines()
    assert "one              | met" in said
    assert "other            | met" in said


def test_no_more_gates_run_than_there_are_lanes(tmp_path: Path) -> None:
    """The next one starts when one has ended."""
    alone = f"mkdir {tmp_path}/runs; sleep 0.2; rmdir {tmp_path}/runs"
    outcomes = gates.run_all(tuple(shell(name, alone) for name in ("one", "two", "three")), lanes=1)
    assert [outcome.count for outcome in outcomes] == [Count(1, 0, 0)] * 3


def test_a_gate_waits_for_the_one_that_it_comes_after(tmp_path: Path) -> None:
    """Its lane runs others meanwhile; a gate that was not chosen is not waited for."""
    outcomes = gates.run_all((
        shell("first", f"{until(tmp_path / 'meanwhile')}; touch {tmp_path}/first"),
        shell("second", f"[ -e {tmp_path}/first ]", "first"),
        shell("third", f"touch {tmp_path}/meanwhile", "not chosen")), lanes=2)
    assert [outcome.count for outcome in outcomes] == [Count(1, 0, 0)] * 3


def test_a_gate_that_cannot_be_started_fails() -> None:
    """The others run all the same."""
    outcomes = gates.run_all((Gate("none", ("/no/such",), 1, False), shell("next", "true", "none")), lanes=1)
    assert [outcome.count for outcome in outcomes] == [Count(0, 1, 0), Count(1, 0, 0)]
    assert "/no/such" in outcomes[0].remark


def test_a_termination_ends_the_gates_politely(tmp_path: Path) -> None:
    """Those that run clean up, and none is started any more."""
    script = tmp_path / "gate"
    script.write_text('trap \'touch "$0.$1.down"; exit 1\' TERM; touch "$0.$1.up"; sleep 60 & wait\n')
    program = f"""
import gates
def gate(name, after=""):
    return gates.Gate(name, ("/bin/sh", "{script}", name), 1, False, after)
gates.LANES = 2
gates.GATES = (gate("one"), gate("two"), gate("later"), gate("waits", "one"))
gates.main([])
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=Path(gates.__file__).parent, stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 20
    while not all((tmp_path / name).exists() for name in ("gate.one.up", "gate.two.up")):
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGTERM)
    said, _nothing = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gate", "gate.one.down", "gate.one.up", "gate.two.down", "gate.two.up"]
    assert "passed" not in said.splitlines()[-1]


def test_a_gate_waits_only_for_one_that_stands_before_it() -> None:
    """Otherwise lanes could wait for ever."""
    names = [gate.name for gate in gates.GATES]
    for number, gate in enumerate(gates.GATES):
        assert not gate.after or gate.after in names[:number], gate


def test_every_live_test_is_in_one_gate() -> None:
    """None is lost, and none is run twice."""
    there = sorted(path.relative_to(gates.tree.ROOT).as_posix() for path in gates.tree.ROOT.glob("tests/live/test_*.py"))
    named = [word for gate in gates.GATES for word in gate.command if word.startswith("tests/live/")]
    assert sorted(named) == there


def test_live_gates_have_hosts_of_their_own() -> None:
    """They run side by side."""
    groups = [word for gate in gates.GATES for word in gate.command if word.startswith("SLIPWAY_LIVE_GROUP=")]
    assert len(groups) == len(set(groups)) == sum("tests/live/" in " ".join(gate.command) for gate in gates.GATES)
