# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of host_runtimes: files, registration and proof of the runtimes of one host, in one transaction."""

from typing import Any, Dict, Optional, Tuple

from ..binaries import plan as binaries_plan, receipt as binaries_receipt
from ..binaries.subject import RuntimeBinary
from ..binaries.wanted import for_machine
from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot, part_question
from ..core.subject import Effects, Subject
from ..engines.docker import plan as engine_plan, questions as engine_questions
from ..engines.engine_runtimes import EngineRuntimes
from ..packages import plan as packages_plan, receipt as packages_receipt
from ..packages.subject import RuntimePackages
from . import claims as claims_of, plan as planner, requirements
from .claims import Effective
from .plan import Parts
from .wanted import SPEC, Wanted, parse


class HostRuntimes(Subject):
    """Puts runtimes in place, registers them and proves them; keeps them so; takes them away."""

    spec = SPEC
    binaries = RuntimeBinary()
    packages = RuntimePackages()
    engine = EngineRuntimes()

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        found = claims_of.questions(wanted.place) + requirements.questions(wanted.requirements)
        if wanted.binaries.binaries:
            found += (part_question("bin", self.binaries.questions(wanted.binaries, check_mode=check_mode)),)
        if wanted.packages.packages:
            found += (part_question("pkg", self.packages.questions(wanted.packages, check_mode=check_mode)),)
        if wanted.speaks:
            found += (part_question("eng", self.engine.questions(wanted.engine, check_mode=check_mode)),)
        return found

    def follow_up(self, wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
        more = self.binaries.follow_up(wanted.binaries, snapshot.part("bin"))
        return (part_question("bin", more),) if more else ()

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        claims = claims_of.read(snapshot, wanted.claim_key)
        view = claims_of.effective(wanted, claims)
        binaries, packages = self._installed(wanted, view, snapshot)
        engine = None
        unknown: Tuple[str, ...] = ()
        if wanted.speaks:
            state = engine_questions.read_engine(
                snapshot.part("eng"), wanted.place, shims=wanted.engine.shims, programs=wanted.engine.programs)
            if planner.takes(binaries, packages):
                used = planner.used(wanted.engine, state, binaries, packages)
                view = claims_of.sparing(view, used)
                binaries, packages = self._installed(wanted, view, snapshot)
                unknown = planner.hold_containers(wanted.engine, state, planner.shims_gone(binaries, packages))
            state = planner.moved(state, planner.moves_of(binaries, packages))
            engine = engine_plan.plan(wanted.engine, state, check_mode=check_mode)
        plan = planner.plan(
            wanted, view, claims, Parts(packages, binaries, engine), requirements.facts(snapshot), check_mode=check_mode)
        if wanted.prune and claims_of.prunable(wanted, claims):
            unknown += ("what is to be pruned",)
        return plan._replace(unknown=plan.unknown + unknown) if unknown else plan

    def _installed(self, wanted: Wanted, view: Effective, snapshot: Snapshot) -> Tuple[Plan, Plan]:
        """The plans of files and of packages."""
        answers = snapshot.part("bin")
        binaries = binaries_plan.plan(
            for_machine(view.wanted.binaries, binaries_receipt.machine_of(answers)),
            self.binaries.found(wanted.binaries, answers)) if wanted.binaries.binaries else Plan(result={"binaries": []})
        packages = packages_plan.plan(
            view.wanted.packages, packages_receipt.read(snapshot.part("pkg"), wanted.packages))
        return binaries, packages

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import HostEffects  # only a host needs it

        return HostEffects(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "host runtimes"
