# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what is not run as it stands."""

import pytest
import table
from blocks import Block

TEXT = """
words: {NAME: crun, my-1: docs-my-1, PLACE: "{WHERE}"}
commands: [{command: make test, why: it is this}]
blocks:
  - {file: a.md, heading: A, why: no such device, fails: /dev/x}
  - {file: a.md, heading: A, number: 2, why: it is long, skip: true}
"""


def block(number: int) -> Block:
    """A block below the heading A."""
    return Block("a.md", "A", number, 1, "yaml", "")


def test_rows() -> None:
    """By file, heading and number; most blocks have none."""
    found = table.read(TEXT)
    assert found.of(block(1)).fails == "/dev/x" and found.of(block(2)).skip and found.of(block(3)) == table.Row()


def test_words() -> None:
    """Whole words only."""
    assert table.read(TEXT).fill("up NAME RENAME my-1 my-10 PLACE", {"WHERE": "/x"}) == "up crun RENAME docs-my-1 my-10 /x"


def test_unused() -> None:
    """What no page needs is told, each by its place."""
    found = table.read(TEXT)
    assert table.unused(found, [block(1), block(2)], ["make test", "up NAME my-1 PLACE"]) == []
    assert table.unused(found, [block(1)], ["up my-1 PLACE"]) == ["a.md: A (2)", "command: make test", "word: NAME"]


@pytest.mark.parametrize(
    "row",
    [
        "{file: a.md, heading: A, fails: x}",
        "{file: a.md, heading: A, why: x}",
        "{file: a.md, heading: A, why: x, skipped: true}",
        "{file: a.md, heading: A, why: x, skip: true}\n  - {file: a.md, heading: A, number: 1, why: x, skip: true}",
    ],
)
def test_wrong_rows(row: str) -> None:
    """Without a reason, without a consequence, with an unknown one, twice."""
    with pytest.raises(ValueError, match="a.md"):
        table.read(f"words: {{}}\ncommands: []\nblocks:\n  - {row}\n")
