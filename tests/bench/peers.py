# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users pick instead, as plays of the built-in modules that come to the same as the role: three runtimes' files
held to their digests, and registered. Pure.

Two are what public roles run, task for task, told in our own words and less what installs Docker itself (packages and
their sources), which the role does not do either: geerlingguy.docker at 68d6a6d, kubespray at 46dbdd399.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from plays import Variant
from stock import AUTHORITY, Stock

REGISTRATION, GUIDES = "built-in modules", "role's job, built-in modules"
GEERLINGGUY, KUBESPRAY = "role's job, as geerlingguy.docker does", "role's job, as kubespray does"
CONFIG = "/etc/docker/daemon.json"
DOWNLOADS = "/tmp/releases"
Task = Dict[str, Any]


def built_in(runtimes: Sequence[Dict[str, Any]]) -> Variant:
    """The engine's part as guides tell it, by ansible-core's modules: programs there, file merged and written, daemon
    reloaded where the file changed, and asked whether it has them. Written to be quick as far as that way goes."""
    programs: List[Task] = [
        {"name": "Look for the programs",
         "ansible.builtin.stat": {"path": "{{ item.value.path }}", "get_checksum": False},
         "loop": "{{ wanted | dict2items }}", "loop_control": {"label": "{{ item.key }}"}, "register": "programs"},
        {"name": "Insist on the programs", "ansible.builtin.assert": {
            "that": ["item.stat.exists", "item.stat.executable"], "quiet": True},
         "loop": "{{ programs.results }}", "loop_control": {"label": "{{ item.item.key }}"}},
    ]
    return Variant(REGISTRATION, programs + _registration(), {"wanted": _entries(runtimes)}, _RELOAD)


def guides(stock: Stock) -> Variant:
    """All of the job as guides tell it: each file held to its digest, fetched where it differs, and then as above."""
    variables = {"wanted": _entries(stock.runtimes), **_file_variables(stock)}
    return Variant(GUIDES, _files() + _registration(), variables, _RELOAD)


def geerlingguy(stock: Stock) -> Variant:
    """The role's tasks with `docker_daemon_options`, behind tasks of the user's own for the files, which it does not
    bring."""
    tasks = [
        {"name": "Read the distribution's variables",
         "ansible.builtin.include_vars": "{{ lookup('ansible.builtin.first_found', candidates) }}",
         "vars": {"candidates": {"files": _BY_DISTRIBUTION, "paths": ["{{ playbook_dir }}/vars"]}}},
        *({"ansible.builtin.include_tasks": "nothing.yml", "when": f"ansible_facts.os_family == '{family}'"}
          for family in ("RedHat", "Suse")),
        {"name": "Have the folder", "ansible.builtin.file": {
            "path": "/etc/docker", "state": "directory", "mode": "0755"}, "when": "options | length > 0"},
        {"name": "Write the file", "ansible.builtin.copy": {
            "content": "{{ options | to_nice_json }}\n", "dest": CONFIG, "mode": "0644"},
         "when": "options | length > 0", "notify": "Restart Docker"},
        {"when": "start_command != ''", "block": [
            {"name": "Ask for the unit", "ansible.builtin.systemd_service": {"name": "docker"}, "register": "unit"},
            {"name": "Change its command", "ansible.builtin.replace": {
                "path": "{{ unit.status.FragmentPath }}", "regexp": "^ExecStart=.*$",
                "replace": "ExecStart={{ start_command }}"}, "register": "patched"},
            {"name": "Have systemd read it", "ansible.builtin.systemd_service": {"daemon_reload": True},
             "when": "patched is changed"}]},
        {"name": "Start Docker", "ansible.builtin.service": {"name": "docker", "state": "started", "enabled": True}},
        {"ansible.builtin.meta": "flush_handlers"},
        {"ansible.builtin.include_tasks": "nothing.yml", "when": "compose | bool"},
        {"name": "Read the group", "ansible.builtin.getent": {"database": "group", "key": "docker", "split": ":"},
         "when": "users | length > 0"},
        {"name": "Look for users to add", "ansible.builtin.set_fact": {"some": True},
         "when": ["users | length > 0"], "loop": "{{ users }}"},
        {"ansible.builtin.include_tasks": "nothing.yml", "when": "some is defined"},
    ]
    variables = {
        "options": {"runtimes": _entries(stock.registered)}, "start_command": "", "compose": False, "users": [],
        **_file_variables(stock)}
    handlers = [{"name": "Restart Docker", "ansible.builtin.service": {"name": "docker", "state": "restarted"}}]
    return Variant(
        GEERLINGGUY, _files() + tasks, variables, handlers, facts=("all",),
        files={"vars/main.yml": "distribution_read: true\n", "nothing.yml": "[]\n"})


def kubespray(stock: Stock) -> Variant:
    """Its roles of one runtime each (fetch by digest, unpack, copy into place), and its role docker, with the engine's
    file by template as its options are."""
    downloads = [
        {"url": one.url, "checksum": "sha256:" + one.checksum, "dest": f"{DOWNLOADS}/{one.dest.rpartition('/')[2]}" + (
            ".tar.gz" if one.archive else ""), "unarchive": one.archive} for one in stock.files]
    runtimes: List[Task] = []
    for one, download in zip(stock.files, downloads):
        runtimes += [
            {"name": "Fetch", "ansible.builtin.include_tasks": "download.yml", "vars": {"download": download}},
            {"name": "Copy into place", "ansible.builtin.copy": {
                "src": f"{DOWNLOADS}/{one.dest.rpartition('/')[2]}", "dest": one.dest, "mode": "0755",
                "remote_src": True}}]
    engine: List[Task] = [
        {"name": "Look for ostree", "ansible.builtin.stat": {
            "path": "/run/ostree-booted", "get_attributes": False, "get_checksum": False, "get_mime": False},
         "register": "ostree"},
        {"name": "Note it", "ansible.builtin.set_fact": {"is_ostree": "{{ ostree.stat.exists }}"}},
        {"name": "Read the distribution's variables", "ansible.builtin.include_vars": "{{ item }}",
         "loop": "{{ query('ansible.builtin.first_found', candidates) }}",
         "vars": {"candidates": {"files": _BY_DISTRIBUTION, "paths": ["{{ playbook_dir }}/vars"]}}},
        {"name": "Warn", "ansible.builtin.debug": {"msg": "SUSE"}, "when": "ansible_facts.pkg_mgr == 'zypper'"},
        {"ansible.builtin.include_tasks": "nothing.yml", "when": "dns | bool"},
        {"name": "Start Docker", "ansible.builtin.service": {"name": "docker", "state": "started"}},
        {"ansible.builtin.meta": "flush_handlers"},
        {"ansible.builtin.include_tasks": "nothing.yml", "loop": []},
        {"name": "Have the folder of drop-ins", "ansible.builtin.file": {
            "path": "/etc/systemd/system/docker.service.d", "state": "directory", "mode": "0755"}},
        *({"name": f"Write {what}", "ansible.builtin.template": {
            "src": "daemon.json.j2", "dest": CONFIG, "mode": "0644"}, "notify": "Restart Docker", "when": condition}
          for what, condition in (
              ("the proxy", "http_proxy is defined or https_proxy is defined"),
              ("the engine's options", "options | length > 0"), ("the name servers", "dns | bool"),
              ("the cleaner", "clean_up | bool"), ("the cleaner's unit", "clean_up | bool"))),
        {"ansible.builtin.meta": "flush_handlers"},
        {"name": "Have Docker started and enabled",
         "ansible.builtin.service": {"name": "{{ item }}", "state": "started", "enabled": True}, "loop": ["docker"]},
    ]
    handlers = [
        {"name": "Have systemd read the units", "listen": "Restart Docker",
         "ansible.builtin.systemd_service": {"name": "docker", "daemon_reload": True, "masked": False}},
        {"name": "Restart it", "listen": "Restart Docker",
         "ansible.builtin.service": {"name": "docker", "state": "restarted"}},
        {"name": "Wait for it", "listen": "Restart Docker", "ansible.builtin.command": {"argv": ["docker", "images"]},
         "register": "ready", "until": "ready.rc == 0", "retries": 20, "delay": 1}]
    return Variant(
        KUBESPRAY, runtimes + engine,
        {"options": {"runtimes": _entries(stock.registered)}, "dns": False, "clean_up": False, "through_cache": False},
        handlers, facts=("!all",), files={
            "download.yml": json.dumps(_DOWNLOAD), "unpack.yml": json.dumps(_UNPACK), "nothing.yml": "[]\n",
            "vars/main.yml": "distribution_read: true\n",
            "templates/daemon.json.j2": "{{ options | to_nice_json }}\n"})


_BY_DISTRIBUTION = ["{{ ansible_facts.distribution }}.yml", "{{ ansible_facts.os_family }}.yml", "main.yml"]
_RELOAD = [{"name": "Reload Docker", "ansible.builtin.systemd_service": {"name": "docker", "state": "reloaded"}}]
_COPIES = [
    {"name": f"Bring the file {way} the controller's cache", "ansible.builtin.copy": {
        "src": "{{ cached }}", "dest": "{{ download.dest }}"}, "when": "through_cache"} for way in ("to", "from")]
_DOWNLOAD: List[Task] = [
    {"name": "Note whether the controller keeps it", "ansible.builtin.set_fact": {"through": "{{ through_cache }}"}},
    {"name": "Say the address", "ansible.builtin.debug": {"msg": "{{ download.url }}"}, "when": "through_cache"},
    {"name": "Note where it would", "ansible.builtin.set_fact": {
        "cached": "/tmp/cache/{{ download.dest | basename }}"}},
    {"name": "Have the folder", "ansible.builtin.file": {
        "path": "{{ download.dest | dirname }}", "mode": "0755", "state": "directory", "recurse": True}},
    *({"name": f"Have the cache's folder on {where}", "ansible.builtin.file": {
        "path": "{{ cached | dirname }}", "state": "directory"}, "when": "through_cache"}
      for where in ("the controller", "the host that fetches")),
    {"name": "Fetch the file", "ansible.builtin.get_url": {
        "url": "{{ download.url }}", "dest": "{{ download.dest }}", "checksum": "{{ download.checksum }}",
        "mode": "0755"}, "environment": {"SSL_CERT_FILE": AUTHORITY}, "register": "fetched",
     "until": "'OK' in fetched.msg or 'file already exists' in fetched.msg", "retries": 4, "delay": 5},
    *_COPIES,
    {"name": "Have mode and owner", "ansible.builtin.file": {"path": "{{ download.dest }}", "mode": "0755"},
     "when": "through_cache"},
    {"ansible.builtin.include_tasks": "unpack.yml"},
]
_UNPACK: List[Task] = [
    {"name": "Unpack it", "ansible.builtin.unarchive": {
        "src": "{{ download.dest }}", "dest": "{{ download.dest | dirname }}", "mode": "0755", "remote_src": True},
     "when": "download.unarchive"}]


def _entries(runtimes: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    return {
        one["name"]: {"path": one["path"], **({"runtimeArgs": one["args"]} if one.get("args") else {})}
        for one in runtimes}


def _file_variables(stock: Stock) -> Dict[str, Any]:
    return {"releases": [
        {"url": one.url, "dest": one.dest, "checksum": one.checksum, "sha256": one.sha256,
         "fetched": one.dest + ".tar.gz" if one.archive else one.dest} for one in stock.files]}


def _files() -> List[Task]:
    differs = "{{ releases | rejectattr('sha256', 'in', found.results | map(attribute='stat.checksum', default='')) }}"
    label = {"label": "{{ item.dest }}"}
    return [
        {"name": "Look at the files",
         "ansible.builtin.stat": {"path": "{{ item.dest }}", "checksum_algorithm": "sha256"},
         "loop": "{{ releases }}", "loop_control": label, "register": "found"},
        {"name": "Fetch what differs", "ansible.builtin.get_url": {
            "url": "{{ item.url }}", "checksum": "sha256:{{ item.checksum }}", "dest": "{{ item.fetched }}",
            "mode": "0755"},
         "environment": {"SSL_CERT_FILE": AUTHORITY}, "loop": differs, "loop_control": label},
        {"name": "Unpack what was an archive", "ansible.builtin.unarchive": {
            "src": "{{ item.fetched }}", "dest": "{{ item.dest | dirname }}", "remote_src": True},
         "loop": differs, "loop_control": label, "when": "item.fetched != item.dest"},
    ]


def _registration() -> List[Task]:
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
