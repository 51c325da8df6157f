# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a transaction, what it writes down before each stage, and what each failure leads to."""

import errno
import json
import os
from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core import host, transaction
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, Step
from ansible_collections.slipway.runtimes.plugins.module_utils.core.subject import Effects

DO = Plan(steps=(Step("write", "/etc/x"),), result={"action": "none"}, warnings=("careful",))
NOTHING = Plan(result={"action": "none"}, warnings=("careful",))
STAGES = ["commit", "apply", "observe", "withdraw", "settle"]


class Recorder(Effects):
    """Effects that write down what is called, and what the journal said at that moment."""

    def __init__(self, folder: str, plan: Plan, faults: Optional[Dict[str, Exception]] = None) -> None:
        self.lock_paths = tuple(os.path.join(folder, "run", name) for name in ("x.lock", "y.lock"))
        self.journal_path = os.path.join(folder, "lib", "x.journal")
        self.planned = plan
        self.faults = faults or {}
        self.calls: List[str] = []
        self.journal_at: Dict[str, Any] = {}
        self.locked: Dict[str, bool] = {}
        self.checked: List[bool] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.journal_at[name] = host.read_object(self.journal_path)
        self.locked[name] = self._is_locked()
        if name in self.faults:
            raise self.faults[name]

    def _is_locked(self) -> bool:
        return all(self._is_held(path) for path in self.lock_paths)

    @staticmethod
    def _is_held(path: str) -> bool:
        if not os.path.exists(path):
            return False
        try:
            with host.lock(path, seconds=0):
                return False
        except SlipwayError:
            return True

    def plan(self, *, check_mode: bool) -> Plan:
        self._call("plan")
        self.checked.append(check_mode)
        return self.planned

    def recover(self, journal: Dict[str, Any]) -> str:
        self._call("recover")
        self.recovered = journal
        return "It was mended."

    def check(self, plan: Plan) -> None:
        self._call("check")

    def journal(self, plan: Plan) -> Dict[str, Any]:
        self._call("journal")
        return {"path": "/etc/x"}

    def commit(self, plan: Plan) -> None:
        self._call("commit")

    def apply(self, plan: Plan) -> None:
        self._call("apply")

    def observe(self, plan: Plan) -> None:
        self._call("observe")

    def withdraw(self, plan: Plan) -> None:
        self._call("withdraw")

    def settle(self, plan: Plan) -> Dict[str, Any]:
        self._call("settle")
        return {"backup_file": "/etc/x~"}

    def undo(self, plan: Plan, stage: str) -> str:
        self._call("undo")
        self.undone_at = stage
        return "All is as it was."


@pytest.fixture(name="make")
def _make(tmp_path: Any) -> Callable[..., Recorder]:
    def make(planned: Plan = DO, left: Optional[bytes] = None, **faults: Exception) -> Recorder:
        recorder = Recorder(str(tmp_path), planned, faults)
        if left is not None:
            (tmp_path / "lib").mkdir()
            (tmp_path / "lib" / "x.journal").write_bytes(left)
        return recorder
    return make


def failing(effects: Recorder) -> SlipwayError:
    """The error that a run ends with."""
    with pytest.raises(SlipwayError) as caught:
        transaction.run(effects, check_mode=False)
    return caught.value


def test_the_order(make: Callable[..., Recorder]) -> None:
    effects = make()
    outcome = transaction.run(effects, check_mode=False)
    assert effects.calls == ["plan", "check", "journal"] + STAGES
    assert outcome == transaction.Outcome(DO, {"backup_file": "/etc/x~"}, ("careful",))
    assert effects.checked == [False]
    assert all(effects.locked.values()) and not effects._is_locked()


def test_the_journal_on_disk(make: Callable[..., Recorder]) -> None:
    """Before each stage that changes something it says which; before and after there is none."""
    effects = make()
    transaction.run(effects, check_mode=False)
    assert [effects.journal_at[name] for name in ("plan", "check", "journal")] == [None] * 3
    assert {name: effects.journal_at[name] for name in STAGES} == {
        name: {"path": "/etc/x", "stage": name} for name in STAGES}
    assert not os.path.exists(os.path.dirname(effects.journal_path))


def test_the_journal_is_nobody_elses(make: Callable[..., Recorder]) -> None:
    """It holds whole files."""
    effects = make(undo=SlipwayError("stuck", "it is stuck"), apply=SlipwayError("refused", "no"))
    failing(effects)
    assert os.stat(effects.journal_path).st_mode & 0o777 == 0o600


def test_nothing_to_do(make: Callable[..., Recorder]) -> None:
    """Then only what is live is noted."""
    effects = make(NOTHING)
    outcome = transaction.run(effects, check_mode=False)
    assert effects.calls == ["plan", "settle"] and effects.journal_at["settle"] is None
    assert "changed" not in outcome.result


@pytest.mark.parametrize("mode", [{"check_mode": True}, {"check_mode": False, "reads_only": True},
                                  {"check_mode": True, "reads_only": True}])
@pytest.mark.parametrize("journal", [None, b'{"stage": "apply"}\n'])
def test_nothing_is_touched(make: Callable[..., Recorder], tmp_path: Any, mode: Dict[str, bool], journal: Optional[bytes]) -> None:
    """Check mode, and what only reads: no lock, no journal, no recovery."""
    effects = make(left=journal)
    outcome = transaction.run(effects, **mode)
    assert effects.calls == ["plan"] and effects.checked == [mode["check_mode"]]
    assert outcome == transaction.Outcome(DO, {}, ("careful",))
    assert os.listdir(str(tmp_path)) == ([] if journal is None else ["lib"])
    assert host.read(effects.journal_path) == journal


@pytest.mark.parametrize("stage", STAGES)
def test_a_failure_is_rolled_back(make: Callable[..., Recorder], stage: str) -> None:
    effects = make(**{stage: SlipwayError("refused", "The engine says no.", option="runtimes", detail=1)})
    error = failing(effects)
    assert effects.calls == ["plan", "check", "journal"] + STAGES[:STAGES.index(stage) + 1] + ["undo"]
    assert effects.undone_at == stage
    assert effects.journal_at["undo"] == {"path": "/etc/x", "stage": stage}
    assert error.message == "The engine says no. All is as it was."
    assert error.result() == {
        "reason": "refused", "option": "runtimes", "detail": 1, "failed_stage": stage, "rolled_back": True}
    assert not os.path.exists(effects.journal_path) and not effects._is_locked()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("second", [SlipwayError("stuck", "it is stuck"), OSError(errno.ENOSPC, "No space left on device", "/etc/x")])
def test_a_roll_back_that_fails(make: Callable[..., Recorder], stage: str, second: Exception) -> None:
    """The journal stays for the next run, which mends it first."""
    effects = make(undo=second, **{stage: SlipwayError("refused", "no")})
    error = failing(effects)
    assert error.reason == "refused" and error.facts == {"failed_stage": stage, "rolled_back": False}
    assert error.message.startswith("no. Rolling back failed too: ")
    assert ("stuck" if isinstance(second, SlipwayError) else "No space left on device: /etc/x") in error.message
    assert host.read_object(effects.journal_path) == {"path": "/etc/x", "stage": stage}
    after = make()
    outcome = transaction.run(after, check_mode=False)
    assert after.recovered == {"path": "/etc/x", "stage": stage}
    assert after.calls == ["recover", "plan", "check", "journal"] + STAGES
    assert outcome.result["recovered"] == "It was mended."


@pytest.mark.parametrize("stage, undone", [("plan", False), ("check", False), ("commit", True), ("settle", True)])
@pytest.mark.parametrize("fault, reason, words", [
    (PermissionError(errno.EACCES, "Permission denied", "/etc/x"), "no_permission", "become: true"),
    (PermissionError(errno.EPERM, "Operation not permitted", "/etc/x"), "no_permission", "/etc/x"),
    (OSError(errno.EROFS, "Read-only file system", "/etc/x"), "system_error", "Read-only file system: /etc/x"),
    (OSError("no number"), "system_error", "no number"),
])
def test_errors_of_the_system(
    make: Callable[..., Recorder], stage: str, undone: bool, fault: OSError, reason: str, words: str
) -> None:
    effects = make(**{stage: fault})
    error = failing(effects)
    assert error.reason == reason and words in error.message and error.message.startswith(stage + " failed: ")
    assert error.facts == {"failed_stage": stage, "rolled_back": undone}
    assert ("undo" in effects.calls) is undone
    assert not os.path.exists(effects.journal_path)


def test_a_fault_of_ours(make: Callable[..., Recorder]) -> None:
    """No reason to leave a host half changed."""
    effects = make(observe=KeyError("what"))
    error = failing(effects)
    assert error.reason == "internal_error" and "KeyError" in error.message and error.facts["rolled_back"] is True
    assert effects.calls[-1] == "undo"


@pytest.mark.parametrize("stage", ["plan", "check"])
def test_an_error_that_names_its_stage(make: Callable[..., Recorder], stage: str) -> None:
    effects = make(**{stage: SlipwayError("refused", "no", failed_stage="earlier")})
    assert failing(effects).facts == {"failed_stage": "earlier", "rolled_back": False}


@pytest.mark.parametrize("left, read", [
    (b'{"stage": "apply", "path": "/etc/x"}\n', {"stage": "apply", "path": "/etc/x"}),
    (b'{"stage": "app', {}), (b"", {}), (b"[1]", {}), (b"\xff", {}),
])
@pytest.mark.parametrize("plan", [DO, NOTHING])
def test_a_journal_that_was_left(make: Callable[..., Recorder], left: bytes, read: Dict[str, Any], plan: Plan) -> None:
    """It is mended before anything is planned, also where it cannot be read; the run says so, and has changed something."""
    effects = make(plan, left=left)
    outcome = transaction.run(effects, check_mode=False)
    assert effects.calls[:2] == ["recover", "plan"] and effects.recovered == read
    assert effects.journal_at["plan"] is None
    assert outcome.result["recovered"] == "It was mended." and outcome.result["changed"] is True
    assert outcome.warnings == ("It was mended.", "careful")
    assert not os.path.exists(effects.journal_path)


def test_a_recovery_that_fails(make: Callable[..., Recorder]) -> None:
    """Nothing else is begun, and the journal stays."""
    left = b'{"stage": "apply"}\n'
    effects = make(left=left, recover=SlipwayError("stuck", "it is stuck"))
    error = failing(effects)
    assert effects.calls == ["recover"]
    assert error.reason == "stuck" and error.facts == {"failed_stage": "recover", "rolled_back": False}
    assert host.read(effects.journal_path) == left


def test_a_journal_that_was_never_whole(make: Callable[..., Recorder], tmp_path: Any) -> None:
    """Killed while the first journal was written: nothing had begun."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / ".x.journal.slipway-abc").write_text(json.dumps({"stage": "commit"}))
    effects = make()
    outcome = transaction.run(effects, check_mode=False)
    assert "recover" not in effects.calls and "recovered" not in outcome.result
    assert not os.path.exists(str(tmp_path / "lib"))


def test_no_place_for_the_lock(make: Callable[..., Recorder], tmp_path: Any) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    effects = make()
    error = failing(effects)
    assert effects.calls == [] and error.reason == "system_error" and error.message.startswith("lock failed: ")
    assert error.facts == {"failed_stage": "lock", "rolled_back": False}


def test_somebody_else_holds_the_lock(make: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "LOCK_SECONDS", 0)
    effects = make()
    with host.lock(effects.lock_paths[1], seconds=0):
        error = failing(effects)
    assert effects.calls == [] and error.reason == "locked" and error.facts["failed_stage"] == "lock"
