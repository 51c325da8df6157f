# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What engine_info tells of an engine of the Docker family. Pure.

None stands for 'not known' throughout, and a sentence in 'trouble' says why. Of the configuration only what is about
runtimes is told in full: every other value may be a secret.
"""

import json
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ...core.json_document import DocumentError, parse as parse_document
from ...core.snapshot import Snapshot
from ..runtime import is_shim_name, shim_binary
from . import live, report, rules
from .entries import normal
from .plan import require_owner
from .programs import VERSION_SECONDS, Answer, Paths, Program
from .questions import ASK_SECONDS, EngineState, User
from .version import knows, parse_version

_SHIM_FILE = re.compile(r".*/containerd-shim-(.+)-(v[0-9]+)\Z")
# The file's keys that are told in full, and what a result calls them.
_SHOWN_KEYS = {live.RUNTIMES: "runtimes", live.DEFAULT: "default_runtime", live.FEATURES: "features"}
_ENTRY_KEYS = ("path", "runtimeArgs", "runtimeType", "options")


class Config(NamedTuple):
    """The configuration file as far as it could be read. data: None where it could not; trouble says why."""

    data: Optional[Dict[str, Any]]
    trouble: str = ""
    broken: bool = False

    def part(self, key: str) -> Dict[str, Any]:
        """One of the file's objects; {} where the file has none, or something else in its place."""
        found = (self.data or {}).get(key)
        return found if isinstance(found, dict) else {}


class Definition(NamedTuple):
    """A runtime and what it stands for, in the file or, where it is not in the file, as the engine reports it.

    origin: file, flag (of the daemon's command line), engine (it has it by itself), shim (registered nowhere, found by
    its full name), loaded (the engine has it, and nothing that could be read says why).
    """

    name: str
    origin: str
    loaded: Optional[bool]
    path: str = ""
    args: Tuple[str, ...] = ()
    shim: str = ""
    options: Dict[str, Any] = {}
    engine_options: Dict[str, Any] = {}

    @property
    def program(self) -> Optional[Program]:
        """What the engine starts: the program like runc, or the shim. None where the definition names none."""
        if self.path:
            return Program(self.path, "" if self.path.startswith("/") else "daemon")
        if self.shim.startswith("/"):
            return Program(self.shim, flag="-v")
        return Program(shim_binary(self.shim), "containerd", "-v") if is_shim_name(self.shim) else None

    @property
    def binary(self) -> Optional[Program]:
        """What the shim starts in its turn, where the engine's options say so."""
        name = self.options.get("BinaryName")
        if not name and self.shim == rules.RUNC_SHIM:
            name = "runc"
        if not name or not isinstance(name, str):
            return None
        return Program(name, "" if name.startswith("/") else "containerd")


def read_config(state: EngineState) -> Config:
    """The configuration file; never an error."""
    config = state.config
    if config.kind == "missing":
        return Config({})
    if config.kind != "file":
        return Config(None, "%s is no regular file" % config.path, True)
    if config.content is None:
        return Config(None, "%s cannot be read by this user" % config.path)
    try:
        return Config(parse_document(config.content, name=config.path).data)
    except DocumentError as error:
        return Config(None, str(error), True)


def definitions(state: EngineState, paths: Paths) -> Tuple[Definition, ...]:
    """Every runtime that the engine has, or would find, in the order of their names."""
    if not state.installed:
        return ()
    text = live.version_of(state)
    version = parse_version(text) if text else None
    entries = read_config(state).part(live.RUNTIMES)
    flags = rules.flag_runtimes(rules.parse_flags(list(state.argv)))
    reported = state.info.get("Runtimes") or {} if state.info else None
    found: Dict[str, Definition] = {}
    for name, entry in entries.items():
        found[name] = _definition(name, "file", entry, _loaded(name, reported))
    for name, path in flags.items():
        found.setdefault(name, _definition(name, "flag", {"path": path}, _loaded(name, reported)))
    stock = rules.stock_runtimes(version) if text else ("runc",)
    for name in stock if reported is None else reported:
        entry = {"runtimeType": name} if name == rules.RUNC_SHIM else (reported or {}).get(name) or {"path": name}
        found.setdefault(
            name, _definition(name, "engine" if name in stock else "loaded", entry, _loaded(name, reported)))
    if text and knows(version, "shim_names"):
        for path in paths.shims:
            match = _SHIM_FILE.match(path)
            name = "io.containerd.%s.%s" % match.groups() if match else ""
            if is_shim_name(name):
                found.setdefault(name, _definition(name, "shim", {"runtimeType": name}, _loaded(name, reported)))
    return tuple(found[name] for name in sorted(found))


def programs(found: Tuple[Definition, ...]) -> Tuple[Program, ...]:
    """The programs behind these runtimes, each once."""
    every = [one for definition in found for one in (definition.program, definition.binary)]
    return tuple(dict.fromkeys(one for one in every if one is not None))


def describe(
    state: EngineState, paths: Paths, answers: Dict[Program, Answer], snapshot: Snapshot
) -> Dict[str, Any]:
    """The engine as engine_info returns it: one element of 'engines'.

    answers: of programs(definitions(state, paths)). snapshot: what state was read from, for what could not be read.
    Raises SlipwayError where root asks for the engine of a user.
    """
    require_owner(state)
    config = read_config(state)
    every = definitions(state, paths)
    drift = _drift(state, config)
    info = state.info
    return {
        "engine": state.place.engine.name,
        "scope": state.place.scope,
        "installed": state.installed,
        "running": state.daemon is not None,
        "version": live.version_of(state),
        "unit": state.unit.get("Id") if state.unit.get("LoadState") == "loaded" else None,
        "socket": state.socket,
        "config_path": state.config.path,
        "config": _shown(config),
        "default_runtime": {
            "in_file": config.data.get(live.DEFAULT) if config.data is not None else None,
            "loaded": (info.get("DefaultRuntime") or None) if info else None,
        },
        "features": config.part(live.FEATURES) if config.data is not None else None,
        "image_store": _image_store(info),
        "live": _live(state, config, drift),
        "drift": drift,
        "runtimes": [_runtime(one, answers, state.users) for one in every],
        "trouble": _trouble(state, config, paths, snapshot) + _program_trouble(every, answers, state),
    }


def _definition(name: str, origin: str, entry: Any, loaded: Optional[bool]) -> Definition:
    one = normal(entry) if isinstance(entry, dict) else {}
    args, options = one.get("runtimeArgs"), one.get("options")
    return Definition(
        name=name, origin=origin, loaded=loaded, path=_string(one.get("path")), shim=_string(one.get("runtimeType")),
        args=tuple(str(word) for word in args) if isinstance(args, list) else (),
        options=options if isinstance(options, dict) else {},
        # A report's further keys, such as a runtime's whole list of features, are nobody's settings.
        engine_options=({key: value for key, value in one.items() if key not in _ENTRY_KEYS} if origin == "file" else {}))


def _loaded(name: str, reported: Optional[Dict[str, Any]]) -> Optional[bool]:
    return None if reported is None else name in reported


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _shown(config: Config) -> Optional[Dict[str, Any]]:
    if config.data is None:
        return None
    found: Dict[str, Any] = {name: config.data[key] for key, name in _SHOWN_KEYS.items() if key in config.data}
    found["other_keys"] = sorted(key for key in config.data if key not in _SHOWN_KEYS)
    return found


def _image_store(info: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    if not info:
        return None
    return {"kind": "containerd" if live.loaded_store(info) else "graphdriver", "driver": info.get("Driver") or None}


def _live(state: EngineState, config: Config, drift: Optional[List[Dict[str, str]]]) -> Optional[bool]:
    if state.daemon is None or drift or config.broken:
        return False
    if config.data is None:
        return None
    known = live.is_live(state)
    if known is not None:
        return known
    version = live.version_of(state)
    return report.is_verified(state, _sound(config), parse_version(version) if version else None)


def _sound(config: Config) -> Dict[str, Any]:
    """The configuration with objects where objects belong."""
    data = dict(config.data or {})
    data.update({key: config.part(key) for key in (live.RUNTIMES, live.FEATURES) if key in data})
    return data


def _drift(state: EngineState, config: Config) -> Optional[List[Dict[str, str]]]:
    """In what the running engine differs from its file; None where the two could not be compared."""
    if state.daemon is None or state.info is None or config.data is None:
        return None
    data, info = _sound(config), state.info
    text = live.version_of(state)
    version = parse_version(text) if text else None
    flags = rules.parse_flags(list(state.argv))
    found = _runtime_drift(data.get(live.RUNTIMES) or {}, info.get("Runtimes") or {}, stock=(
        set(rules.stock_runtimes(version)) | set(rules.flag_runtimes(flags))))
    default = live.effective_default(data, flags)
    if info.get("DefaultRuntime") and info["DefaultRuntime"] != default:
        found.append(_difference(live.DEFAULT, "default_differs", "%s by the file and the daemon's flags, and %s loaded" % (
            default, info["DefaultRuntime"])))
    started = live.started_features(state, data, version)
    store = live.loaded_store(info)
    for name in live.differing_features(live.start_features(data, version), started or {}, store):
        found.append(_difference("features[%s]" % name, "restart_required", "the engine takes it in at its next start"))
    return found


def _runtime_drift(entries: Dict[str, Any], reported: Dict[str, Any], *, stock: Any) -> List[Dict[str, str]]:
    found = []
    for name in sorted(set(entries) | set(reported)):
        option = "runtimes[%s]" % name
        if name not in reported:
            found.append(_difference(option, "not_loaded", "in the file, and not loaded"))
        elif name not in entries:
            if name not in stock:
                found.append(_difference(option, "not_in_file", "loaded, and not in the file"))
        elif _contradicts(reported[name], entries[name]):
            found.append(_difference(option, "differs", "loaded with other settings than the file has"))
    return found


def _contradicts(reported: Any, entry: Any) -> bool:
    """Whether the engine's report of a runtime shows that it is not this entry. From 25.0 on it hides what a shim was
    registered with, and then shows nothing at all."""
    one, other = _definition("", "file", entry, None), _definition("", "file", reported, None)
    if one.path or other.path:
        return (one.path, one.args) != (other.path, other.args)
    return bool(other.shim) and (one.shim, one.options) != (other.shim, other.options)


def _difference(option: str, reason: str, what: str) -> Dict[str, str]:
    return {"option": option, "reason": reason, "message": "%s: %s" % (option, what)}


def _runtime(one: Definition, answers: Dict[Program, Answer], users: Optional[Tuple[User, ...]]) -> Dict[str, Any]:
    by_file = one.shim.startswith("/")
    found: Dict[str, Any] = {
        "name": one.name, "origin": one.origin, "in_file": one.origin == "file", "loaded": one.loaded,
        "path": one.path or None, "args": list(one.args),
        "shim": None if by_file else one.shim or None, "shim_path": one.shim if by_file else None,
        "options": one.options, "engine_options": one.engine_options,
    }
    found.update(_resolved(one.program, answers))
    found["binary"] = dict(_resolved(one.binary, answers), name=one.binary.name) if one.binary else None
    found["users"] = None if users is None else [
        {"name": user.name, "id": user.container, "running": user.running} for user in users if user.runtime == one.name]
    return found


def _resolved(program: Optional[Program], answers: Dict[Program, Answer]) -> Dict[str, Optional[str]]:
    answer = answers.get(program) if program else None
    if answer is None:
        return {"resolves_to": None, "version": None, "sha256": None}
    return {"resolves_to": answer.found.path or None, "version": answer.version or None, "sha256": answer.sha256 or None}


def _trouble(state: EngineState, config: Config, paths: Paths, snapshot: Snapshot) -> List[str]:
    """What could not be read of the engine, and why, a sentence each."""
    found = [config.trouble] if config.trouble else []
    for key in (live.RUNTIMES, live.FEATURES):
        if config.data is not None and config.data.get(key) is not None and not isinstance(config.data[key], dict):
            found.append("%s: '%s' is no object" % (state.config.path, key))
    if state.journal:
        found.append("a run of engine_runtimes was interrupted; the next one undoes or finishes it")
    if "state" in snapshot.trouble or "engine" in snapshot.trouble:
        found.append("%s cannot be read by this user, so whether a run was interrupted is not known for sure" % state.lib_dir)
    if state.daemon is None:
        return found
    if paths.daemon is None:
        found.append("the daemon's PATH cannot be read by this user, so programs are not looked up on it")
    if paths.containerd is None:
        found.append("the engine's containerd was not found or cannot be read by this user, so shims are not looked up")
    return found + _cli_trouble(state, snapshot)


def _cli_trouble(state: EngineState, snapshot: Snapshot) -> List[str]:
    cli = state.place.cli or state.place.engine.cli
    so = "so what is loaded and who uses it is not known"
    info, users = snapshot.program("info"), snapshot.program("users")
    if info is None:
        return ["there is no CLI '%s' of %s on PATH, %s; 'cli' names another" % (cli, state.place.engine.title, so)]
    if state.info is None:
        why = "no answer within %d s" % ASK_SECONDS if info.hung else _server_error(info.output)
        return ["'%s info' at %s: %s; %s" % (cli, state.socket, why or "no report of an engine", so)]
    if state.users is None:
        why = " within %d s" % ASK_SECONDS if users is not None and users.hung else ""
        return ["'%s' did not list the containers%s, so who uses a runtime is not known" % (cli, why)]
    return []


def _server_error(output: bytes) -> str:
    """What a CLI says of a daemon that it did not reach; '' where it does not say."""
    try:
        errors = json.loads(output.decode("utf-8", "replace")).get("ServerErrors")
    except (ValueError, AttributeError):
        return ""
    return str(errors[0])[:300] if isinstance(errors, list) and errors else ""


def _program_trouble(
    every: Tuple[Definition, ...], answers: Dict[Program, Answer], state: EngineState
) -> List[str]:
    found = []
    for one in every:
        for program in (one.program, one.binary):
            what = _fault(program, answers.get(program)) if program else ""
            if what:
                found.append("runtimes[%s]: %s" % (one.name, what))
    names = {one.name for one in every}
    if state.info is not None:
        for user in state.users or ():
            if user.runtime not in names and user.runtime:
                found.append("container %s was created under the runtime %s, which the engine does not have" % (
                    user.name or user.container[:12], user.runtime))
    return found


def _fault(program: Program, answer: Optional[Answer]) -> str:
    """What is wrong with a program, in words; '' where nothing is, or nothing is known."""
    if answer is None:
        return ""
    path = answer.found.path
    if not path:
        where = " on %s" % answer.found.searched if answer.found.searched else ""
        return "there is no program %s%s" % (program.name, where) if answer.found.known else ""
    question = "'%s %s'" % (path, program.flag)
    if answer.hung:
        return "%s did not end within %d s" % (question, VERSION_SECONDS)
    if answer.code:
        return "%s failed with exit code %d" % (question, answer.code)
    if answer.code is None:
        return "%s could not be asked within a time limit" % question
    return "" if answer.sha256 else "%s cannot be read by this user, so its digest is not known" % path
