# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a catalogue's file, and of what a user describes instead. Pure.

A kind is a word of _SIMPLE ('text', 'path' and 'url' are templates; resolve says which names they may have), a tuple of
words of which it is one, a Map of names to one kind, Several of one kind, or a table of keys.
"""

import re
from typing import Any, Dict, NamedTuple, Tuple, Union

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import parse_checksum
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import nearest
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.wish import ARCHITECTURES


class Key(NamedTuple):
    """One key of a table."""

    kind: Any
    required: bool = False


class Map(NamedTuple):
    """Free names, or some of a few; each has the same kind."""

    kind: Any
    names: Tuple[str, ...] = ()


class Several(NamedTuple):
    """At least one, of the same kind."""

    kind: Any


# A file, or a folder whole, that is put in place. src: in the archive, left out for a source that is no archive.
FILE = dict(src=Key("text"), dest=Key("path", True), mode=Key("text"))

# Upstream's detached OpenPGP signature of a source. keys: where upstream tells of those that sign.
SIGNATURE = dict(url=Key("url", True), keys=Key("url", True))

# What has one address, and one receipt on a host. architectures: upstream's words, by what 'uname -m' says.
SOURCE = dict(
    name=Key("text", True),
    url=Key("url", True),
    signature=Key(SIGNATURE),
    architectures=Key(Map("text", ARCHITECTURES), True),
    checksums=Key(Map(Map("checksum", ARCHITECTURES))),
    files=Key(Several(FILE), True),
)

# How releases are packed, the newest first. since: the first version that is; path: where the program is then.
# values: templates of their own, in order.
LAYOUT = dict(
    since=Key("text"), variant=Key("text"), path=Key("path"), values=Key(Map("text")),
    sources=Key(Several(SOURCE), True))

# What has to be so on a host. device: a path; kernel and engine: the least version; engine_below: the first that is too
# new; image_store: containerd's is used; version: the only release of the runtime that needs it.
REQUIREMENT = dict(
    device=Key("path"), kernel=Key("text"), engine=Key("text"), engine_below=Key("text"), image_store=Key("boolean"),
    version=Key("text"))

# One of a runtime's own settings. pattern: what the whole text has to match. flags: a map of text.
OPTION = dict(
    type=Key(("text", "path", "boolean", "integer", "flags"), True), choices=Key("arguments"), pattern=Key("text"))

# The entry of an engine: as in the modules' 'runtimes'.
RUNTIME = dict(
    path=Key("path"), args=Key("arguments"), shim=Key("text"), shim_path=Key("path"), options=Key(Map("text")))

# A file of settings, written as TOML: these values, and the user's options.
CONFIG = dict(name=Key("text", True), dest=Key("path", True), mode=Key("text"), values=Key(Map("text")))

# One way in which an engine comes to a runtime. unregistered: engines find the shim by its full name, and nothing is
# written unless there is something to note. files: what only this way needs of the first source. programs: what has to
# be there beside the program.
WAY = dict(
    runtime=Key(RUNTIME, True), unregistered=Key("boolean"), options=Key(Map(OPTION)), config=Key(CONFIG),
    files=Key(Several(FILE)), programs=Key(Several("path")), requires=Key(Several(REQUIREMENT)))

PACKAGES = dict(
    program=Key("path", True), debian=Key("arguments"), redhat=Key("arguments"), suse=Key("arguments"))

# cargo: 'crate' and 'arguments'; engine: 'dockerfile' (its last stage has the program at its root), 'image', 'commit'.
BUILD = dict(
    kind=Key(("cargo", "engine"), True), version=Key("text", True), program=Key("text", True), crate=Key("text"),
    arguments=Key("arguments"), dockerfile=Key("lines"), image=Key("text"), commit=Key("text"))

# Where newer releases are told of.
RELEASES = dict(github=Key("text", True), tag=Key("text", True))

ENTRY = {
    "title": Key("text"),
    "homepage": Key("url"),
    "releases": Key(RELEASES),
    "install_from": Key(("release", "package", "build", "none")),
    "version": Key("text"),
    "as": Key("text"),
    "path": Key("path", True),
    "movable": Key("boolean"),
    "requires": Key(Several(REQUIREMENT)),
    "ways": Key(Map(WAY, ("path", "shim", "shim_path"))),
    "layouts": Key(Several(LAYOUT)),
    "packages": Key(PACKAGES),
    "build": Key(BUILD),
}

# The names that templates have anyway.
TAKEN = ("arch", "as", "config", "dir", "path", "suffix", "variant", "version")

# What has no meaning without another key beside it.
_ORIGINS = {"release": "layouts", "package": "packages", "build": "build"}
_BUILD_NEEDS = {"cargo": "crate", "engine": "dockerfile"}

Kind = Union[str, Tuple[str, ...], Dict[str, Key], Map, Several]


def check(entry: Any, option: str) -> None:
    """Raises SlipwayError that names the first key that is wrong, what is wrong and what would be right."""
    _check(entry, ENTRY, option)
    origin = entry.get("install_from", "none")
    if origin in _ORIGINS and _ORIGINS[origin] not in entry:
        raise _bad(option + ".install_from", "'%s' needs '%s'" % (origin, _ORIGINS[origin]))
    build = entry.get("build")
    if build and _BUILD_NEEDS[build["kind"]] not in build:
        raise _bad(option + ".build", "a build by %s needs '%s'" % (build["kind"], _BUILD_NEEDS[build["kind"]]))
    for name, way in (entry.get("ways") or {}).items():
        _check_names(way.get("options") or {}, "%s.ways.%s.options" % (option, name))
        form = way["runtime"]
        if len([key for key in ("path", "shim", "shim_path") if key in form]) != 1:
            raise _bad("%s.ways.%s.runtime" % (option, name), "give one of 'path', 'shim' and 'shim_path'")
        if "path" in form and "options" in form or "path" not in form and "args" in form:
            raise _bad("%s.ways.%s.runtime" % (option, name), "'args' go with a path, 'options' with a shim")
        if way.get("unregistered") and "shim" not in form:
            raise _bad("%s.ways.%s.unregistered" % (option, name), "only a shim's full name stands for itself")
    for index, layout in enumerate(entry.get("layouts") or ()):
        _check_names(layout.get("values") or {}, "%s.layouts[%d].values" % (option, index))
        for number, source in enumerate(layout["sources"]):
            here = "%s.layouts[%d].sources[%d]" % (option, index, number)
            for version, checksums in (source.get("checksums") or {}).items():
                for machine in checksums:
                    if machine not in source["architectures"]:
                        raise _bad(
                            "%s.checksums[%s].%s" % (here, version, machine), "'architectures' has no word for it")
            if len(set("src" in file for file in source["files"])) > 1:
                raise _bad(here + ".files", "either each has a 'src' in the archive, or none has")


def _check_names(names: Dict[str, Any], option: str) -> None:
    """What has a name of its own takes none that is taken."""
    for name in names:
        if name in TAKEN or not re.match(r"[a-z_]+\Z", name):
            raise _bad(
                "%s.%s" % (option, name), "a name of lower-case letters and '_', and none of %s" % ", ".join(TAKEN))


def _check(value: Any, kind: Kind, option: str) -> None:
    if isinstance(kind, dict):
        _check_table(value, kind, option)
    elif isinstance(kind, Map):
        if not isinstance(value, dict) or not value:
            raise _bad(option, "give a map; got %s" % _kind_of(value))
        for name, one in value.items():
            if not isinstance(name, str):
                raise _bad("%s.%s" % (option, name), "a name that looks like a number is written in quotes")
            if kind.names and name not in kind.names:
                raise _bad(option, "'%s' is none of %s" % (name, ", ".join(kind.names)))
            _check(one, kind.kind, "%s.%s" % (option, name))
    elif isinstance(kind, Several):
        if not isinstance(value, list) or not value:
            raise _bad(option, "give a list of at least one; got %s" % _kind_of(value))
        for index, one in enumerate(value):
            _check(one, kind.kind, "%s[%d]" % (option, index))
    elif isinstance(kind, tuple):
        if value not in kind:
            raise _bad(option, "'%s' is none of %s" % (value, ", ".join(kind)))
    else:
        _SIMPLE[kind](value, option)


def _check_table(value: Any, keys: Dict[str, Key], option: str) -> None:
    if not isinstance(value, dict):
        raise _bad(option, "give a map; got %s" % _kind_of(value))
    for name in value:
        if name not in keys:
            raise _bad("%s.%s" % (option, name), "there is no such key; %sthere are %s" % (
                nearest(str(name), list(keys)), ", ".join(keys)))
    for name, key in keys.items():
        if name in value:
            _check(value[name], key.kind, "%s.%s" % (option, name))
        elif key.required:
            raise _bad("%s.%s" % (option, name), "it is needed")


def _text(value: Any, option: str) -> None:
    if not isinstance(value, str) or not value or re.search(r"[\x00-\x1f\x7f]", value):
        raise _bad(option, "give one line of text, in quotes where it looks like a number; got %s" % _kind_of(value))


def _lines(value: Any, option: str) -> None:
    if not isinstance(value, str) or not value:
        raise _bad(option, "give text; got %s" % _kind_of(value))


def _path(value: Any, option: str) -> None:
    _text(value, option)
    if not value.startswith(("/", "{")):
        raise _bad(option, "'%s' is no absolute path" % value)


def _url(value: Any, option: str) -> None:
    _text(value, option)
    if not value.startswith("https://"):
        raise _bad(option, "'%s' is no https address" % value)


def _boolean(value: Any, option: str) -> None:
    if not isinstance(value, bool):
        raise _bad(option, "give true or false; got %s" % _kind_of(value))


def _arguments(value: Any, option: str) -> None:
    if not isinstance(value, list) or not value:
        raise _bad(option, "give a list of text; got %s" % _kind_of(value))
    for index, one in enumerate(value):
        _text(one, "%s[%d]" % (option, index))


def _checksum(value: Any, option: str) -> None:
    _text(value, option)
    parse_checksum(value, option)


_SIMPLE = {
    "text": _text, "lines": _lines, "path": _path, "url": _url, "boolean": _boolean, "arguments": _arguments,
    "checksum": _checksum}


def _kind_of(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else "a " + type(value).__name__


def _bad(option: str, what: str) -> SlipwayError:
    return SlipwayError("bad_description", "%s: %s" % (option, what), option=option)
