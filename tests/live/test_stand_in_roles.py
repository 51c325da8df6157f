# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles podman and nerdctl where a scenario does not lead: RHEL 8, what nothing to do costs, and wrong input."""

import re
from typing import Any, Callable, Dict, Iterator, List

import pytest

from hosts_under_test import Host, Played, Player

CONF = "/etc/modules-load.d/slipway-podman-iptable_nat.conf"
LINK = "/usr/local/bin/docker"
FAKE = "/opt/kernel"
MODPROBE = "/usr/local/sbin/modprobe"
RELEASE = """NAME="Rocky Linux"
VERSION="8.10 (Green Obsidian)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="8.10"
PLATFORM_ID="platform:el8"
"""


@pytest.fixture(scope="module")
def machine(bring_up: Callable[..., Host]) -> Host:
    """The host that docker_cli is tested on, with Podman."""
    host = bring_up("cli", "trixie", "podman")
    host.sh("command -v podman >/dev/null || "
            "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install podman >/dev/null 2>&1")
    return host


def role(name: str, *, variables: Dict[str, Any], **more: Any) -> Dict[str, Any]:
    """A task that includes a role."""
    return {
        "name": "include", "ansible.builtin.include_role": dict({"name": "slipway.runtimes." + name}, **more), "vars": variables}


def shell(name: str, script: str) -> Dict[str, Any]:
    """A task that is a line of sh; what it prints is in the results."""
    return {"name": name, "ansible.builtin.raw": script, "changed_when": False}


def named(one: Dict[str, Any]) -> str:
    """A task's own name."""
    return one["task"].rpartition(" : ")[2]


def between(played: Played, first: str, last: str) -> List[Dict[str, Any]]:
    """The results of what came after one task and before another."""
    names = [one["task"] for one in played.results]
    return played.results[names.index(first) + 1:names.index(last)]


def changes(results: List[Dict[str, Any]]) -> List[str]:
    """The tasks that changed something."""
    return [named(one) for one in results if one["result"].get("changed") and not one["kind"].startswith("item_")]


@pytest.fixture
def rhel_8(machine: Host) -> Iterator[Host]:
    """The same host, whose os-release, modules and modprobe say that it is RHEL 8's kin, with a module that can be loaded. The files are
    in a folder: not every kernel has a /proc/modules that another file could take the place of."""
    machine.script(MODPROBE, """#!/bin/sh
[ ! -e {0}/none ] || exit 1
[ "$1" = -n ] || echo "$1 16384 0 - Live 0x0" >>{0}/proc/modules
""".format(FAKE))
    machine.sh("rm -rf {0} {1}; mkdir -p {0}/lib/modules/$(uname -r) {0}/proc {0}/etc; echo 'nfs 1' >{0}/proc/modules".format(FAKE, CONF))
    machine.write(FAKE + "/etc/os-release", RELEASE.encode())
    yield machine
    machine.sh("rm -rf %s %s %s" % (MODPROBE, CONF, FAKE))


KERNEL = {"podman_install": False, "podman_docker": False, "__podman_root": FAKE}


def test_rhel_8(rhel_8: Host, player: Player) -> None:
    """iptable_nat is loaded now and at every boot, nothing to do the second time, and a kernel without it is told."""
    kernel = role("podman", variables=KERNEL)
    played = player.run([
        shell("first", "true"), kernel, shell("second", "cat %s; grep -c iptable_nat %s/proc/modules" % (CONF, FAKE)), kernel, shell("done", "true"),
        role("podman", variables=dict(KERNEL, podman_state="absent")), shell("gone", "[ ! -e %s ]" % CONF),
        shell("lost", "touch {0}/none; echo 'nfs 1' >{0}/proc/modules".format(FAKE)), kernel], host=rhel_8.name)
    assert changes(between(played, "first", "second")) == ["Load it now", "Load it at every boot"], played.text
    assert played.of("second")["stdout"].split() == ["iptable_nat", "1"] and changes(between(played, "second", "done")) == []
    assert changes(between(played, "done", "gone")) == ["Have none of our files"] and played.of("gone")["rc"] == 0
    assert played.code != 0 and "kernel-modules" in played.results[-1]["result"]["msg"], played.text


def commands(played: Played, first: str, last: str) -> Dict[str, int]:
    """How much was sent to the host after one task and before another; it takes a verbosity of 3."""
    text = played.text[played.text.index("TASK [%s]" % first):played.text.index("TASK [%s]" % last)]
    text = text[text.index("\nTASK "):]
    return {word: len(re.findall(r"(?m)^<[^>]+> (?:SSH: )?%s " % word, text)) for word in ("EXEC", "PUT")}


def test_nothing_to_do_is_cheap(machine: Host, player: Player) -> None:
    """A look, and one command each for packages, the user and the link; no file is brought, and no Python started."""
    machine.sh("rm -rf {0} /var/lib/slipway-runtimes".format(LINK))
    variables = {"podman_user": "dev", "podman_probe": "never", "podman_docker_replace": True}
    podman = role("podman", variables=variables)
    played = player.run([
        shell("first", "true"), podman, shell("second", "true"), podman, shell("third", "true"),
        role("podman", variables=dict(variables, podman_state="absent")), shell("last", "true")], host=machine.name, verbosity=3)
    assert played.code == 0 and changes(between(played, "first", "second")) == ["Have the link"], played.text
    assert changes(between(played, "second", "third")) == [] and commands(played, "second", "third") == {"EXEC": 4, "PUT": 0}
    assert changes(between(played, "third", "last")) == ["Have no link"]
    assert machine.sh("find /var/lib/slipway-runtimes -type f 2>/dev/null || :") == ""


def test_lima(machine: Host, player: Player) -> None:
    """The script and the user's own link to it, proven by a container, nothing to do, and away. lima is a program of limactl's shape
    that runs Podman in place of an instance's nerdctl."""
    machine.script("/opt/lima/bin/limactl", """#!/bin/sh
[ "$(id -u)" != 0 ] || exit 1
case $*:$1 in *--help:shell) echo --preserve-env; exit ;; *:shell) shift ;; esac
[ "$1" != --preserve-env ] || shift
[ "$1 $2" = "build nerdctl" ] || exit 1
shift 2
exec podman "$@"
""")
    machine.sh("rm -rf /home/dev/.local/bin /home/dev/.local/state; chmod 755 /opt/lima /opt/lima/bin; loginctl enable-linger dev; "
               "until [ -S /run/user/1002/bus ]; do sleep 0.05; done")
    variables = {
        "nerdctl_via": "lima", "nerdctl_lima_instance": "build", "nerdctl_user": "dev", "nerdctl_docker_scope": "user",
        "nerdctl_docker_target": "/opt/lima/bin/limactl", "nerdctl_docker_replace": True}
    lima = role("nerdctl", variables=variables)
    played = player.run([
        shell("first", "true"), lima, shell("there", "readlink /home/dev/.local/bin/docker; stat -c %U /home/dev/.local/bin/nerdctl"),
        lima, shell("again", "true"), role("nerdctl", variables=dict(variables, nerdctl_state="absent")),
        shell("gone", "find /home/dev/.local/bin /home/dev/.local/state -mindepth 1 2>/dev/null || :")], host=machine.name)
    assert played.code == 0 and changes(between(played, "first", "there")) == ["Have the user's link"], played.text
    assert played.of("there")["stdout"].split() == ["/home/dev/.local/bin/nerdctl", "dev"]
    assert changes(between(played, "there", "again")) == [] and changes(between(played, "again", "gone")) == ["Have no link of the user's"]
    assert played.of("gone")["stdout"].strip() == ""


WRONG = (
    ("podman", {"podman_socket": "user"}, "podman_user: 'podman_socket: user' needs the name"),
    ("podman", {"podman_user": "nobody-at-all"}, "podman_user: this host knows no 'nobody-at-all'"),
    ("podman", {"podman_state": "there"}, "podman_state"),
    ("nerdctl", {"nerdctl_rootless": True}, "nerdctl_user: 'nerdctl_rootless: true'"),
    ("nerdctl", {"nerdctl_variant": "full"}, "nerdctl_checksum: the role knows the digests of the minimal archive"),
    ("nerdctl", {"nerdctl_via": "lima", "nerdctl_lima_instance": "a b"}, "lima_instance: letters and digits"),
)


def test_wrong_input(machine: Host, player: Player) -> None:
    """Told by the name of the variable, before anything is changed."""
    played = player.run([
        {"name": str(number), "block": [role(name, variables=variables)], "rescue": [shell("told", "true")]}
        for number, (name, variables, _words) in enumerate(WRONG)], host=machine.name)
    failed = [str(one["result"].get("msg")) for one in played.results if one["kind"] == "failed"]
    assert played.code == 0 and len(failed) == len(WRONG), played.text
    for message, (_name, _variables, words) in zip(failed, WRONG):
        assert words in message
    assert changes(played.results) == []
