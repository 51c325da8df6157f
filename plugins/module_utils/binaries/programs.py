# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a program that is about to be put in place can run on this host at all."""

import errno
import os
import re
import signal
import struct
from typing import Optional

from ..core import host
from ..core.errors import SlipwayError

# What a program has to answer the question for its version, in seconds.
SECONDS = 10

_MACHINES = {
    3: "386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64",
    258: "loongarch64"}
_HOSTS = {
    "x86_64": (62, 3), "i686": (3,), "i386": (3,), "aarch64": (183, 40), "armv7l": (40,), "armv6l": (40,),
    "ppc64le": (21,),
    "ppc64": (21,), "s390x": (22,), "riscv64": (243,), "loongarch64": (258,)}
# The words of glibc's and musl's loaders.
_LIBRARY = re.compile(
    r"error while loading shared libraries: ([^\s:]+): cannot open|Error loading shared library ([^\s:]+):")
_SYMBOLS = re.compile(r"version [`']([A-Za-z0-9_.]+)' not found")


def version_flag(name: str) -> str:
    """What asks a program of this file name for its version. A shim knows containerd's flags; others may crash it."""
    return "-v" if name.startswith("containerd-shim-") else "--version"


def check_program(path: str, *, name: str, option: str, shown: str) -> None:
    """Ask an executable for its version. name: of the file that it becomes. shown: what messages call it.

    Raises SlipwayError where it cannot run: another architecture, libraries that are missing, no end in time, a crash.
    An exit with any code of its own is an answer: not every program knows the flag.
    """
    _check_machine(path, option=option, shown=shown)
    flag = version_flag(name)
    try:
        answer = host.run([path, flag], seconds=SECONDS)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise _broken(
                option, shown, "its interpreter %s is not on this host" % (_interpreter(path) or "(a loader)"))
        if error.errno == errno.ENOEXEC:
            raise _broken(
                option, shown, "it is no program for this host. A 'mode' such as '0644' is for what is no program at "
                "all",
                "wrong_architecture")
        raise _broken(option, shown, error.strerror or str(error))
    libraries = [one or two for one, two in _LIBRARY.findall(answer.words)]
    symbols = _SYMBOLS.findall(answer.words)
    if answer.code is None:
        raise _broken(
            option, shown, "'%s' did not end within %d s; 'verify: false' leaves the question out" % (flag, SECONDS),
            "program_hangs")
    if libraries:
        raise _broken(option, shown, "this host lacks shared libraries that it needs: %s" % ", ".join(
            dict.fromkeys(libraries)), "libraries_missing", libraries=list(dict.fromkeys(libraries)))
    if symbols and answer.code != 0:
        raise _broken(option, shown, "this host's libraries are too old for it: it needs %s" % ", ".join(
            dict.fromkeys(symbols)), "libraries_missing", libraries=list(dict.fromkeys(symbols)))
    if answer.code in (126, 127):
        raise _broken(option, shown, answer.words[:500] or "exit code %d" % answer.code)
    if answer.code < 0:
        raise _broken(option, shown, "it was ended by signal %s%s" % (
            signal.Signals(-answer.code).name, ": " + answer.words[:500] if answer.words else ""))


def check_tree(path: str, *, option: str, shown: str) -> None:
    """Raises SlipwayError where a tree has programs, and none of them is for this host."""
    machines = set()
    for folder, _folders, files in os.walk(path):
        for name in files:
            one = os.path.join(folder, name)
            if not os.path.islink(one) and os.stat(one).st_mode & 0o100:
                machine = _machine(one)
                if machine is not None:
                    machines.add(machine)
    known = _HOSTS.get(os.uname().machine)
    if machines and known and not machines.intersection(known):
        raise _foreign(option, shown, ", ".join(sorted(_MACHINES.get(one, "machine %d" % one) for one in machines)))


def _check_machine(path: str, *, option: str, shown: str) -> None:
    machine = _machine(path)
    known = _HOSTS.get(os.uname().machine)
    if machine is not None and known and machine not in known:
        raise _foreign(option, shown, _MACHINES.get(machine, "machine %d" % machine))


def _foreign(option: str, shown: str, machine: str) -> SlipwayError:
    return _broken(
        option, shown, "it is built for %s, and this host is %s" % (machine, os.uname().machine), "wrong_architecture")


def _machine(path: str) -> Optional[int]:
    """The ELF machine of a program; None where it is none."""
    with open(path, "rb") as source:
        head = source.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    return struct.unpack("<H" if head[5] == 1 else ">H", head[18:20])[0]


def _interpreter(path: str) -> str:
    """What the kernel starts a program with; '' where it is not told."""
    with open(path, "rb") as source:
        head = source.read(1 << 16)
    if head.startswith(b"#!"):
        return head[2:].split(b"\n")[0].strip().split(b" ")[0].decode("utf-8", "replace")
    found = re.search(rb"\0(/[\x21-\x7e]*/ld[\x21-\x7e]*\.so[\x21-\x7e]*)\0", b"\0" + head)
    return found.group(1).decode("ascii") if found else ""


def _broken(option: str, shown: str, what: str, reason: str = "program_broken", **facts: object) -> SlipwayError:
    return SlipwayError(reason, "%s: %s cannot run here: %s" % (option, shown, what), option=option, **facts)
