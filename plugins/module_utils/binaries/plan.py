# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of runtime_binary: what is wanted against what is there. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from .receipt import Found, Placed, Receipt, Seen, as_result
from .wanted import Binary, Wanted

_DONE = {"install": "installed", "upgrade": "upgraded", "repair": "repaired", "remove": "removed", "": "unchanged"}


class Change(NamedTuple):
    """What is to be done for one name. seen: what was at every path that it touches. goes: what the receipt lists and
    is wanted no more. source_stat: of a source on the host, as the probe printed it."""

    binary: Binary
    receipt: Optional[Receipt]
    seen: Dict[str, Seen]
    goes: Tuple[Placed, ...]
    source_stat: str = ""


def plan(wanted: Wanted, found: Dict[str, Found]) -> Plan:
    """The plan. found: the receipts' own paths included. Raises SlipwayError for what cannot or must not be done."""
    steps: List[Step] = []
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    results: List[Dict[str, Any]] = []
    warnings: List[str] = []
    unknown: List[str] = []
    for binary in wanted.binaries:
        there = found[binary.name]
        action = _action(binary, there)
        if action:
            change = Change(
                binary=binary, receipt=there.receipt, seen=there.seen, goes=_goes(binary, there.receipt),
                source_stat=there.source_stat)
            _check_way(change)
            _check_removal(change, force=wanted.force)
            warnings.extend(_changed_by_others(change))
            steps.append(Step(action, binary.name, change))
            if there.receipt is not None:
                before[binary.name] = _before(there)
            if binary.present:
                after[binary.name] = _after(binary, there)
        elif there.receipt is not None and stale(there):
            # The module notes the new stat, so that the next run need not read the file again.
            unknown.append("the receipt of '%s' knows its files by an older stat" % binary.name)
        results.append(result_of(binary, action, None if action else there.receipt))
    return Plan(
        steps=tuple(steps), before=before, after=after, result={"binaries": results}, warnings=tuple(warnings),
        unknown=tuple(unknown))


def result_of(binary: Binary, action: str, receipt: Optional[Receipt]) -> Dict[str, Any]:
    """What the module returns of one name. receipt: of what is in place now; None where it is not known yet."""
    digests = {one.dest: one.sha256 for one in receipt.files} if receipt is not None else {}
    return {
        "name": binary.name, "version": binary.version, "action": _DONE[action],
        "files": [{"dest": file.dest, "sha256": digests.get(file.dest)} for file in binary.files]}


def state_of(placed: Placed, seen: Seen) -> str:
    """What became of a path of ours: same, stale (as it was, under another stat), attributes, changed, missing,
    other."""
    if seen.kind == "missing":
        return "missing"
    if seen.kind != placed.kind:
        return "other"
    if seen.sha256 and seen.sha256 != placed.sha256:
        return "changed"
    if placed.kind == "file" and seen.attributes != tuple(placed.stat.split(" ")[:3]) and placed.stat:
        return "attributes"
    return "same" if seen.stat == placed.stat else "stale"


def stale(there: Found) -> bool:
    """Whether the receipt has to learn the stat of what is as it was."""
    receipt = there.receipt
    if receipt is None:
        return False
    return (
        any(state_of(one, there.seen[one.dest]) == "stale" for one in receipt.files)
        or bool(there.source_sha256) and there.source_stat != receipt.source_stat)


def _action(binary: Binary, there: Found) -> str:
    """install, upgrade, repair or remove; '' for nothing."""
    receipt = there.receipt
    if not binary.present:
        return "remove" if receipt is not None else ""
    if receipt is None:
        _check_source(binary, there)
        return "install"
    if binary.version != receipt.version or not _same_source(binary, there, receipt):
        _check_source(binary, there)
        return "upgrade"
    asked = sorted((one.src, one.dest, one.mode, one.owner, one.group) for one in binary.files)
    noted = sorted((one.src, one.dest, one.mode, one.owner, one.group) for one in receipt.files)
    whole = asked == noted and all(state_of(one, there.seen[one.dest]) in ("same", "stale") for one in receipt.files)
    if whole:
        return ""
    _check_source(binary, there)
    return "repair"


def _same_source(binary: Binary, there: Found, receipt: Receipt) -> bool:
    if binary.checksum is not None:
        return binary.checksum.digest == {"sha256": receipt.sha256, "sha512": receipt.sha512}[binary.checksum.kind]
    # A source that is not there any more says nothing against what was made of it.
    return there.source_sha256 in ("", receipt.sha256)


def _check_source(binary: Binary, there: Found) -> None:
    if binary.checksum is None and binary.remote_src and not there.source_stat:
        raise SlipwayError(
            "source_missing", "%s.src: there is no file %s on this host" % (binary.option, binary.src),
            option=binary.option + ".src")


def _goes(binary: Binary, receipt: Optional[Receipt]) -> Tuple[Placed, ...]:
    stays = set(file.dest for file in binary.files)
    return tuple(one for one in (receipt.files if receipt is not None else ()) if one.dest not in stays)


def _check_way(change: Change) -> None:
    """What was there before us is not overwritten unasked."""
    binary = change.binary
    ours = {one.dest: one for one in change.receipt.files} if change.receipt is not None else {}
    for index, file in enumerate(binary.files):
        seen = change.seen[file.dest]
        known = ours.get(file.dest)
        option = "%s.files[%d].dest" % (binary.option, index)
        if known is not None and known.kept and state_of(known, seen) == "other":
            raise SlipwayError(
                "in_the_way", "%s: %s is no %s any more, as which it was put there, and what was there before that "
                "is set aside "
                "already; move it away" % (option, file.dest, known.kind), option=option)
        if seen.kind == "foreign" or known is not None and state_of(known, seen) == "other":
            if not binary.replace:
                raise SlipwayError(
                    "in_the_way", "%s: %s is there already, and was not put there under the name '%s'; 'replace: "
                    "true' sets it "
                    "aside, and it comes back on removal" % (option, file.dest, binary.name), option=option)


def _check_removal(change: Change, *, force: bool) -> None:
    """What somebody changed since is not removed unasked."""
    if force:
        return
    changed = [one.dest for one in change.goes if state_of(one, change.seen[one.dest]) in ("changed", "other")]
    if changed:
        raise SlipwayError(
            "changed_since", "%s: %s changed since it was put there, by somebody else; it is not removed unless "
            "'force: true' "
            "says so" % (change.binary.option, ", ".join(changed)), option="force", changed_files=changed)


def _changed_by_others(change: Change) -> List[str]:
    found = []
    for one in change.receipt.files if change.receipt is not None else ():
        if state_of(one, change.seen[one.dest]) in ("changed", "other"):
            found.append("%s was changed since it was put there, by somebody else; '%s' %s" % (
                one.dest, change.binary.name, "is put back" if change.binary.present else "is removed all the same"))
    return found


def _before(there: Found) -> Dict[str, Any]:
    found = as_result(there.receipt)
    for one in there.receipt.files if there.receipt is not None else ():
        seen = there.seen[one.dest]
        state = state_of(one, seen)
        if state == "changed":
            found["files"][one.dest] = "sha256:" + seen.sha256
        elif state == "attributes":
            found["files"][one.dest] += " (mode %s, owner %s, group %s)" % (
                "%04o" % (int(seen.attributes[0], 16) & 0o7777), seen.attributes[1], seen.attributes[2])
        elif state in ("missing", "other"):
            found["files"][one.dest] = state
    return found


def _after(binary: Binary, there: Found) -> Dict[str, Any]:
    checksum = str(binary.checksum) if binary.checksum else "sha256:" + (
        there.source_sha256 or (there.receipt.sha256 if there.receipt is not None else ""))
    return {
        "version": binary.version, "checksum": checksum,
        "files": {file.dest: "the given content" if binary.inline else "the built one" if binary.build else "%s of the source" % (file.src or "all")
                  for file in binary.files}}
