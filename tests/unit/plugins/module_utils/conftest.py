# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An EngineState to plan with, and the shells that a probe has to run in."""

import json
import os
import shutil
from typing import Any, Callable, Dict, List, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import FileFacts
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import (
    Daemon, EngineState, Found, Place)
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.table import engine_named

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "yash": ["yash"], "posh": ["posh"]}
CONFIG = "/etc/docker/daemon.json"
STARTED_AT = 1000


@pytest.fixture(params=(os.environ.get("SLIPWAY_SHELLS") or " ".join(sorted(SHELLS))).split())
def shell(request: Any) -> List[str]:
    """The command of each shell of this machine, or of those that SLIPWAY_SHELLS names."""
    command = SHELLS[request.param]
    if shutil.which(command[0]) is None:
        pytest.skip("there is no %s on this machine" % command[0])
    return command


@pytest.fixture
def shell_alone(shell: List[str]) -> List[str]:
    """The same in processes of its own, where that can be: one that reads 'kill' in another way ends nothing but its test."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return shell
    return ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + shell


@pytest.fixture
def make_state() -> Callable[..., EngineState]:
    """make_state(CONTENT, ...): Docker 26.1 runs as root's, on a file that is older than its start, and nothing is noted.

    content: the file's bytes, a JSON value, or None for no file. running: False for a daemon that is down. ctime: the file's, in
    seconds; the daemon started at 1000. argv: further words of the daemon's command line. Anything else is a field of EngineState.
    """

    def make(content: Any = b"{}\n", *, running: bool = True, ctime: int = 900, argv: Any = (), **fields: Any) -> EngineState:
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content).encode()
        config = FileFacts(path=CONFIG, kind="missing", target=CONFIG)
        if content is not None:
            config = config._replace(kind="file", inode=7, ctime_s=ctime, ctime="%d.5" % ctime, content=content)
        words = ("/usr/sbin/dockerd",) + tuple(argv)
        state = EngineState(
            place=Place(engine=engine_named("docker")), uid=0, run_dir="/run/x", lib_dir="/var/lib/x", socket="/run/docker.sock",
            config=config, config_named=False, config_dir_ctime=900, unit={"Id": "docker.service", "LoadState": "loaded"},
            program="/usr/sbin/dockerd", daemon=Daemon(pid=42, start=4242, argv=words, started_at=STARTED_AT) if running else None,
            argv=words, record=None, state={}, journal=False, version="26.1.5", info=None, users=None, found=_Everything())
        return state._replace(**fields)

    return make


class _Everything(Dict[str, Found]):
    """Every program is where one looks."""

    def get(self, key: str, default: Optional[Found] = None) -> Optional[Found]:
        return Found(path=key if key.startswith("/") else "/usr/bin/" + key, searched="", known=True)
