# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of engine_runtimes: what is wanted of one engine at once, whatever its family."""

from typing import Any, Dict, Tuple

from ..core.plan import Plan
from ..core.snapshot import Question, Snapshot
from ..core.subject import Effects, Subject
from .docker import plan as docker_plan, questions as docker_questions
from .docker.wanted import Wanted, parse
from .runtime import RUNTIME_SPEC
from .table import NAMES

# Which engine of a host is meant: every module that is about one takes these.
PLACE_SPEC = dict(
    engine=dict(type="str", choices=list(NAMES), default="docker"),
    scope=dict(type="str", choices=["system", "user"], default="system"),
    config_path=dict(type="str"),
    socket=dict(type="str"),
    unit=dict(type="str"),
    cli=dict(type="str"),
)

# What is registered with one engine, and how.
REGISTRATION_SPEC = dict(
    runtimes=dict(type="list", elements="dict", options=RUNTIME_SPEC, default=[]),
    exclusive=dict(type="bool", default=False),
    default_runtime=dict(type="str"),
    features=dict(type="dict", default={}),
    image_store=dict(type="str", choices=["if_empty", "switch"], default="if_empty"),
    restart=dict(type="str", choices=["if_idle", "if_needed", "never"], default="if_idle"),
    wait_timeout=dict(type="int", default=60),
    backup=dict(type="bool", default=False),
)

SPEC = dict(PLACE_SPEC, force=dict(type="bool", default=False), **REGISTRATION_SPEC)


class EngineRuntimes(Subject):
    """Registers runtimes with an engine."""

    spec = SPEC

    def parse(self, params: Dict[str, Any]) -> Wanted:
        return parse(params)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        # In check mode the controller answers for good, so it asks the engine's CLI what the module would ask its API.
        return docker_questions.engine_questions(
            wanted.place, shims=wanted.shims, programs=wanted.programs, info=check_mode,
            users=check_mode and wanted.removes)

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        state = docker_questions.read_engine(
            snapshot, wanted.place, shims=wanted.shims, programs=wanted.programs)
        return docker_plan.plan(wanted, state, check_mode=check_mode)

    def effects(self, wanted: Wanted) -> Effects:
        from .docker.effects import EngineEffects  # only a host needs it

        return EngineEffects(wanted)
