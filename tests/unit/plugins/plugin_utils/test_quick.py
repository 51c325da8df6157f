# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the controller's plan is the answer."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, Step
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import answerable

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
