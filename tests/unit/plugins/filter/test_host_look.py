# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role's script found, and which distribution that is. The lines are those of the distributions' own os-release."""

import pytest

from ansible_collections.slipway.runtimes.plugins.filter.host_look import FilterModule

host_look = FilterModule().filters()["host_look"]

RELEASES = {
    "Debian 13": ("ID=debian VERSION_ID=13 VERSION_CODENAME=trixie", ["debian-13", "trixie"]),
    "Debian sid": ("ID=debian VERSION_CODENAME=sid", ["sid"]),
    "Debian 11": ("ID=debian VERSION_ID=11 VERSION_CODENAME=bullseye", ["debian-11", "bullseye"]),
    "Raspbian 11": ("ID=raspbian ID_LIKE=debian VERSION_ID=11 VERSION_CODENAME=bullseye", ["raspbian-11", "bullseye"]),
    "Ubuntu 22.04": ("ID=ubuntu ID_LIKE=debian VERSION_ID=22.04 VERSION_CODENAME=jammy UBUNTU_CODENAME=jammy", ["ubuntu-22", "jammy"]),
    "Mint 21": (
        "ID=linuxmint ID_LIKE=ubuntu+debian VERSION_ID=21.3 VERSION_CODENAME=virginia UBUNTU_CODENAME=jammy",
        ["linuxmint-21", "virginia", "jammy"]),
    "RHEL 8": ("ID=rhel ID_LIKE=fedora VERSION_ID=8.10 PLATFORM_ID=platform:el8", ["rhel-8", "el8"]),
    "Rocky 8": ("ID=rocky ID_LIKE=rhel+centos+fedora VERSION_ID=8.10 PLATFORM_ID=platform:el8", ["rocky-8", "el8"]),
    "AlmaLinux 8": ("ID=almalinux ID_LIKE=rhel+centos+fedora VERSION_ID=8.10 PLATFORM_ID=platform:el8", ["almalinux-8", "el8"]),
    "CentOS Stream 8": ("ID=centos ID_LIKE=rhel+fedora VERSION_ID=8 PLATFORM_ID=platform:el8", ["centos-8", "el8"]),
    "Oracle Linux 8": ("ID=ol ID_LIKE=fedora VERSION_ID=8.10 PLATFORM_ID=platform:el8", ["ol-8", "el8"]),
    "a kin without a platform": ("ID=some ID_LIKE=rhel+fedora VERSION_ID=8.4", ["some-8", "el8"]),
    "RHEL 9": ("ID=rhel ID_LIKE=fedora VERSION_ID=9.5 PLATFORM_ID=platform:el9", ["rhel-9", "el9"]),
    "Fedora": ("ID=fedora VERSION_ID=42 PLATFORM_ID=platform:f42", ["fedora-42", "f42"]),
    "openSUSE Leap": ("ID=opensuse-leap ID_LIKE=suse+opensuse VERSION_ID=15.6", ["opensuse-leap-15"]),
    "SLES": ("ID=sles ID_LIKE=suse VERSION_ID=15.6", ["sles-15"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_distributions(name):
    """By which names a role looks for what differs."""
    words, names = RELEASES[name]
    text = "".join("slipway os.%s\n" % one.replace("=", " ", 1).replace("+", " ") for one in words.split())
    assert host_look(text + "slipway end\n")["distributions"] == names


def test_facts():
    """Among what a login prints, over a terminal or not."""
    text = "Welcome\r\nslipway a.b one two\r\nsudo: unable to resolve host\r\nslipway notice\r\nslipway a.b three\r\nslipway end\r\n"
    assert host_look(text) == {"a.b": "three", "notice": "", "end": "", "distributions": []}


def test_a_script_that_did_not_end():
    """It is no answer."""
    with pytest.raises(ValueError, match="did not come to its end"):
        host_look("slipway a b\nsh: not found\n")
