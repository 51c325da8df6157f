# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.runtime import (
    is_shim_name,
    parse_runtimes,
    shim_binary,
)


@pytest.mark.parametrize("text, good", [
    ("io.containerd.kata.v2", True), ("io.containerd.my-shim", True), ("a.b", True), ("a..", True),
    ("myshim", False), ("", False), (".a.b", False), ("/path/to/runc", False), ("my/io.containerd.runc.v2", False),
])
def test_is_shim_name(text, good):
    assert is_shim_name(text) is good


@pytest.mark.parametrize("name, binary", [
    ("io.containerd.runc.v2", "containerd-shim-runc-v2"),
    ("io.containerd.kata.v2", "containerd-shim-kata-v2"),
    ("io.containerd.my-shim", "containerd-shim-containerd-my-shim"),
    ("aws.firecracker", "containerd-shim-aws-firecracker"),
])
def test_shim_binary(name, binary):
    assert shim_binary(name) == binary


SHIM = "io.containerd.runsc.v1"


@pytest.mark.parametrize("value, option, reason", [
    ({"name": ""}, "runtimes[].name", "bad_runtime_name"),
    ({"name": " x", "path": "/y"}, "runtimes[ x].name", "bad_runtime_name"),
    ({"name": "x\ty", "path": "/y"}, "runtimes[x\ty].name", "bad_runtime_name"),
    ({"name": "x"}, "runtimes[x]", "neither_path_nor_shim"),
    ({"name": "x", "options": {"a": 1}}, "runtimes[x]", "neither_path_nor_shim"),
    ({"name": "x", "path": "/y", "shim": SHIM}, "runtimes[x]", "path_and_shim"),
    ({"name": "x", "path": "/y", "shim_path": "/z"}, "runtimes[x]", "path_and_shim"),
    ({"name": "x", "path": "/y", "options": {"a": 1}}, "runtimes[x].options", "options_with_path"),
    ({"name": "x", "shim": SHIM, "args": ["a"]}, "runtimes[x].args", "args_without_path"),
    ({"name": "x", "shim": "kata"}, "runtimes[x].shim", "bad_shim_name"),
    ({"name": "x", "shim": "/usr/bin/shim.v1"}, "runtimes[x].shim", "bad_shim_name"),
    ({"name": "x", "shim": "a.b\n"}, "runtimes[x].shim", "bad_path"),
    ({"name": "x", "shim_path": "shim"}, "runtimes[x].shim_path", "bad_shim_path"),
    ({"name": "x", "path": "/usr/bin/crun "}, "runtimes[x].path", "bad_path"),
    ({"name": "x", "path": "bin/crun"}, "runtimes[x].path", "bad_path"),
])
def test_refuses(value, option, reason):
    with pytest.raises(SlipwayError) as caught:
        parse_runtimes([value])
    assert (caught.value.option, caught.value.reason) == (option, reason)
    assert caught.value.message.startswith(option)


def test_refuses_two_of_one_name():
    with pytest.raises(SlipwayError) as caught:
        parse_runtimes([{"name": "x", "path": "/y"}, {"name": "x", "state": "absent"}])
    assert caught.value.reason == "duplicate_runtime"


@pytest.mark.parametrize("value, unregistered", [
    ({"name": SHIM}, True),
    ({"name": SHIM, "shim": SHIM}, True),
    ({"name": SHIM, "shim": "io.containerd.kata.v2"}, False),
    ({"name": SHIM, "options": {"ConfigPath": "/c"}}, False),
    ({"name": SHIM, "shim_path": "/s"}, False),
    ({"name": "x", "shim": SHIM}, False),
    ({"name": "x", "path": "/y"}, False),
    ({"name": SHIM, "state": "absent"}, False),
])
def test_unregistered(value, unregistered):
    assert parse_runtimes([value])[0].unregistered is unregistered


def test_what_is_absent_needs_no_settings():
    assert [one.present for one in parse_runtimes([{"name": "x", "state": "absent"}])] == [False]
    assert parse_runtimes(None) == ()
