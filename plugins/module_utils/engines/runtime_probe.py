# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of runtime_probe: containers that prove which runtime ran them."""

import os
import time
from typing import Any, Dict, NamedTuple, Optional, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.subject import Effects, Subject
from .docker.plan import require_engine
from .docker.questions import EngineState, Place, engine_questions, read_engine
from .docker.wanted import parse_place
from .engine_runtimes import PLACE_SPEC

SPEC: Dict[str, Any] = dict(
    PLACE_SPEC,
    runtimes=dict(type="list", elements="str"),
    timeout=dict(type="int", default=30),
    platform=dict(type="str"),
    require=dict(type="str", choices=["proven", "ran", "none"], default="proven"),
)

# Which verdicts meet what is required of every runtime.
_MEETS = {"proven": ("proven",), "ran": ("proven", "unproven")}


class Wanted(NamedTuple):
    """runtimes: None stands for all that the engine has loaded. timeout: seconds for each."""

    place: Place
    runtimes: Optional[Tuple[str, ...]]
    timeout: int
    platform: str
    require: str


class RuntimeProbe(Subject):
    """Runs a container under each runtime. It has no quick way: a container is run on the host each time."""

    spec = SPEC
    reads_only = True

    def parse(self, params: Dict[str, Any]) -> Wanted:
        timeout = params.get("timeout", 30)
        if timeout < 1:
            raise SlipwayError("bad_timeout", "timeout: give at least 1 second", option="timeout")
        names = params.get("runtimes")
        return Wanted(
            place=parse_place(params), runtimes=None if names is None else tuple(dict.fromkeys(names)), timeout=timeout,
            platform=params.get("platform") or "", require=params.get("require") or "proven")

    def effects(self, wanted: Wanted) -> Effects:
        return _ProbeEffects(wanted)

    def diff_header(self, plan: Plan) -> Optional[str]:
        return None


class _ProbeEffects(Effects):
    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    def plan(self, *, check_mode: bool) -> Plan:
        # Only a run needs them: each import is paid for by every host.
        from ..probe.run import run_probe
        from .docker.api import ApiFailure, EngineApi
        from .docker.expect import expectations, names_in

        wanted = self.wanted
        state = read_engine(host.ask(engine_questions(wanted.place)), wanted.place)
        require_engine(state)
        title = wanted.place.engine.title
        if state.daemon is None:
            raise SlipwayError("engine_down", "%s does not run, so no container can; start it first" % title)
        api = EngineApi(state.socket)
        try:
            names = wanted.runtimes if wanted.runtimes is not None else names_in(api.get("/info"))
            expected = expectations(state, names)
            results = [] if check_mode else run_probe(
                api, expected, run_id="%x%x" % (os.getpid(), int(time.time() * 1000)), timeout=wanted.timeout,
                platform=wanted.platform or None)
        except ApiFailure as error:
            raise _unreachable(state, title, error)
        probes = [_plain(one._asdict()) for one in results]
        result: Dict[str, Any] = {"engine": wanted.place.engine.name, "runtimes": list(names), "probes": probes}
        unmet = [one for one in probes if one["verdict"] not in _MEETS.get(wanted.require, (one["verdict"],))]
        if unmet:
            said = "; ".join("%s: %s%s" % (
                one["runtime"], one["verdict"], " (%s)" % (one["error"] or one["actual"]) if one["error"] or one["actual"]
                else "") for one in unmet)
            raise SlipwayError(
                "runtime_%s" % unmet[0]["verdict"], "runtimes: not all of %s's runtimes were %s: %s" % (
                    title, wanted.require, said), option="runtimes", **result)
        return Plan(result=result)


def _unreachable(state: EngineState, title: str, error: Exception) -> SlipwayError:
    return SlipwayError(
        "engine_unreachable", "%s does not answer at %s: %s. 'socket' names another one" % (title, state.socket, error),
        option="socket")


def _plain(value: Dict[str, Any]) -> Dict[str, Any]:
    return {key: list(one) if isinstance(one, tuple) else one for key, one in value.items()}
