# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role of all runtimes and the doors to it: specs, defaults, tasks, pages and the catalogue say the same."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest
import yaml

from ansible_collections.slipway.runtimes.plugins.action.host_runtimes import _VARIABLES
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.wanted import SPEC
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import load
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.wish import WISH_SPEC

ROLES = Path(__file__).resolve().parents[3] / "roles"
DOORS = ("crun", "gvisor", "kata", "wasmtime", "youki")
ALL = ("runtimes",) + DOORS
MODULE = "slipway.runtimes.host_runtimes"
# What a door has of its own: whether it is the default runtime is asked by yes or no.
OWN = {"default"}


def read(role: str, path: str) -> Any:
    """A YAML file of a role."""
    return yaml.safe_load((ROLES / role / path).read_text())


def options(role: str, entry: str = "main") -> Dict[str, Dict[str, Any]]:
    """The argument specs of an entry point, without the role's name in front."""
    specs = read(role, "meta/argument_specs.yml")["argument_specs"][entry]["options"]
    assert all(name.startswith(role + "_") for name in specs)
    return {name[len(role) + 1:]: spec for name, spec in specs.items()}


def variables(role: str, text: str) -> Set[str]:
    """The role's variables that a text names."""
    return set(re.findall(r"\b%s_([a-z_]+)" % role, text))


def defaults(role: str) -> Dict[str, Any]:
    """The role's defaults, without its name in front."""
    return {name[len(role) + 1:]: value for name, value in read(role, "defaults/main.yml").items()}


def tasks(role: str, entry: str = "main") -> List[Dict[str, Any]]:
    """The tasks of an entry point."""
    return read(role, "tasks/%s.yml" % entry)


def used_as(role: str) -> Iterator[Any]:
    """Where each option goes: its name, its spec, and the spec of the module's option or the wish's key that it becomes."""
    call = tasks(role)[0][MODULE]
    known = options(role)
    if "variables" in call:  # the action takes them by their options' names
        options_of = {variable: option for option, variable in _VARIABLES.items()}
        for name, spec in known.items():
            yield name, spec, SPEC[options_of.get(name, name)]
        return
    wishes = call["catalogue"] if role in DOORS else [{}]
    for given, specs in ((call, SPEC), (wishes[0], WISH_SPEC)):
        for key, value in given.items():
            if value is not wishes:
                for name in variables(role, value) - (OWN if role in DOORS else set()):
                    yield name, known[name], specs[key]


@pytest.mark.parametrize("role", ALL)
def test_defaults_are_those_of_the_specs(role: str) -> None:
    assert defaults(role) == {name: spec["default"] for name, spec in options(role).items() if "default" in spec}


@pytest.mark.parametrize("role", ALL)
def test_one_task_that_uses_every_variable(role: str) -> None:
    assert len(tasks(role)) == 1
    if "variables" in tasks(role)[0][MODULE]:
        assert tasks(role)[0][MODULE] == {"variables": role + "_"}
        return
    text = (ROLES / role / "tasks/main.yml").read_text()
    assert variables(role, text) == set(options(role))
    unset = set(options(role)) - set(defaults(role))
    required = set(name for name, spec in options(role).items() if spec.get("required"))
    assert set(re.findall(r"\b%s_([a-z_]+) is defined" % role, text)) == unset - required


@pytest.mark.parametrize("role", ALL)
def test_options_are_those_of_the_module_and_of_wishes(role: str) -> None:
    found = list(used_as(role))
    assert set(name for name, _spec, _target in found) == set(options(role)) - (OWN if role in DOORS else set())
    for name, spec, target in found:
        for key in ("type", "elements", "no_log"):
            assert (spec.get(key) or None) == (target.get(key) or None), (name, key)
        assert set(spec.get("choices") or ()) <= set(target.get("choices") or spec.get("choices") or ()), name
        assert spec.get("default") == target.get("default") or "default" not in spec, name


@pytest.mark.parametrize("role", ALL)
def test_the_page_has_every_variable_with_its_default(role: str) -> None:
    page = (ROLES / role / "README.md").read_text()
    rows = dict(re.findall(r"(?m)^\| `%s_([a-z_]+)` \| `?([^|`]*?)`? \|" % role, page))
    assert set(rows) == set(options(role))
    assert {name: yaml.safe_load(text) for name, text in rows.items() if text} == defaults(role)
    assert variables(role, page) - {"user", "files"} == set(options(role))


@pytest.mark.parametrize("role", DOORS)
def test_a_door_offers_what_the_catalogue_has(role: str) -> None:
    wish, entry, known = tasks(role)[0][MODULE]["catalogue"][0], load(role), options(role)
    assert wish["name"] == role
    variants = set(one["variant"] for one in entry["layouts"] if "variant" in one)
    assert set(known.get("variant", {}).get("choices", ())) == variants
    ways = list(entry["ways"])
    assert known.get("via", {}).get("choices", ways) == ways and (len(ways) == 1 or "via" in known)
    origins = {"release": "layouts", "package": "packages", "build": "build"}
    offered = set(word for word in known["install_from"]["choices"] if word in origins)
    assert offered == set(word for word, key in origins.items() if key in entry)
    assert ("args" in known) == ("path" in entry["ways"])
    assert ("options" in known) == any("options" in way for way in entry["ways"].values())
    assert ("path" in known) == entry.get("movable", True)
    needs = list(entry.get("requires") or ()) + [one for way in entry["ways"].values() for one in way.get("requires") or ()]
    assert ("image_store" in known) == any(one.get("image_store") for one in needs)


def test_rootless_takes_the_same_by_two_tasks_and_files_go_last() -> None:
    main, rootless = options("runtimes"), options("runtimes", "rootless")
    assert all(rootless[name] == main[name] for name in rootless if name not in ("user", "files"))
    assert set(main) - set(rootless) == {"prune", "features", "image_store"}
    text = (ROLES / "runtimes/tasks/rootless.yml").read_text()
    assert variables("runtimes", text) == set(rootless)
    by_root = "runtimes_files | default('root') == 'root'"
    assert [one[MODULE]["catalogue_only"] for one in tasks("runtimes", "rootless")] == [
        "files", "{{ 'registration' if %s else omit }}" % by_root, "files"]
    assert [one.get("when", "").partition(" and ")[0] for one in tasks("runtimes", "rootless")] == [by_root, "", by_root]
    assert [one.get("when", "")[-9:] for one in tasks("runtimes", "rootless")] == ["'present'", "", " 'absent'"]
