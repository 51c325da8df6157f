# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as CSV, as lines and as a page."""

import csv
import html.parser
import io
import json
from typing import Any, Dict, List, Optional, Tuple

import pytest
import report_results as results
from report_results import HOSTILE, WHEN, engine, probed, proof, read, runtime

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.formats import (
    COLUMNS,
    csv_text,
    lines,
    listed,
    sentence,
)
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.page import COLUMNS as WIDEST
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.page import page, short_version, story


def report_of(said: Dict[str, Any]) -> Dict[str, Any]:
    return build(said, generated=WHEN, title="Fleet & <co>")


def table(said: Dict[str, Any]) -> List[Dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(report_of(said)))))


def test_csv_has_a_line_for_each_runtime_and_one_for_what_has_none() -> None:
    said = {
        "a": dict(
            read(engine(), engine("iechor", runtimes=[])),
            probes=[probed(proof("crun"))],
            runner_host={"url": "tcp://x:1"},
        ),
        "b": {"engines": {"unreachable": True}},
    }
    found = table(said)
    assert tuple(found[0]) == COLUMNS
    assert [(one["host"], one["engine"], one["runtime"], one["state"]) for one in found] == [
        ("a", "docker", "crun", "proven"),
        ("a", "docker", "runc", "loaded"),
        ("a", "iechor", "", ""),
        ("b", "", "", ""),
    ]
    assert {key: found[0][key] for key in ("loaded", "default", "kernel", "ms", "sha256", "runner_host")} == {
        "loaded": "true",
        "default": "false",
        "kernel": "6.1.0",
        "ms": "210",
        "sha256": "ab" * 32,
        "runner_host": "tcp://x:1",
    }
    assert found[3]["status"] == "unreachable"


def test_no_cell_is_a_formula() -> None:
    cells = [cell for row in table(results.hostile()) for cell in row.values()]
    assert any(cell.startswith("'=") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_lines() -> None:
    found = lines(report_of(results.fleet(200)))
    assert found[0] == "197 of 200 hosts were reached, 194 with an engine. 28 need attention."
    assert any(one.startswith("Could not be reached (3): node-0005.example, ") for one in found)
    assert all(one.isprintable() for one in lines(report_of(results.hostile())))


@pytest.mark.parametrize(
    "said, words",
    [
        ({}, "There is no host to report of."),
        ({"a": read(engine())}, "1 of 1 host was reached, 1 with an engine. None needs attention."),
        ({"a": read(engine()), "b": read()}, "2 of 2 hosts were reached, 1 with an engine. 1 needs attention."),
    ],
)
def test_sentence(said: Dict[str, Any], words: str) -> None:
    assert sentence(report_of(said)["summary"]) == words


def test_listed() -> None:
    assert (listed([]), listed(["a", "b"]), listed(["a", "b", "c"], most=1)) == ("", "a, b", "a and 2 more")


@pytest.mark.parametrize(
    "text, short",
    [
        ("crun version 1.21", "1.21"),
        ("youki version: 0.7.0", "0.7.0"),
        ("kata-runtime  : 3.2.0", "3.2.0"),
        ("Version v1.2", "1.2"),
        ("runsc version release", "runsc version release"),
        ("", ""),
        ("1" * 80, "1" * 24),
        ("containerd-shim-runc-v2 1.7.24~ds1", "1.7.24~ds1"),
    ],
)
def test_short_version(text: str, short: str) -> None:
    assert short_version(text) == short


class Parsed(html.parser.HTMLParser):
    """The elements of a page, their attributes and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: List[Tuple[str, Dict[str, Optional[str]]]] = []
        self.texts: List[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page_of_hostile_hosts_has_no_element_or_attribute_of_theirs() -> None:
    parsed = Parsed(page(report_of(results.hostile())))
    assert [tag for tag, _attributes in parsed.elements].count("script") == 2
    assert not [tag for tag, _attributes in parsed.elements if tag in ("img", "iframe", "object", "base", "svg")]
    known = {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "rel",
        "href",
        "id",
        "class",
        "aria-labelledby",
        "aria-label",
        "tabindex",
        "role",
        "scope",
        "datetime",
        "type",
        "placeholder",
        "autocomplete",
        "spellcheck",
        "hidden",
        "value",
        "method",
    }
    for _tag, attributes in parsed.elements:
        assert not [one for one in attributes if one not in known and not one.startswith("data-")]
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    text = "".join(parsed.texts)
    for one in HOSTILE:
        assert one.encode("utf-8", "replace").decode() in text


def test_the_pages_data_is_the_report() -> None:
    report = report_of(results.hostile())
    block = page(report).split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert json.loads(block) == json.loads(json.dumps(story(report)))
    assert not set("<>&") & set(block)


def test_what_is_alike_is_told_once() -> None:
    told = story(report_of({"h%d" % number: read(engine()) for number in range(100)}))
    assert len(told["records"]) == 2 and len(told["hosts"]) == 100


def test_a_page_is_no_wider_than_can_be_read() -> None:
    said = {"h%d" % number: read(engine(runtimes=[runtime("own-%d" % number)])) for number in range(100)}
    text = page(report_of(said))
    assert text.count("data-runtime=") == WIDEST
    assert all("own-%d" % number in text for number in range(100))


def test_a_page_of_no_host() -> None:
    assert "There is no host to report of." in page(report_of({}))


def test_columns_are_shown_where_something_was_asked() -> None:
    plain = page(report_of({"a": read(engine())}))
    assert "docker is</th>" not in plain and "runner host</th>" not in plain and ">Ran</th>" not in plain
    full = page(
        report_of(
            {
                "a": dict(
                    read(engine()),
                    probes=[probed(proof("crun"))],
                    docker_cli={"docker": {"provider": "nerdctl", "via": "lima", "path": "/usr/local/bin/docker"}},
                    runner_host={"url": "tcp://x:1"},
                )
            }
        )
    )
    assert "docker is</th>" in full and "runner host</th>" in full and ">Ran</th>" in full
    assert "nerdctl through lima" in full and "<code>tcp://x:1</code>" in full
