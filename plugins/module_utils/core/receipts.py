# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection notes on a host: where, and receipts, which are a folder of one line of JSON for each name.

Only a host needs it: the probe finds the same folders by its own sh.
"""

import contextlib
import os
import stat
from typing import Callable, Dict, Optional, Tuple, TypeVar

from . import host
from .errors import SlipwayError

RUN_DIR, LIB_DIR = "/run/slipway-runtimes", "/var/lib/slipway-runtimes"

_Receipt = TypeVar("_Receipt")


def folders(scope: str) -> Tuple[str, str]:
    """Where records and locks, and where journals and notes lie; as the probe's own script finds them."""
    if scope != "user":
        return RUN_DIR, LIB_DIR
    run_dir = os.environ.get("XDG_RUNTIME_DIR") or ""
    if not run_dir or not os.access(run_dir, os.W_OK):
        run_dir = "/run/user/%d" % os.getuid()
    if not os.path.isdir(run_dir):  # a user without a session, who has no engine that runs either
        # Root is no such user, and is told so once the lock is held.
        run_dir = _private("/tmp/slipway-runtimes-%d" % os.getuid()) if os.getuid() != 0 else os.path.dirname(RUN_DIR)
    lib_dir = os.environ.get("XDG_STATE_HOME") or os.path.join(os.environ.get("HOME") or "/", ".local/state")
    return os.path.join(run_dir, "slipway-runtimes"), os.path.join(lib_dir, "slipway-runtimes")


def _private(folder: str) -> str:
    """A folder of this user's alone, where anybody may make folders. Raises SlipwayError where it is somebody else's."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    facts = os.lstat(folder)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        raise SlipwayError("no_permission", "%s is not this user's own folder; remove it" % folder)
    return folder


def path_of(folder: str, name: str) -> str:
    """Where the receipt of a name lies."""
    return "%s/%s.json" % (folder, name)


def read_all(folder: str, decode: Callable[[str, str], _Receipt]) -> Dict[str, _Receipt]:
    """Every receipt in a folder that can be read, by name and in order. decode: a line and a name become one, or a
    SlipwayError."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted(os.listdir(folder)):
            if entry.endswith(".json") and not entry.startswith("."):
                raw = host.read(os.path.join(folder, entry)) or b""
                with contextlib.suppress(SlipwayError):
                    found[entry[:-5]] = decode(raw.decode("utf-8", "surrogateescape"), entry[:-5])
    return found


def write_all(folder: str, lines: Dict[str, Optional[str]]) -> None:
    """Make each receipt the line that is given, None for none. What is so already is left alone; the folder goes with the
    last."""
    for name, line in lines.items():
        path = path_of(folder, name)
        content = line.encode("utf-8", "surrogateescape") if line is not None else None
        host.remove_unfinished(path)
        if host.read(path) == content:
            continue
        if content is None:
            host.remove(path)
        else:
            host.keep(path, content, mode=0o644)
    host.remove_empty([folder])
