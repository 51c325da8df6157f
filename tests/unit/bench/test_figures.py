# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ratios come of seconds."""

from typing import Dict, List

import figures
import pytest
import rounds
from figures import Bar, Cost, Spread
from plays import EMPTY, FOUR, PING, RAW, RUNTIMES, THREE


def of(**walls: float) -> Dict[str, Cost]:
    """A round, CPU half of wall."""
    return {name: Cost(wall=wall, cpu=wall / 2) for name, wall in walls.items()}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], Spread(3.0, 3.0, 3.0)),
        ([1.0, 9.0], Spread(5.0, 1.0, 9.0)),
        ([9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 700.0], Spread(4.5, 3.0, 6.0)),
    ],
)
def test_the_middle_half_leaves_out_what_is_far_off(values: List[float], expected: Spread) -> None:
    assert figures.middle_half(values) == expected


def test_ratios_are_net_of_the_empty_run_and_of_each_tools_own() -> None:
    played = [of(empty=1.0, ping=3.0, ours=2.0, other_empty=2.0, other=3.0), of(empty=1.0, ping=3.0, ours=1.5)]
    assert figures.ratios(played, "ours", "ping", figures.wall) == [0.5, 0.25]
    assert figures.ratios(played, "ours", "other", figures.wall, unit_empty="other_empty") == [1.0, 0.5]


def test_what_is_the_engines_own_is_not_ours() -> None:
    assert figures.wall(Cost(wall=3.0, cpu=1.0, own=2.5)) == 0.5


def test_noise_is_no_unit() -> None:
    with pytest.raises(ValueError, match="ping took no longer than empty"):
        figures.ratios([of(empty=2.0, ping=2.0, ours=3.0)], "ours", "ping", figures.wall)


def test_a_slow_drift_of_the_machine_does_not_reach_the_difference_of_a_pair() -> None:
    """The machine gets three times as slow; each pair differs by a tenth of the net cost of the first."""
    pairs = [
        {EMPTY: Cost(10 * slow, 10 * slow), THREE: Cost(20 * slow, 20 * slow), FOUR: Cost(20 * slow + 1, 20 * slow + 1)}
        for slow in (1, 2, 3)]
    found = rounds.fourth(pairs, hosts=10)
    assert found.cpu == Spread(0.05, 0.05, 0.05)
    assert (found.three_ms, found.added_ms) == (2000, 100)
    assert [one.held for one in rounds.fourth_bars(found)] == [False, False]


def test_only_bars_of_what_was_played_are_told() -> None:
    played = [of(**{EMPTY: 1.0, PING: 3.0, RUNTIMES: 1.5})]
    assert rounds.bars(played) == [
        Bar("nothing to do: at most 0.5 ping, wall", "0.25 (0.25..0.25)", True),
        Bar("nothing to do: at most 0.8 ping, controller CPU", "0.25 (0.25..0.25)", True)]
    assert rounds.bars([of(**{EMPTY: 1.0, PING: 3.0, RUNTIMES: 2.5})])[0].held is False


def test_the_role_beside_one_ping_is_told_of_the_pairs() -> None:
    pairs = [{EMPTY: Cost(1.0, 1.0), PING: Cost(3.0, 2.0), THREE: Cost(2.0, cpu)} for cpu in (2.0, 2.125, 2.875)]
    assert rounds.pair_bars(pairs) == [
        Bar(THREE + ": at most 0.5 ping, wall", "0.50 (0.50..0.50)", True),
        Bar(THREE + ": at most 1.2 pings, controller CPU", "1.12 (1.00..1.88)", True)]
    assert rounds.pair_bars([one for one in pairs if one[THREE].cpu > 2.5])[1].held is False


def test_a_bar_whose_unit_is_noise_is_missed_and_the_others_are_told() -> None:
    found = rounds.bars([of(**{EMPTY: 1.0, PING: 3.0, RAW: 1.0, RUNTIMES: 1.5})])
    assert [one.held for one in found] == [False, False, True, True]
    assert found[0].found == "raw took no longer than empty: the machine is too busy to measure"


def test_a_table_has_what_was_left_out_of_some_rounds() -> None:
    played = [of(empty=1.0, ping=2.0, costly=5.0), of(empty=1.0, ping=2.0)]
    assert [(row["name"], row["wall_pings"]) for row in rounds.table(played)] == [
        ("empty", None), ("ping", Spread(1.0, 1.0, 1.0)), ("costly", Spread(4.0, 4.0, 4.0))]
