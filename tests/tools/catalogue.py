# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the catalogue to what upstream publishes.

Usage: tests/tools/env python tests/tools/catalogue.py check | update [--base FROM=TO ...] [--folder FOLDER] [NAME ...]

check   every address answers, and what has a digest has that content; says where there is a newer release
update  takes the newest release of each: fetches it, and writes its version and its digests into the file together

--base  addresses that begin with FROM are fetched from TO, such as a mirror's

A digest that is written is one of what came over https; upstreams whose signatures say more are left to who reviews the
change. Ends with 1 where something is not as the catalogue says, and with 77 where upstream could not be reached.
"""

import argparse
import hashlib
import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import tree

if __name__ == "__main__":
    sys.path.insert(0, str(tree.collections()))

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue import schema
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import load, names
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import fill, numbers
from catalogue_text import Noted, with_version

API = "https://api.github.com"
SECONDS = 30
UNREACHED = 77
_CHUNK = 1 << 20
_RELEASE = re.compile(r"[0-9]+(\.[0-9]+)*\Z")


class Address(NamedTuple):
    """One file of one release. checksum: what the catalogue says of it, signature: where its signature is; '' for nothing."""

    layout: int
    source: int
    machine: str
    url: str
    checksum: str
    signature: str


class Unreached(Exception):
    """No server answered."""


class Missing(Exception):
    """The server has no such file."""


class Upstream:
    """What upstream publishes. One answer an address: what two sources share is fetched once."""

    def __init__(self, bases: dict[str, str]) -> None:
        self.bases = bases
        self.digests: dict[tuple[str, str], str] = {}

    def _open(self, url: str, method: str = "GET") -> Any:
        for base, other in self.bases.items():
            if url.startswith(base):
                url = other + url[len(base) :]
        request = urllib.request.Request(url, method=method, headers={"User-Agent": "slipway.runtimes"})
        try:
            return urllib.request.urlopen(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            error.close()
            raise Missing(f"{url}: {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreached(f"{url}: {error}") from error

    def answers(self, url: str) -> None:
        """Raises Missing or Unreached where an address does not answer."""
        self._open(url, "HEAD").close()

    def digest(self, url: str, kind: str) -> str:
        """'KIND:HEX' of what is at an address. Raises Missing and Unreached."""
        if (url, kind) not in self.digests:
            found = hashlib.new(kind)
            try:
                with self._open(url) as answer:
                    expected, count = answer.headers["Content-Length"], 0
                    while chunk := answer.read(_CHUNK):
                        found.update(chunk)
                        count += len(chunk)
            except (OSError, http.client.HTTPException) as error:
                raise Unreached(f"{url}: {error}") from error
            if expected is not None and int(expected) != count:
                raise Unreached(f"{url}: it broke off at {count} of {expected} bytes")
            self.digests[url, kind] = f"{kind}:{found.hexdigest()}"
        return self.digests[url, kind]

    def newest(self, repository: str, tag: str) -> str:
        """The newest release, '' where none has a tag of this form. Raises Missing and Unreached."""
        with self._open(f"{API}/repos/{repository}/releases?per_page=100") as answer:
            return newest_of(json.load(answer), tag)


def newest_of(releases: list[dict[str, Any]], tag: str) -> str:
    """The newest version that GitHub lists. Drafts, and what has more than numbers in its version, are none."""
    before, _version, after = tag.partition("{version}")
    found = [
        one["tag_name"][len(before) : len(one["tag_name"]) - len(after)]
        for one in releases
        if not (one["draft"] or one["prerelease"])
        and one["tag_name"].startswith(before)
        and one["tag_name"].endswith(after)
    ]
    return max((one for one in found if _RELEASE.match(one)), key=numbers, default="")


def addresses(entry: dict[str, Any], version: str, *, known: bool) -> list[Address]:
    """What one release consists of, by the layout of each variant that is in force for it.

    known: only what the catalogue has a digest for, where it has any of a source.
    """
    found: list[Address] = []
    seen = set()
    for number, layout in enumerate(entry.get("layouts", ())):
        variant = layout.get("variant", "")
        if variant in seen or numbers(version) < numbers(layout.get("since", "")):
            continue
        seen.add(variant)
        for index, source in enumerate(layout["sources"]):
            digests = source.get("checksums", {}).get(version, {})
            for machine, word in source["architectures"].items():
                if machine in digests or not (known and digests):
                    values = {"version": version, "variant": variant, "arch": word}
                    url, signature = fill(source["url"], values), fill(source.get("signature", {}).get("url", ""), values)
                    found.append(Address(number, index, machine, url, digests.get(machine, ""), signature))
    return found


def versions(entry: dict[str, Any]) -> list[str]:
    """Every version that the catalogue says something of."""
    found = {entry["version"]} if "version" in entry else set()
    for layout in entry.get("layouts", ()):
        for source in layout["sources"]:
            found.update(source.get("checksums", {}))
    return sorted(found, key=numbers)


def kind_of(entry: dict[str, Any]) -> str:
    """The kind of digest that a file holds."""
    found = [one.checksum for version in versions(entry) for one in addresses(entry, version, known=True)]
    return next((checksum.partition(":")[0] for checksum in found if checksum), "sha256")


def checked(entry: dict[str, Any], upstream: Upstream) -> tuple[list[str], list[str]]:
    """What is not as a file says, and what it only assumes and is not there: addresses that have no digest.

    Raises Unreached.
    """
    wrong, absent = [], []
    for version in versions(entry):
        for one in addresses(entry, version, known=True):
            try:
                if one.checksum:
                    found = upstream.digest(one.url, one.checksum.partition(":")[0])
                    if found != one.checksum:
                        wrong.append(f"{one.url} has {found}, and the catalogue says {one.checksum}")
                else:
                    upstream.answers(one.url)
            except Missing as error:
                (wrong if one.checksum else absent).append(str(error))
                continue
            try:
                if one.signature:
                    upstream.answers(one.signature)
            except Missing as error:
                wrong.append(f"its signature: {error}")
    return wrong, absent


def updated(text: str, entry: dict[str, Any], version: str, upstream: Upstream) -> str:
    """A file with another release. Architectures and variants that upstream does not build are left out, but for the
    first variant.

    Raises Missing where that is not there, and Unreached.
    """
    kind = kind_of(entry)
    found: dict[tuple[int, int], dict[str, str]] = {}
    missing: dict[tuple[int, int], Missing] = {}
    for one in addresses(entry, version, known=False):
        try:
            found.setdefault((one.layout, one.source), {})[one.machine] = upstream.digest(one.url, kind)
        except Missing as error:
            missing[one.layout, one.source] = error
    numbered = sorted({layout for layout, _source in found | missing})
    whole = []
    for number in numbered:
        places = [(number, index) for index in range(len(entry["layouts"][number]["sources"]))]
        bare = [place for place in places if not found.get(place)]
        if bare and number == numbered[0]:
            raise missing[bare[0]]
        if not bare:
            whole.extend(Noted(*place, found[place]) for place in places)
    return with_version(text, version, whole)


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def _check(name: str, entry: dict[str, Any], upstream: Upstream, path: Path) -> bool:
    wrong, absent = checked(entry, upstream)
    for line in absent:
        print(f"{name}: has no digest, and is not there: {line}")
    for line in wrong:
        print(f"{name}: {line}")
    newer = _newer(entry, upstream)
    if newer:
        print(f"{name}: {newer} is out, and the catalogue has {entry.get('version', 'none')}")
    if not wrong:
        print(f"{name}: is as the catalogue says")
    return not wrong


def _update(name: str, entry: dict[str, Any], upstream: Upstream, path: Path) -> bool:
    newer = _newer(entry, upstream)
    if not newer:
        print(f"{name}: {entry.get('version', 'nothing')} is the newest")
        return True
    text = updated(path.read_text(encoding="utf-8"), entry, newer, upstream)
    _write(path, text)
    print(f"{name}: {entry.get('version', 'nothing')} -> {newer}")
    return True


def _newer(entry: dict[str, Any], upstream: Upstream) -> str:
    newest = upstream.newest(entry["releases"]["github"], entry["releases"]["tag"])
    return newest if newest and numbers(newest) > numbers(entry.get("version", "")) else ""


def main(arguments: list[str]) -> int:
    """Check or update the files that are named, or all of them."""
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("do", choices=["check", "update"])
    parser.add_argument("--base", action="append", default=[], type=lambda word: tuple(word.split("=", 1)))
    parser.add_argument("--folder", type=Path, default=tree.ROOT / "catalogue")
    parser.add_argument("name", nargs="*")
    options = parser.parse_intermixed_args(arguments)
    upstream = Upstream(dict(options.base))
    passed = failed = unreached = 0
    for name in options.name or names(str(options.folder)):
        try:
            entry = load(name, str(options.folder))
            schema.check(entry, name)
            if "releases" not in entry:
                print(f"{name}: comes from packages, of which nothing is checked here")
                continue
            run = {"check": _check, "update": _update}[options.do]
            good = run(name, entry, upstream, options.folder / f"{name}.yml")
            passed, failed = passed + good, failed + (not good)
        except Unreached as error:
            unreached += 1
            print(f"{name}: not checked: {error}")
        except (Missing, ValueError, SlipwayError) as error:
            failed += 1
            print(f"{name}: {error}")
    print(f"{passed} as upstream says, {failed} not, {unreached} could not be asked after")
    if unreached and not passed and not failed:
        return UNREACHED
    return 1 if failed or unreached else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
