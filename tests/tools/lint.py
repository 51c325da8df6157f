# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks how the sources are written.

Usage: tests/tools/env python tests/tools/lint.py yaml | ansible | shell | changelog
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tree

DUMP_PROBE = Path("tests") / "tools" / "dump_probe.py"


def _run(command: list[str], *, folder: Path, collections: Path | None = None, path: str = "") -> int:
    environment = dict(os.environ)
    if collections:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    if path:
        environment["PATH"] = path + os.pathsep + environment["PATH"]
    ended = subprocess.run(command, cwd=folder, env=environment, check=False, stdin=subprocess.DEVNULL)
    return ended.returncode


def yaml() -> int:
    """Run yamllint."""
    with tree.copy() as checkout:
        return _run(["yamllint", "--strict", "."], folder=checkout)


def is_playbook(text: str) -> bool:
    """Whether a YAML file is a list of plays."""
    return bool(re.search(r"(?m)^(- |  )(hosts|(ansible\.builtin\.)?import_playbook):", text))


def ansible() -> int:
    """Check the syntax of all playbooks and roles, and run ansible-lint. Offline: the collection needs no other one.

    ansible-lint would start ansible-playbook for each of them. Here one start has checked them all, and ansible-lint finds an
    ansible-playbook that says so.
    """
    with tree.copy() as checkout, tempfile.TemporaryDirectory() as folder:
        books = [path for path in tree.files() if path.suffix == ".yml" and is_playbook((checkout / path).read_text(encoding="utf-8"))]
        roles = [{"ansible.builtin.import_role": {"name": f"slipway.runtimes.{path.name}"}} for path in sorted(checkout.glob("roles/*"))]
        every_role = Path(folder) / "roles.yml"
        every_role.write_text(json.dumps([{"name": "Roles", "hosts": "localhost", "tasks": roles}]), encoding="utf-8")
        print(f"ansible-playbook --syntax-check: {len(books)} playbooks, {len(roles)} roles", flush=True)
        command = ["ansible-playbook", "--syntax-check", "--inventory", "localhost,", *map(str, books), str(every_role)]
        failed = _run(command, folder=checkout, collections=checkout.parents[2])
        checked = Path(folder) / "ansible-playbook"
        checked.write_text("#!/bin/sh\n", encoding="utf-8")
        checked.chmod(0o755)
        command = ["ansible-lint", "--offline", "--strict", "--nocolor"]
        return failed or _run(command, folder=checkout, collections=checkout.parents[2], path=folder)


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
