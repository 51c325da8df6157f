# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's rules on a configuration, held before anything is written. Pure.

The engine's own validator (dockerd --validate) knows every option, but from 25.0 on none of the rules on runtimes;
here is what it misses, and what an engine accepts at load to fail or to misbehave when a container starts.
Messages name keys of the configuration, never values that a file may keep secret.
"""

import re
from typing import Any, Collection, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ..runtime import is_shim_name
from .version import SINCE, Version, knows

Flags = Dict[str, List[str]]

RUNC_SHIM = "io.containerd.runc.v2"
RESERVED_NAME = "runc"

_UINT32 = "uint32"
# The fields of containerd's options for its own shim, and those of the options that every other shim gets.
_RUNC_OPTIONS: Dict[str, Any] = {
    "NoPivotRoot": bool, "NoNewKeyring": bool, "ShimCgroup": str, "IoUid": _UINT32, "IoGid": _UINT32,
    "BinaryName": str, "Root": str, "SystemdCgroup": bool, "CriuImagePath": str, "CriuWorkPath": str,
    "TaskApiAddress": str, "TaskApiVersion": _UINT32,
}
_GENERIC_OPTIONS: Dict[str, Any] = {"TypeUrl": str, "ConfigPath": str, "ConfigBody": bytes}

_ENTRY_FIELDS = {"path": str, "runtimeArgs": list, "runtimeType": str, "options": dict}
_OWN_KEYS = ("runtimes", "default-runtime", "features")
_KINDS = {str: "a string", bool: "true or false", list: "a list of strings", dict: "an object"}
_TRUE = ("true", "yes", "on", "1", "y", "t", "1.0")
_FALSE = ("false", "no", "off", "0", "n", "f", "0.0")
# Outside of these a character means something to the shell, or parts words, in the wrapper that the engine writes.
_SHELL_UNSAFE = re.compile(r"[^\w@%+=:,./-]")

_BOOLEAN_FLAGS: FrozenSet[str] = frozenset((
    "allow-direct-routing", "cri-containerd", "debug", "experimental", "help", "icc", "init", "ip-forward",
    "ip-forward-no-drop", "ip-masq", "ip6tables", "iptables", "ipv6", "live-restore", "no-new-privileges", "raw-logs",
    "restart", "rootless", "selinux-enabled", "tls", "tlsverify", "userland-proxy", "validate", "version",
))
_SHORT_FLAGS = {
    "D": "debug", "G": "group", "H": "host", "b": "bridge", "g": "graph", "h": "help", "l": "log-level",
    "p": "pidfile", "r": "restart", "s": "storage-driver", "v": "version",
}
# Flags whose key in the file has another name.
_FILE_KEYS = {
    "add-runtime": "runtimes", "authorization-plugin": "authorization-plugins", "cdi-spec-dir": "cdi-spec-dirs",
    "cluster-store-opt": "cluster-store-opts", "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts", "default-ulimit": "default-ulimits", "dns-opt": "dns-opts",
    "exec-opt": "exec-opts", "feature": "features", "features": "features", "host": "hosts",
    "insecure-registry": "insecure-registries", "label": "labels", "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources", "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
# Objects that the engine reads as one value; the members of any other object count as keys of the top level.
_FLAT_KEYS: FrozenSet[str] = frozenset((
    "builder", "cluster-store-opts", "default-network-opts", "default-ulimits", "features", "log-opts", "nri-opts",
    "runtimes",
))
_MERGED_KEYS = ("runtimes",)  # may be given by flag and in the file


class Problem(NamedTuple):
    """What is wrong with a configuration.

    option: the key, such as 'runtimes[youki].path', 'default-runtime', 'features[containerd-snapshotter]'.
    reason: a stable snake_case code.
    message: what is wrong and what would be right; begins with the option.
    stricter: the engine starts and reloads with this, and fails or does something else later; False where it refuses
    it, or ends, at a start or a reload.
    """

    option: str
    reason: str
    message: str
    stricter: bool = False


def check(
    data: Dict[str, Any],
    *,
    version: Optional[Version],
    flags: Flags,
    owned: Optional[Collection[str]] = None
) -> List[Problem]:
    """Every rule that `data`, a whole configuration as decoded JSON, breaks; in the order of the file.

    version: the engine's, None for the newest. flags: the daemon's command line, from `parse_flags`.
    owned: options (as in Problem.option, such as 'runtimes[youki]' or 'default-runtime') that the caller writes. What
    an engine loads all the same is then only a problem there: somebody else's entry does not stand in the way.
    None: everywhere. Keys that no rule here is about are left to the engine's own validator.
    """
    problems = _check_keys(data)
    problems += _check_runtimes(data.get("runtimes"), "runtimes" in data, version)
    problems += _check_default(data, version, flags)
    problems += _check_features(data.get("features"), version)
    problems += flag_conflicts(data, flags)
    if owned is None:
        return problems
    return [problem for problem in problems if not problem.stricter or _is_owned(problem.option, owned)]


def check_content(content: bytes, *, version: Optional[Version]) -> List[Problem]:
    """The rules on the file's bytes, which must be those of a valid file: what this engine cannot read."""
    if content.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return [Problem("", "encoding", "the file is UTF-32, which no engine reads; write it as UTF-8")]
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) and not knows(version, "byte_order_mark"):
        return [_too_old("", "byte_order_mark", "the file begins with a byte order mark", "write UTF-8 without one")]
    if not content.strip() and not knows(version, "empty_file"):
        return [_too_old("", "empty_file", "the file is empty", "write {} or remove the file")]
    return []


def after_reload(before: Dict[str, Any], data: Dict[str, Any]) -> Dict[str, Any]:
    """The configuration that a reload of `data` leads to in an engine that runs with `before`.

    Of both only the keys runtimes, default-runtime and features matter and are returned. A deleted key keeps its old
    value: runtimes always, default-runtime also where it is empty. `before` holds what the engine has loaded, from
    flags too: runtimes given by flag are gone once a reloaded file has the key. `check` this outcome as well: from
    25.0 on the engine refuses a reload to a default that is not there, and before 23.0 it ends.
    """
    after: Dict[str, Any] = {}
    runtimes = data["runtimes"] if "runtimes" in data else before.get("runtimes")
    after["runtimes"] = runtimes or {}
    after["default-runtime"] = data.get("default-runtime") or before.get("default-runtime") or RESERVED_NAME
    after["features"] = data.get("features") or {}
    return after


def flag_runtimes(flags: Flags) -> Dict[str, str]:
    """The runtimes that the daemon's command line registers: name to path. The engine lower-cases these names."""
    found = {}
    for value in flags.get("add-runtime", []):
        name, _equals, path = value.partition("=")
        found[name.strip().lower()] = path.strip()
    return found


def flag_conflicts(data: Dict[str, Any], flags: Flags) -> List[Problem]:
    """The keys that are given by flag and in the file: the engine takes neither, and does not start or reload."""
    keys = set()
    for key, value in data.items():
        keys.update(value if isinstance(value, dict) and key not in _FLAT_KEYS else [key])
    problems = []
    for flag in sorted(flags):
        key = _FILE_KEYS.get(flag, flag)
        # Engines before 29 know the file's host-gateway-ip by the flag's own name, later ones by both.
        both = ("host-gateway-ip", "host-gateway-ips") if flag == "host-gateway-ip" else (key,)
        for name in both:
            if name in keys and name not in _MERGED_KEYS:
                problems.append(Problem(name, "flag_and_file", (
                    f"{name}: given in the file and by the flag --{flag} of the daemon's command line, and the engine"
                    f" refuses that; keep one of them")))
    return problems


def parse_flags(argv: List[str]) -> Flags:
    """A daemon's command line as a dict: long names to the list of values given, [] for a boolean without a value.

    `argv` may begin with the program. `--name=value`, `--name value`, `-H value`, `-Hvalue`, `-H=value` and joined
    short booleans (`-Dl debug`) are read as the engine does, but that a value in a word of its own does not begin
    with '-': no value of the engine's does, and a boolean of a later release is then not taken for more.
    """
    flags: Flags = {}
    words = list(argv[1:] if argv and not argv[0].startswith("-") else argv)
    while words:
        word = words.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            values = flags.setdefault(name, [])
            if equals:
                values.append(value)
            elif name not in _BOOLEAN_FLAGS and words and not words[0].startswith("-"):
                values.append(words.pop(0))
        elif word.startswith("-") and len(word) > 1:
            _parse_short(word[1:], words, flags)
    return flags


def coerce_options(shim: str, options: Dict[str, Any]) -> Dict[str, Any]:
    """The options of a shim with strings such as 'true' and 'no' made booleans, where the option is a boolean.

    Values from templates are strings on ansible-core 2.16, and the engine does not take a string for a boolean.
    Anything else is left as it is, for `check` to refuse.
    """
    known = _known_options(shim)
    coerced = {}
    for key, value in options.items():
        if known.get(key) is bool and isinstance(value, str):
            word = value.strip().lower()
            value = True if word in _TRUE else False if word in _FALSE else value
        coerced[key] = value
    return coerced


def stock_runtimes(version: Optional[Version]) -> Tuple[str, ...]:
    """The names that an engine has by itself."""
    if knows(version, "shim_names"):
        return (RESERVED_NAME, RUNC_SHIM)
    return (RESERVED_NAME, RUNC_SHIM, "io.containerd.runtime.v1.linux")


# -- the file's keys


def _check_keys(data: Dict[str, Any]) -> List[Problem]:
    right = {key.casefold(): key for key in _OWN_KEYS}
    return [
        Problem(key, "key_case", f"{key}: the engine does not know this key; write {right[key.casefold()]}")
        for key in data if key not in _OWN_KEYS and key.casefold() in right
    ]


def _check_runtimes(runtimes: Any, given: bool, version: Optional[Version]) -> List[Problem]:
    if runtimes is None:
        if given and not knows(version, "transactional_reload"):
            return [Problem("runtimes", "runtimes_null", (
                "runtimes: null ends an engine before 25.0 when it reloads; write {} or remove the key"))]
        return []
    if not isinstance(runtimes, dict):
        return [_wrong_type("runtimes", dict)]
    problems = []
    for name, entry in runtimes.items():
        problems += _check_name(name, version)
        problems += _check_entry(f"runtimes[{name}]", name, entry, version)
    return problems


def _check_name(name: str, version: Optional[Version]) -> List[Problem]:
    option = f"runtimes[{name}]"
    if name == RESERVED_NAME:
        return [Problem(option, "name_reserved", f"{option}: the engine reserves the name runc; choose another")]
    if name in stock_runtimes(version) and not knows(version, "transactional_reload"):
        return [Problem(option, "name_stock", (
            f"{option}: an engine before 25.0 has this name itself and overrides the entry; choose another"), True)]
    if not name.strip() or name != name.strip():
        return [Problem(option, "name_whitespace", (
            f"{option}: a name is not empty and has no whitespace around it; no container could ask for it"), True)]
    return []


def _check_entry(option: str, name: str, entry: Any, version: Optional[Version]) -> List[Problem]:
    if entry is not None and not isinstance(entry, dict):
        return [_wrong_type(option, dict)]
    given = _entry_fields(entry or {})
    problems = [_wrong_type(f"{option}.{field}", _ENTRY_FIELDS[field])
                for field, value in given if not _has_type(value, _ENTRY_FIELDS[field])]
    if problems:
        return problems
    fields = dict(given)
    path, kind = fields.get("path", ""), fields.get("runtimeType", "")
    args, options = fields.get("runtimeArgs", []), fields.get("options", {})
    if not knows(version, "runtime_type"):
        ignored = [field for field in ("runtimeType", "options") if fields.get(field)]
        if ignored:
            return [_too_old(f"{option}.{field}", "runtime_type", "this engine ignores it, and would run runc instead",
                             "use path, or a newer engine", stricter=True) for field in ignored]
    if not path and not kind:
        return [Problem(option, "path_or_type_missing", (
            f"{option}: neither path nor runtimeType is given; give one of them"), not knows(version, "runtime_type"))]
    if path and kind:
        return [Problem(option, "path_and_type", f"{option}: path and runtimeType are both given; keep one of them")]
    if path and options:
        return [Problem(f"{option}.options", "options_with_path", (
            f"{option}.options: options are for runtimeType, and path is given; for a runc-like program use"
            f" runtimeType {RUNC_SHIM} with the option BinaryName"))]
    if kind and args:
        return [Problem(f"{option}.runtimeArgs", "args_with_type", (
            f"{option}.runtimeArgs: arguments are for path, and runtimeType is given; a shim takes options"))]
    if path:
        return _check_path(option, name, path, args)
    return _check_type(option, kind) + _check_options(f"{option}.options", kind, options)


def _entry_fields(entry: Dict[str, Any]) -> List[Tuple[str, Any]]:
    """The fields as the engine decodes them: names in any case, null and unknown ones left out."""
    names = {field.casefold(): field for field in _ENTRY_FIELDS}
    return [(names[key.casefold()], value) for key, value in entry.items()
            if key.casefold() in names and value is not None]


def _check_path(option: str, name: str, path: str, args: List[str]) -> List[Problem]:
    problems = []
    if path != path.strip():
        problems.append(Problem(f"{option}.path", "path_whitespace", (
            f"{option}.path: the path begins or ends with whitespace, which the engine takes for a part of it"), True))
    elif "/" in path and not path.startswith("/"):
        problems.append(Problem(f"{option}.path", "path_relative", (
            f"{option}.path: a relative path depends on where the shim stands; give an absolute path, or a bare name"
            f" that is on the engine's PATH"), True))
    if not args:
        return problems
    if "/" in name:
        problems.append(Problem(option, "name_with_args", (
            f"{option}: the engine writes a script of this name for the arguments, which a '/' prevents; choose"
            f" another name or give no arguments")))
    words = [("path", path)] + [(f"runtimeArgs[{position}]", arg) for position, arg in enumerate(args)]
    for field, word in words:
        if not word or _SHELL_UNSAFE.search(word) or (field == "path" and "/" not in word and "=" in word):
            problems.append(Problem(f"{option}.{field}", "unquotable", (
                f"{option}.{field}: the engine puts path and arguments into a shell script without quotes, so each may"
                f" only have letters, digits and @%+=:,./-_ and is not empty; for anything else give the path of a"
                f" script of your own"), True))
    return problems


def _check_type(option: str, kind: str) -> List[Problem]:
    if kind.startswith("/") or is_shim_name(kind):
        return []
    return [Problem(f"{option}.runtimeType", "shim_name", (
        f"{option}.runtimeType: containerd finds no shim by this; give a full name such as io.containerd.runsc.v1, or"
        f" an absolute path"), True)]


def _known_options(shim: str) -> Dict[str, Any]:
    return _RUNC_OPTIONS if shim == RUNC_SHIM else _GENERIC_OPTIONS


def _check_options(option: str, shim: str, options: Dict[str, Any]) -> List[Problem]:
    known = _known_options(shim)
    problems = []
    for key, value in options.items():
        here = f"{option}.{key}"
        if key not in known:
            alike = [name for name in known if name.casefold() == key.replace("_", "").replace("-", "").casefold()]
            right = f"write {alike[0]}" if alike else "it knows " + ", ".join(sorted(known))
            problems.append(Problem(here, "option_unknown", (
                f"{here}: this shim's options have no such key, and the engine would drop it silently; {right}"), True))
        elif known[key] is _UINT32:
            problems.append(Problem(here, "option_number", (
                f"{here}: the engine cannot take a number in its file, so this option cannot be set; leave it out")))
        elif known[key] is bytes:
            problems.append(Problem(here, "option_bytes", (
                f"{here}: the engine cannot take bytes in its file; write them to a file and give ConfigPath")))
        elif not _has_type(value, known[key]):
            problems.append(_wrong_type(here, known[key], reason="option_type"))
    return problems


def _check_default(data: Dict[str, Any], version: Optional[Version], flags: Flags) -> List[Problem]:
    option = "default-runtime"
    in_file = data.get(option)
    if in_file is not None and not isinstance(in_file, str):
        return [_wrong_type(option, str)]
    name = in_file or (flags.get(option) or [""])[-1]
    runtimes = data.get("runtimes")
    registered = set(runtimes) if isinstance(runtimes, dict) else set()
    if not name or name == RESERVED_NAME or name in registered:
        return []
    if name in stock_runtimes(version):
        return _check_stock_default("runtimes" in data, name, version)
    if name in flag_runtimes(flags):
        return _check_default_by_flag("runtimes" in data, bool(in_file), name, version)
    if not is_shim_name(name):
        return [Problem(option, "default_missing", (
            f"{option}: there is no runtime {name}; register it, or name runc, a registered runtime or a shim's full"
            f" name"))]
    if not knows(version, "shim_names"):
        return [_too_old(option, "shim_names", f"this engine does not take the unregistered shim {name}",
                         "register a runtime by path")]
    return []


def _check_stock_default(has_runtimes: bool, name: str, version: Optional[Version]) -> List[Problem]:
    """Before 25.0 a reload of runtimes forgets the engine's own ones but runc, and before 23.0 a default that is not
    registered then ends the engine."""
    if not has_runtimes or knows(version, "shim_names"):
        return []
    return [Problem("default-runtime", "default_ends_engine", (
        f"default-runtime: with runtimes in the file, {name} as the default ends an engine before 23.0 when it reloads;"
        f" write runc"))]


def _check_default_by_flag(has_runtimes: bool, in_file: bool, name: str, version: Optional[Version]) -> List[Problem]:
    """A default that only --add-runtime registers: good at start, but a reload forgets the flag's runtimes."""
    if not has_runtimes and (knows(version, "transactional_reload") or not in_file):
        return []
    return [Problem("default-runtime", "default_only_by_flag", (
        f"default-runtime: {name} is registered by the flag --add-runtime only, and a reload takes the file's runtimes"
        f" alone; register it in the file too"))]


def _check_features(features: Any, version: Optional[Version]) -> List[Problem]:
    if features is None:
        return []
    if not isinstance(features, dict):
        return [_wrong_type("features", dict)]
    problems = []
    for name, value in features.items():
        option = f"features[{name}]"
        if value is not None and not isinstance(value, bool):
            problems.append(_wrong_type(option, bool))
        elif name == "containerd-snapshotter" and value and not knows(version, "image_store"):
            problems.append(_too_old(option, "image_store", "this engine ignores it", "leave it out", stricter=True))
    return problems


# -- small things


def _has_type(value: Any, kind: Any) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def _wrong_type(option: str, kind: Any, *, reason: str = "wrong_type") -> Problem:
    return Problem(option, reason, f"{option}: must be {_KINDS[kind]}")


def _too_old(option: str, feature: str, what: str, right: str, *, stricter: bool = False) -> Problem:
    release = ".".join(str(number) for number in SINCE[feature])
    lead = f"{option}: " if option else ""
    return Problem(option, "engine_too_old", f"{lead}{what}; it needs engine {release}: {right}", stricter)


def _is_owned(option: str, owned: Collection[str]) -> bool:
    return any(option == name or option.startswith(name + ".") for name in owned)


# -- the command line


def _parse_short(letters: str, words: List[str], flags: Flags) -> None:
    """Read one word of short flags, without its dash; takes a value from `words` where one is needed."""
    while letters:
        name, letters = _SHORT_FLAGS.get(letters[0], letters[0]), letters[1:]
        values = flags.setdefault(name, [])
        if letters.startswith("="):
            values.append(letters[1:])
            return
        if name in _BOOLEAN_FLAGS:
            continue
        if letters:
            values.append(letters)
        elif words:
            values.append(words.pop(0))
        return
