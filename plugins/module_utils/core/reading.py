# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a host for a subject, on the host; and the host's half of a subject that does nothing else."""

from typing import Any

from . import host
from .errors import SlipwayError
from .plan import Plan
from .snapshot import Snapshot
from .subject import Effects, Subject


def answers(subject: Subject, wanted: Any, *, check_mode: bool) -> Snapshot:
    """What the host says to all of a subject's questions. Raises SlipwayError where its sh cannot answer."""
    snapshot = host.ask(subject.questions(wanted, check_mode=check_mode))
    more = subject.follow_up(wanted, snapshot)
    return snapshot.joined(host.ask(more)) if more else snapshot


def require_readable(snapshot: Snapshot, *, who: str) -> None:
    """Raises SlipwayError where anything could not be read; an unfinished run is none of that.

    who: whom the task has to run as.
    """
    unread = sorted(
        "%s: %s" % (name, what) for name, one in snapshot.trouble.items() for what in one if what != "unfinished")
    if unread:
        raise SlipwayError(
            "no_permission", "what is on the host cannot be read by this user (%s); run the task as %s (become: true)" % (
                "; ".join(unread), who))


class Reading(Effects):
    """The effects of a subject that has none."""

    def __init__(self, subject: Subject, wanted: Any) -> None:
        self.subject = subject
        self.wanted = wanted

    def plan(self, *, check_mode: bool) -> Plan:
        snapshot = answers(self.subject, self.wanted, check_mode=check_mode)
        return self.subject.plan(self.wanted, snapshot, check_mode=check_mode)
