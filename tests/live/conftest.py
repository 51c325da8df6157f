# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts for the tests on live engines: a group of their own, brought up when first asked for, removed at the end."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("tools", "hosts")]
# tests/tools/env says in which folder this checkout is found as a collection.
sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])
import met  # noqa: E402
from hosts_under_test import HOSTS, Host, Player  # noqa: E402
import programs  # noqa: E402
from releases import Releases, make_certificates  # noqa: E402

GROUP = os.environ.get("SLIPWAY_LIVE_GROUP") or "live"


# What the files of tests that run, or install, a runtime meet of it.
MET = {
    "test_dagger_roles": {
        "Docker": met.REAL, "iEchor": met.REAL, "nerdctl": "SLIPWAY_NERDCTL", "Dagger's engine": "a program that says its version"},
    "test_docker_cli": {"Podman": met.REAL, "nerdctl": "SLIPWAY_NERDCTL", "lima": "a program of its shape"},
    "test_engines": {"crun": met.REAL},
    "test_host_runtimes": {"youki": met.REAL, "gVisor": met.REAL, "crun": met.REAL},
    "test_packages": {"crun": "programs in packages of its shape"},
    "test_probe": {"crun": met.REAL, "gVisor": met.REAL},
    "test_runner_host": {"Dagger's CLI": "SLIPWAY_DAGGER_CLIS"},
    "test_runtime_binary": {"youki": met.REAL, "gVisor": met.REAL},
    "test_use": {"crun": met.REAL},
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Which files met the real runtime, where all of their tests passed."""
    def files(outcome: str) -> List[str]:
        return [Path(one.nodeid.partition("::")[0]).stem for one in terminalreporter.stats.get(outcome, ())]

    bad = files("failed") + files("error")
    found = {name: {runtime: _met(how) for runtime, how in MET[name].items()}
             for name in sorted(set(files("passed")) - set(bad)) if name in MET}
    met.note(found)
    if found:
        terminalreporter.write_line(met.told(found))


def _met(how: str) -> str:
    """What stands for a variable of the environment that names the real one; nerdctl's may have been built."""
    if not how.isupper():
        return how
    built = how == "SLIPWAY_NERDCTL" and programs.path("nerdctl").exists()
    return met.REAL if os.environ.get(how) or built else "a program of its shape"


def _hosts(*words: str) -> None:
    subprocess.run([sys.executable, str(HOSTS), *words, "--group", GROUP], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def bring_up() -> Iterator[Callable[..., Host]]:
    """bring_up(NAME, IMAGE, EXTRA...): a host, the same one for the same name. SLIPWAY_LIVE_KEEP leaves them for the next run."""
    found: Dict[str, Host] = {}
    keep = bool(os.environ.get("SLIPWAY_LIVE_KEEP"))

    def up(name: str, image: str, *extras: str) -> Host:
        name = "%s-%s" % (GROUP, name)
        if name not in found:
            there = subprocess.run(["podman", "container", "exists", name], check=False).returncode == 0
            if not (keep and there):
                words = [word for extra in extras for word in ("--with", extra)]
                _hosts("up", "--image", image, *words, name)
            found[name] = Host(name)
            if image != "nopython":
                found[name].install_driver()
        return found[name]

    yield up
    for one in found.values():
        one.close()
    if not keep:
        _hosts("down", "--all")


@pytest.fixture(scope="session")
def host(bring_up: Callable[..., Host]) -> Host:
    """The host that most tests share: Debian 13, Docker 26.1."""
    return bring_up("main", "trixie")


@pytest.fixture
def docker(host: Host) -> Host:
    """The host with Docker live on no file, and nothing noted. It is not started anew where that can be had without."""
    if host.sh("systemctl is-active docker", check=False) != "active":
        host.restart()
    # Touched, so that nobody takes an old folder for a sign that its file was not there when the daemon started.
    host.sh("rm -rf /etc/docker/* /etc/docker/.[!.]*; touch /etc/docker")
    host.forget()
    first = host.drive()
    assert first.error is None and host.loaded() == [], first.text
    host.forget()
    return host


@pytest.fixture(scope="session")
def player(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays."""
    return Player(tmp_path_factory.mktemp("plays"), GROUP)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private authority's and a server's."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="session")
def served(bring_up: Callable[..., Host], certificates: Path) -> Iterator[Releases]:
    """A host with a release server."""
    found = Releases(bring_up("binaries", "trixie", "youki"), certificates)
    yield found
    found.close()
