# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick way and the module say the same, over every connection, and the quick way costs one round trip."""

import re
from pathlib import Path
from typing import Any, Dict, List

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from hosts_under_test import CRUN, ENGINES, MODULE, SLIP, Host, Played, Player, execs, of_task, task

CONFIG = ENGINES["docker"]["config"]
SHIPPED = {"slipway_quick": False}
OPERATOR = {"ansible_user": "operator", "ansible_become": True, "ansible_become_password": "{{ slipway_operator_password }}"}
SU = {"ansible_user": "dev", "ansible_become": True, "ansible_become_method": "su",
      "ansible_become_password": "{{ slipway_root_password }}"}

# name, variables, environment of the controller, whether the quick way answers
CONNECTIONS = (
    ("root", {}, {}, True),
    ("root, no pipelining", {"ansible_ssh_pipelining": False}, {"ANSIBLE_PIPELINING": "0"}, True),
    ("sudo", {"ansible_user": "admin", "ansible_become": True}, {}, True),
    ("sudo, no pipelining", {"ansible_user": "admin", "ansible_become": True, "ansible_ssh_pipelining": False},
     {"ANSIBLE_PIPELINING": "0"}, True),
    ("sudo with a password", OPERATOR, {}, True),
    ("su with a password", SU, {}, False),
)


@pytest.fixture(scope="module")
def settled(host: Host) -> Host:
    """Docker with crun, live and noted."""
    host.reset(b'{\n  "debug": false\n}\n')
    assert host.drive(runtimes=[CRUN]).changed
    return host


def facts(result: Dict[str, Any]) -> Dict[str, Any]:
    """A result without what may differ; a traceback names the folder of its own run."""
    return {key: value for key, value in result.items() if key not in ("ansible_facts", "exception") and not key.startswith("_")}


def pair(name: str, *, keywords: Dict[str, Any], **params: Any) -> List[Dict[str, Any]]:
    """A task by both ways."""
    return [task(name, **{"_" + key: value for key, value in keywords.items()}, **params),
            task(name + ", shipped", _vars=SHIPPED, **{"_" + key: value for key, value in keywords.items()}, **params)]


def assert_same(played: Played, name: str) -> Dict[str, Any]:
    """Both ways of that task ended alike; returns the result."""
    quick, shipped = played.of(name), played.of(name + ", shipped")
    assert facts(quick) == facts(shipped), played.text
    return quick


@pytest.mark.parametrize("name, variables, environment, quick", CONNECTIONS, ids=[one[0] for one in CONNECTIONS])
def test_connections(settled: Host, player: Player, name: str, variables: dict, environment: dict, quick: bool) -> None:
    """Nothing to do, and check mode with changes: the same results by both ways."""
    tasks = pair("nothing", keywords={}, runtimes=[CRUN])
    tasks += pair("add", keywords={"check_mode": True}, runtimes=[CRUN, SLIP], default_runtime="slip")
    played = player.run(tasks, host=settled.name, variables=variables, environment=environment, diff=True, verbosity=3)
    assert played.code == 0, played.text
    nothing = assert_same(played, "nothing")
    assert not nothing["changed"] and nothing["live"] is True
    assert assert_same(played, "add")["changed"]
    if quick:
        for one in ("nothing", "add"):
            assert execs(played, one) == 1, of_task(played, one)
            assert " PUT " not in of_task(played, one)
    assert execs(played, "nothing, shipped") >= 1
    assert settled.loaded() == ["crun"] and settled.leftovers() == []


def test_local(settled: Host, player: Player) -> None:
    """The local connection, which leads to this machine: its engines, if it has any, are only read."""
    info = "slipway.runtimes.engine_info"
    tasks = [{"name": "read", info: {}}, {"name": "read, shipped", info: {}, "vars": SHIPPED}]
    played = player.run(tasks, host=settled.name, variables={"ansible_connection": "local"}, verbosity=3)
    assert played.code == 0, played.text
    assert "engines" in assert_same(played, "read")
    assert re.search("EXEC .*python", of_task(played, "read, shipped"))
    assert not re.search("EXEC .*python| PUT ", of_task(played, "read"))


def vaulted(text: str, password: str) -> str:
    """A text as ansible-vault encrypts it."""
    return VaultLib([("default", VaultSecret(password.encode()))]).encrypt(text.encode()).decode()


def test_task_keywords(settled: Host, player: Player, tmp_path: Path) -> None:
    """Loops, until, no_log, environment, module_defaults, vaulted and templated values, delegation, async."""
    present = [CRUN]
    absent = [dict(CRUN, state="absent")]
    tasks = [
        task("loop", runtimes=["{{ item }}"], _loop=[CRUN, CRUN]),
        task("until", runtimes=present, _until="tries is failed or tries.runtimes | length > 5", _retries=2, _delay=0,
             _register="tries", _ignore_errors=True),
        task("until, shipped", runtimes=present, _until="tries2 is failed or tries2.runtimes | length > 5", _retries=2, _delay=0,
             _register="tries2", _ignore_errors=True, _vars=SHIPPED),
        task("hidden", runtimes=present, _no_log=True),
        task("environment", runtimes=present, _environment={"DOCKER_HOST": "unix:///run/iechor.sock", "HOME": "/nowhere"}),
        task("templated", runtimes="{{ wanted }}", default_runtime="{{ 'run' ~ 'c' }}"),
        task("vaulted", runtimes=[{"name": "crun", "path": "{{ vaulted }}"}]),
        task("off", runtimes=present, _vars={"off": True, "slipway_quick": "{{ not off }}"}),
        task("async", runtimes=present, _async=60, _poll=1),
        task("async in the background", runtimes=present, _async=60, _poll=0, _register="job"),
        {"name": "its end", "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"}, "register": "status",
         "until": "status.finished", "retries": 60, "delay": 1},
        task("when", runtimes=absent, _when=False),
        task("changed_when", runtimes=present, _changed_when=True, _notify="heard"),
        {"name": "short", "collections": ["slipway.runtimes"], "engine_runtimes": {"runtimes": present}},
        task("by defaults", _module_defaults={MODULE: {"engine": "iechor"}}),
        task("by the group's defaults", _module_defaults={"group/slipway.runtimes.all": {"engine": "iechor"}}),
        task("strange", runtimes=present, nonsense=1, _ignore_errors=True),
        task("strange, shipped", runtimes=present, nonsense=1, _ignore_errors=True, _vars=SHIPPED),
        task("wrong", runtimes=[{"name": "x"}], _ignore_errors=True),
    ]
    (tmp_path / "password").write_text("open sesame")
    (tmp_path / "vars.yml").write_text("vaulted: !vault |\n  " + vaulted(CRUN["path"], "open sesame").replace("\n", "\n  "))
    play = {
        "handlers": [{"name": "heard", "ansible.builtin.debug": {"msg": "heard"}}], "vars_files": [str(tmp_path / "vars.yml")]}
    played = player.run(
        tasks, host=settled.name, variables={"wanted": present}, verbosity=3, play=play,
        environment={"ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password")})
    assert played.code == 0, played.text
    assert [one["changed"] for one in played.items("loop")] == [False, False]
    assert execs(played, "loop") == 2
    tries, tries2 = played.of("until"), played.of("until, shipped")
    assert tries["attempts"] == tries2["attempts"] == 2 and "Unsupported" not in played.text.split("TASK [strange]")[0]
    assert "censored" in played.of("hidden") and "runtimes" not in played.of("hidden")
    for name in ("environment", "templated", "vaulted", "off", "async", "short"):
        result = played.of(name)
        assert result["changed"] is False and result["runtimes"] == ["crun", "runc"], (name, result)
    assert {execs(played, name) for name in ("environment", "templated", "vaulted", "short")} == {1}
    assert "ansible_job_id" in played.of("async in the background")
    assert played.of("its end")["runtimes"] == ["crun", "runc"]
    assert played.kind("when") == "skipped" and played.of("changed_when")["changed"] is True
    assert played.kind("heard") == "ok"
    for name in ("by defaults", "by the group's defaults"):
        assert played.of(name)["config_path"] == ENGINES["iechor"]["config"], played.text
    assert played.kind("strange") == "failed" and played.of("strange")["msg"] == played.of("strange, shipped")["msg"]
    assert "Unsupported parameters" in played.of("strange")["msg"]
    assert played.of("wrong")["reason"] == "neither_path_nor_shim"


def test_delegated(settled: Host, player: Player) -> None:
    """Delegated from a host that does not exist to the one that does."""
    hostvars = player.hostvars[settled.name]
    tasks = [
        {"name": "a host", "ansible.builtin.add_host": dict(hostvars, name="beyond")},
        task("delegated", runtimes=[CRUN], _delegate_to="beyond"),
    ]
    played = player.run(
        tasks, host=settled.name, variables={"ansible_connection": "ssh", "ansible_host": "nowhere"}, verbosity=3)
    assert played.code == 0, played.text
    assert not played.of("delegated")["changed"] and execs(played, "delegated") == 1


def test_unreachable(settled: Host, player: Player) -> None:
    """A lost connection is that, and no failure of the module."""
    played = player.run([task("lost", runtimes=[CRUN])], host=settled.name, variables={
        "ansible_host": "nowhere", "ansible_control_path": "none"})
    assert played.kind("lost") == "unreachable", played.text


def test_changes_by_play(settled: Host, player: Player) -> None:
    """A change by the module, then nothing by the quick way; the diff of the change is that of check mode, which both ways give."""
    tasks = [
        task("forecast", _check_mode=True, runtimes=[CRUN, SLIP], default_runtime="slip"),
        task("add", runtimes=[CRUN, SLIP], default_runtime="slip"),
        task("again", runtimes=[CRUN, SLIP], default_runtime="slip"),
        task("remove", runtimes=[dict(SLIP, state="absent")], default_runtime="runc"),
        task("gone", runtimes=[dict(SLIP, state="absent")], default_runtime="runc"),
    ]
    check = {"check_mode": True}
    forecasts = pair("would remove", keywords=check, runtimes=[dict(CRUN, state="absent")])
    forecasts += pair("would be exclusive", keywords=check, runtimes=[SLIP], exclusive=True)
    played = player.run(forecasts + tasks, host=settled.name, diff=True, verbosity=3)
    assert played.code == 0, played.text
    for name in ("would remove", "would be exclusive"):
        assert assert_same(played, name)["changed"] and execs(played, name) == 1
    assert [played.of(one["name"])["changed"] for one in tasks] == [True, True, False, True, False]
    assert played.of("forecast")["diff"] == played.of("add")["diff"]
    same = ("config_path", "action", "restart_required", "live", "runtimes", "default_runtime", "version")
    assert [played.of("forecast")[key] for key in same] == [played.of("add")[key] for key in same]
    assert execs(played, "again") == execs(played, "gone") == 1
    assert settled.loaded() == ["crun"]


def test_the_file_is_broken(settled: Host, player: Player) -> None:
    """What stops the quick way is said by the module, in check mode too."""
    kept = settled.read(CONFIG)
    settled.write(CONFIG, b'{"debug": tru\n')
    try:
        tasks = pair("broken", keywords={"ignore_errors": True}, runtimes=[CRUN])
        tasks += pair("forecast", keywords={"ignore_errors": True, "check_mode": True}, runtimes=[CRUN])
        played = player.run(tasks, host=settled.name, verbosity=3)
    finally:
        settled.write(CONFIG, kept)
    for name in ("broken", "forecast"):
        result = assert_same(played, name)
        assert result["reason"] == "broken_config" and result["line"] == 1
