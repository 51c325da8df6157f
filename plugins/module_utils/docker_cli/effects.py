# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker_cli does on a host.

check stages everything beside its place, under a journal of its own; commit swaps; apply writes the receipt; observe
asks the link itself; withdraw takes away what is wanted no more; settle throws away what was there before.
"""

import contextlib
import hashlib
import json
import os
from typing import Any, Dict, List, Optional, Tuple

from ..core import host, swap
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.reading import answers, require_readable
from ..core.subject import Effects, Subject
from ..core.swap import Unit
from . import plan as planner, proof, receipt as receipts, seen as reader
from .plan import Change
from .receipt import Receipt
from .wanted import Wanted


class Work:
    """What a run has to tell the next one if it is killed. All of it goes through JSON.

    receipt: its path. old, new: its line before and after, None for none. folders: that were made on the way. work:
    that hold staged and old things. units: to swap. going: the destinations that withdraw() is for. kept_new: what this
    run sets aside, and where. kept_gone: what it brings back. emptied: folders of ours that nothing of ours is in any
    more.
    """

    def __init__(self, facts: Optional[Dict[str, Any]] = None) -> None:
        facts = facts or {}
        self.receipt: str = facts.get("receipt", "")
        self.old: Optional[str] = facts.get("old")
        self.new: Optional[str] = facts.get("new")
        self.folders: List[str] = list(facts.get("folders", ()))
        self.work: List[str] = list(facts.get("work", ()))
        self.units = [Unit(*one) for one in facts.get("units", ())]
        self.going: List[str] = list(facts.get("going", ()))
        self.kept_new: List[Tuple[str, str]] = [(one[0], one[1]) for one in facts.get("kept_new", ())]
        self.kept_gone: List[str] = list(facts.get("kept_gone", ()))
        self.emptied: List[str] = list(facts.get("emptied", ()))

    def facts(self) -> Dict[str, Any]:
        """As JSON values."""
        return dict(self.__dict__, units=[list(one) for one in self.units])


class CliEffects(Effects):
    """The link of one host, for one run."""

    def __init__(self, subject: Subject, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        self.lib, run = folders(wanted.path)
        self.lock_paths = (os.path.join(run, receipts.LOCK),)
        self.journal_path = os.path.join(self.lib, receipts.JOURNAL)
        self.receipt_path = os.path.join(self.lib, receipts.RECEIPTS, receipts.name_of(wanted.path))
        self.kept = os.path.join(self.lib, receipts.KEPT)
        self.work = Work()
        self.token = "%s%d" % (hashlib.sha256(os.urandom(8)).hexdigest()[:8], os.getpid())
        self.seen: Any = None  # what the plan was made from
        self.finishing = False

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = answers(self.subject, self.wanted, check_mode=check_mode)
        require_readable(snapshot, who="root")
        self.seen = reader.read(snapshot, self.wanted)
        return planner.plan(self.wanted, self.seen)

    # -- check: everything but the swap

    def check(self, plan: Plan) -> None:
        if self.wanted.probe != "never":
            proof.caller(self.wanted.probe_user)
        changes = _changes(plan)
        self.work = Work({
            "receipt": self.receipt_path,
            "old": receipts.encode(self.seen.receipt) if self.seen.receipt is not None else None})
        staged = self._lay_out(changes)
        self._journal()
        try:
            for folder in self.work.folders:
                host.make_folders(folder, 0o755)
            for folder in self.work.work:
                host.make_folders(folder, 0o700)
            for change in changes:
                if change.path in staged:
                    self._stage(change, staged[change.path])
            self._note(changes)
        except BaseException:
            self._sweep(self.work)
            host.remove(self.journal_path)
            raise

    def _lay_out(self, changes: List[Change]) -> Dict[str, str]:
        """Choose where everything is staged, before any of it is made. Returns path -> where it is staged."""
        work = self.work
        staged: Dict[str, str] = {}
        for number, change in enumerate(changes):
            folder = os.path.dirname(change.path)
            if change.new is None and (change.aside or not os.path.isdir(folder)):
                continue  # it is somebody else's now, or gone with its folder
            place = os.path.join(folder, ".slipway-" + self.token)
            if place not in work.work:
                work.work.append(place)
            work.folders.extend(one for one in host.missing_folders(folder) if one not in work.folders)
            staged[change.path] = os.path.join(place, str(number))
            if change.new is None:
                work.going.append(change.path)
        return staged

    def _stage(self, change: Change, staged: str) -> None:
        there = change.seen.kind != "missing"
        new = staged
        if change.new is None:
            if change.kept and os.path.lexists(change.kept):
                swap.copy(change.kept, staged)
                self.work.kept_gone.append(change.kept)
            else:
                new = ""
        elif change.new.kind == "link":
            os.symlink(change.new.text, staged)
        else:
            host.replace(staged, change.new.text.encode("utf-8"), mode=0o755)
        if new or there:
            self.work.units.append(
                Unit(change.path, new, swap.inode_of(new) if new else 0, staged + ".old" if there else ""))

    def _note(self, changes: List[Change]) -> None:
        """Lay down what the receipt will say, and what will be set aside."""
        work, old = self.work, self.seen.receipt
        changed = {one.path: one for one in changes}
        placed = [one for one in (old.placed if old is not None else ()) if one.path not in changed]
        for change in changes:
            if change.new is None:
                continue
            kept = change.kept
            if change.aside:
                kept = os.path.join(self.kept, hashlib.sha256(
                    (change.path + self.token).encode("utf-8", "surrogateescape")).hexdigest()[:16])
                work.kept_new.append((change.path, kept))
            placed.append(change.new._replace(kept=kept))
        made = list(old.folders if old is not None else ()) + work.folders
        needed = [one for one in made if any(file.path.startswith(one + "/") for file in placed)]
        work.emptied = [one for one in made if one not in needed]
        if placed:
            work.new = receipts.encode(Receipt(
                path=self.wanted.path, provider=self.wanted.provider, placed=tuple(placed), program=self._program(),
                folders=tuple(dict.fromkeys(needed))))

    def _program(self) -> receipts.Program:
        return reader.program_of(self.seen, form=planner.form_of(self.wanted, self.seen))

    # -- the swap

    def journal(self, plan: Plan) -> Dict[str, Any]:
        return self.work.facts()

    def commit(self, plan: Plan) -> None:
        self._check_unchanged(plan)
        for path, kept in self.work.kept_new:
            host.make_folders(os.path.dirname(kept), 0o700)
            swap.copy(path, kept)
        for unit in self.work.units:
            if unit.dest not in self.work.going:
                swap.forward(unit)

    def _check_unchanged(self, plan: Plan) -> None:
        """Somebody else's edit since the plan was made is not overwritten."""
        paths = [one.path for one in _changes(plan)]
        now = reader.looked(host.ask(reader.look(paths)), paths)
        for one in _changes(plan):
            if now[one.path] != one.seen._replace(package=None):
                raise SlipwayError("changed_meanwhile", "%s was changed by somebody else during this run" % one.path)

    def apply(self, plan: Plan) -> None:
        if os.path.exists("/sys/fs/selinux/enforce"):
            for path in self.work.folders + [one.dest for one in self.work.units if one.dest not in self.work.going]:
                with contextlib.suppress(OSError):
                    host.run(["restorecon", path], seconds=10)
        _write(self.work.receipt, self.work.new)

    def observe(self, plan: Plan) -> None:
        wanted = self.wanted
        # lima does not run as root.
        if not wanted.present or wanted.lima and os.geteuid() == 0:
            return
        if wanted.require:
            self._ask_the_link()
        if wanted.probe != "never":
            proof.prove(wanted.path, user=wanted.probe_user)

    def _ask_the_link(self) -> None:
        """The program answered by its own name; not every one does by another."""
        path, seconds = self.wanted.path, reader.LIMA_SECONDS if self.wanted.lima else reader.SECONDS
        answer = host.run([path, "version"], seconds=seconds)
        if answer.code != 0:
            how = "did not end within %d s" % seconds if answer.code is None else "failed: %s" % answer.words[:300]
            raise SlipwayError(
                "not_observed", "the program answered, and by its new name '%s version' %s" % (path, how))

    def withdraw(self, plan: Plan) -> None:
        for unit in self.work.units:
            if unit.dest in self.work.going:
                swap.forward(unit)

    def settle(self, plan: Plan) -> Dict[str, Any]:
        if plan.empty:
            old = self.seen.receipt
            if old is not None and self.wanted.present and old.program != self._program():
                _write(self.receipt_path, receipts.encode(old._replace(program=self._program())))
            if self.wanted.present and self.wanted.probe == "always":
                proof.prove(self.wanted.path, user=self.wanted.probe_user)
            return {}
        self.finishing = True
        self._finish(self.work)
        with contextlib.suppress(SlipwayError):  # of what changed in this moment; the next run says it
            snapshot = host.ask(self.subject.questions(self.wanted, check_mode=False))
            return {"docker": self.subject.plan(self.wanted, snapshot, check_mode=False).result["docker"]}
        return {}

    def _finish(self, work: Work) -> None:
        """Throw away what was there before: the last thing, for from here on nothing can be undone."""
        for one in work.work + work.kept_gone:
            swap.remove(one)
        host.remove_empty(work.emptied)
        self._tidy()

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        if self.finishing:
            raise SlipwayError(
                "unfinished", "what was asked for is in place, and what was there before could not all be removed; the "
                "next run goes on with that")
        return self._back(self.work) or "Everything is as it was before."

    def recover(self, journal: Dict[str, Any]) -> str:
        work, stage = Work(journal), journal.get("stage", "journal")
        said = "An earlier run was interrupted at '%s'; " % stage
        if stage == "settle":
            self._finish(work)
            return said + "it was finished."
        left = self._back(work)
        but = "; but " + left.rstrip(".") if left else ""
        return said + "it was undone, and everything is as it was before it%s." % but

    def _back(self, work: Work) -> str:
        """Put everything back; says what could not be."""
        said = [one for one in (swap.back(unit) for unit in reversed(work.units)) if one]
        if work.receipt:
            host.remove_unfinished(work.receipt)
            _write(work.receipt, work.old)
        for _path, kept in work.kept_new:
            swap.remove(kept)
        self._sweep(work, keep=bool(said))
        return "; ".join(said) + "." if said else ""

    def _sweep(self, work: Work, *, keep: bool = False) -> None:
        """Remove what was staged, and the folders that were made for it. keep: there are old things that found no way
        back."""
        for one in work.work:
            if keep:
                for unit in work.units:
                    if unit.new:
                        swap.remove(unit.new)
                host.remove_empty([one])
            else:
                swap.remove(one)
        host.remove_empty(work.folders)
        self._tidy()

    def _tidy(self) -> None:
        """Leave no folder of ours empty."""
        host.remove_empty([self.kept, os.path.dirname(self.kept), os.path.join(self.lib, receipts.RECEIPTS)])

    def _journal(self) -> None:
        text = json.dumps(dict(self.work.facts(), stage="check"), sort_keys=True) + "\n"
        host.keep(self.journal_path, text.encode("utf-8"), mode=0o600)


def folders(path: str) -> Tuple[str, str]:
    """Where receipts and the journal of the link at path lie, and its lock; as the probe's own script finds them."""
    there = os.path.exists(os.path.join(receipts.LIB_DIR, receipts.RECEIPTS, receipts.name_of(path)))
    if os.geteuid() == 0 or there:
        return receipts.LIB_DIR, receipts.RUN_DIR
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.environ.get("HOME") or "/", ".local/state")
    lib = os.path.join(state, "slipway-runtimes")
    run = os.environ.get("XDG_RUNTIME_DIR") or "/run/user/%d" % os.getuid()
    return lib, os.path.join(run, "slipway-runtimes") if os.access(run, os.W_OK) else lib


def _changes(plan: Plan) -> List[Change]:
    return [step.detail for step in plan.steps if step.detail is not None]


def _write(path: str, line: Optional[str]) -> None:
    """The receipt's line; None removes it."""
    if line is None:
        host.remove(path)
        return
    content = line.encode("utf-8")
    if host.read(path) != content:
        host.keep(path, content, mode=0o644)
