# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container proves its runtime; what only looks so, or hangs, is said, and nothing of it stays."""

import json
from typing import Any, Callable, Dict

from hosts_under_test import CRUN, ENGINES, SLIP, Host, Played, Player

PROBE = "slipway.runtimes.runtime_probe"
CONFIG = ENGINES["docker"]["config"]
GVISOR = {"name": "gvisor", "path": "/usr/bin/runsc", "args": ["--platform=systrap", "--network=none", "--ignore-cgroups"]}
BY_SHIM = {"name": "by-shim", "shim": "io.containerd.runc.v2", "options": {"BinaryName": "/usr/bin/crun"}}
ONPATH = "io.containerd.onpath.v1"


def probe(name: str, **params: Any) -> Dict[str, Any]:
    """A task of the module; it does not stop the play."""
    return {"name": name, PROBE: params, "ignore_errors": True}


def verdicts(played: Played, name: str) -> Dict[str, str]:
    """The verdict on each runtime that one task names."""
    return {one["runtime"]: one["verdict"] for one in played.of(name)["probes"]}


def remains(host: Host) -> str:
    """What containers leave: they themselves, images, mounts, records, processes, files."""
    return host.sh(
        "docker ps -aq; docker images -aq; grep -c -e /overlay2/ -e /containerd/ -e /docker/ /proc/mounts; "
        "ls -d /run/containerd/io.containerd.runtime.v2.task/*/* /run/docker/runtime-runc/*/* /var/lib/docker/containers/*; "
        "ls -d /tmp/slipway* /tmp/ansible_*; "
        "ps -eo args | grep -e '^[^ ]*containerd-shim' -e '^[^ ]*runsc' -e '^sleep 60' | sort", check=False)


def without_own_state(listing: str) -> str:
    """Without the folder that a runtime keeps of its container: only the runtime itself removes it, when it deletes."""
    return "\n".join(line for line in listing.splitlines() if not line.startswith("/run/docker/runtime-runc/"))


def test_every_way_to_register(docker: Host, player: Player) -> None:
    """By path, with arguments, by shim, by a shim's path, by name alone, and the engine's own."""
    assert docker.drive(runtimes=[CRUN, GVISOR, BY_SHIM, SLIP]).changed
    before = remains(docker)
    names = ["crun", "gvisor", "by-shim", "slip", ONPATH, "runc"]
    played = player.run([probe("all", runtimes=names)], host=docker.name)
    assert verdicts(played, "all") == {name: "proven" for name in names}, played.text
    found = {one["runtime"]: one for one in played.of("all")["probes"]}
    kernel = docker.sh("uname -r")
    assert {name: one["kernel"] for name, one in found.items()} == dict({name: kernel for name in names}, gvisor="4.4.0")
    assert all(one["exit_code"] == 0 and one["ms"] > 0 and one["left"] == [] for one in found.values()), played.text
    assert "/usr/bin/crun" in found["by-shim"]["actual"] and "/opt/shims/" in found["slip"]["actual"]
    assert remains(docker) == before


def test_silent_fallback(bring_up: Callable[..., Host], player: Player) -> None:
    """Docker 20.10 takes a shim and runs runc: the container ran, and that is no proof."""
    oldest = bring_up("bw", "bookworm")
    oldest.reset(json.dumps({"runtimes": {"slip": {"runtimeType": SLIP["shim_path"]}}}).encode())
    try:
        tasks = [probe("seen", runtimes=["slip", "runc"], require="none"), probe("required", runtimes=["slip"])]
        played = player.run(tasks, host=oldest.name)
    finally:
        oldest.reset()
    assert played.kind("seen") == "ok" and verdicts(played, "seen") == {"slip": "unproven", "runc": "proven"}, played.text
    fallen = played.of("seen")["probes"][0]
    assert fallen["ran"] and fallen["exit_code"] == 0 and SLIP["shim_path"] in fallen["expected"], fallen
    assert played.kind("required") == "failed" and played.of("required")["reason"] == "runtime_unproven"


def test_hanging(docker: Host, player: Player) -> None:
    """It is ended at its time, wherever it hangs, with all that it forked; the next one runs all the same."""
    hangers = {"hangs-in-" + word: word for word in ("create", "start", "delete")}
    for name, word in hangers.items():
        docker.script("/srv/" + name, '#!/bin/sh\ncase " $* " in *" %s "*) sleep 600 & sleep 601 ;; esac\nexec /usr/sbin/runc "$@"\n' % word)
    assert docker.drive(runtimes=[{"name": name, "path": "/srv/" + name} for name in hangers]).changed
    before = without_own_state(remains(docker))
    tasks = [probe("hang", runtimes=list(hangers), timeout=4, require="none"), probe("after it", runtimes=["runc"])]
    played = player.run(tasks, host=docker.name)
    said = verdicts(played, "hang")
    assert said.pop("hangs-in-delete") in ("proven", "timeout") and set(said.values()) == {"timeout"}, said
    assert all(one["left"] == [] for one in played.of("hang")["probes"]), played.of("hang")
    assert verdicts(played, "after it") == {"runc": "proven"}, played.of("after it")
    assert without_own_state(remains(docker)) == before
