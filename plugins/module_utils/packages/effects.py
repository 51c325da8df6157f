# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done on a host for distribution packages.

check asks the package manager what would come and go, and downloads it; commit installs; apply writes the receipts;
observe looks for the programs; withdraw removes what nobody asks for any more.
"""

import contextlib
import os
import re
import time
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from ..core.subject import Effects
from . import plan as planner, receipt as receipts
from .managers import Argv, Coming, Manager, State, base, manager_of
from .receipt import RECEIPTS, HostFound, Receipt
from .wanted import Wanted

# A package manager outlives a run of ours that is killed. It holds this, so that the next run can wait for it.
RUNNING = "/run/slipway-runtimes/packages.running"

ASK_SECONDS = 300
INSTALL_SECONDS = 1800
# Another program at the package manager, unattended upgrades as a rule.
LOCKED_SECONDS = 120
_LOCKED = re.compile(
    r"Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock|is locked by another process|"
    r"lock was locked by another process|System management is locked|can't create transaction lock")
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class Work:
    """What a run has to tell the next one if it is killed. All of it goes through JSON.

    coming: what is new, by key. configured: what of it had left files of configuration. upgraded: what comes in another
    version. goes: what is removed, by key. kept: what of it keeps its configuration. pins: what brings that back which was
    asked for by name. new, old: receipts' lines by name, None for none.
    """

    def __init__(self, facts: Optional[Dict[str, Any]] = None) -> None:
        facts = facts or {}
        self.family: str = facts.get("family", "")
        self.manager: str = facts.get("manager", "")
        self.coming: List[str] = list(facts.get("coming", ()))
        self.configured: List[str] = list(facts.get("configured", ()))
        self.upgraded: List[str] = list(facts.get("upgraded", ()))
        self.goes: List[str] = list(facts.get("goes", ()))
        self.kept: List[str] = list(facts.get("kept", ()))
        self.pins: Dict[str, str] = dict(facts.get("pins", {}))
        self.new: Dict[str, Optional[str]] = dict(facts.get("new", {}))
        self.old: Dict[str, Optional[str]] = dict(facts.get("old", {}))

    def facts(self) -> Dict[str, Any]:
        """As JSON values."""
        return dict(self.__dict__)


class PackageEffects(Effects):
    """The packages of one host, for one run."""

    lock_paths = (receipts.LOCK,)
    journal_path = receipts.JOURNAL

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.found = HostFound("", "", {})
        self.work = Work()
        self.manager = Manager("")
        self.finishing = False
        self.interrupted = False

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        self.found = self._read()
        return planner.plan(self.wanted, self.found)

    def _read(self) -> HostFound:
        snapshot = host.ask(receipts.questions(self.wanted))
        unread = receipts.unread(snapshot)
        if unread:
            raise SlipwayError(
                "no_permission", "what is on the host cannot be read by this user (%s); run the task as root (become: true)"
                % "; ".join(unread))
        return receipts.read(snapshot, self.wanted)

    # -- check: what would come and go

    def check(self, plan: Plan) -> None:
        if os.geteuid() != 0:
            raise SlipwayError("no_permission", "packages are installed and removed by root; run the task so (become: true)")
        self.work = Work({"family": self.found.family, "manager": self.found.manager})
        self.manager = manager_of(self.found.family, self.found.manager)
        staying = self._receipts(plan)
        installs = [step for step in plan.steps if step.action == "install"]
        if installs:
            self._check_installation(installs, staying)
        self._check_removal(plan, staying)
        self._lay_out(plan, staying)

    def _receipts(self, plan: Plan) -> Dict[str, Receipt]:
        """The receipts that there will be, by name, with what was brought until now."""
        going = [step.target for step in plan.steps if step.action == "remove"]
        found = {name: one for name, one in _all_receipts().items() if name not in going}
        for package in self.wanted.packages:
            there = self.found.names[package.name]
            if package.present:
                old = found.get(package.name)
                same = old is not None and old.family == self.found.family
                found[package.name] = Receipt(
                    name=package.name, family=self.found.family, packages=package.packages[self.found.family],
                    path=there.path, brought=old.brought if same and old else (), configured=old.configured if same and old else ())
            elif package.name in found and not found[package.name].brought:
                del found[package.name]
        return found

    def _check_installation(self, steps: Sequence[Step], staying: Dict[str, Receipt]) -> None:
        names = list(dict.fromkeys(name for step in steps for name in step.detail.missing))
        option = steps[0].detail.package.option if len(steps) == 1 else "packages"
        try:
            coming = self._look(names, option=option)
        except SlipwayError as error:
            if error.reason not in ("no_candidate", "download_failed"):
                raise
            answer = self._run(self.manager.refresh(), seconds=ASK_SECONDS)
            try:
                coming = self._look(names, option=option)
            except SlipwayError as second:
                if answer.code == 0:
                    raise
                raise SlipwayError(
                    second.reason, "%s. Getting the lists of packages anew failed too: %s" % (
                        second.message.rstrip(". "), _quote(answer)), option=option)
        states = self._states(coming.new)
        self.work.coming = [key for key in coming.new if key not in states or states[key].configured]
        self.work.configured = [key for key in self.work.coming if key in states]
        self.work.upgraded = list(coming.upgraded)
        left = list(self.work.coming)
        for step in steps:
            # What one name alone would bring is its own; what is left comes with all of them together.
            alone = left if step is steps[-1] else self.manager.coming(
                self._run(self.manager.simulate(step.detail.missing), seconds=ASK_SECONDS).output).new
            mine = tuple(key for key in left if key in alone)
            left = [key for key in left if key not in mine]
            one = staying[step.target]
            staying[step.target] = one._replace(
                brought=tuple(dict.fromkeys(one.brought + mine)),
                configured=one.configured + tuple(key for key in mine if key in self.work.configured))

    def _look(self, names: Sequence[str], *, option: str) -> Coming:
        """What would come, downloaded. Raises SlipwayError where it cannot, or must not."""
        manager = self.manager
        answer = self._run(manager.simulate(names), seconds=ASK_SECONDS)
        coming = manager.coming(answer.output)
        bases = [base(key) for key in coming.new]
        absent = [name for name in names if name not in bases]
        if absent or not coming.new:
            raise SlipwayError("no_candidate", "%s.packages: %s cannot install %s from the sources of packages of this host: %s" % (
                option, manager.program, ", ".join(manager.unknown_in(answer.words, absent) or absent or names), _quote(answer)),
                option=option)
        lost = coming.removed + coming.downgraded
        if lost:
            raise SlipwayError(
                "would_remove", "%s.packages: to install %s, %s would remove or downgrade %s, which is not ours to decide; do that "
                "yourself, or take a release instead of a package" % (
                    option, ", ".join(names), manager.program, ", ".join(lost)), option=option, would_remove=list(lost))
        answer = self._run(manager.download(names), seconds=INSTALL_SECONDS)
        if answer.code is None or not manager.done(answer.code):
            raise SlipwayError("download_failed", "%s.packages: %s could not get %s: %s" % (
                option, manager.program, ", ".join(names), _quote(answer)), option=option)
        return coming

    def _check_removal(self, plan: Plan, staying: Dict[str, Receipt]) -> None:
        """Choose what goes: what was asked for by name has to, its dependencies where nobody needs them any more."""
        needed = {package: name for name, one in staying.items() for package in one.packages}
        own: List[str] = []
        further: List[str] = []
        for step in plan.steps:
            receipt: Optional[Receipt] = step.detail.receipt if step.action == "remove" else None
            for key in receipt.brought if receipt is not None and receipt.family == self.found.family else ():
                if base(key) in needed:
                    heir = staying[needed[base(key)]]
                    staying[heir.name] = heir._replace(brought=tuple(dict.fromkeys(heir.brought + (key,))))
                elif receipt is not None and base(key) in receipt.packages:
                    own.append(key)
                else:
                    further.append(key)
            self.work.kept.extend(receipt.configured if receipt is not None else ())
        states = self._states(own + further)
        own = [key for key in own if key in states]
        further = self._automatic([key for key in further if key in states])
        if own:
            self._check_needed(own)
        self.work.goes = own + self._removable(own, further)
        self.work.pins = {key: states[key].pin for key in own if states[key].installed}

    def _check_needed(self, own: Sequence[str]) -> None:
        answer = self._run(self.manager.try_removal(own), seconds=ASK_SECONDS)
        if answer.code != 0:
            names = sorted(set(self.manager.dependents(answer.words)))
            raise SlipwayError(
                "still_needed", "packages: %s cannot be removed: %s" % (
                    ", ".join(base(key) for key in own),
                    "needed by %s, which is not ours to remove" % ", ".join(names) if names else _quote(answer)),
                option="packages", needed_by=names)

    def _automatic(self, keys: Sequence[str]) -> List[str]:
        """Those that are still nothing but dependencies to the manager; none where it does not say."""
        if not keys:
            return []
        answer = self._run(self.manager.automatic(keys), seconds=ASK_SECONDS)
        return self.manager.automatic_in(answer.output, keys) if answer.code == 0 else []

    def _removable(self, own: Sequence[str], further: Sequence[str]) -> List[str]:
        """The dependencies that can go with the packages."""
        if not further or self._goes(list(own) + list(further)):
            return list(further)
        found: List[str] = []
        left = list(further)
        while left:  # one that depends on another goes before it, in whatever order they came
            free = [key for key in left if self._goes(list(own) + found + [key])]
            if not free:
                break
            found.append(free[0])
            left.remove(free[0])
        return found

    def _goes(self, keys: Sequence[str]) -> bool:
        return self._run(self.manager.try_removal(keys), seconds=ASK_SECONDS).code == 0

    def _lay_out(self, plan: Plan, staying: Dict[str, Receipt]) -> None:
        now = {name: receipts.encode(one) for name, one in _all_receipts().items()}
        new = {name: receipts.encode(one) for name, one in staying.items()}
        names = [name for name in sorted(set(now) | set(new)) if now.get(name) != new.get(name)]
        self.work.new = {name: new.get(name) for name in names}
        self.work.old = {name: now.get(name) for name in names}

    # -- there

    def journal(self, plan: Plan) -> Dict[str, Any]:
        return self.work.facts()

    def commit(self, plan: Plan) -> None:
        names = [name for step in plan.steps for name in step.detail.missing]
        if names:
            answer = self._run(self.manager.install(list(dict.fromkeys(names))), seconds=INSTALL_SECONDS)
            if answer.code is None or not self.manager.done(answer.code):
                raise SlipwayError("install_failed", "packages: %s could not install %s: %s" % (
                    self.manager.program, ", ".join(names), _quote(answer)), option="packages")

    def apply(self, plan: Plan) -> None:
        found = self._read()
        for name, line in self.work.new.items():
            if line is not None and name in found.names:
                self.work.new[name] = receipts.encode(receipts.decode(line, name)._replace(path=found.names[name].path))
        _write_receipts(self.work.new)

    def observe(self, plan: Plan) -> None:
        found = self._read()
        for step in plan.steps:
            package = step.detail.package
            if package.present and not found.names[package.name].settled:
                raise SlipwayError(
                    "program_missing", "%s.program: %s was installed, and %s is not there as an executable file; correct it" % (
                        package.option, ", ".join(step.detail.missing), package.program), option=package.option + ".program")
        self.found = found._replace(names=dict(self.found.names, **{
            one.name: found.names[one.name] for one in self.wanted.packages if one.present}))

    def withdraw(self, plan: Plan) -> None:
        if self.work.goes:
            trouble = self._remove(self.work.goes, self.work.kept)
            if trouble:
                raise SlipwayError("removal_failed", "packages: %s could not be removed: %s" % (
                    ", ".join(base(key) for key in self.work.goes), trouble), option="packages")

    def settle(self, plan: Plan) -> Dict[str, Any]:
        self.finishing = True
        if plan.empty and plan.unknown:
            self._lay_out(plan, self._receipts(plan))
            _write_receipts(self.work.new)
        _tidy()
        actions = {one["name"]: one["action"] for one in plan.result["packages"]}
        return {"packages": [
            receipts.as_result(one, self.found, action=actions[one.name])
            for one in self.wanted.packages]}

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        if self.finishing:
            raise SlipwayError("unfinished", "what was asked for is in place, and the next run goes on from there")
        said, failed = self._back(self.work)
        if failed:
            raise SlipwayError("not_undone", " ".join(said + failed))
        return " ".join(said) or "Everything is as it was before."

    def recover(self, journal: Dict[str, Any]) -> str:
        work, stage = Work(journal), journal.get("stage", "journal")
        began = "An earlier run was interrupted at '%s'; " % stage
        if stage == "settle":
            _write_receipts(work.new)
            _tidy()
            return began + "it was finished: %s." % ", ".join(sorted(work.new))
        if not work.family:
            return began + "it had done nothing yet."
        self.manager = manager_of(work.family, work.manager)
        with host.lock(RUNNING, seconds=INSTALL_SECONDS):
            pass
        self.interrupted = True
        said, failed = self._back(work)
        if failed and self._remaining(work):
            raise SlipwayError("not_undone", began + "undoing it failed: " + " ".join(failed))
        return (began + "it was undone. " + " ".join(said + failed)).strip()

    def _back(self, work: Work) -> Tuple[List[str], List[str]]:
        """Take away what came, and bring back what went; what has to be said of it, and what failed."""
        said: List[str] = []
        failed: List[str] = []
        there = self._remaining(work)
        if there:
            trouble = self._remove(there, work.configured)
            if trouble:
                failed.append("%s could not be removed again: %s." % (", ".join(base(key) for key in there), trouble))
        for argv in self.manager.finish if self.interrupted else ():
            answer = self._run(argv, seconds=INSTALL_SECONDS)
            if answer.code != 0:
                said.append("'%s' ended with an error: %s." % (" ".join(argv), _quote(answer)))
        states = self._states(list(work.pins))
        gone = [key for key in work.pins if key not in states or not states[key].installed]
        if gone:
            answer = self._run(self.manager.install([work.pins[key] for key in gone]), seconds=INSTALL_SECONDS)
            if answer.code is None or not self.manager.done(answer.code):
                failed.append("%s could not be installed again: %s." % (", ".join(base(key) for key in gone), _quote(answer)))
        if work.upgraded:
            said.append("%s came in another version and stays so." % ", ".join(work.upgraded))
        _write_receipts(work.old)
        _tidy()
        return said, failed

    def _remaining(self, work: Work) -> List[str]:
        """What of that which came is there, whole or in part."""
        states = self._states(work.coming)
        return [key for key in work.coming if key in states and (states[key].installed or key not in work.configured)]

    # -- the package manager

    def _states(self, keys: Sequence[str]) -> Dict[str, State]:
        if not keys:
            return {}
        return self.manager.states(self._run(self.manager.query(keys), seconds=ASK_SECONDS).output)

    def _remove(self, keys: Sequence[str], configured: Sequence[str]) -> str:
        """Remove exactly these; says what was in the way, else ''."""
        for argv in self.manager.remove(keys, configured):
            answer = self._run(argv, seconds=INSTALL_SECONDS)
            if answer.code != 0:
                return _quote(answer)
        return ""

    def _run(self, argv: Argv, *, seconds: float) -> host.Answer:
        """Call the manager; where another program holds its lock, wait for that."""
        environment = host.clean_environment()
        environment.update({name: os.environ[name] for name in _PROXIES if name in os.environ})
        environment.update(self.manager.environment)
        os.makedirs(os.path.dirname(RUNNING), mode=0o755, exist_ok=True)
        end = time.monotonic() + LOCKED_SECONDS
        while True:
            answer = host.run(("flock", RUNNING) + tuple(argv), seconds=seconds, environment=environment)
            self.interrupted = self.interrupted or answer.code is None
            if answer.code == 0 or not _LOCKED.search(answer.words):
                return answer
            if time.monotonic() > end:
                raise SlipwayError("manager_locked", "another program has held the package manager for more than %d s: %s" % (
                    LOCKED_SECONDS, _quote(answer)))
            time.sleep(1)


def _quote(answer: host.Answer) -> str:
    """The end of what a manager said, without passwords in addresses."""
    if answer.code is None:
        return "it did not end in time"
    words = re.sub(r"://[^/@\s]+@", "://***@", answer.error.strip() or answer.output)
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("debconf:", "(Reading"))]
    text = " / ".join(lines)
    return text if len(text) <= 1000 else "... " + text[-1000:]


def _all_receipts() -> Dict[str, Receipt]:
    """Every receipt of the host that can be read, by name."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted(os.listdir(RECEIPTS)):
            if entry.endswith(".json") and not entry.startswith("."):
                raw = host.read(os.path.join(RECEIPTS, entry)) or b""
                with contextlib.suppress(SlipwayError):
                    found[entry[:-5]] = receipts.decode(raw.decode("utf-8", "surrogateescape"), entry[:-5])
    return found


def _write_receipts(lines: Dict[str, Optional[str]]) -> None:
    for name, line in lines.items():
        path = receipts.receipt_path(name)
        host.remove_unfinished(path)
        if line is None:
            host.remove(path)
        else:
            os.makedirs(RECEIPTS, mode=0o755, exist_ok=True)
            host.replace(path, line.encode("utf-8", "surrogateescape"), mode=0o644)


def _tidy() -> None:
    with contextlib.suppress(OSError):
        os.rmdir(RECEIPTS)
