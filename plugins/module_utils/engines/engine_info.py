# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of engine_info: what the engines of a host have, read in two round trips and never changed."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.reading import Reading
from ..core.snapshot import Question, Snapshot, part_question
from ..core.subject import Effects, Subject
from .docker import info as docker_info
from .docker.programs import path_question, program_questions, read_paths, read_programs
from .docker.questions import Place, engine_questions, read_engine
from .docker.wanted import parse_place
from .engine_runtimes import PLACE_SPEC
from .table import NAMES

SPEC: Dict[str, Any] = dict(PLACE_SPEC, engine=dict(type="str", choices=list(NAMES)))

_OVERRIDES = ("config_path", "socket", "unit", "cli")


class Wanted(NamedTuple):
    """Which engines are asked for. named: told even where it is not on the host."""

    places: Tuple[Place, ...]
    named: bool


class EngineInfo(Subject):
    """Tells what the engines of a host have."""

    spec = SPEC
    reads_only = True

    def parse(self, params: Dict[str, Any]) -> Wanted:
        if params.get("engine"):
            return Wanted((parse_place(params),), named=True)
        given = [option for option in _OVERRIDES if params.get(option)]
        if given:
            raise SlipwayError(
                "engine_missing", "%s: this is one engine's; say which by 'engine' (%s)" % (given[0], ", ".join(NAMES)),
                option=given[0])
        return Wanted(tuple(parse_place(dict(params, engine=name)) for name in NAMES), named=False)

    def questions(self, wanted: Wanted, *, check_mode: bool) -> Tuple[Question, ...]:
        return tuple(
            part_question(place.engine.name, engine_questions(place, info=True, users=True) + (path_question(),))
            for place in wanted.places)

    def follow_up(self, wanted: Wanted, snapshot: Snapshot) -> Tuple[Question, ...]:
        questions = []
        for place in wanted.places:
            part = snapshot.part(place.engine.name)
            state, paths = read_engine(part, place), read_paths(part)
            programs = docker_info.programs(docker_info.definitions(state, paths))
            if programs:
                questions.append(part_question(place.engine.name, program_questions(programs, paths)))
        return tuple(questions)

    def plan(self, wanted: Wanted, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        engines: List[Dict[str, Any]] = []
        for place in wanted.places:
            part = snapshot.part(place.engine.name)
            state, paths = read_engine(part, place), read_paths(part)
            if state.installed or wanted.named:
                programs = docker_info.programs(docker_info.definitions(state, paths))
                engines.append(docker_info.describe(state, paths, read_programs(part, programs), part))
        return Plan(result={"engines": engines})

    def effects(self, wanted: Wanted) -> Effects:
        return Reading(self, wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return None
