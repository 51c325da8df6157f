# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subject of docker_cli: podman or nerdctl under the name docker."""

from typing import Any, Dict, Optional, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from . import plan as planner, seen as reader
from .wanted import SPEC, Wanted, parse


class DockerCli(Subject):
    """Makes podman or nerdctl answer as docker, and lets go of it again."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return reader.questions(wanted)

    def follow_up(self, wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
        seen = reader.read(snapshot, wanted)
        return reader.follow_up(wanted, seen, owners=planner.in_the_way(wanted, seen))

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        return planner.plan(wanted, reader.read(snapshot, wanted))

    def effects(self, wanted: Wanted) -> Effects:
        from .effects import CliEffects  # only a host needs it

        return CliEffects(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return "docker by another name"
