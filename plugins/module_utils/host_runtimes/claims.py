# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who wants what of a host: for each engine, what host_runtimes put there for it. Pure.

A runtime's files serve every engine of the host. A claim says which of them want it, so that one of them may let go
without taking it from another; and what a claim names and nobody asks for any more may be pruned.
"""

import json
from typing import Any, Collection, Dict, List, NamedTuple, Optional, Tuple

from ..binaries.wanted import Binary
from ..core.snapshot import Question, Snapshot
from ..engines.docker.entries import entry, normal
from ..engines.docker.questions import LIB_DIR, Place
from ..engines.runtime import Runtime
from ..packages.wanted import Package
from .wanted import Wanted

_FORMAT = 1


class Claim(NamedTuple):
    """What was put there for one engine. entries: by the name that is registered, as they were written."""

    key: str
    entries: Dict[str, Any] = {}
    binaries: Tuple[str, ...] = ()
    packages: Tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is claimed."""
        return not (self.entries or self.binaries or self.packages)


class Claims(NamedTuple):
    """The claim of the engine that is meant, and those of the others."""

    own: Claim
    others: Tuple[Claim, ...] = ()


# What is not to go although it is asked for, by kind and name, with the entries of the engine that use it.
Used = Dict[Tuple[str, str], List[str]]


class Effective(NamedTuple):
    """What is really to be done. wanted: with what is pruned, and without what others claim or entries use. kept: what
    others claim, with their keys, and what entries use, with those. pruned: names by kind."""

    wanted: Wanted
    kept: Dict[str, List[str]]
    pruned: Dict[str, List[str]]
    used: Used = {}


def folder(lib_dir: str) -> str:
    """Where the claims lie."""
    return lib_dir + "/claims"


def questions(place: Place) -> Tuple[Question, ...]:
    """Every claim, without a fork."""
    lib_dir = LIB_DIR
    if place.scope == "user":
        lib_dir = '"${XDG_STATE_HOME:-${HOME:-}/.local/state}"/slipway-runtimes'
    return (Question("claims", "\n".join((
        "for c_file in %s/*.json; do" % folder(lib_dir),
        '    [ -f "$c_file" ] && s_line claims "$c_file"',
        "done"))),)


def read(snapshot: Snapshot, key: str) -> Claims:
    """The answers. key: of the own claim. A file that is none of ours claims nothing."""
    found = [one for one in (decode(line) for line in snapshot.words("claims", "line")) if one is not None]
    own = [one for one in found if one.key == key]
    return Claims(own=own[0] if own else Claim(key), others=tuple(one for one in found if one.key != key))


def encode(claim: Claim) -> str:
    """The claim's one line, with its newline."""
    return json.dumps(dict(claim._asdict(), format=_FORMAT), sort_keys=True) + "\n"


def decode(line: str) -> Optional[Claim]:
    """The claim in a line; None where it is none."""
    try:
        value = json.loads(line)
        if value["format"] != _FORMAT:
            return None
        return Claim(
            key=str(value["key"]), entries=dict(value["entries"]), binaries=tuple(value["binaries"]),
            packages=tuple(value["packages"]))
    except (KeyError, TypeError, ValueError):
        return None


def effective(wanted: Wanted, claims: Claims, entries: Optional[Dict[str, Any]] = None) -> Effective:
    """What is to be done, in view of the claims.

    entries: what the engine's file has; needed where something is pruned, because an entry that somebody changed is not
    ours any more. None stands for an engine that is not asked.
    """
    kept: Dict[str, List[str]] = {}
    binaries, packages = [], []
    for binary in wanted.binaries.binaries:
        others = [one.key for one in claims.others if binary.name in one.binaries]
        if others and not binary.present:
            kept[binary.name] = others
        else:
            binaries.append(binary)
    for package in wanted.packages.packages:
        others = [one.key for one in claims.others if package.name in one.packages]
        if others and not package.present:
            kept[package.name] = others
        else:
            packages.append(package)
    pruned = prunable(wanted, claims) if wanted.prune else {}
    going = [name for name in pruned.get("runtimes", ()) if normal((entries or {}).get(name) or {}) == normal(
        claims.own.entries[name])]
    if pruned:
        pruned = {key: names for key, names in dict(pruned, runtimes=going).items() if names}
    binaries.extend(
        Binary(name=name, option="binaries[%s]" % name, present=False) for name in pruned.get("binaries", ()))
    packages.extend(
        Package(name=name, option="packages[%s]" % name, present=False) for name in pruned.get("packages", ()))
    engine = wanted.engine._replace(
        runtimes=wanted.engine.runtimes + tuple(Runtime(name=name, present=False) for name in going))
    return Effective(
        wanted=wanted._replace(
            binaries=wanted.binaries._replace(binaries=tuple(binaries)),
            packages=wanted.packages._replace(packages=tuple(packages)), engine=engine,
            speaks=wanted.speaks or bool(going)),
        kept=kept, pruned=pruned)


def sparing(view: Effective, used: Used) -> Effective:
    """The same without taking away what entries that stay still use."""
    if not used:
        return view
    wanted = view.wanted
    kept = dict(view.kept)
    for (_kind, name), users in used.items():
        kept[name] = kept.get(name, []) + [one for one in users if one not in kept.get(name, [])]
    pruned = {
        kind: [name for name in names if (kind, name) not in used] for kind, names in view.pruned.items()}
    return Effective(
        wanted=wanted._replace(
            binaries=wanted.binaries._replace(binaries=tuple(
                one for one in wanted.binaries.binaries if one.present or ("binaries", one.name) not in used)),
            packages=wanted.packages._replace(packages=tuple(
                one for one in wanted.packages.packages if one.present or ("packages", one.name) not in used))),
        kept=kept, pruned={kind: names for kind, names in pruned.items() if names}, used=used)


def prunable(wanted: Wanted, claims: Claims) -> Dict[str, List[str]]:
    """What the engine's own claim names and nobody asks for, by kind; an empty map where that is nothing."""
    def others(kind: str, name: str) -> bool:
        return any(name in getattr(one, kind) for one in claims.others)

    named = {
        "runtimes": [one.name for one in wanted.engine.runtimes],
        "binaries": [one.name for one in wanted.binaries.binaries],
        "packages": [one.name for one in wanted.packages.packages]}
    found = {
        "runtimes": sorted(name for name in claims.own.entries if name not in named["runtimes"]),
        "binaries": sorted(
            name for name in claims.own.binaries if name not in named["binaries"] and not others("binaries", name)),
        "packages": sorted(
            name for name in claims.own.packages if name not in named["packages"] and not others("packages", name))}
    return {key: names for key, names in found.items() if names}


def after(wanted: Wanted, claims: Claims, *, added: Collection[str], used: Collection[Tuple[str, str]] = ()) -> Claim:
    """The own claim once all is done.

    wanted: as it was asked for, not in view of the claims. added: the names that this run adds to the engine's file, or
    changes there. used: what does not go because entries use it, by kind and name.
    """
    own = claims.own
    entries = {} if wanted.prune else dict(own.entries)
    for runtime in wanted.engine.runtimes:
        new = entry(runtime) if runtime.present else None
        if new is None:
            entries.pop(runtime.name, None)
        elif runtime.name in added or runtime.name in own.entries:
            entries[runtime.name] = new
    return Claim(
        key=own.key, entries=entries,
        binaries=_claimed(
            own.binaries, [(one.name, one.present) for one in wanted.binaries.binaries], wanted.prune,
            used=[name for kind, name in used if kind == "binaries"]),
        packages=_claimed(
            own.packages, [(one.name, one.present) for one in wanted.packages.packages], wanted.prune,
            used=[name for kind, name in used if kind == "packages"]))


def _claimed(
    old: Tuple[str, ...], wanted: List[Tuple[str, bool]], prune: bool, *, used: Collection[str]
) -> Tuple[str, ...]:
    absent = set(name for name, present in wanted if not present and name not in used)
    kept = set(old).intersection(used) if prune else set(old)
    return tuple(sorted((kept | set(name for name, present in wanted if present)) - absent))
