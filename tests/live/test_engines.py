# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other engines than the one that most tests are about: older, newer, under other names, of a user, and without Python."""

import json
import subprocess
from typing import Any, Callable, Dict

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host, Player, execs, of_task, task

ABSENT = dict(CRUN, state="absent")
USER_CONFIG = "/home/dev/.config/docker/daemon.json"


def round_trip(host: Host, engine: str) -> None:
    """Add by path, make it the default, nothing to do, remove, nothing to do: as it was before."""
    config = ENGINES[engine]["config"]
    original, before = host.read(config), host.info(engine)
    wanted: Dict[str, Any] = dict(engine=engine, runtimes=[CRUN], default_runtime="crun")
    added = host.drive(**wanted)
    assert added.error is None and added.changed, added.text
    assert added.result["action"] == "reload" and added.result["live"] is True and added.result["config_path"] == config
    info = host.info(engine)
    assert info["Runtimes"]["crun"]["path"] == CRUN["path"] and info["DefaultRuntime"] == "crun"
    assert host.quick(**wanted) == "nothing to do" and not host.drive(**wanted).changed
    unwanted: Dict[str, Any] = dict(engine=engine, runtimes=[ABSENT], default_runtime="runc")
    removed = host.drive(**unwanted)
    assert removed.error is None and removed.changed and removed.result["action"] == "reload", removed.text
    after = host.info(engine)
    assert sorted(after["Runtimes"]) == sorted(set(before["Runtimes"]) & set(after["Runtimes"]))
    assert "crun" not in after["Runtimes"] and after["DefaultRuntime"] == "runc"
    assert host.read(config) == original
    assert host.quick(**unwanted) == "nothing to do" and not host.drive(**unwanted).changed
    assert host.leftovers(engine) == []


def test_iechor(host: Host) -> None:
    """Docker under other names; Docker itself is left alone."""
    docker = host.info("docker")["Runtimes"], host.read(ENGINES["docker"]["config"]), host.pid("docker")
    round_trip(host, "iechor")
    assert docker == (host.info("docker")["Runtimes"], host.read(ENGINES["docker"]["config"]), host.pid("docker"))


def test_docker_29(bring_up: Callable[..., Host]) -> None:
    """The newest one."""
    newest = bring_up("d29", "docker29")
    assert newest.info()["ServerVersion"].startswith("29.")
    round_trip(newest, "docker")


def test_docker_20(bring_up: Callable[..., Host]) -> None:
    """The oldest one: it would run runc in place of a shim, and so is not given one."""
    oldest = bring_up("bw", "bookworm")
    assert oldest.info()["ServerVersion"].startswith("20.10.")
    round_trip(oldest, "docker")
    original = oldest.read(ENGINES["docker"]["config"])
    for wanted in (SLIP, {"name": "x", "shim": "io.containerd.runc.v2"}):
        done = oldest.drive(runtimes=[wanted])
        assert done.error is not None and done.error["reason"] == "engine_too_old" and "24.0" in done.message, done.text
    assert oldest.read(ENGINES["docker"]["config"]) == original and oldest.loaded() == []


# -- a user's own engine


@pytest.fixture(scope="module", name="rootless")
def _rootless(bring_up: Callable[..., Host]) -> Host:
    return bring_up("rootless", "trixie", "rootless")


def users_info(host: Host) -> Dict[str, Any]:
    """What the user's engine reports."""
    words = ("env", "DOCKER_HOST=unix:///run/user/%s/docker.sock" % host.sh("id -u dev"), "docker", "info", "--format", "{{json .}}")
    return json.loads(host.run(*words, user="dev").stdout.decode())


def test_of_a_user(rootless: Host, player: Player) -> None:
    """Registered, idempotent by one command, and removed to the byte; root's own engine is left alone, and root is nobody's user."""
    original = b'{\n    "debug": false\n}\n'
    rootless.run("sh", "-c", "mkdir -p ${0%/*} && cat >$0", USER_CONFIG, stdin=original, user="dev")
    system = rootless.info()["Runtimes"]
    wanted = {"scope": "user", "runtimes": [CRUN, SLIP], "default_runtime": "crun"}
    unwanted = {"scope": "user", "runtimes": [ABSENT, dict(SLIP, state="absent")], "default_runtime": "runc"}
    as_dev = {"ansible_user": "dev"}
    as_root = task("as root", _vars={"ansible_user": "root"}, _ignore_errors=True, **wanted)
    played = player.run(
        [as_root, task("add", **wanted), task("again", **wanted)], host=rootless.name, variables=as_dev, verbosity=3)
    assert played.code == 0, played.text
    refused = played.of("as root")
    assert refused["reason"] == "user_scope_as_root" and refused["option"] == "scope", refused
    added = played.of("add")
    assert added["changed"] and added["live"] is True and added["action"] == "reload" and added["config_path"] == USER_CONFIG
    assert not played.of("again")["changed"] and execs(played, "again") == 1
    info = users_info(rootless)
    assert {"crun", "slip"} <= set(info["Runtimes"]) and info["DefaultRuntime"] == "crun"
    assert rootless.sh("stat -c %%U %s" % USER_CONFIG) == "dev"
    played = player.run(
        [task("remove", **unwanted), task("gone", **unwanted)], host=rootless.name, variables=as_dev, verbosity=3)
    assert played.code == 0, played.text
    assert played.of("remove")["changed"] and not played.of("gone")["changed"] and execs(played, "gone") == 1
    info = users_info(rootless)
    assert not {"crun", "slip"} & set(info["Runtimes"]) and info["DefaultRuntime"] == "runc"
    assert rootless.read(USER_CONFIG) == original
    assert rootless.info()["Runtimes"] == system
    assert rootless.sh("find /run/user /home/dev/.local -name '*.journal' -o -name '*slipway-?????*' -type f", check=False) == ""


# -- a host without Python


def test_without_python(bring_up: Callable[..., Host], player: Player) -> None:
    """Check mode reads and plans it all by the quick way, and so is said that there is nothing to do; nothing is shipped."""
    bare = bring_up("nopy", "nopython").name
    seen = subprocess.run(
        ["podman", "exec", bare, "sh", "-c", "command -v python3 python; cat /etc/docker/daemon.json 2>/dev/null"], check=False,
        stdout=subprocess.PIPE)
    assert b"python" not in seen.stdout
    tasks = [
        task("forecast", _check_mode=True, runtimes=[CRUN, SLIP], default_runtime="slip"),
        task("nothing", runtimes=[ABSENT, {"name": "io.containerd.runc.v2"}], default_runtime="runc"),
    ]
    played = player.run(tasks, host=bare, diff=True, verbosity=3)
    assert played.code == 0, played.text
    forecast = played.of("forecast")
    assert forecast["changed"] and forecast["action"] == "reload" and forecast["runtimes"] == ["crun", "runc", "slip"]
    after = json.loads(forecast["diff"]["after"])
    assert after["runtimes"] == {"crun": {"path": CRUN["path"]}, "slip": {"runtimeType": SLIP["shim_path"]}}
    assert after["default-runtime"] == "slip"
    assert not played.of("nothing")["changed"] and played.of("nothing")["live"] is True
    for name in ("forecast", "nothing"):
        assert execs(played, name) == 1 and " PUT " not in of_task(played, name)


# -- a 'docker' that is not Docker


def test_podman_under_dockers_name(docker: Host) -> None:
    """It is never asked; the engine itself is, by the module."""
    assert docker.drive(runtimes=[CRUN]).changed
    assert docker.quick(check_mode=True, runtimes=[ABSENT]) == "would change"
    docker.script("/usr/local/bin/podman", "#!/bin/sh\ntouch /srv/podman-was-asked\necho '{\"ServerVersion\": \"5.0\"}'\n")
    docker.sh("rm -f /srv/podman-was-asked; ln -s podman /usr/local/bin/docker")
    try:
        assert docker.sh("command -v docker") == "/usr/local/bin/docker"
        assert docker.quick(check_mode=True, runtimes=[ABSENT]) == "ships"
        forecast = docker.drive(check_mode=True, runtimes=[ABSENT])
        assert forecast.error is None and forecast.changed and forecast.result["version"].startswith("26."), forecast.text
        assert docker.drive(runtimes=[ABSENT]).changed
        assert docker.read("/srv/podman-was-asked") is None
    finally:
        docker.sh("rm -f /usr/local/bin/docker /usr/local/bin/podman")
    assert docker.loaded() == []
