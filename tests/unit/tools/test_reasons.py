# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading reason codes out of sources."""

from pathlib import Path

import pytest
import reasons

CASES = {
    "given to the error": ('raise SlipwayError("one_thing", "text")', {"one_thing"}),
    "one of two": ('raise SlipwayError("one" if two else "other", "text")', {"one", "other"}),
    "by name": ('raise errors.SlipwayError(message="text", reason="one")', {"one"}),
    "through a function": (
        "def bad(text, reason):\n    return SlipwayError(reason, text)\n\nraise bad('text', 'one')", {"one"}),
    "through a method": (
        "class A:\n    def bad(self, text, reason='usual'):\n        return SlipwayError(reason, text)\n\na.bad('text', 'one')",
        {"usual", "one"}),
    "in a value": (
        "class Problem(NamedTuple):\n    option: str\n    reason: str\n\nProblem('a', 'one')\nSlipwayError(two.reason, '')",
        {"one"}),
    "in a tuple": ("found.append(('one_thing', 'text'))\nraise SlipwayError(found[0][0], 'text')", {"one_thing"}),
    "in a map": ("said = {'reason': 'one'}\nraise SlipwayError(said['reason'], 'text')", {"one"}),
    "none": ("raise ValueError('one_thing')", set()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_reason_is_found(name: str, tmp_path: Path) -> None:
    source, expected = CASES[name]
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert {place.code for place in reasons.places(tmp_path)} == expected


def test_a_function_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def bad(text, reason):\n    return SlipwayError(reason, text)\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("from .a import bad\nraise bad('text', 'one')\n", encoding="utf-8")
    (tmp_path / "c.py").write_text("from . import a\nraise a.bad('text', 'two')\n", encoding="utf-8")
    assert reasons.places(tmp_path) == [reasons.Place("one", "b.py", 2), reasons.Place("two", "c.py", 2)]


def test_a_reason_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("raise SlipwayError(work_out(), 'text')", encoding="utf-8")
    with pytest.raises(ValueError, match="a.py:1: 'work_out"):
        reasons.places(tmp_path)
