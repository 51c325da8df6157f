# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What host_runtimes does on a host: the stages of its parts in one order, proof, and one way back.

Files come first, so that the engine finds what it is told of; what goes is taken away last, when the engine no longer
needs it. Each part keeps a journal of its own, so that a task about that part alone can mend it as well.
"""

import os
from typing import Any, Dict, List, Optional, Tuple

from ..binaries.effects import BinaryEffects
from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.receipts import folders
from ..core.subject import Effects
from ..core.transaction import as_slipway
from ..engines.docker.effects import EngineEffects
from ..engines.docker.questions import EngineState, engine_questions, read_engine
from ..engines.runtime_probe import prove, require
from ..packages.effects import PackageEffects
from . import claims as claims_of, plan as planner, requirements
from .claims import Claim, Claims, Effective
from .plan import Parts
from .subject import HostRuntimes
from .wanted import Wanted


class HostEffects(Effects):
    """The runtimes of one host and one engine, for one run."""

    def __init__(self, subject: HostRuntimes, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        self.packages = PackageEffects(wanted.packages)
        self.binaries = BinaryEffects(subject.binaries, wanted.binaries)
        self.engine = EngineEffects(wanted.engine)
        self.lib_dir = folders(wanted.place.scope)[1]
        self.journal_path = "%s/%s.host.journal" % (self.lib_dir, wanted.place.key)
        self.lock_paths = self.binaries.lock_paths + self.engine.lock_paths
        if wanted.place.scope != "user":
            self.lock_paths = self.packages.lock_paths + self.lock_paths
        self.run_key = "%d %d" % (os.getpid(), int(os.times()[4] * 1000))
        self.claims = Claims(Claim(wanted.claim_key))
        self.view: Optional[Effective] = None
        self.parts = Parts(Plan(), Plan(), None)
        self.proving: Tuple[str, ...] = ()
        self.probes: List[Dict[str, Any]] = []

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        wanted = self.wanted
        snapshot = host.ask(claims_of.questions(wanted.place) + requirements.questions(wanted.requirements))
        self.claims = claims_of.read(snapshot, wanted.claim_key)
        pruned = wanted.prune and "runtimes" in claims_of.prunable(wanted, self.claims)
        view = claims_of.effective(
            wanted, self.claims, planner.entries_of(self._engine_state()) if pruned else None)
        packages, binaries = self._installed(view, check_mode=check_mode)
        if view.wanted.speaks and planner.takes(binaries, packages):
            used = planner.used(view.wanted.engine, self._engine_state(), binaries, packages)
            if used:
                view = claims_of.sparing(view, used)
                packages, binaries = self._installed(view, check_mode=check_mode)
        self.view = view
        engine = None
        if view.wanted.speaks:
            moves = planner.moves_of(binaries, packages)
            self.engine.wanted = view.wanted.engine
            self.engine.view = lambda state: planner.moved(state, moves)
            self.engine.later = tuple(
                one.name for one in view.wanted.engine.runtimes
                if any(moves.brings(program) for program in (one.path, str(one.options.get("BinaryName") or ""))))
            shims = planner.shims_gone(binaries, packages)
            self.engine.with_users = bool(shims)
            engine = self.engine.plan(check_mode=check_mode)
            planner.hold_containers(view.wanted.engine, self.engine.state, shims)
        self.parts = Parts(packages, binaries, engine)
        self.proving = planner.to_prove(wanted, self.parts)
        return planner.plan(wanted, view, self.claims, self.parts, requirements.facts(snapshot), check_mode=check_mode)

    def _installed(self, view: Effective, *, check_mode: bool) -> Tuple[Plan, Plan]:
        """The plans of packages and of files."""
        self.packages.wanted = view.wanted.packages
        self.binaries.wanted = view.wanted.binaries
        packages = self.packages.plan(check_mode=check_mode) if view.wanted.packages.packages else Plan(
            result={"packages": []})
        binaries = self.binaries.plan(check_mode=check_mode) if view.wanted.binaries.binaries else Plan(
            result={"binaries": []})
        return packages, binaries

    def _engine_state(self) -> EngineState:
        """The engine, with its file."""
        place = self.wanted.place
        return read_engine(host.ask(engine_questions(place)), place)

    # -- check

    def check(self, plan: Plan) -> None:
        # The last of them stages files, and tidies up after itself where it fails.
        if self._acts(self.parts.engine):
            self.engine.check(self.parts.engine)
        if not self.parts.packages.empty:
            self.packages.check(self.parts.packages)
        if not self.parts.binaries.empty:
            self.binaries.check(self.parts.binaries)

    @staticmethod
    def _acts(part: Optional[Plan]) -> bool:
        return part is not None and not part.empty

    # -- the journals

    def journal(self, plan: Plan) -> Dict[str, Any]:
        facts: Dict[str, Any] = {"run": self.run_key, "claim": claims_of.encode(self._claim())}
        for name, effects, part in self._parts():
            if self._acts(part):
                facts[name] = effects.journal(part)
        return facts

    def _parts(self) -> List[Tuple[str, Effects, Optional[Plan]]]:
        """In the order of installing. Packages are root's, and so is their journal."""
        parts: List[Tuple[str, Effects, Optional[Plan]]] = [
            ("binaries", self.binaries, self.parts.binaries), ("engine", self.engine, self.parts.engine)]
        return parts if self.wanted.place.scope == "user" else [("packages", self.packages, self.parts.packages)] + parts

    def journals(self, facts: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
        own = {key: facts[key] for key in ("run", "stage", "claim") if key in facts}
        found = {self.journal_path: own}
        for name, effects, _part in self._parts():
            if not facts or name in facts:
                found[effects.journal_path] = dict(facts.get(name) or {}, run=facts.get("run"), stage=facts.get("stage"))
        return found

    def recover(self, journal: Dict[str, Any]) -> str:
        said = []
        finishing = journal.get("stage") == "settle"
        for _name, effects, _part in reversed(self._parts()):
            if not os.path.exists(effects.journal_path):
                continue
            own = host.read_object(effects.journal_path) or {}
            if finishing and own.get("run") == journal.get("run"):
                own["stage"] = "settle"
            said.append(effects.recover(own))
            host.remove(effects.journal_path)
        if finishing and journal.get("claim"):
            claim = claims_of.decode(journal["claim"])
            if claim is not None:
                self._keep(claim)
        return " ".join(said) or "An earlier run was interrupted before it changed anything."

    # -- forward

    def commit(self, plan: Plan) -> None:
        for effects, part in ((self.packages, self.parts.packages), (self.binaries, self.parts.binaries)):
            if not part.empty:
                effects.commit(part)
                effects.apply(part)
                effects.observe(part)
        if self._acts(self.parts.engine):
            self.engine.ask_later()
            self.engine.commit(self.parts.engine)

    def apply(self, plan: Plan) -> None:
        if self._acts(self.parts.engine):
            self.engine.apply(self.parts.engine)

    def observe(self, plan: Plan) -> None:
        if self._acts(self.parts.engine):
            self.engine.observe(self.parts.engine)
        self._prove()

    def withdraw(self, plan: Plan) -> None:
        for _name, effects, part in reversed(self._parts()):
            if part is not None and not part.empty:
                effects.withdraw(part)

    def settle(self, plan: Plan) -> Dict[str, Any]:
        result: Dict[str, Any] = {}
        if plan.empty:
            self._prove()
        if self.parts.engine is not None:
            result.update(self.engine.settle(self.parts.engine))
        self._keep(self._claim())
        # Those last that throw away what was there before: from there on nothing can be undone.
        if self.packages.wanted.packages:
            result.update(self.packages.settle(self.parts.packages))
        if self.binaries.wanted.binaries:
            result.update(self.binaries.settle(self.parts.binaries))
        host.remove_empty([self.lib_dir])  # where the last receipt went with the claim, and no journal was there
        result["probes"] = self.probes
        return result

    def _claim(self) -> Claim:
        added = (self.parts.engine.after if self.parts.engine is not None else {}).get(planner.RUNTIMES) or {}
        return claims_of.after(self.wanted, self.claims, added=added, used=self.view.used if self.view is not None else ())

    def _keep(self, claim: Claim) -> None:
        """Note a claim by its own key: what an interrupted run claimed may be another engine's."""
        folder = claims_of.folder(self.lib_dir)
        path = "%s/%s.json" % (folder, claim.key)
        if claim.empty:
            host.remove(path)
            host.remove_empty([folder, self.lib_dir])
            return
        content = claims_of.encode(claim).encode("ascii")
        if host.read(path) != content:
            host.keep(path, content, mode=0o644)

    def _prove(self) -> None:
        """Run a container under what this run touched. Raises SlipwayError where one was not run by its runtime."""
        if not self.proving:
            return
        place = self.wanted.place
        state = read_engine(host.ask(engine_questions(place)), place)
        if state.daemon is None:
            return  # nothing was started, and the result says so
        _names, self.probes = prove(state, self.proving, timeout=self.wanted.probe_timeout)
        require(self.probes, "proven", title=place.engine.title, facts={"probes": self.probes})

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        said, failed = [], []
        for _name, effects, part in reversed(self._parts()):
            if part is None or part.empty:
                continue
            try:
                said.append(effects.undo(part, stage))
            except (SlipwayError, OSError) as error:
                failed.append(as_slipway(error, "roll back").message)
        self._keep(self.claims.own)
        if failed:
            raise SlipwayError("not_undone", " ".join(failed))
        return " ".join(dict.fromkeys(said))
