# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to have run a container of each runtime, by what the engine has loaded. Pure."""

from typing import Any, Dict, List, Optional, Sequence

from ...probe.proof import PATH, SHIM, SHIM_PATH, UNKNOWN, Expectation
from ..runtime import is_shim_name, is_wasm_shim
from . import rules
from .entries import normal
from .live import RUNTIMES
from .plan import read_document
from .questions import EngineState
from .rules import RESERVED_NAME, RUNC_SHIM


def expectations(state: EngineState, names: Sequence[str]) -> List[Expectation]:
    """What is expected under each name, in order. A name that nothing tells of is expected to be unknown: the engine
    says what it thinks of it, and nothing is proven.

    Raises SlipwayError where the engine's file is broken.
    """
    entries = read_document(state).data.get(RUNTIMES) or {}
    by_flag = rules.flag_runtimes(rules.parse_flags(list(state.argv)))
    return [_expectation(name, entries, by_flag) for name in names]


def names_in(info: Dict[str, Any]) -> List[str]:
    """The runtimes that an engine's report names, sorted."""
    return sorted(info.get("Runtimes") or {})


def _expectation(name: str, entries: Dict[str, Any], by_flag: Dict[str, str]) -> Expectation:
    found = normal(entries.get(name) or {})
    if found.get("path"):
        return Expectation(name, PATH, found["path"], args=tuple(found.get("runtimeArgs") or ()))
    if found.get("runtimeType"):
        kind = SHIM_PATH if found["runtimeType"].startswith("/") else SHIM
        return Expectation(
            name, kind, found["runtimeType"], binary_name=(found.get("options") or {}).get("BinaryName"),
            platform=_platform(found["runtimeType"]))
    if name in by_flag:
        return Expectation(name, PATH, by_flag[name])
    if name == RESERVED_NAME:
        return Expectation(name, SHIM, RUNC_SHIM)
    if is_shim_name(name):
        return Expectation(name, SHIM, name, platform=_platform(name))
    return Expectation(name, UNKNOWN)


def _platform(shim: str) -> Optional[str]:
    return "wasi/wasm" if is_wasm_shim(shim) else None
