# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine reports, held against what it must have loaded."""

from typing import Any, Callable, Dict, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.report import (
    Loaded, differs, is_verified, loaded_from, refusal_in, shows)

STORE = "containerd-snapshotter"
ON = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
OFF = {"DriverStatus": [["Backing Filesystem", "extfs"]]}
SHIM = {"runtimeType": "io.containerd.runsc.v1"}
WANTED = Loaded(runtimes={"x": {"path": "/x"}}, removed=("old",), default="x", started={STORE: False})


def info(default: str = "runc", **runtimes: Any) -> Dict[str, Any]:
    """An engine's report."""
    return {"Runtimes": dict(runtimes, runc={"path": "runc"}), "DefaultRuntime": default}


@pytest.mark.parametrize("reported, wanted, shown", [
    ({"path": "/x"}, {"path": "/x"}, True),
    ({"path": "/x", "runtimeArgs": ["a"]}, {"PATH": "/x", "runtimeArgs": ["a"]}, True),
    ({"path": "/x", "runtimeArgs": None}, {"path": "/x", "runtimeArgs": []}, True),
    ({"path": "/x"}, {"path": "/y"}, False),
    ({"path": "/x"}, {"path": "/x", "runtimeArgs": ["a"]}, False),
    ({"path": "/x", "runtimeArgs": ["a"]}, {"path": "/x"}, False),
    ({"path": "io.containerd.runsc.v1"}, SHIM, False),
    ({}, SHIM, False), (None, {"path": "/x"}, False), ({"path": "/x"}, None, False),
])
def test_shows(reported: Any, wanted: Any, shown: bool) -> None:
    assert shows(reported, wanted) is shown


@pytest.mark.parametrize("data, reported, argv, verified", [
    ({}, None, (), None),
    ({}, info(), (), True),
    ({"runtimes": {"x": {"path": "/x"}}}, info(x={"path": "/x"}), (), True),
    ({"runtimes": {"x": {"path": "/x"}}}, info(), (), None),
    ({}, info(x={"path": "/x"}), (), None),
    ({"runtimes": {"x": {"path": "/x"}}}, info(x={"path": "/y"}), (), None),
    ({"runtimes": {"x": SHIM}}, info(x={}), (), None),
    ({"default-runtime": "x", "runtimes": {"x": {"path": "/x"}}}, info(x={"path": "/x"}), (), None),
    ({}, info(default="x"), (), None),
    ({}, info(x={"path": "/x"}), ("--add-runtime=x=/x",), True),
    ({}, dict(info(), Runtimes={"runc": {}, "io.containerd.runc.v2": {}}), (), True),
])
def test_is_verified(make_state: Callable[..., Any], data: Any, reported: Any, argv: Any, verified: Optional[bool]) -> None:
    assert is_verified(make_state(data, info=reported, argv=argv), data, (26, 1)) is verified


@pytest.mark.parametrize("report, loaded, words", [
    (dict(info("x", x={"path": "/x"}), **OFF), WANTED, ""),
    (info("x", x={"path": "/x"}), WANTED, ""),
    (info("x"), WANTED, "'x' is not loaded"),
    (info("x", x={"path": "/y"}), WANTED, "another path"),
    (info("x", x={"path": "/x", "runtimeArgs": ["a"]}), WANTED, "other args"),
    (info("x", x={"path": "/x"}, old={}), WANTED, "'old' is still loaded"),
    (info("x", x={"path": "/x"}, stranger={}), WANTED, ""),
    (info("runc", x={"path": "/x"}), WANTED, "the default runtime is 'runc', not 'x'"),
    (dict(info("x", x={"path": "/x"}), **ON), WANTED, "image store is on"),
    (info(x={}), WANTED._replace(runtimes={"x": SHIM}, default="runc"), ""),
    (dict(info("x", x={"path": "/x"}), **OFF), WANTED._replace(started={STORE: True}), "image store is off"),
    (dict(info("x", x={"path": "/x"}), **ON), WANTED._replace(started={}), ""),
    ({}, WANTED, "'x' is not loaded"),
])
def test_differs(report: Any, loaded: Loaded, words: str) -> None:
    found = differs(report, loaded)
    assert words in found and bool(found) is bool(words)


def test_loaded_from(make_state: Callable[..., Any]) -> None:
    content = b'{"runtimes": {"x": {"path": "/x"}}, "default-runtime": "x"}'
    assert loaded_from(content, make_state()) == Loaded({"x": {"path": "/x"}}, (), "x", {STORE: False})
    assert loaded_from(None, make_state(running=False, argv=("--default-runtime", "y"))) == Loaded({}, (), "y", {})


def test_loaded_from_one_file_instead_of_another(make_state: Callable[..., Any]) -> None:
    """What the other one brought has to be gone, but for what an engine has whatever its file says."""
    other = b'{"runtimes": {"x": {"path": "/x"}, "z": {"path": "/z"}, "y": {"path": "/y"}, "runc": {"path": "/r"}, "f": {"path": "/f"}}}'
    state = make_state(argv=("--add-runtime", "f=/f"))
    assert loaded_from(b'{"runtimes": {"x": {"path": "/x"}}}', state, instead_of=other).removed == ("y", "z")
    assert loaded_from(None, state, instead_of=None).removed == ()


@pytest.mark.parametrize("log, line", [
    ("", ""),
    ("Got signal to reload configuration\n", ""),
    ('level=error msg="Error reconfiguring the daemon" error="runtime x"\n', 'Error reconfiguring the daemon" error="runtime x"'),
    ("a\nunable to configure the Docker daemon with file /x: bad\nb", "unable to configure the Docker daemon with file /x: bad"),
    ("failed to start daemon: one\nfailed to start daemon: two", "failed to start daemon: one"),
    ('Reloaded configuration: {"x": "error creating"}', ""),
    ('Reloaded configuration: {"x": "s3cret", "y": "failed to load runtimes"}\nfailed to load runtimes: x', "failed to load runtimes: x"),
    ("failed to start daemon: " + "x" * 5000, "failed to start daemon: " + "x" * 1976),
])
def test_refusal_in(log: str, line: str) -> None:
    assert refusal_in(log) == line
