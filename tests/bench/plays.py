# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured of this collection: each way of asking, or of doing, the same job, as one play. Pure."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence

from plugins.module_utils.core.snapshot import script
from plugins.module_utils.engines.engine_runtimes import SPEC, EngineRuntimes
from stock import AUTHORITY, HOME, MIRROR, Stock

NONCE = "bench"

EMPTY, PING, RAW = "empty", "ping", "raw"
RUNTIMES, SHIPPED, INFO = "engine_runtimes", "engine_runtimes, shipped", "engine_info"
DOCKER_CLI, RUNNER_HOST, ROOTLESS_USER = "docker_cli", "runner_host", "rootless_user"
# What engine_runtimes promises of nothing to do, these do too.
ALONE = (DOCKER_CLI, RUNNER_HOST, ROOTLESS_USER)
THREE, FOUR = "role, three runtimes", "role, four runtimes"
# The least that any role with such argument specs costs.
FLOOR = "role of one raw task"
ADD, REMOVE = "add", "remove"
# The runtime that comes and goes where a change is measured.
EXTRA = {"name": "slipway-bench", "path": "/usr/bin/crun"}


class Variant(NamedTuple):
    """One play against all hosts. facts: the subsets that it gathers; files: what lies beside the playbook, by name."""

    name: str
    tasks: Sequence[Dict[str, Any]]
    variables: Dict[str, Any] = {}
    handlers: Sequence[Dict[str, Any]] = ()
    roles: Sequence[str] = ()
    facts: Sequence[str] = ()
    files: Mapping[str, str] = {}

    def book(self) -> str:
        """The playbook: YAML, because JSON has no word for a string that is no template."""
        play: Dict[str, Any] = {
            "hosts": "all", "gather_facts": bool(self.facts), "vars": self.variables, "roles": list(self.roles),
            "tasks": list(self.tasks), "handlers": list(self.handlers)}
        if self.facts:
            play["gather_subset"] = list(self.facts)
        return _yaml([play])


class Unsafe(str):
    """A string that Ansible must not take for a template."""


def _yaml(value: Any) -> str:
    if isinstance(value, Unsafe):
        return "!unsafe " + json.dumps(value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join(f"{json.dumps(key)}: {_yaml(one)}" for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(_yaml(one) for one in value)
    return json.dumps(value)


def probe(runtimes: Sequence[Dict[str, Any]]) -> str:
    """The script that engine_runtimes sends for these runtimes, and nothing else wanted."""
    defaults = {name: option.get("default") for name, option in SPEC.items()}
    inner = {name: option.get("default") for name, option in SPEC["runtimes"]["options"].items()}
    params = dict(defaults, runtimes=[dict(inner, **one) for one in runtimes])
    subject = EngineRuntimes()
    return script(subject.questions(subject.parse(params), check_mode=False), nonce=NONCE)


def variants(runtimes: Sequence[Dict[str, Any]], *, probe: str) -> List[Variant]:
    """The yardsticks `empty` and `ping`, and plays of modules that have nothing to do.

    `runtimes`: elements of the module's option of that name, all with a path. `probe`: the script that engine_runtimes
    sends for them.
    """
    job = {"slipway.runtimes.engine_runtimes": {"runtimes": list(runtimes)}}
    return [
        Variant(EMPTY, [{"ansible.builtin.meta": "noop"}]),
        Variant(PING, [{"ansible.builtin.ping": {}}]),
        Variant(RAW, [_raw(probe)]),
        Variant(RUNTIMES, [job]),
        Variant(SHIPPED, [job], {"slipway_quick": False}),
        Variant(INFO, [{"slipway.runtimes.engine_info": {"engine": "docker"}}]),
    ]


def _raw(probe: str) -> Dict[str, Any]:
    """A task. As the quick way has it, sh reads no start-up file; but the script comes by the command line, as raw has it."""
    return {"ansible.builtin.raw": {"_raw_params": Unsafe("exec /bin/sh -c " + shlex.quote(probe))}}


def alone() -> List[Variant]:
    """Modules beside the engines' own, each with one job for this collection's users. The first run does it."""
    jobs: Dict[str, Dict[str, Any]] = {
        # Not where the engines' client is looked for.
        DOCKER_CLI: {"provider": "podman", "target": HOME + "/podman", "path": HOME + "/docker", "replace": True},
        RUNNER_HOST: {
            "url": "unix:///run/dagger-runner/engine.sock", "cli": HOME + "/dagger",
            "scopes": [{"kind": "login"}, {"kind": "user", "user": "dev"}, {"kind": "unit", "units": ["ssh"]}]},
        ROOTLESS_USER: {"user": "dev"},
    }
    return [Variant(name, [{"slipway.runtimes." + name: job}]) for name, job in jobs.items()]


def roles(stock: Stock) -> List[Variant]:
    """The role with its argument specs: three runtimes, and four. Where nothing is there yet, both install."""
    return [
        Variant(name, (), _wanted(wanted), roles=("slipway.runtimes.runtimes",))
        for name, wanted in ((THREE, stock.three), (FOUR, stock.four))]


def floor(stock: Stock, *, probe: str, specs: Path) -> Variant:
    """A role with these argument specs and the same variables, that does nothing but send the probe by raw."""
    tasks = [{"name": "Ask", **_raw(probe), "changed_when": False}]
    return Variant(FLOOR, (), _wanted(stock.three), roles=("floor",), files={
        "roles/floor/meta/argument_specs.yml": specs.read_text(encoding="utf-8"), "roles/floor/tasks/main.yml": _yaml(tasks)})


def _wanted(runtimes: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    return {"runtimes_mirror": MIRROR, "runtimes_ca_path": AUTHORITY, "runtimes_wanted": runtimes}


def changes(runtimes: Sequence[Dict[str, Any]]) -> List[Variant]:
    """Two plays that need a reload each; one takes back what the other did."""

    def job(name: str, extra: Dict[str, Any]) -> Variant:
        return Variant(name, [{"slipway.runtimes.engine_runtimes": {"runtimes": [*runtimes, extra]}}])

    return [job(ADD, EXTRA), job(REMOVE, {"name": EXTRA["name"], "state": "absent"})]
