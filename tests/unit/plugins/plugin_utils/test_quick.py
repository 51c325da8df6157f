# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the controller's plan is the answer."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, Step
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import answerable, plain

DO = (Step("write", "/etc/x"),)


@pytest.mark.parametrize("steps, unknown, check_mode, answered", [
    ((), (), False, True),
    ((), (), True, True),
    (DO, (), False, False),
    (DO, (), True, True),
    ((), ("what is loaded",), False, False),
    ((), ("what is loaded",), True, False),
    (DO, ("what is loaded",), False, False),
    (DO, ("what is loaded",), True, False),
])
def test_answerable(steps: tuple, unknown: tuple, check_mode: bool, answered: bool) -> None:
    assert answerable(Plan(steps=steps, unknown=unknown, warnings=("careful",)), check_mode=check_mode) is answered


class Noted(str):
    """A string with a note of its origin, as ansible-core keeps them."""


def test_plain() -> None:
    noted = {Noted("runtimes"): [{Noted("name"): Noted("x"), "args": [Noted("--a")], "n": 1, "b": True, "none": None}]}
    found = plain(noted)
    assert found == noted
    assert [type(one) for one in (*found, *found["runtimes"][0], found["runtimes"][0]["name"],
                                  *found["runtimes"][0]["args"])] == [str] * 8
    assert found["runtimes"][0]["b"] is True
