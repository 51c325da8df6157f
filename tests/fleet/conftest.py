# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
HOSTS = Path(__file__).resolve().parents[1] / "hosts" / "hosts.py"
GROUP = os.environ.get("SLIPWAY_FLEET_GROUP") or "fleet"
NAMES = ["%s-%s" % (GROUP, name) for name in ("a", "b", "c")]


def _hosts(*words: str) -> str:
    return subprocess.run(
        [sys.executable, str(HOSTS), *words],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "SLIPWAY_HOSTS_GROUP": GROUP},
    ).stdout


@pytest.fixture(scope="session")
def hostvars() -> Iterator[Dict[str, Any]]:
    """The variables of three hosts with two engines each, by name, in their order."""
    _hosts("up", "--image", "trixie", *NAMES)
    found = json.loads(_hosts("--list"))["_meta"]["hostvars"]
    yield {name: found[name] for name in NAMES}
    _hosts("down", "--all")


@pytest.fixture(scope="session")
def sh(hostvars: Dict[str, Any]) -> Callable[..., str]:
    """sh(HOST, SCRIPT): what a script of sh prints on a host."""

    def run(host: str, script: str) -> str:
        done = subprocess.run(
            ["podman", "exec", host, "sh", "-c", script], check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    return run
