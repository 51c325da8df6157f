# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task of the modules' examples, and of the pages."""

import pytest
from blocks import Block
from collected import TABLE, each
from tasks import Tasks


@each("tasks")
def test_task(begun: Tasks, block: Block) -> None:
    """It goes well, or says what is missing."""
    row = TABLE.of(block)
    if row.skip:
        pytest.skip(row.why)
    failure = begun.failure(block)
    if row.fails:
        assert failure and row.fails in failure, f"it was to fail: {row.fails}; it said: {failure}"
    else:
        assert failure is None, failure
