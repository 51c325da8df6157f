# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wants what of a host: what is kept for others, what is pruned, what is noted."""

import json
from typing import Any, Dict, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import Snapshot
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes import claims as claims_of
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.claims import Claim, Claims
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.wanted import Wanted, parse

CRUN = {"path": "/opt/crun"}


def wanted(present: str = "", absent: str = "", **more: Any) -> Wanted:
    """What is asked for, a runtime with a file of the same name for each word."""
    names = [(name, "present") for name in present.split()] + [(name, "absent") for name in absent.split()]
    return parse(dict({
        "binaries": [{"name": name, "state": state, "src": "/x/" + name, "remote_src": True, "files": [{"dest": "/opt/" + name}]}
                     for name, state in names],
        "packages": [{"name": name + "-pkg", "state": state, "packages": {"debian": [name]}, "program": name}
                     for name, state in names],
        "runtimes": [{"name": name, "state": state, "path": "/opt/" + name} for name, state in names]}, **more))


def claim(names: str, key: str = "docker") -> Claim:
    """What wanted() of these names leaves, where all was new."""
    words = sorted(names.split())
    return Claim(
        key, {name: {"path": "/opt/" + name} for name in words}, tuple(words), tuple(name + "-pkg" for name in words))


def names_in(view: Claims, kind: str) -> Dict[str, bool]:
    """What is to be there, and what not."""
    return {one.name: one.present for one in getattr(getattr(view.wanted, kind), kind)}


def test_what_another_engine_wants_is_kept() -> None:
    claims = Claims(claim("crun youki"), (claim("crun", "iechor"),))
    view = claims_of.effective(wanted(absent="crun youki"), claims)
    assert view.kept == {"crun": ["iechor"], "crun-pkg": ["iechor"]} and view.pruned == {}
    assert names_in(view, "binaries") == {"youki": False} and names_in(view, "packages") == {"youki-pkg": False}
    # The registration is this engine's own.
    assert [(one.name, one.present) for one in view.wanted.engine.runtimes] == [("crun", False), ("youki", False)]
    assert claims_of.after(wanted(absent="crun youki"), claims, added=()).empty


def test_what_is_wanted_is_not_kept_from_us() -> None:
    view = claims_of.effective(wanted("crun"), Claims(Claim("docker"), (claim("crun", "iechor"),)))
    assert view.kept == {} and names_in(view, "binaries") == {"crun": True}


@pytest.mark.parametrize("entries, going", [
    ({"youki": {"path": "/opt/youki"}}, ["youki"]),
    ({"youki": {"PATH": "/opt/youki", "runtimeArgs": []}}, ["youki"]),  # the same to the engine
    ({"youki": {"path": "/opt/youki", "runtimeArgs": ["--debug"]}}, []),  # somebody changed it
    ({}, []), (None, []),
])
def test_prune(entries: Any, going: List[str]) -> None:
    """Files and packages by the claim; entries only where they are as they were written."""
    asked = wanted("crun", prune="managed")
    view = claims_of.effective(asked, Claims(claim("crun youki")), entries)
    assert view.pruned == dict({"binaries": ["youki"], "packages": ["youki-pkg"]}, **({"runtimes": going} if going else {}))
    assert names_in(view, "binaries") == {"crun": True, "youki": False}
    assert names_in(view, "packages") == {"crun-pkg": True, "youki-pkg": False}
    assert [one.name for one in view.wanted.engine.runtimes if not one.present] == going
    assert claims_of.after(asked, Claims(claim("crun youki")), added=()) == claim("crun")


def test_prune_speaks_of_the_engine_where_it_has_to() -> None:
    asked = parse({"prune": "managed"})
    assert not asked.speaks
    assert claims_of.effective(asked, Claims(claim("crun")), {"crun": CRUN}).wanted.speaks
    assert not claims_of.effective(asked, Claims(claim("crun")), {}).wanted.speaks


def test_prune_leaves_what_others_want() -> None:
    asked = wanted("youki", prune="managed")
    claims = Claims(claim("crun youki"), (claim("crun", "iechor"),))
    assert claims_of.prunable(asked, claims) == {"runtimes": ["crun"]}
    assert claims_of.after(asked, claims, added=()) == claim("youki")


@pytest.mark.parametrize("prune", ["none", "managed"])
def test_nothing_is_pruned_that_nobody_claimed(prune: str) -> None:
    view = claims_of.effective(wanted("crun", prune=prune), Claims(Claim("docker")), {"theirs": CRUN})
    assert view.pruned == {} and names_in(view, "binaries") == {"crun": True}


def test_what_an_entry_uses_is_spared_and_stays_claimed() -> None:
    asked, own = wanted(absent="crun youki"), Claims(claim("crun youki"))
    used = {("binaries", "crun"): ["runtimes[fast]"]}
    view = claims_of.sparing(claims_of.effective(asked, own), used)
    assert names_in(view, "binaries") == {"youki": False} and names_in(view, "packages") == {"crun-pkg": False, "youki-pkg": False}
    assert view.kept == {"crun": ["runtimes[fast]"]}
    assert claims_of.after(asked, own, added=(), used=view.used) == Claim("docker", binaries=("crun",))
    pruning = wanted("youki", prune="managed")
    view = claims_of.sparing(claims_of.effective(pruning, own, {"crun": CRUN}), used)
    assert view.pruned == {"packages": ["crun-pkg"], "runtimes": ["crun"]}
    assert claims_of.after(pruning, own, added=(), used=view.used) == claim("youki")._replace(binaries=("crun", "youki"))


AFTER = (
    ("all is new", Claim("docker"), dict(present="crun"), ["crun"], claim("crun")),
    ("the entry was there before us", Claim("docker"), dict(present="crun"), [], claim("crun")._replace(entries={})),
    ("one more", claim("crun"), dict(present="youki"), ["youki"], claim("crun youki")),
    ("one less", claim("crun youki"), dict(absent="youki"), [], claim("crun")),
    ("the last", claim("crun"), dict(absent="crun"), [], Claim("docker")),
    ("nothing new", claim("crun"), dict(present="crun"), [], claim("crun")),
)


@pytest.mark.parametrize("name, own, asked, added, expected", AFTER, ids=[one[0] for one in AFTER])
def test_after(name: str, own: Claim, asked: Dict[str, str], added: List[str], expected: Claim) -> None:
    assert claims_of.after(wanted(**asked), Claims(own), added=added) == expected


def test_a_shim_that_is_not_registered_is_no_entry() -> None:
    asked = parse({"runtimes": [{"name": "io.containerd.kata.v2", "state": "present"}]})
    assert claims_of.after(asked, Claims(Claim("docker")), added=("io.containerd.kata.v2",)).empty


def test_there_and_back() -> None:
    assert claims_of.decode(claims_of.encode(claim("crun"))) == claim("crun")


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1}', json.dumps({
    "format": 1, "key": "x", "entries": 3, "binaries": [], "packages": []})])
def test_what_is_no_claim_claims_nothing(line: str) -> None:
    assert claims_of.decode(line) is None
    snapshot = Snapshot(answers={"claims": {"line": [line, claims_of.encode(claim("crun", "iechor"))]}}, trouble={})
    assert claims_of.read(snapshot, parse({}).claim_key) == Claims(Claim("docker"), (claim("crun", "iechor"),))
