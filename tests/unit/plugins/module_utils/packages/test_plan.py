# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of distribution packages."""

from typing import Any, Dict, Optional, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.plan import plan
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.receipt import Found, HostFound, Receipt
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.wanted import Package, Wanted

PATH = "/usr/bin/crun"
CRUN = Package("crun", "packages[crun]", {"debian": ("crun", "crun-wasm")}, PATH)
GONE = Package("crun", "packages[crun]", present=False)
BOTH = ("crun", "crun-wasm")
OURS = Receipt("crun", "debian", BOTH, PATH, ("libyajl2:amd64", "crun:amd64", "crun-wasm:amd64"))
THEIRS = OURS._replace(brought=())


def planned(package: Package, there: Found, *, family: str = "debian", manager: str = "apt-get",
            answered: bool = True) -> Any:
    """The plan for one name."""
    return plan(Wanted((package,)), HostFound(family, manager, {"crun": there}, answered))


@pytest.mark.parametrize("package, there, done, missing, unknown, before, after", [
    (CRUN, Found(None, "", False, ()), "installed", BOTH, False, {}, {"crun": ["crun", "crun-wasm"]}),
    (CRUN, Found(None, PATH, False, ("crun",)), "installed", ("crun-wasm",), False, {"crun": ["crun"]},
     {"crun": ["crun", "crun-wasm"]}),
    (CRUN, Found(OURS, "", False, ()), "installed", BOTH, False, {}, {"crun": ["crun", "crun-wasm"]}),
    (CRUN, Found(OURS, PATH, True), "unchanged", None, False, {}, {}),
    (CRUN, Found(THEIRS, PATH, True), "unchanged", None, False, {}, {}),
    (CRUN, Found(None, PATH, False, BOTH), "unchanged", None, True, {}, {}),
    (CRUN, Found(OURS, "/usr/local/bin/crun", False, BOTH), "unchanged", None, True, {}, {}),
    (GONE, Found(None), "unchanged", None, False, {}, {}),
    (GONE, Found(OURS), "removed", (), False, {"crun": ["crun", "crun-wasm", "libyajl2"]}, {}),
    (GONE, Found(THEIRS), "unchanged", None, True, {}, {}),
])
def test_actions(package: Package, there: Found, done: str, missing: Optional[Tuple[str, ...]], unknown: bool,
                 before: Dict[str, Any], after: Dict[str, Any]) -> None:
    """What is done; missing: None for an empty plan. What the receipt has to learn is left to the module."""
    found = planned(package, there)
    assert found.result["packages"][0]["action"] == done and bool(found.unknown) == unknown
    assert found.empty == (missing is None) == (done == "unchanged")
    assert missing is None or found.steps[0].detail.missing == missing
    assert (found.before, found.after) == (before, after)


@pytest.mark.parametrize("package, there, expected", [
    (CRUN, Found(None, "", False, ()), {"packages": ["crun", "crun-wasm"], "program": PATH}),
    (CRUN._replace(program="crun"), Found(OURS, PATH, True), {"packages": ["crun", "crun-wasm"], "program": PATH}),
    (GONE, Found(OURS), {"packages": ["crun", "crun-wasm"], "program": PATH}),
    (GONE, Found(None), {"packages": [], "program": ""}),
])
def test_results(package: Package, there: Found, expected: Dict[str, Any]) -> None:
    """Where the program is, once that is known; of what goes, what it was."""
    found = planned(package, there).result["packages"][0]
    assert {key: found[key] for key in expected} == expected and found["name"] == "crun"


@pytest.mark.parametrize("there, more, reason, option, words", [
    (Found(None, "", False, ()), {"family": "suse", "manager": "zypper"}, "family_missing", ".packages",
     "add 'suse: [...]'"),
    (Found(None, "", False, ()), {"family": "", "manager": ""}, "no_manager", ".packages", "apt-get, dnf, yum, zypper"),
    (Found(None, "", False, ()), {"answered": False}, "manager_silent", "", "dpkg-query did not tell within 30 s"),
    (Found(None, "", False, None), {}, "manager_silent", "", "dpkg-query"),
    (Found(OURS, "", False, BOTH), {}, "program_missing", ".program", "crun, crun-wasm is installed"),
    (Found(None, PATH, False, ()), {}, "in_the_way", ".program", PATH + " is there already"),
    (Found(None, "", False, ()), {"manager": "ostree"}, "image_based", "", "crun, crun-wasm"),
])
def test_refusals(there: Found, more: Dict[str, Any], reason: str, option: str, words: str) -> None:
    """What cannot be done, by the option's name."""
    with pytest.raises(SlipwayError) as caught:
        planned(CRUN, there, **more)
    assert (caught.value.reason, caught.value.option) == (reason, "packages[crun]" + option)
    assert words in caught.value.message and caught.value.message.startswith(caught.value.option)


def test_an_image_that_has_it_all() -> None:
    """Nothing is to be installed, so nobody cares how it would be."""
    assert planned(CRUN, Found(OURS, PATH, True), manager="ostree").empty
