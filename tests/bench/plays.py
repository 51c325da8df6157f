# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: each way of asking, or of doing, the same job, as one play. Pure."""

from __future__ import annotations

import json
import shlex
from typing import Any, Dict, List, NamedTuple, Sequence

CONFIG = "/etc/docker/daemon.json"
# The runtime that comes and goes where a change is measured.
EXTRA = {"name": "slipway-bench", "path": "/usr/bin/crun"}


class Variant(NamedTuple):
    """One play against all hosts, without facts."""

    name: str
    tasks: Sequence[Dict[str, Any]]
    variables: Dict[str, Any] = {}
    handlers: Sequence[Dict[str, Any]] = ()

    def book(self) -> str:
        """The playbook: YAML, because JSON has no word for a string that is no template."""
        play = {
            "hosts": "all", "gather_facts": False, "vars": self.variables, "tasks": list(self.tasks),
            "handlers": list(self.handlers)}
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


def variants(runtimes: Sequence[Dict[str, Any]], *, probe: str) -> List[Variant]:
    """Every play that has nothing to do, the yardsticks `empty` and `ping` first.

    `runtimes`: elements of the module's option of that name, all with a path. `probe`: the script that engine_runtimes
    sends for them.
    """
    job = {"slipway.runtimes.engine_runtimes": {"runtimes": list(runtimes)}}
    return [
        Variant("empty", [{"ansible.builtin.meta": "noop"}]),
        Variant("ping", [{"ansible.builtin.ping": {}}]),
        # As the quick way has it, sh reads no start-up file; but the script comes by the command line, as raw has it.
        Variant("raw", [{"ansible.builtin.raw": {"_raw_params": Unsafe("exec /bin/sh -c " + shlex.quote(probe))}}]),
        Variant("engine_runtimes", [job]),
        Variant("engine_runtimes, shipped", [job], {"slipway_quick": False}),
        Variant("engine_info", [{"slipway.runtimes.engine_info": {"engine": "docker"}}]),
        built_in(runtimes),
    ]


def changes(runtimes: Sequence[Dict[str, Any]]) -> List[Variant]:
    """Two plays that need a reload each; one takes back what the other did."""

    def job(name: str, extra: Dict[str, Any]) -> Variant:
        return Variant(name, [{"slipway.runtimes.engine_runtimes": {"runtimes": [*runtimes, extra]}}])

    return [job("add", EXTRA), job("remove", {"name": EXTRA["name"], "state": "absent"})]


def built_in(runtimes: Sequence[Dict[str, Any]]) -> Variant:
    """The same job as guides tell it, by ansible-core's modules: programs there, file merged and written, daemon
    reloaded where the file changed, and asked whether it has them. Written to be quick as far as that way goes."""
    wanted = {
        one["name"]: {"path": one["path"], **({"runtimeArgs": one["args"]} if one.get("args") else {})}
        for one in runtimes}
    file = "(old.content | default('e30=') | b64decode | from_json)"
    tasks = [
        {"name": "Look for the programs",
         "ansible.builtin.stat": {"path": "{{ item.value.path }}", "get_checksum": False},
         "loop": "{{ wanted | dict2items }}", "loop_control": {"label": "{{ item.key }}"}, "register": "programs"},
        {"name": "Insist on the programs", "ansible.builtin.assert": {
            "that": ["item.stat.exists", "item.stat.executable"], "quiet": True},
         "loop": "{{ programs.results }}", "loop_control": {"label": "{{ item.item.key }}"}},
        {"name": "Look for the file", "ansible.builtin.stat": {"path": CONFIG, "get_checksum": False},
         "register": "there"},
        {"name": "Read the file", "ansible.builtin.slurp": {"src": CONFIG}, "register": "old",
         "when": "there.stat.exists"},
        {"name": "Write the file", "ansible.builtin.copy": {
            "dest": CONFIG, "mode": "0644",
            "content": "{{ %s | combine({'runtimes': wanted}, recursive=true) | to_nice_json }}\n" % file,
            "validate": "dockerd --validate --config-file %s"}, "notify": "Reload Docker"},
        {"name": "Start Docker",
         "ansible.builtin.systemd_service": {"name": "docker", "state": "started", "enabled": True}},
        {"name": "Reload where the file changed", "ansible.builtin.meta": "flush_handlers"},
        {"name": "Ask Docker", "ansible.builtin.command": {"argv": ["docker", "info", "--format", "json"]},
         "register": "info", "changed_when": False},
        {"name": "Insist on the runtimes", "ansible.builtin.assert": {
            "that": ["wanted.keys() | difference((info.stdout | from_json).Runtimes.keys()) | length == 0"],
            "quiet": True}},
    ]
    handlers = [{"name": "Reload Docker", "ansible.builtin.systemd_service": {"name": "docker", "state": "reloaded"}}]
    return Variant("built-in modules", tasks, {"wanted": wanted}, handlers)
