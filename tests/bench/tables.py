# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bench prints."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from counting import Counters
from figures import Bar
from scale import Events, Row


def print_counters(counters: Mapping[str, Counters]) -> None:
    """A row a play."""
    rows = [("a host and run", "EXEC", "PUT", "Python starts", "tasks", "changed")]
    _print_rows([*rows, *((name, *map(str, one)) for name, one in counters.items())])


def print_plays(table: Sequence[Mapping[str, Any]]) -> None:
    """A row a play, as rounds.table has them."""
    rows = [("net of empty", "wall, pings", "CPU, pings", "wall, s", "CPU, s", "engine's own, s")]
    for row in table:
        ratios = [str(row[key] or "") for key in ("wall_pings", "cpu_pings")]
        own = f"{row['own_seconds']:.2f}" if row["own_seconds"] else ""
        rows.append((row["name"], *ratios, f"{row['wall_seconds']:.2f}", f"{row['cpu_seconds']:.2f}", own))
    _print_rows(rows)
    print("Seconds are gross, the engine's own left out. CPU is the controller's.")


def print_fleet(table: Sequence[Row], events: Sequence[Events]) -> None:
    """A row a size of fleet."""
    rows = [("site, one runtime", "hosts", "CPU, s", "MiB", "a host more: CPU, ms", "KiB", "core's own KiB")]
    for one in table:
        more = [f"{one.cpu_ms:.1f}", f"{one.kib:.0f}", f"{one.core_kib:.0f}"] if one.cpu_ms else ["", "", ""]
        rows.append((one.way, str(one.hosts), f"{one.cpu_seconds:.1f}", f"{one.mib:.0f}", *more))
    _print_rows(rows)
    for each in events:
        print(f"AWX, {each.hosts} hosts: {each.all} events of hosts, {each.most} of a host at most, the largest "
              f"{each.largest} bytes")


def print_bars(bars: Sequence[Bar]) -> None:
    """A row a promise."""
    _print_rows([("bar", "found", ""), *((one.promise, one.found, "held" if one.held else "MISSED") for one in bars)])


def _print_rows(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        print("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
