# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling a host's package manager: alone, with a limit, and with nobody asked anything."""

import os
import re
import time
from typing import Dict, Sequence

from ..core import host
from ..core.errors import SlipwayError
from .managers import Argv, Manager, State

# A package manager outlives a run of ours that is killed. It holds this, so that the next run can wait for it.
RUNNING = "/run/slipway-runtimes/packages.running"

ASK_SECONDS = 300
INSTALL_SECONDS = 1800
# Another program at the package manager: unattended upgrades, as a rule.
LOCKED_SECONDS = 120

_LOCKED = re.compile(
    r"Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock|locked by another process|"
    r"System management is locked|can't create transaction lock")
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_QUOTED = 600


class Calls:
    """The package manager of a host, as one run uses it. interrupted: whether it was ended in the middle."""

    def __init__(self, manager: Manager) -> None:
        self.manager = manager
        self.interrupted = False

    def run(self, argv: Argv, *, seconds: float = ASK_SECONDS) -> host.Answer:
        """Call it; where another program holds its lock, wait for that. Raises SlipwayError, and OSError where it
        cannot be started."""
        environment = host.clean_environment()
        environment.update({name: os.environ[name] for name in _PROXIES if name in os.environ})
        environment.update(self.manager.environment)
        os.makedirs(os.path.dirname(RUNNING), mode=0o755, exist_ok=True)
        end = time.monotonic() + LOCKED_SECONDS
        while True:
            answer = host.run(("flock", RUNNING) + tuple(argv), seconds=seconds, environment=environment)
            self.interrupted = self.interrupted or answer.code is None
            if answer.code == 0 or not _LOCKED.search(answer.words):
                return answer
            if time.monotonic() > end:
                raise SlipwayError(
                    "manager_locked", "another program has held the package manager for more than %d s: %s" % (
                        LOCKED_SECONDS, quote(answer)))
            time.sleep(1)

    def succeeds(self, argv: Argv) -> bool:
        """Whether it ends well."""
        return self.run(argv).code == 0

    def install(self, names: Sequence[str]) -> str:
        """Install; says what was in the way, else ''."""
        answer = self.run(self.manager.install(names), seconds=INSTALL_SECONDS)
        return "" if self.manager.done(answer.code) else quote(answer)

    def remove(self, keys: Sequence[str]) -> str:
        """Remove exactly these; says what was in the way, else ''."""
        return self._change(self.manager.remove(keys)) if keys else ""

    def purge(self, keys: Sequence[str]) -> str:
        """Remove the configuration of what was removed; says what was in the way, else ''."""
        return self._change(self.manager.purge(keys)) if keys else ""

    def finish(self) -> str:
        """End what an interrupted manager began; says what was in the way, else ''."""
        return self._change(self.manager.finish)

    def states(self, keys: Sequence[str]) -> Dict[str, State]:
        """What is there of packages, by key."""
        return self.manager.states(self.run(self.manager.query(keys)).output) if keys else {}

    def _change(self, argv: Argv) -> str:
        if not argv:
            return ""
        answer = self.run(argv, seconds=INSTALL_SECONDS)
        return "" if answer.code == 0 else quote(answer)


def await_running() -> None:
    """Wait until the package manager of a run that was killed has ended. Raises SlipwayError."""
    with host.lock(RUNNING, seconds=INSTALL_SECONDS):
        pass


def quote(answer: host.Answer) -> str:
    """The end of what a manager said, without passwords in addresses."""
    if answer.code is None:
        return "it did not end in time"
    words = re.sub(r"://[^/@\s]+@", "://***@", answer.error.strip() or answer.output)
    lines = [line.strip() for line in words.splitlines()]
    text = " / ".join(line for line in lines if line and not line.startswith(("debconf:", "(Reading")))
    return text if len(text) <= _QUOTED else "... " + text[-_QUOTED:]
