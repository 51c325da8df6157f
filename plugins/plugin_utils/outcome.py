# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a run on each host of a fleet, as one short table. Pure."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .report.fleet import natural
from .report.formats import listed, printable

# The groups of hosts, in the order in which they are told, in words for a run and for check mode.
WORDS: Dict[str, Tuple[str, str]] = {
    "failed": ("failed", "would fail"),
    "unreachable": ("could not be reached", "could not be reached"),
    "no_engine": ("have no engine", "have no engine"),
    "not_reached": ("were not begun", "were not begun"),
    "changed": ("changed", "would change"),
    "unchanged": ("had nothing to do", "have nothing to do"),
}

_LONGEST = 160


class Seen(NamedTuple):
    """What is known of a host: its group in WORDS, and what changed or why it failed, in words."""

    group: str
    what: Tuple[str, ...] = ()


def of_result(result: Dict[str, Any], *, failed: bool = False, unreachable: bool = False) -> Seen:
    """What one task's result says of its host."""
    if unreachable:
        return Seen("unreachable")
    if failed:
        group = "no_engine" if result.get("reason") == "engine_not_found" else "failed"
        return Seen(group, (_reason(result),))
    return Seen("changed", changes(result)) if result.get("changed") else Seen("unchanged")


def joined(before: Optional[Seen], after: Seen) -> Seen:
    """What is known of a host after one more task: the graver of the two, and what both changed."""
    if before is None:
        return after
    order = list(WORDS)
    first, second = sorted((before, after), key=lambda one: order.index(one.group))
    return Seen(
        first.group, tuple(dict.fromkeys(before.what + after.what)) if first.group == second.group else first.what
    )


def changes(result: Dict[str, Any]) -> Tuple[str, ...]:
    """What a result says that was changed, a few words each; none where it does not say."""
    found = []
    for kind in ("binaries", "packages"):
        for one in _list(result.get(kind)):
            if isinstance(one, dict) and one.get("action") not in (None, "unchanged"):
                found.append("%s %s%s" % (one.get("name"), one["action"], " (package)" if kind == "packages" else ""))
    pruned = result.get("pruned")
    for names in pruned.values() if isinstance(pruned, dict) else ():
        found += ["%s pruned" % name for name in _list(names)]
    action = result.get("action")
    if isinstance(action, str) and action != "none":
        found.append("%s of the engine" % action if action in ("reload", "restart") else action)
    if result.get("restart_required") is True:
        found.append("a restart is owed")
    return tuple(dict.fromkeys(found))


def lines(seen: Dict[str, Seen], targeted: Iterable[str], *, check_mode: bool) -> List[str]:
    """The table: a line for each group of hosts of whom the same is true.

    seen: by host. targeted: every host that the run was for, begun or not.
    """
    every = dict({host: Seen("not_reached") for host in targeted}, **seen)
    groups: Dict[Seen, List[str]] = {}
    for host in sorted(every, key=natural):
        groups.setdefault(every[host], []).append(host)
    order = list(WORDS)
    found = []
    for one in sorted(groups, key=lambda each: (order.index(each.group), each.what)):
        what = "; ".join(one.what)
        found.append(
            printable(
                "%5d %s%s: %s"
                % (
                    len(groups[one]),
                    WORDS[one.group][check_mode],
                    " (%s)" % what if what else "",
                    listed(groups[one]),
                )
            )
        )
    return found


def _reason(result: Dict[str, Any]) -> str:
    text = str(result.get("msg") or result.get("reason") or "no message").strip().splitlines()
    words = text[0] if text else "no message"
    stage = result.get("failed_stage")
    back = {True: "; all is as it was before", False: ""}.get(result.get("rolled_back"), "")
    return (words if len(words) <= _LONGEST else words[:_LONGEST] + "…") + (" [%s]" % stage if stage else "") + back


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []
