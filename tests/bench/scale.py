# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook site costs a controller as a fleet grows: 10, 100 and 1,000 hosts that have nothing to do.

A thousand names are a thousand hosts to a controller, wherever they lead:

local  the controller is in one of the disposable hosts, and every name is that host, by the local connection; so the
       CPU is the controller's and the host's together
ssh    the controller is this machine, and the names are spread over all disposable hosts, over connections that are
       there already; the CPU is the controller's alone. Hosts and controller share this machine, so the largest fleet
       is left out
"""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence

import figures
import tree
from figures import Bar, Cost
from lab import HERE, TESTS, BenchError, Lab, measured, run, say
from plays import EMPTY
from stock import AUTHORITY, MIRROR, Stock

SITE = "slipway.runtimes.site"
WAYS = ("local", "ssh")
SIZES = (10, 100, 1000)
REPEATS = 3  # of each size but the largest, which is played once
MOST_KIB, MOST_EVENTS, MOST_BENT = 120, 3, 1.25
# In the host that has the controller.
_PLACE = "/opt/slipway-bench/controller"


class Sample(NamedTuple):
    """One play of a fleet."""

    way: str
    book: str  # EMPTY or SITE
    hosts: int
    cost: Cost


class Events(NamedTuple):
    """Of the job of AWX's that runs the playbook. most: of one host, for all plays; all: of the whole fleet."""

    hosts: int
    most: int
    all: int
    largest: int  # bytes


def sample(lab: Lab, stock: Stock, sizes: Sequence[int]) -> List[Sample]:
    """Play each size of fleet each way, the sizes by turns. Raises BenchError where something was left to do.

    sizes: growing.
    """
    found: List[Sample] = []
    for way in WAYS:
        fleet, some = (_Local(lab, stock), sizes) if way == "local" else (_Ssh(lab, stock), sizes[:-1])
        for book in (EMPTY, SITE):
            fleet.play(book, min(sizes))  # to warm up
        for turn in range(REPEATS):
            for size in some:
                if turn and size == max(sizes):
                    continue
                for book in (EMPTY, SITE):
                    found.append(Sample(way, book, size, fleet.play(book, size)))
                say(f"{way}, {size} hosts: {found[-1].cost.wall:.1f} s, load {os.getloadavg()[0]:.1f}")
    return found


def count_events(lab: Lab, stock: Stock, sizes: Sequence[int]) -> List[Events]:
    """The events that AWX gets, by ansible-runner, over ssh. Raises BenchError."""
    found = []
    packages = run(str(TESTS / "tools" / "packages"), str(TESTS / "fleet" / "requirements.txt")).strip()
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, str(HERE / "events.py"), str(Path(folder) / "job")],
                env={**lab.environment, "PYTHONPATH": os.pathsep.join([packages, str(TESTS / "fleet")])},
                input=json.dumps({
                    "playbook": "site", "hostvars": _spread(lab, size), "variables": _variables(stock)}),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"{SITE} by ansible-runner: exit {done.returncode}\n{done.stderr[-3000:]}")
        answer = json.loads(done.stdout.splitlines()[-1])
        if not answer["table"] or not answer["table"][0].startswith(f"{size} had nothing to do"):
            raise BenchError(f"{SITE} by ansible-runner: something was left to do\n{answer['table']}")
        first, *others = answer["events"].values()  # the first host also stands for tasks that run once
        found.append(Events(size, max(others), first + sum(others), answer["largest"]))
        say(f"events, {size} hosts: {found[-1]}")
    return found


class _Fleet:
    """The playbooks and inventories of one way."""

    def __init__(self, stock: Stock) -> None:
        self.variables = _variables(stock)

    def files(self, hosts: Mapping[str, Any]) -> Dict[str, str]:
        inventory = {"all": {"hosts": hosts, "vars": self.variables}}
        return {
            f"{len(hosts)}.json": json.dumps(inventory),
            f"{EMPTY}.yml": json.dumps([
                {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.meta": "noop"}]}])}

    def words(self, book: str, size: int, place: str) -> List[str]:
        return ["-i", f"{place}/{size}.json", SITE if book == SITE else f"{place}/{EMPTY}.yml"]

    @staticmethod
    def says(book: str, size: int) -> str:
        return rf"^ *{size} had nothing to do" if book == SITE else ""

    def play(self, book: str, size: int) -> Cost:
        raise NotImplementedError


class _Ssh(_Fleet):
    def __init__(self, lab: Lab, stock: Stock) -> None:
        super().__init__(stock)
        self._lab = lab
        self._folder = lab.folder / "scale"
        self._folder.mkdir()

    def play(self, book: str, size: int) -> Cost:
        for name, text in self.files(_spread(self._lab, size)).items():
            (self._folder / name).write_text(text)
        return measured(
            f"{book}, {size} hosts over ssh", ["ansible-playbook", *self.words(book, size, str(self._folder))],
            env={**self._lab.environment, "ANSIBLE_CALLBACKS_ENABLED": "slipway.runtimes.fleet"},
            says=self.says(book, size))


class _Local(_Fleet):
    """A controller in the first host, of the release of ansible-core that is measured with everywhere else."""

    def __init__(self, lab: Lab, stock: Stock) -> None:
        super().__init__(stock)
        self._host = lab.names[0]
        say(f"putting a controller into {self._host}")
        _unpack(self._host, _controller(self._host), "site")
        _unpack(self._host, lab.checkout.parents[2], "collections")
        _send(self._host, {f"{_PLACE}/ansible.cfg": b""})
        settings = {
            **{name: one for name, one in lab.environment.items() if name.startswith("ANSIBLE_")},
            "ANSIBLE_CALLBACKS_ENABLED": "slipway.runtimes.fleet", "ANSIBLE_COLLECTIONS_PATH": f"{_PLACE}/collections",
            "ANSIBLE_CONFIG": f"{_PLACE}/ansible.cfg", "ANSIBLE_HOME": f"{_PLACE}/home", "PYTHONPATH": f"{_PLACE}/site",
            "LC_ALL": "C.UTF-8"}
        self._before = ["podman", "exec", self._host, "env", *(f"{name}={one}" for name, one in settings.items())]

    def play(self, book: str, size: int) -> Cost:
        hosts = {f"host-{number:04}": {"ansible_connection": "local"} for number in range(size)}
        _send(self._host, {f"{_PLACE}/{name}": text.encode() for name, text in self.files(hosts).items()})
        return measured(
            f"{book}, {size} hosts, local", ["python3", "-m", "ansible", "playbook", *self.words(book, size, _PLACE)],
            before=self._before, says=self.says(book, size))


def _variables(stock: Stock) -> Dict[str, Any]:
    """One runtime is asked for, as a user of AWX would."""
    return {"runtimes_wanted": stock.four[:1], "runtimes_mirror": MIRROR, "runtimes_ca_path": AUTHORITY}


def _spread(lab: Lab, size: int) -> Dict[str, Any]:
    """A fleet's names, by turns one of the hosts each."""
    hosts = list(lab.inventory.values())
    return {f"host-{number:04}": hosts[number % len(hosts)] for number in range(size)}


def _controller(host: str) -> Path:
    """ansible-core and what it needs, for the host's Python, in the cache."""
    python = run("podman", "exec", host, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    core = run(sys.executable, "-c", "import ansible.release; print(ansible.release.__version__)").strip()
    folder = tree.cache() / f"controller-{core}-{python}"
    with tree.locked("controller"):
        if not folder.exists():
            say(f"setup: ansible-core {core} for the Python {python} of the hosts, from PyPI")
            with tempfile.TemporaryDirectory(dir=tree.cache()) as place:
                subprocess.run([
                    sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target",
                    f"{place}/site", "--only-binary=:all:", "--implementation", "cp", "--python-version", python,
                    *(f"--platform={one}_{platform.machine()}"
                      for one in ("manylinux2014", "manylinux_2_28", "manylinux_2_34")),
                    f"ansible-core=={core}"], check=True, stdout=sys.stderr)
                # Whole or not at all.
                (Path(place) / "site").rename(folder)
    return folder


def _unpack(host: str, folder: Path, name: str) -> None:
    """A copy of a folder in the host."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, name, filter=lambda one: None if one.name.endswith(("/.git", "/__pycache__")) else one)
    _pipe(host, f"mkdir -p {_PLACE} && exec tar -x -C {_PLACE}", packed.getvalue())


def _send(host: str, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        _pipe(host, f"exec cat >{path}", content)


def _pipe(host: str, script: str, content: bytes) -> None:
    subprocess.run(["podman", "exec", "-i", host, "sh", "-c", script], input=content, check=True)


def costs(samples: Sequence[Sample], way: str, book: str) -> Dict[int, List[Cost]]:
    """By size of fleet."""
    found: Dict[int, List[Cost]] = {}
    for one in samples:
        if (one.way, one.book) == (way, book):
            found.setdefault(one.hosts, []).append(one.cost)
    return found


class Row(NamedTuple):
    """One size of fleet. All but hosts: of the playbook site, medians. cpu_ms, kib: for one host more than in the next
    smaller fleet, 0 for the smallest; core_kib: of that what ansible-core takes with an empty play."""

    way: str
    hosts: int
    cpu_seconds: float
    mib: float
    cpu_ms: float
    kib: float
    core_kib: float


def rows(samples: Sequence[Sample]) -> List[Row]:
    """Smallest fleets first."""
    found = []
    for way in dict.fromkeys(one.way for one in samples):
        site, empty = (costs(samples, way, book) for book in (SITE, EMPTY))
        cpu = figures.medians(site, figures.cpu)
        memory, core = (figures.medians(one, figures.memory) for one in (site, empty))
        before = 0
        for size in sorted(site):
            more = [figures.slope(one, before, size) if before else 0.0 for one in (cpu, memory, core)]
            found.append(Row(way, size, cpu[size], memory[size] / 1024, 1000 * more[0], more[1], more[2]))
            before = size
    return found


def bars(table: Sequence[Row], events: Sequence[Events]) -> List[Bar]:
    """What is promised of a growing fleet."""
    found = []
    for way, some in _by_way(table):
        largest = some[-1]
        if len(some) > 2:
            bent = largest.cpu_ms / some[-2].cpu_ms
            found.append(Bar(
                f"{way}, {some[-2].hosts} to {largest.hosts} hosts: linear, a host's CPU at most {MOST_BENT} times "
                f"that from {some[-3].hosts} to {some[-2].hosts}", f"{bent:.2f}", 0 < bent <= MOST_BENT))
        if len(some) > 1:
            found.append(Bar(f"{way}, {some[-2].hosts} to {largest.hosts} hosts: at most {MOST_KIB} KiB a host",
                             f"{largest.kib:.0f}, {largest.core_kib:.0f} of them ansible-core's",
                             largest.kib <= MOST_KIB))
    return found + [
        Bar(f"AWX, {one.hosts} hosts: at most {MOST_EVENTS} events a host", f"{one.most}", 0 < one.most <= MOST_EVENTS)
        for one in events]


def _by_way(table: Sequence[Row]) -> Iterator[Any]:
    for way in dict.fromkeys(one.way for one in table):
        yield way, [one for one in table if one.way == way]
