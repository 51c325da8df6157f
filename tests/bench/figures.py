# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From seconds to ratios. Pure. Seconds are this machine's and this moment's; ratios of one run can be trusted."""

from __future__ import annotations

from statistics import median
from typing import Callable, Dict, List, NamedTuple, Sequence


class Cost(NamedTuple):
    """One run of a play. wall: seconds; cpu: user and system seconds of the controller's processes; own: seconds of
    wall that are the engine's own."""

    wall: float
    cpu: float
    own: float = 0.0


class Spread(NamedTuple):
    """Of one figure over all rounds."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}..{self.high:.2f})"


def spread(values: Sequence[float]) -> Spread:
    """Median, least and greatest."""
    return Spread(median(values), min(values), max(values))


def wall(cost: Cost) -> float:
    """Seconds of wall that are ours."""
    return cost.wall - cost.own


def cpu(cost: Cost) -> float:
    """Seconds of the controller."""
    return cost.cpu


def ratios(
    rounds: Sequence[Dict[str, Cost]], name: str, unit: str, of: Callable[[Cost], float], *, empty: str = "empty",
    unit_empty: str = "empty"
) -> List[float]:
    """A variant, round by round, in units of another one's median, each net of the median of its own tool's empty run.

    Raises ValueError where the unit costs no more than that: then noise was measured.
    """
    base = median(of(one[empty]) for one in rounds)
    return [(of(one[name]) - base) / _net(rounds, unit, of, unit_empty) for one in rounds]


def more(rounds: Sequence[Dict[str, Cost]], name: str, than: str, of: Callable[[Cost], float]) -> List[float]:
    """What a variant costs more than another one in the same round, in parts of that one's net median. Raises
    ValueError."""
    return [(of(one[name]) - of(one[than])) / _net(rounds, than, of, "empty") for one in rounds]


def _net(rounds: Sequence[Dict[str, Cost]], name: str, of: Callable[[Cost], float], empty: str) -> float:
    found = median(of(one[name]) for one in rounds) - median(of(one[empty]) for one in rounds)
    if found <= 0:
        raise ValueError(f"{name} took no longer than {empty}: the machine is too busy to measure")
    return found
