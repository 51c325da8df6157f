# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as TOML."""

from typing import Any, Dict

import pytest

from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.toml import render

GOOD = {
    "nothing": ({}, "\n"),
    "simple": ({"a": "b", "c": True, "d": False, "e": 5, "f": -1}, 'a = "b"\nc = true\nd = false\ne = 5\nf = -1\n'),
    "list": ({"a": ["b", "c"], "d": []}, 'a = ["b", "c"]\nd = []\n'),
    "quoted": ({"a": 'say "hi" \\ there'}, 'a = "say \\"hi\\" \\\\ there"\n'),
    "letters": ({"a": "zürich 𝄞"}, 'a = "zürich 𝄞"\n'),
    "key": ({"a.b": 1, "c d": 2, "e-f_1": 3}, '"a.b" = 1\n"c d" = 2\ne-f_1 = 3\n'),
    "table": ({"b": {"c": "d"}, "a": 1}, 'a = 1\n\n[b]\nc = "d"\n'),
    "tables": ({"a": {"b.c": {"d": 1}, "e": 2}}, '[a]\ne = 2\n\n[a."b.c"]\nd = 1\n'),
    "empty table": ({"a": {}}, "[a]\n"),
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good(name: str) -> None:
    """The text, and what any reader makes of it."""
    values, text = GOOD[name]
    assert render(values) == text
    tomllib = pytest.importorskip("tomllib")
    assert tomllib.loads(text) == values


@pytest.mark.parametrize("value", ["a\nb", "\x7f", "\0", 1.5, None, [None], {"a": None}])
def test_bad(value: Any) -> None:
    """Nothing that another line could grow from, and nothing that TOML has not."""
    values: Dict[str, Any] = {"a": value}
    with pytest.raises(ValueError):
        render(values)
    with pytest.raises(ValueError):
        render({"a\n": 1})
