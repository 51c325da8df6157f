# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registering runtimes does on a host, stage by stage, and back: the file, its notes, the daemon."""

import contextlib
import json
import os
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from ...core import host
from ...core.errors import SlipwayError
from ...core.plan import Plan
from ...core.receipts import folders
from ...core.snapshot import file_question
from ...core.subject import Effects
from . import change, live, plan as planner, report
from .api import ApiFailure
from .change import Write
from .checks import ask_programs, validate
from .daemon import DaemonControl
from .questions import EngineState, engine_questions, read_engine
from .report import Loaded
from .version import knows, parse_version
from .wanted import Wanted


class EngineEffects(Effects):
    """One engine of one host, for one run."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        # Where other parts of a transaction bring programs along: the state as it will be with them, and the runtimes
        # whose programs can be asked nothing before that.
        self.view: Callable[[EngineState], EngineState] = lambda state: state
        self.later: Tuple[str, ...] = ()
        # Where they take shims away: those need no entry, so any container may be one of theirs.
        self.with_users = False
        self.place = wanted.place
        self.engine = wanted.place.engine
        run_dir, lib_dir = folders(self.place.scope)
        # One for all places of an engine: two of them may lead to the same file.
        self.lock_paths = (os.path.join(run_dir, self.engine.name + ".lock"),)
        self.record_path = os.path.join(run_dir, self.place.key + ".json")
        self.origin_path = os.path.join(lib_dir, self.place.key + ".json")
        self.journal_path = os.path.join(lib_dir, self.place.key + ".journal")
        self.state: Any = None  # the EngineState that the plan was made from
        self.backup_file = ""
        self.made_folders: List[str] = []
        self.validated = False
        self.daemon: Any = None  # the DaemonControl that was told to take the change in

    # -- read and plan

    def plan(self, *, check_mode: bool) -> Plan:
        self.state = self._read()
        plan = planner.plan(self.wanted, self.state, check_mode=check_mode)
        if plan.unknown or self.with_users:
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
        return self.view(read_engine(snapshot, self.place, shims=shims, programs=programs))

    def _deepen(self, state: EngineState, plan: Plan) -> EngineState:
        """What the plan lacks, from the engine's API."""
        if state.daemon is None:
            return state
        daemon = self._control()
        try:
            info = daemon.api().get("/info")
            state = state._replace(info=info)
            if change.UNKNOWN_BUSY in plan.unknown:
                state = state._replace(busy=daemon.busy(info))
            if self.wanted.removes or self.with_users:
                state = state._replace(users=daemon.users())
        except ApiFailure as error:
            raise self._unreachable(error)
        return state

    def _unreachable(self, error: ApiFailure) -> SlipwayError:
        return SlipwayError(
            "engine_unreachable", "%s runs (process %d), but does not answer at %s: %s. 'socket' names another one" % (
                self.engine.title, self.state.daemon.pid, self.state.socket, error), option="socket")

    # -- check

    def check(self, plan: Plan) -> None:
        ask_programs(
            self.wanted.runtimes, self.state.found, known=self._known(), loaded=self._loaded(plan).runtimes,
            leave=self.later)
        if plan.result["action"] != "none":
            # Who cannot be asked afterwards what it has loaded is not told to load anything.
            try:
                self._control().api().get("/version")
            except ApiFailure as error:
                raise self._unreachable(error)
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
        version = parse_version(live.version_of(self.state) or "")
        program = self._control().program()
        if program and knows(version, "validate"):
            contents = [one for one in dict.fromkeys((write.content, write.final)) if one is not None]
            validate(
                program, contents, argv=self.state.argv, path=write.before.path, title=self.engine.title,
                secrets=self._secrets())
            self.validated = True

    def ask_later(self) -> None:
        """Ask the programs that have been brought along since. Raises SlipwayError that names the option."""
        late = [one for one in self.wanted.runtimes if one.name in self.later]
        ask_programs(late, self.state.found, known=self._known(), loaded={})

    def _known(self) -> Dict[str, Any]:
        if live.is_live(self.state) is None:
            return {}
        return planner.read_document(self.state).data.get(live.RUNTIMES) or {}

    # -- commit, apply, observe, settle

    def journal(self, plan: Plan) -> Dict[str, Any]:
        write, loaded = plan.step("write"), self._loaded(plan)
        daemon = self.state.daemon
        facts = {
            "action": plan.result["action"], "unit": self._control().unit(), "daemon": daemon.pid if daemon else 0,
            "running": daemon is not None, "default": loaded.default}
        if write is not None:
            facts.update(
                path=write.before.target, before=host.to_base64(write.before.content), content=host.to_base64(write.content),
                final=host.to_base64(write.final), origin=write.origin)
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
        self.daemon = self._control()
        if plan.result["action"] == "reload":
            self.daemon.reload()
        elif plan.result["action"] == "restart":
            self.daemon.restart()

    def observe(self, plan: Plan) -> None:
        action = plan.result["action"]
        if action != "none":
            self.daemon.wait_for(self._loaded(plan), event=action == "reload")

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
        made = list(self.state.state.get("folders") or self.made_folders)
        if origin is None:
            host.remove(self.origin_path)
            # Each for itself: the first still holds what other subjects note.
            host.remove_empty([os.path.dirname(self.origin_path)] + made)
            return
        if made:
            origin = dict(origin, folders=made)
        self._keep(self.origin_path, origin, mode=0o600)

    def _record(self, plan: Plan) -> None:
        """Write down that this daemon has loaded this file, if that is so."""
        if self.state.daemon is None:
            return
        write = plan.step("write")
        state = self.state
        if plan.result["action"] == "restart":
            state = self._read()
        elif write is not None:
            # The daemon is the one that was told; should it be another by now, the record fits none.
            facts = host.ask((file_question("config", state.config.path),)).file("config")
            state = state._replace(config=facts)
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
        host.keep(path, (json.dumps(note, sort_keys=True) + "\n").encode("ascii"), mode=mode)

    def _loaded(self, plan: Plan) -> Loaded:
        for step in plan.steps:
            if isinstance(step.detail, Loaded):
                return step.detail
        return report.loaded_now(self.state)

    # -- back

    def undo(self, plan: Plan, stage: str) -> str:
        write: Optional[Write] = plan.step("write")
        if stage in ("apply", "observe", "withdraw"):
            self._control().end_hanging()
        if write is None:
            # A restart or reload of a file that was there before: nothing of ours to take back.
            if self._read().daemon is None:
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
        self._back_live(write.before.target, back, tried=write.content, restart=plan.result["action"] == "restart")
        if stage == "settle":
            self._note(self.state.state or None)
        return "%s is as it was before, and %s runs with it." % (write.before.path, self.engine.title)

    def _back_live(self, path: str, back: Optional[bytes], *, tried: Optional[bytes], restart: bool) -> None:
        """Put the old file back and make it live. It is written out in full first: a missing key forgets nothing.

        tried: what the daemon was told to load instead. It may still be about to, and that reload's event is not ours.
        """
        loaded = report.loaded_from(back, self.state, instead_of=tried)
        daemon = self._control(self.state._replace(daemon=self._read().daemon))
        if restart or daemon.state.daemon is None:
            self._put(path, back)
            daemon.restart()
            daemon.wait_for(loaded, event=False)
        else:
            self._put(path, change.teaching_of(back, self.state))
            daemon.reload()
            daemon.wait_for(loaded, event=True)
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
            before, content, final = (host.from_base64(journal.get(key)) for key in ("before", "content", "final"))
            current = host.read(path)
            # As it is while it is made live: see _back_live.
            teaching = change.teaching_of(before, self.state)
            if journal.get("stage") == "settle" and current in (content, final):
                self._put(path, final)
                self._note(journal.get("origin"))
                said += "; it was finished"
            elif current in (before, content, final, teaching):
                if self._was_told(journal):
                    self._control().end_hanging()
                    self._back_live(path, before, tried=content, restart=False)
                elif current != before:
                    self._put(path, before)
                said += "; %s%s is as it was before it" % ("" if current == before else "it was undone: ", path)
            else:
                said += "; %s was changed by somebody else since, and was left as it is" % path
        if journal.get("running") and self.state.daemon is None and journal.get("unit"):
            self._control().restart()
            said += "; %s was started again" % self.engine.title
        return said + "."

    def _was_told(self, journal: Dict[str, Any]) -> bool:
        """Whether the daemon that runs may have been told to load what an interrupted run wrote, or is about to."""
        daemon = self.state.daemon
        return (journal.get("action") == "reload" and journal.get("stage") in ("apply", "observe", "withdraw")
                and daemon is not None and daemon.pid == journal.get("daemon"))

    # -- small

    def _control(self, state: Optional[EngineState] = None) -> DaemonControl:
        return DaemonControl(state or self.state, seconds=self.wanted.wait_timeout, secrets=self._secrets())

    def _put(self, path: str, content: Optional[bytes]) -> None:
        if content is None:
            host.remove(path)
            host.remove_empty(self.made_folders)
            return
        folder = os.path.dirname(path)
        missing = []
        while not os.path.isdir(folder):
            missing.insert(0, folder)
            folder = os.path.dirname(folder)
        for one in missing:
            os.mkdir(one, 0o755)
            self.made_folders.append(one)
        there = os.path.exists(path)
        host.replace(path, content, like=path if there else None)
        if not there and os.path.exists("/sys/fs/selinux/enforce"):
            with contextlib.suppress(OSError):
                host.run(["restorecon", path], seconds=10)

    def _secrets(self) -> Set[str]:
        return change.foreign_secrets(self.state.config.content, self.wanted)
