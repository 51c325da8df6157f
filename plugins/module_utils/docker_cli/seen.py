# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a host that is, or would be, docker: the questions, and the answers to them. Pure.

No program is started where the receipt knows the stat of the one behind the link: that one has answered before.
"""

import posixpath
import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..core.snapshot import Question, Snapshot, quote
from . import wrapper
from .receipt import JOURNAL, LIB_DIR, RECEIPTS, Program, Receipt, decode, name_of
from .wanted import Wanted

# What a program has to answer, in seconds. lima may have to open a connection first.
SECONDS = 10
LIMA_SECONDS = 30

# 'version' prints a table, '--version' a sentence.
_VERSIONS = (re.compile(r"(?m)^\s*Version:\s+v?([0-9][^\s,]*)"), re.compile(r"\bversion v?([0-9][^\s,]*)"))

# Files that say what somebody's PATH is, each read by what it is for (paths.py).
PATH_FILES = (
    "/etc/environment", "/etc/login.defs", "/etc/profile", "/etc/profile.d/*.sh", "/etc/sudoers", "/etc/sudoers.d/*",
    "/usr/lib/systemd/system.conf.d/*.conf", "/etc/systemd/system.conf", "/etc/systemd/system.conf.d/*.conf",
    "/run/systemd/system.conf.d/*.conf")


class There(NamedTuple):
    """What is at a path. kind: missing, link, folder, file, other. text: where a link leads, as it is written. real:
    what is behind it in the end. dead: nothing is. content: of a small file. package: which owns it, '' for none, None
    where that was not asked. blocked: what is no folder, and should be one on the way there."""

    path: str
    kind: str = "missing"
    text: str = ""
    real: str = ""
    dead: bool = False
    stat: str = ""
    content: Optional[str] = None
    package: Optional[str] = None
    blocked: str = ""


class Target(NamedTuple):
    """The program that is to answer. path: '' where none was found. kind: missing, folder, closed (it may not be
    executed), program."""

    path: str = ""
    kind: str = "missing"
    real: str = ""
    stat: str = ""


class Answer(NamedTuple):
    """What the target said to 'version'. code: None where it did not end in time. asked: False where it could not be
    asked. keeps_environment: of lima."""

    version: str = ""
    code: Optional[int] = 0
    said: str = ""
    asked: bool = True
    keeps_environment: bool = True


class Seen(NamedTuple):
    """Everything. things: what is at each path that is written or was. others: further programs of the link's name.
    first: the version of the first of the name on PATH, where it is not known to be ours. daemon: the process of a
    Docker daemon. sockets: those that are there. lines: of PATH_FILES, as 'FILE:LINE'."""

    uid: int
    lib: str
    receipt: Optional[Receipt]
    things: Dict[str, There]
    target: Target
    answer: Optional[Answer]
    others: Tuple[There, ...]
    first: str
    daemon: int
    sockets: Tuple[str, ...]
    runtime_dir: str
    search: Tuple[str, ...]
    lines: Tuple[str, ...]


_LOOK = r"""
# c_state PATH: sets c_stat to what tells a file from any other or later one.
c_state() {
    c_stat=$(stat -L -c '%d %i %s %Y %Z' -- "$1" 2>/dev/null) ||
        c_stat=$(stat -L -f '%d %i %z %m %c' "$1" 2>/dev/null) || return 1
}
# c_real PATH: what is behind a path.
c_real() { readlink -f -- "$1" 2>/dev/null || readlink -f "$1" 2>/dev/null || printf '%s' "$1"; }
# c_look NAME PATH: what is at a path.
c_look() {
    s_text "$1" path "$2"
    c_stat=
    if [ -h "$2" ]; then
        s_say "$1" kind link
        s_text "$1" text "$(readlink -- "$2")"
        s_text "$1" real "$(c_real "$2")"
        [ -e "$2" ] || s_say "$1" dead 1
    elif [ -d "$2" ]; then
        s_say "$1" kind folder
    elif [ -f "$2" ]; then
        s_say "$1" kind 'file'
        c_state "$2" || s_trouble "$1" stat
        s_say "$1" stat "$c_stat"
        c_size=${c_stat#* * }
        [ -x "$2" ] || s_say "$1" closed 1
        if [ "${c_size%% *}" -gt 8192 ]; then
            return 0
        elif [ -r "$2" ]; then
            s_put "$1" content <"$2"
        else
            s_trouble "$1" unreadable
        fi
    elif [ -e "$2" ]; then
        s_say "$1" kind other
    else
        s_say "$1" kind missing
        c_parent=${2%/*}
        while [ "$c_parent" ] && ! [ -e "$c_parent" ] && ! [ -h "$c_parent" ]; do
            c_parent=${c_parent%/*}
        done
        if ! [ -d "${c_parent:-/}" ]; then
            s_text "$1" blocked "$c_parent"
        elif ! [ -x "${c_parent:-/}" ]; then
            s_trouble "$1" unreadable
        fi
    fi
}
"""

_SEARCH = r"""
# c_target PATH: the program that is to answer. Fails where there is nothing.
c_target() {
    if ! [ -e "$1" ]; then
        return 1
    elif [ -d "$1" ]; then
        s_say target kind folder
    elif ! [ -x "$1" ]; then
        s_say target kind closed
    else
        s_say target kind program
    fi
    c_state "$1" || s_trouble target stat
    s_text target path "$1"
    s_text target real "$(c_real "$1")"
    s_say target stat "$c_stat"
}
# c_search NAME: the first program of that name on PATH that is not what we put there ourselves.
c_search() {
    c_ifs=$IFS
    IFS=:
    set -f
    for c_dir in $PATH; do
        case $c_ours in *"\"path\": \"$c_dir/$1\", \"text\""*) continue ;; esac
        if [ -f "$c_dir/$1" ] && [ -x "$c_dir/$1" ]; then
            set +f
            IFS=$c_ifs
            c_target "$c_dir/$1"
            return 0
        fi
    done
    set +f
    IFS=$c_ifs
    return 1
}
# c_places WORDS: goes through folders, split by the caller's IFS, and keeps in c_found those that have the name.
c_places() {
    set -f
    for c_dir in $1; do
        case $c_dir in
            /bin | /sbin) ! [ -h "$c_dir" ] || continue ;;
            /*) ;;
            *) continue ;;
        esac
        c_one=$c_dir/$c_name
        case $c_found in *"$s_nl$c_one$s_nl"*) continue ;; esac
        if [ -h "$c_one" ] || { [ -f "$c_one" ] && [ -x "$c_one" ]; }; then
            c_found=$c_found$c_one$s_nl
        fi
    done
    set +f
}
# c_daemon PIDFILE: whether a Docker daemon runs that has written it.
c_daemon() {
    c_pid=
    [ -r "$1" ] && read -r c_pid <"$1"
    c_comm=
    [ "$c_pid" ] && [ -r "/proc/$c_pid/comm" ] && read -r c_comm <"/proc/$c_pid/comm"
    [ "$c_comm" = dockerd ] && s_say cli daemon "$c_pid"
}
"""

_START = r"""
c_uid=$(id -u)
c_run=${XDG_RUNTIME_DIR:-/run/user/$c_uid}
c_lib=$c_system
if [ "$c_uid" != 0 ] && ! [ -e "$c_lib/$c_receipt" ]; then
    c_lib=${XDG_STATE_HOME:-${HOME:-}/.local/state}/slipway-runtimes
fi
s_say cli uid "$c_uid"
s_text cli lib "$c_lib"
s_text cli run "$c_run"
if [ -d "$c_lib" ] && ! [ -x "$c_lib" ]; then
    s_trouble cli unreadable
fi
[ -e "$c_lib/$c_journal" ] && s_trouble cli unfinished
s_first=
s_line receipt "$c_lib/$c_receipt"
c_ours=$s_first
"""

_AROUND = r"""
c_found=$s_nl
c_ifs=$IFS
IFS=:
c_places "$PATH"
c_first=${c_found#"$s_nl"}
c_first=${c_first%%"$s_nl"*}
# shellcheck disable=SC2086  # Patterns.
c_lines=$(grep -H -E '(^|[[:space:]"])PATH=|ENV_(SU)?PATH|secure_path' $c_files /dev/null 2>/dev/null)
IFS="$c_ifs:=,\"'"
c_places "$c_lines"
c_places "/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin /snap/bin ${HOME:+"$HOME/bin $HOME/.local/bin"}"
IFS=$s_nl
for c_home in /home/*/bin /home/*/.local/bin /root/bin /root/.local/bin; do
    c_places "$c_home"
done
c_count=0
set -f
for c_other in $c_found; do
    set +f
    IFS=$c_ifs
    if [ "$c_other" != "$c_path" ]; then
        c_look "other$c_count" "$c_other"
        c_count=$((c_count + 1))
    fi
done
set +f
IFS=$c_ifs
s_text cli lines "$c_lines"
s_text cli search "$PATH"
s_text cli first "$c_first"
if [ "$c_first" ] && { [ "$c_first" != "$c_path" ] || ! [ "$c_ours" ]; }; then
    s_run first 10 env -i "PATH=$PATH" LC_ALL=C "HOME=${HOME:-/}" "XDG_RUNTIME_DIR=$c_run" "$c_first" --version
fi
for c_one in /run/docker.pid /var/run/docker.pid "$c_run/docker.pid"; do
    if c_daemon "$c_one"; then
        break
    fi
done
for c_one in /run/docker.sock "$c_run/docker.sock" /run/podman/podman.sock "$c_run/podman/podman.sock" \
    /run/containerd/containerd.sock; do
    if [ -S "$c_one" ] && ! [ -h "$c_one" ]; then
        s_text cli socket "$c_one"
    fi
done
"""


def questions(wanted: Wanted) -> Tuple[Question, ...]:
    """What has to be read in any case."""
    lines = [
        _LOOK.strip("\n"), _SEARCH.strip("\n"), "c_system=%s" % quote(LIB_DIR),
        "c_receipt=%s" % quote("%s/%s" % (RECEIPTS, name_of(wanted.path))), "c_journal=%s" % quote(JOURNAL),
        "c_path=%s" % quote(wanted.path), "c_name=%s" % quote(posixpath.basename(wanted.path)),
        "c_files=%s" % quote(":".join(PATH_FILES)), _START.strip("\n")]
    lines.extend(_looks(_written(wanted)))
    if wanted.present:
        lines.append(_target_call(wanted))
    lines.append(_AROUND.strip("\n"))
    return (Question("cli", "\n".join(lines)),)


def look(paths: Sequence[str]) -> Tuple[Question, ...]:
    """What is at some paths, and nothing else."""
    return (Question("look", "\n".join([_LOOK.strip("\n")] + _looks(paths))),)


def looked(snapshot: Snapshot, paths: Sequence[str]) -> Dict[str, There]:
    """The answers to look()."""
    return {path: _there(snapshot, _thing(number)) for number, path in enumerate(paths)}


def follow_up(wanted: Wanted, seen: Seen, *, owners: Sequence[There]) -> Tuple[Question, ...]:
    """What only the first answers show to be worth asking. owners: whose packages matter."""
    found: List[str] = []
    asked = set(seen.things)
    if seen.receipt is not None:
        goes = [one.path for one in seen.receipt.placed if one.path not in asked]
        found.extend("c_look goes%d %s" % (number, quote(path)) for number, path in enumerate(goes))
    found.extend("c_owner owner%d %s %s" % (
        number, quote(one.path), quote(one.real) if one.real else "") for number, one in enumerate(owners))
    if wanted.present and seen.target.kind == "program" and not known(seen):
        found.extend(_version_calls(wanted, seen.target.path))
    return (Question("more", "\n".join([_LOOK.strip("\n"), _OWNER.strip("\n")] + found)),) if found else ()


_OWNER = r"""
# c_owner NAME PATH...: the package that has the first of the paths that any has.
c_owner() {
    c_owned=$1
    s_text "$1" path "$2"
    shift
    for c_one; do
        s_rc=127
        if command -v dpkg-query >/dev/null 2>&1; then
            s_ask 20 dpkg-query -S -- "$c_one"
            case $c_one/$s_rc in
                */0) ;;
                # Of before /bin became /usr/bin.
                /usr/*) s_ask 20 dpkg-query -S -- "${c_one#/usr}" ;;
            esac
            case $s_out in
                "local diversion "*) s_rc=1 ;;
                "diversion by "*)
                    s_out=${s_out#"diversion by "}
                    s_out=${s_out%% from:*}
                    ;;
                *) s_out=${s_out%%:*} ;;
            esac
        elif command -v rpm >/dev/null 2>&1; then
            s_ask 20 rpm -qf --qf '%{NAME}\n' -- "$c_one"
        elif command -v pacman >/dev/null 2>&1; then
            s_ask 20 pacman -Qqo -- "$c_one"
        elif command -v apk >/dev/null 2>&1; then
            s_ask 20 apk info -q --who-owns "$c_one"
        fi
        if [ "$s_rc" = 0 ]; then
            s_text "$c_owned" package "${s_out%%"$s_nl"*}"
            return 0
        fi
    done
}
c_uid=$(id -u)
c_run=${XDG_RUNTIME_DIR:-/run/user/$c_uid}
# lima does not run as root: it is asked as the user who became root.
c_as=
if [ "$c_uid" = 0 ] && [ "${SUDO_USER:-root}" != root ] && command -v sudo >/dev/null 2>&1; then
    c_as=$SUDO_USER
fi
"""


def known(seen: Seen) -> bool:
    """Whether the receipt knows the program that is to answer, as it is."""
    receipt, target = seen.receipt, seen.target
    return receipt is not None and (receipt.program.path, receipt.program.stat) == (target.path, target.stat)


def read(snapshot: Snapshot, wanted: Wanted) -> Seen:
    """The answers to questions(), and to follow_up() where that was asked. Raises SlipwayError on a receipt that is
    none."""
    receipt = decode(snapshot.word("receipt", "line"), wanted.path)
    things = looked(snapshot, _written(wanted))
    packages = {
        snapshot.word(name, "path"): snapshot.word(name, "package")
        for name in snapshot.answers if re.match(r"owner[0-9]+\Z", name)}
    for name in sorted(snapshot.answers):
        if re.match(r"goes[0-9]+\Z", name):
            one = _there(snapshot, name)
            things[one.path] = one
    others = [_there(snapshot, name) for name in _numbered(snapshot, "other")]
    return Seen(
        uid=int(snapshot.word("cli", "uid", "-1")), lib=snapshot.word("cli", "lib"), receipt=receipt,
        things={path: _owned(one, packages) for path, one in things.items()},
        target=Target(
            path=snapshot.word("target", "path"), kind=snapshot.word("target", "kind", "missing"),
            real=snapshot.word("target", "real"), stat=snapshot.word("target", "stat")),
        answer=_answer(snapshot), others=tuple(_owned(one, packages) for one in others),
        first=version_in(_text(snapshot, "first")), daemon=int(snapshot.word("cli", "daemon", "0")),
        sockets=tuple(snapshot.words("cli", "socket")), runtime_dir=snapshot.word("cli", "run"),
        search=tuple(dict.fromkeys(one for one in snapshot.word("cli", "search").split(":") if one)),
        lines=tuple(snapshot.word("cli", "lines").splitlines()))


def version_in(text: str) -> str:
    """The version that a program's words tell, '' for none."""
    found = [match.group(1) for match in (one.search(text) for one in _VERSIONS) if match]
    return found[0] if found else ""


def _written(wanted: Wanted) -> Tuple[str, ...]:
    return (wanted.path, wanted.wrapper_path) if wanted.wrapper_path else (wanted.path,)


def _looks(paths: Sequence[str]) -> List[str]:
    return ["c_look %s %s" % (_thing(number), quote(path)) for number, path in enumerate(paths)]


def _thing(number: int) -> str:
    return "thing%d" % number


def _numbered(snapshot: Snapshot, prefix: str) -> List[str]:
    names = [name for name in snapshot.answers if re.match(prefix + r"[0-9]+\Z", name)]
    return sorted(names, key=lambda name: int(name[len(prefix):]))


def _target_call(wanted: Wanted) -> str:
    if wanted.target:
        return "c_target %s || :" % quote(wanted.target)
    return " || ".join("c_search %s" % quote(name) for name in wanted.programs) + " || :"


def _version_calls(wanted: Wanted, program: str) -> List[str]:
    """sh that asks the target whether it answers at all."""
    limit = LIMA_SECONDS if wanted.lima else SECONDS
    clean = 'env -i "PATH=$PATH" LC_ALL=C "HOME=${HOME:-/}" "XDG_RUNTIME_DIR=$c_run"'
    if not wanted.lima:
        return ["s_err=1", "s_run version %d %s %s version" % (limit, clean, quote(program)), "s_err="]
    form = wrapper.form_of(program, keeps_environment=True)
    environment, words = wrapper.version_words(form, instance=wanted.instance, program=program)
    call = " ".join(quote(word) for word in list(environment) + list(words))
    found = ["s_err=1"]
    if form != wrapper.SHORT:
        found.append("s_run help %d %s %s shell --help" % (limit, clean, quote(program)))
    found.extend([
        'if [ "$c_uid" != 0 ]; then', "s_run version %d %s %s" % (limit, clean, call), 'elif [ "$c_as" ]; then',
        's_run version %d sudo -n -H -u "$c_as" -- env %s' % (limit, call), "fi", "s_err="])
    return found


def _there(snapshot: Snapshot, name: str) -> There:
    content = snapshot.data(name, "content")
    return There(
        path=snapshot.word(name, "path"), kind=snapshot.word(name, "kind", "missing"),
        text=snapshot.word(name, "text"), real=snapshot.word(name, "real"), dead=bool(snapshot.word(name, "dead")),
        blocked=snapshot.word(name, "blocked"),
        # What may not be executed is not what we put there.
        stat=snapshot.word(name, "stat") + (" closed" if snapshot.word(name, "closed") else ""),
        content=None if content is None else content.decode("utf-8", "surrogateescape"))


def _owned(one: There, packages: Dict[str, str]) -> There:
    return one._replace(package=packages.get(one.path))


def _answer(snapshot: Snapshot) -> Optional[Answer]:
    more = snapshot.program("version")
    help_text = _text(snapshot, "help")
    keeps = "--preserve-env" in help_text if snapshot.program("help") is not None else True
    if more is None:
        return Answer(asked=False, keeps_environment=keeps) if snapshot.program("help") is not None else None
    said = more.output.decode("utf-8", "replace").strip()
    return Answer(version=version_in(said), code=more.code, said=said, keeps_environment=keeps)


def _text(snapshot: Snapshot, name: str) -> str:
    found = snapshot.program(name)
    return found.output.decode("utf-8", "replace") if found is not None else ""


def program_of(seen: Seen, *, form: str) -> Program:
    """What the receipt notes of the target."""
    before = seen.receipt.program if seen.receipt is not None and known(seen) else Program()
    version = seen.answer.version if seen.answer is not None else before.version
    return Program(path=seen.target.path, stat=seen.target.stat, version=version, form=form)
