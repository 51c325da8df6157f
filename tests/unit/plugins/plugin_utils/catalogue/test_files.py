# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the catalogue, against its shape and against what takes its parameters."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import check_url
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.wanted import SPEC, parse
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue import schema
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import FOLDER, load, names, nearest
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import numbers, resolve

SHA256 = "sha256:" + "a" * 64
NAMES = names()


def wishes(name: str) -> Dict[str, Dict[str, Any]]:
    """A wish for each way and origin that an entry has, by its name."""
    entry = load(name)
    found = {}
    for via in entry.get("ways", {"path": {}}):
        for origin, key in (("release", "layouts"), ("package", "packages"), ("build", "build")):
            if key in entry:
                found["%s from %s" % (via, origin)] = {"name": name, "via": via, "install_from": origin}
    for number, layout in enumerate(entry.get("layouts", ())):
        found["layout %d" % number] = {
            "name": name, "variant": layout.get("variant"), "version": layout.get("since", "0") + ".0"}
    for one in found.values():
        if one.get("install_from", "release") == "release":
            sources = [source["name"] for layout in entry["layouts"] for source in layout["sources"]]
            one.setdefault("version", entry.get("version", "1.0"))
            one["as"] = "another"
            one["checksum"] = {source.replace("{as}", "another"): SHA256 for source in sources}
    return found


def texts(value: Any) -> Iterator[str]:
    """Every text in parameters."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


CASES = [(name, case) for name in NAMES for case in wishes(name)]


def test_all_are_there() -> None:
    """Which runtimes there are; README and docs name them."""
    assert NAMES == ["crun", "gvisor", "kata", "nvidia", "runc", "sysbox", "wasmedge", "wasmer", "wasmtime", "youki"]


@pytest.mark.parametrize("name", NAMES)
def test_shape(name: str) -> None:
    """Each has the shape, and what a file says beyond what a user has to."""
    entry = load(name)
    schema.check(entry, name)
    assert entry == yaml.safe_load((Path(FOLDER) / (name + ".yml")).read_text(encoding="utf-8"))
    assert {"title", "homepage", "install_from"} <= set(entry)
    assert "releases" in entry or "layouts" not in entry
    assert {"release": "layouts", "package": "packages"}[entry["install_from"]] in entry


@pytest.mark.parametrize("name", NAMES)
def test_layouts_are_in_order(name: str) -> None:
    """The newest first, and the last one takes every older version; no two layouts are for the same."""
    layouts = load(name).get("layouts", [])
    ages = [numbers(one.get("since", "")) for one in layouts]
    assert ages == sorted(ages, reverse=True) and (not ages or ages[-1] == ())
    keys = [(one.get("since"), one.get("variant")) for one in layouts]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", NAMES)
def test_versions_stand_with_their_digests(name: str) -> None:
    """All sources of a layout know the same versions, and a version that any file knows is the default or older."""
    entry = load(name)
    for layout in entry.get("layouts", []):
        known = [set(source.get("checksums", {})) for source in layout["sources"]]
        assert all(one == known[0] for one in known)
        for version in known[0]:
            assert numbers(version) >= numbers(layout.get("since", ""))
            assert numbers(version) <= numbers(entry["version"])
    if any(source.get("checksums") for layout in entry.get("layouts", []) for source in layout["sources"]):
        assert resolve([name])["binaries"][0]["version"] == entry["version"]


@pytest.mark.parametrize("name", NAMES)
def test_addresses(name: str) -> None:
    """Each is one that runtime_binary takes, and says its version and its architecture."""
    for layout in load(name).get("layouts", []):
        for source in layout["sources"]:
            check_url(re.sub("[{}]", "", source["url"]), "url", allow_http=False)
            assert "{arch}" in source["url"] and "{version}" in source["url"]


@pytest.mark.parametrize("name, case", CASES)
def test_every_way_resolves(name: str, case: str) -> None:
    """Every way, origin and layout leads to parameters that their parsers take, with no template left in them."""
    found = resolve([wishes(name)[case]])
    left = [text for kind in ("binaries", "runtimes", "packages") for text in texts(found[kind]) if "{" in text]
    assert left == ["{folder}" for one in found["binaries"] if "build" in one]
    validation = ModuleArgumentSpecValidator(SPEC).validate(found)
    assert not validation.error_messages
    wanted = parse(validation.validated_parameters)
    assert len(wanted.engine.runtimes) == 1 and len(wanted.requirements) == len(found["requirements"])
    assert all(one.build.argv[0] in ("cargo", "sh") for one in wanted.binaries.binaries if one.build)


@pytest.mark.parametrize("name", [one for one in NAMES if one != "runc"])
def test_absent(name: str) -> None:
    """All that any way could have put there goes, by its receipt."""
    gone = resolve([{"name": name, "state": "absent"}])
    assert all(one["state"] == "absent" for kind in ("binaries", "runtimes", "packages") for one in gone[kind])
    there = set()
    for case in wishes(name).values():
        case.pop("as", None)
        if isinstance(case.get("checksum"), dict):
            case["checksum"] = {key.replace("another", name): one for key, one in case["checksum"].items()}
        there.update(one["name"] for one in resolve([case])["binaries"])
    assert there <= set(one["name"] for one in gone["binaries"])
    assert not gone["requirements"] and not gone["features"]


def test_the_folder_holds_nothing_else() -> None:
    """What is not read is not there."""
    assert [one.name for one in sorted(Path(FOLDER).iterdir())] == [name + ".yml" for name in NAMES]


@pytest.mark.parametrize("name, near", [
    ("yuoki", "youki"), ("gVisor", "gvisor"), ("wasmtme", "wasmtime"), ("../catalogue/youki", ""), ("nothing-like", "")])
def test_unknown(name: str, near: str) -> None:
    """The nearest one is named; no path leads out of the folder."""
    with pytest.raises(SlipwayError) as caught:
        load(name)
    assert caught.value.reason == "unknown_runtime" and caught.value.option == "catalogue[%s]" % name
    assert ("did you mean '%s'" % near in caught.value.message) if near else "did you mean" not in caught.value.message


def test_nearest() -> None:
    """Nothing where nothing is like it."""
    assert nearest("versoin", ["version", "via"]) == "did you mean 'version'? " and nearest("xyz", ["version"]) == ""
