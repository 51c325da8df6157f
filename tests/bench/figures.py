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


def ratios(rounds: Sequence[Dict[str, Cost]], name: str, unit: str, of: Callable[[Cost], float]) -> List[float]:
    """A variant, round by round, in units of another one's median, both net of the median of `empty`.

    Raises ValueError where the unit costs no more than `empty`: then noise was measured.
    """
    empty, one_unit = (median(of(one[base]) for one in rounds) for base in ("empty", unit))
    if one_unit <= empty:
        raise ValueError(f"{unit} took no longer than an empty play: the machine is too busy to measure")
    return [(of(one[name]) - empty) / (one_unit - empty) for one in rounds]
