# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of subordinate ids."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.ranges import free, owned, with_line, without_line

# The file -> the user's line; the one that would be given.
TABLE = {
    "nobody has any": ("", "", "ada:100000:65536"),
    "the user has one": ("ada:100000:65536\n", "ada:100000:65536", "ada:165536:65536"),
    "by number": ("1000:300000:70000\n", "1000:300000:70000", "ada:100000:65536"),
    "the user's is too small": ("ada:100000:1000\n", "", "ada:101000:65536"),
    "the second is large enough": ("ada:1:2\nada:300000:65536\n", "ada:300000:65536", "ada:100000:65536"),
    "others have some": ("bob:100000:65536\neve:165536:65536\n", "", "ada:231072:65536"),
    "in another order, with a hole": ("eve:300000:65536\nbob:100000:65536\n", "", "ada:165536:65536"),
    "a hole that is too small": ("bob:100000:65536\neve:200000:65536\n", "", "ada:265536:65536"),
    "one that begins before": ("bob:90000:65536\n", "", "ada:155536:65536"),
    "what is no line": ("# a word\nbob:x:y\n\n", "", "ada:100000:65536"),
}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_ranges(name):
    """The user's own, and the first that overlaps no other."""
    text, line, given = TABLE[name]
    assert owned(text, user="ada", uid=1000, count=65536) == line
    assert free(text, user="ada", count=65536).line == given


def test_none_is_left():
    """It is said."""
    with pytest.raises(SlipwayError) as caught:
        free("bob:100000:4294867295\n", user="ada", count=65536)
    assert caught.value.option == "subid_count"


@pytest.mark.parametrize("content", [b"", b"bob:1:2\n", b"# x\n\nbob:1:2\n"])
def test_lines(content):
    """There and back, to the byte, and whatever came meanwhile stays."""
    made = with_line(content, "ada:100000:65536")
    assert made == content + b"ada:100000:65536\n" and without_line(made, "ada:100000:65536") == content
    assert without_line(made + b"eve:7:8\n", "ada:100000:65536") == content + b"eve:7:8\n"
    assert with_line(b"bob:1:2", "x:1:1") == b"bob:1:2\nx:1:1\n"
