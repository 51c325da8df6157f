# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX imports goes through awxkit, and an execution environment through ansible-builder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
import yaml
from awx_server import Awx

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "extensions" / "awx" / "slipway.json"


@pytest.fixture
def awx() -> Iterator[Awx]:
    server = Awx()
    yield server
    server.close()


def imported(awx: Awx) -> None:
    done = subprocess.run(
        # setuptools has what newer Pythons no longer have, and awxkit imports.
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            "import setuptools; from awxkit.cli import run; run()",
            "--conf.host",
            awx.url,
            "--conf.token",
            "none",
            "import",
        ],
        check=False,
        input=ASSETS.read_text(encoding="utf-8"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        env={**os.environ, "HOME": "/nonexistent"},
    )
    assert done.returncode == 0 and "ERROR" not in done.stdout, done.stdout


def test_import_and_import_again(awx: Awx) -> None:
    data = json.loads(ASSETS.read_text(encoding="utf-8"))
    for _time in range(2):
        imported(awx)
        assert [one["name"] for one in awx.objects["job_templates"]] == [one["name"] for one in data["job_templates"]]
        assert awx.surveys == {one["name"]: one["related"]["survey_spec"] for one in data["job_templates"]}
    (project,) = awx.objects["projects"]
    (environment,) = awx.objects["execution_environments"]
    for one in awx.objects["job_templates"]:
        assert (one["project"], one["execution_environment"], one["inventory"]) == (
            project["id"],
            environment["id"],
            None,
        )
        assert one["job_slice_count"] == 1 and one["survey_enabled"]


def test_the_execution_environment_can_be_built(tmp_path: Path) -> None:
    """Its context is made; the image needs a registry."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from ansible_builder.cli import run; sys.exit(run())",
            "create",
            "--file",
            str(ROOT / "execution-environment.yml"),
            "--context",
            str(tmp_path),
        ],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "Containerfile").read_text(encoding="utf-8")
    assert "ENV ANSIBLE_CALLBACKS_ENABLED=slipway.runtimes.fleet" in text
    wanted = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert [one["name"] for one in wanted["collections"]] == ["slipway.runtimes"]


def test_the_collection_asks_nothing_of_the_controller() -> None:
    meta = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    lines = (ROOT / meta["dependencies"]["python"]).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
