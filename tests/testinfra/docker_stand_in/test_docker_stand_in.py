# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker is Podman, for root and for the user; the real one is where it was."""

import pytest

LINK = "/usr/local/bin/docker"
RUN = "XDG_RUNTIME_DIR=/run/user/$(id -u dev) DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$(id -u dev)/bus"


@pytest.fixture(scope="module")
def as_user(host):
    """Call a line of sh as the user, in a login."""
    def call(line):
        return host.check_output("su - dev -c %s", f"export {RUN}; {line}")

    return call


def test_the_link(host):
    assert host.file(LINK).linked_to == "/usr/bin/podman"
    assert host.file("/usr/bin/docker").is_file
    assert "Podman Engine" in host.check_output("bash -lc 'docker version'")


def test_what_a_program_asks_of_it(as_user):
    as_user("tar -c -C /usr/bin busybox | docker import - slipway-test 2>/dev/null")
    try:
        assert as_user("docker run --rm --network none slipway-test /busybox echo ran") == "ran"
        as_user("docker run -d --name slipway --network none slipway-test /busybox sleep 600 2>/dev/null")
        assert as_user("docker ps -a --format '{{.Names}}'") == "slipway"
        assert as_user("echo in | docker exec -i slipway /busybox cat") == "in"
    finally:
        as_user("docker rm -fv -t 0 slipway >/dev/null 2>&1; docker rmi -f slipway-test >/dev/null 2>&1")


def test_the_socket(host, as_user):
    assert as_user(". /etc/profile.d/slipway-podman.sh; echo $DOCKER_HOST") == "unix:///run/user/1002/podman/podman.sock"
    assert '"Podman Engine"' in as_user("/usr/bin/docker -H unix:///run/user/1002/podman/podman.sock version --format '{{json .Server}}'")


def test_nothing_of_the_proof_stays(as_user):
    assert as_user("docker images --quiet --filter reference='*probe*'") == ""
