# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine has loaded, as far as its file, its record and its report tell."""

from typing import Any, Callable, Dict, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.live import (
    daemon_key, differing_features, effective_default, file_key, is_live, loaded_names, loaded_store, start_features,
    started_features, version_of)

STORE = "containerd-snapshotter"
ON = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
OFF = {"DriverStatus": [["Backing Filesystem", "extfs"]]}


def record(state: Any, **other: Any) -> Dict[str, Any]:
    """What a run notes of this very state."""
    noted = {"config": state.config.path, "daemon": daemon_key(state), "file": file_key(state.config), "features": {}}
    return dict(noted, **other)


# -- the file and the daemon's start


@pytest.mark.parametrize("fields, live", [
    ({}, True),
    ({"ctime": 999}, True),
    ({"ctime": 1000}, None),
    ({"ctime": 1001}, None),
    ({"running": False}, False),
    ({"content": None}, True),
    ({"content": None, "config_dir_ctime": 999}, True),
    ({"content": None, "config_dir_ctime": 1000}, None),
    ({"content": None, "config_dir_ctime": None}, None),
])
def test_by_times(make_state: Callable[..., Any], fields: Dict[str, Any], live: Optional[bool]) -> None:
    """Whole seconds: a file of the second of the start may have been written after it."""
    assert is_live(make_state(**fields)) is live


def test_without_a_start(make_state: Callable[..., Any]) -> None:
    """No service manager noted it."""
    state = make_state()
    assert is_live(state._replace(daemon=state.daemon._replace(started_at=None))) is None


def test_a_link(make_state: Callable[..., Any]) -> None:
    """It may have been turned to an older file."""
    state = make_state()
    assert is_live(state._replace(config=state.config._replace(target="/srv/x.json"))) is None


def test_no_file(make_state: Callable[..., Any]) -> None:
    state = make_state()
    assert is_live(state._replace(config=state.config._replace(kind="other", content=None))) is None


# -- the record


@pytest.mark.parametrize("content", [b"{}\n", None])
def test_the_record_matches(make_state: Callable[..., Any], content: Any) -> None:
    """Then a later file is live too."""
    state = make_state(content, ctime=2000, config_dir_ctime=2000)
    assert is_live(state) is None
    assert is_live(state._replace(record=record(state))) is True


@pytest.mark.parametrize("change", [
    {"content": b"{ }\n"}, {"inode": 8}, {"ctime": "900.6"}, {"target": "/srv/x.json"}, {"content": None}])
def test_the_record_is_of_another_file(make_state: Callable[..., Any], change: Dict[str, Any]) -> None:
    """However old it is."""
    state = make_state()
    noted = record(state)
    assert is_live(state._replace(record=noted, config=state.config._replace(**change))) is None


@pytest.mark.parametrize("other", [{"daemon": "42 4243"}, {"daemon": "43 4242"}, {"config": "/etc/other.json"}])
def test_the_record_is_not_of_this(make_state: Callable[..., Any], other: Dict[str, Any]) -> None:
    """Of another daemon, or another place: the times decide."""
    old, new = make_state(), make_state(ctime=2000)
    assert is_live(old._replace(record=record(old, **other))) is True
    assert is_live(new._replace(record=record(new, **other))) is None


def test_a_record_in_doubt(make_state: Callable[..., Any]) -> None:
    state = make_state()
    assert is_live(state._replace(record=record(state, file=""))) is None


# -- the version


@pytest.mark.parametrize("recorded, daemon, info, own, version", [
    ("25.0.1", "42 4242", {"ServerVersion": "24.0"}, "23.0", "25.0.1"),
    ("25.0.1", "42 1", {"ServerVersion": "24.0"}, "23.0", "24.0"),
    (None, "42 4242", {"ServerVersion": "24.0"}, "23.0", "24.0"),
    ("25.0.1", "42 1", {}, "23.0", "23.0"),
    ("25.0.1", "42 1", None, None, None),
])
def test_version_of(make_state: Callable[..., Any], recorded: Any, daemon: str, info: Any, own: Any, version: Any) -> None:
    noted = {"daemon": daemon, "version": recorded}
    assert version_of(make_state(record=noted, info=info, version=own)) == version


# -- names


@pytest.mark.parametrize("data, flags, default", [
    ({}, {}, "runc"), ({"default-runtime": ""}, {}, "runc"), ({"default-runtime": None}, {}, "runc"),
    ({"default-runtime": "x"}, {}, "x"), ({}, {"default-runtime": ["y", "z"]}, "z"), ({}, {"default-runtime": [""]}, "runc"),
])
def test_effective_default(data: Dict[str, Any], flags: Any, default: str) -> None:
    assert effective_default(data, flags) == default


@pytest.mark.parametrize("data, flags, names", [
    ({}, {}, ["runc"]),
    ({"runtimes": None}, {}, ["runc"]),
    ({"runtimes": {"z": {}, "a": {}}}, {}, ["a", "runc", "z"]),
    ({}, {"add-runtime": ["Crun=/usr/bin/crun"]}, ["crun", "runc"]),
    ({"runtimes": {}}, {"add-runtime": ["crun=/usr/bin/crun"]}, ["crun", "runc"]),
    ({"runtimes": {"a": {}}}, {"add-runtime": ["crun=/usr/bin/crun"]}, ["a", "runc"]),
])
def test_loaded_names(data: Dict[str, Any], flags: Any, names: list) -> None:
    assert loaded_names(data, flags) == names


# -- the engine's report


@pytest.mark.parametrize("report, store", [(None, None), ({}, None), ({"Images": 0}, None), (ON, True), (OFF, False)])
def test_loaded_store(report: Any, store: Optional[bool]) -> None:
    assert loaded_store(report) is store


# -- features


@pytest.mark.parametrize("data, version, features", [
    ({}, (26, 1), {STORE: False}),
    ({}, (29, 0), {}),
    ({}, None, {}),
    ({"features": {"buildkit": True, "cdi": True}}, (26, 1), {"cdi": True, STORE: False}),
    ({"features": {STORE: True}}, (26, 1), {STORE: True}),
    ({"features": None}, (28, 5), {STORE: False}),
])
def test_start_features(data: Dict[str, Any], version: Any, features: Dict[str, Any]) -> None:
    assert start_features(data, version) == features


@pytest.mark.parametrize("fields, data, features", [
    ({"running": False}, {}, None),
    ({}, {"features": {"cdi": True}}, {"cdi": True, STORE: False}),
    ({"ctime": 2000}, {"features": {"cdi": True}}, {STORE: False}),
    ({"info": ON}, {}, {STORE: True}),
    ({"ctime": 2000, "info": OFF}, {"features": {STORE: True}}, {STORE: False}),
    ({"record": {"daemon": "42 4242", "features": {"cdi": False}}}, {"features": {"cdi": True}}, {"cdi": False}),
    ({"record": {"daemon": "42 1", "features": {"cdi": False}}}, {"features": {"cdi": True}}, {"cdi": True, STORE: False}),
    ({"record": {"daemon": "42 4242", "features": None}}, {"features": {"cdi": True}}, {"cdi": True, STORE: False}),
])
def test_started_features(make_state: Callable[..., Any], fields: Dict[str, Any], data: Dict[str, Any], features: Any) -> None:
    assert started_features(make_state(data, **fields), data, (26, 1)) == features


@pytest.mark.parametrize("fresh, started, store, names", [
    ({}, {}, None, ()),
    ({"cdi": True}, {"cdi": True}, None, ()),
    ({"cdi": True}, {}, None, ("cdi",)),
    ({}, {"cdi": True}, None, ("cdi",)),
    ({"b": True, "a": True}, {"b": False}, None, ("a", "b")),
    ({STORE: True}, {STORE: False}, None, (STORE,)),
    ({STORE: True}, {}, True, ()),
    ({STORE: True}, {}, False, (STORE,)),
    ({STORE: True}, {}, None, ()),
    ({}, {STORE: True}, True, ()),
])
def test_differing_features(fresh: Any, started: Any, store: Any, names: Any) -> None:
    """A missing image store is the engine's own choice, made at its start."""
    assert differing_features(fresh, started, store) == names


# -- the engine's log
