# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of the Docker family: what is wanted and what is there become a Plan. Pure.

Here stands what the engine needs to learn a change: which bytes, loaded how, and what may be said of what is loaded.
What a configuration may hold is in rules.py.
"""

import base64
import hashlib
import json
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from ...core.errors import SlipwayError
from ...core.json_document import Document, DocumentError, parse as parse_document
from ...core.plan import Plan, Step
from ...core.secrets import secrets_in
from ...core.snapshot import FileFacts
from ..runtime import Runtime, is_shim_name, parse_runtimes, shim_program
from ..table import engine_named
from . import rules
from .entries import entry, normal
from .questions import EngineState, Place, User
from .version import knows, parse_version

# Features that the daemon reads again at a reload; every other one counts from its next start.
RELOADED_FEATURES = ("buildkit",)

IMAGE_STORE = "containerd-snapshotter"

RUNTIMES, DEFAULT, FEATURES = "runtimes", "default-runtime", "features"


class Wanted(NamedTuple):
    """The parameters of engine_runtimes, checked. features: None as a value takes the key out."""

    place: Place
    runtimes: Tuple[Runtime, ...]
    exclusive: bool
    default_runtime: Optional[str]
    features: Dict[str, Optional[bool]]
    restart: str
    image_store: str
    force: bool
    wait_timeout: int
    backup: bool

    @property
    def programs(self) -> Tuple[str, ...]:
        """What the daemon would execute, and shims that are given by their file."""
        found = [one.path or one.shim_path for one in self.runtimes if one.present and (one.path or one.shim_path)]
        found.extend(
            one.options["BinaryName"] for one in self.runtimes
            if one.present and isinstance(one.options.get("BinaryName"), str))
        return tuple(dict.fromkeys(found))

    @property
    def shims(self) -> Tuple[str, ...]:
        """The programs that containerd would look for."""
        names = [one.shim or one.name for one in self.runtimes if one.present and not (one.path or one.shim_path)]
        if self.default_runtime and self.default_runtime not in [one.name for one in self.runtimes]:
            if is_shim_name(self.default_runtime):
                names.append(self.default_runtime)
        return tuple(dict.fromkeys(shim_program(name) for name in names))

    @property
    def removes(self) -> bool:
        """Whether entries may go."""
        return self.exclusive or any(not one.present for one in self.runtimes)


class Write(NamedTuple):
    """The bytes to load. content: what the daemon has to read to learn the change. final: what stays in the file
    afterwards; None means that the file goes. They differ where a key must be written out to be forgotten.
    origin: what the file was before us and which of its keys are of our making (see Origin)."""

    before: FileFacts
    content: bytes
    final: Optional[bytes]
    origin: Optional[Dict[str, Any]]


class Loaded(NamedTuple):
    """What the engine must report once the change is live.

    runtimes: name -> entry, of the whole file. removed: names that must be gone. default: the default runtime.
    started: the features that the daemon has from its start.
    """

    runtimes: Dict[str, Any]
    removed: Tuple[str, ...]
    default: str
    started: Dict[str, Any]


def parse(params: Dict[str, Any]) -> Wanted:
    """What engine_runtimes is asked for. Raises SlipwayError that names the option."""
    place = parse_place(params)
    features = {}  # type: Dict[str, Optional[bool]]
    for name, value in (params.get("features") or {}).items():
        features[str(name)] = _boolean(value, "features[%s]" % name)
    default = params.get("default_runtime")
    if default is not None and (not default or default != default.strip()):
        raise SlipwayError(
            "bad_default_runtime", "default_runtime: give a runtime's name; 'runc' is the engine's own default",
            option="default_runtime")
    timeout = params.get("wait_timeout", 60)
    if timeout < 1:
        raise SlipwayError("bad_wait_timeout", "wait_timeout: give at least 1 second", option="wait_timeout")
    return Wanted(
        place=place,
        runtimes=parse_runtimes(params.get("runtimes")),
        exclusive=bool(params.get("exclusive")),
        default_runtime=default,
        features=features,
        restart=params.get("restart") or "if_idle",
        image_store=params.get("image_store") or "if_empty",
        force=bool(params.get("force")),
        wait_timeout=timeout,
        backup=bool(params.get("backup")))


def parse_place(params: Dict[str, Any]) -> Place:
    """Which engine a module is about. Raises SlipwayError that names the option."""
    for option in ("config_path", "socket"):
        value = params.get(option)
        if value and not value.startswith("/"):
            raise SlipwayError(
                "bad_path", "%s: '%s' is not an absolute path" % (option, value), option=option)
    unit = params.get("unit") or ""
    if unit and "." not in unit:
        unit += ".service"
    return Place(
        engine=engine_named(params.get("engine") or "docker"),
        scope=params.get("scope") or "system",
        config_path=params.get("config_path") or "",
        socket=params.get("socket") or "",
        unit=unit,
        cli=params.get("cli") or "")


def require_engine(state: EngineState) -> None:
    """Raises SlipwayError where the engine is not on the host, or not the task's user's to change."""
    place = state.place
    if place.scope == "user" and state.uid == 0:
        raise SlipwayError(
            "user_scope_as_root", "scope: 'user' is the engine of the user that the task runs as, and that is root; set "
            "become_user (or remote_user) to the engine's owner", option="scope")
    if not state.installed:
        raise SlipwayError(
            "engine_not_found", "engine: %s is not on this host: no unit %s, no program %s on PATH, no such daemon running"
            % (place.engine.title, place.unit or place.engine.unit, place.engine.daemon), option="engine")


def read_document(state: EngineState) -> Document:
    """The configuration file. Raises SlipwayError where it is broken, with line and column."""
    config = state.config
    if config.kind == "other":
        raise SlipwayError(
            "config_not_a_file", "%s is no regular file; the engine's configuration belongs there" % config.path,
            option="config_path", config_path=config.path)
    try:
        return parse_document(config.content, name=config.path)
    except DocumentError as error:
        raise SlipwayError(
            "broken_config", "%s; nothing was changed. Mend the file first" % error, config_path=config.path,
            line=error.line, column=error.column)


def is_live(state: EngineState) -> Optional[bool]:
    """Whether what the file says is what the daemon has loaded. None: not known. False: no daemon runs."""
    daemon, config = state.daemon, state.config
    if daemon is None:
        return False
    record = state.record
    if record is not None and record.get("daemon") == daemon_key(state) and record.get("config") == config.path:
        return True if record.get("file") == file_key(config) else None
    if daemon.started_at is None:
        return None
    if config.kind == "missing":
        return True if state.config_dir_mtime is not None and state.config_dir_mtime < daemon.started_at else None
    # A link may have been turned to another, older file since.
    older = config.kind == "file" and config.target == config.path and config.ctime_s < daemon.started_at
    return True if older else None


def daemon_key(state: EngineState) -> str:
    """The running daemon as the record names it: no other process ever has it until the next boot."""
    return "%d %d" % (state.daemon.pid, state.daemon.start) if state.daemon else ""


def file_key(config: FileFacts) -> Optional[Dict[str, Any]]:
    """A file's state as the record names it; None where there is no file."""
    if config.content is None:
        return None
    return {"sha256": hashlib.sha256(config.content).hexdigest(), "inode": config.inode, "ctime": config.ctime,
            "target": config.target}


def plan(wanted: Wanted, state: EngineState, *, check_mode: bool = False) -> Plan:
    """What has to be done on one engine. Raises SlipwayError for what the engine would refuse, or must not be done.

    state.version, info and users may be None; a plan that needs them names them in 'unknown'.
    """
    require_engine(state)
    document = read_document(state)
    flags = rules.parse_flags(list(state.argv))
    version_text = version_of(state)
    version = parse_version(version_text) if version_text else None
    data = document.data
    _require_shapes(data)

    origin = Origin.of(state)
    edited, made = _edit(document, wanted, origin.made, flags)
    final = _final(document, edited, made, origin, state)
    new = edited.data
    before_entries, after_entries = data.get(RUNTIMES) or {}, new.get(RUNTIMES) or {}
    removed = tuple(name for name in before_entries if name not in after_entries)

    problems = rules.check_content(final or b"{}", version=version)
    problems += rules.check(new, version=version, flags=flags, owned=_owned(wanted))
    problems += _unregistered_problems(wanted, version)
    if problems:
        raise SlipwayError(
            problems[0].reason, "; ".join(one.message for one in problems), option=problems[0].option,
            config_path=state.config.path)

    unknown = []  # type: List[str]
    warnings = list(_look_ups(wanted, state, check_mode))
    if state.journal:
        unknown.append("an interrupted run")
    if removed and state.daemon is not None:
        if state.users is None:
            unknown.append("the containers of what goes")
        elif not wanted.force:
            _refuse_users(removed, state.users)

    live = is_live(state)
    if live is None:
        live = _verified(state, data, version)
    written = final != state.config.content
    started = _started_features(state, data)
    owed = started is not None and _start_features(new) != started
    if owed and started is not None:
        owed = _really_owed(new, started, state)
    if owed and _store_of(new) != _store_of(started or {}):
        _guard_image_store(wanted, state, unknown)

    restart = False
    if owed and wanted.restart == "if_needed":
        restart = True
    elif owed and wanted.restart == "if_idle":
        if state.busy is None:
            unknown.append("what a restart would stop")
        restart = not state.busy
    if live is None and state.info is None:
        unknown.append("what is loaded")

    action = "none"
    if state.daemon is not None:
        action = "restart" if restart else "reload" if written or live is None else "none"
    content = final if final is not None else edited.content
    if action == "reload":
        content = _teaching(edited, data if live else None, flags)
    loaded = Loaded(runtimes=after_entries, removed=removed, default=effective_default(new, flags), started=(
        _start_features(new) if restart or started is None else started))
    steps = []  # type: List[Step]
    if written or content != (state.config.content or b""):
        if written or action == "reload":
            steps.append(Step("write", state.config.target, Write(
                before=state.config, content=content, final=final, origin=origin.after(made, final, state))))
    if action != "none":
        steps.append(Step(action, state.unit.get("Id") or wanted.place.unit or wanted.place.engine.unit, loaded))
    elif steps:
        steps.append(Step("leave", wanted.place.engine.title, loaded))
    owed_after = owed and not restart
    if owed_after:
        warnings.append("%s needs a restart before it has %s; %s" % (
            wanted.place.engine.title, ", ".join(_differing(_start_features(new), started or {})),
            "'restart: never' leaves that to you" if wanted.restart == "never"
            else "it would stop: %s" % "; ".join(state.busy or ("not known",))))
    before, after = _diff(wanted, data, new, removed, action if live is None and not written else "")
    result = dict(
        config_path=state.config.path, action=action, restart_required=owed_after,
        live=(state.daemon is not None and not owed_after), validated=False,
        runtimes=loaded_names(new, flags), default_runtime=loaded.default, backup_file="", version=version_text or "")
    return Plan(
        steps=tuple(steps), before=before, after=after, result=result, warnings=tuple(warnings), unknown=tuple(unknown))


def version_of(state: EngineState) -> Optional[str]:
    """The daemon's version as text, from the record, from its own answer, or from its program's; None if not known."""
    if state.record and state.daemon and state.record.get("daemon") == daemon_key(state) and state.record.get("version"):
        return str(state.record["version"])
    if state.info and state.info.get("ServerVersion"):
        return str(state.info["ServerVersion"])
    return state.version


def effective_default(data: Dict[str, Any], flags: Dict[str, List[str]]) -> str:
    """The default runtime that a configuration and the daemon's flags make."""
    return data.get(DEFAULT) or (flags.get(DEFAULT) or ["runc"])[-1] or "runc"


def loaded_names(data: Dict[str, Any], flags: Dict[str, List[str]]) -> List[str]:
    """The names that the engine knows by a configuration and its flags, its own 'runc' among them, sorted."""
    return sorted(set(data.get(RUNTIMES) or {}) | set(rules.flag_runtimes(flags)) | {"runc"})


def _require_shapes(data: Dict[str, Any]) -> None:
    # Nothing can be edited in a file whose parts have the wrong shape.
    for key in (RUNTIMES, FEATURES):
        if data.get(key) is not None and not isinstance(data[key], dict):
            raise SlipwayError(
                "broken_config", "the configuration's '%s' is no object; nothing was changed. Mend the file first" % key)


def _edit(
    document: Document, wanted: Wanted, made: FrozenSet[str], flags: Dict[str, List[str]]
) -> Tuple[Document, FrozenSet[str]]:
    """The document as it shall be, and which of its keys are of our making. Raises DocumentError on a doubled key."""
    data = document.data
    entries = data.get(RUNTIMES) or {}
    edited = document
    keep = set()
    for runtime in wanted.runtimes:
        new, old = entry(runtime), entries.get(runtime.name)
        if new is not None:
            keep.add(runtime.name)
            if runtime.name not in entries or normal(old) != normal(new):
                edited = edited.set((RUNTIMES, runtime.name), new)
        elif runtime.name in entries:
            if runtime.present and normal(old) == {"runtimeType": runtime.name}:
                keep.add(runtime.name)
            else:
                edited = edited.remove((RUNTIMES, runtime.name))
    if wanted.exclusive:
        for name in entries:
            if name not in keep and edited.has((RUNTIMES, name)):
                edited = edited.remove((RUNTIMES, name))
    if wanted.default_runtime is not None and effective_default(data, flags) != wanted.default_runtime:
        if wanted.default_runtime == "runc" and DEFAULT in made:
            edited = edited.remove((DEFAULT,))
        else:
            if DEFAULT not in data:
                made = made | {DEFAULT}
            edited = edited.set((DEFAULT,), wanted.default_runtime)
    for name, value in wanted.features.items():
        has = edited.has((FEATURES, name))
        if value is None:
            if has:
                edited = edited.remove((FEATURES, name))
        elif not has or edited.data[FEATURES][name] is not value:
            edited = edited.set((FEATURES, name), value)
    for key in (RUNTIMES, FEATURES):
        if edited.has((key,)) and not document.has((key,)):
            made = made | {key}
        # What we made goes with the last of what it holds.
        elif key in made and edited.has((key,)) and not edited.data[key]:
            edited = edited.remove((key,))
    return edited, frozenset(key for key in made if edited.has((key,)))


class Origin(NamedTuple):
    """Where the file comes from, kept on the host for its way back.

    content: its bytes before us; None where there was no file, or where somebody else has written it since (known is
    False then). made: the keys that are of our making. written: SHA-256 of what we left last.
    """

    known: bool
    content: Optional[bytes]
    made: FrozenSet[str]

    @classmethod
    def of(cls, state: EngineState) -> "Origin":
        """What the host's note says, or that the file as it stands is the origin."""
        note = state.state
        made = frozenset(note.get("made") or ())
        current = state.config.content
        if note.get("config") == state.config.path:
            digest = hashlib.sha256(current).hexdigest() if current is not None else ""
            if note.get("written") == digest:
                content = note.get("content")
                return cls(known=True, content=None if content is None else base64.b64decode(content), made=made)
            return cls(known=False, content=None, made=made)
        return cls(known=True, content=current, made=frozenset())

    def after(self, made: FrozenSet[str], final: Optional[bytes], state: EngineState) -> Optional[Dict[str, Any]]:
        """The note once the file holds final; None where the file is what it was before us."""
        if self.known and final == self.content:
            return None
        return {
            "config": state.config.path, "made": sorted(made),
            "content": None if self.content is None else base64.b64encode(self.content).decode("ascii"),
            "written": hashlib.sha256(final).hexdigest() if final is not None and self.known else "-"}


def _final(
    document: Document, edited: Document, made: FrozenSet[str], origin: Origin, state: EngineState
) -> Optional[bytes]:
    """The bytes that stay in the file; None for no file."""
    current = state.config.content
    if edited.content == document.content:
        return current
    if origin.known and not made:
        # Back to what it was before us: to the byte, not only to the meaning.
        was = parse_document(origin.content, name=state.config.path)
        if json.dumps(was.data) == json.dumps(edited.data) and not (origin.content is None and state.config_named):
            return origin.content
    return edited.content


def _teaching(edited: Document, loaded: Optional[Dict[str, Any]], flags: Dict[str, List[str]]) -> bytes:
    """The bytes to reload with: a key that is missing keeps its old value, so what is to be forgotten is written out.

    loaded: what the daemon has loaded; None where that is not known.
    """
    teaching = edited
    if not edited.has((RUNTIMES,)) and (loaded is None or loaded.get(RUNTIMES)):
        teaching = teaching.set((RUNTIMES,), {})
    if not edited.has((DEFAULT,)) and DEFAULT not in flags and (
            loaded is None or loaded.get(DEFAULT) not in (None, "", "runc")):
        teaching = teaching.set((DEFAULT,), "runc")
    return teaching.content


def _owned(wanted: Wanted) -> List[str]:
    """The options that this run is about, as rules.check names them."""
    owned = ["runtimes[%s]" % one.name for one in wanted.runtimes]
    owned.extend("features[%s]" % name for name in wanted.features)
    return owned + ([DEFAULT] if wanted.default_runtime is not None else [])


def _unregistered_problems(wanted: Wanted, version: Optional[Tuple[int, int]]) -> List[rules.Problem]:
    return [
        rules.Problem(
            "runtimes[%s]" % one.name, "engine_too_old",
            "runtimes[%s]: an engine older than 23.0 takes no shim by its full name; register it, or upgrade the engine"
            % one.name)
        for one in wanted.runtimes
        if one.unregistered and not knows(version, "shim_by_name")
    ]


def _look_ups(wanted: Wanted, state: EngineState, check_mode: bool) -> List[str]:
    """Warnings about programs. Raises SlipwayError for one that is not there, outside check mode: there an earlier task
    may be about to install it."""
    warnings = []
    for runtime in wanted.runtimes:
        if not runtime.present:
            continue
        here = "runtimes[%s]" % runtime.name
        named = [("path", runtime.path), ("shim_path", runtime.shim_path)]
        if isinstance(runtime.options.get("BinaryName"), str):
            named.append(("options[BinaryName]", runtime.options["BinaryName"]))
        if not (runtime.path or runtime.shim_path):
            named.append(("shim", shim_program(runtime.shim or runtime.name)))
        for key, program in named:
            found = state.found.get(program)
            if not program or found is None or found.path:
                continue
            if not found.known:
                if state.daemon is not None:
                    warnings.append("%s.%s: whether %s is there could not be looked up as the engine does" % (
                        here, key, program))
                continue
            where = " on the PATH of the process that starts it (%s)" % found.searched if found.searched else ""
            message = "%s.%s: there is no program %s%s; install it first" % (here, key, program, where)
            if not check_mode:
                raise SlipwayError(
                    "shim_not_found" if key == "shim" else "program_not_found", message, option="%s.%s" % (here, key))
            warnings.append(message)
    return warnings


def _refuse_users(removed: Tuple[str, ...], users: Tuple[User, ...]) -> None:
    held = [user for user in users if user.runtime in removed]
    if held:
        names = sorted("%s (%s)" % (user.name or user.container[:12], user.runtime) for user in held)
        raise SlipwayError(
            "runtime_in_use", "runtimes: %s still used by these containers, which could not be started again: %s. "
            "Remove them first, or set 'force: true'" % (
                "is" if len(set(user.runtime for user in held)) == 1 else "are", ", ".join(names)),
            option="runtimes", containers=[user.container for user in held])


def _verified(state: EngineState, data: Dict[str, Any], version: Optional[Tuple[int, int]]) -> Optional[bool]:
    """Whether the engine's own report shows that it has loaded the file; None where that cannot be told."""
    info = state.info
    if info is None:
        return None
    entries = data.get(RUNTIMES) or {}
    flags = rules.parse_flags(list(state.argv))
    reported = info.get("Runtimes") or {}
    stock = set(rules.stock_runtimes(version)) | set(rules.flag_runtimes(flags))
    if set(entries) - set(reported) or set(reported) - set(entries) - stock:
        return None
    if info.get("DefaultRuntime") != effective_default(data, flags):
        return None
    return True if all(shows(reported[name], one) for name, one in entries.items()) else None


def shows(reported: Any, wanted: Any) -> bool:
    """Whether the engine's report of one runtime proves that it is this entry. Engines from 25.0 hide what a shim was
    registered with, so their report proves nothing about one."""
    one = normal(wanted)
    if not isinstance(reported, dict) or not isinstance(one, dict) or "path" not in one:
        return False
    return (reported.get("path") == one["path"]
            and list(reported.get("runtimeArgs") or []) == list(one.get("runtimeArgs") or []))


def loaded_now(state: EngineState) -> Loaded:
    """What the engine must have loaded where there was nothing to do."""
    return loaded_from(state.config.content, state)


def loaded_from(content: Optional[bytes], state: EngineState) -> Loaded:
    """What the engine reports once it has loaded these bytes."""
    data = parse_document(content, name=state.config.path).data
    flags = rules.parse_flags(list(state.argv))
    started = _started_features(state, data)
    return Loaded(
        runtimes=data.get(RUNTIMES) or {}, removed=(), default=effective_default(data, flags), started=started or {})


def teaching_of(content: Optional[bytes], state: EngineState) -> bytes:
    """These bytes with all that is to be forgotten written out, for a reload."""
    return _teaching(
        parse_document(content, name=state.config.path), None, rules.parse_flags(list(state.argv)))


def differs(info: Dict[str, Any], loaded: Loaded) -> str:
    """What the engine's report lacks of what must be loaded, in words; '' where it shows all that it can show."""
    reported = info.get("Runtimes") or {}
    for name, one in sorted(loaded.runtimes.items()):
        if name not in reported:
            return "runtime '%s' is not loaded" % name
        if "path" in normal(one) and not shows(reported[name], one):
            return "runtime '%s' is loaded with another path or other args" % name
    for name in loaded.removed:
        if name in reported and name not in loaded.runtimes:
            return "runtime '%s' is still loaded" % name
    if info.get("DefaultRuntime") != loaded.default:
        return "the default runtime is '%s', not '%s'" % (info.get("DefaultRuntime"), loaded.default)
    store = loaded_store(info)
    if store is not None and loaded.started.get(IMAGE_STORE, store) != store:
        return "containerd's image store is %s" % ("on" if store else "off")
    return ""


def refusal_in(log: str) -> str:
    """The line in which the engine says why it refused a reload or did not start; '' where there is none.

    Other lines are not for users: 'Reloaded configuration' holds the whole file.
    """
    for line in log.splitlines():
        for mark in ("Error reconfiguring the daemon", "unable to configure the Docker daemon", "failed to start daemon",
                     "failed to load runtimes", "error creating"):
            if mark in line and "Reloaded configuration" not in line:
                return line[line.index(mark):].strip()[:2000]
    return ""


def foreign_secrets(content: Optional[bytes], wanted: Wanted) -> Set[str]:
    """The strings of a configuration that are not ours to show."""
    try:
        data = parse_document(content, name="").data
    except DocumentError:
        return set()
    entries = dict(data.get(RUNTIMES) or {}) if isinstance(data.get(RUNTIMES), dict) else {}
    named = {one.name for one in wanted.runtimes}
    data[RUNTIMES] = {name: one for name, one in entries.items() if name not in named}
    data.pop(DEFAULT, None)
    return secrets_in(data)


def _start_features(data: Dict[str, Any]) -> Dict[str, Any]:
    """The features that count from the daemon's start."""
    return {name: value for name, value in (data.get(FEATURES) or {}).items() if name not in RELOADED_FEATURES}


def _started_features(
    state: EngineState, data: Dict[str, Any]
) -> Optional[Dict[str, Any]]:
    """The features that the running daemon started with, as far as anything tells; None where no daemon runs."""
    if state.daemon is None:
        return None
    record = state.record
    if record is not None and record.get("daemon") == daemon_key(state) and isinstance(record.get("features"), dict):
        return record["features"]
    started = _start_features(data)
    store = loaded_store(state.info)
    if store is not None and started.get(IMAGE_STORE, store) != store:
        started[IMAGE_STORE] = store
    return started


def loaded_store(info: Optional[Dict[str, Any]]) -> Optional[bool]:
    """Whether the engine runs on containerd's image store; None where it does not say."""
    if not info:
        return None
    status = info.get("DriverStatus") or []
    return any(list(pair)[:2] == ["driver-type", "io.containerd.snapshotter.v1"] for pair in status)


def _really_owed(new: Dict[str, Any], started: Dict[str, Any], state: EngineState) -> bool:
    # A feature that says what the engine does anyway needs no restart.
    store = loaded_store(state.info)
    features = _start_features(new)
    if store is not None and features.get(IMAGE_STORE, store) == store:
        features.pop(IMAGE_STORE, None)
        started = {name: value for name, value in started.items() if name != IMAGE_STORE}
    return features != started


def _store_of(data: Dict[str, Any]) -> Any:
    features = data.get(FEATURES) if FEATURES in data else data
    return (features or {}).get(IMAGE_STORE)


def _guard_image_store(wanted: Wanted, state: EngineState, unknown: List[str]) -> None:
    """Switching hides the images and containers of the other store: free where there are none."""
    if wanted.image_store == "switch":
        return
    if state.info is None:
        unknown.append("the images and containers that a switch of the image store would hide")
        return
    images, containers = state.info.get("Images") or 0, state.info.get("Containers") or 0
    if images or containers:
        raise SlipwayError(
            "image_store_not_empty", "features[%s]: switching the image store would hide %d images and %d containers; set "
            "'image_store: switch' if that is what you want" % (IMAGE_STORE, images, containers),
            option="features[%s]" % IMAGE_STORE, images=images, containers=containers)


def _differing(one: Dict[str, Any], other: Dict[str, Any]) -> List[str]:
    return ["features[%s]" % name for name in sorted(set(one) | set(other)) if one.get(name) != other.get(name)]


def _diff(
    wanted: Wanted, data: Dict[str, Any], new: Dict[str, Any], removed: Tuple[str, ...], making_live: str
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """What differs and is ours to show: the entries that were named; of others only that they go."""
    before, after = {}, {}  # type: Dict[str, Any], Dict[str, Any]
    named = [one.name for one in wanted.runtimes]
    old_entries, new_entries = data.get(RUNTIMES) or {}, new.get(RUNTIMES) or {}
    for name in named:
        if old_entries.get(name) != new_entries.get(name):
            if name in old_entries:
                before.setdefault(RUNTIMES, {})[name] = old_entries[name]
            if name in new_entries:
                after.setdefault(RUNTIMES, {})[name] = new_entries[name]
    for name in removed:
        if name not in named:
            before.setdefault(RUNTIMES, {})[name] = "(not shown)"
    if wanted.default_runtime is not None and data.get(DEFAULT) != new.get(DEFAULT):
        before[DEFAULT], after[DEFAULT] = data.get(DEFAULT), new.get(DEFAULT)
    for name in wanted.features:
        old, fresh = (data.get(FEATURES) or {}).get(name), (new.get(FEATURES) or {}).get(name)
        if old != fresh:
            before.setdefault(FEATURES, {})[name] = old
            after.setdefault(FEATURES, {})[name] = fresh
    if making_live:
        before["loaded"], after["loaded"] = "not known to be what the file says", "by a " + making_live
    return before, after


def _boolean(value: Any, option: str) -> Optional[bool]:
    # A templated value is a string on ansible-core 2.16.
    if value is None or isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "false": False, "no": False, "": None}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise SlipwayError(
        "bad_feature", "%s: give true or false, or null to take the key out; got a %s" % (option, type(value).__name__),
        option=option)
