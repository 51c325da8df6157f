# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything is measured: hosts of our own, a copy of the checkout, and the way to run things against them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

import tree
from figures import Cost
from plays import NONCE, RAW, Variant
from plugins.module_utils.core.snapshot import parse
from pyinfra_peer import Deploy

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
HOSTS = TESTS / "hosts" / "hosts.py"
# Writes each task's result as a line of JSON.
RECORDER = TESTS / "live" / "plugins" / "callback"
COST = (HERE / "cost.py").read_text(encoding="utf-8")
PLAY_SECONDS = 900
STARTED = time.monotonic()

# What has a cost of its own.
Job = Union[Variant, Deploy]


class BenchError(Exception):
    """Something that the user is told in one message, without a traceback."""


def say(text: str) -> None:
    """Tell the user how far the work has come."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def run(*argv: str, stdin: str = "") -> str:
    """What a program prints. Raises BenchError where it fails."""
    done = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-3000:]
        raise BenchError(f"{' '.join(argv[:4])} ...: exit {done.returncode}\n{said}")
    return done.stdout


def measured(
    name: str, argv: Sequence[str], *, before: Sequence[str] = (), env: Optional[Dict[str, str]] = None, says: str = ""
) -> Cost:
    """What a program costs.

    before: what makes the measuring program run elsewhere; says: a pattern that the end of the output has to match.
    Raises BenchError where it fails, or says something else.
    """
    python = [sys.executable] if not before else [*before, "python3"]
    found = json.loads(subprocess.run(
        [*python, "-c", COST, str(PLAY_SECONDS), *argv], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        check=True, text=True).stdout)
    if found["code"] != 0:
        raise BenchError(f"{name}: exit {found['code']}\n{found['said']}")
    if not re.search(says, found["said"], re.MULTILINE):
        raise BenchError(f"{name}: something was left to do\n{found['said']}")
    return Cost(wall=found["wall"], cpu=found["cpu"], memory=found["memory"])


class Lab(NamedTuple):
    """Hosts, how Ansible reaches them, a copy of the checkout, a folder, and an environment without a stranger's
    settings."""

    names: Sequence[str]
    inventory: Dict[str, Any]
    checkout: Path
    folder: Path
    environment: Dict[str, str]

    def play(self, job: Job) -> Cost:
        """What one run costs. Raises BenchError where it fails."""
        return measured(job.name, self._command(job), env=self.environment)

    def record(self, variant: Variant, *words: str) -> Tuple[str, List[Dict[str, Any]]]:
        """What ansible-playbook says at -vvv, and every task's result. Raises BenchError where it fails."""
        record = self.folder / "record.jsonl"
        record.unlink(missing_ok=True)
        environment = {
            **self.environment, "ANSIBLE_CALLBACK_PLUGINS": str(RECORDER),
            "ANSIBLE_CALLBACKS_ENABLED": "slipway_record", "SLIPWAY_RECORD": str(record)}
        done = subprocess.run(
            [*self._command(variant), "-vvv", *words], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PLAY_SECONDS,
            check=False)
        if done.returncode != 0:
            raise BenchError(f"{variant.name}: exit {done.returncode}\n{done.stdout[-3000:]}")
        lines = record.read_text().splitlines() if record.exists() else []
        return done.stdout, [json.loads(line) for line in lines]

    def expect_nothing_to_do(self, variant: Variant) -> None:
        """Run it. Raises BenchError where something was left to do."""
        for one in self.record(variant)[1]:
            if variant.name == RAW:
                snapshot = parse(one["result"]["stdout"], nonce=NONCE)
                if snapshot is None or not snapshot.complete:
                    raise BenchError(f"raw did not read {one['host']} as engine_runtimes does")
            elif one["result"].get("changed"):
                raise BenchError(f"{variant.name}: {one['task']} changed {one['host']}, where nothing was left to do")

    def _command(self, job: Job) -> List[str]:
        if isinstance(job, Deploy):
            return list(job.command)
        return ["ansible-playbook", "-i", str(self.folder / "inventory.json"), str(self._book(job))]

    def _book(self, variant: Variant) -> Path:
        """The playbook, with what lies beside it, in a folder of its own."""
        folder = self.folder / re.sub(r"\W+", "-", variant.name)
        book = folder / "play.yml"
        for path, text in {book: variant.book(), **{folder / name: one for name, one in variant.files.items()}}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return book


@contextlib.contextmanager
def lab(names: Sequence[str], group: str) -> Iterator[Lab]:
    """Hosts of these names; gone after the block, as all the rest is."""
    with _fleet(names, group) as inventory, tree.copy() as checkout, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": inventory}}))
        (folder / "ansible.cfg").touch()
        # A stranger's settings must not count, and the masters must outlast the slowest play.
        own = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        yield Lab(names, inventory, checkout, folder, {
            **own, "ANSIBLE_COLLECTIONS_PATH": str(checkout.parents[2]),
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "10", "ANSIBLE_PIPELINING": "1", "ANSIBLE_HOST_KEY_CHECKING": "0",
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=30m", "ANSIBLE_RETRY_FILES_ENABLED": "0"})


@contextlib.contextmanager
def _fleet(names: Sequence[str], group: str) -> Iterator[Dict[str, Any]]:
    try:
        up = [str(HOSTS), "up", "--group", group, "--image", "trixie", "--with", "youki", *names]
        subprocess.run(up, check=True, stdout=sys.stderr)
        inventory = json.loads(run(str(HOSTS), "inventory", "--group", group))["all"]["hosts"]
        yield {name: inventory[name] for name in names}
    except subprocess.CalledProcessError:
        raise BenchError("the hosts did not start") from None
    finally:
        subprocess.run(
            [str(HOSTS), "down", "--group", group, *names], stdout=sys.stderr, stderr=subprocess.DEVNULL, check=False)
