# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of host_runtimes: the plans of its parts, each in view of the others, become one. Pure."""

import posixpath
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..engines.docker import rules
from ..engines.docker.entries import normal
from ..engines.docker.live import effective_default
from ..engines.docker.plan import read_document
from ..engines.docker.questions import EngineState, Found
from ..engines.docker.wanted import Wanted as Registration
from ..engines.runtime import Runtime, is_shim_name, is_wasm_shim, shim_binary
from . import claims as claims_of, requirements
from .claims import Claims, Effective, Used
from .requirements import Facts
from .wanted import Wanted

RUNTIMES, IMAGE_STORE = "runtimes", "containerd-snapshotter"
_SHIM = "containerd-shim-"  # what the names of all shims begin with


class Moves(NamedTuple):
    """What the run puts in place and takes away, before the engine is told: paths of files and trees, and programs."""

    placed: Tuple[str, ...] = ()
    gone: Tuple[str, ...] = ()

    def brings(self, path: str) -> bool:
        """Whether a path is, or is below, what is put in place."""
        return _covers(self.placed, path)

    def takes(self, path: str) -> bool:
        """Whether a path is, or is below, what goes."""
        return _covers(self.gone, path) and not self.brings(path)


class Parts(NamedTuple):
    """The plans by part; None for one that nothing is wanted of."""

    packages: Plan
    binaries: Plan
    engine: Optional[Plan]


def moves_of(binaries: Plan, packages: Plan) -> Moves:
    """What two plans move."""
    placed: List[str] = []
    gone: List[str] = []
    for step in binaries.steps:
        placed.extend(file.dest for file in step.detail.binary.files)
        gone.extend(one.dest for one in step.detail.goes)
    for step in packages.steps:
        if step.action == "install":
            placed.append(step.detail.package.program)
        elif step.detail.receipt is not None:
            gone.append(step.detail.receipt.path)
    return Moves(tuple(placed), tuple(gone))


def moved(state: EngineState, moves: Moves) -> EngineState:
    """The engine's state with its programs and shims found where they will be once the files are in place."""
    return state._replace(found={name: _found(name, one, moves) for name, one in state.found.items()})


def _found(name: str, found: Found, moves: Moves) -> Found:
    if name.startswith("/"):
        if moves.brings(name):
            return Found(path=name, searched="", known=True)
        return found._replace(path="") if moves.takes(name) else found
    if found.path and not moves.takes(found.path):
        return found
    for dest in moves.placed:
        # A daemon that does not run has no PATH to look at.
        there = not found.known or posixpath.dirname(dest) in found.searched.split(":")
        if posixpath.basename(dest) == name and (there or "/" not in dest):
            return Found(path=dest, searched=found.searched, known=True)
    return found._replace(path="")


def takes(binaries: Plan, packages: Plan) -> bool:
    """Whether two plans take anything away."""
    return any(step.action == "remove" for step in binaries.steps + packages.steps)


def entries_of(state: EngineState) -> Dict[str, Any]:
    """The runtimes in an engine's file. Raises SlipwayError where the file is broken."""
    entries = read_document(state).data.get(RUNTIMES)
    return entries if isinstance(entries, dict) else {}


def used(registration: Registration, state: EngineState, binaries: Plan, packages: Plan) -> Used:
    """What two plans take away, and what stays of the engine's file still uses, with the option that it is under there:
    entries, and a default runtime that is a shim's full name.

    registration: what is wanted of the engine. Raises SlipwayError where its file is broken.
    """
    entries = entries_of(state)
    staying = {
        "runtimes[%s]" % name: _used_by(one) for name, one in entries.items()
        if name not in [runtime.name for runtime in registration.runtimes] and not registration.takes(name, entries)}
    default = registration.default_runtime or effective_default(
        read_document(state).data, rules.parse_flags(list(state.argv)))
    if _by_full_name(default, entries) and not registration.takes(default, entries):
        staying["default_runtime"] = [shim_binary(default)]
    found: Used = {}
    sets: Dict[str, List[str]] = {}
    going = [step for step in binaries.steps if step.action == "remove"]
    for step in going:
        users = _users([one.dest for one in step.detail.goes], staying)
        if users:
            found["binaries", step.target] = users
            sets.setdefault(step.detail.binary.set, []).extend(users)
    for step in going:
        users = sets.get(step.detail.binary.set) if step.detail.binary.set else None
        if users:
            found["binaries", step.target] = sorted(set(users))
    for step in packages.steps:
        if step.action == "remove":
            users = _users([step.detail.receipt.path], staying)
            if users:
                found["packages", step.target] = users
    return found


def shims_gone(binaries: Plan, packages: Plan) -> FrozenSet[str]:
    """The names of the shims that two plans take away: containers may ask for them without an entry."""
    moves = moves_of(binaries, packages)
    names = frozenset(posixpath.basename(path) for path in moves.gone) - frozenset(map(posixpath.basename, moves.placed))
    return frozenset(name for name in names if name.startswith(_SHIM))


def hold_containers(registration: Registration, state: EngineState, shims: FrozenSet[str]) -> Tuple[str, ...]:
    """Raises SlipwayError where containers use a shim that goes by its full name; where an entry goes, the engine's own
    planner does. shims: as shims_gone() has them. Returns what has to be known for that, and is not."""
    if not shims or registration.force or state.daemon is None:
        return ()
    if state.users is None:
        return ("the containers of what goes",)
    entries = entries_of(state)
    held = [one for one in state.users if _by_full_name(one.runtime, entries) and shim_binary(one.runtime) in shims]
    if held:
        raise SlipwayError(
            "runtime_in_use", "runtimes: these containers use what goes by its full name, and could not be started again: %s. "
            "Remove them first, or set 'force: true'" % ", ".join(sorted(
                "%s (%s)" % (one.name or one.container[:12], one.runtime) for one in held)),
            option="runtimes", containers=[one.container for one in held])
    return ()


def _by_full_name(runtime: Any, entries: Mapping[str, Any]) -> bool:
    """Whether a runtime is a shim that no entry names."""
    return isinstance(runtime, str) and is_shim_name(runtime) and runtime not in entries


def _users(paths: Sequence[str], staying: Dict[str, List[str]]) -> List[str]:
    return [
        option for option, words in sorted(staying.items())
        if any(_covers(paths, word) if word.startswith("/") else word in map(posixpath.basename, paths) for word in words)]


def _used_by(entry: Any) -> List[str]:
    """The paths, and the bare names of programs, that an entry of the engine's file names."""
    found = normal(entry)
    if not isinstance(found, dict):
        return []
    kind = found.get("runtimeType")
    options = found.get("options")
    words = [found.get("path"), shim_binary(kind) if isinstance(kind, str) and is_shim_name(kind) else kind]
    words.extend(options.values() if isinstance(options, dict) else ())
    return [word for word in words if isinstance(word, str) and word]


def _covers(paths: Sequence[str], path: str) -> bool:
    return any(path == one or path.startswith(one + "/") for one in paths)


def plan(
    wanted: Wanted, view: Effective, claims: Claims, parts: Parts, host: Facts, *, check_mode: bool
) -> Plan:
    """The one plan. Raises SlipwayError where the host lacks what a runtime needs."""
    engine = parts.engine
    if engine is not None:
        host = host._replace(engine=engine.result.get("version") or "", image_store=_store(wanted, engine))
    requirements.check(wanted.requirements, host)
    unknown = parts.packages.unknown + parts.binaries.unknown + (engine.unknown if engine is not None else ())
    if claims_of.after(wanted, claims, added=(), used=view.used) != claims.own:
        unknown += ("whose files these are",)
    result: Dict[str, Any] = dict(parts.packages.result, **parts.binaries.result)
    result.update(engine.result if engine is not None else {"action": "none", "restart_required": False})
    result.update(probes=[], kept=view.kept, pruned=view.pruned)
    if wanted.probe == "always" and not check_mode and to_prove(wanted, parts):
        unknown += ("whether they run",)
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    for name, part in (("packages", parts.packages), ("binaries", parts.binaries)):
        if part.before:
            before[name] = part.before
        if part.after:
            after[name] = part.after
    if engine is not None:
        before.update(engine.before)
        after.update(engine.after)
    return Plan(
        steps=parts.packages.steps + parts.binaries.steps + (engine.steps if engine is not None else ()),
        before=before, after=after, result=result,
        warnings=parts.packages.warnings + parts.binaries.warnings + (
            engine.warnings + _unproven(wanted, parts, engine) if engine is not None else ()),
        unknown=unknown)


def _unproven(wanted: Wanted, parts: Parts, engine: Plan) -> Tuple[str, ...]:
    """A word on what this run changes and does not prove."""
    title = wanted.place.engine.title
    if engine.result["live"] is False and not engine.result["restart_required"]:
        names = to_prove(wanted, parts)
        why = "%s does not run" % title
    else:
        names = tuple(sorted(_postponed(wanted, engine))) if engine.steps and wanted.probe != "never" else ()
        why = "%s needs a restart first" % title
    return ("%s: no container was run under %s, because %s" % (
        "probe", ", ".join(names), why),) if names else ()


def _store(wanted: Wanted, engine: Plan) -> Optional[bool]:
    """Whether the engine will have containerd's image store; None where nothing tells."""
    asked = wanted.engine.features.get(IMAGE_STORE)
    if asked is not None:
        return asked
    for step in engine.steps:
        started = getattr(step.detail, "started", None)
        if isinstance(started, dict) and IMAGE_STORE in started:
            return bool(started[IMAGE_STORE])
    return None


def to_prove(wanted: Wanted, parts: Parts) -> Tuple[str, ...]:
    """The names of the runtimes that a container is to be run under, in order."""
    if wanted.probe == "never":
        return ()
    present = [one for one in wanted.engine.runtimes if one.present]
    engine = parts.engine
    if wanted.probe == "always":
        names = [one.name for one in present]
    elif engine is not None and (engine.result["action"] == "restart" or "loaded" in engine.after):
        names = [one.name for one in present]  # the daemon, or all that it has loaded, is new
    else:
        entries: Set[str] = set((engine.after if engine is not None else {}).get(RUNTIMES) or {})
        moves = moves_of(parts.binaries, parts.packages)
        names = [one.name for one in present if one.name in entries or _touched(one, moves)]
    default = wanted.engine.default_runtime
    if default and engine is not None and "default-runtime" in engine.after and default not in names:
        names.append(default)
    later = _postponed(wanted, engine)
    return tuple(name for name in names if name not in later)


def _postponed(wanted: Wanted, engine: Optional[Plan]) -> Set[str]:
    """The names of the runtimes that cannot run before the engine's restart, which is left to the user."""
    if engine is None or not engine.result["restart_required"]:
        return set()
    return set(one.name for one in wanted.engine.runtimes if is_wasm_shim(one.shim_path or one.shim or one.name))


def _touched(runtime: Runtime, moves: Moves) -> bool:
    """Whether any of a runtime's files is put in place."""
    paths = [runtime.path, runtime.shim_path] + [one for one in runtime.options.values() if isinstance(one, str)]
    if any(path.startswith("/") and moves.brings(path) for path in paths):
        return True
    names = [runtime.path] if runtime.path else []
    if not runtime.path and not runtime.shim_path:
        names = [shim_binary(runtime.shim or runtime.name)]
    return any(posixpath.basename(dest) in names for dest in moves.placed)
