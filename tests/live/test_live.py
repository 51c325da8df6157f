# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the file says is no proof of what is loaded: each case ends live, and is 'changed' only where something was done."""

import json

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host

CONFIG = ENGINES["docker"]["config"]
ABSENT = dict(CRUN, state="absent")


def config(**keys: object) -> bytes:
    """A daemon.json."""
    return json.dumps(keys).encode() + b"\n"


WITH_CRUN = config(runtimes={"crun": {"path": "/usr/bin/crun"}})
WITH_SLIP = config(runtimes={"slip": {"runtimeType": "/opt/shims/containerd-shim-slipway-v1"}})


def assert_settled(host: Host, **wanted: object) -> None:
    """There is nothing left to do, by either way."""
    assert host.quick(**wanted) == "nothing to do"
    again = host.drive(**wanted)
    assert again.error is None and not again.changed, again.text
    assert again.result["live"] is True


@pytest.mark.parametrize("content, wanted, name", [(WITH_CRUN, CRUN, "crun"), (WITH_SLIP, SLIP, "slip")])
def test_edited_by_hand(docker: Host, content: bytes, wanted: dict, name: str) -> None:
    """Written after the daemon's start, and never loaded."""
    docker.write(CONFIG, content)
    assert docker.quick(runtimes=[wanted]) == "ships"
    first = docker.drive(runtimes=[wanted])
    assert first.changed and first.result["action"] == "reload" and first.result["live"] is True, first.text
    assert docker.read(CONFIG) == content
    assert docker.loaded() == [name]
    assert_settled(docker, runtimes=[wanted])


def test_edited_and_loaded_by_hand(docker: Host) -> None:
    """What the engine shows to be loaded is not loaded again."""
    docker.write(CONFIG, WITH_CRUN)
    docker.sh("systemctl reload docker; for i in $(seq 100); do docker info -f '{{json .Runtimes}}' | grep -q crun && break; sleep 0.05; done")
    assert docker.quick(runtimes=[CRUN]) == "ships"
    first = docker.drive(runtimes=[CRUN])
    assert first.error is None and not first.changed, first.text
    assert_settled(docker, runtimes=[CRUN])


@pytest.mark.parametrize("wanted", [CRUN, SLIP])
def test_restored(docker: Host, wanted: dict) -> None:
    """B is loaded, A is put back with its old times and not loaded."""
    docker.write(CONFIG, b'{"debug": false}\n')
    docker.drive()
    docker.sh("cp -p {0} /srv/a.json".format(CONFIG))
    assert docker.drive(runtimes=[wanted]).changed
    docker.sh("cp -p /srv/a.json {0}".format(CONFIG))
    absent = dict(wanted, state="absent")
    assert docker.quick(runtimes=[absent]) == "ships"
    first = docker.drive(runtimes=[absent])
    assert first.changed, first.text
    assert docker.loaded() == []
    assert docker.read(CONFIG) == b'{"debug": false}\n'
    assert_settled(docker, runtimes=[absent])


def test_moved_over(docker: Host) -> None:
    """A file that is older than the daemon is moved over the one that it read."""
    docker.write("/etc/docker/old.json", WITH_SLIP)
    docker.reset_keeping(b"{}\n")
    docker.sh("mv /etc/docker/old.json %s" % CONFIG)
    assert docker.quick(runtimes=[SLIP]) == "ships"
    assert docker.drive(runtimes=[SLIP]).changed
    assert docker.loaded() == ["slip"]
    assert_settled(docker, runtimes=[SLIP])


def test_removed_by_hand(docker: Host) -> None:
    """The file is gone; the engine still has what was in it."""
    assert docker.drive(runtimes=[SLIP]).changed
    docker.sh("rm %s" % CONFIG)
    absent = dict(SLIP, state="absent")
    assert docker.quick(runtimes=[absent]) == "ships"
    assert docker.drive(runtimes=[absent]).changed
    assert docker.loaded() == [] and docker.read(CONFIG) is None
    assert_settled(docker, runtimes=[absent])


def test_turned_link(docker: Host) -> None:
    """The link is turned to another file that is older than the daemon."""
    docker.write("/srv/a.json", b"{}\n")
    docker.write("/srv/b.json", WITH_SLIP)
    docker.sh("ln -sf /srv/a.json %s" % CONFIG)
    docker.restart()
    docker.sh("ln -sfn /srv/b.json %s" % CONFIG)
    assert docker.quick(runtimes=[SLIP]) == "ships"
    assert docker.drive(runtimes=[SLIP]).changed
    assert docker.loaded() == ["slip"]
    assert_settled(docker, runtimes=[SLIP])
    docker.sh("ln -sfn /srv/a.json %s" % CONFIG)
    assert docker.quick(runtimes=[dict(SLIP, state="absent")]) == "ships"
    assert docker.drive(runtimes=[dict(SLIP, state="absent")]).changed
    assert docker.loaded() == []
    assert docker.sh("readlink %s" % CONFIG) == "/srv/a.json"


def test_turned_folder(docker: Host) -> None:
    """The folder of the file is a link, and is turned to another one whose file is older than the daemon."""
    docker.sh("rm -rf /srv/one /srv/two; mkdir /srv/one /srv/two")
    docker.write("/srv/one/daemon.json", b"{}\n")
    docker.write("/srv/two/daemon.json", WITH_SLIP)
    docker.sh("mv /etc/docker /srv/docker.kept; ln -s /srv/one /etc/docker")
    try:
        docker.restart()
        docker.sh("ln -sfn /srv/two /etc/docker")
        assert docker.quick(runtimes=[SLIP]) == "ships"
        assert docker.drive(runtimes=[SLIP]).changed
        assert docker.loaded() == ["slip"]
        assert_settled(docker, runtimes=[SLIP])
    finally:
        docker.sh("rm /etc/docker; mv /srv/docker.kept /etc/docker")


def test_exchanged_folder(docker: Host) -> None:
    """An empty folder that is older than the daemon is put in the place of the one whose file was loaded; nothing is noted."""
    docker.sh("rm -rf /srv/none; mkdir /srv/none")
    docker.restart()
    assert docker.drive(runtimes=[SLIP]).changed
    docker.sh("mv /etc/docker /srv/docker.kept; mv /srv/none /etc/docker; rm -r /run/slipway-runtimes")
    try:
        absent = dict(SLIP, state="absent")
        assert docker.quick(runtimes=[absent]) == "ships"
        assert docker.drive(runtimes=[absent]).changed
        assert docker.loaded() == []
        assert_settled(docker, runtimes=[absent])
    finally:
        docker.sh("rm -r /etc/docker; mv /srv/docker.kept /etc/docker")


def test_kept_link(docker: Host) -> None:
    """Writing through a link keeps the link."""
    docker.sh("mkdir -p /srv/config; printf '{}\\n' >/srv/config/real.json; ln -sf ../../srv/config/real.json %s" % CONFIG)
    assert docker.drive(runtimes=[CRUN]).changed
    assert docker.sh("readlink %s" % CONFIG) == "../../srv/config/real.json"
    assert b"crun" in docker.read("/srv/config/real.json")
    assert docker.drive(runtimes=[ABSENT]).changed
    assert docker.read("/srv/config/real.json") == b"{}\n"


def test_restarted(docker: Host) -> None:
    """After a restart the quick way answers: the file is older than the daemon."""
    assert docker.drive(runtimes=[CRUN, SLIP]).changed
    docker.restart()
    assert docker.quick(runtimes=[CRUN, SLIP]) == "nothing to do"
    assert_settled(docker, runtimes=[CRUN, SLIP])


def test_run_is_empty(docker: Host) -> None:
    """Without the record nothing is known of what is loaded: the module finds out."""
    assert docker.drive(runtimes=[CRUN]).changed
    docker.sh("rm -rf /run/slipway-runtimes")
    assert docker.quick(runtimes=[CRUN]) == "ships"
    first = docker.drive(runtimes=[CRUN])
    assert first.error is None and not first.changed, first.text
    assert_settled(docker, runtimes=[CRUN])


def test_edited_before_the_record(docker: Host) -> None:
    """An edit between the reload and the record: the record does not speak for it."""
    edit = "printf '%%s' '%s' >%s" % (WITH_SLIP.decode().strip(), CONFIG)
    first = docker.drive(runtimes=[CRUN], hooks={"_record:before": edit})
    assert first.error is None and first.changed, first.text
    assert docker.quick(runtimes=[SLIP, ABSENT]) == "ships"
    assert docker.drive(runtimes=[SLIP, ABSENT]).changed
    assert docker.loaded() == ["slip"]


def test_edited_while_nothing_is_done(docker: Host) -> None:
    """The same where the run itself has nothing to do."""
    assert docker.drive(runtimes=[CRUN]).changed
    edit = "printf '%%s' '%s' >%s" % (WITH_SLIP.decode().strip(), CONFIG)
    first = docker.drive(runtimes=[CRUN], hooks={"settle:before": edit})
    assert first.error is None and not first.changed, first.text
    assert docker.quick(runtimes=[SLIP, ABSENT]) == "ships"
    assert docker.drive(runtimes=[SLIP, ABSENT]).changed
    assert docker.loaded() == ["slip"]


def test_edited_before_the_commit(docker: Host) -> None:
    """Somebody else's edit is never overwritten."""
    first = docker.drive(runtimes=[CRUN], hooks={"commit:before": "echo '{\"debug\": false}' >%s" % CONFIG})
    assert first.error["reason"] == "config_changed" and first.error["rolled_back"] is True, first.text
    assert docker.read(CONFIG) == b'{"debug": false}\n'
    assert docker.loaded() == [] and docker.leftovers() == []


def test_edited_before_the_way_back(docker: Host) -> None:
    """An edit in between, and then a failure: the edit stays, and the error says so."""
    hooks = {"apply:after": "echo '{\"debug\": false}' >%s; exit 99" % CONFIG}
    first = docker.drive(runtimes=[CRUN], hooks=hooks)
    assert first.error["rolled_back"] is False and "somebody else" in first.message, first.text
    assert docker.read(CONFIG) == b'{"debug": false}\n'
    second = docker.drive()
    assert second.error is None and "recovered" in second.result, second.text
    assert docker.loaded() == [] and docker.leftovers() == []


def test_a_feature_that_the_daemon_never_started_with(docker: Host) -> None:
    """Written by hand after the start: to the file it is there, to the daemon it is not."""
    docker.write(CONFIG, config(features={"slipway-test": True}))
    first = docker.drive(features={"slipway-test": True}, restart="never")
    assert first.error is None and first.result["restart_required"], first.text


def test_another_feature_is_not_ours(docker: Host) -> None:
    """Somebody else's new feature is no reason for us to restart the engine."""
    assert docker.drive(runtimes=[SLIP]).changed
    pid = docker.pid()
    docker.write(CONFIG, config(runtimes={"slip": {"runtimeType": "/opt/shims/containerd-shim-slipway-v1"}}, features={"other": True}))
    first = docker.drive(runtimes=[SLIP, CRUN])
    assert first.error is None and first.result["action"] == "reload", first.text
    assert docker.pid() == pid
