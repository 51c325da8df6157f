# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of runner_host: what is wanted against what is there. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from ..core.snapshot import FileFacts
from .address import VARIABLE, Fitted, Version, fit, parse_version, written
from .questions import Account, Receipt, State, UnitFacts
from .scopes import MANAGER, UNIT, WRITERS, Edit, Kept, Target, form_in, overriding, put, take, targets, value_in
from .wanted import Wanted


class Change(NamedTuple):
    """What becomes of one file. facts: as it was read. form: own, block or line. user: who writes it; None for the
    task's user."""

    facts: FileFacts
    content: Optional[bytes]
    form: str
    user: Optional[Account]


class _Draft:
    """A plan in the making."""

    def __init__(self, wanted: Wanted, state: State) -> None:
        self.wanted = wanted
        self.state = state
        self.steps: List[Step] = []
        self.before: Dict[str, Any] = {}
        self.after: Dict[str, Any] = {}
        self.warnings: List[str] = []
        self.seen_after: List[str] = []
        self.restart: List[str] = []
        self.kept: Dict[str, Kept] = dict(state.receipt.files)
        self.paths: List[str] = []

    @property
    def written(self) -> List[str]:
        return [step.target for step in self.steps if step.action in ("write", "remove")]

    def file(self, path: str, form: str, edit: Edit, user: str) -> None:
        """Take an edit over: a step where the file changes, and what the receipt knows of it."""
        facts = self.state.files[path]
        old = self.state.receipt.files.get(path)
        if edit.note:
            self.warnings.append(edit.note)
        if edit.kept is None:
            self.kept.pop(path, None)
        else:
            self.kept[path] = edit.kept
        if edit.content == facts.content:
            return
        change = Change(facts, edit.content, form, self.state.accounts[user] if user else None)
        self.steps.append(Step("write" if edit.content is not None else "remove", path, change))
        known = edit.kept or old
        self.seen_after.extend(_later_for(path, known.scope if known is not None else ""))
        before = value_in(facts.content, form, old)
        after = value_in(edit.content, form, edit.kept)
        if before:
            self.before[path] = before
        if after:
            self.after[path] = after


def plan(wanted: Wanted, state: State) -> Tuple[Plan, Receipt]:
    """The plan, and the receipt that shall be on the host when it has been carried out, without the folders that are
    made on the way. Raises SlipwayError for what cannot or must not be done."""
    draft = _Draft(wanted, state)
    version = cli_version(wanted, state)
    fitted = fit(wanted.address, version, translate=wanted.translate) if wanted.address is not None else None
    url = fitted.address.url if fitted is not None else ""
    _check_hosts(wanted, state)
    if fitted is None:
        _plan_absent(draft)
    else:
        draft.warnings.extend(fitted.warnings)
        _plan_present(draft, url)
    _plan_units(draft, url)
    _plan_manager(draft, url)
    _plan_users(draft)
    receipt = _receipt_after(wanted, state, draft.kept)
    unknown = []
    if receipt != state.receipt and not draft.steps:
        unknown.append("the receipt on the host is not up to date")
    if wanted.reachable:
        unknown.append("whether the engine answers")
    found = Plan(
        steps=tuple(draft.steps), before=draft.before, after=draft.after, warnings=tuple(dict.fromkeys(draft.warnings)),
        unknown=tuple(unknown), result=_result(draft, fitted, version))
    return found, receipt


def cli_version(wanted: Wanted, state: State) -> Optional[Version]:
    """The release of the CLI that will read the setting; None where it is not known."""
    if not wanted.ask_cli:
        return wanted.version
    if state.cli_answer is not None:
        return parse_version(state.cli_answer)
    if state.cli_stat and state.cli_stat == state.receipt.cli_stat:
        return parse_version(state.receipt.cli_version)
    return None


def _receipt_after(wanted: Wanted, state: State, kept: Dict[str, Kept]) -> Receipt:
    old = state.receipt
    # A folder that was made for a file that goes is the next one's who is in it.
    for path, one in old.files.items():
        heir = next((other for other in sorted(kept) if path not in kept and any(
            other.startswith(folder + "/") for folder in one.folders)), None)
        if heir is not None:
            inherited = tuple(folder for folder in one.folders if heir.startswith(folder + "/"))
            kept[heir] = kept[heir]._replace(folders=tuple(sorted(set(kept[heir].folders + inherited))))
    if not kept:
        return Receipt()
    if not wanted.ask_cli or not state.cli_stat:
        return old._replace(files=kept)
    version = cli_version(wanted, state)
    return Receipt(
        files=kept, cli_path=state.cli_path, cli_stat=state.cli_stat, cli_version=written(version) if version else "")


def _result(draft: _Draft, fitted: Optional[Fitted], version: Optional[Version]) -> Dict[str, Any]:
    return {
        "url": fitted.address.url if fitted is not None else None,
        "translated_from": (fitted.before or None) if fitted is not None else None,
        "cli_version": written(version) if version is not None else None,
        "files": draft.paths, "restart_required": bool(draft.restart), "restart_units": draft.restart,
        "seen_after": list(dict.fromkeys(draft.seen_after)),
    }


def _check_hosts(wanted: Wanted, state: State) -> None:
    for scope in wanted.scopes:
        if scope.user and scope.user not in state.accounts:
            raise SlipwayError("user_missing", "%s.user: this host has no user '%s'" % (scope.option, scope.user),
                               option=scope.option + ".user")
        for unit in scope.units:
            facts = state.units.get(unit)
            if facts is None and not unit.endswith("@.service"):
                raise SlipwayError(
                    "no_systemd", "%s.units: systemd does not answer on this host" % scope.option, option=scope.option)
            if wanted.present and facts is not None and facts.load == "not-found":
                raise SlipwayError(
                    "unit_missing", "%s.units: this host has no %s; install it first, or mend its name" % (
                        scope.option, unit), option=scope.option + ".units")
        if scope.kind == "manager" and not state.manager_runs:
            raise SlipwayError(
                "no_systemd", "%s: systemd does not answer on this host" % scope.option, option=scope.option)


def _plan_present(draft: _Draft, url: str) -> None:
    wanted, state = draft.wanted, draft.state
    for scope in wanted.scopes:
        home = state.accounts[scope.user].home if scope.user else None
        for target in targets(scope, state.shells, home):
            facts = state.files[target.path]
            _check_file(target, facts)
            kept = state.receipt.files.get(target.path)
            edit = put(target, url, facts.content, kept, replace=wanted.replace)
            draft.file(target.path, target.form, edit, target.user)
            draft.paths.append(target.path)
            draft.warnings.extend(
                "%s sets %s too, and is read after %s" % (other, VARIABLE, target.path)
                for other in overriding(target, state.others))


def _check_file(target: Target, facts: FileFacts) -> None:
    if facts.kind in ("other", "dangling"):
        raise SlipwayError("not_a_file", "%s: %s is %s" % (
            target.option, target.path, "no file" if facts.kind == "other" else "a link that leads nowhere"),
            option=target.option)


def _plan_absent(draft: _Draft) -> None:
    state = draft.state
    for path, facts in sorted(state.files.items()):
        kept = state.receipt.files.get(path)
        form = form_in(facts.content, kept)
        if not form:
            continue
        edit = take(path, facts.content, form, kept)
        draft.file(path, form, edit, kept.user if kept is not None else state.owners.get(path, ""))
        if path in draft.written:
            draft.paths.append(path)


def _later_for(path: str, scope: str) -> Tuple[str, ...]:
    if scope == "login" or scope.startswith("user "):
        return ("%s: sessions that are open keep what they have until they log in again" % scope,)
    if scope == "manager":
        return ("manager: services that run keep what they have until they are restarted",)
    return ("whoever reads %s sees it when it reads it anew" % path,) if scope == "file" else ()


# -- what has to be loaded, and who has to be started anew


def _plan_units(draft: _Draft, url: str) -> None:
    state = draft.state
    reload = False
    for unit, facts in sorted(state.units.items()):
        path = UNIT % unit
        if path not in state.files:
            continue
        changes = path in draft.written
        ours = _is_ours(state.files[path], facts.value)
        reload = reload or changes or bool(url) and facts.load == "loaded" and path not in facts.drop_ins
        if not url:
            if changes and _is_ours(state.files[path], facts.running):
                draft.restart.append(unit)
            continue
        overridden = _overridden(unit, facts, url, ours=ours or not changes and path not in facts.drop_ins)
        draft.warnings.extend(overridden)
        if facts.running is not None and facts.running != url and not overridden:
            draft.restart.append(unit)
    if not reload:
        reload = any(path.endswith("@.service.d/" + path.rpartition("/")[2]) for path in draft.written)
    if draft.restart:
        draft.warnings.append("%s run%s without this change until restarted" % (
            ", ".join(draft.restart), "s" if len(draft.restart) == 1 else ""))
    if reload:
        draft.steps.append(Step("reload", "systemd"))


def _is_ours(facts: FileFacts, value: Optional[str]) -> bool:
    """Whether the value comes from our drop-in as it stands."""
    return bool(value) and WRITERS["unit"](value or "").encode("utf-8", "replace") in (facts.content or b"")


def _overridden(unit: str, facts: UnitFacts, url: str, *, ours: bool) -> List[str]:
    if facts.file is not None and facts.file[1] != url:
        return ["%s, which %s reads by EnvironmentFile=, sets %s to something else, and that wins" % (
            facts.file[0], unit, VARIABLE)]
    if facts.value is not None and facts.value != url and not ours:
        return ["the configuration of %s sets %s to something else, and the drop-in whose name comes last wins" % (
            unit, VARIABLE)]
    return []


def _plan_manager(draft: _Draft, url: str) -> None:
    value = draft.state.manager_value
    if MANAGER not in draft.state.files:
        return
    if MANAGER not in draft.written:
        if not url or value == url:
            return
        if value is not None:
            draft.warnings.append(
                "systemd gives another value of %s to all services: a later file in system.conf.d or 'systemctl "
                "set-environment' sets it" % VARIABLE)
            return
    if Step("reload", "systemd") not in draft.steps:
        draft.steps.append(Step("reload", "systemd"))


def _plan_users(draft: _Draft) -> None:
    for name, account in sorted(draft.state.accounts.items()):
        changed = any("/environment.d/" in path and draft.state.owners.get(path) == name for path in draft.written)
        if changed and account.manager:
            draft.steps.append(Step("reload", "user " + name, account))
