# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containers use, what is the default, and what only a restart brings."""

from typing import Iterator

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host, until

CONFIG = ENGINES["docker"]["config"]
ABSENT = dict(CRUN, state="absent")
RUN = "docker run -d --network none --name %s %s busybox busybox sleep 600"
STORE = "containerd-snapshotter"


@pytest.fixture
def used(docker: Host) -> Iterator[Host]:
    """Docker with crun and an image; its containers and images go at the end."""
    docker.sh("mkdir -p /srv/bb/bin && cp /usr/bin/busybox /srv/bb/bin/ && tar -c -C /srv/bb . | docker import - busybox")
    assert docker.drive(runtimes=[CRUN]).changed
    yield docker
    docker.sh("docker ps -aq | xargs -r docker rm -f; docker images -q | xargs -r docker rmi -f", check=False)


def test_removal_of_what_is_used(used: Host) -> None:
    """Refused, with the containers' names; running or not; 'force' removes it all the same."""
    used.sh("docker create --runtime crun --name stopped busybox /bin/busybox true")
    done = used.drive(runtimes=[ABSENT])
    assert done.error["reason"] == "runtime_in_use" and "stopped" in done.message, done.text
    assert used.quick(check_mode=True, runtimes=[ABSENT]) == "ships"
    assert used.drive(runtimes=[ABSENT], check_mode=True).error["reason"] == "runtime_in_use"
    assert used.loaded() == ["crun"]
    done = used.drive(runtimes=[], exclusive=True)
    assert done.error["reason"] == "runtime_in_use", done.text
    done = used.drive(runtimes=[ABSENT], force=True)
    assert done.error is None and done.changed, done.text
    assert used.loaded() == []


def test_removal_of_the_default(used: Host) -> None:
    """One that we made it gives it back; somebody else's goes only together with being it. Both live, without a restart."""
    pid = used.pid()
    assert used.drive(default_runtime="crun").changed
    done = used.drive(runtimes=[ABSENT])
    assert done.error is None and done.result["action"] == "reload" and "is it again: runc" in done.warnings[0], done.text
    assert used.loaded() == [] and used.info()["DefaultRuntime"] == "runc" and used.read(CONFIG) is None
    used.write(CONFIG, b'{"runtimes": {"crun": {"path": "/usr/bin/crun"}}, "default-runtime": "crun"}')
    done = used.drive(runtimes=[ABSENT])
    assert done.error["reason"] == "runtime_is_default" and "default_runtime" in done.message, done.text
    done = used.drive(runtimes=[ABSENT], default_runtime="runc")
    assert done.error is None and done.result["action"] == "reload", done.text
    assert used.loaded() == [] and used.info()["DefaultRuntime"] == "runc"
    assert used.pid() == pid


def test_a_default_with_a_dot_in_its_name(docker: Host) -> None:
    """An engine takes any such name for a shim's: one that nothing is registered under, and no shim is there for, is refused."""
    pinned = dict(CRUN, name="crun-1.2")
    assert docker.drive(runtimes=[pinned], default_runtime="crun-1.2").changed
    for wanted in ({"runtimes": [dict(pinned, state="absent")], "default_runtime": "crun-1.2"},
                   {"runtimes": [CRUN], "exclusive": True, "default_runtime": "crun-1.2"}):
        done = docker.drive(**wanted)
        assert done.error["reason"] == "shim_not_found" and "crun-1.2" in done.message, done.text
    assert docker.drive(runtimes=[dict(pinned, state="absent")]).changed and docker.info()["DefaultRuntime"] == "runc"
    # What an engine would do with it.
    docker.write(CONFIG, b'{"default-runtime": "crun-1.2"}')
    docker.sh("systemctl reload docker")
    until(lambda: docker.info()["DefaultRuntime"] == "crun-1.2")
    docker.write(CONFIG, b'{"default-runtime": "runc"}')
    docker.sh("systemctl reload docker")


def test_a_restart_is_asked_for_or_free(used: Host) -> None:
    """if_idle leaves running containers alone, never is never, if_needed restarts; later runs warn and change nothing."""
    used.sh("docker run -d --network none --name busy busybox /bin/busybox sleep 600")
    pid = used.pid()
    wanted = dict(runtimes=[CRUN, SLIP], features={"slipway-test": True})
    first = used.drive(**wanted)
    assert first.error is None and first.changed and first.result["restart_required"], first.text
    assert first.result["action"] == "reload" and any("busy" in one for one in first.warnings), first.text
    assert used.loaded() == ["crun", "slip"]
    second = used.drive(**wanted)
    assert second.error is None and not second.changed and second.result["restart_required"] and second.warnings, second.text
    never = used.drive(restart="never", **wanted)
    assert never.error is None and not never.changed and never.result["restart_required"] and never.warnings, never.text
    assert used.quick(restart="never", **wanted) == "nothing to do"
    assert used.pid() == pid
    used.sh("docker rm -f busy")
    third = used.drive(**wanted)
    assert third.error is None and third.changed and third.result["action"] == "restart", third.text
    assert not third.result["restart_required"] and used.pid() != pid
    assert used.quick(**wanted) == "nothing to do"


def test_the_image_store(used: Host) -> None:
    """Switching it hides images: guarded, free without any, or on an explicit word."""
    done = used.drive(features={STORE: True})
    assert done.error["reason"] == "image_store_not_empty", done.text
    done = used.drive(features={STORE: True}, image_store="switch", restart="if_needed")
    assert done.error is None and done.result["action"] == "restart", done.text
    assert "io.containerd.snapshotter.v1" in str(used.info()["DriverStatus"])
    assert not used.drive(features={STORE: True}).changed
    done = used.drive(features={STORE: None})
    assert done.error is None and done.changed, done.text
    assert "io.containerd.snapshotter.v1" not in str(used.info()["DriverStatus"])
    assert used.loaded() == ["crun"]


def test_an_unregistered_shim(docker: Host) -> None:
    """Nothing to write; the default may be one."""
    onpath = {"name": "io.containerd.onpath.v1"}
    done = docker.drive(runtimes=[onpath])
    assert done.error is None and not done.changed, done.text
    done = docker.drive(runtimes=[onpath], default_runtime="io.containerd.onpath.v1")
    assert done.error is None and done.changed, done.text
    assert docker.info()["DefaultRuntime"] == "io.containerd.onpath.v1"
    assert docker.drive(default_runtime="runc").changed
    assert docker.read(CONFIG) is None and docker.info()["DefaultRuntime"] == "runc"
