# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of the Docker family: what is wanted and what is there become a Plan. Pure.

Here stands what the engine needs to learn a change: which bytes, loaded how, and what may be said of what is loaded.
What a configuration may hold is in rules.py.
"""

import json
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

from ...core.errors import SlipwayError
from ...core.json_document import Document, DocumentError, parse as parse_document
from ...core.plan import Plan, Step
from ...core.secrets import secrets_in
from ...core.snapshot import FileFacts
from ..runtime import is_shim_name, shim_binary
from . import rules
from .entries import entry, normal
from .live import (
    DEFAULT, FEATURES, IMAGE_STORE, RUNTIMES, Loaded, differing_features, effective_default, is_live, is_verified,
    loaded_names, loaded_store, start_features, started_features, version_of)
from .origin import Origin
from .questions import EngineState
from .version import Version, knows, parse_version
from .wanted import Wanted


# What a plan lacks where a restart depends on what it would stop.
UNKNOWN_BUSY = "what a restart would stop"


class Write(NamedTuple):
    """The bytes to load. content: what the daemon has to read to learn the change. final: what stays in the file
    afterwards; None means that the file goes. They differ where a key must be written out to be forgotten.
    origin: what the file was before us and which of its keys are of our making (see Origin)."""

    before: FileFacts
    content: bytes
    final: Optional[bytes]
    origin: Optional[Dict[str, Any]]


def require_engine(state: EngineState) -> None:
    """Raises SlipwayError where the engine is not on the host, or not the task's user's to change."""
    require_owner(state)
    place = state.place
    if not state.installed:
        raise SlipwayError(
            "engine_not_found", "engine: %s is not on this host: no unit %s, no program %s on PATH, no such daemon running"
            % (place.engine.title, place.unit or place.engine.unit, place.engine.daemon), option="engine")


def require_owner(state: EngineState) -> None:
    """Raises SlipwayError where root asks for the engine of a user."""
    if state.place.scope == "user" and state.uid == 0:
        raise SlipwayError(
            "user_scope_as_root", "scope: 'user' is the engine of the user that the task runs as, and that is root; set "
            "become_user (or remote_user) to the engine's owner", option="scope")


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
        raise _broken(error, state)


def plan(wanted: Wanted, state: EngineState, *, check_mode: bool = False) -> Plan:
    """What has to be done on one engine. Raises SlipwayError for what the engine would refuse, or must not be done.

    state.version, info, users and busy may be None; a plan that needs them names them in 'unknown'.
    """
    require_engine(state)
    title = wanted.place.engine.title
    flags = rules.parse_flags(list(state.argv))
    version_text = version_of(state)
    version = parse_version(version_text) if version_text else None
    candidate = _candidate(wanted, state, flags, version)
    unknown: List[str] = []
    warnings = list(_look_ups(wanted, state, candidate.new, version, check_mode))
    if state.journal:
        unknown.append("an interrupted run")
        warnings.append("an earlier run was interrupted; the next run that may write mends that first")
    _hold_users(wanted, state, candidate.removed, unknown)
    live = is_live(state)
    if live is None:
        live = is_verified(state, candidate.old, version)
        if live is None and state.info is None:
            unknown.append("what is loaded")
    restart = _restart(wanted, state, candidate, version, unknown)

    action = "none"
    if state.daemon is not None:
        action = "restart" if restart.now else "reload" if candidate.written or live is None else "none"
    content = candidate.final if candidate.final is not None else candidate.edited.content
    if action == "reload":
        content = _teaching(candidate.edited, candidate.old if live else None, flags)
        # A deleted key keeps its old value, so the outcome of a reload may break a rule that the file does not.
        outcome = rules.after_reload(candidate.old if live else {}, parse_document(content, name=state.config.path).data)
        _refuse(rules.check(outcome, version=version, flags={}, owned=_owned(wanted)), state)
        forgotten = sorted(rules.flag_runtimes(flags))
        if forgotten and not state.record:
            warnings.append(
                "%s forgets the runtimes of its own --add-runtime flags at a reload (%s); register them here instead" % (
                    title, ", ".join(forgotten)))
    if restart.owed and not restart.now:
        warnings.append("%s needs a restart before it has %s; %s" % (
            title, ", ".join("features[%s]" % name for name in restart.differing),
            "'restart: never' leaves that to you" if wanted.restart == "never"
            else "it would stop: %s" % "; ".join(state.busy or ("not known",))))
    loaded = Loaded(
        runtimes=candidate.new.get(RUNTIMES) or {}, removed=candidate.removed,
        default=effective_default(candidate.new, flags), started=restart.started)
    before, after = _diff(
        wanted, candidate.old, candidate.new, candidate.removed, action if live is None and not candidate.written else "")
    restart_required = restart.owed and not restart.now
    result = dict(
        config_path=state.config.path, action=action, restart_required=restart_required,
        live=(state.daemon is not None and not restart_required), validated=False,
        runtimes=loaded_names(candidate.new, flags), default_runtime=loaded.default, backup_file="",
        version=version_text or "")
    return Plan(
        steps=_steps(wanted, state, candidate, action, content, loaded), before=before, after=after, result=result,
        warnings=tuple(warnings), unknown=tuple(unknown))


class _Candidate(NamedTuple):
    """The file as it is (old) and as it shall be (new, edited; final: its bytes, None for no file)."""

    old: Dict[str, Any]
    new: Dict[str, Any]
    edited: Document
    final: Optional[bytes]
    written: bool
    removed: Tuple[str, ...]
    origin: Optional[Dict[str, Any]]  # the note that goes with it


def _candidate(
    wanted: Wanted, state: EngineState, flags: Dict[str, List[str]], version: Optional[Version]
) -> _Candidate:
    """Raises SlipwayError where the file cannot be edited, or would break a rule of the engine."""
    document = read_document(state)
    _require_shapes(document.data)
    origin = Origin.of(state)
    try:
        edited, made = _edit(document, wanted, origin.made, flags)
    except DocumentError as error:
        raise _broken(error, state)
    final = _final(document, edited, made, origin, state)
    old, new = document.data, edited.data
    removed = tuple(name for name in old.get(RUNTIMES) or {} if name not in (new.get(RUNTIMES) or {}))
    default = effective_default(new, flags)
    if wanted.default_runtime is None and default in removed:
        raise SlipwayError(
            "runtime_is_default", "runtimes[%s]: it is still the engine's default runtime; set default_runtime (to runc, or "
            "another) in the same task" % default, option="default_runtime", config_path=state.config.path)
    problems = rules.check_content(final or b"{}", version=version)
    problems += rules.check(new, version=version, flags=flags, owned=_owned(wanted))
    problems += _unregistered_problems(wanted, version)
    _refuse(problems, state)
    return _Candidate(
        old=old, new=new, edited=edited, final=final, written=final != state.config.content, removed=removed,
        origin=origin.after(made, final, state))


class _Restart(NamedTuple):
    """owed: this task wants a feature that only a restart brings; differing: all that one would bring. now: it is to be
    done. started: the features that the daemon has from its start, once the plan is carried out."""

    owed: bool
    now: bool
    differing: Tuple[str, ...]
    started: Dict[str, Any]


def _restart(
    wanted: Wanted, state: EngineState, candidate: _Candidate, version: Optional[Version], unknown: List[str]
) -> _Restart:
    """Whether a restart is owed, and done. Raises SlipwayError where it would hide images or containers."""
    started = started_features(state, candidate.old, version)
    fresh = start_features(candidate.new, version)
    differing = () if started is None else differing_features(fresh, started, loaded_store(state.info))
    # Somebody else's new feature is no reason of ours to restart, but would come with one.
    owed = any(name in wanted.features for name in differing)
    if owed and IMAGE_STORE in differing:
        _guard_image_store(wanted, state, unknown)
    now = owed and wanted.restart == "if_needed"
    if owed and wanted.restart == "if_idle":
        if state.busy is None:
            unknown.append(UNKNOWN_BUSY)
        now = not state.busy
    return _Restart(
        owed=owed, now=now, differing=differing, started=fresh if now or started is None else started)


def _steps(
    wanted: Wanted, state: EngineState, candidate: _Candidate, action: str, content: bytes, loaded: Loaded
) -> Tuple[Step, ...]:
    steps: List[Step] = []
    if candidate.written or (action == "reload" and content != (state.config.content or b"")):
        steps.append(Step("write", state.config.target, Write(
            before=state.config, content=content, final=candidate.final, origin=candidate.origin)))
    if action != "none":
        steps.append(Step(action, state.unit.get("Id") or wanted.place.unit or wanted.place.engine.unit, loaded))
    elif steps:
        steps.append(Step("leave", wanted.place.engine.title, loaded))
    return tuple(steps)


def _broken(error: DocumentError, state: EngineState) -> SlipwayError:
    return SlipwayError(
        "broken_config", "%s; nothing was changed. Mend the file first" % error, config_path=state.config.path,
        line=error.line, column=error.column)


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
        same = json.dumps(_meaning(was.data)) == json.dumps(_meaning(edited.data))
        if same and not (origin.content is None and state.config_named):
            return origin.content
    return edited.content


def _meaning(data: Dict[str, Any]) -> Dict[str, Any]:
    """A configuration with what an engine takes for nothing written in one way."""
    found = dict(data)
    if RUNTIMES in found:
        found[RUNTIMES] = found[RUNTIMES] or {}
    if DEFAULT in found:
        found[DEFAULT] = found[DEFAULT] or "runc"
    return found


def _teaching(edited: Document, loaded: Optional[Dict[str, Any]], flags: Dict[str, List[str]]) -> bytes:
    """The bytes to reload with: a key that is missing or empty keeps its old value, so what is to be forgotten is
    written out.

    loaded: what the daemon has loaded; None where that is not known.
    """
    teaching = edited
    data = edited.data
    if data.get(RUNTIMES) is None and (loaded is None or loaded.get(RUNTIMES)):
        teaching = teaching.set((RUNTIMES,), {})
    if not data.get(DEFAULT) and DEFAULT not in flags and (
            loaded is None or loaded.get(DEFAULT) not in (None, "", "runc")):
        teaching = teaching.set((DEFAULT,), "runc")
    return teaching.content


def teaching_of(content: Optional[bytes], state: EngineState) -> bytes:
    """These bytes with all that is to be forgotten written out, for a reload."""
    return _teaching(
        parse_document(content, name=state.config.path), None, rules.parse_flags(list(state.argv)))


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


def _owned(wanted: Wanted) -> List[str]:
    """The options that this run is about, as rules.check names them."""
    owned = ["runtimes[%s]" % one.name for one in wanted.runtimes]
    owned.extend("features[%s]" % name for name in wanted.features)
    return owned + ([DEFAULT] if wanted.default_runtime is not None else [])


def _unregistered_problems(wanted: Wanted, version: Optional[Version]) -> List[rules.Problem]:
    return [
        rules.Problem(
            "runtimes[%s]" % one.name, "engine_too_old",
            "runtimes[%s]: an engine older than 23.0 takes no shim by its full name; register it, or upgrade the engine"
            % one.name)
        for one in wanted.runtimes
        if one.unregistered and not knows(version, "shim_names")
    ]


# The engine's keys, and what the modules call them.
_OPTIONS = ((".runtimeArgs", ".args"), (".runtimeType", ".shim"), (DEFAULT, "default_runtime"))


def _as_option(text: str, key: str) -> str:
    """A text about a key of the engine's, about the option that sets it."""
    option = key
    for theirs, ours in _OPTIONS:
        option = option.replace(theirs, ours)
    return option + text[len(key):] if text.startswith(key) else text


def _refuse(problems: List[rules.Problem], state: EngineState) -> None:
    if problems:
        raise SlipwayError(
            problems[0].reason, "; ".join(_as_option(one.message, one.option) for one in problems),
            option=_as_option(problems[0].option, problems[0].option), config_path=state.config.path)


def _look_ups(
    wanted: Wanted, state: EngineState, new: Dict[str, Any], version: Optional[Version], check_mode: bool
) -> List[str]:
    """Warnings about programs. Raises SlipwayError for one that is not there, outside check mode: there an earlier task
    may be about to install it."""
    warnings = []
    for option, program, reason in _named_programs(wanted, new, version):
        found = state.found.get(program)
        if found is None or found.path:
            continue
        if not found.known:
            if state.daemon is not None:
                warnings.append("%s: whether %s is there could not be looked up as the engine does" % (option, program))
            continue
        where = " on the PATH of the process that starts it (%s)" % found.searched if found.searched else ""
        message = "%s: there is no executable program %s%s; install it first" % (option, program, where)
        if not check_mode:
            raise SlipwayError(reason, message, option=option)
        warnings.append(message)
    return warnings


def _named_programs(
    wanted: Wanted, new: Dict[str, Any], version: Optional[Version]
) -> List[Tuple[str, str, str]]:
    """Each option that names a program, the program, and the reason of a failure without it."""
    named = []
    for runtime in wanted.runtimes:
        if not runtime.present:
            continue
        here = "runtimes[%s]" % runtime.name
        if runtime.path:
            named.append((here + ".path", runtime.path, "program_not_found"))
        elif runtime.shim_path:
            named.append((here + ".shim_path", runtime.shim_path, "program_not_found"))
        else:
            named.append((here + ".shim", shim_binary(runtime.shim or runtime.name), "shim_not_found"))
        if isinstance(runtime.options.get("BinaryName"), str):
            named.append((here + ".options[BinaryName]", runtime.options["BinaryName"], "program_not_found"))
    default = wanted.default_runtime
    if default and is_shim_name(default) and default not in (new.get(RUNTIMES) or {}):
        if default not in rules.stock_runtimes(version):
            named.append(("default_runtime", shim_binary(default), "shim_not_found"))
    return named


def _hold_users(wanted: Wanted, state: EngineState, removed: Tuple[str, ...], unknown: List[str]) -> None:
    """Raises SlipwayError where containers still use what goes."""
    if not removed or state.daemon is None:
        return
    if state.users is None:
        unknown.append("the containers of what goes")
        return
    held = [user for user in state.users if user.runtime in removed]
    if held and not wanted.force:
        names = sorted("%s (%s)" % (user.name or user.container[:12], user.runtime) for user in held)
        raise SlipwayError(
            "runtime_in_use", "runtimes: %s still used by these containers, which could not be started again: %s. "
            "Remove them first, or set 'force: true'" % (
                "is" if len(set(user.runtime for user in held)) == 1 else "are", ", ".join(names)),
            option="runtimes", containers=[user.container for user in held])


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


def _diff(
    wanted: Wanted, data: Dict[str, Any], new: Dict[str, Any], removed: Tuple[str, ...], making_live: str
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """What differs and is ours to show: the entries that were named; of others only that they go."""
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
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
