# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of engine_runtimes."""

from typing import Any, Dict, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.wanted import parse

SHIM = "io.containerd.runsc.v1"


def test_defaults() -> None:
    wanted = parse({})
    assert (wanted.place.engine.name, wanted.place.scope, wanted.place.key) == ("docker", "system", "docker")
    assert wanted.place[2:] == ("", "", "", "")
    assert wanted[1:] == ((), False, None, {}, "if_idle", "if_empty", False, 60, False)
    assert not wanted.removes and wanted.programs == () and wanted.shims == ()


def test_all_of_it() -> None:
    wanted = parse({
        "engine": "iechor", "scope": "user", "config_path": "/c", "socket": "/s", "unit": "own", "cli": "/usr/bin/x",
        "runtimes": [{"name": "x", "path": "/x"}], "exclusive": True, "default_runtime": "x", "features": {"a": True},
        "restart": "never", "image_store": "switch", "force": True, "wait_timeout": 1, "backup": True})
    assert wanted.place[1:] == ("user", "/c", "/s", "own.service", "/usr/bin/x")
    assert wanted.runtimes[0].path == "/x"
    assert wanted[2:] == (True, "x", {"a": True}, "never", "switch", True, 1, True)


@pytest.mark.parametrize("unit, name", [("x", "x.service"), ("x.service", "x.service"), ("x.scope", "x.scope"), (None, "")])
def test_unit(unit: Any, name: str) -> None:
    assert parse({"unit": unit}).place.unit == name


@pytest.mark.parametrize("given, value", [
    (True, True), (False, False), (None, None), ("true", True), ("Yes", True), ("no", False), ("False", False), ("", None)])
def test_features(given: Any, value: Any) -> None:
    assert parse({"features": {"a": given}}).features == {"a": value}


@pytest.mark.parametrize("params, reason, option", [
    ({"engine": "podman"}, "unknown_engine", "engine"),
    ({"config_path": "etc/x.json"}, "bad_path", "config_path"),
    ({"socket": "tcp://x:1"}, "bad_path", "socket"),
    ({"features": {"a": 1}}, "bad_feature", "features[a]"),
    ({"features": {"a": "maybe"}}, "bad_feature", "features[a]"),
    ({"features": {"a": []}}, "bad_feature", "features[a]"),
    ({"default_runtime": ""}, "bad_default_runtime", "default_runtime"),
    ({"default_runtime": " runc"}, "bad_default_runtime", "default_runtime"),
    ({"wait_timeout": 0}, "bad_wait_timeout", "wait_timeout"),
    ({"runtimes": [{"name": "x"}]}, "neither_path_nor_shim", "runtimes[x]"),
])
def test_wrong(params: Dict[str, Any], reason: str, option: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse(params)
    assert (caught.value.reason, caught.value.option) == (reason, option)
    assert caught.value.message.startswith(option)


@pytest.mark.parametrize("runtimes, default, programs, shims", [
    ([{"name": "x", "path": "/x"}, {"name": "y", "path": "bare"}], None, ("/x", "bare"), ()),
    ([{"name": "x", "path": "/x"}, {"name": "y", "path": "/x"}], None, ("/x",), ()),
    ([{"name": "x", "shim_path": "/s"}], None, ("/s",), ()),
    ([{"name": "x", "shim": SHIM}], None, (), ("containerd-shim-runsc-v1",)),
    ([{"name": SHIM}], None, (), ("containerd-shim-runsc-v1",)),
    ([{"name": "x", "shim": SHIM, "options": {"BinaryName": "/b"}}], None, ("/b",), ("containerd-shim-runsc-v1",)),
    ([{"name": "x", "shim": SHIM, "options": {"BinaryName": 1}}], None, (), ("containerd-shim-runsc-v1",)),
    ([{"name": "x", "path": "/x", "state": "absent"}, {"name": SHIM, "state": "absent"}], None, (), ()),
    ([], SHIM, (), ("containerd-shim-runsc-v1",)),
    ([{"name": SHIM, "path": "/x"}], SHIM, ("/x",), ()),
    ([], "x", (), ()),
])
def test_what_is_looked_for(runtimes: list, default: Any, programs: Tuple[str, ...], shims: Tuple[str, ...]) -> None:
    wanted = parse({"runtimes": runtimes, "default_runtime": default})
    assert (wanted.programs, wanted.shims) == (programs, shims)


@pytest.mark.parametrize("params, removes", [
    ({"exclusive": True}, True),
    ({"runtimes": [{"name": "x", "path": "/x"}]}, False),
    ({"runtimes": [{"name": "x", "path": "/x"}, {"name": "y", "state": "absent"}]}, True),
])
def test_removes(params: Dict[str, Any], removes: bool) -> None:
    assert parse(params).removes is removes


@pytest.mark.parametrize("one, other, same", [
    ({}, {"config_path": "/etc/docker/daemon.json", "socket": "/var/run/docker.sock", "unit": "docker"}, True),
    ({}, {"config_path": "/etc/other.json"}, False),
    ({"config_path": "/a"}, {"socket": "/a"}, False),
    ({}, {"cli": "/usr/bin/docker"}, True),
    ({}, {"engine": "iechor"}, False),
    ({"scope": "user"}, {"scope": "user", "config_path": "/etc/docker/daemon.json"}, False),
])
def test_places(one: Dict[str, Any], other: Dict[str, Any], same: bool) -> None:
    """What is noted of one place is not taken for another's."""
    assert (parse(one).place.key == parse(other).place.key) is same
