# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done on a host for distribution packages.

check asks the package manager what would come and go, and downloads it; commit installs; apply writes the receipts;
observe looks for the programs; withdraw removes what nobody asks for any more, and leaves its configuration to settle.
"""

import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from ..core.reading import require_readable
from ..core.receipts import read_all, write_all
from ..core.subject import Effects
from . import foresight, plan as planner, receipt as receipts
from .calls import Calls, await_running
from .managers import Manager, manager_of
from .receipt import RECEIPTS, HostFound, Receipt, base
from .wanted import Wanted


class Work:
    """What a run has to tell the next one if it is killed. All of it goes through JSON.

    coming: what is new, by key. configured: what of it had left files of configuration. upgraded: what comes in another
    version. goes: what is removed, by key. kept: what of it keeps its configuration. pins: what brings back that of it
    which was asked for by name. new, old: receipts' lines by name, None for none.
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
        self.calls = Calls(Manager(""))
        self.finishing = False

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        self.found = self._read()
        return planner.plan(self.wanted, self.found)

    def _read(self) -> HostFound:
        snapshot = host.ask(receipts.questions(self.wanted))
        require_readable(snapshot, who="root")
        return receipts.read(snapshot, self.wanted)

    # -- check: what would come and go

    def check(self, plan: Plan) -> None:
        if os.geteuid() != 0:
            raise SlipwayError(
                "no_permission", "packages are installed and removed by root; run the task so (become: true)")
        self.work = Work({"family": self.found.family, "manager": self.found.manager})
        self.calls = Calls(manager_of(self.found.family, self.found.manager))
        staying = self._receipts(plan)
        installs = [step for step in plan.steps if step.action == "install"]
        if installs:
            self._check_arrival(installs, staying)
        removals = [step.detail.receipt for step in plan.steps if step.action == "remove"]
        if removals:
            self._check_departure(removals, staying)
        self._lay_out(staying)

    def _receipts(self, plan: Plan) -> Dict[str, Receipt]:
        """The receipts that there will be, by name, with what was brought until now."""
        going = [step.target for step in plan.steps if step.action == "remove"]
        found = {name: one for name, one in read_all(RECEIPTS, receipts.decode).items() if name not in going}
        for package in self.wanted.packages:
            old = found.pop(package.name, None)
            if package.present:
                new = Receipt(
                    name=package.name, family=self.found.family, packages=package.packages[self.found.family],
                    path=self.found.names[package.name].path)
                if old is not None and old.family == new.family:
                    new = new._replace(brought=old.brought, configured=old.configured)
                found[package.name] = new
            elif old is not None and old.brought:
                found[package.name] = old
        return found

    def _check_arrival(self, steps: Sequence[Step], staying: Dict[str, Receipt]) -> None:
        names = _missing(steps)
        coming = foresight.arrival(
            self.calls, names, option=steps[0].detail.package.option if len(steps) == 1 else "packages")
        states = self.calls.states(coming.new)
        self.work.coming = [key for key in coming.new if key not in states or states[key].configured]
        self.work.configured = [key for key in self.work.coming if key in states]
        self.work.upgraded = list(coming.upgraded)
        left = list(self.work.coming)
        for step in steps:
            mine = left
            if step is not steps[-1]:
                manager = self.calls.manager
                alone = manager.coming(self.calls.run(manager.simulate(step.detail.missing)).output).new
                mine = [key for key in left if key in alone]
            left = [key for key in left if key not in mine]
            staying[step.target] = _enriched(
                staying[step.target], mine, [key for key in mine if key in self.work.configured])

    def _check_departure(self, going: Sequence[Receipt], staying: Dict[str, Receipt]) -> None:
        going = [one for one in going if one.family == self.found.family]
        kept = [key for one in going for key in one.configured]
        departure = foresight.departure(self.calls, going, list(staying.values()))
        for name, keys in departure.heirs.items():
            staying[name] = _enriched(staying[name], keys, [key for key in keys if key in kept])
        states = self.calls.states(departure.own)
        self.work.goes = list(departure.own + departure.further)
        self.work.kept = [key for key in self.work.goes if key in kept]
        self.work.pins = {key: states[key].pin for key in departure.own if states[key].installed}

    def _lay_out(self, staying: Dict[str, Receipt]) -> None:
        now = {name: receipts.encode(one) for name, one in read_all(RECEIPTS, receipts.decode).items()}
        new = {name: receipts.encode(one) for name, one in staying.items()}
        names = [name for name in sorted(set(now) | set(new)) if now.get(name) != new.get(name)]
        self.work.new = {name: new.get(name) for name in names}
        self.work.old = {name: now.get(name) for name in names}

    # -- there

    def journal(self, plan: Plan) -> Dict[str, Any]:
        return self.work.facts()

    def commit(self, plan: Plan) -> None:
        names = _missing(plan.steps)
        trouble = self.calls.install(names) if names else ""
        if trouble:
            raise SlipwayError("install_failed", "packages: %s could not install %s: %s" % (
                self.calls.manager.program, ", ".join(names), trouble), option="packages")

    def apply(self, plan: Plan) -> None:
        found = self._read()
        for name, line in self.work.new.items():
            if line is not None and name in found.names:
                receipt = receipts.decode(line, name)._replace(path=found.names[name].path)
                self.work.new[name] = receipts.encode(receipt)
        write_all(RECEIPTS, self.work.new)

    def observe(self, plan: Plan) -> None:
        found = self._read()
        for step in plan.steps:
            package = step.detail.package
            if package.present and not found.names[package.name].settled:
                raise SlipwayError(
                    "program_missing", "%s.program: %s was installed, and %s is not there as an executable file; "
                    "correct it" % (package.option, ", ".join(step.detail.missing), package.program),
                    option=package.option + ".program")
        # What goes is told by what its receipt was.
        there = {one.name: found.names[one.name] for one in self.wanted.packages if one.present}
        self.found = found._replace(names=dict(self.found.names, **there))

    def withdraw(self, plan: Plan) -> None:
        trouble = self.calls.remove(self.work.goes)
        if trouble:
            raise SlipwayError("removal_failed", "packages: %s could not be removed: %s" % (
                ", ".join(base(key) for key in self.work.goes), trouble), option="packages")

    def settle(self, plan: Plan) -> Dict[str, Any]:
        self.finishing = True
        if plan.empty and plan.unknown:
            self._lay_out(self._receipts(plan))
            write_all(RECEIPTS, self.work.new)
        self._finish(self.work)
        actions = {one["name"]: one["action"] for one in plan.result["packages"]}
        return {"packages": [
            receipts.as_result(one, self.found, action=actions[one.name]) for one in self.wanted.packages]}

    def _finish(self, work: Work) -> None:
        """Throw away what was left to go back with."""
        states = self.calls.states(work.goes)
        trouble = self.calls.purge([key for key in work.goes if key not in work.kept and key in states])
        if trouble:
            raise SlipwayError("removal_failed", "packages: the configuration of %s could not be removed: %s" % (
                ", ".join(base(key) for key in work.goes), trouble), option="packages")

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
        if not work.family:
            return began + "it had done nothing yet."
        self.calls = Calls(manager_of(work.family, work.manager))
        await_running()
        if stage == "settle":
            write_all(RECEIPTS, work.new)
            self._finish(work)
            return began + "it was finished: %s." % ", ".join(sorted(work.new))
        self.calls.interrupted = True
        said, failed = self._back(work)
        if failed and self._remaining(work):
            raise SlipwayError("not_undone", began + "undoing it failed: " + " ".join(failed))
        # What went and cannot be had again is no reason to stop: the plan that follows may not even want it.
        return " ".join([began + "it was undone."] + said + failed)

    def _back(self, work: Work) -> Tuple[List[str], List[str]]:
        """Take away what came, and bring back what went; what has to be said of it, and what failed."""
        said: List[str] = []
        failed: List[str] = []
        there = self._remaining(work)
        if there:
            states = self.calls.states(there)
            trouble = self.calls.remove([key for key in there if states[key].installed]) or self.calls.purge(
                [key for key in there if key not in work.configured])
            if trouble:
                failed.append("%s could not be removed again: %s." % (", ".join(base(key) for key in there), trouble))
        trouble = self.calls.finish() if self.calls.interrupted else ""
        if trouble:
            said.append("Finishing what the package manager had begun failed: %s." % trouble)
        states = self.calls.states(list(work.pins))
        gone = [key for key in work.pins if key not in states or not states[key].installed]
        trouble = self.calls.install([work.pins[key] for key in gone]) if gone else ""
        if trouble:
            failed.append("%s could not be installed again: %s." % (", ".join(base(key) for key in gone), trouble))
        if work.upgraded:
            said.append("%s came in another version and stays so." % ", ".join(work.upgraded))
        write_all(RECEIPTS, work.old)
        return said, failed

    def _remaining(self, work: Work) -> List[str]:
        """What of that which came is there, whole or in part."""
        states = self.calls.states(work.coming)
        return [key for key in work.coming if key in states and (states[key].installed or key not in work.configured)]


def _missing(steps: Sequence[Step]) -> List[str]:
    """The packages to install, each once."""
    return list(dict.fromkeys(name for step in steps for name in step.detail.missing))


def _enriched(receipt: Receipt, brought: Sequence[str], configured: Sequence[str]) -> Receipt:
    """The receipt with more that is its own."""
    return receipt._replace(
        brought=tuple(dict.fromkeys(receipt.brought + tuple(brought))),
        configured=tuple(dict.fromkeys(receipt.configured + tuple(configured))))
