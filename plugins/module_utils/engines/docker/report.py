# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine of the Docker family reports of itself, held against what it must have loaded. Pure."""

from typing import Any, Dict, NamedTuple, Optional, Set, Tuple

from ...core.json_document import parse as parse_document
from . import rules
from .entries import normal
from .live import IMAGE_STORE, RUNTIMES, effective_default, loaded_store, started_features, version_of
from .questions import EngineState
from .version import parse_version


class Loaded(NamedTuple):
    """What the engine must report once the change is live.

    runtimes: name -> entry, of the whole file. removed: names that must be gone. default: the default runtime.
    started: the features that the daemon has from its start.
    """

    runtimes: Dict[str, Any]
    removed: Tuple[str, ...]
    default: str
    started: Dict[str, Any]


def is_verified(state: EngineState, data: Dict[str, Any], version: Optional[Tuple[int, int]]) -> Optional[bool]:
    """Whether the engine's own report shows that it has loaded the file; None where that cannot be told."""
    info = state.info
    if info is None:
        return None
    entries = data.get(RUNTIMES) or {}
    flags = rules.parse_flags(list(state.argv))
    reported = info.get("Runtimes") or {}
    if set(entries) - set(reported) or set(reported) - set(entries) - _without_a_file(flags, version):
        return None
    if info.get("DefaultRuntime") != effective_default(data, flags):
        return None
    return True if all(shows(reported[name], one) for name, one in entries.items()) else None


def _without_a_file(flags: rules.Flags, version: Optional[Tuple[int, int]]) -> Set[str]:
    """The runtimes that an engine has whatever its file says."""
    return set(rules.stock_runtimes(version)) | set(rules.flag_runtimes(flags))


def shows(reported: Any, wanted: Any) -> bool:
    """Whether the engine's report of one runtime proves that it is this entry. Engines from 25.0 hide what a shim was
    registered with, so their report proves nothing about one."""
    one = normal(wanted)
    if not isinstance(reported, dict) or not isinstance(one, dict) or "path" not in one:
        return False
    return (reported.get("path") == one["path"]
            and list(reported.get("runtimeArgs") or []) == list(one.get("runtimeArgs") or []))


def loaded_now(state: EngineState) -> Loaded:
    """What the engine must have loaded where there was nothing to do."""
    return loaded_from(state.config.content, state)


def loaded_from(content: Optional[bytes], state: EngineState, *, instead_of: Optional[bytes] = None) -> Loaded:
    """What the engine reports once it has loaded these bytes, and no longer what it may have loaded instead of them."""
    data = parse_document(content, name=state.config.path).data
    flags = rules.parse_flags(list(state.argv))
    text = version_of(state)
    version = parse_version(text) if text else None
    runtimes = data.get(RUNTIMES) or {}
    others = set(parse_document(instead_of, name=state.config.path).data.get(RUNTIMES) or {})
    return Loaded(
        runtimes=runtimes, removed=tuple(sorted(others - set(runtimes) - _without_a_file(flags, version))),
        default=effective_default(data, flags), started=started_features(state, data, version) or {})


def differs(info: Dict[str, Any], loaded: Loaded) -> str:
    """What the engine's report lacks of what must be loaded, in words; '' where it shows all that it can show."""
    reported = info.get("Runtimes") or {}
    for name, one in sorted(loaded.runtimes.items()):
        if name not in reported:
            return "runtime '%s' is not loaded" % name
        if "path" in normal(one) and not shows(reported[name], one):
            return "runtime '%s' is loaded with another path or other args" % name
    for name in loaded.removed:
        if name in reported and name not in loaded.runtimes:
            return "runtime '%s' is still loaded" % name
    if info.get("DefaultRuntime") != loaded.default:
        return "the default runtime is '%s', not '%s'" % (info.get("DefaultRuntime"), loaded.default)
    store = loaded_store(info)
    if store is not None and loaded.started.get(IMAGE_STORE, store) != store:
        return "containerd's image store is %s" % ("on" if store else "off")
    return ""


# How the lines begin in which an engine says why it keeps its old configuration, or does not start.
_REFUSALS = (
    "Error reconfiguring the daemon", "unable to configure the Docker daemon", "configuration validation failed",
    "the following directives", "failed to start daemon", "failed to load runtimes")


def refusal_in(log: str) -> str:
    """The line in which the engine says why it refused a reload or did not start; '' where there is none.

    Other lines are not for users: 'Reloaded configuration' holds the whole file.
    """
    for line in log.splitlines():
        for mark in _REFUSALS:
            if mark in line and "Reloaded configuration" not in line:
                return line[line.index(mark):].strip()[:2000]
    return ""
