# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules said of each host, made into one report of the fleet. Pure.

A result comes from its host and is not believed to have any shape: what is not of the type that is expected counts as
not said, so that no host can spoil the report of the others.
"""

import re
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

# The version of the report's shape: it counts up where a key goes or changes its meaning.
SCHEMA = 1

# How a host can be: one of them is its 'status'.
OK, UNREACHABLE, UNREAD, NO_ENGINE = "ok", "unreachable", "unread", "no_engine"

# How a runtime of an engine can be, the worst first: one of them is its 'state'.
STATES: Dict[str, str] = {
    "failed": "did not run",
    "unproven": "something else ran",
    "broken": "broken",
    "drift": "engine and file differ",
    "proven": "ran",
    "loaded": "loaded",
    "registered": "in the file",
    "available": "found, not registered",
}

# What needs somebody's attention, in the order in which it is told.
PROBLEMS: Dict[str, str] = {
    UNREACHABLE: "Could not be reached",
    UNREAD: "Could not be read",
    NO_ENGINE: "Has no engine",
    "other_engine": "Has other engines than its neighbours",
    "stopped": "An engine does not run",
    "failed": "A runtime did not run when asked to",
    "unproven": "Something else ran than was asked for",
    "drift": "An engine differs from its file",
    "not_live": "It is not known that an engine has loaded its file",
    "other_digest": "A runtime's program is not the one that others have under this version",
    "trouble": "Something could not be read or does not work",
}

_LONGEST = 2000


def build(results: Mapping[str, Any], *, generated: str, title: str) -> Dict[str, Any]:
    """The report: {'schema', 'title', 'generated', 'summary', 'hosts'}, all of it fit for JSON.

    results: by host, a dict of what was registered there, each key optional: 'engines' (of engine_info), 'probes' (a
    list, of runtime_probe), 'docker_cli' and 'runner_host' (of the modules of those names), 'groups' (the host's).
    generated: when, as ISO 8601.
    """
    hosts = [_host(_text(name), _dict(results[name])) for name in sorted(results, key=natural)]
    _compare_engines(hosts)
    _compare_digests(hosts)
    for host in hosts:
        host["problems"].sort(key=lambda one: list(PROBLEMS).index(one["kind"]))
    return {
        "schema": SCHEMA,
        "title": _text(title),
        "generated": _text(generated),
        "summary": _summary(hosts),
        "hosts": hosts,
    }


def natural(text: str) -> Tuple[List[Any], str]:
    """A key by which node-9 stands before node-10."""
    parts = re.split(r"([0-9]{1,18})", text)
    return [int(part) if index % 2 else part.lower() for index, part in enumerate(parts)], text


def majority(values: Iterable[Any]) -> Optional[Any]:
    """The value that is more frequent than every other one; None where there is none."""
    ranks = Counter(values).most_common(2)
    if not ranks or (len(ranks) == 2 and ranks[0][1] == ranks[1][1]):
        return None
    return ranks[0][0]


def _host(name: str, said: Dict[str, Any]) -> Dict[str, Any]:
    found = _dict(said.get("engines"))
    probes = [_dict(one) for one in _list(said.get("probes"))]
    engines = [_engine(_dict(one), probes) for one in _list(found.get("engines"))]
    engines = [one for one in engines if one["installed"]]
    status = _status(found, engines)
    message = _text(found.get("msg")) if status in (UNREACHABLE, UNREAD) else ""
    host: Dict[str, Any] = {
        "name": name,
        "status": status,
        "message": message,
        "groups": _texts(said.get("groups")),
        "engines": engines,
        "docker_cli": _docker_cli(said.get("docker_cli")),
        "runner_host": _runner_host(said.get("runner_host")),
        "problems": [],
    }
    if status != OK:
        host["problems"].append(_problem(status, message or PROBLEMS[status]))
    for engine in engines:
        host["problems"] += _engine_problems(engine)
    return host


def _status(found: Dict[str, Any], engines: List[Dict[str, Any]]) -> str:
    if found.get("unreachable") is True:
        return UNREACHABLE
    if found.get("failed") is True or not isinstance(found.get("engines"), list):
        return UNREAD
    return OK if engines else NO_ENGINE


def _engine(said: Dict[str, Any], probes: List[Dict[str, Any]]) -> Dict[str, Any]:
    name, scope = _text(said.get("engine")), _text(said.get("scope")) or "system"
    drift = said.get("drift")
    default, store = _dict(said.get("default_runtime")), _dict(said.get("image_store"))
    engine: Dict[str, Any] = {
        "engine": name,
        "scope": scope,
        "installed": said.get("installed") is True,
        "running": said.get("running") is True,
        "version": _text(said.get("version")),
        "unit": _text(said.get("unit")),
        "socket": _text(said.get("socket")),
        "config_path": _text(said.get("config_path")),
        "live": _bool(said.get("live")),
        "default_runtime": {key: _text(default.get(key)) for key in ("in_file", "loaded")},
        "image_store": {key: _text(store.get(key)) for key in ("kind", "driver")},
        "features": {_text(key): value is True for key, value in _dict(said.get("features")).items()},
        "drift": (
            [{key: _text(_dict(one).get(key)) for key in ("option", "reason", "message")} for one in _list(drift)]
            if isinstance(drift, list)
            else None
        ),
        "trouble": _texts(said.get("trouble")),
    }
    proofs, engine["proof_trouble"] = _proofs(probes, name, scope)
    engine["runtimes"] = [
        _runtime(_dict(one), engine, proofs)
        for one in sorted(_list(said.get("runtimes")), key=lambda one: natural(_text(_dict(one).get("name"))))
    ]
    return engine


def _proofs(probes: List[Dict[str, Any]], engine: str, scope: str) -> Tuple[Dict[str, Dict[str, Any]], str]:
    """What became of the containers of one engine, by runtime; and why none was run where that failed."""
    trouble = ""
    proofs: Dict[str, Dict[str, Any]] = {}
    for one in probes:
        asked = _dict(one.get("item"))
        if (_text(one.get("engine")) or _text(asked.get("engine"))) != engine:
            continue
        if (_text(one.get("scope")) or _text(asked.get("scope")) or "system") != scope:
            continue
        ran = [_dict(each) for each in _list(one.get("probes"))]
        if one.get("failed") is True and not ran:
            trouble = _text(one.get("msg"))
        for each in ran:
            proofs[_text(each.get("runtime"))] = {
                "verdict": _text(each.get("verdict")),
                "ran": each.get("ran") is True,
                "kernel": _text(each.get("kernel")),
                "ms": _int(each.get("ms")),
                "expected": _text(each.get("expected")),
                "actual": _text(each.get("actual")),
                "error": _text(each.get("error")),
                "evidence": _texts(each.get("evidence")),
            }
    return proofs, trouble


def _runtime(said: Dict[str, Any], engine: Dict[str, Any], proofs: Dict[str, Dict[str, Any]]) -> Dict[str, Any]:
    name = _text(said.get("name"))
    users, binary = said.get("users"), said.get("binary")
    option = "runtimes[%s]" % name
    runtime: Dict[str, Any] = {
        "name": name,
        "origin": _text(said.get("origin")),
        "in_file": said.get("in_file") is True,
        "loaded": _bool(said.get("loaded")),
        "default": bool(name)
        and name == (engine["default_runtime"]["loaded"] or engine["default_runtime"]["in_file"]),
        "path": _text(said.get("path")),
        "args": _texts(said.get("args")),
        "shim": _text(said.get("shim")),
        "shim_path": _text(said.get("shim_path")),
        "options": _pairs(said.get("options")),
        "version": _text(said.get("version")),
        "resolves_to": _text(said.get("resolves_to")),
        "sha256": _text(said.get("sha256")),
        "binary": (
            {key: _text(_dict(binary).get(key)) for key in ("name", "resolves_to", "version", "sha256")}
            if binary
            else None
        ),
        "users": (
            [
                {
                    "name": _text(_dict(one).get("name")),
                    "id": _text(_dict(one).get("id")),
                    "running": _dict(one).get("running") is True,
                }
                for one in users
            ]
            if isinstance(users, list)
            else None
        ),
        "drift": [one["message"] for one in engine["drift"] or () if one["option"] == option],
        "trouble": [one for one in engine["trouble"] if one.startswith(option + ":")],
        "proof": proofs.get(name),
    }
    runtime["state"] = _state(runtime)
    return runtime


def _state(runtime: Dict[str, Any]) -> str:
    proof = runtime["proof"]
    if proof and proof["verdict"] in ("failed", "timeout"):
        return "failed"
    if proof and proof["verdict"] == "unproven":
        return "unproven"
    if runtime["trouble"]:
        return "broken"
    if runtime["drift"]:
        return "drift"
    if proof and proof["verdict"] == "proven":
        return "proven"
    if runtime["loaded"]:
        return "loaded"
    return "registered" if runtime["in_file"] or runtime["origin"] in ("flag", "engine") else "available"


def _engine_problems(engine: Dict[str, Any]) -> List[Dict[str, str]]:
    name = "%s%s" % (engine["engine"], " of a user" if engine["scope"] == "user" else "")
    found = [] if engine["running"] else [_problem("stopped", "%s does not run" % name)]
    for runtime in engine["runtimes"]:
        if runtime["state"] in ("failed", "unproven"):
            proof = runtime["proof"]
            told = proof["error"] or "; ".join(proof["evidence"]) or proof["verdict"]
            found.append(_problem(runtime["state"], "%s: %s: %s" % (name, runtime["name"], told)))
    found += [_problem("drift", "%s: %s" % (name, one["message"])) for one in engine["drift"] or ()]
    if engine["running"] and not engine["live"] and not engine["drift"]:
        found.append(
            _problem(
                "not_live",
                "%s: %s"
                % (name, ("not known" if engine["live"] is None else "the file was changed, and not loaded")),
            )
        )
    troubles = engine["trouble"] + ([engine["proof_trouble"]] if engine["proof_trouble"] else [])
    return found + [_problem("trouble", "%s: %s" % (name, one)) for one in troubles]


def _compare_engines(hosts: List[Dict[str, Any]]) -> None:
    """Name the hosts whose engines are not those that most have; where none are the most, every host is named."""
    sets = {host["name"]: _engine_names(host) for host in hosts if host["engines"]}
    if len(set(sets.values())) < 2:
        return
    usual = majority(sets.values())
    for host in hosts:
        own = sets.get(host["name"])
        if own is not None and own != usual:
            most = "most have %s" % " and ".join(usual) if usual else "no kind is the most frequent"
            host["problems"].append(_problem("other_engine", "it has %s; %s" % (" and ".join(own), most)))


def _engine_names(host: Dict[str, Any]) -> Tuple[str, ...]:
    return tuple(
        sorted("%s%s" % (one["engine"], " (user)" if one["scope"] == "user" else "") for one in host["engines"])
    )


def _compare_digests(hosts: List[Dict[str, Any]]) -> None:
    """Name the programs that are not what the same version is elsewhere."""
    digests: Dict[Tuple[str, str], List[str]] = {}
    for _host_, _engine_, runtime in _each(hosts):
        if runtime["version"] and runtime["sha256"]:
            digests.setdefault((runtime["name"], runtime["version"]), []).append(runtime["sha256"])
    usual = {key: majority(values) for key, values in digests.items() if len(set(values)) > 1}
    for host, engine, runtime in _each(hosts):
        key = (runtime["name"], runtime["version"])
        if key in usual and runtime["sha256"] and runtime["sha256"] != usual[key]:
            host["problems"].append(
                _problem(
                    "other_digest",
                    "%s: %s, %s at %s has the digest %s…"
                    % (
                        engine["engine"],
                        runtime["name"],
                        runtime["version"],
                        runtime["resolves_to"],
                        runtime["sha256"][:12],
                    ),
                )
            )


def _summary(hosts: List[Dict[str, Any]]) -> Dict[str, Any]:
    every = list(_each(hosts))
    engines = [engine for host in hosts for engine in host["engines"]]
    return {
        "hosts": len(hosts),
        "reached": _count(hosts, lambda one: one["status"] != UNREACHABLE),
        "with_engine": _count(hosts, lambda one: one["status"] == OK),
        "sound": _count(hosts, lambda one: not one["problems"]),
        "problems": {
            kind: names
            for kind, names in (
                (kind, [host["name"] for host in hosts if any(one["kind"] == kind for one in host["problems"])])
                for kind in PROBLEMS
            )
            if names
        },
        "engines": [
            _engine_summary(key, [one for one in engines if (one["engine"], one["scope"]) == key])
            for key in sorted({(one["engine"], one["scope"]) for one in engines})
        ],
        "runtimes": sorted(
            (_runtime_summary(name, found) for name, found in _by_name(every).items()),
            key=lambda one: (not one["registered"], -one["engines"], natural(one["name"])),
        ),
        "proofs": {
            "asked": any(runtime["proof"] for _h, _e, runtime in every),
            "proven": _count(every, lambda one: bool(one[2]["proof"]) and one[2]["proof"]["verdict"] == "proven"),
            "failed": _count(every, lambda one: one[2]["state"] in ("failed", "unproven")),
        },
    }


def _engine_summary(key: Tuple[str, str], found: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {
        "engine": key[0],
        "scope": key[1],
        "count": len(found),
        "running": _count(found, lambda one: one["running"]),
        "drifting": _count(found, lambda one: bool(one["drift"])),
        "versions": _spread(one["version"] for one in found),
    }


def _runtime_summary(name: str, found: List[Tuple[str, Dict[str, Any]]]) -> Dict[str, Any]:
    runtimes = [runtime for _name, runtime in found]
    # What is merely there to be found, or the engine's own, nobody has put there.
    registered = [one for one in runtimes if one["origin"] in ("file", "flag", "loaded")]
    return {
        "name": name,
        "engines": len(runtimes),
        "hosts": len({host for host, _runtime_ in found}),
        "registered": len(registered),
        "loaded": _count(runtimes, lambda one: one["loaded"] is True),
        "default": _count(runtimes, lambda one: one["default"]),
        "proven": _count(runtimes, lambda one: one["state"] == "proven"),
        "failed": _count(runtimes, lambda one: one["state"] in ("failed", "unproven")),
        "drifting": _count(runtimes, lambda one: bool(one["drift"])),
        "broken": _count(runtimes, lambda one: bool(one["trouble"])),
        "containers": sum(len(one["users"] or ()) for one in runtimes),
        "versions": _spread(one["version"] for one in runtimes),
        "digests": len({one["sha256"] for one in runtimes} - {""}),
    }


def _spread(values: Iterable[str]) -> List[Dict[str, Any]]:
    ranks = Counter(value for value in values if value).items()
    return [
        {"version": value, "count": count}
        for value, count in sorted(ranks, key=lambda one: (-one[1], natural(one[0])))
    ]


def _by_name(
    every: Iterable[Tuple[Dict[str, Any], Dict[str, Any], Dict[str, Any]]],
) -> Dict[str, List[Tuple[str, Dict[str, Any]]]]:
    found: Dict[str, List[Tuple[str, Dict[str, Any]]]] = {}
    for host, _engine_, runtime in every:
        found.setdefault(runtime["name"], []).append((host["name"], runtime))
    return found


def _each(hosts: List[Dict[str, Any]]) -> Iterable[Tuple[Dict[str, Any], Dict[str, Any], Dict[str, Any]]]:
    for host in hosts:
        for engine in host["engines"]:
            for runtime in engine["runtimes"]:
                yield host, engine, runtime


def _count(values: Iterable[Any], test: Callable[[Any], bool]) -> int:
    return sum(1 for one in values if test(one))


def _problem(kind: str, message: str) -> Dict[str, str]:
    return {"kind": kind, "message": message}


def _docker_cli(said: Any) -> Optional[Dict[str, Any]]:
    """What answers as 'docker' on the host, of docker_cli's result; None where nothing does or that was not asked."""
    found = _dict(_dict(said).get("docker"))
    if not found.get("path"):
        return None
    return {key: _text(found.get(key)) for key in ("provider", "via", "path", "program", "version")}


def _runner_host(said: Any) -> Optional[Dict[str, Any]]:
    """Dagger's runner host on the host, of runner_host's result; None where none is set or that was not asked. In check
    mode with 'state: absent' the module tells the files that hold the setting."""
    found = _dict(said)
    url, files = _text(found.get("url")), _texts(found.get("files"))
    return {"url": url, "files": files} if url or files else None


def _dict(value: Any) -> Dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _list(value: Any) -> List[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    # str(): a subclass of Ansible's would carry more than text into what is written.
    text = "".join(str(value)[:_LONGEST])
    return text.encode("utf-8", "replace").decode("utf-8")


def _texts(value: Any) -> List[str]:
    return [text for text in map(_text, _list(value)) if text]


def _pairs(value: Any) -> Dict[str, str]:
    return {_text(key): _text(str(one)) for key, one in _dict(value).items()}


def _bool(value: Any) -> Optional[bool]:
    return value if isinstance(value, bool) else None


def _int(value: Any) -> Optional[int]:
    return (
        int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15 else None
    )
