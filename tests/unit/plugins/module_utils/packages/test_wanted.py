# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be asked for, and what is said of what may not."""

from typing import Any, Dict

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.wanted import Package, parse

CRUN = {"name": "crun", "packages": {"debian": ["crun"], "suse": "crun"}, "program": "/usr/bin/crun",
        "state": "present"}


def test_values() -> None:
    """Each family's names in order and once; one name needs no list."""
    both = dict(CRUN, packages={"debian": ["crun", "libcrun1", "crun"], "redhat": [], "suse": "crun"})
    assert parse({"packages": [both, {"name": "old", "packages": {}, "program": "", "state": "absent"}]}).packages == (
        Package(
            name="crun", option="packages[crun]", packages={"debian": ("crun", "libcrun1"), "suse": ("crun",)},
            program="/usr/bin/crun"),
        Package(name="old", option="packages[old]", present=False))
    assert parse({"packages": None}).packages == ()


@pytest.mark.parametrize("change, reason, option", [
    ({"name": ""}, "bad_name", "packages[0].name"),
    ({"name": "../x"}, "bad_name", "packages[0].name"),
    ({"name": "x", "state": "absent", "packages": {"arch": ["x"]}}, "", ""),
    ({"program": ""}, "bad_program", "packages[crun].program"),
    ({"program": "bin/crun"}, "bad_program", "packages[crun].program"),
    ({"program": "/usr/bin/\"crun"}, "bad_program", "packages[crun].program"),
    ({"program": "crun\n"}, "bad_program", "packages[crun].program"),
    ({"packages": {}}, "packages_missing", "packages[crun].packages"),
    ({"packages": {"debian": []}}, "packages_missing", "packages[crun].packages"),
    ({"packages": {"arch": ["crun"]}}, "bad_family", "packages[crun].packages"),
    ({"packages": {"debian": ["crun=1"]}}, "bad_package", "packages[crun].packages.debian"),
    ({"packages": {"debian": ["crun-"]}}, "bad_package", "packages[crun].packages.debian"),
    ({"packages": {"debian": ["-y"]}}, "bad_package", "packages[crun].packages.debian"),
    ({"packages": {"redhat": ["@group"]}}, "bad_package", "packages[crun].packages.redhat"),
    ({"packages": {"redhat": [7]}}, "bad_package", "packages[crun].packages.redhat"),
    ({"packages": {"redhat": {"crun": 1}}}, "bad_package", "packages[crun].packages.redhat"),
    ({"packages": {"debian": ["g++", "libstdc++-13-dev", "python3.11"]}}, "", ""),
])
def test_elements(change: Dict[str, Any], reason: str, option: str) -> None:
    """Accepted, or refused by the option's name."""
    if not reason:
        assert parse({"packages": [dict(CRUN, **change)]}).packages
        return
    with pytest.raises(SlipwayError) as caught:
        parse({"packages": [dict(CRUN, **change)]})
    assert (caught.value.reason, caught.value.option) == (reason, option)
    assert caught.value.message.startswith(option + ": ")


def test_twice() -> None:
    """A name stands for one receipt."""
    with pytest.raises(SlipwayError) as caught:
        parse({"packages": [CRUN, CRUN]})
    assert caught.value.reason == "doubled" and "'crun'" in caught.value.message
