"""What the other tests rely on: each image boots, both engines answer, and real containers run in them.

Run as root, with podman; images that are missing are built first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import images  # noqa: E402
import machine  # noqa: E402
import programs  # noqa: E402

GROUP = f"selftest{os.getpid()}"

needs_podman = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("podman"), reason="test hosts need root and podman"
)

SOURCES: List[Tuple[str, bool, List[Tuple[str, List[str], List[str]]]]] = [
    ("", True, []),
    ("deb http://a/debian trixie main contrib\n", False, [("http://a/debian", ["trixie"], ["main", "contrib"])]),
    ("#deb http://a/debian trixie main\ndeb-src http://a/debian trixie main\n", False, []),
    ("deb [arch=amd64 signed-by=/k] http://a/d trixie main\n", False, [("http://a/d", ["trixie"], ["main"])]),
    (
        "Types: deb deb-src\n# a comment\nURIs: http://a/d http://b/d\n"
        "Suites: trixie\n trixie-updates\nComponents: main\n",
        True,
        [
            ("http://a/d", ["trixie", "trixie-updates"], ["main"]),
            ("http://b/d", ["trixie", "trixie-updates"], ["main"]),
        ],
    ),
    (
        "Types: deb-src\nURIs: http://a/d\nSuites: sid\nComponents: main\n\n"
        "Types: deb\nURIs: http://b/d\nSuites: sid\n",
        True,
        [("http://b/d", ["sid"], [])],
    ),
]


@pytest.mark.parametrize(("text", "deb822", "expected"), SOURCES)
def test_sources_of_apt_are_read(text: str, deb822: bool, expected: List[Tuple[str, List[str], List[str]]]) -> None:
    assert images.parse_sources(text, deb822=deb822) == expected


def tool(*argv: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run hosts.py in a group of this run's own."""
    return subprocess.run(
        [sys.executable, str(HERE / "hosts.py"), *argv],
        env={**os.environ, "SLIPWAY_HOSTS_GROUP": GROUP},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=check,
    )


def in_host(name: str, script: str) -> str:
    """What a shell script, run by root in the host, prints."""
    done = tool("exec", name, "--", "sh", "-ec", script, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def over_ssh(host: Dict[str, Any], user: str, command: str) -> str:
    """What a command, run by a user who came by ssh, prints."""
    argv = ["ssh", *host["ansible_ssh_common_args"].split(), f"{user}@{host['ansible_host']}", command]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@pytest.fixture(scope="module", params=sorted(images.IMAGES))
def host(request: pytest.FixtureRequest) -> Iterator[Dict[str, Any]]:
    """The variables of a running host of each image; youki is in it where this machine can have it."""
    image = request.param
    reason = images.unbuildable(image)
    if reason:
        pytest.skip(reason)
    name = f"{GROUP}-{image}"
    try:
        tool("up", "--image", image, "--with", "youki", name)
        yield json.loads(tool("--host", name).stdout)
    finally:
        tool("down", "--all")


ENGINES = {"docker": "dockerd", "iechor": "iechord"}


@needs_podman
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_host_runs_a_container_under_each_runtime(host: Dict[str, Any], engine: str) -> None:
    name = host["ansible_host"]
    assert in_host(name, f"cat /proc/$(cat /run/{engine}.pid)/comm") == ENGINES[engine]
    registered = {
        one["name"]: {"path": one["path"], "runtimeArgs": one.get("args", [])} for one in host["slipway_runtimes"]
    }
    in_host(
        name,
        f"""mkdir -p /etc/{engine}
        echo '{json.dumps({"runtimes": registered})}' >/etc/{engine}/daemon.json
        systemctl reload {engine}
        until {engine} info --format '{{{{json .Runtimes}}}}' | grep -q gvisor; do sleep 0.1; done
        tar -c -C /usr/bin busybox | {engine} import - busybox""",
    )
    kernel = os.uname().release
    for runtime in ["runc", *registered]:
        run = f"{engine} run --rm --network none --runtime {runtime} busybox /busybox uname -r"
        assert in_host(name, run) == ("4.4.0" if runtime == "gvisor" else kernel), runtime


@needs_podman
def test_the_shims_run_by_name_and_by_absolute_path(host: Dict[str, Any]) -> None:
    name = host["ansible_host"]
    if host["slipway_image"] == "bookworm":
        pytest.skip("Docker 20.10 knows no shims")
    runtimes = {"slipway": {"runtimeType": "/opt/shims/containerd-shim-slipway-v1"}}
    in_host(
        name,
        f"""mkdir -p /etc/docker
        echo '{json.dumps({"runtimes": runtimes})}' >/etc/docker/daemon.json
        systemctl reload docker
        until docker info --format '{{{{json .Runtimes}}}}' | grep -q slipway; do sleep 0.1; done
        tar -c -C /usr/bin busybox | docker import - busybox""",
    )
    for runtime in ("io.containerd.onpath.v1", "slipway"):
        assert in_host(name, f"docker run --rm --network none --runtime {runtime} busybox /busybox echo yes") == "yes"


@needs_podman
def test_ssh_reaches_every_user(host: Dict[str, Any]) -> None:
    become = {
        "root": "id -un",
        "admin": "sudo -n id -un",
        "operator": f"echo {host['slipway_operator_password']} | sudo -S -p '' id -un",
        "dev": f"echo {host['slipway_root_password']} | su -c 'id -un'",
    }
    for user, command in become.items():
        answer = over_ssh(host, user, command)
        assert answer == "root", user


@needs_podman
def test_python_is_there_or_not(host: Dict[str, Any]) -> None:
    there = in_host(host["ansible_host"], "command -v python3 || true") != ""
    assert there == ("ansible_python_interpreter" in host) == images.IMAGES[host["slipway_image"]].python


@needs_podman
def test_a_rootless_engine_runs_containers() -> None:
    name = f"{GROUP}-rootless"
    try:
        tool("up", "--image", "trixie", "--with", "rootless", name)
        run = (
            "tar -c -C /usr/bin busybox | docker import - busybox >/dev/null;"
            "docker run --rm --network none busybox /busybox uname -r;"
            "docker info --format '{{.DockerRootDir}}'"
        )
        host = json.loads(tool("--host", name).stdout)
        answer = over_ssh(host, host["slipway_rootless_user"], run)
        assert answer.split() == [os.uname().release, "/home/dev/.local/share/docker"]
    finally:
        tool("down", "--all")


@needs_podman
def test_engines_can_have_a_containerd_of_their_own() -> None:
    name = f"{GROUP}-child"
    try:
        tool("up", "--image", "trixie", "--with", "child-containerd", name)
        for daemon in ENGINES.values():
            assert in_host(name, f"ps -o comm= --ppid $(pidof {daemon})") == "containerd"
        in_host(name, "tar -c -C /usr/bin busybox | docker import - busybox")
        assert in_host(name, "docker run --rm --network none busybox /busybox echo yes") == "yes"
    finally:
        tool("down", "--all")


@needs_podman
def test_a_host_that_a_killed_run_left_is_replaced_and_removed() -> None:
    name = f"{GROUP}-left"
    try:
        starting = subprocess.Popen(
            [sys.executable, str(HERE / "hosts.py"), "up", "--image", "trixie", name],
            env={**os.environ, "SLIPWAY_HOSTS_GROUP": GROUP},
            stderr=subprocess.DEVNULL,
        )
        while name not in tool("list").stdout:
            assert starting.poll() is None
        starting.kill()
        starting.wait()
        tool("up", "--image", "trixie", name)
        assert in_host(name, "hostname") == name

        other = tool("up", "--image", "trixie", "--group", f"{GROUP}-other", name, check=False)
        assert other.returncode == 1 and "left alone" in other.stderr
    finally:
        tool("down", "--all")
    assert name not in tool("list").stdout
    assert not list((machine.STATE / GROUP).glob("*"))


@needs_podman
def test_a_recipe_that_cannot_be_built_here_is_named() -> None:
    if not programs.unbuildable("dockerd29"):
        pytest.skip("this machine can build everything")
    done = tool("build", "docker29", check=False)
    assert done.returncode == 1 and "dockerd29" in done.stderr
