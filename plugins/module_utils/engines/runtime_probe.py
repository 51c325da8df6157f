# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The subject of runtime_probe: containers that prove which runtime ran them."""

import os
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

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
        wanted = self.wanted
        state = read_engine(host.ask(engine_questions(wanted.place)), wanted.place)
        names, probes = prove(
            state, wanted.runtimes, timeout=wanted.timeout, platform=wanted.platform, run=not check_mode)
        result: Dict[str, Any] = {"engine": wanted.place.engine.name, "runtimes": list(names), "probes": probes}
        require(probes, wanted.require, title=wanted.place.engine.title, facts=result)
        return Plan(result=result)


def prove(
    state: EngineState, runtimes: Optional[Sequence[str]], *, timeout: int, platform: str = "", run: bool = True
) -> Tuple[Sequence[str], List[Dict[str, Any]]]:
    """Run a container under each runtime; None stands for all that the engine has loaded.

    timeout: seconds for each. Returns the names and a result for each, as runtime_probe returns it; none without run.
    Raises SlipwayError where no container can run at all.
    """
    # Only a run needs them: each import is paid for by every host.
    from ..probe.run import run_probe
    from .docker.api import ApiFailure, EngineApi
    from .docker.expect import expectations, names_in

    require_engine(state)
    title = state.place.engine.title
    if state.daemon is None:
        raise SlipwayError("engine_down", "%s does not run, so no container can; start it first" % title)
    api = EngineApi(state.socket)
    try:
        names = runtimes if runtimes is not None else names_in(api.get("/info"))
        expected = expectations(state, names)
        results = run_probe(
            api, expected, run_id="%x%x" % (os.getpid(), int(time.time() * 1000)), timeout=timeout,
            platform=platform or None) if run else []
    except ApiFailure as error:
        raise _unreachable(state, title, error)
    return names, [_plain(one._asdict()) for one in results]


def require(probes: Sequence[Dict[str, Any]], wanted: str, *, title: str, facts: Dict[str, Any]) -> None:
    """Raises SlipwayError where a probe's result does not meet what is wanted of it: proven, ran or none.

    title: the engine's. facts: further result keys of the failure.
    """
    unmet = [one for one in probes if one["verdict"] not in _MEETS.get(wanted, (one["verdict"],))]
    if unmet:
        said = "; ".join("%s: %s%s" % (
            one["runtime"], one["verdict"], " (%s)" % (one["error"] or one["actual"]) if one["error"] or one["actual"]
            else "") for one in unmet)
        raise SlipwayError(
            "runtime_%s" % unmet[0]["verdict"], "runtimes: not all of %s's runtimes were %s: %s" % (title, wanted, said),
            option="runtimes", **facts)


def _unreachable(state: EngineState, title: str, error: Exception) -> SlipwayError:
    return SlipwayError(
        "engine_unreachable", "%s does not answer at %s: %s. 'socket' names another one" % (title, state.socket, error),
        option="socket")


def _plain(value: Dict[str, Any]) -> Dict[str, Any]:
    return {key: list(one) if isinstance(one, tuple) else one for key, one in value.items()}
