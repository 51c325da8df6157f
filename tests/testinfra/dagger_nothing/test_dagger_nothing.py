# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host has Podman, and nothing of ours: neither link, setting nor engine."""


def test_the_folder_is_as_it_was(host, folder):
    noted = "/srv/dagger/before/" + folder.replace("/", "_")
    # What the programs that change groups keep of the file before.
    backups = "grep -v '/etc/g\\(roup\\|shadow\\)-'"
    listed = f"sh /srv/dagger/listing.sh {folder} | {backups} >/srv/dagger/now"
    assert host.check_output(f"{listed}; {backups} {noted} | diff - /srv/dagger/now") == ""


def test_nothing_runs(host):
    assert host.check_output("podman ps --all --quiet; podman volume ls --quiet") == ""
    assert host.run("systemctl is-active dagger-runner").stdout.strip() == "inactive"
    assert host.run("bash -lc 'command -v docker'").stdout == ""


def test_nothing_is_noted(host):
    assert host.run("find /var/lib/slipway-runtimes -type f 2>/dev/null").stdout == ""
