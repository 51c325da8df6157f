# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from typing import Any, Callable, Dict, List

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Wanted
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.subject import HostRuntimes
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.wanted import SPEC
from ansible_collections.slipway.runtimes.plugins.plugin_utils.bringing import BringingAction
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import read_ahead
# Here, and not where it is used: this file is read once a run, before there are workers, and each of them has it then.
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve

# What each choice of catalogue_only leaves out.
_PARTS = {"files": ("runtimes", "features"), "registration": ("binaries", "packages")}
_OWN = "runc"
_LISTS = ("binaries", "packages", "requirements", "runtimes")
# What an option is called as a variable, where it is not called as it is.
_VARIABLES = {"catalogue": "wanted", "catalogue_state": "state", "default_runtime": "default"}

# For the same reason: the whole catalogue costs a run what reading their part of it would cost three hosts.
read_ahead()


class ActionModule(BringingAction):
    """The quick way of host_runtimes, the sources that the controller brings, and the catalogue, which it reads."""

    subject = HostRuntimes()

    def binaries_in(self, wanted: Any) -> Wanted:
        return wanted.binaries

    def prepare(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Dict[str, Any]:
        """What is wished by name becomes what the module takes."""
        args = with_variables(args, task_vars, self._templar.template)
        return super().prepare(catalogued(args), task_vars)


def with_variables(
    args: Dict[str, Any], task_vars: Dict[str, Any], template: Callable[[Dict[str, Any]], Dict[str, Any]]
) -> Dict[str, Any]:
    """The task's arguments, and in place of the option 'variables' what the variables of that prefix say. Takes it out of
    args.

    Not by the task's own templates: each of them costs every host a millisecond, 'is defined' ten of them.
    """
    prefix = args.pop("variables", None)
    if not prefix:
        return args
    names = {option: str(prefix) + _VARIABLES.get(option, option) for option in SPEC if option != "variables"}
    found = template({option: task_vars[name] for option, name in names.items() if name in task_vars})
    # What a survey leaves unanswered comes as an empty text; only a proxy's means something.
    unset = (None, "", task_vars.get("omit"))
    return dict(args, **{
        option: value for option, value in found.items()
        if value not in unset or (option == "proxy" and value == "")})


def catalogued(args: Dict[str, Any]) -> Dict[str, Any]:
    """The task's arguments, with what the catalogue comes to in place of the options about it. Takes those out of args.

    Raises SlipwayError. What else is wrong stays as it is, for the module to say.
    """
    wishes = args.pop("catalogue", None)
    state, only = (_choice(args, option) for option in ("catalogue_state", "catalogue_only"))
    return _with(args, _wishes(wishes, state), only) if wishes else args


def _choice(args: Dict[str, Any], option: str) -> str:
    """A word that only the controller has a use for; '' where it is not given."""
    word = str(args.pop(option, None) or "")
    choices = SPEC[option]["choices"]
    if word and word not in choices:
        raise SlipwayError(
            "bad_catalogue", "%s: '%s' is none of %s" % (option, word, ", ".join(choices)), option=option)
    return word


def _wishes(given: Any, state: str) -> List[Any]:
    """The wishes, with one state for all where one is given. As any list of a module's, they may be one line of names."""
    if isinstance(given, str):
        given = [word.strip() for word in given.split(",") if word.strip()]
    if not isinstance(given, list):
        raise SlipwayError(
            "bad_catalogue", "catalogue: give a list of names, or of dictionaries with a 'name'; got a %s" %
            type(given).__name__, option="catalogue")
    if not state:
        return given
    named = [{"name": one} if isinstance(one, str) else one for one in given]
    return [dict(one, state=state) if isinstance(one, dict) else one for one in named]


def _with(args: Dict[str, Any], wishes: List[Any], only: str) -> Dict[str, Any]:
    """The arguments with what the wishes come to. What the user names directly counts before what the catalogue says."""
    engine = str(args.get("engine") or "docker")
    found = resolve(wishes, engine=engine)
    if only:
        found.update({kind: type(found[kind])() for kind in _PARTS[only]})
    result = dict(args)
    for option in _LISTS:
        given: List[Any] = args.get(option) or []
        if not isinstance(given, list):
            continue  # the module says what is wrong with it
        named = [one.get("name") for one in given if isinstance(one, dict) and option != "requirements"]
        result[option] = [one for one in found[option] if one["name"] not in named] + given
    if isinstance(args.get("features") or {}, dict):
        result["features"] = dict(found["features"], **(args.get("features") or {}))
    if only == "files":
        result.pop("default_runtime", None)
    elif args.get("default_runtime"):
        result["default_runtime"] = _default(args["default_runtime"], wishes, found["runtimes"], engine)
    return result


def _default(name: Any, wishes: List[Any], runtimes: List[Dict[str, Any]], engine: str) -> Any:
    """The default runtime as the engine knows it, where it is named as a wish is; its own where that one goes."""
    for wish in wishes:
        # By this name the engine's own is meant, whatever other version is wished.
        if name != _OWN and name == (wish if isinstance(wish, str) else wish["name"]):
            runtimes = resolve([wish], engine=engine)["runtimes"]
            name = runtimes[0]["name"] if runtimes else name
            break
    return _OWN if any(one["name"] == name and one["state"] == "absent" for one in runtimes) else name
