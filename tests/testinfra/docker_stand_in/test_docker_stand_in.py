# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker is the scenario's stand-in for the user; the real one is where it was."""

import pytest

LINK = "/usr/local/bin/docker"
IMAGE = "localhost/slipway-test"


@pytest.fixture(scope="module")
def as_user(host, expected):
    """Call a line of sh as the user, in a login that has a session."""
    user = expected["stand_in"]["user"]
    run = f"XDG_RUNTIME_DIR=/run/user/$(id -u {user}) DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$(id -u {user})/bus"

    def call(line):
        return host.check_output(f"su - {user} -c %s", f"export {run}; {line}")

    return call


def test_the_link(host, expected, as_user):
    assert host.file(LINK).linked_to == expected["stand_in"]["program"]
    assert host.file("/usr/bin/docker").is_file
    assert expected["stand_in"]["says"] in as_user("docker version")


def test_what_a_program_asks_of_it(as_user):
    """What Dagger needs of docker."""
    as_user("docker load -i /srv/stand_in/image.tar")
    try:
        assert as_user(f"docker image inspect --format '{{{{.Os}}}}' {IMAGE}") == "linux"
        assert as_user(f"docker run --rm --network none {IMAGE} /busybox echo ran") == "ran"
        as_user(f"docker run -d --name slipway --network none {IMAGE} /busybox sleep 600 2>/dev/null")
        assert as_user("docker ps -a --format '{{.Names}}'") == "slipway"
        assert as_user("echo in | docker exec -i slipway /busybox cat") == "in"
    finally:
        as_user(f"docker rm -fv slipway >/dev/null 2>&1; docker rmi -f {IMAGE} >/dev/null 2>&1; :")
    assert as_user("docker ps -a --format '{{.Names}}'") == ""


def test_the_socket(host, expected, as_user):
    """Docker's own client finds the API, where the scenario has one."""
    if expected.get("podman_socket") != "user":
        pytest.skip("this scenario has no API socket")
    address = as_user(". /etc/profile.d/slipway-podman.sh; echo $DOCKER_HOST")
    assert address == f"unix:///run/user/{as_user('id -u')}/podman/podman.sock"
    assert '"Podman Engine"' in as_user(f"/usr/bin/docker -H {address} version --format '{{{{json .Server}}}}'")


def test_nothing_of_the_proof_stays(as_user):
    assert "probe" not in as_user("docker images")
