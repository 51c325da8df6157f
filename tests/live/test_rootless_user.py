# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user needs for containers without root, on a real host: given, killed on the way, and taken back to the byte. The scenarios
podman and nerdctl then run containers by it."""

from typing import Any, Iterator

import pytest

from hosts_under_test import Driven, Host, Player, execs, of_task

MODULE = "slipway.runtimes.rootless_user"
USER = "kit"
TREE = "/sys/fs/cgroup"
CONTROLLERS = TREE + "/cgroup.controllers"
KILL = 'kill -s KILL "$DRIVER"'
WATCHED = "/etc/subuid* /etc/subgid* /etc/systemd/system /var/lib/systemd/linger /var/lib/slipway-runtimes"


@pytest.fixture
def machine(host: Host) -> Iterator[Host]:
    """The host, with a user whom nobody gave anything. It says that it has one tree of control groups."""
    host.sh("id {0} >/dev/null 2>&1 || useradd --system --create-home {0}; rm -rf /var/lib/slipway-runtimes/rootless_user* "
            "/home/{0}/.local /home/{0}/.config".format(USER))
    says = host.sh("[ -e {0} ] || {{ mount -o remount,rw {1} && : >{0} && echo now; }}".format(CONTROLLERS, TREE)) == "now"
    yield host
    if says:
        host.sh("rm %s; mount -o remount,ro %s" % (CONTROLLERS, TREE))


def listing(host: Host) -> str:
    """All of it, with owners, modes and digests."""
    return host.sh("find {0} ! -type d -printf '%p %y %m %U %G %l\\n' 2>/dev/null | sort; "
                   "find {0} -type f -exec sha256sum {{}} + 2>/dev/null | sort -k 2".format(WATCHED))


def drive(host: Host, *, hooks: Any = None, check_mode: bool = False, **params: Any) -> Driven:
    """Run the module's code."""
    return host.drive_subject("rootless_user", dict({"user": USER}, **params), hooks=hooks, check_mode=check_mode)


def test_from_nothing_to_nothing(machine: Host, player: Player) -> None:
    """Check mode, for good, again by both ways, and back; what the user's programs see is asked of them."""
    before = listing(machine)
    play = [{"name": "check", MODULE: {"user": USER}, "check_mode": True}, {"name": "do", MODULE: {"user": USER}},
            {"name": "repeat", MODULE: {"user": USER}}, {"name": "shipped", MODULE: {"user": USER}, "vars": {"slipway_quick": False}}]
    played = player.run(play, host=machine.name, diff=True, verbosity=3)
    assert played.code == 0 and played.of("check")["diff"] == played.of("do")["diff"], played.text
    made = played.of("do")
    assert made["changed"] and made["linger"] and machine.sh("grep ^%s: /etc/subuid" % USER) == made["subuid"]
    assert machine.sh("runuser -u %s -- unshare --user --map-auto --map-root-user cat /proc/self/uid_map | wc -l" % USER) == "2"
    assert machine.sh("systemctl show -p Delegate --value user@$(id -u %s)" % USER) == "yes"
    assert machine.sh("systemctl --user -M %s@ show -p Version --value" % USER)
    for name in ("repeat", "shipped"):
        assert not played.of(name)["changed"] and played.of(name)["subuid"] == made["subuid"]
    assert execs(played, "repeat") == 1 and " PUT " not in of_task(played, "repeat")
    machine.sh("mkdir -p /home/{0}/.local/share/containers; mkdir -p /home/{0}/.config/systemd/user/x.wants; "
               "ln -s /x /home/{0}/.config/systemd/user/x.wants/mine.service".format(USER))
    assert drive(machine, state="absent").changed
    kept = drive(machine, state="absent")
    assert not kept.changed and "mine.service" in kept.warnings[0] and ".local/share/containers" in kept.warnings[1], kept.text
    machine.sh("rm -rf /home/{0}/.local /home/{0}/.config".format(USER))
    assert drive(machine, state="absent").changed and listing(machine) == before and not drive(machine, state="absent").changed


@pytest.mark.parametrize("point", ["apply:after", "settle:before", "host.remove@kit.json:before"])
def test_killed(machine: Host, point: str) -> None:
    """At any moment, on the way there and back: the next run finishes or undoes it, and says so."""
    before = listing(machine)
    if "remove" not in point:
        assert drive(machine, hooks={point: KILL}).killed
        there = drive(machine)
        assert there.result is not None and "recovered" in there.result and there.result["linger"], there.text
    else:
        assert drive(machine).changed
    assert drive(machine, state="absent", hooks={point: KILL}).killed
    gone = drive(machine, state="absent")
    assert gone.result is not None and "recovered" in gone.result and listing(machine) == before, gone.text


def test_others_at_the_files(machine: Host) -> None:
    """A line that another program wrote meanwhile stays, whatever becomes of ours; and a program that holds the file is waited for."""
    before = listing(machine)
    failed = drive(machine, hooks={"apply:after": "echo eve:900000:1 >>/etc/subuid; exit 99"})
    assert failed.error is not None and failed.error["rolled_back"], failed.text
    assert machine.sh("tail -1 /etc/subuid") == "eve:900000:1"
    machine.sh("sed -i /^eve:/d /etc/subuid; sleep 5 >/dev/null 2>&1 & printf %d $! >/etc/subuid.lock; "
               "{ sleep 1; rm /etc/subuid.lock; } >/dev/null 2>&1 &")
    assert drive(machine).changed and drive(machine, state="absent").changed and listing(machine) == before
    machine.sh("printf 999999 >/etc/subgid.lock")
    assert drive(machine).changed and drive(machine, state="absent").changed and listing(machine) == before
