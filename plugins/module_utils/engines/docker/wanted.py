# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted of one engine of the Docker family: the parameters of engine_runtimes, checked. Pure."""

from typing import Any, Collection, Dict, NamedTuple, Optional, Tuple

from ...core.errors import SlipwayError
from ..runtime import Runtime, is_shim_name, parse_runtimes, shim_binary
from ..table import engine_named
from .questions import Place


class Wanted(NamedTuple):
    """The parameters of engine_runtimes, checked. features: None as a value takes the key out."""

    place: Place
    runtimes: Tuple[Runtime, ...]
    exclusive: bool
    default_runtime: Optional[str]
    features: Dict[str, Optional[bool]]
    restart: str
    image_store: str
    force: bool
    wait_timeout: int
    backup: bool

    @property
    def programs(self) -> Tuple[str, ...]:
        """What the daemon would execute, and shims that are given by their file."""
        found = [one.path or one.shim_path for one in self.runtimes if one.present and (one.path or one.shim_path)]
        found.extend(
            one.options["BinaryName"] for one in self.runtimes
            if one.present and isinstance(one.options.get("BinaryName"), str))
        return tuple(dict.fromkeys(found))

    @property
    def shims(self) -> Tuple[str, ...]:
        """The programs that containerd would look for."""
        names = [one.shim or one.name for one in self.runtimes if one.present and not (one.path or one.shim_path)]
        if self.default_runtime and self.default_runtime not in [one.name for one in self.runtimes if one.present]:
            if is_shim_name(self.default_runtime):
                names.append(self.default_runtime)
        return tuple(dict.fromkeys(shim_binary(name) for name in names))

    @property
    def removes(self) -> bool:
        """Whether entries may go."""
        return self.exclusive or any(not one.present for one in self.runtimes)

    def takes(self, name: str, entries: Collection[str]) -> bool:
        """Whether a runtime is one that this takes away. entries: the names that are registered."""
        for one in self.runtimes:
            if one.name == name:
                return not one.present
        return self.exclusive and name in tuple(entries)


def parse(params: Dict[str, Any]) -> Wanted:
    """What engine_runtimes is asked for. Raises SlipwayError that names the option."""
    place = parse_place(params)
    features: Dict[str, Optional[bool]] = {}
    for name, value in (params.get("features") or {}).items():
        features[str(name)] = _boolean(value, "features[%s]" % name)
    default = params.get("default_runtime")
    if default is not None and (not default or default != default.strip()):
        raise SlipwayError(
            "bad_default_runtime", "default_runtime: give a runtime's name; 'runc' is the engine's own default",
            option="default_runtime")
    timeout = params.get("wait_timeout", 60)
    if timeout < 1:
        raise SlipwayError("bad_wait_timeout", "wait_timeout: give at least 1 second", option="wait_timeout")
    return Wanted(
        place=place,
        runtimes=parse_runtimes(params.get("runtimes")),
        exclusive=bool(params.get("exclusive")),
        default_runtime=default,
        features=features,
        restart=params.get("restart") or "if_idle",
        image_store=params.get("image_store") or "if_empty",
        force=bool(params.get("force")),
        wait_timeout=timeout,
        backup=bool(params.get("backup")))


def parse_place(params: Dict[str, Any]) -> Place:
    """Which engine a module is about. Raises SlipwayError that names the option."""
    for option in ("config_path", "socket"):
        value = params.get(option)
        if value and not value.startswith("/"):
            raise SlipwayError(
                "bad_path", "%s: '%s' is not an absolute path" % (option, value), option=option)
    unit = params.get("unit") or ""
    if unit and "." not in unit:
        unit += ".service"
    return Place(
        engine=engine_named(params.get("engine") or "docker"),
        scope=params.get("scope") or "system",
        config_path=params.get("config_path") or "",
        socket=params.get("socket") or "",
        unit=unit,
        cli=params.get("cli") or "")


def _boolean(value: Any, option: str) -> Optional[bool]:
    # A templated value is a string on ansible-core 2.16.
    if value is None or isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "false": False, "no": False, "": None}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise SlipwayError(
        "bad_feature", "%s: give true or false, or null to take the key out; got a %s" % (option, type(value).__name__),
        option=option)
