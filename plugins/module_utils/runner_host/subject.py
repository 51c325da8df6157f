# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subject of runner_host: which engine Dagger's CLI uses, for whoever runs it on a host."""

from typing import Any, Dict, Optional, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from . import plan as planner, questions as asked
from .wanted import SPEC, Wanted, parse


class RunnerHost(Subject):
    """Sets the runner host for login shells, services and files, and takes it away."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return asked.questions(wanted)

    def follow_up(self, wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
        return asked.more_questions(wanted, snapshot)

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        return planner.plan(wanted, asked.read(snapshot, wanted))[0]

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import RunnerEffects  # only a host needs it

        return RunnerEffects(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "runner host"
