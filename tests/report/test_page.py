# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the report, as people use it."""

import csv
import json
import re
from pathlib import Path
from typing import Any, Callable, List, Optional

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import GROUP, Opened, Reported
from playwright.sync_api import Page, expect

Look = Callable[..., Opened]

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}


def shown(page: Page) -> str:
    """How many rows are there, as the page says it."""
    return page.locator("#shown").inner_text()


def names(page: Page) -> List[str]:
    """The hosts of the rows, in their order."""
    return page.locator("#fleet tbody th").all_inner_texts()


def choose(page: Page, of: str, value: Optional[str] = None, **more: str) -> None:
    """Choose in one of the filters."""
    page.locator("#filters").get_by_label(re.compile("^" + of)).select_option(value, **more)


class Effort:
    """What a page costs its browser, in milliseconds of its main thread's own processor time: whatever else the machine does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def of(self, act: str) -> float:
        """What something costs, its layout included."""
        before = self._spent()
        self.page.evaluate("() => { %s; document.body.offsetHeight }" % act)
        return self._spent() - before

    def of_loading(self) -> float:
        """What it costs to open the page: of three times the least."""
        found = []
        for _ in range(3):
            self.page.reload()  # it counts from there
            found.append(self._spent())
        return min(found)

    def _spent(self) -> float:
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def test_a_thousand_hosts_are_quick(look: Look, thousand: Path, hundred: Path) -> None:
    """Opened, they cost no more for each than a hundred do, and twice that is the bound. Then whatever is asked costs about what
    drawing the rows that are shown does; by itself a search takes 20 ms, a sort 150."""
    opened = Effort(look(thousand).page)
    page = opened.page
    assert shown(page).startswith("19") and "the first 200 are shown" in shown(page)
    assert opened.of_loading() < 20 * Effort(look(hundred).page).of_loading()
    draw = "const shown = document.getElementById('fleet'), copy = shown.cloneNode(true); shown.after(copy); copy.offsetHeight; copy.remove()"
    drawing = sorted(opened.of(draw) for _ in range(3))[1]
    search = "const box = document.getElementById('search'); box.value = %r; box.form.dispatchEvent(new Event('input'))"
    assert opened.of(search % "node-0123") < 3 * drawing
    assert names(page) == ["node-0123.example"] * 2
    assert opened.of(search % "") < 5 * drawing
    assert opened.of("document.querySelectorAll('#fleet thead button')[4].click()") < 6 * drawing
    assert opened.of("document.querySelector('#fleet tbody a').click()") < 3 * drawing


def test_search_and_filters(look: Look, thousand: Path) -> None:
    page = look(thousand).page
    everything = shown(page)
    page.get_by_label("Search").fill("node-0014 IECHOR")
    assert names(page) == ["node-0014.example"]
    page.get_by_label("Search").fill("cdcdcdcd")
    assert len(names(page)) > 20, "a digest that is only in the story"
    page.get_by_label("Search").fill("web-14")
    assert names(page)[0] == "node-0014.example", "a container that is only in the story"
    page.get_by_role("button", name="Clear").click()
    assert shown(page) == everything

    choose(page, "Findings", "unreachable")
    assert names(page)[:2] == ["node-0005.example", "node-0102.example"]
    choose(page, "Findings", "sound")
    assert "node-0005.example" not in names(page)
    page.get_by_role("button", name="Clear").click()

    choose(page, "Runtime", label="gvisor")
    choose(page, "State", "failed")
    assert names(page)[0] == "node-0010.example"
    choose(page, "State", "none")
    assert "node-0005.example" in names(page)
    choose(page, "Engine", "docker")
    assert shown(page).startswith("0 of")


def test_sorting(look: Look, thousand: Path) -> None:
    page = look(thousand).page
    page.get_by_label("Search").fill("node-001")
    head = page.get_by_role("columnheader", name="Host")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending" and names(page) == sorted(names(page))
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending" and names(page) == sorted(names(page), reverse=True)
    page.get_by_label("Search").fill("")
    gvisor = page.get_by_role("columnheader", name="gvisor")
    gvisor.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    states = page.locator("#fleet tbody tr td:nth-child(6)").evaluate_all(
        "cells => cells.map(cell => cell.dataset.state)"
    )
    assert states[0] == "failed" and "proven" in states


def test_more_rows_on_demand(look: Look, hundreds: Path) -> None:
    page = look(hundreds).page
    assert len(names(page)) == 200
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) > 450 and not page.get_by_role("button", name="Show all").is_visible()


def test_a_story_by_click_and_by_link(look: Look, hundred: Path) -> None:
    page = look(hundred).page
    page.locator("#fleet tbody tr", has_text="node-0010.example").first.locator("td").nth(2).click()
    story = page.get_by_role("dialog", name="node-0010.example")
    expect(story).to_be_visible()
    assert page.url.endswith("#host=node-0010.example")
    assert "OCI runtime create failed" in story.inner_text() and "ab" * 32 in story.inner_text()
    story.get_by_role("button", name="Close").click()
    expect(story).not_to_be_visible()
    expect(page).to_have_url(re.compile("^[^#]*$"))
    again = look(hundred, at="#host=node-0014.example").page
    assert "web-14 (running)" in again.get_by_role("dialog", name="node-0014.example").inner_text()


def test_by_keyboard_alone(look: Look, hundred: Path) -> None:
    page = look(hundred).page
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "To the hosts"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "search"
    page.keyboard.type("node-0010")
    for _press in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == "node-0010.example":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="node-0010.example")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    assert page.evaluate("() => document.activeElement.textContent") == "node-0010.example", "where it was before"


@pytest.mark.parametrize(
    "keywords",
    [{}, {**PHONE, **DARK}, {"forced_colors": "active"}],
    ids=["light", "dark phone", "forced colours"],
)
def test_accessibility(look: Look, hundred: Path, keywords: Any) -> None:
    """No rule of axe is broken, with a story open and without."""
    page = look(hundred, **keywords).page
    # The rules look at each element: a few rows of every kind say as much as two hundred.
    page.get_by_label("Search").fill("node-000")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("#fleet tbody a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_on_a_phone(look: Look, hundred: Path, hostile: Path) -> None:
    """Nothing is wider than the screen, and a row is a table's row all the same."""
    for path in (hundred, hostile):
        page = look(path, **PHONE).page
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
        page.locator("#fleet tbody a").nth(1).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert (
            page.evaluate(
                "() => document.getElementById('story').scrollWidth - document.getElementById('story').clientWidth"
            )
            <= 0
        )
    assert page.locator("#fleet tbody tr").first.get_attribute("role") == "row"


def test_in_the_dark(look: Look, hundred: Path) -> None:
    colour = "() => getComputedStyle(document.body).backgroundColor"
    assert look(hundred).page.evaluate(colour) == "rgb(255, 255, 255)"
    assert look(hundred, **DARK).page.evaluate(colour) == "rgb(18, 22, 28)"


def test_on_paper(look: Look, hundreds: Path) -> None:
    """All rows that the filter left are printed, the filters are not, and paper is white."""
    page = look(hundreds, **DARK).page
    choose(page, "Engine", "docker")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert len(names(page)) > 225
    assert not page.locator("#filters").is_visible()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.get_by_label("Search").fill("node-0010")
    page.locator("#fleet tbody a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.emulate_media(media="print")
    assert (
        page.get_by_role("dialog").is_visible() and not page.locator("main").is_visible()
    ), "a host's story is printed alone"
    assert page.pdf().startswith(b"%PDF")


def test_without_script(look: Look, hundreds: Path) -> None:
    """All is there to read."""
    page = look(hundreds, java_script_enabled=False).page
    assert page.locator("noscript").inner_text().startswith("All rows are below")
    assert page.locator("#fleet tbody tr").count() > 450 and not page.locator("#filters").is_visible()


def test_nothing_of_a_host_is_carried_out(look: Look, hostile: Path) -> None:
    """Not in the page, not in a story, not in an attribute; and the page's policy would not have it."""
    opened = look(hostile)
    page = opened.page
    page.get_by_label("Search").fill("{{")
    page.get_by_label("Search").fill("")
    count = page.locator("#fleet tbody tr").count()
    for place in range(count):
        page.locator("#fleet tbody a").nth(place).evaluate("link => link.click()")
        expect(page.locator("#story[open]")).to_have_count(1)
        assert page.locator("#story-title").inner_text().strip() in " ".join(names(page))
        page.keyboard.press("Escape")
        expect(page.locator("#story[open]")).to_have_count(0)
        # Only then is the next link another address, and opens a story.
        expect(page).to_have_url(re.compile("^[^#]*$"))
    assert page.evaluate("() => window.hurt") is None
    assert page.locator("img, iframe, object, svg, script").count() == 2
    assert not opened.wrong
    page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.hurt = 1';"
        " document.body.append(script); }"
    )
    assert page.evaluate("() => window.hurt") is None
    assert any("Content Security Policy" in one for one in opened.wrong)


def test_nothing_is_loaded(look: Look, hundred: Path) -> None:
    opened = look(hundred)
    opened.page.locator("#fleet tbody a").first.click()
    assert set(opened.asked) <= {hundred.as_uri(), "data:,"}
    assert not opened.wrong


def test_real_hosts(look: Look, real: Reported) -> None:
    """Two hosts with two engines, one of them with a file that it has not loaded, and one that cannot be reached."""
    assert real.code == 0, real.text
    opened = look(real.page)
    page = opened.page
    assert page.locator(".lead").inner_text() == "2 of 3 hosts were reached, 2 with an engine. 2 need attention."
    assert shown(page) == "5 of 5 rows"
    choose(page, "Runtime", label="gvisor")
    assert names(page) == [GROUP + "-one"]
    row = page.locator("#fleet tbody tr").inner_text()
    assert "ran" in row and "4.4.0" in row, "gVisor shows a kernel of its own"
    page.get_by_role("button", name="Clear").click()
    choose(page, "Findings", "drift")
    assert set(names(page)) == {GROUP + "-two"}
    page.locator("#fleet tbody a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    story = page.get_by_role("dialog").inner_text()
    assert "<script>window.hurt=1</script>: in the file, and not loaded" in story.replace("runtimes[", "").replace(
        "]", ""
    )
    assert "{{ lookup('pipe', 'touch hurt') }}" in story
    assert not opened.wrong and page.evaluate("() => window.hurt") is None


def test_files_beside_the_page(real: Reported) -> None:
    told = json.loads((real.folder / "fleet.json").read_text())
    assert told["schema"] == 1 and told["summary"]["problems"]["unreachable"] == [GROUP + "-away"]
    with (real.folder / "fleet.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = [
        one for one in rows if (one["host"], one["engine"], one["runtime"]) == (GROUP + "-one", "iechor", "crun")
    ]
    assert (row["state"], row["default"], row["loaded"]) == ("proven", "true", "true") and len(row["sha256"]) == 64
    assert "Could not be reached (1): %s-away" % GROUP in real.text
    assert "An engine differs from its file (1): %s-two" % GROUP in real.text


def test_a_run_that_fails_on_findings_has_written_its_report(report: Callable[..., Reported]) -> None:
    done = report("-e", '{"report_fail_on": ["drift"], "report_formats": "json,csv", "report_name": "mine"}')
    assert done.code == 2 and "report_fail_on: drift" in done.text
    assert sorted(path.name for path in done.folder.iterdir()) == ["mine.csv", "mine.json"]
    assert json.loads((done.folder / "mine.json").read_text())["summary"]["proofs"]["asked"] is False


def test_wrong_variables_are_told_before_a_host_is_asked(report: Callable[..., Reported]) -> None:
    done = report("-e", '{"report_formats": ["pdf"]}')
    assert (
        done.code == 2
        and "value of report_formats must be one or more of: html, json, csv. Got no match for: pdf" in done.text
    )
    assert "Read the engines" not in done.text and not done.folder.exists()
