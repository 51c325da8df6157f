# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the samples of growing fleets, and the picture of it."""

from typing import Any, Callable, Dict, List
from xml.etree import ElementTree

import chart
import pytest
import scale
from figures import Cost, spread
from plays import EMPTY
from scale import SITE, Events, Row, Sample


def samples(cpu: Callable[[int], float], kib: Callable[[int], float], way: str = "local") -> List[Sample]:
    """Of three sizes, the smaller ones twice, the second time beside a noisy neighbour."""
    return [
        Sample(way, book, size, Cost(wall=1.0, cpu=cpu(size) * noise, memory=int(kib(size) * share)))
        for book, share in ((SITE, 1.0), (EMPTY, 0.5)) for size in (10, 100, 1000)
        for noise in ((1.0, 1.0, 3.0) if size < 1000 else (1.0,))]


def test_a_host_is_what_it_adds_to_the_next_smaller_fleet() -> None:
    rows = scale.rows(samples(lambda size: 1 + size * 0.1, lambda size: 60000 + 40 * size))
    assert [(one.hosts, round(one.cpu_ms, 6), one.kib, one.core_kib) for one in rows] == [
        (10, 0, 0, 0), (100, 100, 40, 20), (1000, 100, 40, 20)]
    assert [one.held for one in scale.bars(rows, [])] == [True, True]


@pytest.mark.parametrize(
    ("cpu", "kib", "held"),
    [
        (lambda size: 1 + size * 0.1, lambda size: 60000 + 120 * size, [True, True]),
        (lambda size: 1 + size * 0.1 + size ** 2 * 0.0001, lambda size: 60000 + 10 * size, [False, True]),
        (lambda size: 1 + size * 0.1, lambda size: 60000 + 10 * size + 0.12 * size ** 2, [True, False]),
        (lambda size: 1 + min(size, 100) * 0.1, lambda size: 60000, [False, True]),  # nothing was measured
    ],
)
def test_a_fleet_that_grows_worse_than_it_should_misses(
    cpu: Callable[[int], float], kib: Callable[[int], float], held: List[bool]
) -> None:
    assert [one.held for one in scale.bars(scale.rows(samples(cpu, kib)), [])] == held


@pytest.mark.parametrize(("most", "held"), [(0, False), (3, True), (4, False)])
def test_events(most: int, held: bool) -> None:
    assert [one.held for one in scale.bars([], [Events(100, most, 250, 4000)])] == [held]


@pytest.fixture
def figures() -> Dict[str, Any]:
    """As of a whole run."""
    table = [
        {"name": name, "cpu_pings": spread([0.5 * place]), "wall_pings": spread([0.25 * place])}
        for place, name in enumerate(chart.WAYS, start=1)]
    rows = scale.rows(
        samples(lambda size: 1 + size * 0.1, lambda size: 60000 + 40 * size)
        + samples(lambda size: 1 + size * 0.05, lambda size: 60000 + 400 * size, "ssh"))
    return {
        "machine": {"time": "2026-11-22T10:00:00Z", "ansible": "ansible-playbook [core 2.21.5]", "cores": 2},
        "hosts": 10, "table": [{"name": EMPTY, "cpu_pings": None, "wall_pings": None}, *table],
        "scale": {"rows": [one._asdict() for one in rows], "events": [Events(10, 2, 23, 900)._asdict()]},
        "fourth": {"cpu": [0.03, -0.01, 0.05]}, "pairs": [{}] * 15}


def test_the_role_is_the_unit(figures: Dict[str, Any]) -> None:
    assert [(one.way, one.cpu, one.wall) for one in chart.ratios(figures["table"])][:2] == [
        ("this collection's role", 1.0, 1.0), ("pyinfra", 2.0, 2.0)]


def test_a_part_of_a_run_is_not_drawn(figures: Dict[str, Any]) -> None:
    figures["table"].pop()
    with pytest.raises(KeyError, match="kubespray"):
        chart.svg(figures)


def test_fleets_are_drawn_alone_where_nothing_else_was_measured(figures: Dict[str, Any]) -> None:
    for name in ("table", "fourth", "pairs"):
        del figures[name]
    assert "ssh, 1000 hosts: 400 KiB" in chart.svg(figures) and "pyinfra" not in chart.svg(figures)
    assert "| local | 1,000 |" in chart.markdown(figures) and "pyinfra" not in chart.markdown(figures)
    del figures["scale"]
    with pytest.raises(KeyError, match="scale"):
        chart.svg(figures)


def test_the_picture_stays_within_its_frame_and_says_what_it_shows(figures: Dict[str, Any]) -> None:
    picture = ElementTree.fromstring(chart.svg(figures))
    width, height = (float(picture.attrib[name]) for name in ("width", "height"))
    for one in picture.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(one.get("x", 0)) + float(one.attrib["width"]) <= width
        assert 0 <= float(one.get("y", 0)) and float(one.get("y", 0)) + float(one.attrib["height"]) <= height
    words = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"× 2.0", "promised: 120", "400", "ssh, 1,000"} <= set(words)
    assert "pyinfra: CPU 2.0, wall 2.0" in picture[1].text


def test_the_tables_have_no_seconds(figures: Dict[str, Any]) -> None:
    text = chart.markdown(figures)
    assert "| pyinfra | 2.0 | 2.0 |" in text
    assert "| local | 1,000 | 50.5 | 1.00 | 40 | 20 |" in text
    assert "adds 3 % to the controller's CPU (the middle half of 15 pairs: -1 to 5 %)" in text


def test_rows_are_told_way_by_way() -> None:
    rows = [Row(way, size, 1.0, 60.0, ms, 1.0, 1.0) for way, ms in (("local", 5.0), ("ssh", 9.0)) for size in (10, 100)]
    assert [one.promise.split(":")[0] for one in scale.bars(rows, [])] == [
        "local, 10 to 100 hosts", "ssh, 10 to 100 hosts"]
