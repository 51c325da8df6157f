# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook of the documentation: with --check, for good, again with nothing to do, and away by the roles' own state.

With --once: for good, and away.
"""

import pytest
from blocks import Block
from collected import TABLE, each
from playbooks import Plays
from sections import fault
from stage import Stage


@pytest.fixture(scope="module")
def plays(stage: Stage, request: pytest.FixtureRequest) -> Plays:
    """Those that were asked for, played."""
    chosen = [item.callspec.params["block"] for item in request.session.items if item.function is test_playbook]
    return Plays(stage, chosen, TABLE, once=request.config.getoption("--once"))


@each("playbook")
def test_playbook(plays: Plays, block: Block) -> None:
    """What came of it."""
    row = TABLE.of(block)
    if row.skip:
        pytest.skip(row.why)
    wrong = fault(plays.outcomes[block], row)
    assert not wrong, wrong
