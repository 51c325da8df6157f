# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a user wishes and what the catalogue knows to parameters of host_runtimes. Pure, but for reading the files.

An entry's shape is schema.ENTRY. Texts in it are templates: {version}, {variant}, {as} (the registered name), {suffix}
('-NAME' where a runtime is registered under another name than its own), {path} (where its program is), {dir} (that
one's folder), {config} (where its settings are), {arch} (upstream's word for the machine), and what a layout or an
option names.
"""

import posixpath
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import FOLDER as FOLDER_OF_BUILD
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue import toml
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import FOLDER, load, nearest
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.options import check_options
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.wish import ARCHITECTURES, Wish, parse, wrong

_ARCHIVE = re.compile(r"\.(tar|tgz|tbz2?|txz|tzst|zip|tar\.[a-z0-9]+)\Z")
_TEMPLATE = re.compile(r"\{([a-z_]+)\}")
# Where the component is missing that knows --output, the first call says which one. It notes things in a home otherwise.
_BUILDX = 'export BUILDX_CONFIG="$1.buildx"; "$0" buildx version >&2 && exec "$0" buildx build --output "$1" -'
_ONE_WAY: Dict[str, Any] = {"path": {"runtime": {"path": "{path}"}}}

Entry = Dict[str, Any]


class _Case(NamedTuple):
    """One wish, and all that follows from it alone."""

    wish: Wish
    entry: Entry
    origin: str  # release, package, file, build, none
    version: str
    layout: Dict[str, Any]
    via: str
    way: Dict[str, Any]
    values: Dict[str, str]  # of templates


def resolve(
    wishes: Sequence[Union[str, Dict[str, Any]]], *, engine: str = "docker", folder: str = FOLDER
) -> Dict[str, Any]:
    """What host_runtimes is to be asked for.

    wishes: names, or maps as in wish.WISH_SPEC. engine: the name of the engine's row, and of its command.
    Returns the lists 'binaries', 'runtimes', 'packages', 'requirements' and the map 'features': elements as
    host_runtimes takes them, to be merged with what the user asks of it directly. Raises SlipwayError.

    """
    asked = [parse(one, position) for position, one in enumerate(wishes)]
    parts: Dict[str, Any] = {
        "binaries": [], "runtimes": [], "packages": [], "requirements": [], "features": {}}
    for wish in asked:
        entry = _entry(wish, folder)
        if wish.present:
            _add(parts, _present(_case(wish, entry), engine))
        else:
            _add(parts, _absent(wish, entry))
    for kind in ("binaries", "packages", "runtimes"):
        parts[kind] = _one_each(parts[kind], kind)
    return parts


def _add(parts: Dict[str, Any], more: Dict[str, Any]) -> None:
    for kind, found in more.items():
        if isinstance(found, dict):
            parts[kind].update(found)
        else:
            parts[kind].extend(found)


def _one_each(elements: List[Dict[str, Any]], kind: str) -> List[Dict[str, Any]]:
    """One element a name: what two wishes share is said once, and what one of them needs does not go."""
    found: Dict[str, Dict[str, Any]] = {}
    for one in elements:
        name, other = one["name"], found.get(one["name"])
        if other is None or other.get("state") == "absent":
            found[name] = one
        elif one.get("state") != "absent" and one != other:
            what = (
                "two wishes register it in two manners; give one of them another name by 'as'"
                if kind == "runtimes" else
                "two wishes install it in two manners, at one place; let them agree on where it comes from, and differ "
                "in 'as', 'args' and 'options' only")
            raise SlipwayError("doubled", "catalogue[%s]: %s" % (name, what), option="catalogue[%s]" % name)
    return list(found.values())


# -- what is known


def _entry(wish: Wish, folder: str) -> Entry:
    if wish.describe is None:
        return load(wish.name, folder)
    from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.schema import check  # few describe one

    check(wish.describe, wish.option + ".describe")
    return wish.describe


def _case(wish: Wish, entry: Entry) -> _Case:
    origin = _origin(wish, entry)
    layout: Dict[str, Any] = {}
    version = ""
    brought = wish.url or wish.src
    if origin != "package":
        version = wish.version
        # What the user brings may be of any version, unless its name is said by the version.
        if not version and (not brought or brought.endswith("/") or "{version}" in brought):
            version = (entry["build"] if origin == "build" else entry).get("version", "")
        layout = _layout(wish, entry, version)
    elif wish.version:
        raise wrong(wish.option, "version", "with 'install_from: package' the package's source decides on it")
    if origin == "release" and not version and not brought:
        raise wrong(
            wish.option, "version", "none of %s is known well enough to be the default; give one, and its 'checksum'"
            % entry.get("title", wish.name), "version_missing")
    ways = entry.get("ways") or _ONE_WAY
    via = wish.via or next(iter(ways))
    if via not in ways:
        raise wrong(wish.option, "via", "there is no '%s' for it; %sit knows %s" % (
            via, nearest(via, list(ways)), ", ".join(ways)), "unknown_via")
    values = _values(wish, entry, origin=origin, version=version, layout=layout, way=ways[via])
    return _Case(wish, entry, origin, version, layout, via, ways[via], values)


def _origin(wish: Wish, entry: Entry) -> str:
    offered = ["file", "none"]
    offered.extend(word for word, key in (("release", "layouts"), ("package", "packages"), ("build", "build"))
                   if entry.get(key))
    if wish.install_from:
        origin = wish.install_from
    elif wish.url:
        origin = "release"
    elif wish.src:
        origin = "file"
    else:
        origin = entry.get("install_from") or next(
            (word for word in ("release", "package", "build") if word in offered), "none")
    if origin not in offered and not (origin == "release" and wish.url):
        raise wrong(wish.option, "install_from", "'%s' is not known for it; there are %s" % (
            origin, ", ".join(sorted(offered))), "unknown_origin")
    return origin


def _layout(wish: Wish, entry: Entry, version: str) -> Dict[str, Any]:
    """How this release is packed. What the user brings is an archive or it is not, and the layout is the same."""
    layouts = entry.get("layouts") or [{}]
    variants = list(dict.fromkeys(one["variant"] for one in layouts if one.get("variant")))
    if wish.variant and wish.variant not in variants:
        raise wrong(wish.option, "variant", "there is no '%s' of it; %sit has %s" % (
            wish.variant, nearest(wish.variant, variants), ", ".join(variants) or "none"), "unknown_variant")
    fitting = [one for one in layouts if wish.variant in ("", one.get("variant", ""))]
    brought = wish.url or wish.src
    if brought and not brought.endswith("/"):
        packed = bool(_ARCHIVE.search(brought))
        fitting = [one for one in fitting if _packed(one) == packed] or fitting
    if not version:
        return fitting[0]
    for one in fitting:
        if numbers(version) >= numbers(one.get("since", "")):
            return one
    raise wrong(wish.option, "variant", "%s has no '%s'; it came with %s" % (
        version, wish.variant, min((one.get("since", "") for one in fitting), key=numbers)), "unknown_variant")


def _packed(layout: Dict[str, Any]) -> bool:
    return any(file.get("src") for source in layout.get("sources", ()) for file in source["files"])


def numbers(version: str) -> Tuple[int, ...]:
    """A version to compare by: '20260817.0' is (20260817, 0)."""
    return tuple(int(one) for one in re.findall(r"[0-9]+", version))


def _values(
    wish: Wish, entry: Entry, *, origin: str, version: str, layout: Dict[str, Any], way: Dict[str, Any]
) -> Dict[str, str]:
    values = {"version": version, "variant": layout.get("variant", "")}
    own = fill(entry.get("as") or wish.name, values) if version or "{version}" not in entry.get("as", "") else ""
    if not wish.registered_as and not own:
        raise wrong(wish.option, "as", "give the name that it is registered under, or its 'version'", "name_missing")
    values["as"] = wish.registered_as or own
    values["suffix"] = "" if values["as"] == own else "-" + values["as"]
    if wish.path and entry.get("movable") is False:
        raise wrong(wish.option, "path", "its own files say that it is in %s, so it stays there" % fill(
            layout.get("path") or entry["path"], values), "not_movable")
    usual = entry["packages"]["program"] if origin == "package" else layout.get("path") or entry["path"]
    values["path"] = wish.path or fill(usual, values)
    values["dir"] = posixpath.dirname(values["path"])
    given = check_options(wish.options, way.get("options") or {}, option=wish.option, title=wish.name)
    values.update({key: one for key, one in given.items() if isinstance(one, str)})
    for key, text in (layout.get("values") or {}).items():
        if key not in given:
            values[key] = fill(text, values)
    if "config" in way:
        values["config"] = fill(way["config"]["dest"], values)
    return values


def fill(text: str, values: Dict[str, str]) -> str:
    """A template with its values. {arch} stays where it is not known yet. Raises SlipwayError for any other."""
    if "{" not in text:
        return text
    missing = [name for name in _TEMPLATE.findall(text) if name not in values and name != "arch"]
    if missing:
        raise SlipwayError("unknown_value", "catalogue: '%s' names {%s}, and there are %s here" % (
            text, missing[0], ", ".join("{%s}" % name for name in sorted(values))), option="catalogue")
    return _TEMPLATE.sub(lambda found: values.get(found.group(1), found.group(0)), text)


# -- what follows


def _present(case: _Case, engine: str) -> Dict[str, Any]:
    values = case.values
    binaries: List[Dict[str, Any]] = []
    packages: List[Dict[str, Any]] = []
    if case.origin == "release":
        binaries = _released(case)
    elif case.origin == "file":
        binaries = _brought(case)
    elif case.origin == "build":
        binaries = [_binary(
            case, fill(_first_name(case), values), [{"dest": values["path"]}], build=_build(case, engine))]
    elif case.origin == "package":
        packages = [_package(case)]
    config = _config(case)
    if config is not None:
        binaries.append(config)
    if case.origin != "none" and (binaries or case.entry.get("layouts")):
        there = set(one["name"] for one in binaries)
        binaries.extend({"name": name, "state": "absent"} for name in _receipts(case) if name not in there)
    runtime = _runtime(case)
    requirements = _requirements(case, binaries)
    store = any(one.get("image_store") for one in requirements)
    return {
        "binaries": binaries, "packages": packages, "requirements": requirements,
        "runtimes": [runtime] if runtime else [], "features": {"containerd-snapshotter": True} if store else {}}


def _absent(wish: Wish, entry: Entry) -> Dict[str, Any]:
    """All that there may be of it: each is known by its own receipt, and what has none is left alone."""
    version = wish.version or entry.get("version", "")
    values = _values(
        wish._replace(path="", options={}), entry, origin="none", version=version, layout={}, way={})
    # Its parts stay together where an entry of the engine still uses one of them; settings are one entry's own.
    parts = _sources(entry, values)
    shared = {"set": wish.name} if len(parts) > 1 else {}
    found: Dict[str, Any] = {
        "binaries": [
            dict(shared if name in parts else {}, name=name, state="absent") for name in _names(entry, values)],
        "runtimes": [{"name": name, "state": "absent"} for name in _registered(entry, values)]}
    if entry.get("packages"):
        found["packages"] = [dict(_package_names(entry), name=wish.name, state="absent")]
    return found


def _registered(entry: Entry, values: Dict[str, str]) -> List[str]:
    """Every name that it may be the default by: a shim that needs no entry has its own full name besides."""
    names = [values["as"]]
    if not values["suffix"]:
        names.extend(way["runtime"]["shim"] for way in (entry.get("ways") or {}).values() if way.get("unregistered"))
    return list(dict.fromkeys(names))


def _receipts(case: _Case) -> List[str]:
    return _names(case.entry, case.values)


def _names(entry: Entry, values: Dict[str, str]) -> List[str]:
    """Every receipt that a runtime may have, whatever its layout and its way."""
    configs = [way["config"]["name"] for way in (entry.get("ways") or {}).values() if "config" in way]
    return list(dict.fromkeys(_sources(entry, values) + [fill(name, values) for name in configs]))


def _sources(entry: Entry, values: Dict[str, str]) -> List[str]:
    """The receipts of its programs."""
    names = [one["name"] for layout in entry.get("layouts") or () for one in layout["sources"]]
    return list(dict.fromkeys(fill(name, values) for name in names or ["{as}"]))


def _first_name(case: _Case) -> str:
    sources = case.layout.get("sources")
    return sources[0]["name"] if sources else "{as}"


def _binary(case: _Case, name: str, files: List[Dict[str, str]], **source: Any) -> Dict[str, Any]:
    found = dict(source, name=name, version=case.version, files=files, state="present")
    if case.wish.replace:
        found["replace"] = True
    return found


def _released(case: _Case) -> List[Dict[str, Any]]:
    """Each source by architecture."""
    wish = case.wish
    if wish.url:
        return _brought(case)
    sources = case.layout["sources"]
    apart = len(set(one["url"] for one in sources)) > 1
    found = []
    for source in sources:
        name = fill(source["name"], case.values)
        checksums = _checksums(wish, name, apart=apart, words=source["architectures"]) or source.get(
            "checksums", {}).get(case.version, {})
        if not checksums:
            raise _unverified(case, sources)
        url = fill(source["url"], case.values)
        signature = _signature(case, source)
        machines = {
            machine: dict(_filled(signature, source["architectures"][machine]), **{
                "url": fill(url, {"arch": source["architectures"][machine]}), "checksum": checksum})
            for machine, checksum in checksums.items()}
        found.append(_binary(case, name, _files(case, source), architectures=machines))
    _add_files(case, found)
    return found


def _signature(case: _Case, source: Dict[str, Any], base: str = "") -> Dict[str, str]:
    """The signature of a source as the user wishes it, {} for none. base: the folder of upstream's files that is taken in
    place of upstream's own."""
    asked, known = case.wish.signature, source.get("signature")
    if not asked or asked.get("url") or asked.get("src"):
        known_here = {"version": case.version, "variant": case.values["variant"]}
        return {key: text if key == "key" else fill(text, known_here) for key, text in asked.items()}
    if known is None or case.wish.src or case.wish.url and not base:
        raise wrong(
            case.wish.option, "signature.%s" % ("src" if case.wish.src else "url"), "say where the signature is; %s" % (
                "none of %s is known" % case.entry.get("title", case.wish.name) if known is None
                else "upstream's is %s" % known["url"]))
    url = fill(known["url"], case.values)
    return dict(asked, url=base + posixpath.basename(url) if base else url)


def _filled(signature: Dict[str, str], word: str) -> Dict[str, Dict[str, str]]:
    """The key of a source that says its signature. word: upstream's for the machine."""
    return {"signature": {
        key: text if key == "key" else fill(text, {"arch": word}) for key, text in signature.items()}} if signature else {}


def _unverified(case: _Case, sources: List[Dict[str, Any]]) -> SlipwayError:
    """Says what is missing as the line that would mend it."""
    wish, known = case.wish, _known_versions(sources)
    line = "{%s}" % ", ".join("%s: 'sha256:...'" % machine for machine in sources[0]["architectures"])
    if len(set(one["url"] for one in sources)) > 1:
        line = "{%s}" % ", ".join("%s: %s" % (fill(one["name"], case.values), line) for one in sources)
    urls = dict.fromkeys(fill(one["url"], case.values) for one in sources)
    return wrong(
        wish.option, "checksum", "the catalogue knows no digest of %s %s%s. Give those of the architectures that you "
        "have, from whom you trust: - {name: %s, version: '%s', checksum: %s}; they are of %s" % (
            case.entry.get("title", wish.name), case.version, ", only of " + ", ".join(known) if known else "",
            wish.name, case.version, line, " and ".join(urls)), "checksum_missing")


def _known_versions(sources: List[Dict[str, Any]]) -> List[str]:
    return sorted(sources[0].get("checksums") or (), key=numbers)


def _checksums(wish: Wish, name: str, *, apart: bool, words: Dict[str, str]) -> Dict[str, str]:
    """The user's checksums of a source by architecture, {} for none. apart: there are several different sources."""
    given = wish.checksum
    if not given:
        return {}
    if isinstance(given, dict) and name in given:
        given = given[name]
    elif apart:
        raise wrong(
            wish.option, "checksum", "it comes as several files; give a map with a checksum for each, '%s' among them"
            % name, "bad_checksum")
    if isinstance(given, str):
        return dict.fromkeys(words, given)
    for machine in given:
        if machine not in words:
            raise wrong(
                wish.option, "checksum.%s" % machine, "there is none for this architecture; %sthere are %s ('uname -m' "
                "tells a host's)" % (nearest(str(machine), list(words)), ", ".join(words)), "unknown_architecture")
    return given


def _brought(case: _Case) -> List[Dict[str, Any]]:
    """From an address or a file of the user's: what upstream has there, or the program itself. A folder ('/' at the
    end) has upstream's files under their own names."""
    wish = case.wish
    key = "url" if wish.url else "src"
    text = wish.url or wish.src
    unknown = [name for name in _TEMPLATE.findall(text) if name not in ("arch", "variant", "version")]
    if unknown:
        raise wrong(
            wish.option, key, "'{%s}' stands for nothing; there are {arch}, {variant} and {version}" % unknown[0])
    text = fill(text, {"version": case.version, "variant": case.values["variant"]})
    folder = text.endswith("/")
    bare = not folder and not _ARCHIVE.search(text)
    sources = case.layout.get("sources") or [
        {"name": "{as}", "url": "", "files": [{"dest": "{path}"}], "architectures": {}}]
    if bare:
        sources = [dict(sources[0], files=[{"dest": "{path}"}])]
    elif not folder and not _packed(case.layout):
        raise wrong(wish.option, key, "%s looks like an archive, and nothing is known of what is in it" % text)
    apart = folder and len(set(one["url"] for one in sources)) > 1
    found = []
    for source in sources:
        name = fill(source["name"], case.values)
        words = source["architectures"] or {machine: machine for machine in ARCHITECTURES}
        checksums = _checksums(wish, name, apart=apart, words=words)
        where = text + posixpath.basename(fill(source["url"], case.values)) if folder else text
        signature = _signature(case, source, text if folder else "")
        if key == "url" and not checksums:
            raise wrong(
                wish.option, "checksum", "what comes over a network needs one: checksum: 'sha256:...', from whom you "
                "trust, for %s" % where, "checksum_missing")
        if "{arch}" in where or isinstance(wish.checksum, dict):
            machines = {
                machine: dict({"checksum": checksums[machine]} if checksums else {}, **dict(
                    _filled(signature, words[machine]), **{key: fill(where, {"arch": words[machine]})}))
                for machine in checksums or words}
            if wish.remote_src:
                raise wrong(wish.option, "remote_src", "a file on the host has one architecture: no '{arch}', and one "
                            "checksum")
            found.append(_binary(case, name, _files(case, source), architectures=machines))
        else:
            origin: Dict[str, Any] = dict(_filled(signature, "{arch}"), **{key: where})
            if checksums:
                origin["checksum"] = next(iter(checksums.values()))
            if wish.remote_src:
                origin["remote_src"] = True
            found.append(_binary(case, name, _files(case, source), **origin))
    if not bare:
        _add_files(case, found)
    _check_programs(case, found)
    return found


def _files(case: _Case, source: Dict[str, Any]) -> List[Dict[str, str]]:
    return [{key: fill(text, case.values) for key, text in one.items()} for one in source["files"]]


def _add_files(case: _Case, binaries: List[Dict[str, Any]]) -> None:
    """What only this way needs, from the first archive."""
    for one in case.way.get("files") or ():
        binaries[0]["files"].append({key: fill(text, case.values) for key, text in one.items()})


def _check_programs(case: _Case, binaries: List[Dict[str, Any]]) -> None:
    """A way that needs more than the program that was brought."""
    there = set(file["dest"] for one in binaries for file in one["files"])
    for text in case.way.get("programs") or ():
        program = fill(text, case.values)
        if program not in there:
            raise wrong(
                case.wish.option, "via", "'%s' needs %s too, and what is brought is one program; bring upstream's "
                "archive, or the folder ('/' at the end) of its files" % (case.via, program), "program_missing")


def _package(case: _Case) -> Dict[str, Any]:
    return dict(_package_names(case.entry), name=case.wish.name, state="present", program=case.values["path"])


def _package_names(entry: Entry) -> Dict[str, Any]:
    families = {key: one for key, one in entry["packages"].items() if key != "program"}
    return {"packages": families, "program": entry["packages"]["program"]}


def _build(case: _Case, engine: str) -> Dict[str, Any]:
    """The command that makes it on the host."""
    build = case.entry["build"]
    if build["kind"] == "cargo":
        argv = ["cargo", "install", build["crate"], "--version", case.version, "--root", FOLDER_OF_BUILD]
        return {"argv": argv + list(build.get("arguments") or ()), "output": posixpath.join("bin", build["program"])}
    if case.wish.version and case.version != build["version"]:
        raise wrong(
            case.wish.option, "version", "it is built from one pinned commit, which is %s" % build["version"],
            "unknown_version")
    words = {"version": case.version, "commit": build.get("commit", ""), "image": build.get("image", ""),
             "program": build["program"]}
    return {
        "argv": ["sh", "-c", _BUILDX, engine, FOLDER_OF_BUILD], "stdin": fill(build["dockerfile"], words),
        "output": build["program"]}


def _config(case: _Case) -> Optional[Dict[str, Any]]:
    """The file that this way's settings are in."""
    config = case.way.get("config")
    if config is None:
        return None
    settings: Dict[str, Any] = {key: fill(text, case.values) for key, text in (config.get("values") or {}).items()}
    settings.update(check_options(
        case.wish.options, case.way.get("options") or {}, option=case.wish.option, title=case.wish.name))
    try:
        text = toml.render(settings)
    except ValueError as error:
        raise wrong(case.wish.option, "options", str(error))
    file = {"dest": case.values["config"], "content": text, "mode": config.get("mode", "0644")}
    return dict(_binary(case, fill(config["name"], case.values), [file]), version="")


def _runtime(case: _Case) -> Optional[Dict[str, Any]]:
    wish, form = case.wish, case.way["runtime"]
    own = bool(wish.registered_as or wish.options or wish.args)
    if wish.args and "path" not in form:
        raise wrong(
            wish.option, "args", "they go to a program; by 'via: %s' it is a shim, which takes 'options'" % case.via)
    if wish.register == "never":
        if own:
            raise wrong(wish.option, "register", "a name, arguments or options are the engine's to note: they need "
                        "'register: auto' or 'always'")
        return {"name": form["shim"], "state": "present"} if "shim" in form else None
    if wish.register == "auto" and case.way.get("unregistered") and not own:
        return {"name": form["shim"], "state": "present"}
    found: Dict[str, Any] = {"name": case.values["as"], "state": "present"}
    for key in ("path", "shim", "shim_path"):
        if key in form:
            found[key] = fill(form[key], case.values)
    if form.get("options"):
        found["options"] = {key: fill(text, case.values) for key, text in form["options"].items()}
    args = wish.args if wish.args is not None else form.get("args")
    if args:
        found["args"] = list(args)
    return found


def _requirements(case: _Case, binaries: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    wish = case.wish
    asked = [
        {key: value for key, value in one.items() if key != "version"}
        for one in [*(case.entry.get("requires") or ()), *(case.way.get("requires") or ())]
        if one.get("version") in (None, case.version)]
    machines: Optional[Set[str]] = None
    for one in binaries:
        if "architectures" in one:
            here = set(one["architectures"])
            machines = here if machines is None else machines & here
    if machines is not None:
        asked.append({"architectures": sorted(machines)})
    return [dict(one, name=wish.name, option=wish.option) for one in asked]
