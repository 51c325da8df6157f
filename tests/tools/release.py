# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a release: `make release VERSION=1.2.3`.

Usage: tests/tools/env python tests/tools/release.py [--tested] VERSION

Checks that the tree is clean and that the version is a newer one. Then, in a clone: sets the version, writes the changelog from its
fragments, builds the archive, looks at what is in it, imports it as Galaxy does, installs it, and runs `make test` and
`make test-matrix`. Where all of it went well, and only then, this checkout gets the commit, the tag and the archive. Nothing is
published.

--tested   leaves `make test` and `make test-matrix` out: CI has just run them for this very commit
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import yaml
from ansible.utils.version import SemanticVersion

import archive
import build
import importer
import tree

# What a release writes.
WRITTEN = ("CHANGELOG.rst", "changelogs", "galaxy.yml")


class ReleaseError(Exception):
    """Why there is no release, in words for who asked for it."""


def released(checkout: Path) -> list[str]:
    """The versions that were released: those of the changelog, and those of tags. Tags that are no version are passed over."""
    changelog = yaml.safe_load((checkout / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    tags = [tag.removeprefix("v") for tag in _git(checkout, "tag", "--list").split()]
    return [*(changelog.get("releases") or {}), *filter(_is_version, tags)]


def _is_version(text: str) -> bool:
    try:
        SemanticVersion(text)
    except ValueError:
        return False
    return bool(text)


def refusal(version: str, *, before: list[str]) -> str:
    """Why this cannot be the next version after those before; nothing where it can."""
    if not _is_version(version):
        return f"VERSION={version}: it has to be a semantic version, such as 1.2.3 or 1.2.3-beta.1"
    if "+" in version:
        return f"VERSION={version}: Galaxy takes no build metadata"
    newest = max(before, key=SemanticVersion, default="")
    if newest and SemanticVersion(version) <= SemanticVersion(newest):
        return f"VERSION={version}: it has to be newer than {newest}, the newest release"
    return ""


def with_version(galaxy: str, version: str) -> str:
    """The text of galaxy.yml with another version, and else as it is. Raises ReleaseError where it names none."""
    text, count = re.subn(r"(?m)^version:.*$", f"version: {version}", galaxy)
    if count != 1:
        raise ReleaseError("galaxy.yml: it names no version, or several")
    return text


def _git(checkout: Path, *words: str) -> str:
    """What git says, without the space around it. Raises ReleaseError."""
    done = subprocess.run(["git", *words], cwd=checkout, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise ReleaseError(f"git {' '.join(words)}: {(done.stdout + done.stderr).strip()}")
    return done.stdout.strip()


def look(checkout: Path, version: str) -> None:
    """Whether a release can be begun here. Raises ReleaseError."""
    why = refusal(version, before=released(checkout))
    if why:
        raise ReleaseError(why)
    dirty = _git(checkout, "status", "--porcelain")
    if dirty:
        raise ReleaseError(f"the tree is not clean:\n{dirty}")
    if not list((checkout / "changelogs" / "fragments").glob("*.y*ml")):
        raise ReleaseError("changelogs/fragments has no fragment: there is nothing to tell of this release")
    _git(checkout, "symbolic-ref", "--short", "HEAD")


def _run(clone: Path, *command: str) -> None:
    """Run a command in the clone, its output for the user to read. Raises ReleaseError."""
    print(f"release: {' '.join(command)}", flush=True)
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(clone.parents[2])}
    # make tells its children how it was called; those of the clone are not its own.
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VERSION", "ARGS", "SLIPWAY_JUNIT"):
        environment.pop(name, None)
    if subprocess.run(command, cwd=clone, env=environment, check=False, stdin=subprocess.DEVNULL).returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed")


def write(clone: Path, version: str) -> None:
    """Set the version, write the changelog, commit. Raises ReleaseError."""
    galaxy = clone / "galaxy.yml"
    galaxy.write_text(with_version(galaxy.read_text(encoding="utf-8"), version), encoding="utf-8")
    _run(clone, "antsibull-changelog", "lint")
    _run(clone, "antsibull-changelog", "release")
    if version not in released(clone):
        raise ReleaseError("antsibull-changelog wrote no entry for it")
    _git(clone, "add", "--all", "--", *WRITTEN)
    _git(clone, "commit", "--quiet", "--message", f"Release {version}")


def checked(clone: Path, folder: Path, version: str, *, tested: bool) -> Path:
    """Build the archive and hold it to all there is; its path. Raises ReleaseError."""
    path = archive.build(clone, folder)
    if path.name != f"slipway-runtimes-{version}.tar.gz":
        raise ReleaseError(f"the archive is called {path.name}")
    contents = archive.contents(path)
    faults = [f"no user needs this: {name}" for name in archive.unwanted(contents)]
    faults += [f"users need this, and it is not there: {pattern}" for pattern in archive.lacking(contents)]
    print("release: imports the archive as Galaxy does", flush=True)
    faults += importer.check(path)
    build.install(path, folder / "installed")
    modules = [one.stem for one in sorted((clone / "plugins" / "modules").glob("*.py")) if one.stem != "__init__"]
    faults += build.lacking_pages(folder / "installed", modules)
    if faults:
        raise ReleaseError("\n".join(["the archive is not sound:", *faults]))
    if not tested:
        _run(clone, "make", "test")
        _run(clone, "make", "test-matrix")
    dirty = _git(clone, "status", "--porcelain")
    if dirty:
        raise ReleaseError(f"the tests left this behind:\n{dirty}")
    print(summary(contents), flush=True)
    return path


def summary(contents: dict[str, int]) -> str:
    """What is in an archive: files and KiB by folder."""
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for name, size in contents.items():
        folder = "/".join(name.split("/")[:2]) if name.startswith(("plugins/", "extensions/")) else name.split("/")[0]
        files[folder] += 1
        sizes[folder] += size
    lines = [f"{folder:32}{files[folder]:6}{max(sizes[folder] // 1024, 1):8} KiB" for folder in files]
    return "\n".join(["release: the archive holds", *lines, f"{'all':32}{sum(files.values()):6}{sum(sizes.values()) // 1024:8} KiB"])


def release(checkout: Path, version: str, *, tested: bool) -> Path:
    """Make the release; the archive's path. Raises ReleaseError, and then this checkout is as it was."""
    look(checkout, version)
    began = _git(checkout, "rev-parse", "HEAD")
    parent = tree.cache() / "trees"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as top:
        clone = Path(top) / "ansible_collections" / "slipway" / "runtimes"
        _git(checkout, "clone", "--quiet", "--no-hardlinks", str(checkout), str(clone))
        for key in ("user.name", "user.email"):
            _git(clone, "config", key, _git(checkout, "config", "--get", key))
        write(clone, version)
        path = checked(clone, Path(top), version, tested=tested)
        if _git(checkout, "rev-parse", "HEAD") != began or _git(checkout, "status", "--porcelain"):
            raise ReleaseError("this checkout was changed meanwhile")
        _git(checkout, "fetch", "--quiet", str(clone), "HEAD")
        _git(checkout, "merge", "--quiet", "--ff-only", "FETCH_HEAD")
        _git(checkout, "tag", "--annotate", "--message", f"slipway.runtimes {version}", version)
        kept = checkout / path.name
        shutil.move(path, kept)
    return kept


def main(arguments: list[str]) -> int:
    """Make the release that is asked for."""
    versions = [word for word in arguments if word != "--tested"]
    if len(versions) != 1:
        print(__doc__)
        return 2
    try:
        path = release(tree.ROOT, versions[0], tested="--tested" in arguments)
    except (ReleaseError, subprocess.CalledProcessError) as error:
        print(f"\nrelease: there is none, and this checkout is as it was: {error}")
        return 1
    print(f"\nrelease: {path.name} is built, committed and tagged. To publish it:")
    print(f"    git push --follow-tags\n    ansible-galaxy collection publish {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
