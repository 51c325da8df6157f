# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is: steps, the diff that decided them, and the result that they lead to. Pure values."""

import json
from typing import Any, Dict, NamedTuple, Optional, Tuple


class Step(NamedTuple):
    """One thing to do. action: write, reload, restart ...; target: the path or unit; detail: the subject's own."""

    action: str
    target: str
    detail: Any = None


class Plan(NamedTuple):
    """steps: in order; none means that there is nothing to do.

    before, after: what is owned and differs, as JSON values, for the diff; never a foreign value.
    result: the module's return values if the plan is carried out. warnings: one sentence each.
    unknown: what would have to be known to be sure, and is not; such a plan is good for nothing but asking further.
    """

    steps: Tuple[Step, ...] = ()
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    result: Dict[str, Any] = {}
    warnings: Tuple[str, ...] = ()
    unknown: Tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do. 'changed' is its opposite."""
        return not self.steps

    def step(self, action: str) -> Any:
        """The detail of the first step of that action, or None."""
        for step in self.steps:
            if step.action == action:
                return step.detail
        return None


def render(plan: Plan, *, header: Optional[str], recovered: str = "") -> Dict[str, Any]:
    """The keys that every module returns for a plan, by whichever way it was made.

    header: what the diff is of; None for no diff. recovered: what became of an interrupted run, which is a change too,
    whatever the plan.
    """
    found = dict(plan.result)
    found["changed"] = bool(recovered) or not plan.empty
    if header is not None:
        found["diff"] = {
            "before_header": header, "after_header": header,
            "before": diff_text(plan.before), "after": diff_text(plan.after),
        }
        if recovered:
            found["diff"] = [{"prepared": recovered + "\n"}] + ([] if plan.empty else [found["diff"]])
    return found


def diff_text(value: Dict[str, Any]) -> str:
    """One side of a diff: JSON in the order of its keys' names, '' for nothing."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n" if value else ""
