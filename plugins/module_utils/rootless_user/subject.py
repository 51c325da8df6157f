# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subject of rootless_user: what a user needs of a host to run containers without root."""

from typing import Any, Dict, Optional, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from . import plan as planner, seen as reader
from .wanted import SPEC, Wanted, parse


class RootlessUser(Subject):
    """Gives a user what rootless containers need, and takes it back."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return reader.questions(wanted)

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        return planner.plan(wanted, reader.read(snapshot, wanted))[0]

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import UserEffects  # only a host needs it

        return UserEffects(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "what %s needs to run containers" % plan.result["user"]
