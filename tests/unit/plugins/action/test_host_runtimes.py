# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options about the catalogue come to. What a wish comes to is tested with the catalogue."""

from typing import Any, Dict, List

import pytest

from ansible_collections.slipway.runtimes.plugins.action.host_runtimes import catalogued, with_variables
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

OLDER = {"name": "runc", "version": "1.1.15", "install_from": "none"}
GONE = {"name": "crun", "state": "absent"}


@pytest.mark.parametrize("wishes, default, more, expected", [
    (["crun"], "crun", {}, "crun"),
    ([{"name": "gvisor", "as": "runsc"}], "gvisor", {}, "runsc"),
    ([{"name": "kata", "via": "shim"}], "kata", {}, "io.containerd.kata.v2"),
    (["crun", "youki"], "other", {}, "other"),
    ([OLDER], "runc", {}, "runc"),
    ([OLDER], "runc-1.1.15", {}, "runc-1.1.15"),
    ([GONE], "crun", {}, "runc"),
    ([GONE, "youki"], "youki", {}, "youki"),
    (["crun"], "crun", {"catalogue_state": "absent"}, "runc"),
    ([OLDER], "runc-1.1.15", {"catalogue_state": "absent"}, "runc"),
    ([GONE], "crun", {"catalogue_state": "present"}, "crun"),
])
def test_the_default_is_named_as_a_wish_is(wishes: List[Any], default: str, more: Dict[str, Any], expected: str) -> None:
    found = catalogued(dict(more, catalogue=wishes, default_runtime=default))
    assert found["default_runtime"] == expected
    assert not any(option.startswith("catalogue") for option in found)


@pytest.mark.parametrize("args, variables, expected", [
    ({}, {"our_wanted": ["crun"], "our_state": "absent", "our_default": "crun", "our_probe": "never"},
     {"catalogue": ["crun"], "catalogue_state": "absent", "default_runtime": "crun", "probe": "never"}),
    ({"probe": "always", "force": True}, {"our_probe": "never"}, {"probe": "never", "force": True}),
    ({"probe": "always"}, {"our_probe": "", "our_mirror": "", "our_default": None, "our_ca_path": "OMIT"}, {"probe": "always"}),
    ({}, {"our_proxy": "", "our_force": False, "our_features": {}}, {"proxy": "", "force": False, "features": {}}),
    ({}, {"probe": "never", "other_probe": "never", "our_variables": "x"}, {}),
])
def test_options_by_variables(args: Dict[str, Any], variables: Dict[str, Any], expected: Dict[str, Any]) -> None:
    assert with_variables(dict(args, variables="our_"), dict(variables, omit="OMIT"), lambda given: given) == expected


def test_a_task_without_a_prefix_reads_no_variable() -> None:
    assert with_variables({"probe": "never"}, {"probe": "always"}, lambda given: pytest.fail("templated")) == {"probe": "never"}


def test_a_part_of_it() -> None:
    wishes = [{"name": "wasmtime", "url": "https://x.example/w", "checksum": "sha256:" + "0" * 64}, "crun"]
    whole = catalogued({"catalogue": wishes, "default_runtime": "crun"})
    files = catalogued({"catalogue": wishes, "default_runtime": "crun", "catalogue_only": "files"})
    entries = catalogued({"catalogue": wishes, "default_runtime": "crun", "catalogue_only": "registration"})
    assert whole["binaries"] and whole["runtimes"] and whole["features"]
    assert files["binaries"] == whole["binaries"] and (files["runtimes"], files["features"]) == ([], {})
    assert "default_runtime" not in files
    assert entries["runtimes"] == whole["runtimes"] and (entries["binaries"], entries["packages"]) == ([], [])
    assert entries["default_runtime"] == "crun"


def test_what_is_named_directly_counts_before() -> None:
    own = {"name": "crun", "path": "/opt/crun"}
    found = catalogued({"catalogue": ["crun", "youki"], "runtimes": [own], "features": {"cdi": True}})
    assert [one["name"] for one in found["runtimes"]] == ["youki", "crun"] and found["runtimes"][1] == own
    assert found["features"] == {"cdi": True}


def test_a_line_of_names() -> None:
    """As surveys and command lines send a list."""
    assert catalogued({"catalogue": "crun, youki"}) == catalogued({"catalogue": ["crun", "youki"]})


@pytest.mark.parametrize("args, option", [
    ({"catalogue": {"crun": "1.17"}}, "catalogue"),
    ({"catalogue": ["crun"], "catalogue_state": "gone"}, "catalogue_state"),
    ({"catalogue": ["crun"], "catalogue_only": "file"}, "catalogue_only"),
])
def test_wrong_options(args: Dict[str, Any], option: str) -> None:
    with pytest.raises(SlipwayError) as error:
        catalogued(args)
    assert error.value.option == option


def test_without_wishes_nothing_is_changed() -> None:
    args = {"runtimes": [{"name": "x", "path": "/x"}], "default_runtime": "x"}
    assert catalogued(dict(args)) == args
