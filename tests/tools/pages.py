# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Markdown page says, as GitHub and the site read it: links, headings, tables. Pure."""

import re

_FENCE = re.compile(r"^( *)(`{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_RULE = re.compile(r"\|[-:| ]+\|\s*$")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)


def links(page: str) -> list[str]:
    """Where a page's links and pictures lead, as written."""
    return _LINK.findall(_CODE.sub("", _FENCE.sub("", page)).replace("\\\n", "\n"))


def anchors(page: str) -> set[str]:
    """The names by which the headings of a page can be linked to."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", page)):
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        name, number = slug, 0
        while name in found:
            number += 1
            name = f"{slug}-{number}"
        found.add(name)
    return found


def rows(page: str) -> list[list[str]]:
    """The rows of a page's tables, a list of cells each, headings among them."""
    text = _FENCE.sub("", page)
    lines = [line.strip() for line in text.splitlines() if line.startswith("|") and not _RULE.match(line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:].removesuffix("|"))] for line in lines]
