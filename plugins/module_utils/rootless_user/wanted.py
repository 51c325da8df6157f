# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rootless_user is asked for: the value, the argument spec, and the rules that need no host. Pure."""

import re
from typing import Any, Dict, NamedTuple, Tuple

from ..core.errors import SlipwayError

CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids")

SPEC = dict(
    user=dict(type="str", required=True),
    subids=dict(type="bool", default=True),
    subid_count=dict(type="int", default=65536),
    delegate=dict(type="list", elements="str", choices=list(CONTROLLERS), default=list(CONTROLLERS)),
    linger=dict(type="bool", default=True),
    require=dict(type="bool", default=True),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)

# As login programs take it; it is also the name of a file.
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?\Z")
_MOST = 1 << 30


class Wanted(NamedTuple):
    """One user who runs containers without root. count: how many subordinate ids of each kind, 0 where none are asked
    for. delegate: control group controllers, in the order of their names. require: newuidmap has to be there."""

    user: str
    count: int = 0
    delegate: Tuple[str, ...] = ()
    linger: bool = False
    require: bool = True
    present: bool = True


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    user = params.get("user") or ""
    if not _USER.match(user):
        raise _bad("user", "'%s' is no name of a user" % user, "bad_user")
    if user == "root":
        raise _bad("user", "root needs none of this; name the user who runs containers without root", "bad_user")
    if params.get("state") == "absent":
        return Wanted(user=user, present=False)
    count = params.get("subid_count") or 0
    if not 1 <= count <= _MOST:
        raise _bad("subid_count", "a number of ids, 65536 as a rule; got %d" % count, "bad_count")
    return Wanted(
        user=user, count=count if params.get("subids") else 0,
        delegate=tuple(sorted(set(params.get("delegate") or ()))), linger=bool(params.get("linger")),
        require=params.get("require") is not False)


def _bad(option: str, message: str, reason: str) -> SlipwayError:
    return SlipwayError(reason, "%s: %s" % (option, message), option=option)
