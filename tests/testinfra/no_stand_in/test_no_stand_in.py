# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of ours is on the host, and docker is what it was."""


def test_docker_is_the_real_one(host):
    assert host.check_output("bash -lc 'command -v docker'") == "/usr/bin/docker"
    assert host.check_output("docker version --format '{{.Client.Version}}'").startswith("26.")


def test_no_package_of_ours(host, expected):
    assert not expected["stand_in"]["package"] or not host.package(expected["stand_in"]["package"]).is_installed


def test_the_folder_is_as_it_was(host, folder):
    noted = "/srv/stand_in/before/" + folder.replace("/", "_")
    assert host.check_output(f"sh /srv/stand_in/listing.sh {folder} | diff {noted} - || :") == ""
