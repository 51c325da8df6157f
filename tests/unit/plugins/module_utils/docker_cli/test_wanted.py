# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker_cli is asked for: good and bad parameters."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.wanted import SPEC, Wanted, parse


def asked(**changes):
    """The value of validated parameters."""
    return parse(dict({name: one.get("default") for name, one in SPEC.items()}, **changes))


def test_good():
    """Both ways, and removal, which needs a path only."""
    assert asked(provider="podman") == Wanted("/usr/local/bin/docker", provider="podman")
    lima = asked(provider="nerdctl", via="lima", lima_instance="build-2", target="/opt/homebrew/bin/limactl")
    assert lima == Wanted(
        "/usr/local/bin/docker", provider="nerdctl", lima=True, instance="build-2", target="/opt/homebrew/bin/limactl",
        wrapper_path="/usr/local/bin/nerdctl")
    assert lima.programs == ("limactl", "lima")
    assert asked(state="absent", provider="podman", target="nonsense") == Wanted("/usr/local/bin/docker", present=False)


BAD = {
    "no provider": (dict(), "provider_missing", "provider"),
    "podman in lima": (dict(provider="podman", via="lima"), "bad_via", "via"),
    "an instance of nothing": (dict(provider="nerdctl", lima_instance="x"), "bad_instance", "lima_instance"),
    "an instance that is a flag": (
        dict(provider="nerdctl", via="lima", lima_instance="--help"), "bad_instance", "lima_instance"),
    "an instance that is a command": (
        dict(provider="nerdctl", via="lima", lima_instance="x;reboot"), "bad_instance", "lima_instance"),
    "an instance with a newline": (dict(provider="nerdctl", via="lima", lima_instance="x\n"), "bad_instance", "lima_instance"),
    "a relative path": (dict(provider="podman", path="bin/docker"), "bad_path", "path"),
    "a home": (dict(provider="podman", path="~/bin/docker"), "bad_path", "path"),
    "a path that climbs": (dict(provider="podman", path="/usr/bin/../docker"), "bad_path", "path"),
    "a folder": (dict(state="absent", path="/"), "bad_path", "path"),
    "a newline": (dict(provider="podman", path="/usr/bin/do\ncker"), "bad_path", "path"),
    "a target by name": (dict(provider="podman", target="podman"), "bad_path", "target"),
    "a target that is the link": (dict(provider="podman", target="/usr/local/bin/docker"), "bad_path", "target"),
    "a script that is the link": (
        dict(provider="nerdctl", via="lima", wrapper_path="/usr/local/bin/docker"), "bad_path", "wrapper_path"),
    "a nerdctl for lima": (dict(provider="nerdctl", via="lima", target="/usr/bin/nerdctl"), "bad_path", "target"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad(name):
    """An error that names the option."""
    changes, reason, option = BAD[name]
    with pytest.raises(SlipwayError) as caught:
        asked(**changes)
    assert (caught.value.reason, caught.value.option) == (reason, option)
    assert caught.value.message.startswith(option + ": ")
