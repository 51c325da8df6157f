# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from typing import Any, Dict, List, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import FileFacts, Snapshot
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.info import definitions, describe, programs
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.programs import Answer, Paths, Program
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import (
    Daemon,
    EngineState,
    Found,
    Place,
    User,
)
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.table import engine_named

STOCK = {"runc": {"path": "runc"}, "io.containerd.runc.v2": {"path": "runc"}}
PATHS = Paths(daemon="/usr/bin", containerd="/usr/bin", beside="/usr/bin", shims=())
NOTHING = Snapshot(answers={}, trouble={})


def state(
    config: Any = None, runtimes: Any = None, *, version: str = "26.1.5", default: str = "runc", argv: Tuple[str, ...] = (),
    store: bool = False, users: Tuple[User, ...] = (), running: bool = True,
) -> EngineState:
    """An engine with this in its file and these runtimes in its report, besides its own."""
    path = "/etc/docker/daemon.json"
    content = config if config is None or isinstance(config, bytes) else json.dumps(config).encode("utf-8")
    info = {
        "ServerVersion": version, "DefaultRuntime": default, "Driver": "overlay2",
        "Runtimes": dict(STOCK, **(runtimes or {})),
        "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]] if store else [],
    }
    return EngineState(
        place=Place(engine_named("docker")), uid=0, run_dir="/run/slipway-runtimes", lib_dir="/var/lib/slipway-runtimes",
        socket="/run/docker.sock", config=FileFacts(
            path=path, kind="missing" if content is None else "file", target=path, content=content, ctime_s=900),
        config_named=False, config_dir_ctime=900, unit={"Id": "docker.service", "LoadState": "loaded"},
        program="/usr/sbin/dockerd", daemon=Daemon(pid=7, start=70, argv=argv, started_at=1000) if running else None,
        argv=argv, record=None, state={}, journal=False, version=version, info=info if running else None,
        users=users if running else None, found={})


def told(one: EngineState, answers: Any = None) -> Dict[str, Any]:
    return describe(one, PATHS, answers or {}, NOTHING)


PATH_ENTRY = {"path": "/usr/bin/crun", "runtimeArgs": ["--debug"]}
SHIM_ENTRY = {"runtimeType": "io.containerd.runsc.v1", "options": {"ConfigPath": "/etc/runsc.toml"}}


@pytest.mark.parametrize("config, runtimes, drift", [
    (None, {}, []),
    ({"runtimes": {"x": PATH_ENTRY}}, {"x": PATH_ENTRY}, []),
    ({"runtimes": {"x": {"PATH": "/y", "runtimeArgs": []}}}, {"x": {"path": "/y", "status": {"a": "b"}}}, []),
    ({"runtimes": {"x": PATH_ENTRY}}, {}, [("runtimes[x]", "not_loaded")]),
    (None, {"x": PATH_ENTRY}, [("runtimes[x]", "not_in_file")]),
    ({"runtimes": {"x": PATH_ENTRY}}, {"x": {"path": "/usr/bin/crun"}}, [("runtimes[x]", "differs")]),
    ({"runtimes": {"x": PATH_ENTRY}}, {"x": {"path": "/opt/crun", "runtimeArgs": ["--debug"]}}, [("runtimes[x]", "differs")]),
    ({"runtimes": {"x": PATH_ENTRY}}, {"x": {}}, [("runtimes[x]", "differs")]),
    ({"runtimes": {"x": SHIM_ENTRY}}, {"x": {"path": "/usr/bin/crun"}}, [("runtimes[x]", "differs")]),
    ({"runtimes": {"x": SHIM_ENTRY}}, {"x": {}}, []),
    ({"runtimes": {"x": SHIM_ENTRY}}, {"x": SHIM_ENTRY}, []),
    ({"runtimes": {"x": SHIM_ENTRY}}, {"x": dict(SHIM_ENTRY, options={})}, [("runtimes[x]", "differs")]),
    ({"default-runtime": "x", "runtimes": {"x": PATH_ENTRY}}, {"x": PATH_ENTRY}, [("default-runtime", "default_differs")]),
    ({"features": {"buildkit": False}}, {}, []),
    ({"features": {"containerd-snapshotter": True}}, {}, [("features[containerd-snapshotter]", "restart_required")]),
    ({"runtimes": []}, {}, []),
    ({"runtimes": {"x": None}}, {"x": {}}, []),
])
def test_drift(config: Any, runtimes: Dict[str, Any], drift: List[Tuple[str, str]]) -> None:
    found = told(state(config, runtimes))["drift"]
    assert [(one["option"], one["reason"]) for one in found] == drift
    assert all(one["message"].startswith(one["option"] + ": ") for one in found)


@pytest.mark.parametrize("change, live", [
    (dict(), True),
    (dict(runtimes={"x": PATH_ENTRY}), False),
    (dict(config=b'{"debug": tru'), False),
    (dict(running=False), False),
])
def test_live(change: Dict[str, Any], live: Any) -> None:
    assert told(state(**change))["live"] is live


def test_live_is_not_known_of_a_file_that_is_younger_than_the_daemon() -> None:
    one = state({"runtimes": {"x": SHIM_ENTRY}}, {"x": {}})
    assert told(one._replace(config=one.config._replace(ctime_s=1100)))["live"] is None
    shown = state({"runtimes": {"x": PATH_ENTRY}}, {"x": PATH_ENTRY})
    assert told(shown._replace(config=shown.config._replace(ctime_s=1100)))["live"] is True


@pytest.mark.parametrize("one, origins", [
    (state(), [("io.containerd.runc.v2", "engine"), ("runc", "engine")]),
    (state(argv=("dockerd", "--add-runtime", "Foo=/x"), runtimes={"foo": {"path": "/x"}}),
     [("foo", "flag"), ("io.containerd.runc.v2", "engine"), ("runc", "engine")]),
    (state(runtimes={"x": PATH_ENTRY}),
     [("io.containerd.runc.v2", "engine"), ("runc", "engine"), ("x", "loaded")]),
    (state({"runtimes": {"io.containerd.runc.v2": PATH_ENTRY}}), [("io.containerd.runc.v2", "file"), ("runc", "engine")]),
])
def test_origins(one: EngineState, origins: List[Tuple[str, str]]) -> None:
    assert [(found.name, found.origin) for found in definitions(one, PATHS)] == origins


@pytest.mark.parametrize("version, names", [
    ("26.1.5", ["io.containerd.kata.v2", "io.containerd.my-shim.v1"]),
    ("library-import", ["io.containerd.kata.v2", "io.containerd.my-shim.v1"]),
    ("20.10.24", []),
])
def test_shims_that_nobody_registered(version: str, names: List[str]) -> None:
    paths = PATHS._replace(shims=(
        "/usr/local/bin/containerd-shim-kata-v2", "/usr/bin/containerd-shim-kata-v2", "/usr/bin/containerd-shim-my-shim-v1",
        "/usr/bin/containerd-shim-runc-v2", "/usr/bin/containerd-shim-bad-v2.old"))
    found = [one.name for one in definitions(state(version=version), paths) if one.origin == "shim"]
    assert found == names


@pytest.mark.parametrize("entry, expected", [
    ({"path": "/usr/bin/crun"}, [Program("/usr/bin/crun")]),
    ({"path": "crun"}, [Program("crun", "daemon")]),
    ({"runtimeType": "io.containerd.runsc.v1"}, [Program("containerd-shim-runsc-v1", "containerd", "-v")]),
    ({"runtimeType": "/opt/shim"}, [Program("/opt/shim", "", "-v")]),
    ({"runtimeType": "io.containerd.runc.v2", "options": {"BinaryName": "/usr/bin/crun"}},
     [Program("containerd-shim-runc-v2", "containerd", "-v"), Program("/usr/bin/crun")]),
    ({"runtimeType": "io.containerd.runc.v2", "options": {"BinaryName": 7}},
     [Program("containerd-shim-runc-v2", "containerd", "-v")]),
    ({"runtimeType": "foo/bar"}, []),
    ({}, []),
    (None, []),
    ("text", []),
])
def test_programs(entry: Any, expected: List[Program]) -> None:
    found = definitions(state({"runtimes": {"x": entry}}), PATHS)
    assert list(programs(tuple(one for one in found if one.name == "x"))) == expected


@pytest.mark.parametrize("answer, trouble", [
    (Answer(Found("/y", "", True), sha256="s", version="y 1", code=0), []),
    (Answer(Found("", "", True)), ["runtimes[x]: there is no program /y"]),
    (Answer(Found("", "/a:/b", True)), ["runtimes[x]: there is no program /y on /a:/b"]),
    (Answer(Found("", "", False)), []),
    (Answer(Found("/y", "", True), sha256="s", hung=True), ["runtimes[x]: '/y --version' did not end within 5 s"]),
    (Answer(Found("/y", "", True), sha256="s", code=2), ["runtimes[x]: '/y --version' failed with exit code 2"]),
    (Answer(Found("/y", "", True), sha256="s"), ["runtimes[x]: '/y --version' could not be asked within a time limit"]),
    (Answer(Found("/y", "", True), version="y 1", code=0),
     ["runtimes[x]: /y cannot be read by this user, so its digest is not known"]),
])
def test_trouble_with_programs(answer: Answer, trouble: List[str]) -> None:
    one = state({"runtimes": {"x": {"path": "/y"}}}, {"x": {"path": "/y"}})
    snapshot = Snapshot(answers={"info": {"answer.hex": [b"{}\nslipway-n 0".hex()]}}, trouble={})
    assert describe(one, PATHS, {Program("/y"): answer}, snapshot)["trouble"] == trouble


def test_a_container_whose_runtime_is_gone() -> None:
    one = state(users=(User("abc", "web", "old", False), User("def", "db", "runc", True)))
    assert told(one)["trouble"][-1] == "container web was created under the runtime old, which the engine does not have"


@pytest.mark.parametrize("config, shown", [
    ({"log-opts": {"token": "s"}, "runtimes": {}}, {"runtimes": {}, "other_keys": ["log-opts"]}),
    (None, {"other_keys": []}),
    ({"runtimes": {"x": {"path": "/y", "bogus": 1}}}, {"runtimes": {"x": {"path": "/y", "bogus": 1}}, "other_keys": []}),
])
def test_only_what_is_about_runtimes_is_shown(config: Any, shown: Dict[str, Any]) -> None:
    assert told(state(config))["config"] == shown
