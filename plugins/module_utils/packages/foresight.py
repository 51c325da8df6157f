# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the package manager of a host would do: which packages would come, and which can go. Nothing is changed here."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..core.errors import SlipwayError
from .calls import INSTALL_SECONDS, Calls, quote
from .managers import Coming
from .receipt import Receipt, base


class Departure(NamedTuple):
    """What is removed, by key. own: what was asked for by name. further: what came with it and nobody needs. heirs:
    name -> what was brought for another name and is its own from now on."""

    own: Tuple[str, ...]
    further: Tuple[str, ...]
    heirs: Dict[str, Tuple[str, ...]]


def arrival(calls: Calls, names: Sequence[str], *, option: str) -> Coming:
    """What would come with the packages, which is downloaded when this returns. Raises SlipwayError where it cannot
    come, or where something else would go."""
    try:
        return _look(calls, names, option=option)
    except SlipwayError as error:
        if error.reason not in ("no_candidate", "download_failed"):
            raise
    # The lists of packages may be older than the mirror.
    refreshed = calls.run(calls.manager.refresh())
    try:
        return _look(calls, names, option=option)
    except SlipwayError as error:
        if refreshed.code == 0:
            raise
        raise SlipwayError(
            error.reason, "%s. Getting the lists of packages anew failed too: %s" % (
                error.message.rstrip(". "), quote(refreshed)), option=error.option, **error.facts)


def _look(calls: Calls, names: Sequence[str], *, option: str) -> Coming:
    manager = calls.manager
    answer = calls.run(manager.simulate(names))
    coming = manager.coming(answer.output)
    bases = [base(key) for key in coming.new]
    absent = [name for name in names if name not in bases]
    if absent:
        raise SlipwayError(
            "no_candidate", "%s.packages: %s cannot install %s from this host's sources of packages: %s" % (
                option, manager.program, ", ".join(manager.unknown_in(answer.words, absent) or absent), quote(answer)),
            option=option + ".packages")
    lost = coming.removed + coming.downgraded
    if lost:
        raise SlipwayError(
            "would_remove", "%s.packages: to install %s, %s would remove or downgrade %s, which is not ours to decide; "
            "do that yourself, or take a release instead of a package" % (
                option, ", ".join(names), manager.program, ", ".join(lost)), option=option + ".packages",
            would_remove=list(lost))
    answer = calls.run(manager.download(names), seconds=INSTALL_SECONDS)
    if not manager.done(answer.code):
        raise SlipwayError(
            "download_failed", "%s.packages: %s could not get %s: %s" % (
                option, manager.program, ", ".join(names), quote(answer)), option=option + ".packages")
    return coming


def departure(calls: Calls, going: Sequence[Receipt], staying: Sequence[Receipt]) -> Departure:
    """What goes with the receipts that go. Raises SlipwayError where somebody else needs what was asked for by name.

    A dependency goes where the manager knows it as nothing else and nothing needs it.
    """
    asked = {package: one.name for one in staying for package in one.packages}
    heirs: Dict[str, List[str]] = {}
    own: List[str] = []
    further: List[str] = []
    for one in going:
        for key in one.brought:
            if base(key) in asked:
                heirs.setdefault(asked[base(key)], []).append(key)
            else:
                (own if base(key) in one.packages else further).append(key)
    states = calls.states(own + further)
    own = [key for key in own if key in states]
    further = _automatic(calls, [key for key in further if key in states])
    _check_needed(calls, own)
    gone = _removable(calls, own, further)
    left = [key for key in further if key not in gone]
    # What still has to stay may be needed by what another name brought: it goes with that.
    owners = list(heirs) + [one.name for one in staying if one.brought]
    if left and owners:
        heirs.setdefault(owners[0], []).extend(left)
    return Departure(own=tuple(own), further=tuple(gone), heirs={name: tuple(keys) for name, keys in heirs.items()})


def _check_needed(calls: Calls, own: Sequence[str]) -> None:
    answer = calls.run(calls.manager.try_removal(own)) if own else None
    if answer is not None and answer.code != 0:
        names = sorted(set(calls.manager.dependents(answer.words)))
        why = "needed by %s, which is not ours to remove" % ", ".join(names) if names else quote(answer)
        raise SlipwayError(
            "still_needed", "packages: %s cannot be removed: %s" % (", ".join(base(key) for key in own), why),
            option="packages", needed_by=names)


def _automatic(calls: Calls, keys: Sequence[str]) -> List[str]:
    """Those that the manager knows as dependencies; none where it does not say."""
    answer = calls.run(calls.manager.automatic(keys)) if keys else None
    return calls.manager.automatic_in(answer.output, keys) if answer is not None and answer.code == 0 else []


def _removable(calls: Calls, own: Sequence[str], further: Sequence[str]) -> List[str]:
    """The dependencies that can go with the packages."""

    def goes(keys: Sequence[str]) -> bool:
        return calls.succeeds(calls.manager.try_removal(list(own) + list(keys)))

    if not further or goes(further):
        return list(further)
    found: List[str] = []
    left = list(further)
    free = [key for key in left if goes([key])]
    while free:  # one that depends on another goes before it, in whatever order they came
        found.append(free[0])
        left.remove(free[0])
        free = [key for key in left if goes(found + [key])]
    return found
