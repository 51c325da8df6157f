# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dagger's CLI finds Podman by the name docker, and nothing else says where its engine is."""


def test_the_cli_finds_podman(host):
    assert host.file("/usr/local/bin/docker").linked_to == "/usr/bin/podman"
    host.check_output("su - root -c 'printf \"{version}\" | dagger --progress=plain query'")


def test_nothing_else_says_it(host):
    assert host.check_output("bash -lc 'printf %s \"$_EXPERIMENTAL_DAGGER_RUNNER_HOST\"'") == ""
    assert host.run("systemctl is-active dagger-runner").stdout.strip() == "inactive"
