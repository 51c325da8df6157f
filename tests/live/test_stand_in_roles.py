# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles podman and nerdctl where a scenario does not lead: RHEL 8's kernel, and nerdctl's archives, which are stand-ins here."""

import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from hosts_under_test import Host, Played, Player

CONF = "/etc/modules-load.d/slipway-podman-iptable_nat.conf"
FAKE = "/opt/kernel"
MODPROBE = "/usr/local/sbin/modprobe"
LINK = "/usr/local/bin/docker"
RHEL8 = {"ansible.builtin.set_fact": {
    "ansible_os_family": "RedHat", "ansible_distribution": "Rocky", "ansible_distribution_major_version": "8", "cacheable": True}}


@pytest.fixture(scope="module")
def machine(bring_up: Callable[..., Host]) -> Host:
    """The host that docker_cli is tested on."""
    return bring_up("cli", "trixie", "podman")


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


def test_rhel_8(machine: Host, player: Player) -> None:
    """iptable_nat is loaded now and at every boot, nothing to do the second time, and a kernel without it is told. The kernel is a
    folder that says so, and modprobe a program that reads it; what else a kernel may have is a table of unit tests."""
    machine.script(MODPROBE, """#!/bin/sh
[ ! -e {0}/none ] || exit 1
[ "$1" = -n ] || echo "$1 16384 0 - Live 0x0" >>{0}/proc/modules
""".format(FAKE))
    machine.sh("rm -rf {0} {1}; mkdir -p {0}/lib/modules/$(uname -r) {0}/proc; echo 'nfs 1' >{0}/proc/modules".format(FAKE, CONF))
    kernel = role("podman", variables={"__podman_root": FAKE}, tasks_from="kernel")
    platform = role("podman", variables={}, tasks_from="platform", public=True)
    try:
        played = player.run([
            RHEL8, platform, shell("first", "true"), kernel, shell("second", "cat " + CONF), kernel, shell("done", "true"),
            shell("lost", "touch {0}/none; echo 'nfs 1' >{0}/proc/modules".format(FAKE)), kernel], host=machine.name)
    finally:
        machine.sh("rm -rf %s %s %s" % (MODPROBE, CONF, FAKE))
    assert changes(between(played, "first", "second")) == ["Load it now", "Load it at every boot"], played.text
    assert played.of("second")["stdout"].strip() == "iptable_nat" and changes(between(played, "second", "done")) == []
    assert played.code != 0 and "kernel-modules" in played.results[-1]["result"]["msg"], played.text


# -- nerdctl

NERDCTL = r"""#!/bin/sh
case $1 in
    version | --version) printf 'Client:\n Version:\tv2.3.0\n' ;;
    load) cat >/dev/null ;;
    run) printf 'slipway.runtimes probe\nLinux\nn\n1\nv\nx\nready\n' ;;
esac
"""
SETUP = r"""#!/bin/sh
set -eu
[ "$(id -u)" != 0 ] && systemctl --user show-environment >/dev/null && [ -w "$XDG_RUNTIME_DIR" ]
command -v containerd-rootless.sh newuidmap >/dev/null
unit=$HOME/.config/systemd/user/containerd.service
case $1 in
    install)
        mkdir -p "${unit%/*}"
        printf '[Service]\nExecStart=/bin/sleep 1000\n' >"$unit"
        systemctl --user start containerd.service ;;
    uninstall) systemctl --user stop containerd.service; rm -f "$unit" ;;
esac
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the form of upstream's minimal one."""
    folder = tmp_path_factory.mktemp("archive")
    place = folder / "content"
    place.mkdir()
    for program, text in (
            ("nerdctl", NERDCTL), ("containerd-rootless-setuptool.sh", SETUP), ("containerd-rootless.sh", "#!/bin/sh\n")):
        (place / program).write_text(text)
        (place / program).chmod(0o755)
    subprocess.run(["tar", "-czf", "nerdctl.tar.gz", "-C", "content", "."], cwd=str(folder), check=True)
    return folder / "nerdctl.tar.gz"


def test_nerdctl_rootless(machine: Host, player: Player, archive: Path) -> None:
    """From nothing to a user's own containerd and docker, nothing to do, and away again."""
    machine.sh("rm -rf {0} /usr/local/bin/nerdctl /usr/local/bin/containerd-rootless* /var/lib/slipway-runtimes; sed -i /^dev:/d /etc/subuid; "
               "rm -f /home/dev/.config/systemd/user/containerd.service".format(LINK))
    listing = "find /usr/local/bin /home/dev/.config -type f -o -type l | sort"
    before = machine.sh(listing)
    variables = {
        "nerdctl_src": str(archive), "nerdctl_docker_replace": True, "nerdctl_rootless": True, "nerdctl_user": "dev",
        "nerdctl_rootless_packages": {"debian": ["uidmap"]}}
    played = player.run([
        shell("begin", "true"), role("nerdctl", variables=variables),
        shell("there", "readlink %s; grep -c ^dev: /etc/subuid; systemctl --user -M dev@ is-active containerd" % LINK),
        role("nerdctl", variables=variables), shell("again", "true"),
        role("nerdctl", variables=dict(variables, nerdctl_state="absent")), shell("gone", "true")], host=machine.name)
    assert played.code == 0, played.text
    assert {"Install it", "Give the user a range of each", "Set it up"} <= set(changes(between(played, "begin", "there")))
    assert played.of("there")["stdout"].split() == ["/usr/local/bin/nerdctl", "1", "active"]
    assert changes(between(played, "there", "again")) == [], played.text
    assert changes(between(played, "again", "gone")) and machine.sh(listing) == before
