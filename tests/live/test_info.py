# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What engine_info tells is what the host has; it needs no Python there and changes nothing."""

import json
from typing import Any, Callable, Dict

from hosts_under_test import CRUN, ENGINES, Host, Player, execs, of_task, task

INFO = "slipway.runtimes.engine_info"
CONFIG = ENGINES["docker"]["config"]


def info(name: str, *, path: str = "", **params: Any) -> Dict[str, Any]:
    """A task of the module. path: PATH of the task's own environment."""
    return dict({"name": name, INFO: params}, **({"environment": {"PATH": path}} if path else {}))


def test_without_python(bring_up: Callable[..., Host], player: Player) -> None:
    """Every engine that is found, in two commands, and nothing is shipped or written."""
    bare = bring_up("nopy", "nopython").name
    listing = {"name": "before", "ansible.builtin.raw": "find /etc /run/slipway-runtimes /var/lib/slipway-runtimes -type f | sort"}
    played = player.run([listing, info("read"), dict(listing, name="after")], host=bare, verbosity=3)
    assert played.code == 0, played.text
    assert execs(played, "read") == 2 and " PUT " not in of_task(played, "read") and not played.of("read")["changed"]
    assert played.of("before")["stdout"] == played.of("after")["stdout"]
    engines = played.of("read")["engines"]
    assert [(one["engine"], one["running"], one["version"][:3], one["trouble"]) for one in engines] == [
        ("docker", True, "26.", []), ("iechor", True, "26.", [])]
    runc = next(one for one in engines[0]["runtimes"] if one["name"] == "runc")
    assert runc["loaded"] and runc["resolves_to"] == "/usr/sbin/runc" and runc["version"].startswith("runc version")
    assert len(runc["sha256"]) == 64 and runc["users"] == []


def test_what_there_is(docker: Host, player: Player) -> None:
    """What file and engine differ in, who uses a runtime, and shims as containerd finds them, whatever the task's PATH is."""
    edited = json.dumps({"runtimes": {"crun": {"path": "/usr/bin/crun"}, "gone": {"path": "/opt/gone"}}})
    use = ("mkdir -p /srv/bb && cp /usr/bin/busybox /srv/bb/ && tar -c -C /srv/bb . | docker import - busybox && "
           "docker create --runtime crun --network none --name user busybox /busybox true")
    by_hand = {"name": "by hand", "ansible.builtin.raw": "printf %%s '%s' >%s" % (edited, CONFIG)}
    tasks = [
        by_hand, info("drift", engine="docker"), task("register", runtimes=[CRUN, {"name": "gone", "state": "absent"}]),
        {"name": "use", "ansible.builtin.raw": use},
        info("read", path="/opt/shims:/usr/local/bin:/usr/bin:/bin", engine="docker")]
    try:
        played = player.run(tasks, host=docker.name)
    finally:
        docker.sh("docker rm -f user; docker rmi busybox", check=False)
    assert played.code == 0, played.text
    drifting = played.of("drift")["engines"][0]
    assert drifting["live"] is False
    assert [(one["option"], one["reason"]) for one in drifting["drift"]] == [
        ("runtimes[crun]", "not_loaded"), ("runtimes[gone]", "not_loaded")]
    assert any("/opt/gone" in one for one in drifting["trouble"]), drifting
    engine = played.of("read")["engines"][0]
    assert engine["live"] is True and engine["drift"] == [] and engine["config_path"] == CONFIG
    found = {one["name"]: one for one in engine["runtimes"]}
    crun = found["crun"]
    assert crun["in_file"] and crun["loaded"] and crun["resolves_to"] == "/usr/bin/crun" and crun["version"].startswith("crun version")
    assert crun["sha256"] == docker.sh("sha256sum </usr/bin/crun").split()[0]
    assert [(one["name"], one["running"]) for one in crun["users"]] == [("user", False)]
    assert found["io.containerd.onpath.v1"]["origin"] == "shim" and "io.containerd.slipway.v1" not in found
    assert found["io.containerd.onpath.v1"]["resolves_to"] == "/usr/local/bin/containerd-shim-onpath-v1"
