# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's half of a subject that only reads: to ask, and nothing else."""

from typing import Any

from . import host
from .plan import Plan
from .subject import Effects, Subject


class Reading(Effects):
    """The effects of a subject that has none."""

    def __init__(self, subject: Subject, wanted: Any) -> None:
        self.subject = subject
        self.wanted = wanted

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = host.ask(self.subject.questions(self.wanted, check_mode=check_mode))
        more = self.subject.follow_up(self.wanted, snapshot)
        if more:
            snapshot = snapshot.joined(host.ask(more))
        return self.subject.plan(self.wanted, snapshot, check_mode=check_mode)
