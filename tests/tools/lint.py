# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks how the sources are written.

Usage: tests/tools/env python tests/tools/lint.py yaml | ansible | shell | changelog
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tree

DUMP_PROBE = Path("tests") / "tools" / "dump_probe.py"


def _run(command: list[str], *, folder: Path, collections: Path | None = None) -> int:
    environment = dict(os.environ)
    if collections:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    ended = subprocess.run(command, cwd=folder, env=environment, check=False, stdin=subprocess.DEVNULL)
    return ended.returncode


def yaml() -> int:
    """Run yamllint."""
    with tree.copy() as checkout:
        return _run(["yamllint", "--strict", "."], folder=checkout)


def ansible() -> int:
    """Run ansible-lint. Offline: the collection needs no other one."""
    with tree.copy() as checkout:
        command = ["ansible-lint", "--offline", "--strict", "--nocolor"]
        return _run(command, folder=checkout, collections=checkout.parents[2])


def changelog() -> int:
    """Check the changelog's fragments."""
    with tree.copy() as checkout:
        return _run(["antsibull-changelog", "lint"], folder=checkout, collections=checkout.parents[2])


def is_shell(path: Path) -> bool:
    """Whether a file is a shell script: by its suffix, or by its first line."""
    if path.suffix in (".sh", ".bash"):
        return True
    if path.suffix or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        words = file.readline(200).split()
    return bool(words) and words[0].startswith(b"#!") and words[-1].rpartition(b"/")[2] in (b"sh", b"bash", b"dash")


def shell() -> int:
    """Run shellcheck on the shell scripts of the checkout, and on the probes that the reader puts together."""
    scripts = [str(path) for path in tree.files() if is_shell(tree.ROOT / path)]
    print(f"shellcheck: {len(scripts)} scripts of the checkout", flush=True)
    failed = _run(["shellcheck", "--", *scripts], folder=tree.ROOT)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(tree.collections())}
        dump = [sys.executable, tree.ROOT / DUMP_PROBE, folder]
        subprocess.run(dump, cwd=tree.ROOT, env=environment, check=True, stdin=subprocess.DEVNULL)
        probes = sorted(str(path) for path in Path(folder).iterdir())
        print(f"shellcheck: {len(probes)} generated probes", flush=True)
        if not probes:
            print(f"{DUMP_PROBE} wrote no probe")
            return 1
        # Without the checkout's .shellcheckrc, whose checks are for scripts that people read.
        return failed or _run(["shellcheck", "--norc", "--shell=sh", "--", *probes], folder=tree.ROOT)


CHECKS = {"yaml": yaml, "ansible": ansible, "shell": shell, "changelog": changelog}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    sys.exit(CHECKS[sys.argv[1]]())
