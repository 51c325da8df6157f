# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's archive, as Galaxy gets it: how it is built, and what may be in it."""

import fnmatch
import os
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

# What users need. A `*` stands for folders too.
FOR_USERS = (
    "FILES.json",
    "MANIFEST.json",
    "CHANGELOG.rst",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "execution-environment.yml",
    "catalogue/*.yml",
    "changelogs/changelog.yaml",
    "docs/*.md",
    "docs/*.png",
    "extensions/awx/*",
    "extensions/patterns/*",
    "meta/*",
    "playbooks/*",
    "plugins/*",
    "roles/*",
)
# What they need where there is any.
ALSO = ("docs/*.svg",)
# What lies in folders of theirs, and is for nobody.
FOR_NOBODY = ("*/__pycache__/*", "*.py[co]", "*~", "*.orig", "*.rej", "*.swp", "*/.*", ".*")


def build(checkout: Path, folder: Path) -> Path:
    """Build the archive of a copy of the checkout into a folder; its path. Raises CalledProcessError."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)}
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(folder)]
    subprocess.run(command, cwd=checkout, env=environment, check=True, stdin=subprocess.DEVNULL)
    (found,) = folder.glob("slipway-runtimes-*.tar.gz")
    return found


def contents(archive: Path) -> dict[str, int]:
    """The files of an archive and their sizes in bytes, in the archive's order."""
    with tarfile.open(archive) as packed:
        return {member.name: member.size for member in packed if not member.isdir()}


def unwanted(names: Iterable[str]) -> list[str]:
    """Those files of an archive that no user needs."""
    return [
        name
        for name in names
        if not any(fnmatch.fnmatchcase(name, one) for one in (*FOR_USERS, *ALSO))
        or any(fnmatch.fnmatchcase(name, one) for one in FOR_NOBODY)
    ]


def lacking(names: Iterable[str]) -> list[str]:
    """Those patterns of what users need that no file of an archive meets."""
    names = list(names)
    return [one for one in FOR_USERS if not fnmatch.filter(names, one)]
