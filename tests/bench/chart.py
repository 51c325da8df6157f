# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of one whole run for the docs: a picture (SVG) and tables (Markdown). Pure. Ratios, no promises in
seconds."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple
from xml.sax.saxutils import escape

from peers import GEERLINGGUY, GUIDES, KUBESPRAY
from plays import EMPTY, PING, THREE
from pyinfra_peer import NAME as PYINFRA
from scale import MOST_KIB

# Nothing to do, the same job: in words, by the name of the play.
WAYS = {
    THREE: "this collection's role",
    PYINFRA: "pyinfra",
    PING: "one ping, for scale",
    GUIDES: "guides' way, built-in modules",
    GEERLINGGUY: "as geerlingguy.docker does",
    KUBESPRAY: "as kubespray does",
}
_WIDTH = 760
_LEFT, _RIGHT = 225, 660  # of the bars
_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.note { fill: #59636e; font-size: 12px }
.ground { fill: #ffffff }
.first { fill: #0969da; stroke: #0969da }
.second { fill: #8c959f; stroke: #8c959f }
.third { fill: #bc4c00; stroke: #bc4c00 }
.grid { stroke: #d1d9e0; stroke-width: 1; fill: none }
.line { stroke-width: 2; fill: none }
.bar { stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.ground { fill: #0d1117 }
.first { fill: #4493f8; stroke: #4493f8 }
.second { fill: #6e7681; stroke: #6e7681 }
.third { fill: #f0883e; stroke: #f0883e }
.grid { stroke: #3d444d }
.line { fill: none }
}"""


class Ratio(NamedTuple):
    """What a way of doing the job costs, in multiples of the role, net."""

    way: str
    cpu: float
    wall: float


def ratios(table: Sequence[Mapping[str, Any]]) -> List[Ratio]:
    """Cheapest in wall first. table: as rounds.table makes it. Raises KeyError where one of WAYS is not in it."""
    pings = {row["name"]: (row["cpu_pings"], row["wall_pings"]) for row in table if row["name"] != EMPTY}
    cpu, wall = (kind[0] for kind in pings[THREE])
    found = [Ratio(words, pings[name][0][0] / cpu, pings[name][1][0] / wall) for name, words in WAYS.items()]
    return sorted(found, key=lambda one: one.wall)


def svg(figures: Mapping[str, Any]) -> str:
    """The picture. figures: as the bench writes them as JSON; where the part peers was not measured it is left out.

    Raises KeyError where the part scale was not measured.
    """
    rows = figures["scale"]["rows"]
    peers = ratios(figures["table"]) if "table" in figures else []
    top = 318 if peers else 28
    height = top + 202
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-labelledby="title desc">',
        '<title id="title">What nothing to do costs, and how it grows with a fleet</title>',
        f'<desc id="desc">{escape(_words(peers, rows))}</desc>',
        f"<style>{_STYLE}</style>", f'<rect class="ground" width="{_WIDTH}" height="{height}" rx="6"/>',
        *(_bars(peers, figures["hosts"], top=28) if peers else ()), *_growth(rows, top=top), *_memory(rows, top=top),
        "</svg>"]
    return "\n".join(parts) + "\n"


def _words(peers: Sequence[Ratio], rows: Sequence[Mapping[str, Any]]) -> str:
    each = "; ".join(f"{one.way}: CPU {one.cpu:.1f}, wall {one.wall:.1f}" for one in peers)
    largest = {row["way"]: row for row in rows}.values()
    grown = "; ".join(f"{row['way']}, {row['hosts']} hosts: {row['kib']:.0f} KiB of memory a host" for row in largest)
    return (f"In multiples of this collection's role, net of an empty run: {each}. " if each else "") + grown + "."


def _hosts(count: int) -> str:
    return f"{count} hosts" if count > 1 else "one host"


def _text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>{escape(words)}</text>'


def _key(x: float, y: float, words: str, style: str) -> List[str]:
    return [f'<rect class="bar {style}" x="{x}" y="{y - 10}" width="10" height="10"/>', _text(x + 15, y, words, "note")]


def _bars(found: Sequence[Ratio], hosts: int, *, top: int) -> List[str]:
    most = max(max(one.cpu, one.wall) for one in found)
    parts = [
        _text(24, top, "Three runtimes held to their digests and registered, nothing to do", "title"),
        _text(24, top + 19, f"multiples of this collection's role, {_hosts(hosts)} over ssh, each net of an empty run",
              "note"),
        *_key(545, top + 19, "wall", "first"), *_key(605, top + 19, "controller's CPU", "second")]
    for place, one in enumerate(found):
        y = top + 38 + place * 36
        parts.append(_text(_LEFT - 12, y + 17, one.way, anchor="end"))
        for offset, value, style in ((0, one.wall, "first"), (13, one.cpu, "second")):
            width = max((_RIGHT - _LEFT) * value / most, 1)
            parts.append(
                f'<rect class="bar {style}" x="{_LEFT}" y="{y + offset}" width="{width:.1f}" height="12"/>')
            parts.append(_text(_LEFT + width + 6, y + offset + 10, f"× {value:.1f}", "note"))
    return parts


def _growth(rows: Sequence[Mapping[str, Any]], *, top: int) -> List[str]:
    """CPU of a whole run against hosts, both in decades."""
    left, right, low, high = 66, 350, top + 160, top + 36
    sizes = sorted({row["hosts"] for row in rows})
    decades = math.log10(sizes[-1] / sizes[0]) or 1

    def place(hosts: float, times: float) -> Tuple[float, float]:
        return (left + (right - left) * math.log10(hosts / sizes[0]) / decades,
                low - (low - high) * math.log10(times) / decades)

    parts = [
        _text(24, top, "The playbook site with one runtime", "title"),
        _text(24, top + 19, f"CPU of a run with nothing to do, in runs of {sizes[0]} hosts", "note")]
    for size in sizes:
        x, y = place(size, size / sizes[0])
        parts += [
            f'<path class="grid" d="M{left} {y:.1f}H{right}M{x:.1f} {low}V{high}"/>',
            _text(x, low + 17, f"{size:,}", "note", "middle"),
            _text(left - 8, y + 4, f"{size // sizes[0]}", "note", "end")]
    (x, y), (end, peak) = place(sizes[0], 1), place(sizes[-1], sizes[-1] / sizes[0])
    parts += [f'<path class="grid" stroke-dasharray="4 4" d="M{x:.1f} {y:.1f}L{end:.1f} {peak:.1f}"/>',
              _text((left + right) / 2, low + 33, "hosts; dashed: proportional", "note", "middle")]
    for way, style in _styles(rows):
        some = [row for row in rows if row["way"] == way]
        points = [place(row["hosts"], row["cpu_seconds"] / some[0]["cpu_seconds"]) for row in some]
        parts.append(f'<path class="line {style}" d="M' + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + '"/>')
        parts += [f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    for number, (way, style) in enumerate(_styles(rows)):
        parts += _key(left + 12, high + 18 + 17 * number, _WAY_WORDS[way], style)
    return parts


def _memory(rows: Sequence[Mapping[str, Any]], *, top: int) -> List[str]:
    """KiB of a host, as its part of the largest fleet has it."""
    left, right, low, high = 440, 736, top + 160, top + 36
    largest = {row["way"]: row for row in rows}
    scale = (low - high) / (1.25 * max(MOST_KIB, *(row["kib"] for row in largest.values())))
    parts = [
        _text(left - 40, top, "Controller's memory", "title"), _text(left - 40, top + 19, "KiB a host", "note"),
        *_key(left + 60, top + 19, "site", "first"), *_key(left + 115, top + 19, "of it ansible-core's own", "second"),
        f'<path class="grid" d="M{left} {low}H{right}"/>',
        f'<path class="line third" stroke-dasharray="4 4" d="M{left} {low - MOST_KIB * scale:.1f}H{right}"/>',
        _text(right, low - MOST_KIB * scale - 6, f"promised: {MOST_KIB}", "note", "end"),
        _text(left - 8, low + 4, "0", "note", "end")]
    for number, (way, row) in enumerate(largest.items()):
        x = left + 20 + 100 * number
        for value, style in ((row["kib"], "first"), (min(row["core_kib"], row["kib"]), "second")):
            height = max(value * scale, 0)
            parts.append(
                f'<rect class="bar {style}" x="{x}" y="{low - height:.1f}" width="44" height="{height:.1f}"/>')
        parts += [_text(x + 22, low - row["kib"] * scale - 6, f"{row['kib']:.0f}", "", "middle"),
                  _text(x + 22, low + 17, f"{way}, {row['hosts']:,}", "note", "middle")]
    return parts


_WAY_WORDS = {"local": "local: host and controller together", "ssh": "over ssh: the controller's"}


def _styles(rows: Sequence[Mapping[str, Any]]) -> List[Tuple[str, str]]:
    return list(zip(dict.fromkeys(row["way"] for row in rows), ("first", "third")))


def markdown(figures: Mapping[str, Any]) -> str:
    """The tables of docs/scale.md; of the parts that were measured. Raises KeyError where scale was not."""
    machine, rows = figures["machine"], figures["scale"]["rows"]
    lines = [
        f"Measured on {machine['time'][:10]} with {machine['ansible'].replace('ansible-playbook ', '')}, "
        f"{_hosts(figures['hosts'])}, and {machine['cores']} cores for controller and hosts together.", ""]
    if "table" in figures:
        lines += ["| nothing to do, three runtimes | wall | controller's CPU |", "|---|---|---|"]
        lines += [f"| {one.way} | {one.wall:.1f} | {one.cpu:.1f} |" for one in ratios(figures["table"])] + [""]
    else:
        lines += ["This run measured fleets alone, no other ways to do the same.", ""]
    lines += ["| site, one runtime | hosts | CPU of the run, in runs of the smallest fleet | CPU of a host more, "
              "in multiples of the step before | memory, KiB a host more | of it ansible-core's own |",
              "|---|---|---|---|---|---|"]
    before: Dict[str, Any] = {}
    smallest: Dict[str, float] = {}
    for row in rows:
        way = row["way"]
        times = row["cpu_seconds"] / smallest.setdefault(way, row["cpu_seconds"])
        bent = row["cpu_ms"] / before[way] if before.get(way) else None
        cells = [f"{bent:.2f}" if bent else "", *(
            f"{row[kind]:.0f}" if row["cpu_ms"] else "" for kind in ("kib", "core_kib"))]
        lines.append(f"| {way} | {row['hosts']:,} | {times:.1f} | " + " | ".join(cells) + " |")
        before[way] = row["cpu_ms"]
    lines += ["", f"- Events of a host in AWX: {max(one['most'] for one in figures['scale']['events'])}."]
    if "fourth" in figures:
        middle, low, high = (100 * share for share in figures["fourth"]["cpu"])
        lines.append(
            f"- A fourth runtime adds {middle:.0f} % to the controller's CPU (the middle half of "
            f"{len(figures['pairs'])} pairs: {low:.0f} to {high:.0f} %).")
    return "\n".join(lines) + "\n"
