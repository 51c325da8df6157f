# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading Markdown."""

import pages

PAGE = """# A page, in `code`

See [one](one.md#part) and ![a picture](two.png), not `[three](three.md)`.

```yaml
- name: "[four](four.md)"
# No heading
```

## What [it](five.md) is

| a | b |
|---|---|
| `x` | has [six](six.md) \\| more |

## What it is
"""


def test_links_are_outside_of_code() -> None:
    assert pages.links(PAGE) == ["one.md#part", "two.png", "five.md", "six.md"]


def test_anchors_are_those_of_github() -> None:
    assert pages.anchors(PAGE) == {"a-page-in-code", "what-it-is", "what-it-is-1"}


def test_rows_are_parted_by_bars_that_are_not_escaped() -> None:
    assert pages.rows(PAGE) == [["a", "b"], ["`x`", "has [six](six.md) \\| more"]]
