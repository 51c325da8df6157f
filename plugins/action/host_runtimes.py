# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Dict, List

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Wanted
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.subject import HostRuntimes
from ansible_collections.slipway.runtimes.plugins.plugin_utils.bringing import BringingAction

_LISTS = ("binaries", "packages", "requirements", "runtimes")


class ActionModule(BringingAction):
    """The quick way of host_runtimes, the sources that the controller brings, and the catalogue, which it reads."""

    subject = HostRuntimes()

    def binaries_in(self, wanted: Any) -> Wanted:
        return wanted.binaries

    def prepare(self, args: Dict[str, Any]) -> Dict[str, Any]:
        """What is wished by name becomes what the module takes."""
        wishes = args.pop("catalogue", None)
        if wishes:
            args = _with(args, wishes)
        return super().prepare(args)


def _with(args: Dict[str, Any], wishes: Any) -> Dict[str, Any]:
    """The arguments with what the wishes come to. What the user names directly counts before what the catalogue says."""
    # Only tasks that wish by name pay for its import.
    from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve

    if not isinstance(wishes, list):
        raise SlipwayError(
            "bad_catalogue", "catalogue: give a list of names, or of dictionaries with a 'name'; got a %s" %
            type(wishes).__name__, option="catalogue")
    found = resolve(wishes, engine=str(args.get("engine") or "docker"))
    result = dict(args)
    for option in _LISTS:
        given: List[Any] = args.get(option) or []
        if not isinstance(given, list):
            continue  # the module says what is wrong with it
        named = [one.get("name") for one in given if isinstance(one, dict) and option != "requirements"]
        result[option] = [one for one in found[option] if one["name"] not in named] + given
    if isinstance(args.get("features") or {}, dict):
        result["features"] = dict(found["features"], **(args.get("features") or {}))
    return result
