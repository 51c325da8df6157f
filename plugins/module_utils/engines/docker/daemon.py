# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running daemon of the Docker family: spoken to, signalled, restarted, and watched while it takes a change in."""

import contextlib
import json
import os
import signal
import time
from typing import Any, Dict, List, Set, Tuple

from ...core import host
from ...core.errors import SlipwayError
from ...core.secrets import mask
from . import report
from .api import ApiFailure, EngineApi
from .clients import connected_clients
from .questions import EngineState, User, users_of
from .report import Loaded

# How often the engine is looked at while it takes a change in, in seconds.
POLL_SECONDS = 0.02
# How often its log is read meanwhile, which costs more.
LOG_SECONDS = 0.1


class DaemonControl:
    """The daemon that a state tells of. seconds: how long a change may take. secrets: what its words must not show."""

    def __init__(self, state: EngineState, *, seconds: int, secrets: Set[str]) -> None:
        self.state = state
        self.title = state.place.engine.title
        self.seconds = seconds
        self.secrets = secrets
        self.signalled_at = 0.0

    # -- what it says

    def api(self) -> EngineApi:
        """Its API. A call of it may take as long as a change, within reason."""
        return EngineApi(self.state.socket, timeout=min(30, max(5, self.seconds)))

    def users(self) -> Tuple[User, ...]:
        """Its containers and the runtime of each. Raises ApiFailure."""
        api = self.api()
        found = []
        for one in api.get("/containers/json", all=True):
            with contextlib.suppress(ApiFailure):  # gone since it was listed
                facts = api.get("/containers/%s/json" % one["Id"])
                found.append({
                    "Id": facts["Id"], "Name": facts["Name"], "Runtime": facts["HostConfig"].get("Runtime"),
                    "Running": facts["State"]["Running"]})
        return users_of(found)

    def busy(self, info: Dict[str, Any]) -> Tuple[str, ...]:
        """What a restart would stop, a phrase each. info: its own report. Raises ApiFailure."""
        found = []
        running = self.api().get("/containers/json")
        if running and not info.get("LiveRestoreEnabled"):
            names = sorted((one.get("Names") or [one["Id"][:12]])[0].lstrip("/") for one in running)
            found.append("%d running containers (%s)" % (len(names), ", ".join(names[:10])))
        if (info.get("Swarm") or {}).get("LocalNodeState") == "active":
            found.append("this node's tasks of a swarm")
        clients = connected_clients(self.state.socket)
        if clients:
            found.append("%d clients that are connected to its socket (a build, a pull, a session)" % clients)
        units = self._bound_units()
        if units:
            found.append("units that are bound to it (%s)" % ", ".join(units))
        return tuple(found)

    def _bound_units(self) -> List[str]:
        unit = self.unit()
        if not unit:
            return []
        answer = self._systemctl("show", "-p", "RequiredBy", "-p", "BoundBy", "-p", "ConsistsOf", unit)
        names = set(" ".join(line.partition("=")[2] for line in answer.output.splitlines()).split())
        found = []
        for name in sorted(names):
            if not name.endswith(".socket") and self._systemctl("is-active", name).output.strip() == "active":
                found.append(name)
        return found

    def program(self) -> str:
        """The path of its own program: the one that runs, where one does."""
        daemon = self.state.daemon
        if daemon is not None:
            with contextlib.suppress(OSError):
                path = os.readlink("/proc/%d/exe" % daemon.pid)
                return path if os.path.exists(path) else "/proc/%d/exe" % daemon.pid
        return self.state.program

    # -- what is done to it

    def unit(self) -> str:
        """The unit that runs it; '' where none does."""
        unit = self.state.unit
        return unit.get("Id", "") if unit.get("LoadState") == "loaded" else ""

    def _systemctl(self, *words: str, seconds: float = 20) -> host.Answer:
        user = ["--user"] if self.state.place.scope == "user" else []
        environment = host.clean_environment()
        if user:
            run_dir = os.path.dirname(self.state.run_dir)
            environment["XDG_RUNTIME_DIR"] = run_dir
            environment.setdefault("DBUS_SESSION_BUS_ADDRESS", "unix:path=%s/bus" % run_dir)
        return host.run(["systemctl"] + user + list(words), seconds=seconds, environment=environment)

    def reload(self) -> None:
        """Ask it to read its file again. It answers nothing: see wait_for. Raises OSError."""
        self.signalled_at = time.time()
        os.kill(self.state.daemon.pid, signal.SIGHUP)

    def restart(self) -> None:
        """Restart it, or start it where it is down. Raises SlipwayError where it does not come up."""
        unit = self.unit()
        if not unit:
            raise SlipwayError(
                "no_unit", "%s needs a restart, and no unit of the service manager runs it; restart it by hand, or set "
                "'restart: never'" % self.title, option="unit")
        self.signalled_at = time.time()
        # Else the start limit, used up by earlier failures, would refuse a good configuration.
        self._systemctl("reset-failed", unit)
        answer = self._systemctl("restart", unit, seconds=self.seconds)
        if answer.code != 0:
            raise SlipwayError("engine_did_not_start", "%s did not come back after its restart: %s" % (
                self.title, self.refusal() or answer.words or "no answer within %d s" % self.seconds))

    def wait_for(self, loaded: Loaded, *, event: bool) -> None:
        """Wait until the engine itself reports what was asked for. event: a reload's success is an event of its own.

        Raises SlipwayError where it refuses, ends, or takes longer than it may.
        """
        end = time.monotonic() + self.seconds
        api = self.api()
        seen = not event
        looked, last = time.monotonic(), ""
        while True:
            try:
                seen = seen or self._reloaded(api)
                if seen:
                    info = api.get("/info")
                    last = report.differs(info, loaded)
                    if not last:
                        return
            except ApiFailure as error:
                last = str(error)
                if event and not os.path.exists("/proc/%d" % self.state.daemon.pid):
                    raise SlipwayError("engine_died", "%s ended while it took the change in%s" % (
                        self.title, ": " + self.refusal() if self.refusal() else ""))
            if time.monotonic() - looked > LOG_SECONDS:
                looked = time.monotonic()
                words = self.refusal()
                if words:
                    raise SlipwayError(
                        "engine_refused", "%s refused the change: %s" % (self.title, words))
            if time.monotonic() > end:
                raise SlipwayError(
                    "not_observed", "%s did not report the change within %d s (wait_timeout): %s" % (
                        self.title, self.seconds,
                        last if seen else "its reload has not ended" + self._hanging()))
            time.sleep(POLL_SECONDS)

    def _reloaded(self, api: EngineApi) -> bool:
        # The engine keeps its last events: nothing is missed between two looks.
        query = {"since": "%.6f" % self.signalled_at, "until": "%.6f" % time.time(),
                 "filters": json.dumps({"type": ["daemon"], "event": ["reload"]})}
        return any(True for _event in api.stream("/events", timeout=5, **query))

    def refusal(self) -> str:
        """The engine's own words about this reload or start, from its unit's log; '' where it has none to say."""
        unit = self.unit()
        if not unit:
            return ""
        words = ["-u", unit] if self.state.place.scope != "user" else ["--user-unit", unit]
        try:
            answer = host.run(
                ["journalctl", "-o", "cat", "--no-pager", "--since", "@%.6f" % self.signalled_at] + words, seconds=10)
        except OSError:
            return ""
        return mask(report.refusal_in(answer.output), self.secrets)

    def _hanging(self) -> str:
        names = [" ".join(argv) for _pid, argv in self._feature_children()]
        return ": it waits for '%s'" % "', '".join(names) if names else ""

    def end_hanging(self) -> None:
        """End what it waits for: programs that it asked for their features and that never answer."""
        for pid, _argv in self._feature_children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _feature_children(self) -> List[Tuple[int, List[str]]]:
        """The daemon's own children that were asked for their features."""
        found = []
        daemon = self.state.daemon.pid if self.state.daemon else 0
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            with contextlib.suppress(OSError, IndexError, ValueError):
                with open("/proc/%s/stat" % name) as lines:
                    parent = int(lines.read().rpartition(")")[2].split()[1])
                with open("/proc/%s/cmdline" % name, "rb") as raw:
                    argv = raw.read().rstrip(b"\0").decode("utf-8", "replace").split("\0")
                if parent == daemon and argv[-1] == "features":
                    found.append((int(name), argv))
        return found
