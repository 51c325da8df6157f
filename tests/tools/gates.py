# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the gates, a few side by side and each to its end, and says what came of them.

Usage: tests/tools/env python tests/tools/gates.py [--list] [GATE...]

Without a name, all of them. What a gate prints comes behind its name. The last line is ``N passed, N failed``, over the
tests of all gates; the exit code is 0 where none failed. Before the table it says which scenarios met the real runtime,
and which a stand-in, by name; behind it what failed, so that the end of a log is enough to know it.

Whatever lane gets free takes the first gate of the table whose turn it can be. Gates disturb one another in nothing but
time: hosts are of a group of their own for each gate, and who installs packages of the machine waits for who does already.

A gate is a command. Its tests are counted one by one where it reports them: as JUnit files in the folder $SLIPWAY_JUNIT,
or else by a last line of the same form. A gate that is one check reports none and counts as one. A gate that ends with
77 is left out, for the reason that its last line gives.
"""

import collections
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree import ElementTree

import met
import tree

LEFT_OUT = 77
_WIDTH = 16  # of a gate's name
_FAILURES = {"failure", "error"}  # how a JUnit document calls them
_WORDS = 300  # characters of a failure
_TOLD = 10  # failures of a gate, or last lines where it reports none


class Gate(NamedTuple):
    """A command that ends with 0 where all is well."""

    name: str
    command: tuple[str, ...]  # runs in the checkout; a word with a slash is a path of it; {junit} is $SLIPWAY_JUNIT
    minutes: int  # after this it is ended and has failed
    reports: bool  # whether it must report tests of its own
    after: str = ""  # the gate, further up in the table, that has to have ended first


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
    runtimes: met.Met = {}  # that its scenarios met
    failures: tuple[str, ...] = ()  # what failed, a line each


# On two processors: what waits for engines and hosts leaves them to what computes.
LANES = 4
# The live tests in three gates. Those of one host are together, so that it is started once.
LIVE_ENGINES = (
    "bytes", "engines", "failing", "info", "killed", "live", "packages", "probe", "rootless_user", "secrets", "together", "use",
    "ways")
LIVE_DAGGER = ("dagger_roles", "runner_host")
LIVE_ROLES = ("docker_cli", "host_runtimes", "oldest_python", "runtime_binary", "stand_in_roles")


def _live(name: str, files: tuple[str, ...]) -> Gate:
    """A gate of live tests, with hosts of its own."""
    command = ("env", "SLIPWAY_LIVE_GROUP=" + name, "python", "-m", "pytest", "--junitxml={junit}/live.xml")
    return Gate(name, (*command, *(f"tests/live/test_{file}.py" for file in files)), 40, True, "hosts-build")


# In this order, as the lanes get free: first what others wait for, beside it what is short, lest the longest find no lane where all is
# cached; then the longest. The first one installs packages. Docker 28 is asked by the matrix alone, which builds its image.
_FIRST = "hosts-prepare"
GATES = (
    Gate(_FIRST, ("tests/hosts/hosts.py", "prepare"), 10, False),
    Gate("hosts-build", ("tests/hosts/hosts.py", "build", "--without", "sid"), 40, False, _FIRST),
    Gate("lint-changelog", ("python", "tests/tools/lint.py", "changelog"), 5, False, _FIRST),
    Gate("lint-yaml", ("python", "tests/tools/lint.py", "yaml"), 5, False, _FIRST),
    Gate("build", ("python", "tests/tools/build.py"), 5, False, _FIRST),
    Gate("molecule", ("extensions/molecule/run",), 30, True, "hosts-build"),
    _live("live-engines", LIVE_ENGINES),
    _live("live-roles", LIVE_ROLES),
    Gate("docs", ("tests/docs/run", "--once"), 25, True, "hosts-build"),
    _live("live-dagger", LIVE_DAGGER),
    Gate("sanity", ("python", "tests/tools/with_ansible_test.py", "sanity"), 25, True, _FIRST),
    Gate("vectors", ("tests/vectors/run", "--without", "28"), 20, True, "hosts-build"),
    Gate("fleet", ("tests/fleet/run",), 15, True, "hosts-build"),
    Gate("report", ("tests/report/run",), 15, True, "hosts-build"),
    Gate("unit", ("python", "tests/tools/units.py", "current"), 20, True, _FIRST),
    Gate("counters", ("tests/bench/run", "--counters"), 10, True, "hosts-build"),
    Gate("lint-ansible", ("python", "tests/tools/lint.py", "ansible"), 5, False, _FIRST),
    Gate("site", ("python", "tests/tools/docs.py"), 10, False, _FIRST),
    Gate("unit-oldest", ("python", "tests/tools/units.py", "oldest"), 20, True, _FIRST),
    Gate("lint-shell", ("python", "tests/tools/lint.py", "shell"), 5, False, _FIRST),
    Gate("unit-floor", ("python", "tests/tools/units.py", "floor"), 20, True, _FIRST),
)


def count_junit(documents: list[str]) -> Count:
    """The tests of some JUnit documents. A test that failed and also had an error is one test.

    Raises ElementTree.ParseError where one is no XML.
    """
    passed = failed = skipped = 0
    for case in _cases(documents):
        ends = {child.tag for child in case}
        if ends & _FAILURES:
            failed += 1
        elif "skipped" in ends:
            skipped += 1
        else:
            passed += 1
    return Count(passed, failed, skipped)


def failures_junit(documents: list[str]) -> list[str]:
    """The tests that failed in some JUnit documents: a line each, the test and the first words of the failure.

    Raises ElementTree.ParseError where one is no XML.
    """
    lines = []
    for case in _cases(documents):
        said = [end.get("message") or end.text or "" for end in case if end.tag in _FAILURES]
        if said:
            name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
            lines.append(f"{name}: {' '.join(said[0].split())[:_WORDS]}")
    return lines


def _cases(documents: list[str]) -> Iterator[ElementTree.Element]:
    for document in documents:
        yield from ElementTree.fromstring(document).iter("testcase")


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


_PRINTING = threading.Lock()


def _say(text: str) -> None:
    with _PRINTING:
        print(text, flush=True)


class _Echo(threading.Thread):
    """Prints what a gate says, as it says it, and keeps its last lines."""

    def __init__(self, gate: Gate, lines: IO[str]) -> None:
        super().__init__(daemon=True)
        self._lead = f"{gate.name:{_WIDTH}} | "
        self._lines = lines
        self.last: collections.deque[str] = collections.deque(maxlen=_TOLD)

    def run(self) -> None:
        for line in self._lines:
            _say(self._lead + line.rstrip("\n"))
            if line.strip():
                self.last.append(line.strip())


class _Stopped(Exception):
    """No further gate is to be started."""


class Processes:
    """The gates that are running, so that all of them can be ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    @contextlib.contextmanager
    def start(self, gate: Gate, junit: str) -> Iterator["subprocess.Popen[str]"]:
        """A gate's process, for as long as the block takes. Raises _Stopped after stop()."""
        with self._lock:
            if self._stopped:
                raise _Stopped
            process = subprocess.Popen(
                [word.replace("{junit}", junit) for word in gate.command],
                cwd=tree.ROOT,
                env={**os.environ, "SLIPWAY_JUNIT": junit, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """End all that runs, and let nothing be started any more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        _end(running)


def _end(processes: "list[subprocess.Popen[str]]") -> None:
    """End gates and all that they started. First politely: a gate that has hosts up takes them down."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        end = time.monotonic() + 60
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(end - time.monotonic(), 0))


def run(gate: Gate, processes: Processes) -> Outcome:
    """Run one gate to its end, or to the end of its time. Raises _Stopped."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        with processes.start(gate, folder) as process:
            _say(f"{gate.name}: starts")
            echo = _Echo(gate, process.stdout)
            echo.start()
            try:
                code: int | None = process.wait(gate.minutes * 60)
            except subprocess.TimeoutExpired:
                code = None
                _end([process])
        # Not for ever: what a gate left running (ssh's masters do) may hold its output open.
        echo.join(5)
        try:
            reports = [path.read_text(encoding="utf-8") for path in sorted(Path(folder).rglob("*.xml"))]
            count, failures = count_junit(reports), failures_junit(reports)
            last = echo.last[-1] if echo.last else ""
            if not any(count):
                count = count_line(last)
            judged, remark = judge(gate, code=code, last_line=last, count=count)
        except ElementTree.ParseError as error:
            judged, remark, failures = Count(0, 1, 0), f"a report that is no XML: {error}", []
        if judged.failed and not failures:
            failures = list(echo.last)
        return Outcome(
            gate, judged, time.monotonic() - started, remark, met.noted(Path(folder)), tuple(failures[:_TOLD]))


class _Queue:
    """The gates that are to be run yet."""

    def __init__(self, gates: tuple[Gate, ...]) -> None:
        self._condition = threading.Condition()
        self._waiting = list(gates)
        self._unfinished = {gate.name for gate in gates}

    def take(self) -> Gate | None:
        """The first gate whose turn it can be, as soon as there is one; None where none is left."""
        with self._condition:
            while self._waiting:
                for gate in self._waiting:
                    if gate.after not in self._unfinished:
                        self._waiting.remove(gate)
                        return gate
                self._condition.wait()
            return None

    def end(self, gate: Gate) -> None:
        """A gate that was taken has ended."""
        with self._condition:
            self._unfinished.discard(gate.name)
            self._condition.notify_all()

    def clear(self) -> None:
        """Leave out what has not been taken."""
        with self._condition:
            self._waiting.clear()
            self._condition.notify_all()


def run_all(gates: tuple[Gate, ...], *, lanes: int) -> list[Outcome]:
    """Run gates, at most as many at once as there are lanes; the outcomes in the order of the gates.

    Whatever ends the waiting (Ctrl-C, a termination) ends the gates that run.
    """
    processes = Processes()
    queue = _Queue(gates)
    outcomes: dict[str, Outcome] = {}

    def run_lane() -> None:
        while gate := queue.take():
            try:
                outcome = run(gate, processes)
            except _Stopped:
                return
            except Exception as error:  # the gate could not even be started, or its report not be read
                outcome = Outcome(gate, Count(0, 1, 0), 0, f"{type(error).__name__}: {error}")
            outcomes[gate.name] = outcome
            count = outcome.count
            verdict = "FAILED" if count.failed else "passed" if count.passed else "left out"
            _say(f"[{len(outcomes)}/{len(gates)}] {gate.name}: {verdict} in {outcome.seconds:.1f} s")
            queue.end(gate)

    threads = [threading.Thread(target=run_lane, daemon=True) for _lane in range(lanes)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            # Not one long wait, which would keep a signal waiting too.
            while thread.is_alive():
                thread.join(0.5)
    except BaseException:
        queue.clear()
        processes.stop()
        for thread in threads:
            thread.join(10)
        raise
    return [outcomes[gate.name] for gate in gates]


def scripts_missing(gates: tuple[Gate, ...]) -> list[str]:
    """The gates' scripts that are not in the checkout: a gate that is listed is a gate that runs."""
    paths = [word for gate in gates for word in gate.command if "/" in word and "{" not in word]
    return sorted({path for path in paths if not (tree.ROOT / path).exists()})


def table(outcomes: list[Outcome]) -> str:
    """The outcomes, a line each, what failed, and the closing line."""
    lines = [f"{'gate':{_WIDTH}}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for gate, count, seconds, remark, *_rest in outcomes:
        row = f"{gate.name:{_WIDTH}}{count.passed:8}{count.failed:8}{count.skipped:9}{seconds:9.1f}"
        lines.append(f"{row}  {remark}".rstrip())
    lines.extend(f"{outcome.gate.name:{_WIDTH}}! {failure}" for outcome in outcomes for failure in outcome.failures)
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
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(128 + signal.SIGTERM))
    outcomes = run_all(chosen, lanes=LANES)
    found = {name: runtimes for outcome in outcomes for name, runtimes in outcome.runtimes.items()}
    if found:
        print(met.told(found))
    print(table(outcomes), flush=True)
    return 1 if any(outcome.count.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
