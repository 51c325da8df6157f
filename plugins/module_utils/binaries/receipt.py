# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a host of our binaries: the receipt of each, the questions, and the answers to them. Pure.

A receipt is one line of JSON, so that the probe reads it without a fork, and holds the stat of each file as the probe
prints it: a file whose stat is found in the text of its receipt need not be read.
"""

import json
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from ..core.errors import SlipwayError
from ..core.snapshot import Question, Snapshot, quote
from .wanted import Wanted

# Below the folder of what the collection notes on a host: see core.receipts.folders.
RECEIPTS, KEPT, JOURNAL, LOCK = "binaries", "kept", "binaries.journal", "binaries.lock"
_LIB_DIR = {
    "system": "/var/lib/slipway-runtimes",
    "user": '"${XDG_STATE_HOME:-${HOME:-}/.local/state}"/slipway-runtimes'}

_FORMAT = 1


class Placed(NamedTuple):
    """A path that we put in place. src, mode, owner, group: as asked for. kind: file or tree. sha256: of a file's
    content, or of a tree's listing with contents. stat: as the probe prints it. kept: where that lies which was there
    before us, or ''."""

    src: str
    dest: str
    mode: str
    owner: str
    group: str
    kind: str
    sha256: str = ""
    stat: str = ""
    kept: str = ""


class Receipt(NamedTuple):
    """What we put on a host for one name. sha256, sha512: of the source, source_stat: of a source on the host. folders:
    what we made, the outer ones first."""

    name: str
    version: str
    sha256: str
    sha512: str
    files: Tuple[Placed, ...]
    folders: Tuple[str, ...] = ()
    source_stat: str = ""


class Seen(NamedTuple):
    """What is at a path. kind: missing, file, tree, other (what we put there became something else), foreign (the
    receipt does not name it). stat: as printed. sha256: '' where the stat was that of the receipt, so the content is
    too."""

    kind: str
    stat: str = ""
    sha256: str = ""

    @property
    def attributes(self) -> Tuple[str, ...]:
        """Type and mode (hex), owner and group (numbers) of a file."""
        return tuple(self.stat.split(" ")[:3])


class Found(NamedTuple):
    """What is on the host for one name. source_stat, source_sha256: of a source on the host; '' for the digest where
    the receipt knows the stat, both '' where there is no such file."""

    receipt: Optional[Receipt] = None
    seen: Dict[str, Seen] = {}
    source_stat: str = ""
    source_sha256: str = ""


def encode(receipt: Receipt) -> str:
    """The receipt's one line, with its newline."""
    value = dict(receipt._asdict(), format=_FORMAT, files=[dict(one._asdict()) for one in receipt.files])
    # Not as \u escapes: the probe compares paths with the text.
    return json.dumps(value, sort_keys=True, ensure_ascii=False) + "\n"


def decode(line: str, name: str) -> Receipt:
    """The receipt in a line. Raises SlipwayError where it is none of ours."""
    try:
        value = json.loads(line)
        if value["format"] != _FORMAT or value["name"] != name:
            raise ValueError("another format or name")
        files = tuple(Placed(**one) for one in value["files"])
        for one in files:
            if one.kind not in ("file", "tree") or not one.dest.startswith("/"):
                raise ValueError("a file of no kind")
        return Receipt(
            name=name, version=value["version"], sha256=value["sha256"], sha512=value["sha512"], files=files,
            folders=tuple(value["folders"]), source_stat=value["source_stat"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SlipwayError(
            "receipt_broken", "slipway-runtimes/%s/%s.json, below /var/lib or the user's own state folder, is no receipt of this "
            "collection; what it stood for is not known. Move it away, and what is in place counts as another's" % (
                RECEIPTS, name))


# Called in the questions' own shell: %f is type and mode, %z the change of the inode to the nanosecond.
_FUNCTIONS = r"""
b_form='%f %u %g %s %i %Y %Z %z'
# b_sum: the SHA-256 of stdin, bare.
b_sum() { s_sum=$(sha256sum) && printf '%s' "${s_sum%% *}"; }
b_tree_stat() { find "$1" -exec stat -c "$b_form|%n" -- {} + 2>/dev/null | sort | b_sum; }
# Contents, links, owners and modes: all that a tree is, but times and inodes.
b_tree_sum() {
    {
        find "$1" -exec stat -c '%f %u %g|%n' -- {} +
        find "$1" -type f -exec sha256sum -- {} +
        # shellcheck disable=SC2016  # The inner shell expands it.
        find "$1" -type l -exec sh -c 'for b_link; do printf "%s|%s\n" "$b_link" "$(readlink "$b_link")"; done' sh {} +
    } 2>/dev/null | sort | b_sum
}
# b_dest NAME PATH: what is at a path, read no further than the receipt's text in s_first makes necessary.
b_dest() {
    b_own=${b_all%%"|$2$s_nl"*}
    if [ "$b_own" = "$b_all" ]; then
        if [ -e "$2" ] || [ -h "$2" ]; then
            s_trouble "$1" stat
            return 0
        fi
        b_parent=${2%/*}
        if [ -d "${b_parent:-/}" ] && ! [ -x "${b_parent:-/}" ]; then
            s_trouble "$1" unreadable
        fi
        s_say "$1" kind missing
        return 0
    fi
    b_own=${b_own##*"$s_nl"}
    b_kind=foreign
    case $s_first in
        *"\"dest\": \"$2\""*)
            case $b_own in
                8*) b_kind='file' ;;
                4*) b_kind=tree ;;
                *) b_kind=other ;;
            esac
            ;;
    esac
    s_say "$1" kind "$b_kind"
    if [ "$b_kind" = tree ]; then
        if ! [ -r "$2" ] || ! [ -x "$2" ] || ! command -v sha256sum >/dev/null 2>&1; then
            s_trouble "$1" unreadable
            return 0
        fi
        b_own="tree $(b_tree_stat "$2")"
    fi
    s_say "$1" stat "$b_own"
    if [ "$b_digest" = 0 ]; then
        case $s_first in
            *"\"stat\": \"$b_own\""*) return 0 ;;
        esac
    fi
    case $b_kind in
        file) s_digest "$1" "$2" ;;
        tree) s_say "$1" sha256 "$(b_tree_sum "$2")" ;;
    esac
}
# b_source NAME PATH: a source on this host.
b_source() {
    [ -e "$2" ] || return 0
    b_own=$(stat -L -c "$b_form" -- "$2" 2>/dev/null) || s_trouble "$1" stat
    s_say "$1" stat "$b_own"
    case $s_first in
        *"\"source_stat\": \"$b_own\""*) return 0 ;;
    esac
    s_digest "$1" "$2"
}
"""


class Asked(NamedTuple):
    """One name that is asked about. source: a path on the host to digest, or ''."""

    name: str
    dests: Tuple[str, ...] = ()
    source: str = ""


def first_asked(wanted: Wanted) -> Tuple[Asked, ...]:
    """What has to be asked before any receipt is known."""
    return tuple(
        Asked(
            one.name, tuple(file.dest for file in one.files),
            one.src if one.remote_src and one.checksum is None else "")
        for one in wanted.binaries)


def more_asked(wanted: Wanted, found: Dict[str, Found]) -> Tuple[Asked, ...]:
    """What only the receipts named: the paths that go."""
    asked = []
    for one in wanted.binaries:
        receipt = found[one.name].receipt
        if receipt is not None:
            dests = tuple(file.dest for file in receipt.files if file.dest not in found[one.name].seen)
            if dests:
                asked.append(Asked(one.name, dests))
    return tuple(asked)


def questions(
    asked: Sequence[Asked], *, digest: bool, scope: str = "system", prefix: str = "bin", machine: bool = False
) -> Tuple[Question, ...]:
    """Receipts, and what is at the paths. digest: whatever the stat is. scope: whose receipts, the host's or the user's.
    prefix: of the answers' names, [a-z]+. machine: what uname -m says, besides (see machine_of)."""
    dests = [dest for one in asked for dest in one.dests]
    lines = [
        _FUNCTIONS.strip("\n"), "b_digest=%d" % digest, "b_lib=%s" % _LIB_DIR[scope],
        '[ -e "$b_lib/%s" ] && s_trouble %s unfinished' % (JOURNAL, prefix)]
    # One call for all of them; those that are missing are what it complains of.
    stat = 'stat -c "$b_form|%%n" -- %s 2>/dev/null' % " ".join(quote(dest) for dest in dests)
    lines.append('b_all="$s_nl$(%s)$s_nl"' % (stat if dests else ":"))
    for index, one in enumerate(asked):
        name = "%s%d" % (prefix, index)
        lines.append('s_first=\ns_line %s "$b_lib/%s/%s.json"' % (name, RECEIPTS, one.name))
        lines.extend("b_dest %s.file%d %s" % (name, number, quote(dest)) for number, dest in enumerate(one.dests))
        if one.source:
            lines.append("b_source %s.source %s" % (name, quote(one.source)))
    if machine:
        lines.append('s_text %s machine "$(uname -m)"' % prefix)
    return (Question(prefix, "\n".join(lines)),)


def machine_of(snapshot: Snapshot) -> str:
    """The host's machine, as uname -m says it; '' where it was not asked."""
    return snapshot.word("bin", "machine")


def read(snapshot: Snapshot, asked: Sequence[Asked], *, prefix: str = "bin") -> Dict[str, Found]:
    """The answers to questions(), by name. Raises SlipwayError on a receipt that is none."""
    found: Dict[str, Found] = {}
    for index, one in enumerate(asked):
        name = "%s%d" % (prefix, index)
        text = snapshot.word(name, "line")
        seen: Dict[str, Seen] = {}
        for number, dest in enumerate(one.dests):
            answer = "%s.file%d" % (name, number)
            seen[dest] = Seen(
                kind=snapshot.word(answer, "kind", "missing"), stat=snapshot.word(answer, "stat"),
                sha256=snapshot.word(answer, "sha256"))
        found[one.name] = Found(
            receipt=decode(text, one.name) if text else None, seen=seen,
            source_stat=snapshot.word(name + ".source", "stat"),
            source_sha256=snapshot.word(name + ".source", "sha256"))
    return found


def joined(found: Dict[str, Found], more: Dict[str, Found]) -> Dict[str, Found]:
    """Both answers as one."""
    result = dict(found)
    for name, one in more.items():
        result[name] = result[name]._replace(seen=dict(result[name].seen, **one.seen))
    return result


def as_result(receipt: Optional[Receipt]) -> Dict[str, Any]:
    """A receipt as users see it, for one side of a diff."""
    if receipt is None:
        return {}
    return {
        "version": receipt.version, "checksum": "sha256:" + receipt.sha256,
        "files": {one.dest: "sha256:" + one.sha256 for one in receipt.files}}
