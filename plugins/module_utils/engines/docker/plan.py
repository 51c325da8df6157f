# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of the Docker family: what is wanted and what is there become a Plan. Pure.

Here stands whether anything has to be done, and which bytes the file shall hold. What a configuration may hold is in
rules.py, what the engine needs to learn a change in change.py.
"""

import json
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ...core.errors import SlipwayError
from ...core.json_document import Document, DocumentError, parse as parse_document
from ...core.plan import Plan
from ..runtime import is_shim_name, shim_binary
from . import rules
from .entries import entry, normal
from .live import (
    DEFAULT, FEATURES, RUNTIMES, differing_features, effective_default, is_live, loaded_names, loaded_store,
    start_features, started_features, version_of)
from .origin import Origin
from .questions import EngineState
from .version import Version, knows, parse_version
from .wanted import Wanted


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
    flags = rules.parse_flags(list(state.argv))
    version_text = version_of(state)
    version = parse_version(version_text) if version_text else None
    document, origin = read_document(state), Origin.of(state)
    asked, wanted = wanted, _giving_back(wanted, document, origin)
    candidate = _candidate(wanted, state, document, origin, flags, version)
    unknown: Tuple[str, ...] = ()
    warnings = _look_ups(wanted, state, candidate.new, version, check_mode)
    if asked.default_runtime != wanted.default_runtime:
        warnings.append(
            "runtimes[%s]: it was the default runtime by an earlier task; what was the default before is it again: %s" % (
                origin.default, effective_default(candidate.new, flags)))
    if state.journal:
        unknown = ("an interrupted run",)
        warnings.append("an earlier run was interrupted; the next run that may write mends that first")
    result = dict(
        config_path=state.config.path, action="none", restart_required=False, live=state.daemon is not None,
        validated=False, runtimes=loaded_names(candidate.new, flags),
        default_runtime=effective_default(candidate.new, flags), backup_file="", version=version_text or "")
    settled = Plan(result=result, warnings=tuple(warnings), unknown=unknown)
    if not candidate.edits and is_live(state) is not None and not candidate.differing:
        return settled
    from .change import change  # where there is nothing to do, nobody pays for it

    return change(settled, wanted, state, candidate)


class Candidate(NamedTuple):
    """The file as it is (old) and as it shall be (new, edited; final: its bytes, None for no file).

    edits: whether the two differ in anything. written: whether bytes do. removed: the entries that go.
    started: the features that the daemon has from its start, None where none runs; fresh: those that it would start with
    once the file is in place; differing: what only a restart would bring.
    """

    old: Dict[str, Any]
    new: Dict[str, Any]
    edited: Document
    edits: bool
    final: Optional[bytes]
    written: bool
    removed: Tuple[str, ...]
    origin: Optional[Dict[str, Any]]  # the note that goes with it
    started: Optional[Dict[str, Any]]
    fresh: Dict[str, Any]
    differing: Tuple[str, ...]
    flags: rules.Flags
    version: Optional[Version]


def _giving_back(wanted: Wanted, document: Document, origin: Origin) -> Wanted:
    """With the default that there was before us, where the one that we made it goes and nobody says what shall be it."""
    data = document.data
    entries = data.get(RUNTIMES) if isinstance(data.get(RUNTIMES), dict) else {}
    if wanted.default_runtime is not None or origin.default is None or data.get(DEFAULT) != origin.default:
        return wanted
    if not wanted.takes(origin.default, entries):
        return wanted
    was = origin.was
    stays = not wanted.takes(was, entries) and (was in entries or is_shim_name(was))
    return wanted._replace(default_runtime=was if stays else rules.RESERVED_NAME)


def _candidate(
    wanted: Wanted, state: EngineState, document: Document, origin: Origin, flags: rules.Flags, version: Optional[Version]
) -> Candidate:
    """Raises SlipwayError where the file cannot be edited, or would break a rule of the engine."""
    old = document.data
    try:
        _require_shapes(document)
        edited, made = _edit(document, old, wanted, origin.made, flags)
    except DocumentError as error:
        raise _broken(error, state)
    final = _final(document, edited, made, origin, state)
    edits = edited is not document
    new = edited.data if edits else old
    removed = tuple(name for name in old.get(RUNTIMES) or {} if name not in (new.get(RUNTIMES) or {}))
    default = effective_default(new, flags)
    # Its own runc stays a runtime of the engine, whatever entry of that name goes.
    if wanted.default_runtime is None and default != rules.RESERVED_NAME and wanted.takes(default, old.get(RUNTIMES) or {}):
        raise SlipwayError(
            "runtime_is_default", "runtimes[%s]: it is still the engine's default runtime; set default_runtime (to runc, or "
            "another) in the same task" % default, option="default_runtime", config_path=state.config.path)
    problems = rules.check_content(final or b"{}", version=version)
    problems += rules.check(new, version=version, flags=flags, owned=owned_options(wanted))
    problems += _unregistered_problems(wanted, version)
    refuse(problems, state)
    started, fresh = started_features(state, old, version), start_features(new, version)
    return Candidate(
        old=old, new=new, edited=edited, edits=edits, final=final, written=final != state.config.content,
        removed=removed, origin=_default_noted(origin, old, new).after(made, final, state), started=started, fresh=fresh,
        differing=() if started is None else differing_features(fresh, started, loaded_store(state.info)),
        flags=flags, version=version)


def _default_noted(origin: Origin, old: Dict[str, Any], new: Dict[str, Any]) -> Origin:
    return origin.with_default(old.get(DEFAULT) or "", new.get(DEFAULT) or "")


def _broken(error: DocumentError, state: EngineState) -> SlipwayError:
    return SlipwayError(
        "broken_config", "%s; nothing was changed. Mend the file first" % error, config_path=state.config.path,
        line=error.line, column=error.column)


def _require_shapes(document: Document) -> None:
    """Raises DocumentError: nothing can be edited in a file whose parts have the wrong shape."""
    data = document.data
    for key in (RUNTIMES, FEATURES):
        if data.get(key) is not None and not isinstance(data[key], dict):
            document.set((key, "any"), {})


def _edit(
    document: Document, data: Dict[str, Any], wanted: Wanted, made: FrozenSet[str], flags: rules.Flags
) -> Tuple[Document, FrozenSet[str]]:
    """The document as it shall be, and which of its keys are of our making. data: the document's. Raises DocumentError on
    a doubled key."""
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


def owned_options(wanted: Wanted) -> List[str]:
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


def refuse(problems: List[rules.Problem], state: EngineState) -> None:
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
        message = "%s: there is no executable program %s%s; %s" % (option, program, where, _mend(option, wanted))
        if not check_mode:
            raise SlipwayError(reason, message, option=option)
        warnings.append(message)
    return warnings


def _mend(option: str, wanted: Wanted) -> str:
    """What would help where a program is missing. Any name with a dot in it may be a shim's, to an engine."""
    if option == "default_runtime":
        return "'%s' stands for that where no runtime of this name is registered: register it, or install that first" % (
            wanted.default_runtime)
    if any(option == "runtimes[%s].shim" % one.name and not one.shim for one in wanted.runtimes):
        return "install it first; a runtime that is a program like runc is given by 'path'"
    return "install it first"


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
