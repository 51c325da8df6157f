# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user describes: the shape, and the errors about it."""

import copy
import re
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import FOLDER
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.schema import check

SHA256 = "sha256:" + "a" * 64
GOOD: Dict[str, Any] = {
    "version": "1.0",
    "path": "/usr/local/bin/foo",
    "requires": [{"kernel": "5.3"}, {"device": "/dev/foo"}],
    "ways": {"path": {"runtime": {"path": "{path}", "args": ["--fast"]}}},
    "layouts": [{"sources": [{
        "name": "foo", "url": "https://example.com/{version}/foo-{arch}.tar.gz", "architectures": {"x86_64": "amd64"},
        "checksums": {"1.0": {"x86_64": SHA256}}, "files": [{"src": "foo", "dest": "{path}"}]}]}],
    "packages": {"program": "/usr/bin/foo", "debian": ["foo"]},
    "build": {"kind": "cargo", "version": "1.0", "program": "foo", "crate": "foo"},
}


def changed(path: str, value: Any) -> Dict[str, Any]:
    """The good one with a value elsewhere. path: keys and positions with '/' between; None takes the key out."""
    entry = copy.deepcopy(GOOD)
    place: Any = entry
    *way, last = [int(word) if word.isdigit() else word for word in path.split("/")]
    for word in way:
        place = place[word]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return entry


def test_good() -> None:
    """All of it."""
    check(GOOD, "describe")


def test_the_least() -> None:
    """A path alone describes a program that is there already."""
    found = resolve([{"name": "foo", "describe": {"path": "/opt/foo/bin/foo"}}])
    assert found["runtimes"] == [{"name": "foo", "state": "present", "path": "/opt/foo/bin/foo"}]
    assert not found["binaries"] and not found["packages"] and not found["requirements"]


def test_described() -> None:
    """The same parameters as from a file."""
    found = resolve([{"name": "foo", "describe": GOOD, "replace": True}])
    assert found["binaries"] == [{
        "name": "foo", "version": "1.0", "state": "present", "replace": True,
        "architectures": {"x86_64": {"url": "https://example.com/1.0/foo-amd64.tar.gz", "checksum": SHA256}},
        "files": [{"src": "foo", "dest": "/usr/local/bin/foo"}]}]
    assert found["runtimes"] == [{"name": "foo", "state": "present", "path": "/usr/local/bin/foo", "args": ["--fast"]}]


def test_described_and_brought() -> None:
    """With an address of the user's, a path is all that has to be described."""
    found = resolve([{
        "name": "foo", "url": "https://example.com/foo", "checksum": SHA256, "describe": {"path": "/usr/local/bin/foo"}}])
    assert found["binaries"] == [{
        "name": "foo", "version": "", "state": "present", "url": "https://example.com/foo", "checksum": SHA256,
        "files": [{"dest": "/usr/local/bin/foo"}]}]


def test_the_docs_example() -> None:
    """It can be copied as it stands."""
    page = (Path(FOLDER).parent / "docs" / "adding-a-runtime.md").read_text(encoding="utf-8")
    example = yaml.safe_load(re.search("```yaml\n(.*?)```", page, re.DOTALL).group(1))
    found = resolve([{"name": "foo", "describe": example}])
    assert found["runtimes"] == [{"name": "foo", "state": "present", "path": "/usr/local/bin/crun"}]
    assert found["binaries"][0]["architectures"]["x86_64"]["url"].endswith("/1.17/crun-1.17-linux-amd64")


BAD = {
    "no map": (["foo"], "describe"),
    "no path": (changed("path", None), "describe.path"),
    "unknown key": (changed("verson", "1"), "describe.verson"),
    "number": (changed("version", 1.1), "describe.version"),
    "relative": (changed("path", "foo"), "describe.path"),
    "origin": (changed("install_from", "web"), "describe.install_from"),
    "http": (changed("layouts/0/sources/0/url", "http://example.com/x"), "describe.layouts[0].sources[0].url"),
    "no files": (changed("layouts/0/sources/0/files", None), "describe.layouts[0].sources[0].files"),
    "empty files": (changed("layouts/0/sources/0/files", []), "describe.layouts[0].sources[0].files"),
    "mixed files": (
        changed("layouts/0/sources/0/files", [{"dest": "/a"}, {"src": "b", "dest": "/b"}]),
        "describe.layouts[0].sources[0].files"),
    "architecture": (
        changed("layouts/0/sources/0/architectures", {"amd64": "amd64"}), "describe.layouts[0].sources[0].architectures"),
    "no word": (
        changed("layouts/0/sources/0/checksums/1.0", {"aarch64": SHA256}),
        "describe.layouts[0].sources[0].checksums[1.0].aarch64"),
    "bad digest": (
        changed("layouts/0/sources/0/checksums/1.0/x86_64", "sha256:abc"),
        "describe.layouts[0].sources[0].checksums.1.0.x86_64"),
    "version no text": (
        changed("layouts/0/sources/0/checksums", {1.0: {"x86_64": SHA256}}),
        "describe.layouts[0].sources[0].checksums.1.0"),
    "way": (changed("ways", {"paht": {"runtime": {"path": "/a"}}}), "describe.ways"),
    "no form": (changed("ways/path/runtime", {"args": ["a"]}), "describe.ways.path.runtime"),
    "two forms": (changed("ways/path/runtime/shim", "io.containerd.foo.v1"), "describe.ways.path.runtime"),
    "options with a path": (changed("ways/path/runtime/options", {"a": "b"}), "describe.ways.path.runtime"),
    "unregistered path": (changed("ways/path/unregistered", True), "describe.ways.path.unregistered"),
    "no boolean": (changed("ways/path/unregistered", "yes"), "describe.ways.path.unregistered"),
    "requirement": (changed("requires/0", {"memory": "1G"}), "describe.requires[0].memory"),
    "arguments": (changed("ways/path/runtime/args", "--fast"), "describe.ways.path.runtime.args"),
    "number in arguments": (changed("ways/path/runtime/args", [1]), "describe.ways.path.runtime.args[0]"),
    "build": (changed("build/kind", "make"), "describe.build.kind"),
    "no crate": (changed("build/crate", None), "describe.build"),
    "origin without data": (dict(changed("packages", None), install_from="package"), "describe.install_from"),
    "line": (changed("version", "1\n2"), "describe.version"),
    "taken name": (changed("layouts/0/values", {"path": "/a"}), "describe.layouts[0].values.path"),
    "taken option": (changed("ways/path/options", {"as": {"type": "text"}}), "describe.ways.path.options.as"),
    "option's kind": (changed("ways/path/options", {"a": {"type": "float"}}), "describe.ways.path.options.a.type"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad(name: str) -> None:
    """Each names the key, and a user meets it under the wish's own."""
    entry, option = BAD[name]
    with pytest.raises(SlipwayError) as caught:
        check(entry, "describe")
    assert (caught.value.reason, caught.value.option) in (("bad_description", option), ("bad_checksum", option)), (
        caught.value.message)
    assert caught.value.message.startswith(option + ":")


@pytest.mark.parametrize("path, text", [
    ("path", "{home}/foo"), ("layouts/0/sources/0/files/0/dest", "{hypervisor}"), ("layouts/0/sources/0/url", "https://a/{b}")])
def test_unknown_values(path: str, text: str) -> None:
    """A template that names what is not there is told with what is."""
    with pytest.raises(SlipwayError) as caught:
        resolve([{"name": "foo", "describe": changed(path, text)}])
    assert caught.value.reason == "unknown_value" and text in caught.value.message and "{version}" in caught.value.message


def test_bad_in_a_wish() -> None:
    """The option says where."""
    with pytest.raises(SlipwayError) as caught:
        resolve([{"name": "foo", "describe": changed("ways/path/runtim", {})}])
    assert caught.value.option == "catalogue[foo].describe.ways.path.runtim" and "'runtime'?" in caught.value.message
