# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runner_host does on a host.

commit writes the files, those of a user as that user; apply has systemd and the users' service managers read them;
observe reads back what they give; settle writes the receipt.
"""

import contextlib
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..core.plan import Plan
from ..core.reading import answers, require_readable
from ..core.subject import Effects
from . import accounts, plan as planner, questions as asked
from .address import VARIABLE, fit
from .plan import Change
from .questions import Account, Receipt, State
from .reach import try_address
from .scopes import MANAGER
from .wanted import Wanted

RELOAD_SECONDS = 60


class RunnerEffects(Effects):
    """The runner host of one host, for one run."""

    def __init__(self, subject: Any, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        run_dir, self.lib_dir = folders()
        self.lock_paths = (os.path.join(run_dir, asked.LOCK),)
        self.journal_path = os.path.join(self.lib_dir, asked.JOURNAL)
        self.receipt_path = os.path.join(self.lib_dir, asked.RECEIPT)
        self.state: State = None  # type: ignore[assignment]
        self.receipt = Receipt()
        self.facts: Dict[str, Any] = {}
        self.made: Dict[str, List[str]] = {}

    # -- read, plan, check

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = answers(self.subject, self.wanted, check_mode=check_mode)
        require_readable(snapshot, who="root, or as the user that its scopes name")
        self.state = asked.read(snapshot, self.wanted)
        plan, self.receipt = planner.plan(self.wanted, self.state)
        self.made = {}
        if self.wanted.reachable and self.wanted.address is not None:
            self._reach()
            plan = plan._replace(result=dict(plan.result, reachable=True))
        return plan

    def _reach(self) -> None:
        """Try the address as each user who shall use it. Raises SlipwayError that names the step."""
        version = planner.cli_version(self.wanted, self.state)
        address = fit(self.wanted.address, version, translate=self.wanted.translate).address
        users = [self.state.accounts[name] for name in self.wanted.users] or [None]
        for account in users:
            accounts.run_as(account, lambda: try_address(address, seconds=self.wanted.timeout))

    def check(self, plan: Plan) -> None:
        for path, change in _changes(plan):
            folder = os.path.dirname(change.facts.target)
            if change.content is not None and change.form == "line" and not os.path.isdir(folder):
                raise SlipwayError("folder_missing", "there is no folder %s for %s" % (folder, path))

    # -- there

    def journal(self, plan: Plan) -> Dict[str, Any]:
        for path, change in _changes(plan):
            folder = os.path.dirname(change.facts.target)
            self.made[path] = host.missing_folders(folder) if change.content is not None else []
        self.facts = {
            "files": [_noted(path, change, self.made[path]) for path, change in _changes(plan)],
            "reload": [step.target for step in plan.steps if step.action == "reload"],
            "gone": [list(one) for one in self._gone(plan)], "receipt": asked.encode(self._receipt())}
        return self.facts

    def _receipt(self) -> Receipt:
        """The receipt as it shall be, with the folders that this run makes."""
        files = dict(self.receipt.files)
        for path, made in self.made.items():
            if path in files and made:
                files[path] = files[path]._replace(folders=tuple(dict.fromkeys(files[path].folders + tuple(made))))
        return self.receipt._replace(files=files)

    def _gone(self, plan: Plan) -> List[Tuple[str, str]]:
        """Users and the folders that we made for files which go, the inner ones first."""
        found = []
        for path, one in self.state.receipt.files.items():
            if path not in self.receipt.files:
                found.extend((folder, one.user) for folder in one.folders)
        return [(user, folder) for folder, user in sorted(set(found), reverse=True)]

    def commit(self, plan: Plan) -> None:
        for path, change in _changes(plan):
            accounts.run_as(change.user, lambda: _check_unchanged(path, change.facts.target, change.facts.content))
        for path, change in _changes(plan):
            made = self.made.get(path, [])
            accounts.run_as(change.user, lambda: _put(change.facts.target, change.content, made))

    def apply(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.action == "reload":
                _reload(step.target, step.detail)

    def observe(self, plan: Plan) -> None:
        """Read back, by the same script: every file says what it should, and systemd gives it."""
        snapshot = host.ask(self.subject.questions(self.wanted, check_mode=False))
        state = asked.read(snapshot, self.wanted)
        for path, change in _changes(plan):
            facts = state.files.get(path)
            if facts is not None and facts.content != change.content:
                raise SlipwayError("not_observed", "%s was changed by somebody else during this run" % path)
        url = plan.result["url"]
        if url and MANAGER in [path for path, _change in _changes(plan)] and state.manager_value != url:
            # An old systemd reads system.conf only when it starts anew.
            _systemctl(["daemon-reexec"])
            again = asked.read(host.ask(self.subject.questions(self.wanted, check_mode=False)), self.wanted)
            if again.manager_value is None:
                raise SlipwayError("not_observed", "systemd does not give %s to services" % VARIABLE)

    def settle(self, plan: Plan) -> Dict[str, Any]:
        self._finish(asked.encode(self._receipt()), self._gone(plan))
        return {}

    def _finish(self, receipt: str, gone: Sequence[Sequence[str]]) -> None:
        """The last thing: nothing can be undone from here on."""
        self._write_receipt(receipt)
        for user, folder in gone:
            accounts.run_as(accounts.account(user) if user else None, lambda: _remove_folder(folder))

    def _write_receipt(self, line: str) -> None:
        content = line.encode("utf-8")
        receipt = asked.decode(line)
        if not receipt.files:
            host.remove(self.receipt_path)
        elif host.read(self.receipt_path) != content:
            os.makedirs(self.lib_dir, mode=0o755, exist_ok=True)
            host.replace(self.receipt_path, content, mode=0o644)

    # -- and back

    def undo(self, plan: Plan, stage: str) -> str:
        if stage == "settle":
            raise SlipwayError(
                "unfinished", "the setting is in place, and could not be noted; the next run goes on with that")
        return self._back(self.facts) or "Everything is as it was before."

    def recover(self, journal: Dict[str, Any]) -> str:
        stage = journal.get("stage", "commit")
        said = "An earlier run was interrupted at '%s'; " % stage
        if stage in ("withdraw", "settle"):
            self._finish(journal["receipt"], journal["gone"])
            return said + "it was finished."
        left = self._back(journal)
        return said + "it was undone, and everything is as it was before it%s." % ("; but " + left if left else "")

    def _back(self, journal: Dict[str, Any]) -> str:
        """Put every file back that is still as that run left it; says which is not."""
        left = []
        for one in reversed(journal.get("files", [])):
            account = accounts.account(one["user"]) if one["user"] else None
            host.remove_unfinished(one["target"])
            before, after = host.from_base64(one["before"]), host.from_base64(one["after"])
            now = host.read(one["target"])
            if now == after and now != before:
                accounts.run_as(account, lambda: _put(one["target"], before, []))
            elif now not in (before, after):
                left.append("%s was changed by somebody else and stays" % one["path"])
            for folder in reversed(one["made"]):
                accounts.run_as(account, lambda: _remove_folder(folder))
        for target in journal.get("reload", []):
            account = accounts.account(target[5:]) if target.startswith("user ") else None
            _reload(target, account)
        return "; ".join(left)


def folders() -> Tuple[str, str]:
    """Where the lock, and where journal and receipt lie; the latter as the probe's own script finds it."""
    if os.geteuid() == 0:
        return asked.RUN_DIR, asked.LIB_DIR
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.environ.get("HOME") or "/", ".local/state")
    lib_dir = os.path.join(state, "slipway-runtimes")
    return lib_dir, lib_dir


def _changes(plan: Plan) -> List[Tuple[str, Change]]:
    return [(step.target, step.detail) for step in plan.steps if step.action in ("write", "remove")]


def _noted(path: str, change: Change, made: List[str]) -> Dict[str, Any]:
    return {
        "path": path, "target": change.facts.target, "user": change.user.name if change.user is not None else "",
        "before": host.to_base64(change.facts.content), "after": host.to_base64(change.content), "made": made}


def _check_unchanged(path: str, target: str, content: Optional[bytes]) -> None:
    """Somebody else's edit since the file was read is not overwritten."""
    if host.read(target) != content:
        raise SlipwayError("changed_meanwhile", "%s was changed by somebody else during this run" % path)


def _put(target: str, content: Optional[bytes], made: List[str]) -> None:
    if content is None:
        host.remove(target)
        return
    for folder in made:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
            os.chmod(folder, 0o755)  # whatever the umask
    host.replace(target, content, mode=0o644, like=target if os.path.exists(target) else None)
    if os.path.exists("/sys/fs/selinux/enforce"):
        with contextlib.suppress(OSError):
            host.run(["restorecon", target], seconds=10)


def _remove_folder(folder: str) -> None:
    """Remove a folder of ours; where somebody has put something in it, it stays."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _reload(target: str, account: Optional[Account]) -> None:
    if target == "systemd":
        _systemctl(["daemon-reload"])
    elif account is not None:
        _systemctl(["--user", "daemon-reload"], account)


def _systemctl(words: List[str], account: Optional[Account] = None) -> None:
    environment = host.clean_environment()
    if account is not None:
        environment.update(XDG_RUNTIME_DIR="/run/user/%d" % account.uid, HOME=account.home.path)
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    argv = ["systemctl"] + words

    def call() -> None:
        answer = host.run(argv, seconds=RELOAD_SECONDS, environment=environment)
        if answer.code != 0:
            raise SlipwayError("reload_failed", "'%s' failed: %s" % (" ".join(argv), answer.words[:500] or "no answer"))

    accounts.run_as(account, call)
