# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of this checkout: every page of Markdown, every module's examples, and the table beside this file."""

from pathlib import Path

import pytest
import tree
from blocks import Block, WrongBlockError, blocks_of_module, blocks_of_page, kind
from table import read

MODULES = Path("plugins") / "modules"


def _blocks() -> list[Block]:
    found: list[Block] = []
    for file in tree.files():
        text = tree.ROOT / file
        if file.suffix == ".md":
            found += blocks_of_page(str(file), text.read_text(encoding="utf-8"))
        elif file.parent == MODULES and file.suffix == ".py" and file.stem != "__init__":
            found += blocks_of_module(str(file), text.read_text(encoding="utf-8"))
    return found


BLOCKS = _blocks()
TABLE = read((Path(__file__).parent / "table.yml").read_text(encoding="utf-8"))


def of_kind(*kinds: str) -> list[Block]:
    """The blocks of some kinds, in order. One that is of none is 'wrong'."""
    return [block for block in BLOCKS if _kind(block) in kinds]


def _kind(block: Block) -> str:
    try:
        return kind(block)
    except WrongBlockError:
        return "wrong"


def each(*kinds: str) -> pytest.MarkDecorator:
    """A test for each block of some kinds, by its place."""
    return pytest.mark.parametrize("block", of_kind(*kinds), ids=lambda block: block.place)
