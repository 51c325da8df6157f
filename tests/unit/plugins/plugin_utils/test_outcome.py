# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a run."""

from typing import Any, Dict, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.plugin_utils.outcome import Seen, changes, joined, lines, of_result

CHANGED = Seen("changed", ("youki installed",))


@pytest.mark.parametrize(
    "result, how, seen",
    [
        ({"changed": False}, {}, Seen("unchanged")),
        ({"changed": True}, {}, Seen("changed")),
        ({"changed": True, "action": "reload"}, {}, Seen("changed", ("reload of the engine",))),
        ({"msg": "timed out"}, {"unreachable": True}, Seen("unreachable")),
        ({"msg": "no", "reason": "engine_not_found"}, {"failed": True}, Seen("no_engine", ("no",))),
        (
            {"msg": "runtimes[x]: no\nmore", "failed_stage": "observe", "rolled_back": True},
            {"failed": True},
            Seen("failed", ("runtimes[x]: no [observe]; all is as it was before",)),
        ),
        (
            {"msg": "no", "failed_stage": "plan", "rolled_back": False},
            {"failed": True},
            Seen("failed", ("no [plan]",)),
        ),
        ({}, {"failed": True}, Seen("failed", ("no message",))),
        ({"msg": "x" * 500}, {"failed": True}, Seen("failed", ("x" * 160 + "…",))),
    ],
)
def test_what_a_result_says(result: Dict[str, Any], how: Dict[str, bool], seen: Seen) -> None:
    assert of_result(result, **how) == seen


@pytest.mark.parametrize(
    "result, words",
    [
        ({}, ()),
        (
            {"binaries": [{"name": "youki", "action": "installed"}, {"name": "crun", "action": "unchanged"}]},
            ("youki installed",),
        ),
        ({"packages": [{"name": "crun", "action": "removed"}]}, ("crun removed (package)",)),
        ({"pruned": {"binaries": ["old"], "runtimes": ["old"]}}, ("old pruned",)),
        ({"action": "none", "restart_required": True}, ("a restart is owed",)),
        ({"action": "restart"}, ("restart of the engine",)),
        ({"action": "linked"}, ("linked",)),
        ({"binaries": "?", "packages": [None], "pruned": [], "action": 5}, ()),
    ],
)
def test_what_was_changed(result: Dict[str, Any], words: Tuple[str, ...]) -> None:
    assert changes(result) == words


@pytest.mark.parametrize(
    "before, after, both",
    [
        (None, CHANGED, CHANGED),
        (Seen("unchanged"), CHANGED, CHANGED),
        (CHANGED, Seen("unchanged"), CHANGED),
        (
            CHANGED,
            Seen("changed", ("reload of the engine",)),
            Seen("changed", ("youki installed", "reload of the engine")),
        ),
        (CHANGED, Seen("failed", ("no",)), Seen("failed", ("no",))),
        (Seen("unchanged"), Seen("unreachable"), Seen("unreachable")),
    ],
)
def test_the_graver_counts(before: Seen, after: Seen, both: Seen) -> None:
    assert joined(before, after) == both


def test_hosts_of_whom_the_same_is_true_are_told_together() -> None:
    seen = {"h%d" % number: CHANGED for number in range(1000)}
    seen.update({"x": Seen("failed", ("no\x1b[31m",)), "y": Seen("unchanged")})
    found = lines(seen, [*seen, "z"], check_mode=False)
    assert found[0] == "    1 failed (no?[31m): x"
    assert found[1] == "    1 were not begun: z"
    assert found[2].startswith(" 1000 changed (youki installed): h0, h1, h2, ")
    assert found[2].endswith(" and 950 more")
    assert found[3] == "    1 had nothing to do: y" and len(found) == 4
    assert lines({"a": CHANGED}, [], check_mode=True) == ["    1 would change (youki installed): a"]
