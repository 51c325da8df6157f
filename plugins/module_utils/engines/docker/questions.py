# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading an engine of the Docker family: its questions to a host, and the EngineState in their answers.

Pure. One question asks for the whole daemon, because each part of it depends on the one before: the unit says which
process is the daemon, its command line says which file it reads, the record says whether anything else must be asked.
"""

import datetime
import hashlib
import json
import re
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from ...core.snapshot import FileFacts, Question, Snapshot, quote
from ..table import Engine

RUN_DIR = "/run/slipway-runtimes"
LIB_DIR = "/var/lib/slipway-runtimes"

# What a program of the engine may take before it counts as hanging, in seconds.
ASK_SECONDS = 10

# Both set e_at to the program that they found.
LOOK = r"""
e_path=
e_beside=
# e_look NAME PROGRAM: where PROGRAM is found on e_path, then in e_beside.
e_look() {
    s_rest=$e_path:$e_beside:
    while [ "$s_rest" ]; do
        e_at=${s_rest%%:*}/$2
        s_rest=${s_rest#*:}
        if [ "$e_at" != "/$2" ] && [ -f "$e_at" ] && [ -x "$e_at" ]; then
            s_text "$1" found "$e_at"
            return 0
        fi
    done
    e_at=
    s_say "$1" missing "$2"
    s_text "$1" searched "$e_path${e_beside:+:$e_beside}"
}
# e_here NAME PATH: whether there is a program.
e_here() {
    e_at=
    if [ -f "$2" ] && [ -x "$2" ]; then
        e_at=$2
        s_text "$1" found "$2"
    else
        s_say "$1" missing here
    fi
}
"""

_DAEMON = r"""
e_show() {
    s_ask 5 systemctl ${e_user:+"$e_user"} show \
        -p Id -p LoadState -p ActiveState -p MainPID -p ExecMainStartTimestamp -p ExecStart "$@"
}
e_comm() { e_name=; [ -r "/proc/$1/comm" ] && IFS= read -r e_name <"/proc/$1/comm"; [ "$e_name" = "$e_daemon" ]; }
# e_value NAME FLAG: sets e_found to the value of --FLAG in the list e_args (a line each).
e_value() {
    e_found=
    case $e_args in
        *"$s_nl--$1="*) e_found=${e_args##*"$s_nl--$1="} ;;
        *"$s_nl--$1$s_nl"*) e_found=${e_args##*"$s_nl--$1$s_nl"} ;;
        *) return 1 ;;
    esac
    e_found=${e_found%%"$s_nl"*}
}
# e_environ PID: sets e_path to the PATH of a process; it needs the right to read it.
e_environ() {
    [ -r "/proc/$1/environ" ] || return 1
    e_path=$(tr '\000' '\n' <"/proc/$1/environ" 2>/dev/null | sed -n 's/^PATH=//p')
}
e_run=$e_system_run
e_lib=$e_system_lib
if [ "$e_user" ]; then
    if ! [ "${XDG_RUNTIME_DIR:-}" ] || ! [ -w "$XDG_RUNTIME_DIR" ]; then
        XDG_RUNTIME_DIR=/run/user/$(id -u)
    fi
    DBUS_SESSION_BUS_ADDRESS=${DBUS_SESSION_BUS_ADDRESS:-unix:path=$XDG_RUNTIME_DIR/bus}
    export XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS
    e_run=$XDG_RUNTIME_DIR/slipway-runtimes
    e_lib=${XDG_STATE_HOME:-${HOME:-}/.local/state}/slipway-runtimes
    e_pidfile=$XDG_RUNTIME_DIR/$e_user_pidfile
    [ "$e_config_fixed" ] || e_config=${XDG_CONFIG_HOME:-${HOME:-}/.config}/$e_user_config
    [ "$e_socket_fixed" ] || e_socket=$XDG_RUNTIME_DIR/$e_user_socket
fi
s_say engine uid "$(id -u)"
s_text engine run "$e_run"
s_text engine lib "$e_lib"
if [ -d "$e_lib" ] && ! [ -x "$e_lib" ]; then
    s_trouble engine unreadable
fi
e_pid=0
e_start=
e_args=
e_units=
if command -v systemctl >/dev/null 2>&1; then
    e_show "$e_unit" containerd.service
    s_say engine units.code "$s_rc"
    e_units=$s_out
    e_block=${e_units%%"$s_nl$s_nl"*}
    s_each engine unit "$e_block"
    case $e_block in *MainPID=*) e_pid=${e_block#*MainPID=}; e_pid=${e_pid%%"$s_nl"*} ;; esac
    case $e_pid in '' | *[!0-9]*) e_pid=0 ;; esac
fi
# A wrapper (rootlesskit, a script) may be the unit's main process; without systemd only the pid file tells.
if [ "$e_pid" = 0 ] || ! e_comm "$e_pid"; then
    if [ -r "$e_pidfile" ]; then
        IFS= read -r e_other <"$e_pidfile" || :
        case $e_other in
            '' | *[!0-9]*) ;;
            *) e_comm "$e_other" && e_pid=$e_other ;;
        esac
    fi
fi
if [ "$e_pid" != 0 ] && [ -r "/proc/$e_pid/stat" ]; then
    IFS= read -r s_first <"/proc/$e_pid/stat"
    s_say engine pid "$e_pid"
    # The fields behind the name, which may hold anything; the twentieth of them is the start time.
    # shellcheck disable=SC2086
    set -- ${s_first##*') '}
    e_start=${20}
    s_say engine start "$e_start"
    e_args=$s_nl$(tr '\000' '\n' <"/proc/$e_pid/cmdline")$s_nl
    s_each engine argv "$e_args"
elif [ "$e_pid" = 0 ]; then
    case ${e_block:-} in
        *'argv[]='*)
            e_args=${e_block#*'argv[]='}
            e_args=$s_nl$(printf '%s' "${e_args%%' ; '*}" | tr ' ' '\n')$s_nl
            ;;
    esac
fi
if ! [ "$e_config_fixed" ] && e_value config-file; then
    e_config=$e_found
    s_say engine config_named yes
fi
s_file config "$e_config"
if ! [ -e "$e_config" ]; then
    s_stat=$(stat -L -c '%Z' -- "${e_config%/*}" 2>/dev/null) ||
        s_stat=$(stat -L -f '%c' "${e_config%/*}" 2>/dev/null) || s_stat=
    s_say engine config_dir_ctime "$s_stat"
fi
s_first=
s_line record "$e_run/$e_key.json"
# Does the record speak of this daemon, and of this file?
e_daemon_known=
case $s_first in *"\"daemon\": \"$e_pid $e_start\""*) e_daemon_known=1 ;; esac
s_line state "$e_lib/$e_key.json"
s_line journal "$e_lib/$e_key.journal"
[ -f "$e_lib/$e_key.journal" ] && s_say engine journal yes
e_program=$(command -v "$e_daemon" 2>/dev/null)
s_text engine program "$e_program"
"""

# It sets e_socket, from e_args and the file at e_config.
SOCKET = r"""
# e_socket_in TEXT: whether TEXT is an address of a unix socket; sets e_socket to its path.
e_socket_in() {
    case $1 in
        unix://*) e_socket=${1#unix://} ;;
        *) return 1 ;;
    esac
}
# The first unix socket that the daemon is told to listen on: by its command line or by its file, which it does not take both.
e_socket_of() {
    [ "$e_socket_fixed" ] && return 0
    e_hosts=
    e_last=
    s_old=$IFS
    IFS=$s_nl
    set -f
    for s_word in $e_args; do
        case $e_last in
            -H | --host) e_last= ;;
            *)
                e_last=$s_word
                case $s_word in
                    -H=* | --host=*) s_word=${s_word#*=} ;;
                    -H?*) s_word=${s_word#-H} ;;
                    *) continue ;;
                esac
                ;;
        esac
        e_hosts=1
        e_socket_in "$s_word" && break
    done
    set +f
    IFS=$s_old
    [ "$e_hosts" ] || ! [ -r "$e_config" ] || ! [ -f "$e_config" ] && return 0
    # In variables: not every shell takes quotes within an expansion.
    e_key='"hosts"' e_unix='"unix://' e_last=
    while IFS= read -r s_word || [ "$s_word" ]; do
        case $s_word in
            *"$e_key"*)
                e_hosts=1
                s_word=${s_word#*"$e_key"}
                ;;
        esac
        [ "$e_hosts" ] || continue
        case $s_word in
            *"]"*)
                s_word=${s_word%%"]"*}
                e_last=1
                ;;
        esac
        case $s_word in
            *"$e_unix"*)
                s_word=${s_word#*"$e_unix"}
                e_socket=${s_word%%\"*}
                e_last=1
                ;;
        esac
        [ "$e_last" ] && break
    done <"$e_config"
}
e_socket_of
s_text engine socket "$e_socket"
"""

_VERSION = r"""
# The process itself is asked, not the file on disk, which a package may have replaced under it.
e_ask_version() {
    [ "$e_daemon_known" ] && return 0
    if [ "$e_pid" != 0 ] && [ -x "/proc/$e_pid/exe" ]; then
        s_run version %(seconds)d env -i LC_ALL=C "/proc/$e_pid/exe" --version
    elif [ "$e_program" ]; then
        s_run version %(seconds)d env -i LC_ALL=C "$e_program" --version
    fi
}
e_ask_version
"""

# It sets e_path to the PATH of the daemon.
DAEMON_PATH = r"""
e_path=
e_beside=
[ "$e_pid" != 0 ] && e_environ "$e_pid"
"""

# It sets e_path and e_beside to where containerd looks for shims.
CONTAINERD_PATH = r"""
# The containerd that this engine really uses: the daemon's own child, or the service.
e_containerd=0
if [ "$e_pid" != 0 ]; then
    e_children=$(cat /proc/"$e_pid"/task/*/children 2>/dev/null)
    for s_child in $e_children; do
        e_name=
        [ -r "/proc/$s_child/comm" ] && IFS= read -r e_name <"/proc/$s_child/comm"
        [ "$e_name" = containerd ] && e_containerd=$s_child
    done
    if [ "$e_containerd" = 0 ]; then
        e_value containerd || e_found=/run/containerd/containerd.sock
        case $e_found in
            /run/containerd/containerd.sock | /var/run/containerd/containerd.sock)
                e_second=${e_units#*"$s_nl$s_nl"}
                case $e_second in
                    *MainPID=*) e_containerd=${e_second#*MainPID=}; e_containerd=${e_containerd%%"$s_nl"*} ;;
                esac
                ;;
        esac
    fi
fi
e_path=
e_beside=
if [ "$e_containerd" != 0 ] && e_environ "$e_containerd"; then
    e_beside=$(readlink "/proc/$e_containerd/exe" 2>/dev/null)
    e_beside=${e_beside%/*}
    s_say engine containerd "$e_containerd"
fi
"""

_CLI = r"""
e_cli_program=$(command -v "$e_cli" 2>/dev/null)
# A 'docker' that is somebody's link to podman or nerdctl is not Docker.
case $(readlink -f -- "$e_cli_program" 2>/dev/null) in
    '' | */podman | */podman-remote | */nerdctl | */nerdctl.lima) e_cli_program= ;;
esac
e_ready() { [ "$e_pid" != 0 ] && [ "$e_cli_program" ]; }
"""

_INFO = r"""
if e_ready; then
    s_run info %(seconds)d %(cli)s info --format '{{json .}}'
fi
"""

_USERS = r"""
if e_ready; then
    s_ask %(seconds)d %(cli)s ps -aq --no-trunc
    if [ "$s_rc" = 0 ] && [ "$s_out" ]; then
        # shellcheck disable=SC2086  # A list of container ids.
        s_run users %(seconds)d %(cli)s inspect --type container --format '%(user)s' $s_out
    elif [ "$s_rc" = 0 ]; then
        s_say users none yes
    fi
fi
"""

_USER_FORMAT = ('{"Id":{{json .Id}},"Name":{{json .Name}},"Runtime":{{json .HostConfig.Runtime}},'
                '"Running":{{json .State.Running}}}')

# A clean environment: no DOCKER_HOST, no context, nobody's configuration.
_CLI_CALL = ('env -i LC_ALL=C "PATH=$PATH" HOME=/nonexistent DOCKER_CONFIG=/nonexistent '
             '"$e_cli_program" -H "unix://$e_socket"')


class Place(NamedTuple):
    """Which engine of a host is meant. scope: system or user. Empty overrides stand for the table and the daemon."""

    engine: Engine
    scope: str = "system"
    config_path: str = ""
    socket: str = ""
    unit: str = ""
    cli: str = ""

    @property
    def key(self) -> str:
        """The name of this engine's record, state and journal: one for each place that is told apart. To say what the table
        says is no other place."""
        engine = self.engine
        usual = (engine.config_path, engine.socket, engine.unit) if self.scope == "system" else ("", "", "")
        given = [one if one != own else "" for one, own in zip((self.config_path, self.socket, self.unit), usual)]
        if not any(given):
            return self.engine.name
        return "%s-%s" % (self.engine.name, hashlib.sha256("\0".join(given).encode("utf-8")).hexdigest()[:12])


class Daemon(NamedTuple):
    """The running daemon. start: clock ticks since boot, as in /proc/PID/stat. started_at: seconds since the epoch as
    the service manager noted them at that moment, or None where nothing noted it."""

    pid: int
    start: int
    argv: Tuple[str, ...]
    started_at: Optional[int]


class User(NamedTuple):
    """A container and the runtime that it was created with."""

    container: str
    name: str
    runtime: str
    running: bool


class Found(NamedTuple):
    """Where a program was found; '' where it was not. searched: the directories, as PATH has them. known: False where
    the process whose PATH counts could not be read, so that nothing was really looked for."""

    path: str
    searched: str
    known: bool


class EngineState(NamedTuple):
    """All that was read of one engine. None stands for 'not known' throughout."""

    place: Place
    uid: int
    run_dir: str
    lib_dir: str
    socket: str
    config: FileFacts
    config_named: bool  # the daemon's command line names the file, so the file must exist
    config_dir_ctime: Optional[int]
    unit: Dict[str, str]
    program: str
    daemon: Optional[Daemon]
    argv: Tuple[str, ...]  # of the running daemon, or of its unit
    record: Optional[Dict[str, Any]]
    state: Dict[str, Any]
    journal: bool
    version: Optional[str]
    info: Optional[Dict[str, Any]]
    users: Optional[Tuple[User, ...]]
    found: Dict[str, Found]
    busy: Optional[Tuple[str, ...]] = None  # what a restart would stop, one phrase each; only a module asks

    @property
    def installed(self) -> bool:
        """Whether anything of the engine is on the host."""
        # A package that is gone leaves its init script, and systemd makes a unit of that.
        left_over = self.argv[:1] and self.argv[0].startswith("/etc/init.d/")
        return bool(self.program or self.daemon or (self.unit.get("LoadState") == "loaded" and not left_over))


def engine_questions(
    place: Place, *, shims: Sequence[str] = (), programs: Sequence[str] = (), info: bool = False, users: bool = False
) -> Tuple[Question, ...]:
    """What is asked of one engine.

    shims: programs to look for as its containerd does; programs: paths or bare names as its daemon would find them.
    info, users: ask the engine's CLI for what it has loaded, and for its containers.
    """
    engine = place.engine
    values = [
        ("e_unit", place.unit or engine.unit), ("e_daemon", engine.daemon), ("e_key", place.key),
        ("e_config", place.config_path or engine.config_path), ("e_config_fixed", place.config_path and "1"),
        ("e_socket", place.socket or engine.socket), ("e_socket_fixed", place.socket and "1"),
        ("e_pidfile", engine.pidfile),
        ("e_user", "--user" if place.scope == "user" else ""), ("e_user_config", engine.user_config),
        ("e_user_socket", engine.user_socket), ("e_user_pidfile", engine.user_pidfile),
        ("e_system_run", RUN_DIR), ("e_system_lib", LIB_DIR),
    ]
    texts = ["%s=%s" % (name, quote(value)) for name, value in values]
    texts.extend([_DAEMON, SOCKET, _VERSION])
    if programs or shims:
        texts.append(LOOK)
    if programs:
        if not all(program.startswith("/") for program in programs):
            texts.append(DAEMON_PATH)
        for number, program in enumerate(programs):
            form = "e_here program.%d %s" if program.startswith("/") else "e_look program.%d %s"
            texts.append(form % (number, quote(program)))
    if shims:
        texts.append(CONTAINERD_PATH)
        texts.extend("e_look shim.%d %s" % (number, quote(shim)) for number, shim in enumerate(shims))
    if info or users:
        texts.extend(["e_cli=%s" % quote(place.cli or engine.cli), _CLI])
    texts.extend(text for text, wanted in ((_INFO, info), (_USERS, users)) if wanted)
    sh = "\n".join(text.strip("\n") for text in texts)
    for name, value in (("%(seconds)d", str(ASK_SECONDS)), ("%(cli)s", _CLI_CALL), ("%(user)s", _USER_FORMAT)):
        sh = sh.replace(name, value)
    return (Question("engine", sh),)


def read_engine(
    snapshot: Snapshot, place: Place, *, shims: Sequence[str] = (), programs: Sequence[str] = ()
) -> EngineState:
    """The EngineState in the answers to engine_questions() with the same arguments.

    Raises SlipwayError where the answers are torn.
    """
    unit = _properties(snapshot.words("engine", "unit"))
    argv = tuple(snapshot.words("engine", "argv"))
    daemon = None
    if snapshot.word("engine", "start"):
        daemon = Daemon(
            pid=int(snapshot.word("engine", "pid")), start=int(snapshot.word("engine", "start")), argv=argv,
            started_at=_seconds(unit.get("ExecMainStartTimestamp", "")))
    ctime = snapshot.word("engine", "config_dir_ctime")
    found = {}
    for kind, names in (("shim", shims), ("program", programs)):
        for number, name in enumerate(names):
            found[name] = read_found(snapshot, "%s.%d" % (kind, number))
    version = snapshot.program("version")
    return EngineState(
        place=place,
        uid=int(snapshot.word("engine", "uid", "-1")),
        run_dir=snapshot.word("engine", "run"),
        lib_dir=snapshot.word("engine", "lib"),
        socket=snapshot.word("engine", "socket"),
        config=snapshot.file("config"),
        config_named=bool(snapshot.word("engine", "config_named")),
        config_dir_ctime=int(ctime) if ctime else None,
        unit=unit,
        program=snapshot.word("engine", "program"),
        daemon=daemon,
        argv=argv or _unit_argv(unit.get("ExecStart", "")),
        record=_object(snapshot.word("record", "line")),
        state=_object(snapshot.word("state", "line")) or {},
        journal=bool(snapshot.word("engine", "journal")),
        version=version_text(version.output.decode("utf-8", "replace")) if version and version.code == 0 else None,
        info=_info(snapshot),
        users=_users(snapshot),
        found=found)


def users_of(containers: Sequence[Dict[str, Any]]) -> Tuple[User, ...]:
    """Users from objects with Id, Name, Runtime and Running, as our question and the engine's API tell them."""
    return tuple(
        User(container=one.get("Id") or "", name=(one.get("Name") or "").lstrip("/"), runtime=one.get("Runtime") or "",
             running=bool(one.get("Running")))
        for one in containers)


def version_text(answer: str) -> Optional[str]:
    """The version in what '--version' of a daemon prints ('Docker version 26.1.5+dfsg1, build a72d7cd').

    None where nothing of that form is in it.
    """
    match = re.search(r"version ([^\s,]+)", answer)
    return match.group(1) if match else None


def read_found(snapshot: Snapshot, name: str) -> Found:
    """The answer to e_look NAME or e_here NAME, also where it was not asked."""
    path = snapshot.word(name, "found")
    searched = snapshot.word(name, "searched")
    absolute = snapshot.word(name, "missing") == "here"
    return Found(path=path, searched=searched, known=bool(path or searched or absolute))


def _info(snapshot: Snapshot) -> Optional[Dict[str, Any]]:
    answer = snapshot.program("info")
    if answer is None or answer.code != 0:
        return None
    found = _object(answer.output.decode("utf-8", "replace"))
    # A CLI that did not reach its daemon prints a report all the same, with nothing in it, and calls that success.
    return found if found and found.get("ServerVersion") else None


def _users(snapshot: Snapshot) -> Optional[Tuple[User, ...]]:
    if snapshot.word("users", "none"):
        return ()
    answer = snapshot.program("users")
    if answer is None or answer.code != 0:
        return None
    objects = [_object(line) for line in answer.output.decode("utf-8", "replace").splitlines() if line.strip()]
    return users_of([one for one in objects if one is not None])


def _properties(lines: Sequence[str]) -> Dict[str, str]:
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in pairs if equals}


def _unit_argv(exec_start: str) -> Tuple[str, ...]:
    # { path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// $OPTS ; ignore_errors=no ; ... }
    match = re.search(r"argv\[\]=(.*?) ; ", exec_start)
    return tuple(match.group(1).split()) if match else ()


def _seconds(timestamp: str) -> Optional[int]:
    # 'Sun 2026-11-22 01:46:17 UTC': the script sets TZ=UTC, and systemd before 247 knows no other form.
    words = timestamp.split()
    if len(words) < 3 or words[-1] != "UTC":
        return None
    try:
        # Not by strptime: each of the controller's workers would import it anew.
        year, month, day = (int(number) for number in words[-3].split("-"))
        hour, minute, second = (int(number) for number in words[-2].partition(".")[0].split(":"))
        moment = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
    return int(moment.timestamp())


def _object(text: str) -> Optional[Dict[str, Any]]:
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
