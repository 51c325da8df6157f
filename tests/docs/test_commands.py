# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the documentation. Its first word says where it is run."""

import re
import subprocess
from pathlib import Path

import pytest
import tree
from blocks import Block, commands, program, variables
from collected import TABLE, each, of_kind
from conftest import BY_HAND
from stage import Stage

# In a copy of the checkout, and on the host that playbooks are played on.
HERE = ("ansible", "ansible-doc", "ansible-galaxy", "ansible-inventory", "ansible-playbook", "git", "make", "ssh", "tests/hosts/hosts.py",
        "tests/tools/env")
THERE = ("docker", "iechor", "podman", "systemctl", "journalctl", "cat", "ls", "runsc")


@each("console")
def test_commands(stage: Stage, checkout: Path, block: Block) -> None:
    """One after the other, each to its end. What cannot be run has a row; make's targets exist in any case. INVENTORY has the host, and
    the variables of the blocks above, below the same heading."""
    row = TABLE.of(block)
    if row.before:
        stage.host.sh(row.before)
    stage.have(row.here)
    above = [one for one in of_kind("vars") if one.file == block.file and one.heading == block.heading and one.number < block.number]
    inventory = stage.inventory_with({**dict(pair for one in above for pair in variables(one.text)), **row.vars})
    left = []
    for command in commands(block.text):
        first = program(command)
        if first == "make":
            target = re.search(r"make +([a-z-]+)", command)
            assert target and re.search(rf"^{target[1]}:", (tree.ROOT / "Makefile").read_text(), re.MULTILINE), command
        other = TABLE.commands.get(command)
        if other or row.skip:
            left.append((other or row).why)
            continue
        _run(stage, checkout, TABLE.fill(command, {"INVENTORY": str(inventory), "CACHE": str(tree.cache())}), first)
    if len(left) == len(commands(block.text)):
        pytest.skip("; ".join(left))


def _run(stage: Stage, checkout: Path, command: str, first: str) -> None:
    assert first in HERE + THERE, f"{command}: say in {__name__} where '{first}' is run"
    if first in THERE:
        stage.host.sh(command)
        return
    collections = f"{stage.folder}/collections:{stage.collection.parents[2]}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=checkout, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=300, check=False,
        env=stage.environment(ANSIBLE_COLLECTIONS_PATH=collections, SLIPWAY_HOSTS_GROUP=BY_HAND))
    assert done.returncode == 0, f"{command}\n{done.stdout}"
