# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registering runtimes does on a host: the engine is asked, its file written, the daemon reloaded and watched."""

import base64
import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from typing import Any, Dict, List, Optional, Set, Tuple

from ...core import host
from ...core.errors import SlipwayError
from ...core.plan import Plan
from ...core.secrets import mask
from ...core.subject import Effects
from . import live, plan as planner
from .api import ApiFailure, EngineApi
from .clients import connected_clients
from .entries import normal
from .live import Loaded
from .plan import Write
from .questions import LIB_DIR, RUN_DIR, EngineState, engine_questions, read_engine, users_of
from .version import knows, parse_version
from .wanted import Wanted

# A program that is asked for its version or features has this long, in seconds; a reload waits for it without a limit.
PROGRAM_SECONDS = 5
VALIDATE_SECONDS = 30
# How often the engine is looked at while it takes a change in, in seconds.
POLL_SECONDS = 0.02


class EngineEffects(Effects):
    """One engine of one host, for one run."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.place = wanted.place
        self.engine = wanted.place.engine
        run_dir, lib_dir = folders(self.place.scope)
        # One for all places of an engine: two of them may lead to the same file.
        self.lock_path = os.path.join(run_dir, self.engine.name + ".lock")
        self.record_path = os.path.join(run_dir, self.place.key + ".json")
        self.origin_path = os.path.join(lib_dir, self.place.key + ".json")
        self.journal_path = os.path.join(lib_dir, self.place.key + ".journal")
        self.state: Any = None  # the EngineState that the plan was made from
        self.backup_file = ""
        self.made_folder = False
        self.validated = False
        self.signalled_at = 0.0

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        self.state = self._read()
        plan = planner.plan(self.wanted, self.state, check_mode=check_mode)
        if plan.unknown:
            self.state = self._deepen(self.state, plan)
            plan = planner.plan(self.wanted, self.state, check_mode=check_mode)
        return plan

    def _read(self) -> EngineState:
        shims, programs = self.wanted.shims, self.wanted.programs
        snapshot = host.ask(engine_questions(self.place, shims=shims, programs=programs))
        if "config" in snapshot.trouble:
            path = snapshot.file("config").path
            raise SlipwayError(
                "no_permission", "%s cannot be read by this user; run the task as the engine's owner (become: true)" % path,
                config_path=path)
        return read_engine(snapshot, self.place, shims=shims, programs=programs)

    def _deepen(self, state: EngineState, plan: Plan) -> EngineState:
        """What the plan lacks, from the engine's API."""
        if state.daemon is None:
            return state
        api = self._api(state)
        try:
            info = api.get("/info")
            state = state._replace(info=info, busy=self._busy(api, state, info))
            if self.wanted.removes:
                state = state._replace(users=self._users(api))
        except ApiFailure as error:
            raise SlipwayError(
                "engine_unreachable", "%s runs (process %d), but does not answer at %s: %s. 'socket' names another one" % (
                    self.engine.title, state.daemon.pid, state.socket, error), option="socket")
        return state

    def _users(self, api: EngineApi) -> Tuple[Any, ...]:
        found = []
        for one in api.get("/containers/json", all=True):
            with contextlib.suppress(ApiFailure):  # gone since it was listed
                facts = api.get("/containers/%s/json" % one["Id"])
                found.append({
                    "Id": facts["Id"], "Name": facts["Name"], "Runtime": facts["HostConfig"].get("Runtime"),
                    "Running": facts["State"]["Running"]})
        return users_of(found)

    def _busy(self, api: EngineApi, state: EngineState, info: Dict[str, Any]) -> Tuple[str, ...]:
        """What a restart would stop."""
        found = []
        running = api.get("/containers/json")
        if running and not info.get("LiveRestoreEnabled"):
            names = sorted((one.get("Names") or [one["Id"][:12]])[0].lstrip("/") for one in running)
            found.append("%d running containers (%s)" % (len(names), ", ".join(names[:10])))
        if (info.get("Swarm") or {}).get("LocalNodeState") == "active":
            found.append("this node's tasks of a swarm")
        clients = connected_clients(state.socket)
        if clients:
            found.append("%d clients that are connected to its socket (a build, a pull, a session)" % clients)
        units = self._bound_units(state)
        if units:
            found.append("units that are bound to it (%s)" % ", ".join(units))
        return tuple(found)

    def _bound_units(self, state: EngineState) -> List[str]:
        unit = state.unit.get("Id")
        if not unit:
            return []
        answer = self._systemctl("show", "-p", "RequiredBy", "-p", "BoundBy", "-p", "ConsistsOf", unit)
        names = set(" ".join(line.partition("=")[2] for line in answer.output.splitlines()).split())
        found = []
        for name in sorted(names):
            if not name.endswith(".socket") and self._systemctl("is-active", name).output.strip() == "active":
                found.append(name)
        return found

    # -- check

    def check(self, plan: Plan) -> None:
        self._ask_programs(plan)
        write: Optional[Write] = plan.step("write")
        if write is None:
            return
        folder = os.path.dirname(write.before.target)
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):
            if os.statvfs(folder).f_flag & os.ST_RDONLY:
                raise SlipwayError("read_only", "%s is on a file system that is mounted read-only" % folder,
                                   config_path=write.before.path)
            raise SlipwayError(
                "no_permission", "%s cannot be written by this user; run the task as the engine's owner (become: true)"
                % folder, config_path=write.before.path)
        self._ask_validator(write)

    def _ask_programs(self, plan: Plan) -> None:
        """A program that hangs would hang the engine's reload, and every later one."""
        known = planner.read_document(self.state).data.get(live.RUNTIMES) or {}
        if live.is_live(self.state) is None:
            known = {}
        for runtime in self.wanted.runtimes:
            program = runtime.path or runtime.options.get("BinaryName") or ""
            if not runtime.present or not program:
                continue
            old = normal(known.get(runtime.name) or {})
            if runtime.path and old.get("path") == runtime.path:
                continue
            key = "path" if runtime.path else "options[BinaryName]"
            option = "runtimes[%s].%s" % (runtime.name, key)
            found = self.state.found.get(program)
            path = found.path if found and found.path else program
            for question in ("--version", "features"):
                ask_program(path, question, option=option)
        self._ask_others(plan, known)

    def _ask_others(self, plan: Plan, known: Dict[str, Any]) -> None:
        """Somebody else's entries that may never have been loaded: what is wrong with them is not ours to say, but a reload
        that never ends is."""
        named = [runtime.name for runtime in self.wanted.runtimes]
        for name, one in self._loaded(plan).runtimes.items():
            path = normal(one).get("path") if isinstance(one, dict) else None
            if path and name not in named and name not in known:
                try:
                    ask_program(path, "features", option="runtimes[%s].path" % name)
                except SlipwayError as error:
                    if error.reason == "program_hangs":
                        raise

    def _ask_validator(self, write: Write) -> None:
        version = parse_version(self.state.version or live.version_of(self.state) or "")
        program = self._daemon_program()
        if not program or not knows(version, "validate"):
            return
        folder = tempfile.mkdtemp(prefix="slipway-")
        try:
            for content in dict.fromkeys((write.content, write.final)):
                if content is None:
                    continue
                candidate = os.path.join(folder, "daemon.json")
                with open(candidate, "wb") as out:
                    out.write(content)
                argv = [program, "--validate", "--config-file", candidate]
                argv.extend(_without_config(self.state.argv[1:]))
                answer = host.run(argv, seconds=VALIDATE_SECONDS)
                if answer.code is None:
                    raise SlipwayError("validator_hangs", "%s --validate did not end within %d s" % (
                        program, VALIDATE_SECONDS), config_path=write.before.path)
                if answer.code != 0:
                    words = mask(answer.words, self._secrets()).replace(candidate, write.before.path)
                    raise SlipwayError(
                        "engine_refuses", "%s refuses the configuration: %s" % (self.engine.title, words),
                        config_path=write.before.path)
            self.validated = True
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _daemon_program(self) -> str:
        daemon = self.state.daemon
        if daemon is not None:
            with contextlib.suppress(OSError):
                path = os.readlink("/proc/%d/exe" % daemon.pid)
                return path if os.path.exists(path) else "/proc/%d/exe" % daemon.pid
        return self.state.program

    # -- commit, apply, observe, settle

    def journal(self, plan: Plan) -> Dict[str, Any]:
        write, loaded = plan.step("write"), self._loaded(plan)
        daemon = self.state.daemon
        facts = {
            "action": plan.result["action"], "unit": self._unit(), "daemon": daemon.pid if daemon else 0,
            "running": daemon is not None, "default": loaded.default}
        if write is not None:
            facts.update(
                path=write.before.target, before=_base64(write.before.content), content=_base64(write.content),
                final=_base64(write.final), origin=write.origin)
        return facts

    def commit(self, plan: Plan) -> None:
        write = plan.step("write")
        if write is None:
            return
        current = host.read(write.before.target)
        if current != write.before.content:
            raise SlipwayError(
                "config_changed", "%s was changed by somebody else while this run looked at it; nothing was written"
                % write.before.path, config_path=write.before.path)
        if self.wanted.backup and current is not None:
            self.backup_file = host.back_up(write.before.target)
        self._put(write.before.target, write.content)

    def apply(self, plan: Plan) -> None:
        action = plan.result["action"]
        if action == "reload":
            self._signal()
        elif action == "restart":
            self._restart()

    def observe(self, plan: Plan) -> None:
        action = plan.result["action"]
        if action == "none":
            return
        self._await(self._loaded(plan), event=action == "reload")

    def settle(self, plan: Plan) -> Dict[str, Any]:
        write: Optional[Write] = plan.step("write")
        if write is not None:
            if write.final != write.content:
                if host.read(write.before.target) != write.content:
                    raise SlipwayError(
                        "config_changed", "%s was changed by somebody else during this run" % write.before.path,
                        config_path=write.before.path)
                self._put(write.before.target, write.final)
            self._note(write.origin)
        self._record(plan)
        extra = {"backup_file": self.backup_file, "validated": self.validated}
        return {key: value for key, value in extra.items() if value}

    def _note(self, origin: Optional[Dict[str, Any]]) -> None:
        folder = os.path.dirname(self.state.config.target)
        if origin is None:
            host.remove(self.origin_path)
            with contextlib.suppress(OSError):  # not ours alone, or not empty
                os.rmdir(os.path.dirname(self.origin_path))
                if self.state.state.get("folder"):
                    os.rmdir(folder)
            return
        if self.made_folder or self.state.state.get("folder"):
            origin = dict(origin, folder=True)
        self._keep(self.origin_path, origin, mode=0o600)

    def _record(self, plan: Plan) -> None:
        """Write down that this daemon has loaded this file, if that is so."""
        if self.state.daemon is None:
            return
        write = plan.step("write")
        state = read_engine(host.ask(engine_questions(self.place)), self.place)
        if state.daemon is None or state.config.content != (write.final if write else self.state.config.content):
            return
        version = live.version_of(state) or live.version_of(self.state)
        loaded = self._loaded(plan)
        record = {
            "config": state.config.path, "daemon": live.daemon_key(state), "file": live.file_key(state.config),
            "features": loaded.started, "version": version}
        if record == state.record:
            return
        self._keep(self.record_path, record, mode=0o644)

    def _doubt(self) -> None:
        """Write down that it is not known which file the daemon has loaded; what it started with still is."""
        record = host.read_object(self.record_path)
        if record is not None:
            self._keep(self.record_path, dict(record, file=""), mode=0o644)

    @staticmethod
    def _keep(path: str, note: Dict[str, Any], *, mode: int) -> None:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        host.replace(path, (json.dumps(note, sort_keys=True) + "\n").encode("ascii"), mode=mode)

    def _loaded(self, plan: Plan) -> Loaded:
        for step in plan.steps:
            if isinstance(step.detail, Loaded):
                return step.detail
        return live.loaded_now(self.state)

    # -- the daemon

    def _api(self, state: EngineState) -> EngineApi:
        return EngineApi(state.socket, timeout=min(30, max(5, self.wanted.wait_timeout)))

    def _unit(self) -> str:
        unit = self.state.unit
        return unit.get("Id", "") if unit.get("LoadState") == "loaded" else ""

    def _systemctl(self, *words: str, seconds: float = 20) -> host.Answer:
        user = ["--user"] if self.place.scope == "user" else []
        environment = host.clean_environment()
        if user:
            run_dir = os.path.dirname(os.path.dirname(self.record_path))
            environment["XDG_RUNTIME_DIR"] = run_dir
            environment.setdefault("DBUS_SESSION_BUS_ADDRESS", "unix:path=%s/bus" % run_dir)
        return host.run(["systemctl"] + user + list(words), seconds=seconds, environment=environment)

    def _signal(self) -> None:
        self.signalled_at = time.time()
        os.kill(self.state.daemon.pid, signal.SIGHUP)

    def _restart(self) -> None:
        unit = self._unit()
        if not unit:
            raise SlipwayError(
                "no_unit", "%s needs a restart, and no unit of the service manager runs it; restart it by hand, or set "
                "'restart: never'" % self.engine.title, option="unit")
        self.signalled_at = time.time()
        # Else the start limit, used up by earlier failures, would refuse a good configuration.
        self._systemctl("reset-failed", unit)
        answer = self._systemctl("restart", unit, seconds=self.wanted.wait_timeout)
        if answer.code != 0:
            raise SlipwayError("engine_did_not_start", "%s did not come back after its restart: %s" % (
                self.engine.title, self._log() or answer.words or "no answer within %d s" % self.wanted.wait_timeout))

    def _await(self, loaded: Loaded, *, event: bool) -> None:
        """Wait until the engine itself reports what was asked for. event: a reload's success is an event of its own."""
        end = time.monotonic() + self.wanted.wait_timeout
        api = self._api(self.state)
        seen = not event
        looked, last = time.monotonic(), ""
        while True:
            try:
                seen = seen or self._reloaded(api)
                if seen:
                    info = api.get("/info")
                    last = live.differs(info, loaded)
                    if not last:
                        return
            except ApiFailure as error:
                last = str(error)
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                words = self._log()
                if words:
                    raise SlipwayError(
                        "engine_refused", "%s refused the change: %s" % (self.engine.title, words))
            if time.monotonic() > end:
                raise SlipwayError(
                    "not_observed", "%s did not report the change within %d s (wait_timeout): %s" % (
                        self.engine.title, self.wanted.wait_timeout,
                        last if seen else "its reload has not ended" + self._hanging()))
            time.sleep(POLL_SECONDS)

    def _reloaded(self, api: EngineApi) -> bool:
        # The engine keeps its last events: nothing is missed between two looks.
        query = {"since": "%.6f" % self.signalled_at, "until": "%.6f" % time.time(),
                 "filters": json.dumps({"type": ["daemon"], "event": ["reload"]})}
        return any(True for _event in api.stream("/events", timeout=5, **query))

    def _log(self) -> str:
        """The engine's own words about this reload or start, from its unit's log; '' where it has none to say."""
        unit = self._unit()
        if not unit:
            return ""
        words = ["-u", unit] if self.place.scope != "user" else ["--user-unit", unit]
        try:
            answer = host.run(
                ["journalctl", "-o", "cat", "--no-pager", "--since", "@%.6f" % self.signalled_at] + words, seconds=10)
        except OSError:
            return ""
        return mask(live.refusal_in(answer.output), self._secrets())

    def _hanging(self) -> str:
        names = [" ".join(argv) for _pid, argv in self._feature_children()]
        return ": it waits for '%s'" % "', '".join(names) if names else ""

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

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        write: Optional[Write] = plan.step("write")
        if write is None:
            # A restart or reload of a file that was there before: nothing of ours to take back.
            if read_engine(host.ask(engine_questions(self.place)), self.place).daemon is None:
                raise SlipwayError("engine_down", "%s does not run, and %s was not written by this run" % (
                    self.engine.title, self.state.config.path))
            return "%s was not touched, and %s runs." % (self.state.config.path, self.engine.title)
        current = host.read(write.before.target)
        if stage == "commit" and current != write.content:
            return "Nothing was changed."
        if current not in (write.content, write.final, write.before.content):
            raise SlipwayError("config_changed", "%s was changed by somebody else meanwhile, and was left as it is" % (
                write.before.path))
        back = write.before.content
        if stage == "commit" or plan.result["action"] == "none":
            self._put(write.before.target, back)
            return "%s is as it was before." % write.before.path
        for pid, _argv in self._feature_children():
            os.kill(pid, signal.SIGKILL)
        self._back_live(write.before.target, back, restart=plan.result["action"] == "restart")
        if stage == "settle":
            self._note(self.state.state or None)
        return "%s is as it was before, and %s runs with it." % (write.before.path, self.engine.title)

    def _back_live(self, path: str, back: Optional[bytes], *, restart: bool) -> None:
        """Put the old file back and make it live. It is written out in full first: a missing key forgets nothing."""
        state = self.state
        daemon = read_engine(host.ask(engine_questions(self.place)), self.place).daemon
        if restart or daemon is None:
            self._put(path, back)
            self._restart()
            self._await(live.loaded_from(back, state), event=False)
        else:
            self.state = state._replace(daemon=daemon)
            self._put(path, planner.teaching_of(back, state))
            self._signal()
            self._await(live.loaded_from(back, state), event=True)
            self._put(path, back)
        self._doubt()

    def recover(self, journal: Dict[str, Any]) -> str:
        path = journal.get("path")
        self._doubt()
        self.state = self._read()
        for one in (path, self.origin_path, self.record_path):
            if one:
                host.remove_unfinished(one)
        said = "An earlier run was interrupted at '%s'" % journal.get("stage", "journal")
        if path:
            before, content, final = (_unbase64(journal.get(key)) for key in ("before", "content", "final"))
            current = host.read(path)
            if journal.get("stage") == "settle" and current in (content, final):
                self._put(path, final)
                self._note(journal.get("origin"))
                said += "; it was finished"
            elif current == before:
                said += "; %s is as it was before it" % path
            elif current in (content, final):
                self._put(path, before)
                said += "; it was undone: %s is as it was before it" % path
            else:
                said += "; %s was changed by somebody else since, and was left as it is" % path
        if journal.get("running") and self.state.daemon is None and journal.get("unit"):
            self._systemctl("reset-failed", journal["unit"])
            self._systemctl("start", journal["unit"], seconds=self.wanted.wait_timeout)
            said += "; %s was started again" % self.engine.title
        return said + "."

    # -- small

    def _put(self, path: str, content: Optional[bytes]) -> None:
        if content is None:
            host.remove(path)
            return
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o755)
            self.made_folder = True
        there = os.path.exists(path)
        host.replace(path, content, like=path if there else None)
        if not there and os.path.exists("/sys/fs/selinux/enforce"):
            with contextlib.suppress(OSError):
                host.run(["restorecon", path], seconds=10)

    def _secrets(self) -> Set[str]:
        return planner.foreign_secrets(self.state.config.content, self.wanted)


def folders(scope: str) -> Tuple[str, str]:
    """Where records and locks, and where journals and notes lie; as the probe's own script finds them."""
    if scope != "user":
        return RUN_DIR, LIB_DIR
    run_dir = os.environ.get("XDG_RUNTIME_DIR") or ""
    if not run_dir or not os.access(run_dir, os.W_OK):
        run_dir = "/run/user/%d" % os.getuid()
    lib_dir = os.environ.get("XDG_STATE_HOME") or os.path.join(os.environ.get("HOME") or "/", ".local/state")
    return os.path.join(run_dir, "slipway-runtimes"), os.path.join(lib_dir, "slipway-runtimes")


def ask_program(path: str, question: str, *, option: str) -> str:
    """A program's answer to one word. Raises SlipwayError where it hangs, or cannot be run at all.

    What it answers is its own matter: programs that do not know 'features' say so with an exit code, and engines go on.
    """
    try:
        answer = host.run([path, question], seconds=PROGRAM_SECONDS)
    except OSError as error:
        raise SlipwayError("program_broken", "%s: %s cannot be run: %s" % (option, path, error.strerror), option=option)
    if answer.code is None:
        raise SlipwayError(
            "program_hangs", "%s: '%s %s' did not end within %d s; the engine asks the same at every reload and would wait "
            "for ever" % (option, path, question, PROGRAM_SECONDS), option=option)
    if answer.code in (126, 127):
        raise SlipwayError("program_broken", "%s: %s cannot be run: %s" % (
            option, path, answer.words[:500] or "exit code %d" % answer.code), option=option)
    return answer.words


def _without_config(argv: Tuple[str, ...]) -> List[str]:
    found, skip = [], False
    for word in argv:
        if skip:
            skip = False
        elif word == "--config-file":
            skip = True
        elif not word.startswith("--config-file=") and not word.startswith("$"):
            found.append(word)
    return found


def _base64(content: Optional[bytes]) -> Optional[str]:
    return None if content is None else base64.b64encode(content).decode("ascii")


def _unbase64(text: Any) -> Optional[bytes]:
    return None if text is None else base64.b64decode(text)
