# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scenarios met the real runtime, and which a stand-in: gates note it, and the end of a run tells it, by name.

A scenario's runtimes are a map: the runtime, and "real" or what stands in for it.
"""

import json
import os
from pathlib import Path

REAL = "real"
Met = dict[str, dict[str, str]]  # by scenario

_FILE = "met.json"


def note(met: Met) -> None:
    """Leave it in $SLIPWAY_JUNIT, where that is set, for who runs the gate."""
    folder = os.environ.get("SLIPWAY_JUNIT")
    if folder:
        Path(folder, _FILE).write_text(json.dumps(met), encoding="utf-8")


def noted(folder: Path) -> Met:
    """What a gate has left there; nothing where it left nothing."""
    path = folder / _FILE
    found: Met = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def told(met: Met) -> str:
    """How many scenarios that passed met real runtimes, and how many a stand-in, by name. A bar is met by real ones only."""
    lines = []
    for what, is_real in (("the real runtime", True), ("a stand-in", False)):
        by_name = {name: _named(found, is_real) for name, found in met.items()}
        names = [name for name, found in by_name.items() if found]
        lines.append(f"{len(names)} of {len(met)} scenarios that passed met {what}{':' if names else ''}")
        lines.extend(f"    {name}: {', '.join(by_name[name])}" for name in names)
    return "\n".join(lines)


def _named(found: dict[str, str], is_real: bool) -> list[str]:
    return [one if is_real else f"{one} ({how})" for one, how in found.items() if (how == REAL) == is_real]
