# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML page that needs nothing beside itself.

The page is rendered by Jinja2 with every value escaped. What a host's story is told from stands in it as JSON, and its
script only ever makes text of it. The page's own policy allows that one style sheet and that one script, by their digests.
"""

import base64
import hashlib
import json
import os
from typing import Any, Dict, List

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .fleet import PROBLEMS, STATES
from .formats import listed, sentence, spread

# Runtimes that have a column of their own, at most: a table as wide as its fleet is of no use.
COLUMNS = 24

_FOLDER = os.path.dirname(__file__)
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src '%s'; script-src '%s'"


def page(report: Dict[str, Any]) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=short_version, spread=spread, listed=listed)
    style, code = _read("page.css"), _read("page.js")
    every = report["summary"]["runtimes"]
    columns = [one for one in every if one["registered"] or one["loaded"] or one["containers"]][:COLUMNS]
    return environment.get_template("page.html").render(
        report=report,
        summary=report["summary"],
        sentence=sentence(report["summary"]),
        problems=PROBLEMS,
        states=STATES,
        ranks={state: rank for rank, state in enumerate(STATES)},
        columns=columns,
        others=[one["name"] for one in every if one not in columns],
        rows=_rows(report),
        style=style,
        code=code,
        policy=_POLICY % (_digest(style), _digest(code)),
        data=data_block(story(report)),
    )


def short_version(text: str) -> str:
    """The version alone out of what a program says of itself: '1.21' of 'crun version 1.21'."""
    for word in text.replace(",", " ").split():
        word = word[1:] if word[:1] == "v" else word
        if word[:1].isdigit():
            return word[:24]
    return text[:24]


def story(report: Dict[str, Any]) -> Dict[str, Any]:
    """What the page's script needs to tell a host's whole story: {'states', 'problems', 'records', 'hosts'}.

    What is told of a runtime is alike on most hosts: 'records' has each telling once, and a host's runtimes are
    [index of the record, its containers, its proof].
    """
    records: List[Dict[str, Any]] = []
    places: Dict[str, int] = {}
    hosts = []
    for host in report["hosts"]:
        engines = []
        for engine in host["engines"]:
            runtimes = []
            for runtime in engine["runtimes"]:
                record = {key: value for key, value in runtime.items() if key not in ("users", "proof")}
                key = json.dumps(record, sort_keys=True)
                if key not in places:
                    places[key] = len(records)
                    records.append(record)
                runtimes.append([places[key], runtime["users"], runtime["proof"]])
            engines.append(dict(engine, runtimes=runtimes))
        hosts.append(dict(host, engines=engines))
    return {"states": STATES, "problems": PROBLEMS, "records": records, "hosts": hosts}


def data_block(value: Any) -> str:
    """JSON that can stand in a script element: no character of it means anything to HTML."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rows(report: Dict[str, Any]) -> List[Dict[str, Any]]:
    """A row for each engine, one for a host without."""
    rows = []
    for number, host in enumerate(report["hosts"]):
        for place, engine in enumerate(host["engines"] or [None]):
            cells = {one["name"]: one for one in engine["runtimes"]} if engine else {}
            rows.append({"number": number, "place": place, "host": host, "engine": engine, "cells": cells})
    return rows


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()
