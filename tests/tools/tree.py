# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as the gates see it: its files, and copies of it that a tool may litter."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """The folder that outlives a run. tests/tools/env sets it."""
    return Path(os.environ["SLIPWAY_CACHE"])


def collections() -> Path:
    """The folder in which this checkout is ansible_collections/slipway/runtimes. tests/tools/env sets it."""
    return Path(os.environ["ANSIBLE_COLLECTIONS_PATH"])


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock of this name against the other runs that share the cache."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def files() -> list[Path]:
    """Every file of the checkout, relative to ROOT and sorted: what git knows, and what is new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(Path(name) for name in listed.split("\0") if name and os.path.lexists(ROOT / name))


@contextlib.contextmanager
def copy() -> Iterator[Path]:
    """A copy of the checkout at .../ansible_collections/slipway/runtimes, a git repository, gone after the block."""
    parent = cache() / "trees"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as top:
        tree = Path(top) / "ansible_collections" / "slipway" / "runtimes"
        tree.mkdir(parents=True)
        for name in files():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            # Another session may remove a file between the listing and the copy.
            with contextlib.suppress(FileNotFoundError):
                shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
        subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True, capture_output=True)
        subprocess.run(["git", "add", "--all"], cwd=tree, check=True, capture_output=True)
        yield tree
