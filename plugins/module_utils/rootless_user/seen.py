# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has for a user who runs containers without root: the questions, the answers to them, and the receipt of
what we made. Pure."""

import json
from typing import Any, Dict, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.snapshot import FileFacts, Question, Snapshot, quote
from .wanted import Wanted

LIB_DIR = "/var/lib/slipway-runtimes"
# Below LIB_DIR.
RECEIPTS = "rootless_user"
JOURNAL = "rootless_user.journal"
LOCK = "/run/slipway-runtimes/rootless_user.lock"

# Each kind of subordinate ids has a file.
FILES = {"subuid": "/etc/subuid", "subgid": "/etc/subgid"}
PROGRAMS = ("newuidmap", "newgidmap")
# Where engines keep what users' containers are made of, below a home.
_STORES = ".local/share/containers .local/share/containerd .local/share/docker"

_FORMAT = 1


class Account(NamedTuple):
    """A user of the host."""

    uid: int
    home: str


class Receipt(NamedTuple):
    """What we made for a user. uid: 0 where nothing was. subuid, subgid: our lines. created: files that were not there.
    delegation: whether its file is ours. linger: whether we turned it on."""

    uid: int = 0
    subuid: str = ""
    subgid: str = ""
    created: Tuple[str, ...] = ()
    delegation: bool = False
    linger: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to note."""
        return not (self.subuid or self.subgid or self.delegation or self.linger)


class Seen(NamedTuple):
    """Everything. account: None where the host knows no such user. programs: of PROGRAMS, those that are there.
    nowhere: the setting that lets no user make namespaces, '' for none. elsewhere: subordinate ids come from no file.
    controllers: what the user's manager may use now, None where it does not run. unified: there is one tree of control
    groups. units: that the user's manager starts by itself. stores: folders of users' containers."""

    account: Optional[Account]
    receipt: Receipt
    programs: Tuple[str, ...]
    nowhere: str
    elsewhere: bool
    files: Dict[str, FileFacts]
    systemd: bool
    unified: bool
    controllers: Optional[Tuple[str, ...]]
    delegation: Optional[FileFacts]
    linger: bool
    units: Tuple[str, ...]
    stores: Tuple[str, ...]


_SCRIPT = r"""
s_line receipt "$r_lib/$r_receipts/$r_user.json"
[ -e "$r_lib/$r_journal" ] && s_trouble user unfinished
r_entry=$(getent passwd "$r_user" 2>/dev/null) || r_entry=
if ! [ "$r_entry" ] && ! command -v getent >/dev/null 2>&1; then
    while IFS= read -r r_one; do
        case $r_one in "$r_user":*) r_entry=$r_one ;; esac
    done </etc/passwd
fi
r_uid=
if [ "$r_entry" ]; then
    s_text user entry "$r_entry"
    r_uid=${r_entry#*:*:}
    r_uid=${r_uid%%:*}
    r_home=${r_entry#*:*:*:*:*:}
    r_home=${r_home%%:*}
fi
for r_one in newuidmap newgidmap; do
    if r_found=$(command -v "$r_one" 2>/dev/null); then
        s_text user program "$r_found"
    fi
done
# Debian's own switch, and everybody's.
for r_one in kernel/unprivileged_userns_clone user/max_user_namespaces; do
    if [ -r "/proc/sys/$r_one" ] && read -r r_value <"/proc/sys/$r_one" && [ "$r_value" = 0 ]; then
        s_say user nowhere "$r_one"
    fi
done
if [ -r /etc/nsswitch.conf ]; then
    while read -r r_one r_value; do
        case $r_one/$r_value in
            subid:/*files*) ;;
            subid:/?*) s_say user elsewhere 1 ;;
        esac
    done </etc/nsswitch.conf
fi
s_file subuid /etc/subuid
s_file subgid /etc/subgid
[ -d /run/systemd/system ] && s_say user systemd 1
[ -e /sys/fs/cgroup/cgroup.controllers ] && s_say user unified 1
[ -e "/var/lib/systemd/linger/$r_user" ] && s_say user linger 1
# A user who is gone left its number in the receipt.
if ! [ "$r_uid" ]; then
    case ${s_first:-} in
        *'"uid": '*)
            r_uid=${s_first##*\"uid\": }
            r_uid=${r_uid%%[!0-9]*}
            ;;
    esac
fi
if [ "$r_uid" ]; then
    s_file delegation "/etc/systemd/system/user@$r_uid.service.d/slipway-delegate.conf"
    r_one=/sys/fs/cgroup/user.slice/user-$r_uid.slice/user@$r_uid.service/cgroup.controllers
    if [ -r "$r_one" ] && read -r r_value <"$r_one"; then
        s_text user controllers "$r_value "
    fi
fi
"""

_LEAVING = r"""
if [ "${r_home:-}" ] && [ -d "$r_home" ]; then
    [ -x "$r_home" ] || s_trouble user unreadable
    for r_one in "$r_home"/.config/systemd/user/*.wants/*; do
        [ -h "$r_one" ] && s_text user unit "${r_one##*/}"
    done
    for r_one in $r_stores; do
        [ -d "$r_home/$r_one" ] && s_text user store "$r_home/$r_one"
    done
fi
"""


def questions(wanted: Wanted) -> Tuple[Question, ...]:
    """What has to be read."""
    lines = [
        "s_first=", "r_user=%s" % quote(wanted.user), "r_lib=%s" % quote(LIB_DIR), "r_receipts=%s" % RECEIPTS,
        "r_journal=%s" % JOURNAL, _SCRIPT.strip("\n")]
    if not wanted.present:
        lines += ["r_stores=%s" % quote(_STORES), _LEAVING.strip("\n")]
    return (Question("user", "\n".join(lines + [":"])),)


def read(snapshot: Snapshot, wanted: Wanted) -> Seen:
    """The answers to questions(). Raises SlipwayError on a receipt that is none."""
    controllers = snapshot.word("user", "controllers")
    return Seen(
        account=_account(snapshot.word("user", "entry")), receipt=decode(snapshot.word("receipt", "line"), wanted.user),
        programs=tuple(snapshot.words("user", "program")), nowhere=snapshot.word("user", "nowhere"),
        elsewhere=bool(snapshot.word("user", "elsewhere")), files={name: snapshot.file(name) for name in FILES},
        systemd=bool(snapshot.word("user", "systemd")), unified=bool(snapshot.word("user", "unified")),
        controllers=tuple(controllers.split()) if controllers else None,
        delegation=snapshot.file("delegation") if "delegation" in snapshot.answers else None,
        linger=bool(snapshot.word("user", "linger")), units=tuple(sorted(set(snapshot.words("user", "unit")))),
        stores=tuple(snapshot.words("user", "store")))


def encode(receipt: Receipt) -> str:
    """The receipt's one line, with its newline."""
    return json.dumps(dict(receipt._asdict(), format=_FORMAT), sort_keys=True) + "\n"


def decode(line: str, user: str) -> Receipt:
    """The receipt in a line, an empty one for ''. Raises SlipwayError where it is none of ours."""
    if not line:
        return Receipt()
    try:
        value: Dict[str, Any] = json.loads(line)
        if value.pop("format") != _FORMAT:
            raise ValueError("another format")
        return Receipt(**dict(value, created=tuple(value["created"]), uid=int(value["uid"])))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SlipwayError(
            "receipt_broken", "%s/%s/%s.json is no receipt of this collection; what it stood for is not known. Move it "
            "away, and what the user has counts as another's" % (LIB_DIR, RECEIPTS, user))


def _account(entry: str) -> Optional[Account]:
    words = entry.split(":")
    if len(words) < 7 or not words[2].isdigit():
        return None
    return Account(uid=int(words[2]), home=words[5])
