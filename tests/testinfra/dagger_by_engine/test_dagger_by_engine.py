# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine runs by Podman's Quadlet, after its process was killed and after the host was started anew; the CLI uses it."""

import json

import pytest

SOCKET = "/run/dagger-runner/engine.sock"
NAME = "dagger-runner"


@pytest.fixture(scope="module")
def engine(host):
    """What Podman tells of its container."""
    return json.loads(host.check_output(f"podman container inspect {NAME}"))[0]


@pytest.mark.parametrize("user", ["root", "dev"])
def test_the_cli_uses_it(host, user):
    assert host.check_output(f"su - {user} -c 'printf %s \"$_EXPERIMENTAL_DAGGER_RUNNER_HOST\"'") == f"unix://{SOCKET}"
    host.check_output(f"su - {user} -c 'printf \"{{version}}\" | dagger --progress=plain query'")


def test_its_group_may_use_it_and_nobody_else(host):
    socket = host.file(SOCKET)
    assert (socket.mode, socket.user, socket.group) == (0o660, "root", "dagger")
    assert "dagger" in host.user("dev").groups
    assert host.run(f"runuser -u dev -- test -w {SOCKET}").rc == 0
    assert host.run(f"runuser -u admin -- test -w {SOCKET}").rc == 1


def test_it_is_a_quadlet(host, engine):
    assert host.file(f"/etc/containers/systemd/{NAME}.container").exists
    assert not host.file(f"/etc/systemd/system/{NAME}.service").exists
    assert engine["HostConfig"]["Privileged"] and engine["State"]["Running"]


def test_it_has_what_it_was_given(host, engine):
    assert 'TOKEN=a $b "c" %d' in engine["Config"]["Env"]
    mounts = {one["Destination"]: one for one in engine["Mounts"]}
    assert mounts["/var/lib/dagger"]["Name"] == NAME
    config = json.loads(host.file(mounts["/etc/dagger/engine.json"]["Source"]).content_string)
    assert config == {"gc": {"maxUsedSpace": "50GB", "minFreeSpace": "10%"}}
    authority = host.file(mounts["/usr/local/share/ca-certificates"]["Source"] + "/ca.crt")
    assert authority.content_string.startswith("-----BEGIN CERTIFICATE-----")
    environment = host.file(f"/etc/{NAME}/environment")
    assert (environment.mode, environment.user) == (0o600, "root")
