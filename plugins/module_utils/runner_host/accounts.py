# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Acting as a user of the host: root that writes in a home could be led anywhere by a link."""

import json
import os
import pwd
from typing import Any, Callable, Dict, Optional

from ..core.errors import SlipwayError
from .questions import Account
from .scopes import Home


def account(name: str) -> Account:
    """A user by name. Raises SlipwayError where there is none."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SlipwayError("user_missing", "this host has no user '%s'" % name)
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, home=Home(path=entry.pw_dir, shell=entry.pw_shell))


def run_as(who: Optional[Account], act: Callable[[], None]) -> None:
    """Call act with the rights, groups and home of a user, in a process of its own; here where it is the task's user.

    who: None for the task's user. Raises what act raises: SlipwayError or OSError.
    """
    if who is None or who.uid == os.geteuid():
        act()
        return
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        said: Dict[str, Any] = {}
        try:
            os.initgroups(who.name, who.gid)
            os.setgid(who.gid)
            os.setuid(who.uid)
            os.environ.update(HOME=who.home.path, XDG_RUNTIME_DIR="/run/user/%d" % who.uid)
            for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"):
                os.environ.pop(name, None)
            os.chdir("/")
            act()
        except SlipwayError as error:
            said = {"reason": error.reason, "message": error.message, "option": error.option, "facts": error.facts}
        except OSError as error:
            said = {"errno": error.errno, "strerror": error.strerror, "filename": str(error.filename or "")}
        except BaseException as error:  # pylint: disable=broad-except  # the parent says it
            said = _fault("%s: %s" % (type(error).__name__, error))
        with os.fdopen(writing, "w") as out:
            json.dump(said, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    _raise(json.loads(text) if text else _fault("a process that acted as %s ended early" % who.name))


def _fault(message: str) -> Dict[str, Any]:
    return {"reason": "internal_error", "message": message, "option": "", "facts": {}}


def _raise(said: Dict[str, Any]) -> None:
    if "errno" in said:
        raise OSError(said["errno"], said["strerror"], said["filename"] or None)
    if said:
        raise SlipwayError(said["reason"], said["message"], option=said["option"], **said["facts"])
