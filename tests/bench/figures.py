# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From seconds to ratios. Pure. Seconds are this machine's and this moment's; ratios of one run can be trusted."""

from __future__ import annotations

from statistics import median
from typing import Callable, Dict, List, Mapping, NamedTuple, Sequence


class Cost(NamedTuple):
    """One run of a play. wall: seconds; cpu: user and system seconds of the controller's processes; own: seconds of
    wall that are the engine's own; memory: KiB of the largest of the controller's processes, at its largest."""

    wall: float
    cpu: float
    own: float = 0.0
    memory: int = 0


class Spread(NamedTuple):
    """Of one figure over all rounds."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}..{self.high:.2f})"


class Bar(NamedTuple):
    """A promise, and what was found."""

    promise: str
    found: str
    held: bool


# What each play cost in one round; a costly play is not in every one.
Round = Mapping[str, Cost]
Of = Callable[[Cost], float]


def spread(values: Sequence[float]) -> Spread:
    """Median, least and greatest."""
    return Spread(median(values), min(values), max(values))


def middle_half(values: Sequence[float]) -> Spread:
    """Median, and what a quarter of the values lies below and above."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return Spread(median(ordered), ordered[quarter], ordered[-1 - quarter])


def wall(cost: Cost) -> float:
    """Seconds of wall that are ours."""
    return cost.wall - cost.own


def cpu(cost: Cost) -> float:
    """Seconds of the controller."""
    return cost.cpu


def memory(cost: Cost) -> float:
    """KiB of the controller."""
    return float(cost.memory)


def of_rounds(rounds: Sequence[Round], name: str, of: Of) -> List[float]:
    """A figure of one play, from each round that it was in."""
    return [of(one[name]) for one in rounds if name in one]


def ratios(
    rounds: Sequence[Round], name: str, unit: str, of: Of, *, empty: str = "empty", unit_empty: str = "empty"
) -> List[float]:
    """A variant, round by round, in units of another one's median, each net of the median of its own tool's empty run.

    Raises ValueError where the unit costs no more than that: then noise was measured.
    """
    base = median(of_rounds(rounds, empty, of))
    return [(one - base) / net(rounds, unit, of, empty=unit_empty) for one in of_rounds(rounds, name, of)]


def net(rounds: Sequence[Round], name: str, of: Of, *, empty: str = "empty") -> float:
    """A play's median less that of the empty run. Raises ValueError where that leaves nothing."""
    found = median(of_rounds(rounds, name, of)) - median(of_rounds(rounds, empty, of))
    if found <= 0:
        raise ValueError(f"{name} took no longer than {empty}: the machine is too busy to measure")
    return found


def more(rounds: Sequence[Round], name: str, than: str, of: Of) -> List[float]:
    """What a play costs more than another one right beside it, round by round, in parts of that one's net median.

    Raises ValueError.
    """
    unit = net(rounds, than, of)
    return [(of(one[name]) - of(one[than])) / unit for one in rounds if name in one]


def slope(by_size: Mapping[int, float], low: int, high: int) -> float:
    """What one host more adds between two sizes of a fleet."""
    return (by_size[high] - by_size[low]) / (high - low)


def medians(costs: Mapping[int, Sequence[Cost]], of: Of) -> Dict[int, float]:
    """By size of fleet, the median of a figure."""
    return {size: median(map(of, some)) for size, some in costs.items()}
