# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyinfra, which asks hosts by sh too: the role's job as its documentation would have it, over the same ssh."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Sequence

import tree
from stock import Stock

REQUIREMENT = "pyinfra ~= 3.10.0"
NAME, EMPTY = "role's job, pyinfra", "pyinfra, empty"


class Deploy(NamedTuple):
    """One run against all hosts."""

    name: str
    command: Sequence[str]


def deploys(hosts: Sequence[str], stock: Stock, folder: Path) -> List[Deploy]:
    """The empty run, and the job. folder: for what pyinfra reads. Raises CalledProcessError where PyPI has none."""
    work = folder / "pyinfra"
    work.mkdir()
    key = tree.cache() / "ssh"
    data = {
        "ssh_config_file": str(key / "config"), "ssh_key": str(key / "id_ed25519"), "ssh_user": "root",
        "ssh_strict_host_key_checking": "no", "ssh_known_hosts_file": "/dev/null"}
    (work / "inventory.py").write_text(f"hosts = {[(name, data) for name in hosts]!r}\n")
    (work / "empty.py").write_text("")
    (work / "job.py").write_text(_JOB.format(
        files=[(one.url, one.dest, one.sha256) for one in stock.files], wanted={
            one["name"]: {"path": one["path"], **({"runtimeArgs": one["args"]} if one.get("args") else {})}
            for one in stock.runtimes}))
    program = [str(_installed()), "-y", str(work / "inventory.py")]
    return [Deploy(EMPTY, [*program, str(work / "empty.py")]), Deploy(NAME, [*program, str(work / "job.py")])]


# Two facts a file, and one of the engine's file. Unlike the role it learns nothing of the engine itself.
_JOB = """
import io
import json

from pyinfra import host
from pyinfra.facts.files import FileContents
from pyinfra.operations import files

for url, dest, sum in {files!r}:
    files.download(name=dest, src=url, dest=dest, sha256sum=sum, user="root", group="root", mode="755")
lines = host.get_fact(FileContents, path="/etc/docker/daemon.json")
config = json.loads("\\n".join(lines or ["{{}}"]))
wanted = {wanted!r}
if any(config.get("runtimes", {{}}).get(name) != one for name, one in wanted.items()):
    config.setdefault("runtimes", {{}}).update(wanted)
    files.put(name="daemon.json", src=io.StringIO(json.dumps(config, indent=2)), dest="/etc/docker/daemon.json")
"""


def _installed() -> Path:
    """The program, in an environment of its own in the cache."""
    hashed = f"{sys.version_info[0]}.{sys.version_info[1]}-{REQUIREMENT.split()[-1]}"
    venv = tree.cache() / f"pyinfra-{hashed}"
    with tree.locked("pyinfra"):
        if not (venv / ".complete").exists():
            shutil.rmtree(venv, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, REQUIREMENT], check=True, stdout=sys.stderr)
            (venv / ".complete").touch()
    return venv / "bin" / "pyinfra"
