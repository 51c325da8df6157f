# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a host of the packages that runtimes come from: the receipt of each, the questions, and the answers. Pure.

A receipt is one line of JSON, so that the probe reads it without a fork. Where it names what is asked for and the
program is where it says, the package manager need not be asked.
"""

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.snapshot import Question, Snapshot, quote
from .wanted import Package, Wanted

LIB_DIR = "/var/lib/slipway-runtimes"
RECEIPTS = LIB_DIR + "/packages"
JOURNAL = LIB_DIR + "/packages.journal"
LOCK = "/run/slipway-runtimes/packages.lock"

# dpkg-query reads the whole list of packages: seconds where that is cold on a slow disk.
ASK_SECONDS = 30

_FORMAT = 1


class Receipt(NamedTuple):
    """What a name's packages were when we last saw to them. packages: that it comes from. path: of the program.
    brought: keys of what was not there before us, of them and of what they depend on. configured: what of that had left
    files of its configuration here before us, which are not ours to purge."""

    name: str
    family: str
    packages: Tuple[str, ...]
    path: str
    brought: Tuple[str, ...] = ()
    configured: Tuple[str, ...] = ()


class Found(NamedTuple):
    """What is on the host for one name. path: of the program, '' for none. settled: receipt and program are what is
    asked for. installed: those of its packages that are; None where nobody asked."""

    receipt: Optional[Receipt] = None
    path: str = ""
    settled: bool = False
    installed: Optional[Tuple[str, ...]] = None


class HostFound(NamedTuple):
    """family: '' where it is none of ours. manager: the program that installs. names: by name. answered: whether the
    package manager told what it was asked."""

    family: str
    manager: str
    names: Dict[str, Found]
    answered: bool = True


def receipt_path(name: str) -> str:
    """Where the receipt of a name lies."""
    return "%s/%s.json" % (RECEIPTS, name)


def base(key: str) -> str:
    """The name in a package's key (see managers.Manager)."""
    return key.partition(":")[0]


def encode(receipt: Receipt) -> str:
    """The receipt's one line, with its newline."""
    return json.dumps(dict(receipt._asdict(), format=_FORMAT), sort_keys=True, ensure_ascii=False) + "\n"


def decode(line: str, name: str) -> Receipt:
    """The receipt in a line. Raises SlipwayError where it is none of ours."""
    try:
        value = json.loads(line)
        if value.pop("format") != _FORMAT or value["name"] != name:
            raise ValueError("another format or name")
        lists = {}
        for key in ("packages", "brought", "configured"):
            if not all(isinstance(one, str) and one and not one.startswith("-") for one in value[key]):
                raise ValueError("no list of packages")
            lists[key] = tuple(value[key])
        return Receipt(**dict(value, **lists))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SlipwayError(
            "receipt_broken", "%s is no receipt of this collection; what it stood for is not known. Move it away, and "
            "the packages that it named count as another's" % receipt_path(name))


# Nothing here forks: it is what a host is asked every time.
_FUNCTIONS = r"""
k_family='' k_manager='' k_asked=''
if [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    k_family=debian k_manager=apt-get
elif command -v rpm >/dev/null 2>&1; then
    # Either manager can be installed beside the one that a distribution lives by.
    if command -v zypper >/dev/null 2>&1 && [ -d /etc/products.d ]; then
        k_family=suse k_manager=zypper
    elif command -v dnf >/dev/null 2>&1; then
        k_family=redhat k_manager=dnf
    elif command -v yum >/dev/null 2>&1; then
        k_family=redhat k_manager=yum
    elif command -v zypper >/dev/null 2>&1; then
        k_family=suse k_manager=zypper
    fi
fi
[ -e /run/ostree-booted ] && k_manager=ostree
# k_program PROGRAM: sets k_path to where it is, '' for nowhere.
k_program() {
    k_path=
    case $1 in
        /*)
            [ -f "$1" ] && [ -x "$1" ] && k_path=$1
            return 0
            ;;
    esac
    s_old=$IFS
    IFS=:
    set -f
    for k_folder in $PATH; do
        if [ "$k_folder" ] && [ -f "$k_folder/$1" ] && [ -x "$k_folder/$1" ]; then
            k_path=$k_folder/$1
            break
        fi
    done
    set +f
    IFS=$s_old
}
# k_look NAME PROGRAM WORDS LIST: a program, and whether the receipt in s_first names its packages: WORDS, as JSON LIST.
k_look() {
    k_program "$2"
    s_text "$1" path "$k_path"
    if [ "$k_path" ]; then
        case $s_first in
            *"\"family\": \"$k_family\""*"\"packages\": [$4], \"path\": \"$k_path\"}"*)
                s_say "$1" settled yes
                return 0
                ;;
        esac
    fi
    k_asked="$k_asked $3"
}
"""
_ASK = r"""
if [ "$k_asked" ]; then
    set -f
    # shellcheck disable=SC2016  # They expand it themselves.
    case $k_family in
        debian) set -- dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' ;;
        *) set -- rpm -q --qf 'ii |%%{NAME}\n' ;;
    esac
    # shellcheck disable=SC2086  # These are words.
    s_run pkg.status %d env -i "PATH=$PATH" LC_ALL=C "$@" $k_asked
    set +f
fi
""" % ASK_SECONDS


def questions(wanted: Wanted) -> Tuple[Question, ...]:
    """The family of the host, and of each name its receipt and its program; what no receipt settles is asked of the
    package manager, in one call."""
    if not wanted.packages:
        return ()
    lines = [
        _FUNCTIONS.strip("\n"), "[ -e %s ] && s_trouble pkg unfinished" % quote(JOURNAL),
        's_say pkg family "$k_family"', 's_say pkg manager "$k_manager"']
    for index, one in enumerate(wanted.packages):
        name = "pkg%d" % index
        lines.append("s_first=\ns_line %s %s" % (name, quote(receipt_path(one.name))))
        if one.present:
            lines.append("case $k_family in")
            for family, names in sorted(one.packages.items()):
                lines.append("    %s) k_look %s %s %s %s ;;" % (
                    family, name, quote(one.program), quote(" ".join(names)), quote(json.dumps(names)[1:-1])))
            lines.append("esac")
    lines.append(_ASK.strip("\n"))
    return (Question("pkg", "\n".join(lines)),)


def read(snapshot: Snapshot, wanted: Wanted) -> HostFound:
    """The answers to questions(). Raises SlipwayError on a receipt that is none."""
    family = snapshot.word("pkg", "family")
    status = snapshot.program("pkg.status")
    installed = installed_in(status.output.decode("utf-8", "replace")) if status is not None else []
    names: Dict[str, Found] = {}
    for index, one in enumerate(wanted.packages):
        answer = "pkg%d" % index
        line = snapshot.word(answer, "line")
        settled = bool(snapshot.word(answer, "settled"))
        there = tuple(package for package in one.packages.get(family, ()) if package in installed)
        names[one.name] = Found(
            receipt=decode(line, one.name) if line else None, path=snapshot.word(answer, "path"), settled=settled,
            installed=None if settled or status is None else there)
    # Both end with an error where a package is not there; only a limit that was met leaves the answer open.
    return HostFound(
        family=family, manager=snapshot.word("pkg", "manager"), names=names,
        answered=status is None or status.code is not None and status.code < 126)


def installed_in(text: str) -> List[str]:
    """The packages that are installed, of lines 'STATUS|NAME'. STATUS is dpkg's db:Status-Abbrev; its second letter is
    what is there: i installed, t and W installed with triggers to come."""
    found = []
    for line in text.split("\n"):
        status, mark, name = line.strip().partition("|")
        if mark and len(status) > 1 and status[1] in "itW":
            found.append(name)
    return found


def as_result(package: Package, host: HostFound, *, action: str) -> Dict[str, Any]:
    """What is returned of one name. Where it goes, that is what its receipt named."""
    there = host.names[package.name]
    names, program = package.packages.get(host.family, ()), there.path or package.program
    if not package.present and there.receipt is not None:
        names, program = there.receipt.packages, there.receipt.path
    return {"name": package.name, "packages": list(names), "action": action, "program": program}
