# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, and the tasks that are played on one of them while all else goes on."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
# tests/tools/env says in which folder this checkout is found as a collection.
sys.path[:0] = [str(HERE), str(HERE.parent / "tools"), str(HERE.parent / "live"), os.environ["ANSIBLE_COLLECTIONS_PATH"]]
import tree  # noqa: E402
from blocks import groups  # noqa: E402
from collected import of_kind  # noqa: E402
from hosts_under_test import Host  # noqa: E402
from stage import GROUP, Stage, hosts, know_releases  # noqa: E402
from tasks import Tasks  # noqa: E402
from upstream import make_certificates, nerdctl, releases  # noqa: E402

BY_HAND = GROUP + "-by-hand"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the gate leaves to `make test-docs` and the matrix."""
    parser.addoption("--once", action="store_true", help="play each playbook for good and away, neither with --check nor again")


@pytest.fixture(scope="session")
def collection() -> Iterator[Path]:
    """A copy of the checkout, which is played and comes to know the releases that are served."""
    with tree.copy() as copy:
        yield copy


@pytest.fixture(scope="session")
def checkout() -> Iterator[Path]:
    """A copy of the checkout, which commands may litter."""
    with tree.copy() as copy:
        yield copy
        # What tests/tools/env made for the copy.
        for link in (tree.cache() / "checkouts").glob("*/ansible_collections/slipway/runtimes"):
            if link.resolve() == copy:
                shutil.rmtree(link.parents[2])


@pytest.fixture(scope="session")
def stages(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stage]]:
    """Two hosts alike: for playbooks and commands, and for tasks."""
    names = [f"{GROUP}-{name}" for name in ("plays", "tasks")]
    authority = tmp_path_factory.mktemp("authority")
    served = releases(platform.machine())
    make_certificates(authority, served)
    archive = nerdctl(served, tmp_path_factory.mktemp("nerdctl"))
    server = [sys.executable, str(HERE / "release_server.py"), str(authority), "proxy"]
    proxy = subprocess.Popen(server, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        hosts("up", "--image", "trixie", "--with", "youki", "--with", "podman", "--with", "rootless", *names)
        hostvars = json.loads(hosts("--list"))["_meta"]["hostvars"]
        found = [
            Stage(Host(name), tmp_path_factory.mktemp(name), collection=collection, authority=authority, nerdctl=archive) for name in names]
        know_releases(collection, found[0].sums)
        found[0].fetch_files(authority)
        port = proxy.stdout.readline().strip()
        wanted = set().union(*(groups(yaml.safe_load(block.text)) for block in of_kind("playbook")))
        for one in found:
            one.proxy = f"http://127.0.0.1:{port}"
            one.have_inventory(wanted, hostvars)
        yield found
        for one in found:
            one.host.close()
    finally:
        proxy.kill()
        hosts("down", "--all")
        hosts("down", "--all", group=BY_HAND)


@pytest.fixture(scope="session")
def begun(stages: list[Stage], request: pytest.FixtureRequest) -> Iterator[Tasks]:
    """The tasks that were asked for, which are being played while the other tests go on."""
    found = Tasks(stages[1], [item.callspec.params["block"] for item in request.session.items if item.originalname == "test_task"])
    yield found
    found.stop()


@pytest.fixture(scope="session")
def stage(stages: list[Stage], begun: Tasks) -> Stage:
    """Where playbooks and commands are run."""
    return stages[0]
