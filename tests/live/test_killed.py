# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed at each step of the transaction: the next run finishes or undoes it, and says so."""

import json
from typing import Optional

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host

CONFIG = ENGINES["docker"]["config"]
KILL = 'kill -s KILL "$DRIVER"'
ORIGINAL = b'{\n    "debug": false\n}\n'
ABSENT = dict(CRUN, state="absent")

# Each leaves something else behind: in the journal, in the file, in the engine, or in our notes.
POINTS = (
    "host.run@--validate:before", "host.rename@docker.journal:before", "host.rename@daemon.json:before",
    "host.rename@daemon.json:after", "apply:before", "apply:after", "observe:after", "settle:before", "_note:after", "_record:after",
)
# The file goes, or gets its old bytes back, at the end only.
REMOVAL_POINTS = ("host.remove@daemon.json:after",)


def in_file(host: Host) -> list:
    """The names that the file registers."""
    content = host.read(CONFIG)
    return sorted((json.loads(content) if content else {}).get("runtimes") or {})


def assert_whole(host: Host) -> None:
    """File and engine agree, and nothing of an unfinished run is left."""
    assert in_file(host) == host.loaded()
    assert host.leftovers() == []


def prepare(host: Host, original: Optional[bytes], *runtimes: dict) -> None:
    """Docker lives on the file, with these runtimes added by an ordinary run."""
    if host.read(CONFIG) != original or host.quick() != "nothing to do":
        host.sh("rm -rf /etc/docker/*")
        host.forget()
        host.write(CONFIG, original)
        host.drive()
        assert_whole(host)
    if runtimes:
        assert host.drive(runtimes=list(runtimes)).changed


@pytest.mark.parametrize("point", POINTS)
def test_adding(host: Host, point: str) -> None:
    """Killed while the first runtime is added."""
    prepare(host, ORIGINAL)
    assert host.drive(runtimes=[CRUN], hooks={point: KILL}).killed
    noted = host.read("/var/lib/slipway-runtimes/docker.journal") is not None
    second = host.drive()
    assert second.error is None, second.text
    assert ("recovered" in second.result) == noted
    assert not noted or second.changed
    assert_whole(host)
    third = host.drive(runtimes=[CRUN])
    assert third.error is None and "recovered" not in third.result, third.text
    assert in_file(host) == host.loaded() == ["crun"]
    assert host.drive(runtimes=[ABSENT]).changed
    assert host.read(CONFIG) == ORIGINAL
    assert_whole(host)


@pytest.mark.parametrize("again", ["", "host.rename@daemon.json:after", "reload:after"])
def test_while_the_engine_takes_it_in(host: Host, again: str) -> None:
    """The engine is still busy with what it was told when the next run undoes it, and that one may be killed, too."""
    prepare(host, ORIGINAL)
    host.write(
        "/usr/local/bin/slow", b'#!/bin/sh\n[ "$1" != features ] || [ ! -e /run/slow ] || sleep 2\nexec /usr/bin/crun "$@"\n')
    host.sh("chmod 755 /usr/local/bin/slow")
    slow = {"name": "slow", "path": "/usr/local/bin/slow"}
    hooks = {"apply:before": "touch /run/slow", "apply:after": KILL}
    assert host.drive(runtimes=[slow], hooks=hooks).killed
    if again:
        stopped = host.drive(hooks={again: KILL})
        assert stopped.killed, stopped.text
    last = host.drive()
    host.sh("rm -f /run/slow /usr/local/bin/slow")
    assert last.error is None and "recovered" in last.result and last.changed, last.text
    assert host.read(CONFIG) == ORIGINAL
    assert_whole(host)


@pytest.mark.parametrize("point", POINTS[2:] + REMOVAL_POINTS)
def test_removing_the_last(host: Host, point: str) -> None:
    """Killed while the last runtime goes, and the file with it."""
    prepare(host, None, CRUN)
    killed = host.drive(runtimes=[ABSENT], hooks={point: KILL}).killed
    assert killed
    second = host.drive(runtimes=[ABSENT])
    assert second.error is None and "recovered" in second.result and second.changed, second.text
    assert host.read(CONFIG) is None
    assert_whole(host)
    assert host.quick(runtimes=[ABSENT]) == "nothing to do"
    assert host.drive(runtimes=[SLIP]).changed and host.drive(runtimes=[dict(SLIP, state="absent")]).changed
    assert host.read(CONFIG) is None
    assert_whole(host)


@pytest.mark.parametrize("point", ["_systemctl@restart:before", "apply:after", "settle:before"])
def test_restarting(host: Host, point: str) -> None:
    """Killed around a restart."""
    prepare(host, ORIGINAL)
    before = host.pid()
    wanted = dict(runtimes=[CRUN], features={"slipway-test": True}, restart="if_needed")
    assert host.drive(hooks={point: KILL}, **wanted).killed
    second = host.drive(**wanted)
    assert second.error is None and "recovered" in second.result, second.text
    assert not second.result["restart_required"] and second.result["live"]
    assert host.pid() != before
    assert_whole(host)
    assert not host.drive(**wanted).changed
    assert host.drive(runtimes=[ABSENT], features={"slipway-test": None}, restart="if_needed").changed
    assert host.read(CONFIG) == ORIGINAL


def test_killed_while_the_daemon_is_down(host: Host) -> None:
    """The restart's own moment: the daemon was stopped and not started again. It is started by the next run."""
    prepare(host, ORIGINAL)
    wanted = dict(features={"slipway-test": True}, restart="if_needed")
    assert host.drive(hooks={"restart:before": "systemctl stop docker.socket docker; " + KILL}, **wanted).killed
    second = host.drive()
    assert second.error is None and "recovered" in second.result, second.text
    assert "started" in second.result["recovered"]
    assert host.sh("systemctl is-active docker") == "active"
    assert host.read(CONFIG) == ORIGINAL
    assert_whole(host)


def test_edited_after_the_kill(host: Host) -> None:
    """Somebody else's edit between the kill and the next run stays."""
    prepare(host, ORIGINAL)
    assert host.drive(runtimes=[CRUN], hooks={"apply:before": KILL}).killed
    edited = b'{"debug": false, "labels": ["a=b"]}\n'
    host.write(CONFIG, edited)
    second = host.drive()
    assert second.error is None and "left as it is" in second.result["recovered"], second.text
    assert host.read(CONFIG) == edited
    assert_whole(host)


def test_torn_journal(host: Host) -> None:
    """A journal that cannot be read stops nobody."""
    prepare(host, ORIGINAL)
    host.write("/var/lib/slipway-runtimes/docker.journal", b'{"stage": "app')
    second = host.drive()
    assert second.error is None and "recovered" in second.result, second.text
    assert_whole(host)
