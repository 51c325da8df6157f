# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every play once a round, right behind the others: a machine that is busy is busy for all of them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import figures
from figures import Bar, Cost, Round, spread
from lab import HERE, BenchError, Job, Lab, say
from peers import GEERLINGGUY, GUIDES, KUBESPRAY, REGISTRATION
from plays import ADD, ALONE, EMPTY, EXTRA, FLOOR, FOUR, INFO, PING, RAW, REMOVE, RUNTIMES, SHIPPED, THREE, Variant
from pyinfra_peer import EMPTY as PYINFRA_EMPTY
from pyinfra_peer import NAME as PYINFRA

# What each part of the bench plays in a round.
PARTS: Dict[str, Tuple[str, ...]] = {
    "tasks": (EMPTY, PING, RAW, RUNTIMES, SHIPPED, INFO, *ALONE, ADD, REMOVE),
    "role": (EMPTY, PING, FLOOR, THREE, PYINFRA_EMPTY, PYINFRA),
    "peers": (EMPTY, PING, THREE, PYINFRA_EMPTY, PYINFRA, REGISTRATION, GUIDES, GEERLINGGUY, KUBESPRAY),
}
# These cost ten pings and more: what a few rounds leave open of them changes nothing.
COSTLY = (REGISTRATION, GUIDES, GEERLINGGUY, KUBESPRAY)
COSTLY_ROUNDS = 3


class Changes(NamedTuple):
    """Two plays that need a reload each."""

    add: Variant
    remove: Variant


def play_rounds(lab: Lab, jobs: Sequence[Job], changes: Sequence[Variant], count: int) -> List[Round]:
    """The costs of all jobs, and of the changes with the engine's own part told apart, round by round."""
    found: List[Round] = []
    with _Agents(lab.names) as agents:
        for number in range(count):
            some = [job for job in jobs if number < COSTLY_ROUNDS or job.name not in COSTLY]
            turn = number % len(some)
            # Beginning with another one each time.
            costs = {job.name: lab.play(job) for job in [*some[turn:], *some[:turn]]}
            if changes:
                costs.update(_changed(lab, Changes(*changes), agents))
            found.append(costs)
            say(f"round {number + 1} of {count}: load {os.getloadavg()[0]:.1f}, " + ", ".join(
                f"{name} {cost.wall:.1f} s" for name, cost in costs.items()))
    return found


def play_pairs(lab: Lab, count: int, *, yardsticks: Sequence[Variant], three: Variant, four: Variant) -> List[Round]:
    """The role with three runtimes and with four, one right behind the other, by turns the one and the other first, and
    right behind the yardsticks."""
    found: List[Round] = []
    for number in range(count):
        pair = [three, four] if number % 2 else [four, three]
        found.append({one.name: lab.play(one) for one in (*yardsticks, *pair)})
    say(f"{count} pairs of the role: load {os.getloadavg()[0]:.1f}")
    return found


def _changed(lab: Lab, changes: Changes, agents: "_Agents") -> Dict[str, Cost]:
    """The same work of the engine, with the same file, right beside the play that causes it."""
    added = lab.play(changes.add)._replace(own=agents.own_seconds(programs=[EXTRA["path"]]))
    own = agents.own_seconds(programs=[])
    return {ADD: added, REMOVE: lab.play(changes.remove)._replace(own=own)}


class _Agents:
    """A program in each host that does, at a word, what is the engine's own part of a change."""

    def __init__(self, names: Sequence[str]) -> None:
        source = (HERE / "agent.py").read_text(encoding="utf-8")
        self._processes = [
            subprocess.Popen(["podman", "exec", "-i", name, "python3", "-u", "-c", source], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) for name in names]
        for process in self._processes:
            self._answer(process)

    def __enter__(self) -> "_Agents":
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            process.stdin.close()
        for process in self._processes:
            process.wait()

    def own_seconds(self, *, programs: Sequence[str]) -> float:
        """Seconds until all hosts have done it side by side: programs asked, the file validated, a reload, a report."""
        order = json.dumps({"programs": [[path, word] for path in programs for word in ("--version", "features")]})
        started = time.monotonic()
        for process in self._processes:
            process.stdin.write(order + "\n")
            process.stdin.flush()
        for process in self._processes:
            self._answer(process)
        return time.monotonic() - started

    @staticmethod
    def _answer(process: "subprocess.Popen[str]") -> Dict[str, Any]:
        line = process.stdout.readline()
        if not line:
            raise BenchError("an engine did not answer to a reload")
        return json.loads(line)


def bars(rounds: Sequence[Round]) -> List[Bar]:
    """What is promised of those plays that were in the rounds."""
    return [
        *_at_most(rounds, "nothing to do: at most 1.25 times raw, wall", 1.25, RUNTIMES, RAW, figures.wall),
        *_at_most(rounds, "nothing to do: at most 1.25 times raw, controller CPU", 1.25, RUNTIMES, RAW, figures.cpu),
        *_at_most(rounds, "nothing to do: at most 0.5 ping, wall", 0.5, RUNTIMES, PING, figures.wall),
        *_at_most(rounds, "nothing to do: at most 0.8 ping, controller CPU", 0.8, RUNTIMES, PING, figures.cpu),
        *(one for name in ALONE for one in (
            *_at_most(rounds, f"{name}, nothing to do: at most 0.5 ping, wall", 0.5, name, PING, figures.wall),
            *_at_most(rounds, f"{name}, nothing to do: at most 0.8 ping, controller CPU", 0.8, name, PING, figures.cpu))),
        *_at_most(rounds, "a reload (add): at most 2 pings and the engine's own time", 2, ADD, PING, figures.wall),
        *_at_most(rounds, "a reload (remove): at most 2 pings and the engine's own time", 2, REMOVE, PING, figures.wall),
        *_at_most(rounds, f"{THREE}: ahead of pyinfra, wall, each net of its empty run", 1, THREE, PYINFRA, figures.wall,
                  unit_empty=PYINFRA_EMPTY),
    ]


def pair_bars(pairs: Sequence[Round]) -> List[Bar]:
    """What is promised of the role beside one ping: of the pairs, for they are more than the rounds, and closer together."""
    return [
        *_at_most(pairs, f"{THREE}: at most 0.5 ping, wall", 0.5, THREE, PING, figures.wall, of_all=figures.middle_half),
        *_at_most(pairs, f"{THREE}: at most 1.2 pings, controller CPU", 1.2, THREE, PING, figures.cpu, of_all=figures.middle_half),
    ]


def _at_most(
    rounds: Sequence[Round], promise: str, most: float, name: str, unit: str, of: figures.Of, *,
    of_all: Callable[[Sequence[float]], figures.Spread] = spread, **more: str
) -> List[Bar]:
    """The bar, where both plays were in the rounds."""
    if name not in rounds[0] or unit not in rounds[0]:
        return []
    try:
        found = of_all(figures.ratios(rounds, name, unit, of, **more))
    except ValueError as error:  # the others were measured all the same
        return [Bar(promise, str(error), False)]
    return [Bar(promise, str(found), 0 < found.middle <= most)]


class Fourth(NamedTuple):
    """What the role costs, and what a fourth runtime adds to it. Shares: of the role with three, median and the middle
    half of all pairs; milliseconds: of the controller's CPU for one host."""

    wall: figures.Spread
    cpu: figures.Spread
    three_ms: float
    added_ms: float


def fourth(pairs: Sequence[Round], hosts: int) -> Fourth:
    """From the pairs. Raises ValueError where only noise was measured."""
    shares = [figures.middle_half(figures.more(pairs, FOUR, THREE, of)) for of in (figures.wall, figures.cpu)]
    three = 1000 * figures.net(pairs, THREE, figures.cpu) / hosts
    return Fourth(*shares, three_ms=three, added_ms=three * shares[1].middle)


def fourth_bars(found: Fourth) -> List[Bar]:
    """A fourth runtime is nearly free."""
    return [
        Bar("a fourth runtime adds less than 5 %, wall", str(found.wall), found.wall.middle < 0.05),
        Bar("a fourth runtime adds less than 5 %, controller CPU",
            f"{found.cpu}, {found.added_ms:.1f} ms to {found.three_ms:.0f} ms a host", found.cpu.middle < 0.05)]


def table(rounds: Sequence[Round]) -> List[Dict[str, Any]]:
    """A row a variant. seconds: medians, gross; pings: median, least and greatest, net; cpu_ms: of a host, net."""
    rows = []
    for name in rounds[0]:
        empty = PYINFRA_EMPTY if name == PYINFRA else EMPTY
        row: Dict[str, Any] = {"name": name}
        for kind, of in (("wall", figures.wall), ("cpu", figures.cpu)):
            row[f"{kind}_seconds"] = spread(figures.of_rounds(rounds, name, of)).middle
            row[f"{kind}_pings"] = None if name in (EMPTY, PYINFRA_EMPTY) else spread(
                figures.ratios(rounds, name, PING, of, empty=empty))
        row["own_seconds"] = spread(figures.of_rounds(rounds, name, lambda cost: cost.own)).middle
        rows.append(row)
    return sorted(rows, key=lambda row: row["wall_seconds"])
