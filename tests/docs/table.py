# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the test does with a block that it cannot run as it stands: table.yml, read and held to its rules. Pure.

A row has the file, the heading and, where it is not the first block there, the number of a block; says why; and one or more of

before  sh that is run on the host before it: what a reader has there already
here    sh that is run before it in the folder of the play: what a reader has beside it. $HOST is the host
vars    variables that override those of the block, for what stands in for something real
fails   what the collection says where the precondition is not met. The block is run as far as there, and must not come further
skip    true: it is not run

``commands`` is the same for a command, wherever it stands. ``words`` are words of commands, and what a reader puts there.
"""

import re
from typing import Any, NamedTuple

import yaml
from blocks import Block

_WHAT = {"before", "here", "vars", "fails", "skip"}
_KEYS = {"file", "heading", "number", "why"} | _WHAT


class Row(NamedTuple):
    """What is said of one block, or of one command."""

    why: str = ""
    before: str = ""
    here: str = ""
    vars: dict[str, Any] = {}
    fails: str = ""
    skip: bool = False


class Table(NamedTuple):
    """All that is said. blocks: by file, heading and number."""

    blocks: dict[tuple[str, str, int], Row]
    commands: dict[str, Row]
    words: dict[str, str]

    def of(self, block: Block) -> Row:
        """What is said of a block."""
        return self.blocks.get((block.file, block.heading, block.number), Row())

    def fill(self, command: str, values: dict[str, str]) -> str:
        """A command with words of the table in their places. values: what '{NAME}' is in them."""
        for word, place in self.words.items():
            command = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lambda _found, to=place.format(**values): to, command)
        return command


def read(text: str) -> Table:
    """The table. Raises ValueError for a row that says too little, or what it cannot say."""
    document = yaml.safe_load(text)
    found: dict[tuple[str, str, int], Row] = {}
    for one in document["blocks"]:
        place = (one.get("file", ""), one.get("heading", ""), one.get("number", 1))
        if set(one) - _KEYS or not one.get("why") or not set(one) & _WHAT or place in found:
            raise ValueError(f"table.yml: the row of {place}: once a block, with file, heading, why, and one of {', '.join(sorted(_WHAT))}")
        found[place] = Row(**{key: one[key] for key in Row._fields if key in one})
    commands = {one["command"]: Row(why=one["why"], skip=True) for one in document["commands"]}
    return Table(found, commands, document["words"])


def unused(table: Table, blocks: list[Block], commands: list[str]) -> list[str]:
    """What of the table nothing in the documentation needs any more."""
    places = {(block.file, block.heading, block.number) for block in blocks}
    left = [f"{file}: {heading} ({number})" for file, heading, number in table.blocks if (file, heading, number) not in places]
    left += [f"command: {command}" for command in table.commands if command not in commands]
    return left + [f"word: {word}" for word in table.words if not any(table._replace(words={word: ""}).fill(one, {}) != one for one in commands)]
