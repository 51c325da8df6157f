# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages to look at, and the browser that does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ROOT / "tests" / "hosts" / "hosts.py"

# tests/tools/env says in which folder this checkout is found as a collection.
sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])
sys.path[:0] = [str(ROOT / "tests" / "unit" / "plugins" / "plugin_utils" / "report"), str(Path(__file__).parent)]
import report_results as results  # noqa: E402
from pages import GROUP, Opened, Reported  # noqa: E402

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.page import page as render  # noqa: E402


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=os.environ["SLIPWAY_CHROMIUM"], args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """look(PATH, KEYWORD OF A CONTEXT=...): the page, opened. 'at' is what follows its path."""
    contexts = []

    def opened(path: Path, *, at: str = "", **keywords: Any) -> Opened:
        context = browser.new_context(**keywords)
        contexts.append(context)
        page = context.new_page()
        found = Opened(page, [], [])
        page.on("console", lambda message: found.wrong.append(message.text))
        page.on("pageerror", lambda error: found.wrong.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url.split("#")[0]))
        page.goto(path.as_uri() + at)
        return found

    yield opened
    for context in contexts:
        context.close()


def _written(folder: Path, name: str, said: Dict[str, Any], title: str) -> Path:
    path = folder / name
    path.write_text(render(build(said, generated=results.WHEN, title=title)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def thousand(folder: Path) -> Path:
    """The page of a thousand hosts of every kind."""
    return _written(folder, "thousand.html", results.fleet(1000), "A thousand hosts")


@pytest.fixture(scope="session")
def hundred(folder: Path) -> Path:
    """The same of a hundred, for what does not depend on their number: a browser takes seconds for a thousand."""
    return _written(folder, "hundred.html", results.fleet(100), "A hundred hosts")


@pytest.fixture(scope="session")
def hundreds(folder: Path) -> Path:
    """The same of so many that one engine's rows are more than are shown at first."""
    return _written(folder, "hundreds.html", results.fleet(250), "Some hundred hosts")


@pytest.fixture(scope="session")
def hostile(folder: Path) -> Path:
    """The page of hosts that say nothing but markup and script."""
    return _written(folder, "hostile.html", results.hostile(), results.HOSTILE[0])


def _hosts(*words: str) -> None:
    subprocess.run([sys.executable, str(HOSTS), *words, "--group", GROUP], check=True, stdin=subprocess.DEVNULL)


# What Docker is told on the second host, and has not loaded: a name that is markup, and one that is a template.
FILE = json.dumps(
    {
        "runtimes": {
            results.HOSTILE[0]: {"path": "/usr/bin/crun"},
            "{{ lookup('pipe', 'touch hurt') }}": {"path": "/nowhere/runc"},
        }
    }
)
SEED = [
    {
        "hosts": "all",
        "gather_facts": False,
        "become": True,
        "tasks": [
            {
                "slipway.runtimes.engine_runtimes": {
                    "runtimes": [{"name": "crun", "path": "/usr/bin/crun"}],
                    "default_runtime": "crun",
                    "engine": "iechor",
                }
            },
            {
                "slipway.runtimes.engine_runtimes": {
                    "runtimes": [
                        {"name": "crun", "path": "/usr/bin/crun"},
                        {"name": "gvisor", "path": "/opt/wrappers/runsc"},
                    ]
                },
                "when": "inventory_hostname.endswith('-one')",
            },
            {
                "ansible.builtin.copy": {"content": "{{ file }}", "dest": "/etc/docker/daemon.json", "mode": "0644"},
                "when": "inventory_hostname.endswith('-two')",
            },
        ],
    }
]


@pytest.fixture(scope="session")
def report(folder: Path) -> Iterator[Callable[..., Reported]]:
    """report(WORD...): the playbook, run on two hosts with two engines each and on one that cannot be reached."""
    _hosts("up", "--image", "trixie", GROUP + "-one", GROUP + "-two")
    away = folder / "away.json"
    away.write_text(
        json.dumps({"all": {"hosts": {GROUP + "-away": {"ansible_host": "127.0.0.1", "ansible_port": 9}}}})
    )
    seed = folder / "seed.yml"
    seed.write_text(json.dumps(SEED))
    runs = iter(range(1000))

    def play(book: str, *words: str, where: Path = folder) -> "subprocess.CompletedProcess[str]":
        settings = {
            "SLIPWAY_HOSTS_GROUP": GROUP,
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
        }
        return subprocess.run(
            ["ansible-playbook", "-i", str(HOSTS), book, *words],
            cwd=where,
            env={**os.environ, **settings, "PWD": str(where)},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )

    def run(*words: str) -> Reported:
        where = folder / ("run-%d" % next(runs))
        where.mkdir()
        done = play("slipway.runtimes.report", "-i", str(away), *words, where=where)
        assert not (where / "hurt").exists()
        return Reported(done.returncode, done.stdout, where / "slipway-report")

    # As a file, so that nobody takes the names in it for templates before they are on the host.
    told = folder / "file.yml"
    told.write_text("file: !unsafe '%s'\n" % FILE.replace("'", "''"))
    seeded = play(str(seed), "-e", "@%s" % told)
    assert seeded.returncode == 0, seeded.stdout
    yield run
    _hosts("down", "--all")


@pytest.fixture(scope="session")
def real(report: Callable[..., Reported]) -> Reported:
    """The report of those hosts, with a container under each runtime."""
    return report("-e", "report_prove=true")
