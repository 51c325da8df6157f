# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script of the role podman finds of a host, and what the role makes of that. The host is a folder that says so."""

import os
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

from ansible_collections.slipway.runtimes.plugins.filter.host_look import host_look
from ansible_collections.slipway.runtimes.plugins.filter.kernel_module_state import kernel_module_state

ROLE = Path(__file__).resolve().parents[3] / "roles" / "podman"
SCRIPT = ROLE / "files" / "seen.sh"
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
# As the distributions' own files say it -> the names that the role goes by.
RELEASES = {
    "RHEL 8": (
        'NAME="Red Hat Enterprise Linux"\nVERSION="8.10 (Ootpa)"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.10"\n'
        'PLATFORM_ID="platform:el8"\nREDHAT_SUPPORT_PRODUCT_VERSION="8.10"\n', ["rhel-8", "el8"]),
    "Debian 13": ('ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n# end', ["debian-13", "trixie"]),
    "in single quotes": ("ID='alpine'\nVERSION_ID=3.20.1\nHOME_URL='https://x/'\n", ["alpine-3"]),
}


def look(folder: Path, files: Dict[str, str], *modules: str, user: str = "") -> Dict[str, Any]:
    """What the script says of a folder with these files."""
    for path, content in files.items():
        place = folder / "root" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    modprobe = folder / "modprobe"
    modprobe.write_text("#!/bin/sh\n[ \"$*\" = '-n -q iptable_nat' ] && [ -e %s/root/modprobe ]\n" % folder)
    modprobe.chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", SCRIPT.read_text(), "sh", user, str(folder / "root")] + list(modules), check=True, stdout=subprocess.PIPE,
        env={"PATH": "%s:%s" % (folder, os.environ["PATH"])})
    return host_look(done.stdout.decode())


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_kernels(tmp_path: Path, name: str) -> None:
    """A kernel without modules is told from a module that is missing."""
    files, state = KERNELS[name]
    assert kernel_module_state(look(tmp_path, files, "iptable_nat")["module.iptable_nat"]) == state


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_releases(tmp_path: Path, name: str) -> None:
    """os-release as it is written, in either place."""
    text, names = RELEASES[name]
    assert look(tmp_path, {"usr/lib/os-release": text})["distributions"] == names
    assert look(tmp_path, {"etc/os-release": text, "usr/lib/os-release": "ID=x\n"})["distributions"] == names


def test_users(tmp_path: Path) -> None:
    """Who is there, and who is not."""
    assert look(tmp_path, {}, user="nobody")["user.uid"] == "65534" and "user.uid" not in look(tmp_path, {}, user="nobody-at-all")


def needs(*distributions: str) -> Dict[str, Any]:
    """What the role would go by, as its task finds it."""
    found = yaml.safe_load((ROLE / "vars/main.yml").read_text())
    for name in distributions:
        if (ROLE / "vars" / (name + ".yml")).exists():
            return dict(found, **yaml.safe_load((ROLE / "vars" / (name + ".yml")).read_text()))
    return found


# Podman's documentation has rootless networks by pasta from 5.0 on and by slirp4netns before; which package of a distribution asks
# for them goes by its own podman.spec or debian/control, and nothing that is only recommended is installed.
NEEDS = {
    "RHEL 8 and kin": (["rhel-8", "el8"], "redhat", ["podman", "slirp4netns"], ["iptable_nat"]),
    "RHEL 9 and kin": (["rocky-9", "el9"], "redhat", ["podman", "passt", "slirp4netns"], []),
    "RHEL 10 and kin": (["almalinux-10", "el10"], "redhat", ["podman", "passt"], []),
    "Fedora": (["fedora-42", "f42"], "redhat", ["podman", "passt"], []),
    "SUSE": (["opensuse-leap-15"], "suse", ["podman"], []),
    "Debian 11": (["debian-11", "bullseye"], "debian", ["podman", "uidmap", "slirp4netns", "dbus-user-session"], []),
    "Debian 12": (["debian-12", "bookworm"], "debian", ["podman", "uidmap", "slirp4netns", "passt", "dbus-user-session"], []),
    "Mint 21": (["linuxmint-21", "virginia", "jammy"], "debian", ["podman", "uidmap", "slirp4netns", "dbus-user-session"], []),
}


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_needs(name: str) -> None:
    """Packages and kernel modules by distribution."""
    distributions, family, packages, modules = NEEDS[name]
    found = needs(*distributions)
    assert found["__podman_packages"][family] == packages and found["__podman_modules"] == modules
    assert set(modules) <= set(found["__podman_known_modules"])
