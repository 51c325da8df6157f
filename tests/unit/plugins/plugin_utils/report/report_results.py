# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as modules give them, made up in any number."""

from typing import Any, Dict, Optional

WHEN = "2026-11-22T05:30:00Z"


def runtime(name: str, **more: Any) -> Dict[str, Any]:
    found = {
        "name": name,
        "origin": "file",
        "in_file": True,
        "loaded": True,
        "path": "/usr/bin/" + name,
        "args": [],
        "shim": None,
        "shim_path": None,
        "options": {},
        "engine_options": {},
        "resolves_to": "/usr/bin/" + name,
        "version": name + " version 1.2.3",
        "sha256": "ab" * 32,
        "binary": None,
        "users": [],
    }
    return dict(found, **more)


def engine(name: str = "docker", **more: Any) -> Dict[str, Any]:
    found = {
        "engine": name,
        "scope": "system",
        "installed": True,
        "running": True,
        "version": "26.1.5",
        "unit": name + ".service",
        "socket": "/run/%s.sock" % name,
        "config_path": "/etc/%s/daemon.json" % name,
        "config": {"other_keys": []},
        "default_runtime": {"in_file": None, "loaded": "runc"},
        "features": {},
        "image_store": {"kind": "graphdriver", "driver": "overlay2"},
        "live": True,
        "drift": [],
        "trouble": [],
        "runtimes": [runtime("crun"), runtime("runc", origin="engine", in_file=False)],
    }
    return dict(found, **more)


def read(*engines: Dict[str, Any]) -> Dict[str, Any]:
    """A host that was read."""
    return {"engines": {"changed": False, "engines": list(engines)}}


def proof(runtime_name: str, verdict: str = "proven", **more: Any) -> Dict[str, Any]:
    found = {
        "runtime": runtime_name,
        "verdict": verdict,
        "ran": verdict != "failed",
        "exit_code": 0,
        "output": "",
        "kernel": "6.1.0",
        "ms": 210,
        "expected": "/usr/bin/" + runtime_name,
        "actual": "/usr/bin/" + runtime_name,
        "evidence": ["its shim called it"],
        "error": "",
    }
    return dict(found, **more)


def probed(*proofs: Dict[str, Any], of: str = "docker", scope: Optional[str] = "system") -> Dict[str, Any]:
    return {"engine": of, "probes": list(proofs), "item": {"engine": of, "scope": scope}}


def fleet(number: int) -> Dict[str, Dict[str, Any]]:
    """Hosts of every kind, most of them sound."""
    found = {}
    for one in range(number):
        name = "node-%04d.example" % one
        docker = engine(
            runtimes=[
                runtime("crun"),
                runtime("youki"),
                runtime("gvisor"),
                runtime("runc", origin="engine", in_file=False),
            ]
        )
        said = dict(read(docker, engine("iechor")), groups=["edge" if one % 2 else "core"])
        said["probes"] = [probed(*(proof(each["name"], ms=100 + one) for each in docker["runtimes"]))]
        if one % 97 == 5:
            said = {"engines": {"unreachable": True, "msg": "Failed to connect to the host via ssh: timed out"}}
        elif one % 89 == 6:
            said = read()
        elif one % 53 == 7:
            said = read(docker)
        elif one % 41 == 8:
            docker["drift"] = [
                {
                    "option": "runtimes[youki]",
                    "reason": "not_loaded",
                    "message": "runtimes[youki]: in the file, and not loaded",
                }
            ]
        elif one % 37 == 9:
            docker["runtimes"][0]["sha256"] = "cd" * 32
        elif one % 31 == 10:
            said["probes"] = [probed(proof("gvisor", "failed", error="OCI runtime create failed"))]
        elif one % 7 == 0:
            docker["runtimes"][0]["users"] = [{"name": "web-%d" % one, "id": "f7" * 32, "running": True}]
        found[name] = said
    return found


# Text that is markup, script, a template, a formula or an order to a terminal to whoever takes it for that.
HOSTILE = (
    "<script>window.hurt=1</script>",
    '"><img src=x onerror=window.hurt=1>',
    "</script><script>window.hurt=1</script>",
    "<!--<script>",
    "' onclick='window.hurt=1",
    "{{ 7 * 7 }}",
    "{% raw %}",
    '=HYPERLINK("x")',
    "@SUM(1)",
    "\x1b[31mred\x07",
    "\u2028\u202e",
    "]]>&lt;&amp;",
    "javascript:window.hurt=1",
    "\ud800",
)


def spoil(value: Any, text: str) -> Any:
    """A result with each of its words replaced."""
    if isinstance(value, dict):
        return {key: spoil(one, text) for key, one in value.items()}
    if isinstance(value, list):
        return [spoil(one, text) for one in value]
    return text if isinstance(value, str) else value


def hostile() -> Dict[str, Dict[str, Any]]:
    """Hosts that say nothing but such text, under such names."""
    found = {}
    for number, text in enumerate(HOSTILE):
        said = read(
            engine(
                drift=[{"option": "runtimes[%s]" % text, "reason": text, "message": text}],
                trouble=["runtimes[%s]: %s" % (text, text), text],
                runtimes=[
                    runtime(
                        text, version=text, users=[{"name": text, "id": text, "running": True}], options={text: text}
                    )
                ],
                features={text: True},
            )
        )
        said["engines"]["engines"].append(dict(spoil(engine(), text), engine="docker" if number % 2 else text))
        said["engines"]["engines"].append(spoil(engine(binary={"name": text}), text))
        said["probes"] = [probed(proof(text, "failed", error=text, kernel=text, evidence=[text]))]
        said["docker_cli"] = {"docker": {key: text for key in ("provider", "via", "path", "program", "version")}}
        said["runner_host"] = {"url": text, "files": [text]}
        said["groups"] = [text]
        found["%s %d" % (text, number)] = said
        found["away %s" % text] = {"engines": {"unreachable": True, "msg": text}}
    return found
