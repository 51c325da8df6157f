# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of rootless_user: what a user needs against what is there. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from ..core.plan import Plan, Step
from . import ranges
from .seen import FILES, PROGRAMS, Receipt, Seen
from .wanted import Wanted

_HEAD = "# Written by the Ansible module slipway.runtimes.rootless_user, which also removes it.\n"


class Change(NamedTuple):
    """A file that is written. before, after: its content, None where there is none. line: the line that comes or goes,
    '' where the whole file does."""

    before: Optional[bytes]
    after: Optional[bytes]
    line: str = ""


def plan(wanted: Wanted, seen: Seen) -> Tuple[Plan, Receipt]:
    """The plan, and the receipt once it is carried out. Raises SlipwayError for what cannot be done."""
    return _present(wanted, seen) if wanted.present else _absent(wanted, seen)


def delegation(controllers: Tuple[str, ...]) -> bytes:
    """The drop-in of the user's service manager."""
    return (_HEAD + "[Service]\nDelegate=%s\n" % " ".join(controllers)).encode("ascii")


# -- there


def _present(wanted: Wanted, seen: Seen) -> Tuple[Plan, Receipt]:
    account = seen.account
    if account is None:
        raise SlipwayError(
            "user_missing", "user: this host knows no '%s'; make the user first" % wanted.user, option="user")
    if account.uid == 0:
        raise SlipwayError("bad_user", "user: '%s' is root, who needs none of this" % wanted.user, option="user")
    warnings = _lacks(wanted, seen)
    receipt = seen.receipt._replace(uid=account.uid)
    steps: List[Step] = []
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    lines = {}
    for kind, path in FILES.items():
        if not wanted.count or seen.elsewhere:
            lines[kind] = ""
            continue
        text = (seen.files[kind].content or b"").decode("utf-8", "surrogateescape")
        lines[kind] = ranges.owned(text, user=wanted.user, uid=account.uid, count=wanted.count)
        if not lines[kind]:
            lines[kind] = after[path] = ranges.free(text, user=wanted.user, count=wanted.count).line
            change = _added(path, seen, kind, lines[kind])
            steps.append(Step("write", path, change))
            receipt = receipt._replace(**{kind: lines[kind]})
            if change.before is None:
                receipt = receipt._replace(created=receipt.created + (path,))
    delegated = _delegated(wanted, seen)
    if delegated is not None:
        path = seen.delegation.path
        steps += [Step("write", path, delegated), Step("reload", "systemd")]
        before.update(_shown(path, delegated.before))
        after.update(_shown(path, delegated.after))
        receipt = receipt._replace(delegation=True)
    if wanted.linger and not seen.linger:
        steps.append(Step("linger", wanted.user, True))
        before["linger"], after["linger"] = False, True
        receipt = receipt._replace(linger=True)
    result = {
        "user": wanted.user, "uid": account.uid, "subuid": lines["subuid"] or None, "subgid": lines["subgid"] or None,
        "linger": wanted.linger or seen.linger}
    return Plan(tuple(steps), before, after, result, tuple(warnings)), receipt


def _lacks(wanted: Wanted, seen: Seen) -> List[str]:
    """What no module can mend: an error, or a warning where it may come later."""
    if (wanted.linger or wanted.delegate) and not seen.systemd:
        raise SlipwayError(
            "no_systemd", "linger: this host is not run by systemd; 'linger: false' and 'delegate: []' leave out what "
            "needs it", option="linger")
    if seen.nowhere:
        raise SlipwayError(
            "no_namespaces", "user: the kernel lets no user make namespaces (%s is 0); without them no container runs "
            "without root" % seen.nowhere.replace("/", "."), option="user")
    there = [one.rpartition("/")[2] for one in seen.programs]
    missing = [one for one in PROGRAMS if one not in there] if wanted.count else []
    if not missing:
        return []
    message = "%s not found on PATH: install the package uidmap (Debian, Ubuntu), shadow-utils (Fedora, RHEL) or " \
        "shadow (SUSE)" % (" and ".join(missing) + (" are" if len(missing) > 1 else " is"))
    if wanted.require:
        raise SlipwayError("program_missing", "require: " + message, option="require")
    return [message]


def _added(path: str, seen: Seen, kind: str, line: str) -> Change:
    facts = seen.files[kind]
    if facts.kind not in ("file", "missing") or facts.target != path:
        raise SlipwayError("bad_file", "subids: %s is no plain file" % path, option="subids")
    return Change(facts.content, ranges.with_line(facts.content or b"", line), line)


def _delegated(wanted: Wanted, seen: Seen) -> Optional[Change]:
    """The drop-in where it is needed and not as it should be."""
    facts = seen.delegation
    if not wanted.delegate or not seen.unified or facts is None:
        return None
    content = delegation(wanted.delegate)
    ours = seen.receipt.delegation
    if facts.content == content or not ours and set(wanted.delegate) <= set(seen.controllers or ()):
        return None
    if facts.kind != "missing" and not ours:
        raise SlipwayError(
            "in_the_way", "delegate: %s was not put there by this module; move it away" % facts.path, option="delegate")
    return Change(facts.content, content)


# -- not there


def _absent(wanted: Wanted, seen: Seen) -> Tuple[Plan, Receipt]:
    receipt, left = seen.receipt, seen.receipt
    steps: List[Step] = []
    before: Dict[str, Any] = {}
    warnings: List[str] = []
    if receipt.linger and (not seen.linger or seen.account is None):
        left = left._replace(linger=False)
    elif receipt.linger and seen.units:
        warnings.append("the service manager of %s goes on running without a login, because it starts %s" % (
            wanted.user, ", ".join(seen.units)))
    elif receipt.linger:
        steps.append(Step("linger", wanted.user, False))
        before["linger"] = True
        left = left._replace(linger=False)
    if receipt.delegation:
        facts = seen.delegation
        if facts is not None and (facts.content or b"").startswith(_HEAD.encode("ascii")):
            steps += [Step("remove", facts.path, Change(facts.content, None)), Step("reload", "systemd")]
            before.update(_shown(facts.path, facts.content))
        left = left._replace(delegation=False)
    kept = []
    for kind, path in FILES.items():
        line = getattr(receipt, kind)
        content = seen.files[kind].content or b""
        if not line or line.encode("utf-8") not in content.splitlines():
            left = left._replace(**{kind: ""})
        elif seen.stores:
            kept.append(path)
        else:
            after = ranges.without_line(content, line)
            goes = not after and path in receipt.created
            steps.append(Step("write", path, Change(content, None if goes else after, line)))
            before[path] = line
            left = left._replace(**{kind: ""})
    if kept:
        warnings.append("the ranges of %s in %s stay, because files may belong to them, in %s" % (
            wanted.user, " and ".join(kept), ", ".join(seen.stores)))
    if not steps and left != receipt:
        steps.append(Step("forget", wanted.user))
    left = Receipt() if left.empty else left
    result = {"user": wanted.user, "uid": seen.account.uid if seen.account else None, "linger": seen.linger and not any(
        step.action == "linger" for step in steps)}
    for kind in FILES:
        result[kind] = getattr(left, kind) or None
    return Plan(tuple(steps), before, {}, result, tuple(warnings)), left


def _shown(path: str, content: Optional[bytes]) -> Dict[str, Any]:
    """One side of the diff."""
    return {} if content is None else {path: content.decode("utf-8", "replace").splitlines()}
