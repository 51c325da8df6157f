# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports the collection's archive as Galaxy does, and takes a warning for an error.

Usage: tests/tools/env python tests/tools/importer.py [ARCHIVE]

Without an archive, one is built of the checkout. ansible-lint runs too, the release that Galaxy would take.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import archive
import pythons
import tree

REQUIREMENTS = ("galaxy-importer~=0.4.40",)
# As it calls ansible-lint.
LINT = (
    *("--profile", "production", "--format=pep8", "--nocolor", "--offline"),
    *("-x", "yaml,var-naming,avoid-dot-notation,import-task-no-when,single-entry-point,use-loop"),
)
# Newest first. Its newest release takes each of them.
PYTHONS = ("3.13", "3.12", "3.11")


def complaints(said: str) -> list[str]:
    """The lines of what galaxy-importer said that are warnings or errors."""
    return [line for line in said.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)\b", line)]


def check(path: Path) -> list[str]:
    """Import an archive; what there is to complain of, nothing where all is well."""
    python = next(filter(None, map(pythons.find, PYTHONS)), None)
    made = pythons.environment("importer", python=python or Path(sys.executable), requirements=REQUIREMENTS)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(made.parent), os.environ["PATH"]]),
            "ANSIBLE_LOCAL_TEMP": folder,
            "XDG_CACHE_HOME": folder,
            "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": folder,
            "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true",
            # It gives it three minutes, which is not enough on a busy machine.
            "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "false",
        }
        # It looks for its own copy there, and for nothing else.
        environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
        done = _run([str(made), "-m", "galaxy_importer.main", str(path)], folder=Path(folder), environment=environment)
        found = complaints(done.stdout)
        if done.returncode != 0:
            found.append(f"galaxy-importer ended with {done.returncode}: {done.stdout.strip()[-2000:]}")
        elif not (Path(folder) / "importer_result.json").exists():
            found.append(f"galaxy-importer wrote no result: {done.stdout.strip()[-2000:]}")
        collection = Path(folder) / "ansible_collections" / "slipway" / "runtimes"
        collection.mkdir(parents=True)
        with tarfile.open(path) as packed:
            packed.extractall(collection, filter="data")
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collection.parents[1])
        done = _run(["ansible-lint", *LINT], folder=collection, environment=environment)
        if done.returncode != 0:
            found.append(f"ansible-lint: {done.stdout.strip()}")
    return found


def _run(command: list[str], *, folder: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main(arguments: list[str]) -> int:
    """Import the archive that is named, or one of the checkout."""
    with tree.copy() as checkout, tempfile.TemporaryDirectory() as folder:
        found = check(Path(arguments[0]).resolve() if arguments else archive.build(checkout, Path(folder)))
    print("\n".join(found) or "galaxy-importer: nothing to complain of")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
