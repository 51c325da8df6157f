# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of distribution packages: what is wanted against what is there. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from .receipt import ASK_SECONDS, Found, HostFound, Receipt, as_result, base
from .wanted import FAMILIES, Package, Wanted

_DONE = {"install": "installed", "remove": "removed", "": "unchanged"}
_QUERIES = {"debian": "dpkg-query", "redhat": "rpm", "suse": "rpm"}


class Change(NamedTuple):
    """What is to be done for one name. missing: packages to install; none where it is removed."""

    package: Package
    receipt: Optional[Receipt]
    missing: Tuple[str, ...] = ()


def plan(wanted: Wanted, found: HostFound) -> Plan:
    """The plan. Raises SlipwayError for what cannot or must not be done."""
    steps: List[Step] = []
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    results: List[Dict[str, Any]] = []
    unknown: List[str] = []
    for package in wanted.packages:
        there = found.names[package.name]
        missing = _missing(package, there, found) if package.present else ()
        action = ""
        if missing:
            action = "install"
            after[package.name] = sorted(package.packages[found.family])
            if there.installed:
                before[package.name] = sorted(there.installed)
        elif not package.present and there.receipt is not None and there.receipt.brought:
            action = "remove"
            before[package.name] = sorted(set(base(key) for key in there.receipt.brought))
        elif not _noted(package, there):
            # The module notes it, so that the next run need not ask the package manager.
            unknown.append("the receipt of the packages of '%s' is not up to date" % package.name)
        if action:
            steps.append(Step(action, package.name, Change(package=package, receipt=there.receipt, missing=missing)))
        results.append(as_result(package, found, action=_DONE[action]))
    return Plan(
        steps=tuple(steps), before=before, after=after, result={"packages": results}, unknown=tuple(unknown))


def _noted(package: Package, there: Found) -> bool:
    return there.settled if package.present else there.receipt is None


def _missing(package: Package, there: Found, found: HostFound) -> Tuple[str, ...]:
    """The packages to install for one name that shall be there."""
    names = package.packages.get(found.family)
    if names is None:
        raise _family_error(package, found)
    if there.settled:
        return ()
    if not found.answered or there.installed is None:
        raise SlipwayError(
            "manager_silent", "%s: %s did not tell within %d s which packages are installed" % (
                package.option, _QUERIES[found.family], ASK_SECONDS), option=package.option)
    missing = tuple(name for name in names if name not in there.installed)
    if not missing and not there.path:
        raise SlipwayError(
            "program_missing", "%s.program: %s is not there as an executable file, though %s is installed: correct it, "
            "or install that anew if somebody removed the file" % (package.option, package.program, ", ".join(names)),
            option=package.option + ".program")
    if missing and found.manager == "ostree":
        raise SlipwayError(
            "image_based", "%s: %s is missing, and this host gets its packages with its image (rpm-ostree), which "
            "takes a boot; layer it there, or take a release instead of a package" % (
                package.option, ", ".join(missing)), option=package.option)
    if missing and there.path and not there.installed:
        raise SlipwayError(
            "in_the_way", "%s.program: %s is there already, and %s, which should bring it, is not installed: move it "
            "away, name the package that it came from, or register it as it is" % (
                package.option, there.path, ", ".join(names)), option=package.option + ".program")
    return missing


def _family_error(package: Package, found: HostFound) -> SlipwayError:
    option = package.option + ".packages"
    named = ", ".join(family for family in FAMILIES if family in package.packages)
    if not found.family:
        return SlipwayError(
            "no_manager", "%s: this host has none of the package managers that are known (apt-get, dnf, yum, zypper); "
            "take a release instead of a package" % option, option=option)
    return SlipwayError(
        "family_missing", "%s: this host is of the family '%s' (%s), and the packages are named for %s only; add "
        "'%s: [...]', or take a release instead of a package" % (
            option, found.family, found.manager, named, found.family), option=option)
