# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose PATH finds what, by the files that say it."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.paths import Scope, scopes, verdicts

DEBIAN = (
    "/etc/login.defs:ENV_SUPATH\tPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "/etc/login.defs:ENV_PATH\tPATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games",
    '/etc/profile:  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
    '/etc/profile:  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"',
    '/etc/sudoers:Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
)
RHEL = (
    "/etc/login.defs:#ENV_PATH PATH=/nowhere",
    "/etc/sudoers:Defaults    secure_path = /sbin:/bin:/usr/sbin:/usr/bin",
)
UBUNTU = (
    '/etc/environment:PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/snap/bin"',
    '/etc/profile.d/apps-bin-path.sh:    export PATH="$PATH:/snap/bin"',
)
LOCAL = "/usr/local/bin/docker"

# lines, others -> who gets another, who gets none
TABLE = {
    "debian, nothing else": (DEBIAN, [], {}, []),
    "debian, a real one behind it": (DEBIAN, ["/usr/bin/docker"], {}, []),
    "debian, one in sbin": (
        DEBIAN, ["/usr/local/sbin/docker"], {"/usr/local/sbin/docker": ["logins of root", "services", "sudo"]}, []),
    "rhel's sudo does not look in /usr/local": (RHEL, [], {}, ["sudo"]),
    "rhel's sudo finds the real one": (RHEL, ["/usr/bin/docker"], {"/usr/bin/docker": ["sudo"]}, []),
    "ubuntu, a snap behind it": (UBUNTU, ["/snap/bin/docker"], {}, []),
    "a profile puts a folder in front": (
        DEBIAN + ("/etc/profile.d/tools.sh:export PATH=/opt/tools:$PATH",), ["/opt/tools/docker"],
        {"/opt/tools/docker": ["logins of root", "logins of users"]}, []),
    "a comment does not": (
        DEBIAN + ("/etc/profile.d/tools.sh:# PATH=/opt/tools:$PATH",), ["/opt/tools/docker"], {}, []),
    "the manager of services": (
        DEBIAN + ('/etc/systemd/system.conf:DefaultEnvironment="A=b" "PATH=/opt/tools:/usr/local/bin"',), ["/opt/tools/docker"],
        {"/opt/tools/docker": ["services"]}, []),
    "a later word on sudo": (
        DEBIAN + ("/etc/sudoers.d/x:Defaults secure_path=/usr/bin",), ["/usr/bin/docker"], {"/usr/bin/docker": ["sudo"]}, []),
    "sudo for one user is no word on sudo": (DEBIAN + ("/etc/sudoers.d/x:Defaults:bob secure_path=/nowhere",), [], {}, []),
    "/bin is /usr/bin": (RHEL[1:], ["/bin/docker"], {"/bin/docker": ["sudo"]}, []),
    "nothing is said anywhere": ((), [], {}, []),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_verdicts(name):
    """Who will not get /usr/local/bin/docker."""
    lines, others, earlier, nowhere = TABLE[name]
    assert verdicts(LOCAL, others, scopes(lines)) == (earlier, nowhere)


def test_debian_tells_root_apart():
    """Its profile asks who it is, and the files' order is the login's."""
    found = {one.who: one.folders for one in scopes(DEBIAN)}
    assert found["logins of root"][0] == "/usr/local/sbin" and found["logins of users"][0] == "/usr/local/bin"
    assert Scope("sudo", found["logins of root"]) in scopes(DEBIAN)
