# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of docker_cli: what is there, and what a user gets."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli import wrapper
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.plan import in_the_way, plan
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.receipt import Placed, Program, Receipt, decode, encode
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.seen import Answer, Seen, Target, There
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.wanted import SPEC, parse

LINK, NERDCTL = "/usr/local/bin/docker", "/usr/local/bin/nerdctl"
PODMAN = Target("/usr/bin/podman", "program", "/usr/bin/podman", "1 2 3")
LIMACTL = Target("/opt/bin/limactl", "program", "/opt/lima/bin/limactl", "4 5 6")
ANSWER = Answer(version="5.4.2", said="Client: Podman Engine\nVersion: 5.4.2")
SEARCH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
EMPTY = Seen(
    uid=0, lib="/var/lib/slipway-runtimes", receipt=None, things={LINK: There(LINK)}, target=PODMAN, answer=ANSWER, others=(),
    first="", daemon=0, sockets=(), runtime_dir="/run/user/0", search=SEARCH, lines=())
TO_PODMAN = There(LINK, "link", "/usr/bin/podman", "/usr/bin/podman")
REAL = There("/usr/bin/docker", "file", stat="7 8 9", package="docker-ce-cli")
RECEIPT = Receipt(
    LINK, "podman", (Placed(LINK, "link", "/usr/bin/podman"),), Program("/usr/bin/podman", "1 2 3", "5.4.2"))
DONE = EMPTY._replace(receipt=RECEIPT, things={LINK: TO_PODMAN}, answer=None)
SCRIPT = wrapper.render(wrapper.KEEPING, instance="default", target="")
LIMA_RECEIPT = Receipt(
    LINK, "nerdctl", (Placed(NERDCTL, "file", SCRIPT), Placed(LINK, "link", NERDCTL)),
    Program("/opt/bin/limactl", "4 5 6", "2.3.5", wrapper.KEEPING))
LIMA_DONE = EMPTY._replace(
    receipt=LIMA_RECEIPT, target=LIMACTL, answer=None, uid=1000,
    things={LINK: There(LINK, "link", NERDCTL, NERDCTL), NERDCTL: There(NERDCTL, "file", stat="1 1 1", content=SCRIPT)})


def asked(**changes):
    """Validated parameters for podman."""
    return parse(dict({name: one.get("default") for name, one in SPEC.items()}, **dict(dict(provider="podman"), **changes)))


def at(there, *, path=LINK, seen=EMPTY):
    """A host with something at a path."""
    return seen._replace(things=dict(seen.things, **{path: there._replace(path=path)}))


def refused(wanted, seen):
    """The error of a plan."""
    with pytest.raises(SlipwayError) as caught:
        plan(wanted, seen)
    assert caught.value.option
    return caught.value


# What may be there, and how it is told.
IN_THE_WAY = {
    "a real docker": (There("", "file", stat="1", package="docker-ce-cli"), "is a program, of the package docker-ce-cli"),
    "podman-docker's script": (
        There("", "file", stat="1", content='#!/bin/sh\nexec /usr/bin/podman "$@"\n', package="podman-docker"),
        "is a script that calls podman, of the package podman-docker"),
    "somebody's script": (There("", "file", stat="1", content="#!/bin/sh\n", package=""), "is a script, of no package"),
    "a file that is no program": (There("", "file", stat="1 closed", content="x"), "is a file;"),
    "a distribution's link": (
        There("", "link", "../lib/docker/docker", "/usr/lib/docker/docker", package="docker.io"),
        "is a link to ../lib/docker/docker (/usr/lib/docker/docker), of the package docker.io"),
    "a dead link": (There("", "link", "/opt/gone", "/opt/gone", dead=True), "is a link to /opt/gone, where nothing is"),
    "a link into the alternatives": (
        There("", "link", "/etc/alternatives/docker", "/usr/bin/docker.ce", package=""),
        "is a link into the alternatives (/etc/alternatives/docker), which leads to /usr/bin/docker.ce, of no package"),
    "a folder": (There("", "folder"), "is a folder"),
}


@pytest.mark.parametrize("path, option", [(LINK, "path"), (NERDCTL, "wrapper_path")])
@pytest.mark.parametrize("name", sorted(IN_THE_WAY))
def test_in_the_way(name, path, option):
    """An error that says what is there and who owns it; moved aside where that is allowed."""
    there, words = IN_THE_WAY[name]
    lima = dict(provider="nerdctl", via="lima")
    wanted = asked(**(lima if path == NERDCTL else {}))
    seen = at(there, path=path, seen=EMPTY if path == LINK else LIMA_DONE._replace(receipt=None, answer=ANSWER))
    error = refused(wanted, seen)
    assert error.reason == "in_the_way" and error.option == option
    assert error.message.startswith("%s: %s is" % (option, path)) and words in error.message and "replace: true" in error.message
    done = plan(asked(replace=True, **(lima if path == NERDCTL else {})), seen)
    change, = [step.detail for step in done.steps if step.target == path]
    assert change.aside and change.new is not None and done.result["set_aside"] == [path]
    assert there.kind == "folder" or in_the_way(wanted, seen._replace(receipt=None)) != ()


def test_what_cannot_be_moved():
    """A device, and what stands where something was moved away before."""
    assert "cannot be moved aside" in refused(asked(replace=True), at(There("", "other"))).message
    kept = RECEIPT._replace(placed=(RECEIPT.placed[0]._replace(kept="/kept/1"),))
    seen = DONE._replace(receipt=kept, things={LINK: There(LINK, "file", stat="1")})
    assert "/kept/1" in refused(asked(replace=True), seen).message


def test_no_folder_on_the_way():
    """Nothing can be put below a file, whatever is allowed."""
    error = refused(asked(replace=True), at(There("", blocked="/usr/local")))
    assert (error.reason, error.option) == ("bad_path", "path") and "/usr/local is no folder" in error.message


# Who else is docker on this host, and whether the link may be made.
BESIDE = {
    "a real one": (REAL, True), "one that nobody knows": (There("/usr/local/sbin/docker", "file", stat="1"), True),
    "podman-docker's": (There("/usr/bin/docker", "file", stat="1", content="#!/bin/sh\nexec podman\n"), False),
    "a link to podman": (There("/usr/bin/docker", "link", "podman", "/usr/bin/podman"), False),
    "a link to the real one": (There("/usr/sbin/docker", "link", "docker.ce", "/usr/bin/docker.ce"), True),
    "a dead link": (There("/usr/bin/docker", "link", "gone", "/usr/bin/gone", dead=True), False),
    "a user's own": (There("/home/ada/bin/docker", "file", stat="1"), False),
}


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_a_real_docker_is_not_hidden(name):
    """Unless that is said; and no link that is there already is taken back for it."""
    other, stops = BESIDE[name]
    seen = EMPTY._replace(others=(other,))
    if stops:
        error = refused(asked(), seen)
        assert (error.reason, error.option, error.facts["found"]) == ("docker_present", "replace", [other.path])
        assert in_the_way(asked(), seen) == (other,)
    else:
        assert not plan(asked(), seen).empty
    assert not plan(asked(replace=True), seen).empty
    assert plan(asked(), DONE._replace(others=(other,))).empty


TARGETS = {
    "nothing": (dict(target=Target(), answer=None), {}, "target_missing", "provider"),
    "nothing there": (dict(target=Target(), answer=None), dict(target="/opt/podman"), "target_missing", "target"),
    "a folder": (dict(target=PODMAN._replace(kind="folder"), answer=None), {}, "target_not_executable", "provider"),
    "not executable": (dict(target=PODMAN._replace(kind="closed"), answer=None), {}, "target_not_executable", "provider"),
    "a failure": (dict(answer=Answer(code=125, said="no\nway")), {}, "target_broken", "provider"),
    "a hang": (dict(answer=Answer(code=None)), {}, "target_hangs", "provider"),
    "a loop": (dict(target=PODMAN._replace(real=LINK)), {}, "target_loops", "provider"),
}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_dead_targets(name):
    """An error before anything is written, or a warning where it may come later."""
    changes, options, reason, option = TARGETS[name]
    seen = EMPTY._replace(**changes)
    error = refused(asked(**options), seen)
    assert (error.reason, error.option) == (reason, option)
    later = plan(asked(require=False, **options), seen)
    assert later.warnings and later.step("place").new.text == options.get("target", "/usr/bin/podman")


def test_links():
    """Made, kept, changed, removed, given back."""
    made = plan(asked(), EMPTY)
    assert made.step("place").new == Placed(LINK, "link", "/usr/bin/podman") and made.result["action"] == "linked"
    assert made.after == {LINK: "a link to /usr/bin/podman"} and made.before == {}
    kept = plan(asked(), DONE)
    assert kept.empty and not kept.unknown and kept.result["docker"] == made.result["docker"] == {
        "path": LINK, "program": "/usr/bin/podman", "provider": "podman", "via": "direct", "version": "5.4.2", "socket": None,
        "rootless": False}
    moved = plan(asked(target="/opt/podman"), DONE._replace(
        target=Target("/opt/podman", "program", "/opt/podman", "9"), answer=ANSWER))
    assert moved.step("place").new.text == "/opt/podman" and moved.result["action"] == "relinked"
    gone = plan(asked(state="absent"), DONE)
    assert gone.step("withdraw").new is None and gone.result["action"] == "removed" and gone.result["docker"] is None
    assert plan(asked(state="absent"), EMPTY).empty
    with_kept = DONE._replace(receipt=RECEIPT._replace(placed=(RECEIPT.placed[0]._replace(kept="/kept/1"),)))
    assert plan(asked(), with_kept).result["set_aside"] == [LINK]
    assert plan(asked(state="absent"), with_kept).step("withdraw").kept == "/kept/1"
    missing = plan(asked(), with_kept._replace(things={LINK: There(LINK)}))
    assert missing.step("place").kept == "/kept/1"


def test_somebody_elses_link_that_does():
    """It stays theirs, whichever way it leads there, and absent leaves it."""
    for text in ("/usr/bin/podman", "/etc/alternatives/docker"):
        seen = at(There("", "link", text, "/usr/bin/podman"))._replace(first="5.4.2", answer=None)
        done = plan(asked(), seen)
        assert done.empty and done.result["docker"]["version"] == "5.4.2" and in_the_way(asked(), seen) == ()
        assert plan(asked(state="absent"), seen).empty


def test_what_others_changed():
    """Never overwritten, never removed."""
    theirs = There(LINK, "file", stat="1", package="docker-ce-cli")
    seen = DONE._replace(things={LINK: theirs})
    assert refused(asked(), seen).reason == "in_the_way"
    gone = plan(asked(state="absent"), seen)
    assert gone.step("withdraw").aside and "docker-ce-cli" in gone.warnings[0]
    assert gone.before == {} and gone.after == {}
    kept = RECEIPT._replace(placed=(RECEIPT.placed[0]._replace(kept="/kept/1"),))
    assert refused(asked(state="absent"), seen._replace(receipt=kept)).reason == "changed_since"


def test_a_newer_program():
    """It is asked again, and the receipt has to learn of it."""
    newer = DONE._replace(target=PODMAN._replace(stat="1 2 4"), answer=Answer(version="6.0.0"))
    done = plan(asked(), newer)
    assert done.empty and done.unknown and done.result["docker"]["version"] == "6.0.0"
    assert refused(asked(), newer._replace(answer=Answer(code=1))).reason == "target_broken"


LIMA = dict(provider="nerdctl", via="lima")


def test_lima():
    """The script first, and the link to it; both go again, the link first."""
    seen = LIMA_DONE._replace(receipt=None, answer=ANSWER, things={LINK: There(LINK), NERDCTL: There(NERDCTL)})
    made = plan(asked(**LIMA), seen)
    assert [step.target for step in made.steps] == [NERDCTL, LINK]
    assert made.steps[0].detail.new.text == SCRIPT and made.after[NERDCTL] == SCRIPT.splitlines()
    docker = plan(asked(**LIMA), LIMA_DONE).result["docker"]
    assert (docker["via"], docker["program"], docker["socket"]) == ("lima", "/opt/lima/bin/limactl", None)
    assert plan(asked(**LIMA), LIMA_DONE).empty
    assert [step.target for step in plan(asked(state="absent"), LIMA_DONE).steps] == [LINK, NERDCTL]
    other = plan(asked(lima_instance="build", **LIMA), LIMA_DONE)
    assert [step.target for step in other.steps] == [NERDCTL] and "build" in other.steps[0].detail.new.text
    old = plan(asked(**LIMA), seen._replace(answer=ANSWER._replace(keeps_environment=False)))
    assert "--preserve-env" not in old.steps[0].detail.new.text


def test_lima_and_root():
    """lima does not run as root; then it is said that it was not asked."""
    seen = LIMA_DONE._replace(
        uid=0, receipt=None, answer=Answer(asked=False), things={LINK: There(LINK), NERDCTL: There(NERDCTL)})
    assert "does not run as root" in plan(asked(**LIMA), seen).warnings[0]


def test_from_lima_to_direct():
    """The script goes, and the link leads to the program that was found elsewhere."""
    direct = LIMA_DONE._replace(target=Target("/usr/bin/nerdctl", "program", "/usr/bin/nerdctl", "1"), answer=ANSWER)
    done = plan(asked(provider="nerdctl"), direct)
    assert [(step.action, step.target) for step in done.steps] == [("place", LINK), ("withdraw", NERDCTL)]
    assert done.step("place").new.text == "/usr/bin/nerdctl"


def test_warnings():
    """Who will not get the link, and who is beside it."""
    own = There("/home/ada/bin/docker", "file", stat="1")
    sbin = There("/usr/local/sbin/docker", "file", stat="1", content="#!/bin/sh\nexec podman\n")
    found = plan(asked(), DONE._replace(
        others=(sbin, own), daemon=77, lines=("/etc/sudoers:Defaults secure_path=/usr/bin",))).warnings
    assert "logins of root and services" in found[0] and "/usr/local/sbin/docker (a script that calls podman)" in found[0]
    assert "sudo does not look" in found[1] and "/home/ada/bin/docker" in found[2] and "process 77" in found[3]


@pytest.mark.parametrize("uid, sockets, socket", [
    (0, (), None), (0, ("/run/podman/podman.sock",), "/run/podman/podman.sock"),
    (7, ("/run/podman/podman.sock",), None), (7, ("/run/user/7/podman/podman.sock",), "/run/user/7/podman/podman.sock")])
def test_the_socket(uid, sockets, socket):
    """The one that the task's user has."""
    docker = plan(asked(), DONE._replace(uid=uid, sockets=sockets, runtime_dir="/run/user/%d" % uid)).result["docker"]
    assert docker["socket"] == socket and docker["rootless"] == bool(uid)


def test_what_comes_first_on_path():
    """What answers is not always the link."""
    sbin = There("/usr/local/sbin/docker", "file", stat="1")
    docker = plan(asked(), DONE._replace(others=(sbin,), first="26.1.5")).result["docker"]
    assert (docker["path"], docker["provider"], docker["version"]) == ("/usr/local/sbin/docker", "docker", "26.1.5")
    left = plan(asked(state="absent"), DONE._replace(others=(REAL,))).result["docker"]
    assert (left["path"], left["provider"]) == ("/usr/bin/docker", "docker")


def test_receipts():
    """There and back, and what is none."""
    for one in (RECEIPT, LIMA_RECEIPT):
        assert encode(one).count("\n") == 1 and decode(encode(one).rstrip("\n"), LINK) == one
    assert decode("", LINK) is None
    for bad in ("nonsense", "[]", "{}", encode(RECEIPT).replace(LINK, "/else"), encode(RECEIPT).replace('"link"', '"pipe"')):
        with pytest.raises(SlipwayError) as caught:
            decode(bad, LINK)
        assert caught.value.reason == "receipt_broken"
