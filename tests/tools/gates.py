# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the gates one after the other, each to its end, and says what came of them.

Usage: tests/tools/env python tests/tools/gates.py [--list] [GATE...]

Without a name, all of them. The last line is ``N passed, N failed``, over the tests of all gates; the exit code is 0
where none failed.

A gate is a command. Its tests are counted one by one where it reports them: as JUnit files in the folder $SLIPWAY_JUNIT,
or else by a last line of the same form. A gate that is one check reports none and counts as one. A gate that ends with
77 is left out, for the reason that its last line gives.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree import ElementTree

import tree

LEFT_OUT = 77


class Gate(NamedTuple):
    """A command that ends with 0 where all is well."""

    name: str
    command: tuple[str, ...]  # runs in the checkout; a word with a slash is a path of it; {junit} is $SLIPWAY_JUNIT
    minutes: int  # after this it is ended and has failed
    reports: bool  # whether it must report tests of its own


class Count(NamedTuple):
    """Tests, by how they ended."""

    passed: int
    failed: int
    skipped: int


class Outcome(NamedTuple):
    """What came of a gate."""

    gate: Gate
    count: Count
    seconds: float
    remark: str


GATES = (
    Gate("lint-yaml", ("python", "tests/tools/lint.py", "yaml"), 5, False),
    Gate("lint-ansible", ("python", "tests/tools/lint.py", "ansible"), 5, False),
    Gate("lint-shell", ("python", "tests/tools/lint.py", "shell"), 5, False),
    Gate("lint-changelog", ("python", "tests/tools/lint.py", "changelog"), 5, False),
    Gate("build", ("python", "tests/tools/build.py"), 5, False),
    Gate("unit", ("python", "tests/tools/units.py", "current"), 10, True),
    Gate("unit-floor", ("python", "tests/tools/units.py", "floor"), 10, True),
    Gate("unit-oldest", ("python", "tests/tools/units.py", "oldest"), 10, True),
    Gate("sanity", ("python", "tests/tools/sanity.py"), 20, True),
    Gate("hosts-prepare", ("tests/hosts/hosts.py", "prepare"), 10, False),
    Gate("hosts-build", ("tests/hosts/hosts.py", "build"), 40, False),
    Gate("hosts", ("python", "-m", "pytest", "tests/hosts", "--junitxml={junit}/hosts.xml"), 15, True),
    Gate("vectors", ("tests/vectors/run",), 20, True),
    Gate("counters", ("tests/bench/run", "--counters"), 10, True),
    Gate("molecule", ("extensions/molecule/run",), 20, True),
    Gate("live", ("python", "-m", "pytest", "tests/live", "--junitxml={junit}/live.xml"), 35, True),
)


def count_junit(documents: list[str]) -> Count:
    """The tests of some JUnit documents. A test that failed and also had an error is one test.

    Raises ElementTree.ParseError where one is no XML.
    """
    passed = failed = skipped = 0
    for document in documents:
        for case in ElementTree.fromstring(document).iter("testcase"):
            ends = {child.tag for child in case}
            if ends & {"failure", "error"}:
                failed += 1
            elif "skipped" in ends:
                skipped += 1
            else:
                passed += 1
    return Count(passed, failed, skipped)


def count_line(line: str) -> Count:
    """The tests that a line such as ``3 passed, 1 failed`` speaks of; none where it is another line."""
    said = re.fullmatch(r"(\d+) passed, (\d+) failed", line)
    return Count(int(said[1]), int(said[2]), 0) if said else Count(0, 0, 0)


def judge(gate: Gate, *, code: int | None, last_line: str, count: Count) -> tuple[Count, str]:
    """What a gate's end means: its count and a remark. The gate's exit code and its reports must agree for it to pass.

    :param code: the command's exit code, None where its time was up.
    """
    ran = count.passed + count.failed
    if code is None:
        return count._replace(failed=count.failed + 1), f"ended after {gate.minutes} minutes"
    if code == LEFT_OUT and not ran:
        return Count(0, 0, 0), last_line
    if code != 0:
        return count._replace(failed=max(count.failed, 1)), f"exit code {code}"
    if gate.reports and not ran:
        return count._replace(failed=1), "reported no test"
    if count.failed:
        return count, "ended with 0 all the same"
    return (count, "") if ran else (count._replace(passed=1), "")


class _Echo(threading.Thread):
    """Prints what a gate says, as it says it, and keeps its last line."""

    def __init__(self, lines: IO[str]) -> None:
        super().__init__(daemon=True)
        self._lines = lines
        self.last = ""

    def run(self) -> None:
        for line in self._lines:
            print("  " + line, end="", flush=True)
            self.last = line.strip() or self.last


def _end(process: "subprocess.Popen[str]") -> None:
    """End a gate and all that it started. First politely: a gate that has hosts up takes them down."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)


def run(gate: Gate) -> Outcome:
    """Run one gate to its end, or to the end of its time."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [word.replace("{junit}", folder) for word in gate.command],
            cwd=tree.ROOT,
            env={**os.environ, "SLIPWAY_JUNIT": folder, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        echo = _Echo(process.stdout)
        echo.start()
        try:
            code: int | None = process.wait(gate.minutes * 60)
        except subprocess.TimeoutExpired:
            code = None
            _end(process)
        except BaseException:
            _end(process)
            raise
        # Not for ever: what a gate left running (ssh's masters do) may hold its output open.
        echo.join(5)
        try:
            count = count_junit([path.read_text(encoding="utf-8") for path in sorted(Path(folder).rglob("*.xml"))])
            if not any(count):
                count = count_line(echo.last)
            judged, remark = judge(gate, code=code, last_line=echo.last, count=count)
        except ElementTree.ParseError as error:
            judged, remark = Count(0, 1, 0), f"a report that is no XML: {error}"
    return Outcome(gate, judged, time.monotonic() - started, remark)


def scripts_missing(gates: tuple[Gate, ...]) -> list[str]:
    """The gates' scripts that are not in the checkout: a gate that is listed is a gate that runs."""
    paths = [word for gate in gates for word in gate.command if "/" in word and "{" not in word]
    return sorted({path for path in paths if not (tree.ROOT / path).exists()})


def table(outcomes: list[Outcome]) -> str:
    """The outcomes, a line each, and the closing line."""
    lines = [f"{'gate':16}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for gate, count, seconds, remark in outcomes:
        row = f"{gate.name:16}{count.passed:8}{count.failed:8}{count.skipped:9}{seconds:9.1f}"
        lines.append(f"{row}  {remark}".rstrip())
    total = [sum(numbers) for numbers in zip(*(outcome.count for outcome in outcomes))]
    return "\n".join([*lines, f"{total[0]} passed, {total[1]} failed"])


def main(arguments: list[str]) -> int:
    """Run the gates that are named, or all of them."""
    if arguments == ["--list"]:
        print("\n".join(gate.name for gate in GATES))
        return 0
    unknown = set(arguments) - {gate.name for gate in GATES}
    if unknown:
        print(f"no such gate: {', '.join(sorted(unknown))}; there are: {', '.join(gate.name for gate in GATES)}")
        return 2
    chosen = tuple(gate for gate in GATES if not arguments or gate.name in arguments)
    missing = scripts_missing(chosen)
    if missing:
        print(f"scripts of gates that do not exist: {', '.join(missing)}")
        return 2
    outcomes = []
    for number, gate in enumerate(chosen, start=1):
        print(f"[{number}/{len(chosen)}] {gate.name}", flush=True)
        outcome = run(gate)
        verdict = "FAILED" if outcome.count.failed else "passed" if outcome.count.passed else "left out"
        print(f"[{number}/{len(chosen)}] {gate.name}: {verdict} in {outcome.seconds:.1f} s", flush=True)
        outcomes.append(outcome)
    print(table(outcomes), flush=True)
    return 1 if any(outcome.count.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
