# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs what the gates run with one ansible-core with every one that the collection promises: `make test-matrix`.

Usage: tests/tools/env python tests/tools/matrix.py [ROW...]
       tests/tools/env python tests/tools/matrix.py with CORE COMMAND...

Rows are sanity-CORE, unit-CORE (both by ansible-test) and build-CORE for each ansible-core (2.16, 2.19, newest); hosts-PYTHON, the
unit tests of what runs on a host, for each Python of hosts; importer, Galaxy's own import with ansible-lint; environment, an
execution environment that is built and used; and what the gates leave out: docs, every playbook of the documentation with --check and
twice, too; vectors-28, another engine's answers; and test-hosts, the tool that makes the disposable hosts. Without a name, all of them.
The last line is ``N passed, N failed``; the exit code is 0 where none failed.

``with`` runs a command with the environment of one ansible-core first on PATH. Ends with 77 where this machine has no Python for it.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import gates
import pythons
import tree
import units
from gates import Gate

# For each ansible-core, the Pythons that run it, the one to take first. "newest" is what PyPI has for the newest of them.
CORES = {
    "2.16": ("3.12", "3.11", "3.10"),
    "2.19": ("3.13", "3.12", "3.11"),
    "newest": ("3.14", "3.13", "3.12"),
}
BESIDE = ("pytest~=9.0", "PyYAML~=6.0")


def rows() -> tuple[Gate, ...]:
    """The rows, as gates. One ansible-test after the other: it has one cache."""
    found: list[Gate] = []
    before = ""
    for core in CORES:
        within = ("python", "tests/tools/matrix.py", "with", core, "python")
        found += [
            Gate(f"sanity-{core}", (*within, "tests/tools/with_ansible_test.py", "sanity-everywhere"), 40, True, before),
            Gate(f"unit-{core}", (*within, "tests/tools/with_ansible_test.py", "units"), 40, True, f"sanity-{core}"),
            Gate(f"build-{core}", (*within, "tests/tools/build.py"), 10, False),
        ]
        before = f"unit-{core}"
    found += [
        Gate(f"hosts-{python}", ("python", "tests/tools/units.py", "hosts", python), 20, True) for python in units.HOST_PYTHONS
    ]
    found += [
        Gate("importer", ("python", "tests/tools/importer.py"), 10, False),
        Gate("environment", ("python", "tests/tools/environment.py"), 20, False),
        Gate("docs", ("tests/docs/run",), 40, True),
        Gate("vectors-28", ("tests/vectors/run", "--engines", "28"), 20, True),
        Gate("test-hosts", ("python", "-m", "pytest", "tests/hosts", "--junitxml={junit}/hosts.xml"), 15, True),
    ]
    return tuple(found)


def requirement(core: str, python: Path) -> str:
    """What to ask pip for."""
    if core != "newest":
        return f"ansible-core~={core}.0"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--dry-run", "--ignore-installed", "--no-deps"]
    asked = subprocess.run(
        [*pip, "--report", "-", "ansible-core"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    (found,) = json.loads(asked.stdout)["install"]
    return f"ansible-core=={found['metadata']['version']}"


def within(core: str, command: list[str]) -> int:
    """Run a command with this ansible-core; its exit code."""
    python = next(filter(None, map(pythons.find, CORES[core])), None)
    if python is None:
        print(f"left out: no Python of {', '.join(CORES[core])} was found")
        return gates.LEFT_OUT
    wanted = requirement(core, python)
    made = pythons.environment(f"core-{core}", python=python, requirements=[wanted, *BESIDE])
    print(f"matrix: {wanted}, Python {python.name.removeprefix('python')}", flush=True)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(made.parent), os.environ["PATH"]]),
        "VIRTUAL_ENV": str(made.parents[1]),
    }
    return subprocess.run(command, cwd=tree.ROOT, env=environment, check=False, stdin=subprocess.DEVNULL).returncode


def main(arguments: list[str]) -> int:
    """Run the rows that are named, or all; or one command with one ansible-core."""
    if arguments[:1] == ["with"]:
        if len(arguments) < 3 or arguments[1] not in CORES:
            print(f"with CORE COMMAND...; CORE is one of {', '.join(CORES)}")
            return 2
        return within(arguments[1], arguments[2:])
    known = rows()
    unknown = set(arguments) - {row.name for row in known}
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; there are: {', '.join(row.name for row in known)}")
        return 2
    signal.signal(signal.SIGTERM, lambda *_arguments: sys.exit(128 + signal.SIGTERM))
    outcomes = gates.run_all(tuple(row for row in known if not arguments or row.name in arguments), lanes=gates.LANES)
    print(gates.table(outcomes), flush=True)
    return 1 if any(outcome.count.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
