# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted and what is there become a plan: a table of both, and of what is done, written, said and refused."""

import base64
import hashlib
import json
from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.json_document import parse as parse_document
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.change import (
    Write, foreign_secrets, teaching_of)
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.live import daemon_key, file_key
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.plan import (
    plan, read_document, require_engine)
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import Found, User
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.wanted import parse

SHIM, ONPATH, STORE = "io.containerd.runsc.v1", "io.containerd.onpath.v1", "containerd-snapshotter"
X, Y = {"name": "x", "path": "/x"}, {"name": "y", "shim_path": "/y"}
NO_X, NO_Y = {"name": "x", "state": "absent"}, {"name": "y", "state": "absent"}
IN_FILE = {"runtimes": {"x": {"path": "/x"}}}
BOTH = {"runtimes": {"x": {"path": "/x"}, "y": {"runtimeType": "/y"}}}
X_DEFAULT = dict(IN_FILE, **{"default-runtime": "x"})
ON = [["driver-type", "io.containerd.snapshotter.v1"]]


def info(default: str = "runc", images: int = 0, containers: int = 0, store: bool = False, **runtimes: Any) -> Dict[str, Any]:
    """An engine's report."""
    return {
        "ServerVersion": "26.1.5", "Runtimes": dict(runtimes, runc={"path": "runc"}), "DefaultRuntime": default, "Images": images,
        "Containers": containers, "DriverStatus": ON if store else [["Backing Filesystem", "extfs"]]}


def note(content: Optional[bytes], written: Any, *made: str, **more: str) -> Dict[str, Any]:
    """What an earlier run noted of the file's origin. more: default and was."""
    return dict({
        "config": "/etc/docker/daemon.json", "made": list(made),
        "content": None if content is None else base64.b64encode(content).decode(),
        "written": hashlib.sha256(json.dumps(written).encode()).hexdigest()}, **more)


def read(content: Optional[bytes]) -> Any:
    """What is in a file; None for no file."""
    return None if content is None else parse_document(content, name="").data


class Case:
    """One line of the table. Where 'teaches' is not given, what is loaded is what stays."""

    def __init__(self, name: str, wanted: Dict[str, Any], content: Any, actions: List[str], **more: Any) -> None:
        self.name, self.wanted, self.content, self.actions = name, wanted, content, actions
        self.state: Dict[str, Any] = more.pop("state", {})
        self.final = more.pop("final", content)
        self.teaches = more.pop("teaches", self.final)
        self.result: Dict[str, Any] = more.pop("result", {})
        self.warnings: List[str] = more.pop("warnings", [])
        self.unknown: List[str] = more.pop("unknown", [])
        self.made: Any = more.pop("made", ...)
        self.removed: Any = more.pop("removed", ())
        assert not more, more


NONE, RELOAD, RESTART, LEAVE = [], ["write", "reload"], ["write", "restart"], ["write", "leave"]
OLD = {"ctime": 2000, "info": None}
IDLE, BUSY = {"info": info(), "busy": ()}, {"info": info(), "busy": ("1 running containers (web)",)}
FEATURE = {"features": {"cdi": True}}

CASES = [
    # Nothing to do.
    Case("nothing is asked", {}, {}, NONE, result={"live": True, "runtimes": ["runc"], "default_runtime": "runc", "action": "none"}),
    Case("it is there", {"runtimes": [X]}, IN_FILE, NONE, result={"runtimes": ["runc", "x"]}),
    Case("no entry by the name of its own runtime", {"runtimes": [{"name": "runc", "state": "absent"}]}, {"debug": True}, NONE),
    Case("it is there in other words", {"runtimes": [X]}, {"runtimes": {"x": {"PATH": "/x", "runtimeArgs": []}}}, NONE),
    Case("it is not there", {"runtimes": [NO_X]}, {"debug": True}, NONE),
    Case("it is the default", {"default_runtime": "x"}, X_DEFAULT, NONE, result={"default_runtime": "x"}),
    Case("runc is the default by itself", {"default_runtime": "runc"}, None, NONE),
    Case("the default by flag", {"default_runtime": "x"}, IN_FILE, NONE, state={"argv": ("--default-runtime", "x")},
         result={"default_runtime": "x"}),
    Case("a shim that needs no entry", {"runtimes": [{"name": SHIM}]}, None, NONE),
    Case("a shim with an entry that says no more", {"runtimes": [{"name": SHIM}]}, {"runtimes": {SHIM: {"runtimeType": SHIM}}}, NONE),
    Case("all that is named", {"runtimes": [X], "exclusive": True}, IN_FILE, NONE),
    Case("a feature", FEATURE, {"features": {"cdi": True}}, NONE),
    Case("no feature", {"features": {"cdi": None}}, {"features": {}}, NONE),
    Case("the daemon is down", {"runtimes": [X]}, IN_FILE, NONE, state={"running": False}, result={"live": False}),

    # A reload.
    Case("the first runtime", {"runtimes": [X]}, None, RELOAD, final=IN_FILE, made=["runtimes"],
         result={"action": "reload", "live": True, "restart_required": False, "runtimes": ["runc", "x"], "version": "26.1.5"}),
    Case("one more", {"runtimes": [Y]}, IN_FILE, RELOAD, final=BOTH, made=[], result={"runtimes": ["runc", "x", "y"]}),
    Case("another path", {"runtimes": [dict(X, path="/z")]}, IN_FILE, RELOAD, final={"runtimes": {"x": {"path": "/z"}}}),
    Case("no args any more", {"runtimes": [X]}, {"runtimes": {"x": {"path": "/x", "runtimeArgs": ["a"]}}}, RELOAD, final=IN_FILE),
    Case("a default", {"default_runtime": "x"}, IN_FILE, RELOAD, final=X_DEFAULT, made=["default-runtime"],
         result={"default_runtime": "x"}),
    Case("an unregistered default", {"default_runtime": ONPATH}, None, RELOAD, final={"default-runtime": ONPATH}),
    Case("one of two goes", {"runtimes": [NO_Y]}, BOTH, RELOAD, final=IN_FILE, removed=("y",), state={"users": ()}),
    Case("all others go", {"runtimes": [X], "exclusive": True}, BOTH, RELOAD, final=IN_FILE, removed=("y",), state={"users": ()}),
    Case("a shim's own name is left by its entry", {"runtimes": [{"name": SHIM}]},
         {"runtimes": {SHIM: {"runtimeType": "/s"}, "x": {"path": "/x"}}}, RELOAD, final=IN_FILE, removed=(SHIM,),
         state={"users": ()}),
    Case("buildkit is read again", {"features": {"buildkit": False}}, None, RELOAD, final={"features": {"buildkit": False}},
         result={"restart_required": False}, state={"info": info()}),

    # What is to be forgotten is written out, and then taken out again.
    Case("the last goes, and was ours", {"runtimes": [NO_X]}, IN_FILE, RELOAD, final=None, teaches={"runtimes": {}}, removed=("x",),
         state={"users": (), "state": note(None, IN_FILE, "runtimes")}, made=None),
    Case("the last goes from a file of the user's", {"runtimes": [NO_X]}, IN_FILE, RELOAD, final={"runtimes": {}}, removed=("x",),
         state={"users": ()}),
    Case("the default goes, and was ours", {"default_runtime": "runc"}, X_DEFAULT, RELOAD, final=IN_FILE,
         teaches=dict(IN_FILE, **{"default-runtime": "runc"}), state={"state": note(b"{}", X_DEFAULT, "default-runtime", "runtimes")}),
    Case("the default was the user's", {"default_runtime": "runc"}, X_DEFAULT, RELOAD,
         final=dict(IN_FILE, **{"default-runtime": "runc"})),
    Case("both go", {"runtimes": [NO_X], "default_runtime": "runc"}, X_DEFAULT, RELOAD, final={},
         teaches={"runtimes": {}, "default-runtime": "runc"}, removed=("x",),
         state={"users": (), "state": note(b"{ }\n", X_DEFAULT, "default-runtime", "runtimes")}),
    Case("the daemon's own file must be there", {"runtimes": [NO_X]}, IN_FILE, RELOAD, final={}, teaches={"runtimes": {}},
         removed=("x",), state={"users": (), "config_named": True, "state": note(None, IN_FILE, "runtimes")}),
    Case("somebody else has written since", {"runtimes": [NO_X]}, IN_FILE, RELOAD, final={}, teaches={"runtimes": {}},
         removed=("x",), state={"users": (), "state": note(None, {"other": 1}, "runtimes")}),

    # Ours was the default, and goes: what was the default before us is it again.
    Case("there was none", {"runtimes": [NO_X]}, X_DEFAULT, RELOAD, final={}, warnings=["is it again: runc"], removed=("x",),
         teaches={"runtimes": {}, "default-runtime": "runc"}, result={"default_runtime": "runc"},
         state={"users": (), "state": note(b"{}", X_DEFAULT, "default-runtime", "runtimes", default="x", was="")}),
    Case("there was another", {"runtimes": [NO_X]}, dict(BOTH, **{"default-runtime": "x"}), RELOAD, removed=("x",),
         final={"runtimes": {"y": {"runtimeType": "/y"}}, "default-runtime": "y"}, warnings=["is it again: y"],
         state={"users": (), "state": note(None, {"other": 1}, default="x", was="y")}),
    Case("the other goes as well", {"runtimes": [NO_X, NO_Y]}, dict(BOTH, **{"default-runtime": "x"}), RELOAD, removed=("x", "y"),
         final={"runtimes": {}, "default-runtime": "runc"}, warnings=["is it again: runc"],
         state={"users": (), "state": note(None, {"other": 1}, default="x", was="y")}),
    Case("the other is gone already", {"exclusive": True}, X_DEFAULT, RELOAD, removed=("x",), warnings=["is it again: runc"],
         final={"runtimes": {}, "default-runtime": "runc"},
         state={"users": (), "state": note(None, {"other": 1}, default="x", was="y")}),
    Case("a shim that was never registered", {"runtimes": [{"name": ONPATH, "state": "absent"}]}, {"default-runtime": ONPATH}, RELOAD,
         final=None, teaches={"default-runtime": "runc"}, warnings=["is it again: runc"], made=None,
         state={"state": note(None, {"default-runtime": ONPATH}, "default-runtime", default=ONPATH, was="")}),
    Case("a default over ours", {"default_runtime": "y"}, dict(BOTH, **{"default-runtime": "x"}), RELOAD,
         final=dict(BOTH, **{"default-runtime": "y"}), state={"state": note(None, {"other": 1}, default="x", was="runc")}),

    # What is loaded is not known.
    Case("written by hand", {"runtimes": [X]}, IN_FILE, RELOAD, state=dict(OLD, info=info()),
         teaches=dict(IN_FILE, **{"default-runtime": "runc"})),
    Case("written by hand, and nobody has asked", {"runtimes": [X]}, IN_FILE, RELOAD, state=OLD, unknown=["what is loaded"],
         teaches=dict(IN_FILE, **{"default-runtime": "runc"})),
    Case("loaded by hand", {"runtimes": [X]}, IN_FILE, NONE, state=dict(OLD, info=info(x={"path": "/x"}))),
    Case("loaded by hand, and hidden", {"runtimes": [Y]}, {"runtimes": {"y": {"runtimeType": "/y"}}}, RELOAD,
         state=dict(OLD, info=info(y={"path": "/y"})), teaches={"runtimes": {"y": {"runtimeType": "/y"}}, "default-runtime": "runc"}),
    Case("all that could be loaded is written out", {}, {}, RELOAD, state=dict(OLD, info=info(x={"path": "/x"})),
         teaches={"runtimes": {}, "default-runtime": "runc"}),
    Case("an addition makes it known", {"runtimes": [X]}, {}, RELOAD, final=IN_FILE, state=dict(OLD, info=info("z")),
         teaches=dict(IN_FILE, **{"default-runtime": "runc"})),

    # The daemon is down.
    Case("added while it is down", {"runtimes": [X]}, None, LEAVE, final=IN_FILE, state={"running": False},
         result={"live": False, "action": "none", "restart_required": False}),
    Case("removed while it is down", {"runtimes": [NO_X]}, IN_FILE, LEAVE, final=None, removed=("x",),
         state={"running": False, "state": note(None, IN_FILE, "runtimes")}),

    # What only a restart brings.
    Case("free", FEATURE, None, RESTART, final={"features": {"cdi": True}}, state=IDLE, made=["features"],
         result={"action": "restart", "restart_required": False, "live": True}),
    Case("not free", FEATURE, None, RELOAD, final={"features": {"cdi": True}}, state=BUSY, warnings=["running containers (web)"],
         result={"action": "reload", "restart_required": True, "live": False}),
    Case("not known to be free", FEATURE, None, RESTART, final={"features": {"cdi": True}}, unknown=["what a restart would stop"]),
    Case("if needed", dict(FEATURE, restart="if_needed"), None, RESTART, final={"features": {"cdi": True}}, state=BUSY),
    Case("never", dict(FEATURE, restart="never"), None, RELOAD, final={"features": {"cdi": True}}, state=IDLE,
         warnings=["restart: never"], result={"restart_required": True, "live": False}),
    Case("still owed", dict(FEATURE, restart="never"), {"features": {"cdi": True}}, NONE,
         state={"record": {"daemon": "42 4242", "features": {}}}, warnings=["restart: never"],
         result={"restart_required": True, "live": False, "action": "none"}),
    Case("owed, and free now", FEATURE, {"features": {"cdi": True}}, ["restart"],
         state=dict(IDLE, record={"daemon": "42 4242", "features": {}}), result={"restart_required": False}),
    Case("owed to somebody else", {"runtimes": [X]}, {"features": {"cdi": True}}, RELOAD,
         final=dict({"features": {"cdi": True}}, **IN_FILE), state=dict(IDLE, record={"daemon": "42 4242", "features": {}}),
         result={"restart_required": False}),
    Case("a feature goes", {"features": {"cdi": None}}, {"features": {"cdi": True, "b": True}}, RESTART,
         final={"features": {"b": True}}, state=IDLE),
    Case("the last of what we made goes with it", {"features": {"cdi": None}}, {"features": {"cdi": True}}, RESTART, final=None,
         teaches={}, state=dict(IDLE, state=note(None, {"features": {"cdi": True}}, "features"))),
    Case("a restart reads no lessons", {"runtimes": [NO_X], "features": {"cdi": True}}, IN_FILE, RESTART,
         final={"features": {"cdi": True}}, removed=("x",), state=dict(IDLE, users=(), state=note(b"{}", IN_FILE, "runtimes"))),

    # The image store.
    Case("a store with nothing in it", {"features": {STORE: True}}, None, RESTART, final={"features": {STORE: True}}, state=IDLE),
    Case("a store that may hold something", {"features": {STORE: True}}, None, RESTART, final={"features": {STORE: True}},
         state={"busy": ()}, unknown=["image store would hide"]),
    Case("a store on an explicit word", {"features": {STORE: True}, "image_store": "switch"}, None, RESTART,
         final={"features": {STORE: True}}, state={"info": info(images=1), "busy": ()}),
    Case("the store that is there", {"features": {STORE: False}}, None, RELOAD, final={"features": {STORE: False}},
         state={"info": info(images=1), "busy": ()}),
    Case("the store that 29 chose", {"features": {STORE: True}}, None, RELOAD, final={"features": {STORE: True}},
         state={"version": "29.0.0", "info": dict(info(images=1, store=True), ServerVersion="29.0.0"), "busy": ()}),

    # What has to be asked, and what is said.
    Case("who uses it", {"runtimes": [NO_Y]}, BOTH, RELOAD, final=IN_FILE, removed=("y",), unknown=["the containers of what goes"]),
    Case("others use others", {"runtimes": [NO_Y]}, BOTH, RELOAD, final=IN_FILE, removed=("y",),
         state={"users": (User("c1", "web", "x", True),)}),
    Case("force", {"runtimes": [NO_Y], "force": True}, BOTH, RELOAD, final=IN_FILE, removed=("y",),
         state={"users": (User("c1", "web", "y", True),)}),
    Case("nobody can be asked", {"runtimes": [NO_X]}, IN_FILE, LEAVE, final={"runtimes": {}}, removed=("x",), state={"running": False}),
    Case("an interrupted run", {}, {}, NONE, state={"journal": True}, unknown=["an interrupted run"], warnings=["interrupted"]),
    Case("a reload forgets what a flag registered", {"runtimes": [X]}, None, RELOAD, final=IN_FILE,
         state={"argv": ("--add-runtime=crun=/usr/bin/crun",)}, warnings=["--add-runtime flags at a reload (crun)"]),
    Case("what no engine refuses of others", {"runtimes": [X]}, {"runtimes": {"odd": {"path": "a b/c"}}}, RELOAD,
         final={"runtimes": {"odd": {"path": "a b/c"}, "x": {"path": "/x"}}}),
    Case("a program that may be there", {"runtimes": [X]}, None, RELOAD, final=IN_FILE, warnings=["could not be looked up"],
         state={"found": {"/x": Found("", "", False)}}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_plan(make_state: Callable[..., Any], case: Case) -> None:
    state = make_state(case.content, **case.state)
    found = plan(parse(case.wanted), state)
    assert [step.action for step in found.steps] == case.actions
    assert found.empty is not bool(case.actions)
    for key, value in case.result.items():
        assert found.result[key] == value, key
    assert found.result["config_path"] == "/etc/docker/daemon.json" and found.result["validated"] is False
    for texts, fragments in ((found.warnings, case.warnings), (found.unknown, case.unknown)):
        assert len(texts) == len(fragments), texts
        assert all(fragment in text for text, fragment in zip(texts, fragments)), texts
    write: Optional[Write] = found.step("write")
    assert (write is not None) is ("write" in case.actions)
    if write is not None:
        assert (read(write.content), read(write.final)) == (case.teaches if case.teaches is not None else {}, case.final)
        assert write.before == state.config
        if case.made is None:
            assert write.origin is None
        elif case.made is not ...:
            assert write.origin["made"] == case.made
    if case.actions:
        loaded = found.steps[-1].detail
        assert (loaded.removed, loaded.default) == (case.removed, found.result["default_runtime"])
        assert loaded.runtimes == ((case.final or {}).get("runtimes") or {})
    if case.actions[-1:] in (["reload"], ["restart"]):
        assert found.steps[-1].target == "docker.service"


@pytest.mark.parametrize("case", [case for case in CASES if "write" in case.actions], ids=lambda case: case.name)
def test_once_is_enough(make_state: Callable[..., Any], case: Case) -> None:
    """On what a plan leads to, the same is asked for once more: there is nothing to do, but what is owed."""
    state = make_state(case.content, **case.state)
    wanted = parse(case.wanted)
    first = plan(wanted, state)
    write, loaded = first.step("write"), first.steps[-1].detail
    after = make_state(write.final, **dict(case.state, state=write.origin or {}, journal=False))
    noted = {"config": after.config.path, "daemon": daemon_key(after), "file": file_key(after.config), "features": loaded.started}
    second = plan(wanted, after._replace(record=noted))
    assert second.empty, second.steps
    assert second.result["restart_required"] is first.result["restart_required"]
    assert second.before == second.after == {}


# -- to the byte


@pytest.mark.parametrize("content", [
    None, b"", b"{}", b"{ }\n", b"null\n", b'{\n\t"debug": true\n}\n', b'{"runtimes": {}, "debug": true}', b'{"runtimes": null}\n',
    b'{\r\n  "default-runtime": "runc"\r\n}\r\n', b'\xef\xbb\xbf{"features": {}}\n'])
def test_there_and_back(make_state: Callable[..., Any], content: Optional[bytes]) -> None:
    """What is added and removed leaves the bytes that were there, and no note."""
    add = parse({"runtimes": [X, Y], "default_runtime": "x", "features": {"buildkit": True}})
    there = plan(add, make_state(content)).step("write")
    assert there.final == there.content != content
    for default in ({"default_runtime": "runc"}, {}):
        remove = parse(dict({"runtimes": [NO_X, NO_Y], "features": {"buildkit": None}}, **default))
        back = plan(remove, make_state(there.final, state=there.origin, users=())).step("write")
        assert back.final == content and back.origin is None
        taught = read(back.content)
        assert taught["runtimes"] == {} and taught["default-runtime"] == "runc"


def test_foreign_bytes_stay(make_state: Callable[..., Any]) -> None:
    content = b'{\n   "proxies":  {"https-proxy": "http://u:p@x"},\n   "debug": true }\n'
    written = plan(parse({"runtimes": [X]}), make_state(content)).step("write").final
    assert written.startswith(b'{\n   "proxies":  {"https-proxy": "http://u:p@x"},\n   "debug": true') and b'"/x"' in written


# -- the diff


@pytest.mark.parametrize("wanted, content, before, after", [
    ({"runtimes": [X]}, None, {}, {"runtimes": {"x": {"path": "/x"}}}),
    ({"runtimes": [NO_X]}, IN_FILE, {"runtimes": {"x": {"path": "/x"}}}, {}),
    ({"runtimes": [dict(X, path="/z")]}, IN_FILE, {"runtimes": {"x": {"path": "/x"}}}, {"runtimes": {"x": {"path": "/z"}}}),
    ({"runtimes": [X], "exclusive": True}, BOTH, {"runtimes": {"y": "(not shown)"}}, {}),
    ({"default_runtime": "x"}, IN_FILE, {"default-runtime": None}, {"default-runtime": "x"}),
    ({"features": {"a": True, "b": None}}, {"features": {"b": True, "c": False}}, {"features": {"a": None, "b": True}},
     {"features": {"a": True, "b": None}}),
    ({"runtimes": [X]}, {"log-opts": {"token": "s3cret"}}, {}, {"runtimes": {"x": {"path": "/x"}}}),
])
def test_diff(make_state: Callable[..., Any], wanted: Any, content: Any, before: Any, after: Any) -> None:
    """What is ours and differs; of others only that they go."""
    found = plan(parse(wanted), make_state(content, users=(), **IDLE))
    assert (found.before, found.after) == (before, after)


def test_diff_of_a_reload(make_state: Callable[..., Any]) -> None:
    found = plan(parse({"runtimes": [X]}), make_state(IN_FILE, ctime=2000, info=info()))
    assert found.before["loaded"] and found.after == {"loaded": "by a reload"}


# -- what is refused


NO_SHIM = Found("", "/usr/local/bin:/usr/bin", True)


@pytest.mark.parametrize("wanted, content, state, reason, option", [
    ({"runtimes": [X]}, b'{"debug": tru}', {}, "broken_config", ""),
    ({"runtimes": [X]}, b'{"runtimes": []}', {}, "broken_config", ""),
    ({"features": {"a": True}}, b'{"features": true}', {}, "broken_config", ""),
    ({"runtimes": [X]}, b'{"runtimes": {}, "runtimes": {}}', {}, "broken_config", ""),
    ({"runtimes": [X]}, {}, {"running": False, "program": "", "unit": {}}, "engine_not_found", "engine"),
    ({"runtimes": [X]}, {}, {"running": False, "program": "", "unit": {"LoadState": "not-found"}}, "engine_not_found", "engine"),
    ({"runtimes": [NO_X]}, X_DEFAULT, {}, "runtime_is_default", "default_runtime"),
    ({"exclusive": True}, X_DEFAULT, {}, "runtime_is_default", "default_runtime"),
    ({"runtimes": [NO_X]}, X_DEFAULT, {"state": note(None, {"other": 1}, default="y", was="")}, "runtime_is_default",
     "default_runtime"),
    ({"runtimes": [{"name": ONPATH, "state": "absent"}]}, {"default-runtime": ONPATH}, {}, "runtime_is_default", "default_runtime"),
    ({"runtimes": [NO_X], "default_runtime": "x"}, X_DEFAULT, {"users": ()}, "default_missing", "default_runtime"),
    # To an engine any name with a dot in it may be a shim's.
    ({"runtimes": [{"name": "x-1.2", "state": "absent"}], "default_runtime": "x-1.2"}, {"runtimes": {"x-1.2": {"path": "/x"}}},
     {"users": (), "found": {"containerd-shim-x-1-2": NO_SHIM}}, "shim_not_found", "default_runtime"),
    ({"runtimes": [{"name": "x-1.2"}]}, {}, {"found": {"containerd-shim-x-1-2": NO_SHIM}}, "shim_not_found", "runtimes[x-1.2].shim"),
    ({"runtimes": [NO_Y]}, BOTH, {"users": (User("c1", "web", "y", False),)}, "runtime_in_use", "runtimes"),
    ({"runtimes": [X], "exclusive": True}, BOTH, {"users": (User("c1", "", "y", True),)}, "runtime_in_use", "runtimes"),
    ({"default_runtime": "z"}, {}, {}, "default_missing", "default_runtime"),
    ({"runtimes": [{"name": "runc", "path": "/x"}]}, {}, {}, "name_reserved", "runtimes[runc]"),
    ({"runtimes": [dict(X, args=["a b"])]}, {}, {}, "unquotable", "runtimes[x].args[0]"),
    ({"runtimes": [Y]}, {}, {"version": "20.10.24"}, "engine_too_old", "runtimes[y].shim"),
    ({"runtimes": [{"name": SHIM}]}, {}, {"version": "20.10.24"}, "engine_too_old", "runtimes[%s]" % SHIM),
    ({"features": {STORE: True}}, {}, {"version": "23.0.1"}, "engine_too_old", "features[%s]" % STORE),
    ({"features": {STORE: True}}, {}, {"info": info(images=2), "busy": ()}, "image_store_not_empty", "features[%s]" % STORE),
    ({"features": {STORE: True}}, {}, {"info": info(containers=1), "busy": ()}, "image_store_not_empty", "features[%s]" % STORE),
    ({"runtimes": [X]}, {}, {"found": {"/x": Found("", "", True)}}, "program_not_found", "runtimes[x].path"),
    ({"runtimes": [Y]}, {}, {"found": {"/y": Found("", "", True)}}, "program_not_found", "runtimes[y].shim_path"),
    ({"runtimes": [{"name": SHIM}]}, {}, {"found": {"containerd-shim-runsc-v1": NO_SHIM}}, "shim_not_found",
     "runtimes[%s].shim" % SHIM),
    ({"default_runtime": SHIM}, {}, {"found": {"containerd-shim-runsc-v1": NO_SHIM}}, "shim_not_found", "default_runtime"),
    ({"runtimes": [{"name": "x", "shim": "io.containerd.runc.v2", "options": {"BinaryName": "/b"}}]}, {},
     {"found": {"/b": Found("", "", True)}}, "program_not_found", "runtimes[x].options[BinaryName]"),
    ({"default_runtime": "x"}, IN_FILE, {"argv": ("--default-runtime=runc",)}, "flag_and_file", "default_runtime"),
    ({"runtimes": [X]}, {"default-runtime": "z"}, {}, "default_missing", "default_runtime"),
])
def test_refused(make_state: Callable[..., Any], wanted: Any, content: Any, state: Any, reason: str, option: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        plan(parse(wanted), make_state(content, **state))
    assert (caught.value.reason, caught.value.option) == (reason, option)


def test_the_facts_of_a_refusal(make_state: Callable[..., Any]) -> None:
    with pytest.raises(SlipwayError) as caught:
        plan(parse({}), make_state(b'{\n  "a": tru\n}'))
    assert caught.value.facts == {"config_path": "/etc/docker/daemon.json", "line": 2, "column": 8}
    users = (User("c1", "web", "y", False), User("c2", "", "y", True), User("c3", "db", "x", True))
    with pytest.raises(SlipwayError) as caught:
        plan(parse({"runtimes": [NO_Y]}), make_state(BOTH, users=users))
    assert caught.value.facts["containers"] == ["c1", "c2"]
    assert "web (y)" in caught.value.message and "c2 (y)" in caught.value.message and "db" not in caught.value.message
    with pytest.raises(SlipwayError) as caught:
        plan(parse({"features": {STORE: True}}), make_state({}, info=info(images=2, containers=1), busy=()))
    assert (caught.value.facts["images"], caught.value.facts["containers"]) == (2, 1)


def test_a_program_that_an_earlier_task_would_install(make_state: Callable[..., Any]) -> None:
    """In check mode what is missing is a warning."""
    state = make_state({}, found={"containerd-shim-runsc-v1": NO_SHIM})
    found = plan(parse({"runtimes": [{"name": "x", "shim": SHIM}]}), state, check_mode=True)
    assert [step.action for step in found.steps] == RELOAD
    assert len(found.warnings) == 1 and "containerd-shim-runsc-v1" in found.warnings[0] and NO_SHIM.searched in found.warnings[0]


# -- who may


def test_user_scope(make_state: Callable[..., Any]) -> None:
    place = parse({"scope": "user"}).place
    with pytest.raises(SlipwayError) as caught:
        require_engine(make_state(place=place))
    assert (caught.value.reason, caught.value.option) == ("user_scope_as_root", "scope")
    require_engine(make_state(place=place, uid=1000))
    require_engine(make_state(uid=0))


@pytest.mark.parametrize("kind, reason", [("other", "config_not_a_file")])
def test_no_file_in_its_place(make_state: Callable[..., Any], kind: str, reason: str) -> None:
    state = make_state(None)
    with pytest.raises(SlipwayError) as caught:
        read_document(state._replace(config=state.config._replace(kind=kind)))
    assert (caught.value.reason, caught.value.option) == (reason, "config_path")


# -- the way back, and what is hidden


@pytest.mark.parametrize("content, taught", [
    (None, {"runtimes": {}, "default-runtime": "runc"}),
    (b"{}", {"runtimes": {}, "default-runtime": "runc"}),
    (b'{"runtimes": {"x": {}}, "default-runtime": "x"}', {"runtimes": {"x": {}}, "default-runtime": "x"}),
    (b'{"runtimes": null, "default-runtime": "", "debug": true}', {"runtimes": {}, "default-runtime": "runc", "debug": True}),
])
def test_teaching_of(make_state: Callable[..., Any], content: Optional[bytes], taught: Dict[str, Any]) -> None:
    assert read(teaching_of(content, make_state())) == taught


def test_teaching_with_a_default_by_flag(make_state: Callable[..., Any]) -> None:
    """The engine refuses a key that a flag gives too."""
    assert read(teaching_of(None, make_state(argv=("--default-runtime=x",)))) == {"runtimes": {}}


@pytest.mark.parametrize("content, hidden, shown", [
    ({"log-opts": {"token": "0badcafe"}}, "0badcafe", "token"),
    ({"runtimes": {"other": {"path": "/opt/other"}, "x": {"path": "/opt/ours"}}}, "/opt/other", "/opt/ours"),
    ({"default-runtime": "something", "labels": ["a=secret"]}, "a=secret", "something"),
])
def test_foreign_secrets(content: Any, hidden: str, shown: str) -> None:
    found = foreign_secrets(json.dumps(content).encode(), parse({"runtimes": [X]}))
    assert hidden in found and shown not in found


@pytest.mark.parametrize("content", [None, b"", b"{broken", b'{"runtimes": []}'])
def test_nothing_to_hide(content: Optional[bytes]) -> None:
    assert foreign_secrets(content, parse({})) == set()
