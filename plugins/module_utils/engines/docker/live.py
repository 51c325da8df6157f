# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine of the Docker family has loaded, as far as its file, its record and its own report tell. Pure."""

import hashlib
from typing import Any, Dict, List, Optional, Tuple

from ...core.snapshot import FileFacts
from . import rules
from .questions import EngineState
from .version import knows

# Features that the daemon reads again at a reload; every other one counts from its next start.
RELOADED_FEATURES = ("buildkit",)

IMAGE_STORE = "containerd-snapshotter"

RUNTIMES, DEFAULT, FEATURES = "runtimes", "default-runtime", "features"


def is_live(state: EngineState) -> Optional[bool]:
    """Whether what the file says is what the daemon has loaded. None: not known. False: no daemon runs."""
    daemon, config = state.daemon, state.config
    if daemon is None:
        return False
    record = state.record
    if record is not None and record.get("daemon") == daemon_key(state) and record.get("config") == config.path:
        return True if record.get("file") == file_key(config) else None
    if daemon.started_at is None:
        return None
    if config.target != config.path:
        return None  # A link may have been turned to another, older file since.
    if config.kind == "missing":
        return True if state.config_dir_ctime is not None and state.config_dir_ctime < daemon.started_at else None
    return True if config.kind == "file" and config.ctime_s < daemon.started_at else None


def daemon_key(state: EngineState) -> str:
    """The running daemon as the record names it: no other process ever has it until the next boot."""
    return "%d %d" % (state.daemon.pid, state.daemon.start) if state.daemon else ""


def file_key(config: FileFacts) -> Optional[Dict[str, Any]]:
    """A file's state as the record names it; None where there is no file."""
    if config.content is None:
        return None
    return {"sha256": hashlib.sha256(config.content).hexdigest(), "inode": config.inode, "ctime": config.ctime,
            "target": config.target}


def version_of(state: EngineState) -> Optional[str]:
    """The daemon's version as text, from the record, from its own answer, or from its program's; None if not known."""
    if state.record and state.daemon and state.record.get("daemon") == daemon_key(state) and state.record.get("version"):
        return str(state.record["version"])
    if state.info and state.info.get("ServerVersion"):
        return str(state.info["ServerVersion"])
    return state.version


def effective_default(data: Dict[str, Any], flags: Dict[str, List[str]]) -> str:
    """The default runtime that a configuration and the daemon's flags make."""
    return data.get(DEFAULT) or (flags.get(DEFAULT) or ["runc"])[-1] or "runc"


def loaded_names(data: Dict[str, Any], flags: Dict[str, List[str]]) -> List[str]:
    """The names that a configuration and the flags register, and the engine's own 'runc', sorted. What is registered by
    flag is forgotten at the first reload of a file that has runtimes itself."""
    by_flag = () if data.get(RUNTIMES) else rules.flag_runtimes(flags)
    return sorted(set(data.get(RUNTIMES) or {}) | set(by_flag) | {"runc"})


def start_features(data: Dict[str, Any], version: Optional[Tuple[int, int]]) -> Dict[str, Any]:
    """The features that count from the daemon's start. A missing image store means the engine's default, which from
    29.0 depends on what its data root holds, and so stays missing here."""
    found = {name: value for name, value in (data.get(FEATURES) or {}).items() if name not in RELOADED_FEATURES}
    if not knows(version, "image_store_by_default"):
        found.setdefault(IMAGE_STORE, False)
    return found


def started_features(
    state: EngineState, data: Dict[str, Any], version: Optional[Tuple[int, int]]
) -> Optional[Dict[str, Any]]:
    """The features that the running daemon started with, as far as anything tells; None where no daemon runs."""
    if state.daemon is None:
        return None
    record = state.record
    if record is not None and record.get("daemon") == daemon_key(state) and isinstance(record.get("features"), dict):
        return record["features"]
    started = start_features(data, version)
    if is_live(state) is None:
        # Written since its start, as far as can be told: a reload would not have brought them.
        started = {name: value for name, value in started.items() if name == IMAGE_STORE}
    store = loaded_store(state.info)
    if store is not None and started.get(IMAGE_STORE, store) != store:
        started[IMAGE_STORE] = store
    return started


def differing_features(fresh: Dict[str, Any], started: Dict[str, Any], store: Optional[bool]) -> Tuple[str, ...]:
    """The features that only a restart would bring. store: what the engine runs on, where it said."""
    found = []
    for name in sorted(set(fresh) | set(started)):
        was, is_now = started.get(name), fresh.get(name)
        if name == IMAGE_STORE:
            # Missing means that the engine decides, and it has decided at its start.
            was = store if was is None else was
            if was is None or is_now is None:
                was = is_now
        if was != is_now:
            found.append(name)
    return tuple(found)


def loaded_store(info: Optional[Dict[str, Any]]) -> Optional[bool]:
    """Whether the engine runs on containerd's image store; None where it does not say."""
    if not info or "DriverStatus" not in info:
        return None
    status = info["DriverStatus"] or []
    return any(list(pair)[:2] == ["driver-type", "io.containerd.snapshotter.v1"] for pair in status)
