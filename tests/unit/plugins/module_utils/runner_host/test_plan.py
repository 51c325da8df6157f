# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner, and what it reads: a host's answers against what is wanted."""

from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import FileFacts
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.address import VARIABLE
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.plan import plan
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.questions import (
    Account, Receipt, State, UnitFacts, decode, encode, split_words)
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.scopes import Home, Kept, Target, put
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.wanted import Wanted, parse

URL = "unix:///run/x.sock"
OTHER = "unix:///run/y.sock"
DROP_IN = "/etc/systemd/system/a.service.d/50-dagger-runner-host.conf"
MANAGER = "/etc/systemd/system.conf.d/50-dagger-runner-host.conf"
PROFILE = "/etc/profile.d/dagger-runner-host.sh"
ENVIRONMENT = "/home/u/.config/environment.d/50-dagger-runner-host.conf"
ACCOUNT = Account("u", 1000, 1000, Home("/home/u", "/bin/bash"), manager=True)


def wanted(*scopes: Dict[str, Any], **more: Any) -> Wanted:
    """What is wanted; cli_version is given."""
    return parse(dict(dict(url=URL, cli_version="0.18.19", scopes=list(scopes)), **more))


def content(path: str, reader: str, url: str = URL) -> bytes:
    """A file of ours."""
    done = put(Target(path, reader, "own", "s"), url, None, None, replace=False).content
    assert done is not None
    return done


def state(files: Dict[str, Optional[bytes]], **more: Any) -> State:
    """A host with these files, and the receipt of what is in them."""
    facts = {
        path: FileFacts(path, "missing" if one is None else "file", path, content=one) for path, one in files.items()}
    kept = more.pop("kept", {path: Kept("own", "s") for path, one in files.items() if one is not None})
    return State(uid=0, lib="/l", receipt=Receipt(files=kept), files=facts, **more)


def steps(asked: Wanted, there: State) -> List[str]:
    """What would be done."""
    return ["%s %s" % (step.action, step.target) for step in plan(asked, there)[0].steps]


UNIT = dict(kind="unit", units=["a"])
LOADED = UnitFacts(load="loaded", value=URL, drop_ins=(DROP_IN,), running=URL)


def test_unit_from_nothing() -> None:
    """Written, loaded; the service that runs has to be started anew."""
    there = state({DROP_IN: None}, units={"a.service": UnitFacts(load="loaded", running="")})
    found, receipt = plan(wanted(UNIT), there)
    assert steps(wanted(UNIT), there) == ["write " + DROP_IN, "reload systemd"]
    assert found.result["restart_units"] == ["a.service"] and found.result["restart_required"]
    assert found.after == {DROP_IN: '[Service]\nEnvironment="%s=%s"\n' % (VARIABLE, URL)} and found.before == {}
    assert list(receipt.files) == [DROP_IN] and receipt.files[DROP_IN].scope == "unit a.service"


@pytest.mark.parametrize("facts, doing, restart, said", [
    (LOADED, [], [], ""),
    (LOADED._replace(running=""), [], ["a.service"], "until restarted"),
    (LOADED._replace(running=None), [], [], ""),
    (LOADED._replace(value=None, drop_ins=(), running=None), ["reload systemd"], [], ""),
    (LOADED._replace(value=OTHER), [], [], "the drop-in whose name comes last wins"),
    (LOADED._replace(file=("/e", OTHER), running=OTHER), [], [], "/e, which a.service reads"),
    (LOADED._replace(file=("/e", URL)), [], [], ""),
])
def test_unit_is_there(facts: UnitFacts, doing: List[str], restart: List[str], said: str) -> None:
    """What systemd has loaded, what the process was started with, and who else sets it."""
    there = state({DROP_IN: content(DROP_IN, "unit")}, units={"a.service": facts}, kept={
        DROP_IN: Kept("own", "unit a.service")})
    found = plan(wanted(UNIT), there)[0]
    assert steps(wanted(UNIT), there) == doing and found.result["restart_units"] == restart
    assert said in " ".join(found.warnings) and bool(said) == bool(found.warnings) and not found.unknown


def test_unit_changes() -> None:
    """From our value to another of ours: nobody overrides anything."""
    facts = LOADED._replace(value=OTHER, running=OTHER)
    there = state({DROP_IN: content(DROP_IN, "unit", OTHER)}, units={"a.service": facts})
    found = plan(wanted(UNIT), there)[0]
    assert steps(wanted(UNIT), there) == ["write " + DROP_IN, "reload systemd"]
    assert found.result["restart_units"] == ["a.service"] and "wins" not in " ".join(found.warnings)
    assert OTHER in found.before[DROP_IN] and URL in found.after[DROP_IN]


def test_unit_goes() -> None:
    """Removed; the service that runs with it keeps it until it is started anew."""
    there = state({DROP_IN: content(DROP_IN, "unit")}, units={"a.service": LOADED})
    gone = wanted(UNIT, state="absent")
    found, receipt = plan(gone, there)
    assert steps(gone, there) == ["remove " + DROP_IN, "reload systemd"] and receipt == Receipt()
    assert found.result["restart_units"] == ["a.service"] and found.result["files"] == [DROP_IN] and found.after == {}


def test_unit_is_not_there() -> None:
    """An error for a service that nobody has; removal does not mind."""
    there = state({DROP_IN: None}, units={"a.service": UnitFacts(load="not-found")})
    with pytest.raises(SlipwayError) as caught:
        plan(wanted(UNIT), there)
    assert caught.value.reason == "unit_missing"
    assert steps(wanted(UNIT, state="absent"), there) == []
    with pytest.raises(SlipwayError) as caught:
        plan(wanted(UNIT), state({DROP_IN: None}))
    assert caught.value.reason == "no_systemd"


@pytest.mark.parametrize("value, doing, said", [
    (URL, [], ""), (None, ["reload systemd"], ""), (OTHER, [], "gives another value")])
def test_manager(value: Optional[str], doing: List[str], said: str) -> None:
    """What systemd gives to services counts."""
    asked = wanted(dict(kind="manager"))
    there = state({MANAGER: content(MANAGER, "manager")}, manager_value=value, kept={MANAGER: Kept("own", "manager")})
    assert steps(asked, there) == doing and said in " ".join(plan(asked, there)[0].warnings)


def test_one_reload_for_all() -> None:
    """Of systemd; and of the user's own service manager, where it runs."""
    asked = wanted(UNIT, dict(kind="manager"), dict(kind="user", user="u"))
    files = {DROP_IN: None, MANAGER: None, ENVIRONMENT: None, "/home/u/.profile": None}
    owners = {ENVIRONMENT: "u", "/home/u/.profile": "u"}
    there = state(files, units={"a.service": LOADED}, accounts={"u": ACCOUNT}, owners=owners)
    assert steps(asked, there) == [
        "write " + DROP_IN, "write " + MANAGER, "write " + ENVIRONMENT, "write /home/u/.profile", "reload systemd",
        "reload user u"]
    quiet = there._replace(accounts={"u": ACCOUNT._replace(manager=False)})
    assert "reload user u" not in steps(asked, quiet)
    with pytest.raises(SlipwayError) as caught:
        plan(asked, there._replace(accounts={}))
    assert caught.value.reason == "user_missing" and caught.value.option == "scopes[2] (user).user"


def test_absent_without_scopes() -> None:
    """Whatever the receipt names; folders that were made go on to who is still in them."""
    kept = {MANAGER: Kept("own", "manager", folders=("/etc/systemd/system.conf.d",)), PROFILE: Kept("own", "login")}
    there = state({MANAGER: content(MANAGER, "manager"), PROFILE: content(PROFILE, "sh")}, kept=kept)
    gone = parse(dict(state="absent"))
    assert steps(gone, there) == ["remove " + PROFILE, "remove " + MANAGER, "reload systemd"]
    fish = "/home/u/.config/fish/conf.d/dagger-runner-host.fish"
    kept = {ENVIRONMENT: Kept("own", "user u", "u", folders=("/home/u/.config", "/home/u/.config/environment.d")),
            fish: Kept("own", "user u", "u")}
    there = state({ENVIRONMENT: content(ENVIRONMENT, "environment.d")}, kept=kept, accounts={"u": ACCOUNT})
    receipt = plan(wanted(dict(kind="user", user="u"), state="absent"), there)[1]
    assert receipt.files[fish].folders == ("/home/u/.config",) and list(receipt.files) == [fish]


@pytest.mark.parametrize("more, version", [
    (dict(cli_answer="dagger v0.13.7 (x) linux/amd64", cli_stat="2"), "0.13.7"),
    (dict(cli_stat="1"), "0.18.19"), (dict(cli_stat="2", cli_answer=""), None), (dict(), None)])
def test_version_of_the_cli(more: Dict[str, str], version: Optional[str]) -> None:
    """As it answers, or as the receipt knows that file."""
    asked = wanted(dict(kind="login"), cli_version="auto")
    there = state({PROFILE: content(PROFILE, "sh")}, kept={PROFILE: Kept("own", "login")}, **more)
    there = there._replace(receipt=there.receipt._replace(cli_stat="1", cli_version="0.18.19"))
    found, receipt = plan(asked, there)
    assert found.result["cli_version"] == version and found.empty
    # A new answer is noted by the module, else the program would be asked each time.
    assert bool(found.unknown) == (more.get("cli_stat") == "2")
    assert receipt.cli_stat == (more.get("cli_stat") or "1")


def test_translated_by_the_cli_that_is_there() -> None:
    """The result says what it was."""
    asked = wanted(dict(kind="login"), url="podman-container://x", translate=True)
    found = plan(asked, state({PROFILE: None}))[0]
    assert found.result["url"] == "container+podman://x" and found.result["translated_from"] == "podman-container://x"


def test_reachable_is_never_quick() -> None:
    """Only the host can try it."""
    found = plan(wanted(dict(kind="login"), reachable=True), state({PROFILE: content(PROFILE, "sh")}, kept={
        PROFILE: Kept("own", "login")}))[0]
    assert found.unknown == ("whether the engine answers",)


def test_receipt() -> None:
    """Written and read."""
    receipt = Receipt({"/a": Kept("line", "file", "u", "L=x\n", "L=y\n", True, True, ("/b",))}, "/bin/d", "1 2", "0.18.19")
    assert decode(encode(receipt)) == receipt and encode(receipt).count("\n") == 1
    for line in ("", "{}", "[]", '{"format": 2, "files": {}}', '{"format": 1, "files": {"/a": {}}}'):
        with pytest.raises(SlipwayError):
            decode(line)


@pytest.mark.parametrize("text, words", [
    ("", []), ("A=b C=d", ["A=b", "C=d"]), ('"A=b c" D=e', ["A=b c", "D=e"]),
    ('"A=b\\$c\'d\\`e\\"f\\\\g" H=i', ['A=b$c\'d`e"f\\g', "H=i"]), ("A=$'b'", ["A=$'b'"])])
def test_words_of_systemctl(text: str, words: List[str]) -> None:
    """As systemctl show prints a list."""
    assert split_words(text) == words
