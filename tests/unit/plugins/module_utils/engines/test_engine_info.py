# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""engine_info on what real hosts answered.

data/engine_info/*.txt is what the two probes printed on the test hosts, one behind the other; only the engines' reports
were cut to what is read of them.
"""

import os
from typing import Any, Dict, List, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import Snapshot, parse
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_info import EngineInfo

DATA = os.path.join(os.path.dirname(__file__), "data", "engine_info")
END = "slipway-recorded end\n"


def recorded(case: str) -> List[str]:
    """What each probe of a case printed."""
    with open(os.path.join(DATA, case + ".txt"), encoding="ascii") as lines:
        return [text + END for text in lines.read().split(END)[:-1]]


def answers(text: str) -> Snapshot:
    snapshot = parse(text, nonce="recorded")
    assert snapshot is not None
    return snapshot


def replay(case: str, **params: Any) -> Dict[str, Dict[str, Any]]:
    """The engines that engine_info returns for a recorded case, by name."""
    subject = EngineInfo()
    wanted = subject.parse(dict({"scope": "system"}, **params))
    texts = recorded(case)
    snapshot = answers(texts[0])
    if subject.follow_up(wanted, snapshot):
        snapshot = snapshot.joined(answers(texts[1]))
    plan = subject.plan(wanted, snapshot, check_mode=False)
    assert plan.empty and not plan.unknown
    return {engine["engine"]: engine for engine in plan.result["engines"]}


def runtime(engine: Dict[str, Any], name: str) -> Dict[str, Any]:
    (found,) = [one for one in engine["runtimes"] if one["name"] == name]
    return found


def brief(engine: Dict[str, Any]) -> List[Tuple[Any, ...]]:
    return [(one["name"], one["origin"], one["loaded"], one["resolves_to"]) for one in engine["runtimes"]]


ONPATH = ("io.containerd.onpath.v1", "shim", False, "/usr/local/bin/containerd-shim-onpath-v1")
RUNC_V1 = ("io.containerd.runc.v1", "shim", False, "/usr/bin/containerd-shim-runc-v1")
RUNC_V2 = ("io.containerd.runc.v2", "engine", True, "/usr/bin/containerd-shim-runc-v2")
RUNC = ("runc", "engine", True, "/usr/sbin/runc")


def test_both_engines_are_told_apart() -> None:
    engines = replay("loaded")
    assert list(engines) == ["docker", "iechor"]
    assert brief(engines["docker"]) == [
        ("crun", "file", True, "/usr/bin/crun"),
        ("crunshim", "file", True, "/usr/bin/containerd-shim-runc-v2"),
        ("gvisor", "file", True, "/usr/bin/runsc"),
        ONPATH, RUNC_V1, RUNC_V2, RUNC,
        ("slip", "file", True, "/opt/shims/containerd-shim-slipway-v1"),
        ("youki", "file", True, "/usr/local/bin/youki"),
    ]
    assert brief(engines["iechor"]) == [ONPATH, RUNC_V1, RUNC_V2, RUNC]
    assert [engines[name]["unit"] for name in engines] == ["docker.service", "iechor.service"]
    assert [engines[name]["socket"] for name in engines] == ["/var/run/docker.sock", "/run/iechor.sock"]


def test_a_loaded_engine() -> None:
    docker = replay("loaded")["docker"]
    known = {key: value for key, value in docker.items() if key not in ("runtimes", "config")}
    assert known == {
        "engine": "docker", "scope": "system", "installed": True, "running": True, "version": "26.1.5+dfsg1",
        "unit": "docker.service", "socket": "/var/run/docker.sock", "config_path": "/etc/docker/daemon.json",
        "default_runtime": {"in_file": None, "loaded": "runc"}, "features": {},
        "image_store": {"kind": "graphdriver", "driver": "overlay2"}, "live": True, "drift": [], "trouble": [],
    }
    assert runtime(docker, "gvisor") == {
        "name": "gvisor", "origin": "file", "in_file": True, "loaded": True, "path": "/usr/bin/runsc",
        "args": ["--platform=systrap", "--network=none", "--ignore-cgroups"], "shim": None, "shim_path": None,
        "options": {}, "engine_options": {}, "resolves_to": "/usr/bin/runsc", "version": "runsc version 0.0~20240729.0",
        "sha256": "ce52e04038baa76d6069afae5fc1bee60c153bbf0276f2c3c25506553526f38f", "binary": None, "users": [],
    }


def test_a_shim_and_what_it_starts() -> None:
    docker = replay("loaded")["docker"]
    crunshim = runtime(docker, "crunshim")
    assert (crunshim["shim"], crunshim["options"]) == ("io.containerd.runc.v2", {"BinaryName": "/usr/bin/crun"})
    assert crunshim["version"] == "containerd-shim-runc-v2 1.7.24~ds1"
    assert (crunshim["binary"]["resolves_to"], crunshim["binary"]["version"]) == ("/usr/bin/crun", "crun version 1.21")
    assert runtime(docker, "io.containerd.runc.v2")["binary"]["resolves_to"] == "/usr/sbin/runc"
    slip = runtime(docker, "slip")
    assert (slip["shim"], slip["shim_path"]) == (None, "/opt/shims/containerd-shim-slipway-v1")


@pytest.mark.parametrize("name, users", [
    ("crun", [("c1", False)]), ("youki", [("y1", True)]), ("runc", [("r1", True)]), ("io.containerd.onpath.v1", [("o1", False)]),
    ("gvisor", []),
])
def test_users(name: str, users: List[Tuple[str, bool]]) -> None:
    found = runtime(replay("loaded")["docker"], name)["users"]
    assert [(user["name"], user["running"]) for user in found] == users


def test_a_file_that_was_edited_and_not_loaded() -> None:
    docker = replay("drift")["docker"]
    assert [(one["option"], one["reason"]) for one in docker["drift"]] == [
        ("runtimes[crun]", "not_loaded"), ("runtimes[gone]", "not_loaded"), ("default-runtime", "default_differs"),
        ("features[containerd-snapshotter]", "restart_required")]
    assert docker["live"] is False
    assert docker["default_runtime"] == {"in_file": "crun", "loaded": "runc"}
    assert docker["trouble"] == ["runtimes[gone]: there is no program /opt/none"]


def test_no_foreign_value_is_told() -> None:
    docker = replay("drift")["docker"]
    assert docker["config"] == {
        "runtimes": {"crun": {"path": "/usr/bin/crun", "runtimeArgs": ["--debug"]}, "gone": {"path": "/opt/none"}},
        "default_runtime": "crun", "features": {"containerd-snapshotter": True}, "other_keys": ["log-driver", "proxies"]}
    assert "geheim" not in repr(docker)


def test_a_broken_file_is_named_and_not_quoted() -> None:
    iechor = replay("drift")["iechor"]
    assert iechor["trouble"][0].startswith("/etc/iechor/daemon.json: line 1, column 11: ")
    assert (iechor["config"], iechor["features"], iechor["drift"], iechor["live"]) == (None, None, None, False)


def test_what_hangs_and_fails_is_named() -> None:
    docker = replay("silent")["docker"]
    assert docker["trouble"] == [
        "there is no CLI 'docker' of Docker on PATH, so what is loaded and who uses it is not known; 'cli' names another",
        "runtimes[bad]: '/bin/false --version' failed with exit code 1",
        "runtimes[hang]: '/opt/hang --version' did not end within 5 s",
        "runtimes[kata]: there is no program containerd-shim-kata-v2 on "
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/usr/bin",
    ]
    assert runtime(docker, "hang")["version"] is None
    assert (runtime(docker, "rel")["path"], runtime(docker, "rel")["resolves_to"]) == ("crun", "/usr/bin/crun")


@pytest.mark.parametrize("engine", ["docker", "iechor"])
def test_what_was_not_asked_is_not_known(engine: str) -> None:
    """Docker's CLI is a link to podman there, and the iEchor daemon stands still."""
    found = replay("silent")[engine]
    assert found["running"] and found["version"] == "26.1.5+dfsg1"
    assert (found["drift"], found["image_store"], found["default_runtime"]["loaded"]) == (None, None, None)
    assert {(one["loaded"], one["users"]) for one in found["runtimes"]} == {(None, None)}


def test_an_engine_that_hangs() -> None:
    assert replay("silent")["iechor"]["trouble"] == [
        "'iechor info' at /run/iechor.sock: no answer within 10 s; so what is loaded and who uses it is not known"]


def test_an_engine_that_is_stopped() -> None:
    docker = replay("stopped")["docker"]
    assert (docker["installed"], docker["running"], docker["live"], docker["drift"]) == (True, False, False, None)
    assert docker["version"] == "26.1.5+dfsg1"
    assert brief(docker) == [("io.containerd.runc.v2", "engine", None, None), ("runc", "engine", None, None)]


def test_a_user_without_rights() -> None:
    docker = replay("stranger")["docker"]
    assert [sentence.partition(",")[0] for sentence in docker["trouble"][:3]] == [
        "/var/lib/slipway-runtimes cannot be read by this user", "the daemon's PATH cannot be read by this user",
        "the engine's containerd was not found or cannot be read by this user"]
    assert "permission denied" in docker["trouble"][3]
    assert runtime(docker, "crun")["version"] == "crun version 1.21"
    assert runtime(docker, "crunshim")["resolves_to"] is None


def test_an_engine_without_shims_by_name() -> None:
    assert brief(replay("old", engine="docker")["docker"]) == [
        RUNC_V2, ("io.containerd.runtime.v1.linux", "engine", True, "/usr/sbin/runc"), RUNC]


def test_an_engine_on_containerds_image_store() -> None:
    docker = replay("newest", engine="docker")["docker"]
    assert docker["image_store"] == {"kind": "containerd", "driver": "overlayfs"}
    assert (docker["version"], docker["drift"]) == ("29.0.0", [])


def test_a_rootless_engine() -> None:
    docker = replay("rootless", engine="docker", scope="user")["docker"]
    assert (docker["scope"], docker["running"], docker["trouble"]) == ("user", True, [])
    assert docker["config_path"] == "/home/dev/.config/docker/daemon.json"
    assert docker["socket"].startswith("/run/user/")


def test_an_engine_that_is_named_and_not_there() -> None:
    iechor = replay("none", engine="iechor")["iechor"]
    assert (iechor["installed"], iechor["running"], iechor["version"], iechor["runtimes"]) == (False, False, None, [])


@pytest.mark.parametrize("params, option", [
    ({"socket": "/run/other.sock"}, "socket"),
    ({"config_path": "/etc/other.json"}, "config_path"),
    ({"engine": "docker", "socket": "other.sock"}, "socket"),
])
def test_overrides_are_one_engines(params: Dict[str, str], option: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        EngineInfo().parse(dict({"scope": "system"}, **params))
    assert caught.value.option == option
