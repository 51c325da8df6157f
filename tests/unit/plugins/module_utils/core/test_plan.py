# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module returns for a plan."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, Step, diff_text, render

WRITE = Step("write", "/etc/x.json", {"bytes": 1})
RELOAD = Step("reload", "x.service", {"names": ["a"]})


@pytest.mark.parametrize("value, text", [
    ({}, ""),
    ({"b": 1, "a": [True]}, '{\n  "a": [\n    true\n  ],\n  "b": 1\n}\n'),
])
def test_diff_text(value: dict, text: str) -> None:
    assert diff_text(value) == text


def test_nothing_to_do() -> None:
    plan = Plan(result={"live": True}, warnings=("careful",))
    assert plan.empty and plan.step("write") is None
    assert render(plan, header=None) == {"live": True, "changed": False}
    assert render(plan, header="/etc/x.json") == {
        "live": True, "changed": False,
        "diff": {"before_header": "/etc/x.json", "after_header": "/etc/x.json", "before": "", "after": ""}}


def test_something_to_do() -> None:
    plan = Plan(steps=(WRITE, RELOAD, Step("write", "/etc/y.json")), before={"a": 1}, after={"a": 2}, result={"action": "reload"})
    assert not plan.empty
    assert plan.step("write") == {"bytes": 1} and plan.step("reload") == {"names": ["a"]} and plan.step("restart") is None
    assert render(plan, header="") == {
        "action": "reload", "changed": True,
        "diff": {"before_header": "", "after_header": "", "before": '{\n  "a": 1\n}\n', "after": '{\n  "a": 2\n}\n'}}


def test_what_was_mended_is_a_change_and_shown() -> None:
    """With nothing else to do it is all that there is to show."""
    assert render(Plan(), header="x", recovered="It was undone.") == {"changed": True, "diff": [{"prepared": "It was undone.\n"}]}
    plan = Plan(steps=(WRITE,), after={"a": 2})
    assert render(plan, header="x", recovered="It was undone.")["diff"] == [
        {"prepared": "It was undone.\n"}, render(plan, header="x")["diff"]]
    assert render(Plan(), header=None, recovered="It was undone.") == {"changed": True}


def test_the_result_is_left_alone() -> None:
    """Two renderings of one plan do not see each other."""
    plan = Plan(result={"live": True})
    render(plan, header="x")["live"] = False
    assert plan.result == {"live": True}
