# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subject of distribution packages that bring a runtime's program: a part of host_runtimes, no module itself."""

from typing import Any, Dict, Optional, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from . import plan as planner, receipt
from .wanted import SPEC, Wanted, parse


class RuntimePackages(Subject):
    """Installs packages by the host's own package manager, and takes away what it brought."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return receipt.questions(wanted)

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        return planner.plan(wanted, receipt.read(snapshot, wanted))

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import PackageEffects  # only a host needs it

        return PackageEffects(wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "runtime packages"
