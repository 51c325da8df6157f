# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: each way of asking, or of doing, the same job, as one play. Pure."""

from __future__ import annotations

import json
import shlex
from typing import Any, Dict, List, NamedTuple, Sequence

from stock import AUTHORITY, MIRROR, File, Stock

CONFIG = "/etc/docker/daemon.json"
# The runtime that comes and goes where a change is measured.
EXTRA = {"name": "slipway-bench", "path": "/usr/bin/crun"}


class Variant(NamedTuple):
    """One play against all hosts, without facts."""

    name: str
    tasks: Sequence[Dict[str, Any]]
    variables: Dict[str, Any] = {}
    handlers: Sequence[Dict[str, Any]] = ()
    roles: Sequence[str] = ()

    def book(self) -> str:
        """The playbook: YAML, because JSON has no word for a string that is no template."""
        play = {
            "hosts": "all", "gather_facts": False, "vars": self.variables, "roles": list(self.roles),
            "tasks": list(self.tasks), "handlers": list(self.handlers)}
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
    """The yardsticks `empty` and `ping`, and plays of modules that have nothing to do.

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
    ]


def roles(stock: Stock) -> List[Variant]:
    """The role with its argument specs: three runtimes, and four. Where nothing is there yet, both install."""
    variables = {"runtimes_mirror": MIRROR, "runtimes_ca_path": AUTHORITY}
    return [
        Variant(name, (), dict(variables, runtimes_wanted=wanted), roles=("slipway.runtimes.runtimes",))
        for name, wanted in (("role, three runtimes", stock.three), ("role, four runtimes", stock.four))]


def changes(runtimes: Sequence[Dict[str, Any]]) -> List[Variant]:
    """Two plays that need a reload each; one takes back what the other did."""

    def job(name: str, extra: Dict[str, Any]) -> Variant:
        return Variant(name, [{"slipway.runtimes.engine_runtimes": {"runtimes": [*runtimes, extra]}}])

    return [job("add", EXTRA), job("remove", {"name": EXTRA["name"], "state": "absent"})]


def built_in(runtimes: Sequence[Dict[str, Any]]) -> Variant:
    """The same job as guides tell it, by ansible-core's modules: programs there, file merged and written, daemon
    reloaded where the file changed, and asked whether it has them. Written to be quick as far as that way goes."""
    programs = [
        {"name": "Look for the programs",
         "ansible.builtin.stat": {"path": "{{ item.value.path }}", "get_checksum": False},
         "loop": "{{ wanted | dict2items }}", "loop_control": {"label": "{{ item.key }}"}, "register": "programs"},
        {"name": "Insist on the programs", "ansible.builtin.assert": {
            "that": ["item.stat.exists", "item.stat.executable"], "quiet": True},
         "loop": "{{ programs.results }}", "loop_control": {"label": "{{ item.item.key }}"}},
    ]
    return Variant(
        "built-in modules", programs + _registration(), {"wanted": _entries(runtimes)}, _HANDLERS)


def built_in_role(stock: Stock) -> Variant:
    """What the role does with three runtimes, as guides tell it: each file held to its digest, fetched where it
    differs, and then as above."""
    files = [
        dict(one._asdict(), fetched=one.dest + ".tar.gz" if _is_archive(one) else one.dest) for one in stock.files]
    differs = "{{ files | rejectattr('sha256', 'in', found.results | map(attribute='stat.checksum', default='')) }}"
    label = {"label": "{{ item.dest }}"}
    tasks = [
        {"name": "Look at the files",
         "ansible.builtin.stat": {"path": "{{ item.dest }}", "checksum_algorithm": "sha256"},
         "loop": "{{ files }}", "loop_control": label, "register": "found"},
        {"name": "Fetch what differs", "ansible.builtin.get_url": {
            "url": "{{ item.url }}", "checksum": "sha256:{{ item.checksum }}", "dest": "{{ item.fetched }}",
            "mode": "0755"},
         "environment": {"SSL_CERT_FILE": AUTHORITY}, "loop": differs, "loop_control": label},
        {"name": "Unpack what was an archive", "ansible.builtin.unarchive": {
            "src": "{{ item.fetched }}", "dest": "{{ item.dest | dirname }}", "remote_src": True},
         "loop": differs, "loop_control": label, "when": "item.fetched != item.dest"},
    ]
    variables = {"wanted": _entries(stock.runtimes), "files": files}
    return Variant("role's job, built-in modules", tasks + _registration(), variables, _HANDLERS)


def _is_archive(file: File) -> bool:
    return file.url.endswith(".tar.gz")


def _entries(runtimes: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    return {
        one["name"]: {"path": one["path"], **({"runtimeArgs": one["args"]} if one.get("args") else {})}
        for one in runtimes}


def _registration() -> List[Dict[str, Any]]:
    file = "(old.content | default('e30=') | b64decode | from_json)"
    return [
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


_HANDLERS = [{"name": "Reload Docker", "ansible.builtin.systemd_service": {"name": "docker", "state": "reloaded"}}]
