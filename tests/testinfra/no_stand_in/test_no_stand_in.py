# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of ours is on the host, and docker is what it was."""


def test_docker_is_the_real_one(host):
    assert host.check_output("bash -lc 'command -v docker'") == "/usr/bin/docker"
    assert host.check_output("docker version --format '{{.Client.Version}}'").startswith("26.")


def test_nothing_of_ours(host):
    assert not host.package("podman").is_installed
    folders = "/usr/local/bin /etc/containers /etc/profile.d /etc/modules-load.d /var/lib/slipway-runtimes"
    assert host.run(f"find {folders} -name 'docker' -o -name '*slipway*' -o -name 'nodocker' 2>/dev/null").stdout.split() == []
