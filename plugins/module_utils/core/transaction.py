# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction: lock, read, plan, check, commit, apply, observe, withdraw, settle; roll back, or recover what was
killed.

It knows no subject. What a stage does on the host is the subject's (Effects); in which order, what a failure leads to and
what is written down before each stage, so that a kill at any moment can be undone, is decided here and nowhere else.
"""

import contextlib
import errno
import functools
import json
import os
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

from . import host
from .errors import SlipwayError
from .plan import Plan
from .subject import Effects

# Another run at the same subject may take as long as a restart of an engine; twenty may be queued.
LOCK_SECONDS = 600


class Outcome(NamedTuple):
    """plan: what was done, or would be. result: further keys. warnings: what the user has to know, the plan's included."""

    plan: Plan
    result: Dict[str, Any]
    warnings: Tuple[str, ...]


def run(effects: Effects, *, check_mode: bool, reads_only: bool = False) -> Outcome:
    """One subject, from reading to the end. Raises SlipwayError with failed_stage and rolled_back.

    reads_only: the plan is all that there is.
    """
    if reads_only:
        plan = effects.plan(check_mode=check_mode)
        return Outcome(plan, {}, plan.warnings)
    if check_mode:
        plan = _staged("plan", lambda: effects.plan(check_mode=True))
        return Outcome(plan, {}, plan.warnings)
    with contextlib.ExitStack() as held:
        for path in effects.lock_paths:
            _staged("lock", functools.partial(_hold, held, path))
        return _locked(effects)


def _hold(held: contextlib.ExitStack, path: str) -> None:
    held.enter_context(host.lock(path, seconds=LOCK_SECONDS))


def _locked(effects: Effects) -> Outcome:
    recovered: List[str] = []
    journals = list(effects.journals({}))
    for path in journals:
        host.remove_unfinished(path)
    if any(os.path.exists(path) for path in journals):
        journal = host.read_object(effects.journal_path) or {}
        recovered.append(_staged("recover", lambda: effects.recover(journal)))
        _forget(effects)
    plan = _staged("plan", lambda: effects.plan(check_mode=False))
    if plan.empty:
        result = _staged("settle", lambda: effects.settle(plan))
    else:
        result = _carry_out(effects, plan)
    if recovered:
        result["recovered"] = recovered[0]
        result["changed"] = True
    return Outcome(plan, result, tuple(recovered) + plan.warnings)


def _carry_out(effects: Effects, plan: Plan) -> Dict[str, Any]:
    _staged("check", lambda: effects.check(plan))
    facts = effects.journal(plan)
    stage = "commit"
    try:
        result: Dict[str, Any] = {}
        for stage, act in (
            ("commit", effects.commit), ("apply", effects.apply), ("observe", effects.observe),
            ("withdraw", effects.withdraw), ("settle", effects.settle),
        ):
            _write_journal(effects, dict(facts, stage=stage))
            result = act(plan) or {}
        _forget(effects)
        return result
    except Exception as error:  # a fault of ours is no reason to leave a host half changed
        raise _roll_back(effects, plan, stage, as_slipway(error, stage))


def _roll_back(effects: Effects, plan: Plan, stage: str, error: SlipwayError) -> SlipwayError:
    facts = dict(error.facts)
    facts["failed_stage"] = stage
    try:
        now = effects.undo(plan, stage)
        facts["rolled_back"] = True
        _forget(effects)
    except (SlipwayError, OSError) as second:
        # The journal stays: the next run takes it up from here.
        facts["rolled_back"] = False
        now = "Rolling back failed too: %s" % as_slipway(second, "roll back").message
    return SlipwayError(error.reason, "%s. %s" % (error.message.rstrip(". "), now), option=error.option, **facts)


def as_slipway(error: Exception, stage: str) -> SlipwayError:
    """Any error, said as ours."""
    if isinstance(error, SlipwayError):
        return error
    if isinstance(error, OSError):
        place = ": %s" % error.filename if error.filename else ""
        if error.errno in (errno.EACCES, errno.EPERM):
            return SlipwayError("no_permission", "%s failed: %s%s; run the task as the engine's owner, root as a rule "
                                "(become: true)" % (stage, error.strerror, place))
        return SlipwayError("system_error", "%s failed: %s%s" % (stage, error.strerror or error, place))
    return SlipwayError("internal_error", "%s failed by a fault of this collection's (%s: %s); please report it" % (
        stage, type(error).__name__, error))


def _staged(stage: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (SlipwayError, OSError) as error:
        found = as_slipway(error, stage)
        found.facts.setdefault("failed_stage", stage)
        found.facts.setdefault("rolled_back", False)
        raise found


def _write_journal(effects: Effects, facts: Dict[str, Any]) -> None:
    for path, part in effects.journals(facts).items():
        text = json.dumps(part, sort_keys=True) + "\n"
        host.keep(path, text.encode("utf-8", "surrogateescape"), mode=0o600)


def _forget(effects: Effects) -> None:
    journals = list(effects.journals({}))
    for path in reversed(journals):
        host.remove(path)
    host.remove_empty(os.path.dirname(path) for path in journals)
