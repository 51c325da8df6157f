# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runtime as daemon.json has it."""

from typing import Any, Dict, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.entries import entry, normal
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.runtime import Runtime

RUNSC, RUNC = "io.containerd.runsc.v1", "io.containerd.runc.v2"


@pytest.mark.parametrize("runtime, written", [
    (Runtime("x", path="/y"), {"path": "/y"}),
    (Runtime("x", path="/y", args=("--a", "b")), {"path": "/y", "runtimeArgs": ["--a", "b"]}),
    (Runtime("x", shim=RUNSC), {"runtimeType": RUNSC}),
    (Runtime("x", shim_path="/s"), {"runtimeType": "/s"}),
    (Runtime("x", shim=RUNSC, shim_path="/s"), {"runtimeType": "/s"}),
    (Runtime("x", shim=RUNSC, options={"ConfigPath": "/c"}), {"runtimeType": RUNSC, "options": {"ConfigPath": "/c"}}),
    (Runtime(RUNSC, options={"ConfigPath": "/c"}), {"runtimeType": RUNSC, "options": {"ConfigPath": "/c"}}),
    (Runtime("x", shim=RUNC, options={"SystemdCgroup": "yes", "Root": "yes"}),
     {"runtimeType": RUNC, "options": {"SystemdCgroup": True, "Root": "yes"}}),
    (Runtime("x", path="/y", engine_options={"more": [1]}), {"path": "/y", "more": [1]}),
    (Runtime(RUNSC), None),
    (Runtime(RUNSC, shim=RUNSC), None),
    (Runtime("x", path="/y", present=False), None),
])
def test_entry(runtime: Runtime, written: Optional[Dict[str, Any]]) -> None:
    assert entry(runtime) == written


@pytest.mark.parametrize("runtime, key", [
    (Runtime("x", path="/y", engine_options={"path": "/z"}), "path"),
    (Runtime("x", path="/y", args=("a",), engine_options={"runtimeArgs": []}), "runtimeArgs"),
    (Runtime("x", shim=RUNSC, engine_options={"runtimeType": RUNSC}), "runtimeType"),
    (Runtime("x", shim=RUNSC, options={"ConfigPath": "/c"}, engine_options={"options": {}}), "options"),
])
def test_given_twice(runtime: Runtime, key: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        entry(runtime)
    assert caught.value.reason == "conflicting_options" and caught.value.option == "runtimes[x].engine_options"
    assert "'%s'" % key in caught.value.message


@pytest.mark.parametrize("value, read", [
    ({"path": "/y"}, {"path": "/y"}),
    ({"PATH": "/y", "RuntimeArgs": ["a"], "runtimetype": "", "Options": {}}, {"path": "/y", "runtimeArgs": ["a"]}),
    ({"path": "/y", "runtimeArgs": None, "more": False}, {"path": "/y", "more": False}),
    ({"Other": 1}, {"Other": 1}),
    (None, None), ("/y", "/y"), ([], []),
])
def test_normal(value: Any, read: Any) -> None:
    assert normal(value) == read
