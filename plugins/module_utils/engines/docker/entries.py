# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runtimes as the Docker family writes them in daemon.json. Pure."""

from typing import Any, Dict, Optional

from ...core.errors import SlipwayError
from ..runtime import Runtime
from . import rules

# The engine's decoder reads the keys of an entry in any case.
_KEYS = {"path": "path", "runtimeargs": "runtimeArgs", "runtimetype": "runtimeType", "options": "options"}


def entry(runtime: Runtime) -> Optional[Dict[str, Any]]:
    """The entry that registers a runtime, or None where there is nothing to write.

    Raises SlipwayError where engine_options name a key that the runtime's own settings give.
    """
    if runtime.unregistered or not runtime.present:
        return None
    found: Dict[str, Any] = {}
    if runtime.path:
        found["path"] = runtime.path
        if runtime.args:
            found["runtimeArgs"] = list(runtime.args)
    else:
        found["runtimeType"] = shim_of(runtime)
        if runtime.options:
            found["options"] = rules.coerce_options(runtime.shim or runtime.name, runtime.options)
    for key, value in runtime.engine_options.items():
        if key in found:
            option = "runtimes[%s].engine_options" % runtime.name
            raise SlipwayError(
                "conflicting_options", "%s: '%s' is given by the runtime's own settings too; give it once" % (option, key),
                option=option)
        found[key] = value
    return found


def shim_of(runtime: Runtime) -> str:
    """What the engine calls the shim: its file, or its full name."""
    return runtime.shim_path or runtime.shim or runtime.name


def normal(value: Any) -> Any:
    """An entry as the engine reads it: keys in their own case, empty lists and maps left out.

    >>> normal({"PATH": "/y", "runtimeArgs": []})
    {'path': '/y'}
    """
    if not isinstance(value, dict):
        return value
    found = {_KEYS.get(key.lower(), key): one for key, one in value.items()}
    return {key: one for key, one in found.items() if one not in ([], {}, "", None)}
