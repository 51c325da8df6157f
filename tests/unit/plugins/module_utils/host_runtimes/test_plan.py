# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of the parts become one: what is found where, what is proven, what is not known."""

from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.plan import Change
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.receipt import Placed
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, File
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, Step
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import EngineState, Found, User
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes import plan as planner
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.claims import Claim, Claims, Effective
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.plan import Moves, Parts
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.requirements import Facts
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.wanted import Wanted, parse

HERE = "/usr/bin:/usr/local/bin"
NOT_THERE = Found("", HERE, True)

# the program that was looked for, what was found, what is placed, what goes; where it is then
FOUND = (
    ("/opt/youki", Found("/opt/youki", "", True), (), (), "/opt/youki"),
    ("/opt/youki", NOT_THERE, ("/opt/youki",), (), "/opt/youki"),
    ("/opt/kata/bin/kata", NOT_THERE, ("/opt/kata",), (), "/opt/kata/bin/kata"),  # below a tree
    ("/opt/katana", NOT_THERE, ("/opt/kata",), (), ""),
    ("/opt/youki", Found("/opt/youki", "", True), (), ("/opt/youki",), ""),
    ("/opt/youki", Found("/opt/youki", "", True), ("/opt/youki",), ("/opt/youki",), "/opt/youki"),  # it is exchanged
    ("youki", NOT_THERE, ("/usr/local/bin/youki",), (), "/usr/local/bin/youki"),
    ("youki", NOT_THERE, ("/opt/bin/youki",), (), ""),  # not on the PATH of who looks for it
    ("youki", Found("", "", False), ("/opt/bin/youki",), (), "/opt/bin/youki"),  # nobody could look
    ("youki", NOT_THERE, ("youki",), (), "youki"),  # a package's, somewhere on PATH
    ("youki", Found("/usr/bin/youki", HERE, True), ("/usr/local/bin/youki",), (), "/usr/bin/youki"),  # it is found first
    ("youki", Found("/usr/bin/youki", HERE, True), (), ("/usr/bin/youki",), ""),
    ("youki", Found("/usr/bin/youki", HERE, True), ("/usr/local/bin/youki",), ("/usr/bin/youki",), "/usr/local/bin/youki"),
    ("containerd-shim-kata-v2", NOT_THERE, ("/usr/local/bin/containerd-shim-kata-v2",), (), "/usr/local/bin/containerd-shim-kata-v2"),
)


@pytest.mark.parametrize("name, found, placed, gone, expected", FOUND)
def test_moved(name: str, found: Found, placed: Tuple[str, ...], gone: Tuple[str, ...], expected: str) -> None:
    assert planner._found(name, found, Moves(placed, gone)).path == expected


def binaries(*placed: str, gone: Tuple[str, ...] = ()) -> Plan:
    """A plan that puts files in place and takes others away."""
    binary = Binary(name="x", option="x", files=tuple(File("", dest) for dest in placed))
    going = tuple(Placed("", dest, "", "", "", "file") for dest in gone)
    if not placed and not gone:
        return Plan()
    return Plan(steps=(Step("install", "x", Change(binary, None, {}, going)),), result={"binaries": []})


def engine(*names: str, action: str = "reload", owed: bool = False, live: bool = True, **after: Any) -> Plan:
    """An engine's plan that changes these entries."""
    found: Dict[str, Any] = dict(after)
    if names:
        found["runtimes"] = {name: {} for name in names}
    return Plan(
        steps=(Step(action, "docker.service"),) if action != "none" else (), after=found,
        result={"action": action, "restart_required": owed, "live": live, "version": "26.1"})


def wanted(**more: Any) -> Wanted:
    """Two programs and two shims."""
    return parse(dict({"runtimes": [
        {"name": "youki", "path": "/opt/youki"}, {"name": "crun", "path": "crun"},
        {"name": "gvisor", "shim": "io.containerd.runsc.v1", "options": {"ConfigPath": "/etc/runsc.toml"}},
        {"name": "io.containerd.wasmtime.v1"}, {"name": "old", "state": "absent"}]}, **more))


USED: Tuple[Tuple[str, Dict[str, Any], Dict[str, str]], ...] = (
    ("nobody", {}, {}),
    ("its own entry, which goes", {"other": {"path": "/usr/local/bin/runsc"}}, {}),
    ("another one, by path", {"gvisor": {"PATH": "/usr/local/bin/runsc"}}, {"gvisor": "gvisor", "gvisor-shim": "gvisor"}),
    ("by the shim's name", {"gvisor": {"runtimeType": "io.containerd.runsc.v1"}}, {"gvisor": "gvisor", "gvisor-shim": "gvisor"}),
    ("by the shim's file", {"x": {"runtimeType": "/usr/local/bin/containerd-shim-runsc-v1"}}, {"gvisor": "x", "gvisor-shim": "x"}),
    ("by a bare name", {"x": {"path": "runsc"}}, {"gvisor": "x", "gvisor-shim": "x"}),
    ("its settings", {"x": {"runtimeType": "y.z", "options": {"ConfigPath": "/etc/containerd/runsc.toml"}}}, {"settings": "x"}),
    ("what is below a folder", {"x": {"path": "/opt/tree/bin/x"}}, {"tree": "x"}),
    ("others", {"x": {"path": "/usr/bin/runsc"}, "y": "odd", "z": {"options": 3}}, {}),
)


def going(receipt: str, dest: str, together: str = "") -> Step:
    """The step that takes away a file."""
    binary = Binary(name=receipt, option="x", set=together, present=False)
    return Step("remove", receipt, Change(binary, None, {}, (Placed("", dest, "", "", "", "file"),)))


GVISOR = (
    going("gvisor-shim", "/usr/local/bin/containerd-shim-runsc-v1", "gvisor"), going("gvisor", "/usr/local/bin/runsc", "gvisor"))
RUNSC = "io.containerd.runsc.v1"


@pytest.mark.parametrize("name, entries, held", USED, ids=[one[0] for one in USED])
def test_what_entries_that_stay_use(
    name: str, entries: Dict[str, Any], held: Dict[str, str], make_state: Callable[..., EngineState]
) -> None:
    steps = GVISOR + (
        going("settings", "/etc/containerd/runsc.toml"), going("tree", "/opt/tree"), going("single", "/opt/single"))
    asked = parse({"runtimes": [{"name": "other", "state": "absent"}]}).engine
    assert planner.used(asked, make_state({"runtimes": entries}), Plan(steps=steps), Plan()) == {
        ("binaries", receipt): ["runtimes[%s]" % user] for receipt, user in held.items()}


@pytest.mark.parametrize("content, argv, params, held", [
    ({"default-runtime": RUNSC}, (), {}, True),
    ({}, ("--default-runtime=" + RUNSC,), {}, True),
    ({"default-runtime": "io.containerd.kata.v2"}, (), {}, False),
    ({"default-runtime": RUNSC, "runtimes": {RUNSC: {"path": "/x"}}}, (), {}, False),  # by this name it is something else
    ({"default-runtime": RUNSC}, (), {"default_runtime": "runc"}, False),
    ({}, (), {"default_runtime": RUNSC}, True),
    ({"default-runtime": RUNSC}, (), {"runtimes": [{"name": RUNSC, "state": "absent"}]}, False),
])
def test_a_default_by_a_shims_full_name_uses_it(
    content: Dict[str, Any], argv: Tuple[str, ...], params: Dict[str, Any], held: bool, make_state: Callable[..., EngineState]
) -> None:
    found = planner.used(parse(params).engine, make_state(content, argv=argv), Plan(steps=GVISOR), Plan())
    assert found == ({("binaries", name): ["default_runtime"] for name in ("gvisor", "gvisor-shim")} if held else {})


@pytest.mark.parametrize("runtime, entries, more, steps, held", [
    (RUNSC, {}, {}, GVISOR, True),
    ("my.own.runsc.v1", {}, {}, GVISOR, True),  # what is before the last two words does not matter
    ("runsc", {}, {}, GVISOR, False),
    ("io.containerd.kata.v2", {}, {}, GVISOR, False),
    (RUNSC, {RUNSC: {"path": "/x"}}, {}, GVISOR, False),
    (RUNSC, {}, {"force": True}, GVISOR, False),
    (RUNSC, {}, {}, GVISOR[1:], False),
    (RUNSC, {}, {}, binaries("/usr/local/bin/containerd-shim-runsc-v1", gone=("/opt/containerd-shim-runsc-v1",)).steps, False),
])
def test_containers_hold_a_shim_by_its_full_name(
    runtime: str, entries: Dict[str, Any], more: Dict[str, Any], steps: Tuple[Step, ...], held: bool,
    make_state: Callable[..., EngineState]
) -> None:
    asked, shims = parse(more).engine, planner.shims_gone(Plan(steps=steps), Plan())
    state = make_state({"runtimes": entries}, users=(User("c0ffee", "busy", runtime, False),))
    if not held:
        assert planner.hold_containers(asked, state, shims) == ()
        return
    with pytest.raises(SlipwayError) as caught:
        planner.hold_containers(asked, state, shims)
    assert caught.value.reason == "runtime_in_use" and "busy (%s)" % runtime in caught.value.message
    assert planner.hold_containers(asked, state._replace(users=None), shims) == ("the containers of what goes",)
    assert planner.hold_containers(asked, state._replace(daemon=None), shims) == ()


ALL = ("youki", "crun", "gvisor", "io.containerd.wasmtime.v1")

PROVE = (
    ("nothing", Plan(), None, {}, ()),
    ("an entry", Plan(), engine("crun"), {}, ("crun",)),
    ("an entry that is not named", Plan(), engine("other"), {}, ()),
    ("one that goes", Plan(), engine("old"), {}, ()),
    ("its file", binaries("/opt/youki"), None, {}, ("youki",)),
    ("a bare name's file", binaries("/usr/bin/crun"), None, {}, ("crun",)),
    ("its configuration", binaries("/etc/runsc.toml"), None, {}, ("gvisor",)),
    ("its shim", binaries("/usr/local/bin/containerd-shim-runsc-v1"), None, {}, ("gvisor",)),
    ("an unregistered shim", binaries("/usr/local/bin/containerd-shim-wasmtime-v1"), None, {}, ("io.containerd.wasmtime.v1",)),
    ("a file and an entry", binaries("/opt/youki"), engine("gvisor"), {}, ("youki", "gvisor")),
    ("somebody's file", binaries("/opt/other"), None, {}, ()),
    ("a file that goes", binaries(gone=("/opt/youki",)), None, {}, ()),
    ("a restart", Plan(), engine(action="restart"), {}, ALL),
    ("all that is loaded is new", Plan(), engine(loaded="by a reload"), {}, ALL),
    ("a default of others", Plan(), engine(**{"default-runtime": "theirs"}), {"default_runtime": "theirs"}, ("theirs",)),
    ("a default of ours", Plan(), engine("youki", **{"default-runtime": "youki"}), {"default_runtime": "youki"}, ("youki",)),
    ("always", Plan(), engine(action="none"), {"probe": "always"}, ALL),
    ("never", binaries("/opt/youki"), engine("crun"), {"probe": "never"}, ()),
    ("a restart is owed", Plan(), engine("crun", "io.containerd.wasmtime.v1", owed=True), {}, ("crun",)),
)


@pytest.mark.parametrize("name, files, registration, more, expected", PROVE, ids=[one[0] for one in PROVE])
def test_what_is_proven(name: str, files: Plan, registration: Optional[Plan], more: Dict[str, Any], expected: Tuple[str, ...]) -> None:
    assert planner.to_prove(wanted(**more), Parts(Plan(), files, registration)) == expected


FACTS = Facts(kernel="6.1", machine="x86_64", devices=())


def one_plan(asked: Wanted, parts: Parts, *, claim: Optional[Claim] = None, check_mode: bool = False) -> Plan:
    """The one plan where nothing is kept or pruned."""
    own = claim or Claim("docker")
    return planner.plan(asked, Effective(asked, {}, {}), Claims(own), parts, FACTS, check_mode=check_mode)


def test_one_of_all() -> None:
    files = binaries("/opt/youki")._replace(before={"x": 1}, after={"x": 2}, warnings=("of files",), unknown=("a stat",))
    registration = engine("crun")._replace(before={}, warnings=("of the engine",), unknown=("what is loaded",))
    found = one_plan(wanted(), Parts(Plan(result={"packages": []}), files, registration))
    assert [step.action for step in found.steps] == ["install", "reload"]
    assert found.before == {"binaries": {"x": 1}} and found.after == {"binaries": {"x": 2}, "runtimes": {"crun": {}}}
    assert found.result["action"] == "reload" and found.result["probes"] == [] and found.result["packages"] == []
    assert found.warnings == ("of files", "of the engine") and found.unknown == ("a stat", "what is loaded")


def unknown(asked: Wanted, *, check_mode: bool = False, claim: Optional[Claim] = None) -> List[str]:
    """What a plan with nothing to do lacks."""
    return list(one_plan(asked, Parts(Plan(), Plan(), engine(action="none")), check_mode=check_mode, claim=claim).unknown)


def test_what_is_not_known() -> None:
    """Whether runtimes run is to be seen each time, where that is asked for; and a claim may have to be noted."""
    assert unknown(wanted()) == []
    assert unknown(wanted(probe="always")) == ["whether they run"]
    assert unknown(wanted(probe="always"), check_mode=True) == []
    file = {"name": "x", "src": "/x", "remote_src": True, "files": [{"dest": "/opt/x"}]}
    assert unknown(wanted(binaries=[file])) == ["whose files these are"]
    assert unknown(wanted(binaries=[file]), claim=Claim("docker", {}, ("x",))) == []


@pytest.mark.parametrize("registration, said", [
    (engine("crun"), ""), (engine("crun", live=False), "under crun, because Docker does not run"),
    (engine("crun", owed=True, live=False), "under io.containerd.wasmtime.v1, because Docker needs a restart first"),
    (engine(action="none", owed=True, live=False), ""),
])
def test_what_is_not_proven_is_said(registration: Plan, said: str) -> None:
    warnings = one_plan(wanted(), Parts(Plan(), Plan(), registration)).warnings
    assert len(warnings) == bool(said) and (not said or said in warnings[0])


def test_requirements_are_held_against_the_engine_that_will_be() -> None:
    asked = wanted(requirements=[{"name": "wasmtime", "image_store": True}], features={"containerd-snapshotter": False})
    with pytest.raises(SlipwayError) as caught:
        one_plan(asked, Parts(Plan(), Plan(), engine()))
    assert caught.value.reason == "image_store_off"
    one_plan(wanted(requirements=[{"name": "wasmtime", "image_store": True}], features={"containerd-snapshotter": True}),
             Parts(Plan(), Plan(), engine()))


@pytest.mark.parametrize("params, option", [
    ({"probe_timeout": 0}, "probe_timeout"), ({"catalogue": ["youki"]}, "catalogue"),
    ({"scope": "user", "packages": [{"name": "x", "packages": {"debian": ["x"]}, "program": "x"}]}, "scope"),
    ({"files_for": "../x"}, "files_for"), ({"files_for": "dev", "scope": "user"}, "files_for"),
    ({"files_for": "dev", "runtimes": [{"name": "x", "path": "/x"}]}, "files_for"),
])
def test_bad(params: Dict[str, Any], option: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse(params)
    assert caught.value.option == option and caught.value.message.startswith(option + ": ")


def test_a_users_own_files() -> None:
    """They are the user's, and what root would have to take away is not asked for."""
    asked = parse({"scope": "user", "binaries": [{"name": "x", "state": "absent"}], "packages": [{"name": "x", "state": "absent"}]})
    assert asked.binaries.scope == "user" and asked.packages.packages == () and asked.claim_key == "docker"
    assert parse({"files_for": "dev", "engine": "iechor", "binaries": [{"name": "x", "state": "absent"}]}).claim_key == "iechor@dev"
