# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of rootless_user, and what it is asked."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import FileFacts
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.plan import delegation, plan
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.seen import Account, Receipt, Seen, decode, encode
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.wanted import CONTROLLERS, SPEC, parse

DROP_IN = "/etc/systemd/system/user@1000.service.d/slipway-delegate.conf"
LINE = "ada:100000:65536"


def a_file(path, content=None):
    """A file's facts; None for no file."""
    return FileFacts(path=path, kind="missing" if content is None else "file", target=path, content=content)


BARE = Seen(
    account=Account(1000, "/home/ada"), receipt=Receipt(), programs=("/usr/bin/newuidmap", "/usr/bin/newgidmap"), nowhere="",
    elsewhere=False, files={"subuid": a_file("/etc/subuid", b""), "subgid": a_file("/etc/subgid", b"bob:100000:65536\n")},
    systemd=True, unified=True, controllers=None, delegation=a_file(DROP_IN), linger=False, units=(), stores=())
RECEIPT = Receipt(1000, LINE, "ada:165536:65536", (), True, True)
DONE = BARE._replace(
    receipt=RECEIPT, linger=True, delegation=a_file(DROP_IN, delegation(CONTROLLERS)), files={
        "subuid": a_file("/etc/subuid", LINE.encode() + b"\n"),
        "subgid": a_file("/etc/subgid", b"bob:100000:65536\nada:165536:65536\n")})


def asked(**changes):
    """Validated parameters."""
    return parse(dict({name: one.get("default") for name, one in SPEC.items()}, **dict(dict(user="ada"), **changes)))


def steps(found):
    """The plan's steps in short."""
    return [(step.action, step.target) for step in found.steps]


def test_from_nothing():
    """Ranges, delegation, a manager that runs: all of it noted."""
    found, receipt = plan(asked(), BARE)
    assert steps(found) == [
        ("write", "/etc/subuid"), ("write", "/etc/subgid"), ("write", DROP_IN), ("reload", "systemd"), ("linger", "ada")]
    assert receipt == RECEIPT and found.result == {
        "user": "ada", "uid": 1000, "subuid": LINE, "subgid": "ada:165536:65536", "linger": True}
    assert found.steps[1].detail.after == b"bob:100000:65536\nada:165536:65536\n"
    assert found.before == {"linger": False} and found.after["/etc/subuid"] == LINE
    assert found.after[DROP_IN][-1] == "Delegate=cpu cpuset io memory pids"


def test_nothing_to_do():
    """With what we made, and with what was there before us."""
    assert plan(asked(), DONE)[0].empty and plan(asked(), DONE)[1] == RECEIPT
    own = DONE._replace(receipt=Receipt(), delegation=a_file(DROP_IN), controllers=CONTROLLERS + ("misc",))
    found, receipt = plan(asked(), own)
    assert found.empty and receipt.empty


# What is asked, or there -> the steps that are left.
PARTS = {
    "no ranges": (dict(subids=False), {}, [("write", DROP_IN), ("reload", "systemd"), ("linger", "ada")]),
    "ranges from a directory": ({}, dict(elsewhere=True), [("write", DROP_IN), ("reload", "systemd"), ("linger", "ada")]),
    "no manager": (dict(linger=False, delegate=[]), dict(systemd=False), [("write", "/etc/subuid"), ("write", "/etc/subgid")]),
    "trees of control groups": (dict(subids=False), dict(unified=False), [("linger", "ada")]),
    "the manager has enough": (dict(subids=False, delegate=["cpu"]), dict(controllers=("cpu", "pids")), [("linger", "ada")]),
    "it lacks one": (
        dict(subids=False, linger=False), dict(controllers=("cpu", "memory", "pids")), [("write", DROP_IN), ("reload", "systemd")]),
}


@pytest.mark.parametrize("name", sorted(PARTS))
def test_parts(name):
    """Only what is asked for and not there."""
    options, changes, left = PARTS[name]
    assert steps(plan(asked(**options), BARE._replace(**changes))[0]) == left


def test_a_file_that_is_not_there():
    """It is made, and noted as ours."""
    seen = BARE._replace(files=dict(BARE.files, subuid=a_file("/etc/subuid")))
    found, receipt = plan(asked(), seen)
    assert found.steps[0].detail.before is None and receipt.created == ("/etc/subuid",)
    gone = DONE._replace(receipt=RECEIPT._replace(created=("/etc/subuid",)))
    assert plan(asked(state="absent"), gone)[0].step("write").after is None


REFUSED = {
    "no such user": ({}, dict(account=None), "user_missing", "user"),
    "another root": ({}, dict(account=Account(0, "/root")), "bad_user", "user"),
    "no newuidmap": ({}, dict(programs=("/usr/bin/newgidmap",)), "program_missing", "require"),
    "no namespaces": ({}, dict(nowhere="user/max_user_namespaces"), "no_namespaces", "user"),
    "no systemd": ({}, dict(systemd=False), "no_systemd", "linger"),
    "somebody's drop-in": ({}, dict(delegation=a_file(DROP_IN, b"x")), "in_the_way", "delegate"),
    "a link": ({}, dict(files={"subuid": a_file("/etc/subuid", b"")._replace(target="/x"), "subgid": a_file("/etc/subgid", b"")}),
               "bad_file", "subids"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name):
    """Before anything is written, with what to do."""
    options, changes, reason, option = REFUSED[name]
    with pytest.raises(SlipwayError) as caught:
        plan(asked(**options), BARE._replace(**changes))
    assert (caught.value.reason, caught.value.option) == (reason, option)


def test_programs_that_come_later():
    """A warning, on the user's word."""
    found = plan(asked(require=False), BARE._replace(programs=()))[0]
    assert "uidmap" in found.warnings[0] and "newuidmap and newgidmap are" in found.warnings[0] and not found.empty


def test_removal():
    """All that is ours, and nothing else."""
    found, receipt = plan(asked(state="absent"), DONE)
    assert steps(found) == [
        ("linger", "ada"), ("remove", DROP_IN), ("reload", "systemd"), ("write", "/etc/subuid"), ("write", "/etc/subgid")]
    assert receipt == Receipt() and found.result["subuid"] is None and not found.result["linger"]
    assert found.steps[4].detail.after == b"bob:100000:65536\n" and not found.warnings
    assert plan(asked(state="absent"), DONE._replace(receipt=Receipt()))[0].empty


def test_what_stays():
    """Ranges that files may belong to, and a manager that has something to start; both go by a later removal."""
    used = DONE._replace(units=("containerd.service",), stores=("/home/ada/.local/share/containers",))
    found, receipt = plan(asked(state="absent"), used)
    assert steps(found) == [("remove", DROP_IN), ("reload", "systemd")]
    assert "containerd.service" in found.warnings[0] and "/home/ada/.local/share/containers" in found.warnings[1]
    assert receipt == RECEIPT._replace(delegation=False) and found.result["subuid"] == LINE and found.result["linger"]
    later = used._replace(receipt=receipt, delegation=a_file(DROP_IN))
    assert plan(asked(state="absent"), later)[0].empty
    assert steps(plan(asked(state="absent"), later._replace(units=(), stores=()))[0]) == [
        ("linger", "ada"), ("write", "/etc/subuid"), ("write", "/etc/subgid")]


def test_a_user_who_is_gone():
    """The note goes, and what lies around of ours."""
    gone = DONE._replace(account=None, files={"subuid": a_file("/etc/subuid", b""), "subgid": a_file("/etc/subgid", b"")})
    found, receipt = plan(asked(state="absent"), gone)
    assert steps(found) == [("remove", DROP_IN), ("reload", "systemd")] and receipt == Receipt()
    found, receipt = plan(asked(state="absent"), gone._replace(delegation=None))
    assert steps(found) == [("forget", "ada")] and receipt == Receipt()


@pytest.mark.parametrize("options, option", [
    (dict(user=""), "user"), (dict(user="a b"), "user"), (dict(user="../x"), "user"), (dict(user="root"), "user"),
    (dict(subid_count=0), "subid_count"), (dict(subid_count=1 << 31), "subid_count")])
def test_wrong_input(options, option):
    """The option is named."""
    with pytest.raises(SlipwayError) as caught:
        asked(**options)
    assert caught.value.option == option and caught.value.message.startswith(option + ":")


def test_receipts():
    """There and back, and what is none."""
    assert decode(encode(RECEIPT).rstrip("\n"), "ada") == RECEIPT and decode("", "ada") == Receipt()
    for line in ("x", "[]", "{}", '{"format": 2}', '{"format": 1, "created": [], "uid": 1, "more": 2}'):
        with pytest.raises(SlipwayError):
            decode(line, "ada")
