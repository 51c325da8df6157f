# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runner_host asks of a host, the answers, and the receipt: what was set here, one line of JSON. Pure."""

import json
import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..core.errors import SlipwayError
from ..core.snapshot import FileFacts, Question, Snapshot, quote
from .address import VARIABLE
from .scopes import (
    FISH, MANAGER, PROFILE, UNIT, USER_ENVIRONMENT, USER_FISH, USER_PROFILES, USER_ZSH, ZSH, ZSH_FOLDER, Home, Kept,
    Shells)
from .wanted import Wanted

LIB_DIR = "/var/lib/slipway-runtimes"
RUN_DIR = "/run/slipway-runtimes"
RECEIPT = "runner_host.json"
JOURNAL = "runner_host.journal"
LOCK = "runner_host.lock"

# What a program may take before it counts as hanging, in seconds.
ASK_SECONDS = 10

_FORMAT = 1

# What is read after our files, in whatever order: a setting there wins.
_LATER = (
    "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshrc", "/etc/zsh/zlogin", "/etc/zshrc", "/etc/zlogin",
    "/etc/fish/config.fish")
_USER_LATER = (".bashrc", ".zshrc", ".zlogin", ".config/fish/config.fish")

_FUNCTIONS = r"""
r_uid=$(id -u)
s_say runner uid "$r_uid"
if [ "$r_uid" = 0 ]; then
    r_lib=$r_system_lib
else
    r_lib=${XDG_STATE_HOME:-${HOME:-}/.local/state}/slipway-runtimes
fi
s_text runner lib "$r_lib"
[ -e "$r_lib/$r_journal" ] && s_trouble runner unfinished
s_first=
s_line receipt "$r_lib/$r_receipt"
# r_cli PROGRAM: its version, which is asked once for each file that it is.
r_cli() {
    # Some distributions' sudo leaves it out, and logins have it.
    r_at=$(PATH=$PATH:/usr/local/bin; command -v -- "$1" 2>/dev/null)
    case $r_at in /*) ;; *) return 0 ;; esac
    s_text cli path "$r_at"
    r_stat=$(stat -L -c '%s %i %d %Y %Z' -- "$r_at" 2>/dev/null) ||
        r_stat=$(stat -L -f '%z %i %d %m %c' "$r_at" 2>/dev/null) || return 0
    s_say cli stat "$r_stat"
    case $s_first in
        *"\"cli_stat\": \"$r_stat\""*) return 0 ;;
    esac
    s_run cli_version "$r_seconds" env -i "PATH=$PATH" LC_ALL=C "HOME=${HOME:-/}" DO_NOT_TRACK=1 "$r_at" version
}
# r_home NAME USER: the user's home and shell, and what of it counts. Sets r_base.
r_home() {
    r_base=
    r_entry=$(getent passwd -- "$2" 2>/dev/null) || r_entry=$(grep "^$2:" /etc/passwd 2>/dev/null)
    [ "$r_entry" ] || return 0
    s_text "$1" entry "$r_entry"
    r_rest=${r_entry#*:*:}
    r_number=${r_rest%%:*}
    r_rest=${r_rest#*:*:*:}
    r_base=${r_rest%%:*}
    r_base=${r_base%/}
    if [ -d "$r_base" ] && ! [ -x "$r_base" ]; then
        s_trouble "$1" unreadable
    fi
    if [ "$r_uid" != 0 ] && [ "$r_uid" != "$r_number" ]; then
        s_trouble "$1" another
    fi
    for r_word in $r_user_files; do
        if [ -e "$r_base/$r_word" ]; then
            s_say "$1" there "$r_word"
        fi
    done
    if [ -S "/run/user/$r_number/systemd/private" ]; then
        s_say "$1" manager 1
    fi
}
# r_units UNIT...: what systemd says of them, and what their processes were started with.
r_units() {
    s_ask "$r_seconds" systemctl show -p Id -p LoadState -p MainPID -p DropInPaths -p Environment -p EnvironmentFiles \
        -- "$@"
    s_text units show "$s_out"
    [ "$s_rc" = 0 ] || s_say units failed "$s_rc"
    s_old=$IFS
    IFS=$s_nl
    set -f
    for r_line in $s_out; do
        case $r_line in
            MainPID=0) ;;
            MainPID=*)
                r_line=${r_line#*=}
                if [ -r "/proc/$r_line/environ" ]; then
                    r_value=$(tr '\000' '\n' <"/proc/$r_line/environ" 2>/dev/null | sed -n "s/^$r_variable=//p")
                    s_text "process$r_line" value "$r_value"
                else
                    s_trouble units environ
                fi
                ;;
            EnvironmentFiles=*)
                r_line=${r_line#*=}
                r_line=${r_line%" (ignore_errors="*}
                r_value=$(sed -n "s/^$r_variable=//p" "$r_line" 2>/dev/null)
                [ "$r_value" ] && s_text units "file:$r_line" "$r_value"
                ;;
        esac
    done
    set +f
    IFS=$s_old
}
r_manager() {
    s_ask "$r_seconds" systemctl show-environment
    [ "$s_rc" = 0 ] || s_say manager failed "$s_rc"
    s_old=$IFS
    IFS=$s_nl
    set -f
    for r_line in $s_out; do
        case $r_line in "$r_variable="*) s_text manager value "${r_line#*=}" ;; esac
    done
    set +f
    IFS=$s_old
}
# r_setting FILE...: which of them set the variable too.
r_setting() {
    r_found=$(grep -ls -E -e "^[^#]*$r_variable" -- "$@")
    s_each others path "$r_found"
}
"""


class Account(NamedTuple):
    """A user of the host. manager: whether the user's service manager runs."""

    name: str
    uid: int
    gid: int
    home: Home
    manager: bool = False


class UnitFacts(NamedTuple):
    """A service. value: what its configuration sets; None for nothing. drop_ins: that are loaded. file: the
    EnvironmentFile= that sets the variable, and its value. running: what its process was started with; None where
    there is none."""

    load: str = ""
    value: Optional[str] = None
    drop_ins: Tuple[str, ...] = ()
    file: Optional[Tuple[str, str]] = None
    running: Optional[str] = None


class Receipt(NamedTuple):
    """What was set on this host. files: by path. cli_*: the CLI whose version was asked last."""

    files: Dict[str, Kept] = {}
    cli_path: str = ""
    cli_stat: str = ""
    cli_version: str = ""


class State(NamedTuple):
    """What was read of a host. files: by path. others: files that set the variable too -> the folder whose order
    counts, or ''. owners: who writes a file that is not the task's user's. manager_value: what the service manager
    gives to all services. cli_answer: what 'version' printed, '' for nothing of use; None where it had not to be asked."""

    uid: int
    lib: str
    receipt: Receipt
    files: Dict[str, FileFacts]
    shells: Shells = Shells()
    accounts: Dict[str, Account] = {}
    units: Dict[str, UnitFacts] = {}
    manager_value: Optional[str] = None
    manager_runs: bool = True
    others: Dict[str, str] = {}
    owners: Dict[str, str] = {}
    cli_path: str = ""
    cli_stat: str = ""
    cli_answer: Optional[str] = None


def encode(receipt: Receipt) -> str:
    """The receipt's one line, with its newline. The probe looks for the CLI's stat in its text."""
    files = {path: dict(one._asdict()) for path, one in receipt.files.items()}
    value = dict(receipt._asdict(), format=_FORMAT, files=files)
    return json.dumps(value, sort_keys=True) + "\n"


def decode(line: str) -> Receipt:
    """The receipt in a line. Raises SlipwayError where it is none of ours."""
    try:
        value = json.loads(line)
        if value.pop("format") != _FORMAT:
            raise ValueError("another format")
        files = {path: Kept(**dict(one, folders=tuple(one["folders"]))) for path, one in value.pop("files").items()}
        return Receipt(files=files, **value)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SlipwayError(
            "receipt_broken", "%s in the folder of this collection's state is no receipt; move it away, and what is in "
            "place counts as another's" % RECEIPT)


def questions(wanted: Wanted) -> Tuple[Question, ...]:
    """All that has to be asked before the receipt is known."""
    lines = [
        "r_system_lib=%s" % LIB_DIR, "r_receipt=%s" % RECEIPT, "r_journal=%s" % JOURNAL, "r_variable=%s" % VARIABLE,
        "r_seconds=%d" % ASK_SECONDS,
        "r_user_files=%s" % quote(" ".join(USER_PROFILES + (USER_ZSH, ".config/fish"))), _FUNCTIONS.strip("\n")]
    if wanted.ask_cli:
        lines.append("r_cli %s" % quote(wanted.cli))
    later: List[str] = []
    if wanted.has("login"):
        lines.append(_LOGIN)
        later.extend(("/etc/profile.d/*.sh", "/etc/fish/conf.d/*.fish") + _LATER)
    if wanted.has("manager"):
        lines.append("s_file manager_file %s\nr_manager" % MANAGER)
        later.extend((
            "/etc/systemd/system.conf.d/*.conf", "/etc/systemd/system/*.service", "/etc/systemd/system/*.d/*.conf"))
    lines.extend("s_file unit%d %s" % (index, quote(UNIT % unit)) for index, unit in enumerate(wanted.units))
    asked = [unit for unit in wanted.units if not unit.endswith("@.service")]
    if asked:
        lines.append("r_units %s" % " ".join(quote(unit) for unit in asked))
    for index, user in enumerate(wanted.users):
        lines.append("r_home user%d %s" % (index, quote(user)))
        if any(scope.kind == "user" and scope.user == user for scope in wanted.scopes):
            lines.append(_user_files(index))
    for index, scope in enumerate(wanted.scopes):
        if scope.kind == "file":
            lines.append("s_file file%d %s" % (index, quote(scope.path)))
    if later:
        lines.append("r_setting %s" % " ".join(later))
    return (Question("runner", "\n".join(lines)),)


_LOGIN = r"""
s_file profile {profile}
if command -v fish >/dev/null 2>&1; then
    s_say shells fish 1
fi
s_file fish {fish}
if command -v zsh >/dev/null 2>&1; then
    s_say shells zsh 1
fi
if [ -d {folder} ]; then
    r_word={folder}/{zsh}
else
    r_word=/etc/{zsh}
fi
s_file zprofile "$r_word"
if grep -qs -E '^[^#]*/etc/profile' "$r_word"; then
    s_say shells sourced 1
fi
""".strip("\n").format(profile=PROFILE, fish=FISH, folder=ZSH_FOLDER, zsh=ZSH)


def _user_files(index: int) -> str:
    lines = ['if [ "$r_base" ]; then']
    for number, path in enumerate((USER_ENVIRONMENT, USER_FISH, USER_ZSH) + USER_PROFILES):
        lines.append('    s_file user%d.file%d "$r_base/%s"' % (index, number, path))
    later = ['"$r_base"/.config/environment.d/*.conf', '"$r_base"/.config/fish/conf.d/*.fish']
    later.extend('"$r_base/%s"' % one for one in _USER_LATER)
    return "\n".join(lines + ["    r_setting %s" % " ".join(later), "fi"])


def more_questions(wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
    """What only the receipt names: the files that are to be cleared, where no scope says which."""
    if wanted.present or wanted.scopes or not snapshot.word("receipt", "line"):
        return ()
    receipt = decode(snapshot.word("receipt", "line"))
    lines = ["s_file more%d %s" % (index, quote(path)) for index, path in enumerate(sorted(receipt.files))]
    units = [one.scope[5:] for one in receipt.files.values() if one.scope.startswith("unit ")]
    asked = sorted(unit for unit in units if not unit.endswith("@.service"))
    if asked:
        lines.append("r_units %s" % " ".join(quote(unit) for unit in asked))
    users = sorted(set(one.user for one in receipt.files.values() if one.user))
    lines.extend("r_home more_user%d %s" % (index, quote(user)) for index, user in enumerate(users))
    if any(one.scope == "manager" for one in receipt.files.values()):
        lines.append("r_manager")
    # Functions and variables of the first script, which is over; its answers have other names.
    start = questions(Wanted(address=None, scopes=(), ask_cli=False))[0].script
    return (Question("more", "(\ns_part=again.\n%s\n)" % "\n".join([start, "s_part="] + lines)),)


def read(snapshot: Snapshot, wanted: Wanted) -> State:
    """The answers. Raises SlipwayError on a receipt that is none."""
    line = snapshot.word("receipt", "line")
    receipt = decode(line) if line else Receipt()
    files: Dict[str, FileFacts] = {}
    owners: Dict[str, str] = {}
    for name in snapshot.answers:
        if snapshot.word(name, "kind"):
            facts = snapshot.file(name)
            files[facts.path] = facts
            user = _owner(name, wanted) or (receipt.files[facts.path].user if facts.path in receipt.files else "")
            if user:
                owners[facts.path] = user
    accounts: Dict[str, Account] = {}
    for name in snapshot.answers:
        entry = snapshot.word(name, "entry")
        if entry:
            account = _account(snapshot, name, entry.split(":"))
            accounts[account.name] = account
    zprofile = snapshot.word("zprofile", "path")
    return State(
        uid=int(snapshot.word("runner", "uid", "-1")), lib=snapshot.word("runner", "lib"), receipt=receipt, files=files,
        shells=Shells(
            fish=bool(snapshot.word("shells", "fish")),
            zprofile=zprofile if snapshot.word("shells", "zsh") and not snapshot.word("shells", "sourced") else ""),
        accounts=accounts, units=_units(snapshot), owners=owners,
        manager_value=_manager_value(snapshot), manager_runs=not snapshot.word("manager", "failed"),
        others={path: _folder_of(path) for path in snapshot.words("others", "path")},
        cli_path=snapshot.word("cli", "path"), cli_stat=snapshot.word("cli", "stat"), cli_answer=_cli_answer(snapshot))


def _owner(name: str, wanted: Wanted) -> str:
    found = re.match(r"(user|file)([0-9]+)(\.|\Z)", name)
    if not found:
        return ""
    number = int(found.group(2))
    return wanted.users[number] if found.group(1) == "user" else wanted.scopes[number].user


def _account(snapshot: Snapshot, name: str, entry: Sequence[str]) -> Account:
    return Account(
        name=entry[0], uid=int(entry[2]), gid=int(entry[3]),
        home=Home(path=entry[5], shell=entry[6], there=tuple(snapshot.words(name, "there"))),
        manager=bool(snapshot.word(name, "manager")))


def _cli_answer(snapshot: Snapshot) -> Optional[str]:
    program = snapshot.program("cli_version")
    if program is None:
        return None
    return program.output.decode("utf-8", "replace").strip() if program.code == 0 else ""


def _folder_of(path: str) -> str:
    folder = path.rpartition("/")[0]
    ordered = folder.endswith((".d", "/conf.d"))
    return folder if ordered and not folder.endswith(".service.d") else ""


def _manager_value(snapshot: Snapshot) -> Optional[str]:
    text = snapshot.word("manager", "value", "\0")
    return None if text == "\0" else shell_word(text)


def _units(snapshot: Snapshot) -> Dict[str, UnitFacts]:
    found: Dict[str, UnitFacts] = {}
    for block in snapshot.word("units", "show").split("\n\n"):
        pairs: Dict[str, List[str]] = {}
        for line in block.split("\n"):
            key, _equals, value = line.partition("=")
            pairs.setdefault(key, []).append(value)
        name = pairs.get("Id", [""])[0]
        if name:
            first = {key: one[0] for key, one in pairs.items()}
            found[name] = _unit(snapshot, first, pairs.get("EnvironmentFiles", []))
    return found


def _unit(snapshot: Snapshot, pairs: Dict[str, str], files: Sequence[str]) -> UnitFacts:
    value = None
    for word in split_words(pairs.get("Environment", "")):
        name, _equals, text = word.partition("=")
        if name == VARIABLE:
            value = text
    setting = None
    for one in files:
        path = one.partition(" (ignore_errors=")[0]
        inside = snapshot.words("units", "file:" + path)
        if inside:
            setting = (path, inside[-1].split("\n")[-1].strip("\"'"))
    pid = pairs.get("MainPID", "0")
    running = None if pid in ("", "0") else snapshot.word("process" + pid, "value")
    return UnitFacts(
        load=pairs.get("LoadState", ""), value=value, drop_ins=tuple(pairs.get("DropInPaths", "").split()),
        file=setting, running=running)


_WORD = re.compile(r"""(?:\$?'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s"'\\]|\\.|['"])+""")


def split_words(text: str) -> List[str]:
    """The words of a list as systemctl prints it: quoted, with backslashes, where they have to be."""
    return [shell_word(one.group()) for one in _WORD.finditer(text)]


def shell_word(text: str) -> str:
    """One such word, or its part behind the '=', without its quotes."""
    for start, end in (("$'", "'"), ('"', '"')):
        if text.startswith(start) and text.endswith(end) and len(text) > len(start):
            return re.sub(r"\\(.)", r"\1", text[len(start):-1])
    return text
