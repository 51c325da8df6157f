# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rootless_user does on a host.

commit writes the files; apply has systemd read them and lets the user's service manager run; observe waits for that
one's session; settle writes the receipt. Removal goes by the same stages.
"""

import contextlib
import errno
import os
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.reading import answers, require_readable
from ..core.subject import Effects
from . import plan as planner, ranges, seen as reader
from .plan import Change
from .seen import FILES, LIB_DIR, Receipt, Seen
from .wanted import Wanted

CALL_SECONDS = 60
# A service manager that was just told to run.
SESSION_SECONDS = 20
# Programs of shadow hold a file for moments.
FILE_SECONDS = 15


class UserEffects(Effects):
    """What one user has of one host, for one run."""

    lock_paths = (reader.LOCK,)

    def __init__(self, subject: Any, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        self.journal_path = os.path.join(LIB_DIR, reader.JOURNAL)
        self.receipt_path = os.path.join(LIB_DIR, reader.RECEIPTS, wanted.user + ".json")
        self.seen: Seen = None  # type: ignore[assignment]
        self.receipt = Receipt()
        self.facts: Dict[str, Any] = {}

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = answers(self.subject, self.wanted, check_mode=check_mode)
        require_readable(snapshot, who="root")
        self.seen = reader.read(snapshot, self.wanted)
        plan, self.receipt = planner.plan(self.wanted, self.seen)
        return plan

    def check(self, plan: Plan) -> None:
        if os.geteuid() != 0:
            raise SlipwayError(
                "no_permission", "only root can give a user what rootless containers need (become: true)")

    def journal(self, plan: Plan) -> Dict[str, Any]:
        self.facts = {
            "user": self.wanted.user, "receipt": self.receipt_path,
            "old": reader.encode(self.seen.receipt) if not self.seen.receipt.empty else None,
            "new": reader.encode(self.receipt) if not self.receipt.empty else None,
            "files": [
                {"path": path, "before": host.to_base64(one.before), "after": host.to_base64(one.after), "line": one.line,
                 "folders": host.missing_folders(os.path.dirname(path))} for path, one in _changes(plan)],
            "linger": self.seen.linger if any(step.action == "linger" for step in plan.steps) else None}
        return self.facts

    def commit(self, plan: Plan) -> None:
        for path, change in _changes(plan):
            with _held(path):
                if host.read(path) != change.before:
                    raise SlipwayError("changed_meanwhile", "%s was changed by somebody else during this run" % path)
                _put(path, change.after)

    def apply(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.action == "reload":
                _call("systemctl", "daemon-reload")
            elif step.action == "linger":
                _linger(self.wanted.user, step.detail)

    def observe(self, plan: Plan) -> None:
        """The user's service manager can be talked to, by whoever comes next."""
        if not plan.step("linger"):
            return
        bus = "/run/user/%d/systemd/private" % self.seen.account.uid  # type: ignore[union-attr]
        end = time.monotonic() + SESSION_SECONDS
        while not os.path.exists(bus):
            if time.monotonic() > end:
                raise SlipwayError(
                    "not_observed", "the service manager of %s did not start within %d s (%s is not there)" % (
                        self.wanted.user, SESSION_SECONDS, bus))
            time.sleep(0.05)

    def settle(self, plan: Plan) -> Dict[str, Any]:
        if not plan.empty:
            self._finish(self.facts)
        return {}

    def _finish(self, facts: Dict[str, Any]) -> None:
        """The last thing: nothing can be undone from here on."""
        _write(facts["receipt"], facts["new"])
        for one in facts["files"]:
            if one["after"] is None:
                host.remove_empty([os.path.dirname(one["path"])])

    def undo(self, plan: Plan, stage: str) -> str:
        if stage == "settle":
            raise SlipwayError(
                "unfinished", "what was asked for is in place, and could not be noted; the next run goes on with that")
        return self._back(self.facts) or "Everything is as it was before."

    def recover(self, journal: Dict[str, Any]) -> str:
        stage = journal.get("stage", "commit")
        said = "An earlier run for %s was interrupted at '%s'; " % (journal.get("user", "a user"), stage)
        if stage in ("withdraw", "settle"):
            self._finish(journal)
            return said + "it was finished."
        left = self._back(journal)
        return said + "it was undone, and everything is as it was before it%s." % ("; but " + left if left else "")

    def _back(self, facts: Dict[str, Any]) -> str:
        """Put back what that run changed; says what could not be."""
        said: List[str] = []
        for one in reversed(facts.get("files", [])):
            path, before, after = one["path"], host.from_base64(one["before"]), host.from_base64(one["after"])
            host.remove_unfinished(path)
            with _held(path):
                now = host.read(path)
                if now == after:
                    _put(path, before)
                elif now is not None and now != before and one["line"]:
                    # Somebody wrote another line meanwhile, which stays.
                    _put(path, _turned(now, before or b"", one["line"]))
                elif now != before:
                    said.append("%s was changed by somebody else and stays" % path)
            host.remove_empty(one["folders"])
        if any(one["path"] not in FILES.values() for one in facts.get("files", [])):
            _call("systemctl", "daemon-reload")
        linger = facts.get("linger")
        if linger is not None and os.path.exists("/var/lib/systemd/linger/" + facts["user"]) != linger:
            _linger(facts["user"], linger)
        if "receipt" in facts:
            host.remove_unfinished(facts["receipt"])
            _write(facts["receipt"], facts["old"])
        return "; ".join(said) + "." if said else ""


def _turned(now: bytes, before: bytes, line: str) -> bytes:
    """A file with our line as it was before, and all else as it is."""
    if line.encode("utf-8") in before.splitlines():
        return now if line.encode("utf-8") in now.splitlines() else ranges.with_line(now, line)
    return ranges.without_line(now, line)


def _changes(plan: Plan) -> List[Tuple[str, Change]]:
    return [(step.target, step.detail) for step in plan.steps if step.action in ("write", "remove")]


@contextlib.contextmanager
def _held(path: str) -> Iterator[None]:
    """Keep programs of shadow from writing the file meanwhile, as they keep each other. Raises SlipwayError."""
    if path not in FILES.values():
        yield
        return
    lock = path + ".lock"
    end = time.monotonic() + FILE_SECONDS
    while True:
        try:
            handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            break
        except FileExistsError:
            if _stale(lock):
                host.remove(lock)
            elif time.monotonic() > end:
                raise SlipwayError("file_locked", "another program holds %s (%s) for more than %d s" % (
                    path, lock, FILE_SECONDS))
            else:
                time.sleep(0.1)
    try:
        with os.fdopen(handle, "w") as out:
            out.write("%d\0" % os.getpid())
        yield
    finally:
        host.remove(lock)


def _stale(lock: str) -> bool:
    """Whether the process that a lock names is gone."""
    try:
        pid = int((host.read(lock) or b"").rstrip(b"\0\n") or b"0")
        if pid > 0:
            os.kill(pid, 0)
        return False
    except ValueError:
        return False
    except OSError as error:
        return error.errno == errno.ESRCH


def _put(path: str, content: Optional[bytes]) -> None:
    if content is None:
        host.remove(path)
        return
    host.make_folders(os.path.dirname(path), 0o755)
    host.replace(path, content, mode=0o644, like=path if os.path.exists(path) else None)
    if os.path.exists("/sys/fs/selinux/enforce"):
        with contextlib.suppress(OSError):
            host.run(["restorecon", path], seconds=10)


def _write(path: str, line: Optional[str]) -> None:
    """The receipt's line; None removes it."""
    if line is None:
        host.remove(path)
        host.remove_empty([os.path.dirname(path)])
    elif host.read(path) != line.encode("utf-8"):
        host.keep(path, line.encode("utf-8"), mode=0o644)


def _linger(user: str, on: bool) -> None:
    _call("loginctl", "enable-linger" if on else "disable-linger", user)


def _call(*argv: str) -> None:
    answer = host.run(list(argv), seconds=CALL_SECONDS)
    if answer.code != 0:
        raise SlipwayError("call_failed", "'%s' failed: %s" % (" ".join(argv), answer.words[:500] or "no answer"))
