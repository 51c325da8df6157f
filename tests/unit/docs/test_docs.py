# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages, held to the sources that they tell of and to one another."""

import posixpath
import re

import pages
import pytest
import reasons
import tree

FILES = {str(path) for path in tree.files()}
FOLDERS = {posixpath.dirname(path) for path in FILES}
MARKDOWN = sorted(path for path in FILES if path.endswith(".md"))


def read(path: str) -> str:
    return (tree.ROOT / path).read_text(encoding="utf-8")


def broken(page: str, link: str) -> str:
    """What is wrong with a link of a page; '' where nothing is, or where it leads out of the checkout."""
    if re.match(r"[a-z]+:", link):
        return ""
    path, _mark, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if target not in FILES and not any(one == target or one.startswith(target + "/") for one in FOLDERS):
        return f"there is no {target}"
    if anchor and (not target.endswith(".md") or anchor not in pages.anchors(read(target))):
        return f"{target} has no #{anchor}"
    return ""


@pytest.mark.parametrize("page", MARKDOWN)
def test_links_lead_somewhere(page: str) -> None:
    found = {link: broken(page, link) for link in pages.links(read(page))}
    assert not {link: what for link, what in found.items() if what}


def test_links_that_lead_nowhere_are_found() -> None:
    assert broken("docs/docker.md", "no-such.md") == "there is no docs/no-such.md"
    assert broken("docs/docker.md", "#no-such") == "docs/docker.md has no #no-such"
    assert not broken("docs/docker.md", "../README.md")


def test_every_page_can_be_reached() -> None:
    reached, todo = set(), ["README.md"]
    while todo:
        page = todo.pop()
        if page in reached or not page.endswith(".md"):
            continue
        reached.add(page)
        links = (link.partition("#")[0] for link in pages.links(read(page)) if not re.match(r"[a-z]+:", link))
        todo.extend(posixpath.normpath(posixpath.join(posixpath.dirname(page), link)) for link in links if link)
    assert not {page for page in MARKDOWN if page.startswith("docs/")} - reached


def test_every_reason_is_in_troubleshooting_and_none_else() -> None:
    cells = [row[0] for row in pages.rows(read("docs/troubleshooting.md")) if len(row) == 3]
    told = [code for cell in cells for code in re.findall(r"`([a-z_]+)`", cell) if code != "reason"]
    given = {place.code for place in reasons.places(tree.ROOT / "plugins")}
    assert not given - set(told), "these are told nowhere"
    assert not set(told) - given, "nothing fails for these"
    assert len(told) == len(set(told)), "one is told twice"


def test_every_runtime_of_the_catalogue_has_its_section() -> None:
    known = {posixpath.basename(path).removesuffix(".yml") for path in FILES if path.startswith("catalogue/")}
    page = read("docs/runtimes.md")
    assert known <= pages.anchors(page)
    assert known == {row[0].strip("`") for row in pages.rows(page) if len(row) == 5} - {"name"}
