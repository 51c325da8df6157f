# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the role podman finds of a kernel, and what that comes to. The kernel is a folder that says so."""

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.runtimes.plugins.filter.kernel_module_state import kernel_module_state

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "podman" / "files" / "kernel_module.sh"
MODULES = "lib/modules/" + os.uname().release
# Files of the kernel -> the state; 'modprobe' is whether that finds the module.
KERNELS = {
    "loadable": ({"proc/modules": "nfs 1\n", MODULES + "/x": "", "modprobe": ""}, "loadable"),
    "loaded": ({"proc/modules": "nfs 1\niptable_nat 1\n", MODULES + "/x": "", "modprobe": ""}, "loaded"),
    "another of the name's beginning": ({"proc/modules": "iptable_nat_x 1\n", MODULES + "/x": ""}, "missing"),
    "built in": (
        {"proc/modules": "", MODULES + "/modules.builtin": "kernel/net/ipv4/netfilter/iptable_nat.ko\n", "modprobe": ""}, "builtin"),
    "built in, without modules": ({"proc/net/ip_tables_names": "filter\nnat\n"}, "builtin"),
    "without modules": ({}, "no_modules"),
    "with modules of another kernel": ({"proc/modules": "", "lib/modules/0/x": ""}, "no_modules"),
    "without it": ({"proc/modules": "", MODULES + "/x": ""}, "missing"),
}


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_kernels(tmp_path: Path, name: str) -> None:
    """A kernel without modules is told from a module that is missing."""
    files, state = KERNELS[name]
    for path, content in files.items():
        place = tmp_path / "root" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    modprobe = tmp_path / "modprobe"
    modprobe.write_text("#!/bin/sh\n[ \"$*\" = '-n -q iptable_nat' ] && [ -e %s/root/modprobe ]\n" % tmp_path)
    modprobe.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", SCRIPT.read_text(), "sh", "iptable_nat", str(tmp_path / "root")], check=True, stdout=subprocess.PIPE,
        env={"PATH": "%s:%s" % (tmp_path, os.environ["PATH"])})
    assert kernel_module_state(done.stdout.decode()) == state
