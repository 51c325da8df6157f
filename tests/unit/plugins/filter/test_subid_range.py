# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of subordinate ids."""

import pytest

from ansible_collections.slipway.runtimes.plugins.filter.subid_range import FilterModule

subid_range = FilterModule().filters()["subid_range"]

TABLE = {
    "nobody has any": ("", "100000-165535"),
    "the user has one": ("ada:100000:65536\n", ""),
    "by number": ("1000:300000:65536\n", ""),
    "the user's is too small": ("ada:100000:1000\n", "101000-166535"),
    "others have some": ("bob:100000:65536\neve:165536:65536\n", "231072-296607"),
    "in another order, with a hole": ("eve:300000:65536\nbob:100000:65536\n", "165536-231071"),
    "a hole that is too small": ("bob:100000:65536\neve:200000:65536\n", "265536-331071"),
    "one that begins before": ("bob:90000:65536\n", "155536-221071"),
    "what is no line": ("# a word\nbob:x:y\n\n", "100000-165535"),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_ranges(name):
    """The first that overlaps no other."""
    text, found = TABLE[name]
    assert subid_range(text, "ada", 1000) == found


def test_none_is_left():
    """It is said."""
    with pytest.raises(ValueError):
        subid_range("bob:100000:4294867296\n", "ada", 1000)
