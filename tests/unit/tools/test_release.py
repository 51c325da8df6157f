# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release refuses, and what an archive may hold."""

import subprocess
from pathlib import Path

import pytest
import yaml

import archive
import importer
import release

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("version", "before", "words"),
    [
        ("0.1.0", [], ""),
        ("0.2.0", ["0.1.0", "0.1.9"], ""),
        ("0.10.0", ["0.9.0"], ""),
        ("1.0.0", ["1.0.0-rc.1"], ""),
        ("1.0.0-rc.2", ["1.0.0-rc.1"], ""),
        ("0.1.0", ["0.1.0"], "newer than 0.1.0"),
        ("0.9.0", ["0.10.0", "0.2.0"], "newer than 0.10.0"),
        ("1.0.0-rc.1", ["1.0.0"], "newer than 1.0.0"),
        ("1.0", [], "semantic version"),
        ("v1.0.0", [], "semantic version"),
        ("01.0.0", [], "semantic version"),
        ("", [], "semantic version"),
        ("1.0.0+build", [], "no build metadata"),
    ],
)
def test_refusal(version: str, before: list[str], words: str) -> None:
    """The next version is a semantic one, and newer than every one before."""
    said = release.refusal(version, before=before)
    assert words in said and bool(said) == bool(words)


def test_with_version() -> None:
    """The version, and nothing else."""
    assert release.with_version("name: x\nversion: 0.1.0\n# version: y\n", "1.2.3") == "name: x\nversion: 1.2.3\n# version: y\n"
    with pytest.raises(release.ReleaseError, match="no version"):
        release.with_version("name: x\n", "1.2.3")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a changelog of one release, a tag of another, and a fragment."""
    (tmp_path / "changelogs" / "fragments").mkdir(parents=True)
    (tmp_path / "changelogs" / "changelog.yaml").write_text("releases:\n  0.1.0: {}\n")
    (tmp_path / "changelogs" / "fragments" / "one.yml").write_text("bugfixes: []\n")
    for words in (
        "init --quiet --initial-branch main",
        "add --all",
        "-c user.name=x -c user.email=x commit --quiet --message x",
        "tag 0.2.0",
        "tag nightly",
    ):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True)
    return tmp_path


def test_look(checkout: Path) -> None:
    """A clean tree with something to tell of, by a version that no changelog and no tag knows."""
    assert release.released(checkout) == ["0.1.0", "0.2.0"]
    release.look(checkout, "0.3.0")
    with pytest.raises(release.ReleaseError, match="newer than 0.2.0"):
        release.look(checkout, "0.2.0")
    (checkout / "new").touch()
    with pytest.raises(release.ReleaseError, match="not clean:\n.*new"):
        release.look(checkout, "0.3.0")
    (checkout / "new").unlink()
    for words in ("rm --quiet changelogs/fragments/one.yml", "-c user.name=x -c user.email=x commit --quiet --message y"):
        subprocess.run(["git", *words.split()], cwd=checkout, check=True)
    with pytest.raises(release.ReleaseError, match="no fragment"):
        release.look(checkout, "0.3.0")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("README.md", True),
        ("plugins/module_utils/core/host.py", True),
        ("roles/youki/tasks/main.yml", True),
        ("extensions/awx/slipway.json", True),
        ("extensions/molecule/run", False),
        ("changelogs/fragments/one.yml", False),
        ("tests/unit/test_x.py", False),
        ("Makefile", False),
        (".gitignore", False),
        ("roles/youki/.cache", False),
        ("plugins/modules/__pycache__/x.cpython-36.pyc", False),
        ("plugins/modules/x.py.orig", False),
    ],
)
def test_unwanted(name: str, wanted: bool) -> None:
    """What users need, and nothing else."""
    assert archive.unwanted([name]) == ([] if wanted else [name])


def test_lacking() -> None:
    """An archive without a part of the collection is told from a whole one."""
    assert archive.lacking([one.replace("*", "x") for one in archive.FOR_USERS]) == []
    assert "plugins/*" in archive.lacking(["README.md"])


def test_complaints() -> None:
    """A warning of galaxy-importer's counts."""
    said = "Importing\nLoading role warning\nWARNING: no\nERROR: bad\n"
    assert importer.complaints(said) == ["WARNING: no", "ERROR: bad"]


def test_every_action_is_of_the_group() -> None:
    """`module_defaults` of `group/slipway.runtimes.all` reach every module."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
    assert sorted(runtime["action_groups"]["all"]) == modules
