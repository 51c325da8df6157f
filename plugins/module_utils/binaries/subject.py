# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subject of runtime_binary: the files of runtimes, from their sources to their places and away again."""

from typing import Any, Dict, Optional, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from . import plan as planner, receipt
from .wanted import SPEC, Wanted, for_machine, parse

# What the receipts named is asked in a second script, under names of its own.
MORE = "more"


class RuntimeBinary(Subject):
    """Puts the files of runtimes in place and takes them away."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return receipt.questions(
            receipt.first_asked(wanted), digest=wanted.digest, scope=wanted.scope, machine=wanted.by_machine)

    def follow_up(self, wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
        found = receipt.read(snapshot, receipt.first_asked(wanted))
        more = receipt.more_asked(wanted, found)
        return receipt.questions(more, digest=wanted.digest, scope=wanted.scope, prefix=MORE) if more else ()

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        wanted = for_machine(wanted, receipt.machine_of(snapshot))
        return planner.plan(wanted, self.found(wanted, snapshot))

    def found(self, wanted: Wanted, snapshot: Snapshot) -> Dict[str, receipt.Found]:
        """What the snapshot says of each name. Raises SlipwayError on a receipt that is none."""
        found = receipt.read(snapshot, receipt.first_asked(wanted))
        more = receipt.more_asked(wanted, found)
        return receipt.joined(found, receipt.read(snapshot, more, prefix=MORE)) if more else found

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import BinaryEffects  # only a host needs it

        return BinaryEffects(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "runtime binaries"
