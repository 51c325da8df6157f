# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a subject is to the core: a pure half that plans on either side, and effects that happen on the host."""

from typing import Any, Dict, Optional, Tuple

from .plan import Plan
from .snapshot import Question, Snapshot


class Subject:
    """The pure half. One stateless object a module; its methods take and return values and touch nothing."""

    spec: Dict[str, Any] = {}  # the module's argument spec
    reads_only = False  # an *_info module: no lock, no steps, and what could not be read is part of the answer

    def parse(self, params: Dict[str, Any]) -> Any:
        """What is wanted. Raises SlipwayError that names the option."""
        raise NotImplementedError

    def questions(self, wanted: Any, *, check_mode: bool) -> Tuple[Question, ...]:
        """What has to be read of the host to plan."""
        raise NotImplementedError

    def follow_up(self, wanted: Any, snapshot: Snapshot) -> Tuple[Question, ...]:
        """What can only be asked once the first answers are there. It costs a round trip of its own; most need none."""
        return ()

    def plan(self, wanted: Any, snapshot: Snapshot, *, check_mode: bool) -> Plan:
        """The plan. Raises SlipwayError for what cannot or must not be done."""
        raise NotImplementedError

    def effects(self, wanted: Any) -> "Effects":
        """The other half, on the host."""
        raise NotImplementedError

    def diff_header(self, plan: Plan) -> Optional[str]:
        """What the diff is of; None where the module has no diff."""
        return plan.result.get("config_path")


class Effects:
    """What a subject does on the host. One object serves one run; the methods are called in the order below."""

    lock_paths: Tuple[str, ...] = ()  # what a run holds, taken in this order
    journal_path = ""  # where an unfinished run is written down

    def plan(self, *, check_mode: bool) -> Plan:
        """Read the host and plan. Whatever the plan lacks has been asked for: a plan with something unknown left is as
        good as it gets."""
        raise NotImplementedError

    def recover(self, journal: Dict[str, Any]) -> str:
        """Undo or finish what the journal tells of; says in one sentence what was done."""
        raise NotImplementedError

    def check(self, plan: Plan) -> None:
        """Look at all that can be looked at before anything is written. Raises SlipwayError."""
        raise NotImplementedError

    def journal(self, plan: Plan) -> Dict[str, Any]:
        """What recover() needs, as JSON values."""
        raise NotImplementedError

    def journals(self, facts: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
        """Every file that an unfinished run is written down in, in the order of writing, and what of the facts it gets.
        facts: journal()'s, with the stage."""
        return {self.journal_path: facts}

    def commit(self, plan: Plan) -> None:
        """Write. Raises SlipwayError or OSError."""
        raise NotImplementedError

    def apply(self, plan: Plan) -> None:
        """Make it live. Raises SlipwayError or OSError."""
        raise NotImplementedError

    def observe(self, plan: Plan) -> None:
        """Wait until it is seen to be live. Raises SlipwayError."""
        raise NotImplementedError

    def withdraw(self, plan: Plan) -> None:
        """Take away what nothing needs any more, now that the change is live. Raises SlipwayError or OSError."""

    def settle(self, plan: Plan) -> Dict[str, Any]:
        """Leave the host as it shall stay, and note what is live; returns further result keys. Called with an empty
        plan too: then it notes what was seen to be live."""
        raise NotImplementedError

    def undo(self, plan: Plan, stage: str) -> str:
        """Put back what was, live again; says what is true now. Raises SlipwayError where it cannot."""
        raise NotImplementedError
