# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What it takes to bring an engine of the Docker family to a change: how it learns it, what must not be disturbed, what
there is to show. Pure.

The planner asks here only where something has to be done.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from ...core.errors import SlipwayError
from ...core.json_document import Document, DocumentError, parse as parse_document
from ...core.plan import Plan, Step
from ...core.secrets import secrets_in
from ...core.snapshot import FileFacts
from . import rules
from .live import DEFAULT, FEATURES, IMAGE_STORE, RUNTIMES, is_live
from .plan import Candidate, owned_options, refuse
from .questions import EngineState
from .report import Loaded, is_verified
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


def change(settled: Plan, wanted: Wanted, state: EngineState, candidate: Candidate) -> Plan:
    """The plan where something has to be done or asked for. settled: what it would be if there were nothing.

    Raises SlipwayError for what must not be done.
    """
    title = wanted.place.engine.title
    unknown, warnings = list(settled.unknown), list(settled.warnings)
    _hold_users(wanted, state, candidate.removed, unknown)
    live = is_live(state)
    if live is None:
        live = is_verified(state, candidate.old, candidate.version)
        if live is None and state.info is None:
            unknown.append("what is loaded")
    restart = _restart(wanted, state, candidate, unknown)

    action = "none"
    if state.daemon is not None:
        action = "restart" if restart.now else "reload" if candidate.written or live is None else "none"
    content = candidate.final if candidate.final is not None else candidate.edited.content
    if action == "reload":
        loaded_before = candidate.old if live else None
        content = _teaching(candidate.edited, loaded_before, candidate.flags)
        # A deleted key keeps its old value, so the outcome of a reload may break a rule that the file does not.
        outcome = rules.after_reload(loaded_before or {}, parse_document(content, name=state.config.path).data)
        refuse(rules.check(outcome, version=candidate.version, flags={}, owned=owned_options(wanted)), state)
        forgotten = sorted(rules.flag_runtimes(candidate.flags))
        if forgotten and not state.record:
            warnings.append(
                "%s forgets the runtimes of its own --add-runtime flags at a reload (%s); register them here instead" % (
                    title, ", ".join(forgotten)))
    restart_required = restart.owed and not restart.now
    if restart_required:
        warnings.append("%s needs a restart before it has %s; %s" % (
            title, ", ".join("features[%s]" % name for name in candidate.differing),
            "'restart: never' leaves that to you" if wanted.restart == "never"
            else "it would stop: %s" % "; ".join(state.busy or ("not known",))))
    loaded = Loaded(
        runtimes=candidate.new.get(RUNTIMES) or {}, removed=candidate.removed, default=settled.result["default_runtime"],
        started=restart.started)
    before, after = _diff(
        wanted, candidate, making_live=action if live is None and not candidate.written else "")
    return Plan(
        steps=_steps(wanted, state, candidate, action, content, loaded), before=before, after=after,
        result=dict(
            settled.result, action=action, restart_required=restart_required,
            live=state.daemon is not None and not restart_required),
        warnings=tuple(warnings), unknown=tuple(unknown))


class _Restart(NamedTuple):
    """owed: this task wants a feature that only a restart brings. now: it is to be done. started: the features that the
    daemon has from its start, once the plan is carried out."""

    owed: bool
    now: bool
    started: Dict[str, Any]


def _restart(wanted: Wanted, state: EngineState, candidate: Candidate, unknown: List[str]) -> _Restart:
    """Whether a restart is owed, and done. Raises SlipwayError where it would hide images or containers."""
    # Somebody else's new feature is no reason of ours to restart, but would come with one.
    owed = any(name in wanted.features for name in candidate.differing)
    if owed and IMAGE_STORE in candidate.differing:
        _guard_image_store(wanted, state, unknown)
    now = owed and wanted.restart == "if_needed"
    if owed and wanted.restart == "if_idle":
        if state.busy is None:
            unknown.append(UNKNOWN_BUSY)
        now = not state.busy
    started = candidate.started
    return _Restart(owed=owed, now=now, started=candidate.fresh if now or started is None else started)


def _steps(
    wanted: Wanted, state: EngineState, candidate: Candidate, action: str, content: bytes, loaded: Loaded
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


def _teaching(edited: Document, loaded: Optional[Dict[str, Any]], flags: rules.Flags) -> bytes:
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
    wanted: Wanted, candidate: Candidate, *, making_live: str
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """What differs and is ours to show: the entries that were named; of others only that they go."""
    data, new = candidate.old, candidate.new
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
    for name in candidate.removed:
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
