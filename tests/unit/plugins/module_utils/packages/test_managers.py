# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What package managers answer, as they answered: apt 3.0 and dpkg 1.22; dnf 4.14, zypper 1.14 and rpm 4.18."""

from typing import Any, Dict, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.packages.managers import (
    Apt, Coming, Dnf, Manager, State, Zypper, manager_of)

APT_NEW = """Reading package lists...
The following additional packages will be installed:
  slib
The following NEW packages will be installed:
  slib srun
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Inst slib (1 localhost [amd64])
Inst srun (1 localhost [all])
Conf slib (1 localhost [amd64])
Conf srun (1 localhost [all])
"""
APT_UPGRADE = """Inst slib [1] (2 localhost [amd64])
Inst srename (1 localhost [amd64])
Conf slib (2 localhost [amd64])
Conf srename (1 localhost [amd64])
"""
APT_REMOVAL = """The following packages will be REMOVED:
  sother
The following NEW packages will be installed:
  sconf
0 upgraded, 1 newly installed, 1 to remove and 0 not upgraded.
Remv sother [1]
Inst sconf (1 localhost [all])
Conf sconf (1 localhost [all])
"""
# Written by apt-get's own format: several origins, another architecture, a removal that leaves something broken.
APT_ORIGINS = """Inst libc6:i386 (2.36-9+deb12u10 Debian:12.11/oldstable, Debian-Security:12/oldstable-security [i386])
Inst libc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12.11/oldstable [amd64]) [libc6-dev:amd64 ]
Remv podman [4.3.1+ds1-8+b1] [golang:amd64 ]
Purg old [1]
"""
APT_DOWNGRADE = """The following packages will be DOWNGRADED:
  slib
0 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 0 not upgraded.
Inst slib [2] (1 localhost [amd64])
Conf slib (1 localhost [amd64])
"""
DNF_NEW = """Dependencies resolved.
================================================================================
 Package          Architecture       Version            Repository         Size
================================================================================
Installing:
 srun             noarch             1-1                local             6.0 k
Installing dependencies:
 slib             noarch             1-1                local             5.4 k

Transaction Summary
================================================================================
Install  2 Packages

Total size: 11 k
Installed size: 20
Operation aborted.
"""
DNF_LONG = """Dependencies resolved.
================================================================================
 Package                                                 Arch   Version
                                                                    Repo   Size
================================================================================
Installing:
 s-package-with-a-very-long-name-that-goes-beyond-the-line
                                                         noarch 1-1 local 6.2 k
 srename                                                 noarch 1-1 local 6.0 k
Upgrading:
 slib                                                    noarch 2-1 local 5.4 k

Transaction Summary
================================================================================
Install  2 Packages
Upgrade  1 Package
"""
DNF_OBSOLETES = """Dependencies resolved.
================================================================================
 Package          Architecture       Version            Repository         Size
================================================================================
Installing:
 sobs             noarch             1-1                local             6.0 k
     replacing  sother.noarch 1-1

Transaction Summary
"""
DNF_DOWNGRADE = """Downgrading:
 slib             noarch             1-1                local             5.4 k

Transaction Summary
"""
# By yum 3's documentation, which calls some sections otherwise.
YUM = """Installing:
 crun             x86_64             1-1                extras            6.0 k
Installing for dependencies:
 yajl             x86_64             1-1                base              5.4 k
Updating for dependencies:
 glibc            x86_64             1-1                base              5.4 k
Removing:
 old              x86_64             1-1                @base             5.4 k

Transaction Summary
"""
ZYPPER_NEW = """Loading repository data...
Reading installed packages...
Resolving package dependencies...

The following 2 NEW packages are going to be installed:
  s-package-with-a-very-long-name-that-goes-beyond-the-line srename

The following package is going to be upgraded:
  slib

1 package to upgrade, 2 new.
Overall download size: 17.6 KiB. Already cached: 0 B. After the operation, additional 96.0 B will be used.
Continue? [y/n/v/...? shows all options] (y): y
"""
ZYPPER_REMOVAL = """The following NEW package is going to be installed:
  sobs

The following package is going to be REMOVED:
  sother

1 new package to install, 1 to remove.
"""
ZYPPER_DOWNGRADE = """The following package is going to be downgraded:
  slib

1 package to downgrade.
"""
LONG = "s-package-with-a-very-long-name-that-goes-beyond-the-line"
NOTHING = "Nothing to do.\n"


@pytest.mark.parametrize("manager, text, coming", [
    (Apt(""), APT_NEW, Coming(new=("slib:amd64", "srun:all"))),
    (Apt(""), APT_UPGRADE, Coming(new=("srename:amd64",), upgraded=("slib",))),
    (Apt(""), APT_REMOVAL, Coming(new=("sconf:all",), removed=("sother",))),
    (Apt(""), APT_ORIGINS, Coming(new=("libc6:i386",), upgraded=("libc6",), removed=("podman", "old"))),
    (Apt(""), APT_DOWNGRADE, Coming(upgraded=("slib",), downgraded=("slib",))),
    (Apt(""), "E: Unable to locate package nope\n", Coming()),
    (Dnf("dnf"), DNF_NEW, Coming(new=("srun", "slib"))),
    (Dnf("dnf"), DNF_LONG, Coming(new=(LONG, "srename"), upgraded=("slib",))),
    (Dnf("dnf"), DNF_OBSOLETES, Coming(new=("sobs",), removed=("sother",))),
    (Dnf("dnf"), DNF_DOWNGRADE, Coming(downgraded=("slib",))),
    (Dnf("yum"), YUM, Coming(new=("crun", "yajl"), upgraded=("glibc",), removed=("old",))),
    (Dnf("dnf"), NOTHING, Coming()),
    (Zypper(""), ZYPPER_NEW, Coming(new=(LONG, "srename"), upgraded=("slib",))),
    (Zypper(""), ZYPPER_REMOVAL, Coming(new=("sobs",), removed=("sother",))),
    (Zypper(""), ZYPPER_DOWNGRADE, Coming(downgraded=("slib",))),
    (Zypper(""), NOTHING, Coming()),
])
def test_coming(manager: Manager, text: str, coming: Coming) -> None:
    """What would come and go."""
    assert manager.coming(text) == coming


@pytest.mark.parametrize("manager, text, names", [
    (Apt(""), "E: Unable to locate package nope", ["nope"]),
    (Apt(""), "E: Package 'nope' has no installation candidate", ["nope"]),
    (Apt(""), "E: Unable to locate package nopes\nsrun is already the newest version (1).", []),
    (Dnf("dnf"), "Error: Unable to find a match: nope", ["nope"]),
    (Dnf("dnf"), "No match for argument: nope\nError: Unable to find a match", ["nope"]),
    (Dnf("yum"), "No package nope available.", ["nope"]),
    (Zypper(""), "'nope' not found in package names. Trying capabilities.\nNo provider of 'nope' found.", ["nope"]),
    (Zypper(""), "Problem: nothing provides /bin/sh needed by srun-1-1.noarch", []),
])
def test_unknown(manager: Manager, text: str, names: List[str]) -> None:
    """Those that no source of packages has, of all that were asked for."""
    assert manager.unknown_in(text, ["srun", "nope"]) == names


DPKG_STATES = """ii |slib:amd64|slib:amd64=2
rc |srun:all|srun:all=1
iF |sbad:amd64|sbad:amd64=1:1-1~x
iHR|half:amd64|half:amd64=1
un |virtual:|virtual:=
"""
RPM_STATES = "|slib|slib-1-1.noarch\npackage srun is not installed\n"


@pytest.mark.parametrize("manager, text, states", [
    (Apt(""), DPKG_STATES, {
        "slib:amd64": State(True, False, "slib:amd64=2"), "srun:all": State(False, True, "srun:all=1"),
        "sbad:amd64": State(True, False, "sbad:amd64=1:1-1~x"), "half:amd64": State(True, False, "half:amd64=1")}),
    (Dnf("dnf"), RPM_STATES, {"slib": State(True, False, "slib-1-1.noarch")}),
    (Zypper(""), "|slib|slib=1-1\n", {"slib": State(True, False, "slib=1-1")}),
    (Apt(""), "", {}),
])
def test_states(manager: Manager, text: str, states: Dict[str, Any]) -> None:
    """What is there, whole or in part."""
    assert manager.states(text) == states


DPKG_NEEDED = """dpkg: dependency problems prevent removal of slib:
 sbad depends on slib.
 srun:amd64 pre-depends on slib (>= 1).

dpkg: error processing package slib (--purge):
 dependency problems - not removing
"""
RPM_NEEDED = """error: Failed dependencies:
\tslib is needed by (installed) sbad-1-1.noarch
\tlibslib.so.1()(64bit) is needed by (installed) srun-1-1.noarch
"""


@pytest.mark.parametrize("manager, text, names", [
    (Apt(""), DPKG_NEEDED, ["sbad", "srun:amd64"]), (Dnf("dnf"), RPM_NEEDED, ["sbad-1-1.noarch", "srun-1-1.noarch"]),
    (Zypper(""), "error: package slib is not installed\n", [])])
def test_dependents(manager: Manager, text: str, names: List[str]) -> None:
    """Who needs what shall go."""
    assert manager.dependents(text) == names


@pytest.mark.parametrize("manager, text, keys", [
    (Apt(""), "slib\nlibc6:i386\n", ["slib:amd64", "libc6:i386"]),
    (Dnf("dnf"), "srun\n\n", ["slib:amd64", "libc6:i386"]),
    (Zypper(""), "# AutoInstalled generated Sun Nov 22 05:25:09 2026\n#\nproduct:x\nslib:amd64\n#\n", ["slib:amd64"])])
def test_automatic(manager: Manager, text: str, keys: List[str]) -> None:
    """What nobody asked for by name."""
    assert manager.automatic_in(text, ["slib:amd64", "libc6:i386", "srun"]) == keys


@pytest.mark.parametrize("family, program, done", [
    ("debian", "apt-get", {0}), ("redhat", "yum", {0}), ("suse", "zypper", {0, 102, 103})])
def test_calls(family: str, program: str, done: Any) -> None:
    """Nobody is asked anything, only what is named goes, and success is what the manager calls so."""
    manager = manager_of(family, program)
    assert {code for code in (None, 0, 1, 100, 102, 103, 107) if manager.done(code)} == done
    for argv in (manager.install(["a", "b"]), manager.download(["a", "b"]), manager.simulate(["a", "b"])):
        assert argv[0] == program and argv[-2:] == ("a", "b")
        assert {"-y", "-s", "--assumeno", "--non-interactive"}.intersection(argv)
    assert set(manager.remove(["a", "b"]) + manager.purge(["a", "b"])).intersection(
        ["apt-get", "dnf", "yum", "zypper", "--auto-remove", "--nodeps"]) == set()
