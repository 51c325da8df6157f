# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be said of the documentation without a host."""

import tree
import yaml
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.schema import check
from blocks import Block, commands, kind, variables
from collected import BLOCKS, TABLE, each, of_kind
from table import unused
from variables import faults, specs

KNOWN = specs(tree.ROOT)


@each("json", "text", "site", "wrong")
def test_block(block: Block) -> None:
    """It is of a kind, and nothing else is left out of the tests."""
    kind(block)


def test_the_table_is_needed() -> None:
    """No row speaks of what is not there."""
    shown = [command for block in of_kind("console") for command in commands(block.text)]
    assert unused(TABLE, BLOCKS, shown) == []


@each("vars")
def test_variables(block: Block) -> None:
    """Each is a role's or a playbook's, and of the type and among the choices that this one takes."""
    wrong = [fault for name, value in variables(block.text) for fault in faults(KNOWN, name, value)]
    assert not wrong, f"line {block.line}: {wrong}"


@each("entry")
def test_entry(block: Block) -> None:
    """It is of the catalogue's shape."""
    # As the catalogue is read: text and booleans.
    check(yaml.load(block.text, Loader=yaml.BaseLoader), "entry")
