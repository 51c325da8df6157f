# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Package managers: what they are called with, and what their answers say. Pure.

Installing is the front end's (apt-get, dnf, yum, zypper): it resolves and downloads. Removing is left to dpkg and rpm:
they take what they are given and nothing else, and refuse where something else needs it.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from .receipt import base

Argv = Tuple[str, ...]


class Coming(NamedTuple):
    """What an installation would do, in the order of the manager. new: keys of packages (see Manager). upgraded,
    removed, downgraded: names for people."""

    new: Tuple[str, ...] = ()
    upgraded: Tuple[str, ...] = ()
    removed: Tuple[str, ...] = ()
    downgraded: Tuple[str, ...] = ()


class State(NamedTuple):
    """What a package is. installed: whole or in part. configured: only files of its configuration are left. pin: what
    it is installed by, in this version."""

    installed: bool
    configured: bool
    pin: str


class Manager:
    """One way of handling packages. A package's key is what it is removed by: its name, on Debian
    NAME:ARCHITECTURE, for two architectures can have one each."""

    family = ""
    environment: Dict[str, str] = {}
    unknown = ""  # what is said where no such package is known
    finish: Argv = ()  # what ends an interrupted run of the manager

    def __init__(self, program: str) -> None:
        self.program = program

    def simulate(self, names: Sequence[str]) -> Argv:
        """What would come with the packages; changes nothing."""
        raise NotImplementedError

    def coming(self, text: str) -> Coming:
        """What simulate() said."""
        raise NotImplementedError

    def unknown_in(self, text: str, names: Sequence[str]) -> List[str]:
        """Those of the names that simulate() says it does not know."""
        lines = [line for line in text.splitlines() if re.search(self.unknown, line)]
        return [name for name in names if any(name in re.split(r"[\s':,]+", line) for line in lines)]

    def refresh(self) -> Argv:
        """Get the lists of packages anew."""
        raise NotImplementedError

    def download(self, names: Sequence[str]) -> Argv:
        """Get the packages and what they depend on, and install nothing."""
        raise NotImplementedError

    def install(self, names: Sequence[str]) -> Argv:
        """Install, and ask nothing."""
        raise NotImplementedError

    def done(self, code: Optional[int]) -> bool:
        """Whether an exit code of install() or download() is a success; None is a manager that was ended."""
        return code == 0

    def query(self, keys: Sequence[str]) -> Argv:
        """The state of packages."""
        raise NotImplementedError

    def states(self, text: str) -> Dict[str, State]:
        """What query() said, by key; nothing of what is not there."""
        raise NotImplementedError

    def try_removal(self, keys: Sequence[str]) -> Argv:
        """Would it remove them? It ends with an error where something else needs one."""
        raise NotImplementedError

    def remove(self, keys: Sequence[str]) -> Argv:
        """Remove exactly these, and leave their configuration where that can be had."""
        raise NotImplementedError

    def purge(self, keys: Sequence[str]) -> Argv:
        """Remove what remove() left; () where it leaves nothing."""
        return ()

    def dependents(self, text: str) -> List[str]:
        """Who needs them, as try_removal() said."""
        raise NotImplementedError

    def automatic(self, keys: Sequence[str]) -> Argv:
        """Which of them came as dependencies?"""
        raise NotImplementedError

    def automatic_in(self, text: str, keys: Sequence[str]) -> List[str]:
        """Those that automatic() said."""
        raise NotImplementedError


class Apt(Manager):
    """Debian, Ubuntu and their kin."""

    family = "debian"
    # needrestart is run by apt, and would restart engines unasked.
    environment = {
        "DEBIAN_FRONTEND": "noninteractive", "APT_LISTCHANGES_FRONTEND": "none", "NEEDRESTART_MODE": "l"}
    unknown = r"Unable to locate package|has no installation candidate|Couldn't find any package"
    finish = ("dpkg", "--force-confdef", "--force-confold", "--configure", "-a")

    # Without a terminal of its own dpkg ends with apt-get. A runtime needs none of what is only recommended.
    _OPTIONS = (
        "-q", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
        "--no-install-recommends")
    _LINE = re.compile(r"^(Inst|Remv|Purg) (\S+)(?: \[([^\]]*)\])?(?: \((\S+)[^\[\)]*\[([^\]]*)\]\))?", re.MULTILINE)

    def simulate(self, names: Sequence[str]) -> Argv:
        return ("apt-get", "-s") + self._OPTIONS + ("install",) + tuple(names)

    def coming(self, text: str) -> Coming:
        new, upgraded, removed = [], [], []
        for action, name, old, _version, architecture in self._LINE.findall(text):
            if action != "Inst":
                removed.append(name)
            elif old:
                upgraded.append(name)
            else:
                new.append(name if ":" in name else "%s:%s" % (name, architecture))
        downgraded = re.search(r"(?m)^The following packages will be DOWNGRADED:\n((?:  .*\n)+)", text)
        return Coming(
            new=tuple(new), upgraded=tuple(upgraded), removed=tuple(removed),
            downgraded=tuple(downgraded.group(1).split()) if downgraded else ())

    def refresh(self) -> Argv:
        return ("apt-get", "-q", "update")

    def download(self, names: Sequence[str]) -> Argv:
        return ("apt-get", "-y") + self._OPTIONS + ("--no-remove", "--download-only", "install") + tuple(names)

    def install(self, names: Sequence[str]) -> Argv:
        return ("apt-get", "-y") + self._OPTIONS + ("--no-remove", "install") + tuple(names)

    def query(self, keys: Sequence[str]) -> Argv:
        form = "${db:Status-Abbrev}|${Package}:${Architecture}|${Package}:${Architecture}=${Version}\\n"
        return ("dpkg-query", "-W", "-f", form) + tuple(keys)

    def states(self, text: str) -> Dict[str, State]:
        found = {}
        for line in text.splitlines():
            status, key, pin = line.split("|", 2)
            if status[1] != "n":
                found[key] = State(installed=status[1] != "c", configured=status[1] == "c", pin=pin)
        return found

    def try_removal(self, keys: Sequence[str]) -> Argv:
        return ("dpkg", "--no-act", "--purge") + tuple(keys)

    def remove(self, keys: Sequence[str]) -> Argv:
        return ("dpkg", "--force-remove-reinstreq", "--remove") + tuple(keys)

    def purge(self, keys: Sequence[str]) -> Argv:
        return ("dpkg", "--purge") + tuple(keys)

    def dependents(self, text: str) -> List[str]:
        return re.findall(r"(?m)^ (\S+) (?:pre-)?depends on ", text)

    def automatic(self, keys: Sequence[str]) -> Argv:
        return ("apt-mark", "showauto") + tuple(keys)

    def automatic_in(self, text: str, keys: Sequence[str]) -> List[str]:
        words = text.split()
        return [key for key in keys if key in words or base(key) in words]


class Rpm(Manager):
    """What all distributions with rpm have in common."""

    _PIN = ""

    def query(self, keys: Sequence[str]) -> Argv:
        return ("rpm", "-q", "--qf", "|%%{NAME}|%s\\n" % self._PIN) + tuple(keys)

    def states(self, text: str) -> Dict[str, State]:
        found = {}
        for line in text.splitlines():
            if line.startswith("|"):
                key, pin = line[1:].split("|", 1)
                found[key] = State(installed=True, configured=False, pin=pin)
        return found

    def try_removal(self, keys: Sequence[str]) -> Argv:
        return ("rpm", "-e", "--test") + tuple(keys)

    def remove(self, keys: Sequence[str]) -> Argv:
        return ("rpm", "-e") + tuple(keys)

    def dependents(self, text: str) -> List[str]:
        return re.findall(r"(?m) is needed by \(installed\) (\S+)$", text)


class Dnf(Rpm):
    """dnf, and yum before it."""

    family = "redhat"
    unknown = r"Unable to find a match|No match for argument|No package \S+ available"
    _PIN = "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}"
    _SECTIONS = (
        (re.compile(r"Installing( dependencies| weak dependencies| for dependencies)?:$"), "new"),
        (re.compile(r"(Upgrading|Updating)( for dependencies)?:$"), "upgraded"),
        (re.compile(r"Downgrading:$"), "downgraded"),
        (re.compile(r"Removing.*:$"), "removed"))

    def _call(self, *words: str) -> Argv:
        return (self.program, "--setopt=install_weak_deps=False") + words

    def simulate(self, names: Sequence[str]) -> Argv:
        return self._call("--assumeno", "install") + tuple(names)

    def coming(self, text: str) -> Coming:
        found: Dict[str, List[str]] = {"new": [], "upgraded": [], "removed": [], "downgraded": []}
        section = ""
        for line in text.splitlines():
            replaced = re.match(r"\s+replacing\s+(\S+?)(?:\.\w+)? ", line)
            if replaced:
                found["removed"].append(replaced.group(1))
            elif re.match(r" [^\s=]", line):  # a long name has a line to itself
                found.setdefault(section, []).append(line.split()[0])
            elif line and not line.startswith(" "):
                section = ([key for form, key in self._SECTIONS if form.match(line)] + [""])[0]
        return Coming(**{key: tuple(found[key]) for key in Coming._fields})

    def refresh(self) -> Argv:
        return (self.program, "clean", "expire-cache")  # whatever comes next gets them anew

    def download(self, names: Sequence[str]) -> Argv:
        return self._call("-y", "install", "--downloadonly") + tuple(names)

    def install(self, names: Sequence[str]) -> Argv:
        return self._call("-y", "install") + tuple(names)

    def automatic(self, keys: Sequence[str]) -> Argv:
        return (self.program, "-C", "-q", "repoquery", "--userinstalled", "--qf", "%{name}\\n") + tuple(keys)

    def automatic_in(self, text: str, keys: Sequence[str]) -> List[str]:
        words = text.split()
        return [key for key in keys if key not in words]


class Zypper(Rpm):
    """SUSE and openSUSE."""

    family = "suse"
    unknown = r"No provider of '|not found in package names"
    _PIN = "%{NAME}=%{VERSION}-%{RELEASE}"
    _SECTIONS = {
        "installed": "new", "upgraded": "upgraded", "REMOVED": "removed", "downgraded": "downgraded", "reinstalled": ""}
    _SECTION = re.compile(r"(?m)^The following .*(?:package|packages) (?:is|are) going to be (\w+):\n((?:  .*\n?)+)")

    def simulate(self, names: Sequence[str]) -> Argv:
        return ("zypper", "--non-interactive", "install", "--no-recommends", "--dry-run") + tuple(names)

    def coming(self, text: str) -> Coming:
        found: Dict[str, Tuple[str, ...]] = {}
        for section, names in self._SECTION.findall(text):
            key = self._SECTIONS.get(section, "")
            found[key] = found.get(key, ()) + tuple(names.split())
        return Coming(**{key: found.get(key, ()) for key in Coming._fields})

    def refresh(self) -> Argv:
        return ("zypper", "--non-interactive", "refresh")

    def download(self, names: Sequence[str]) -> Argv:
        return ("zypper", "--non-interactive", "install", "--no-recommends", "--download-only") + tuple(names)

    def install(self, names: Sequence[str]) -> Argv:
        return ("zypper", "--non-interactive", "install", "--no-recommends") + tuple(names)

    def done(self, code: Optional[int]) -> bool:
        return code in (0, 102, 103)  # installed, and the machine or the manager itself should be started anew

    def automatic(self, keys: Sequence[str]) -> Argv:
        return ("cat", "/var/lib/zypp/AutoInstalled")

    def automatic_in(self, text: str, keys: Sequence[str]) -> List[str]:
        words = text.splitlines()
        return [key for key in keys if key in words]


def manager_of(family: str, program: str) -> Manager:
    """The manager of a host, as the probe found it."""
    return {"debian": Apt, "redhat": Dnf, "suse": Zypper}[family](program)
