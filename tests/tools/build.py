# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection's archive, looks at what is in it, installs it into an empty folder and asks ansible-doc for every module of it.

Galaxy's own import of it is `make test-matrix`'s, and that of every release: it asks for each kind of plugin in turn, and takes as long as
all of this.

Usage: tests/tools/env python tests/tools/build.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import archive
import tree


def install(path: Path, collections: Path) -> None:
    """Install an archive into a folder, without asking Galaxy. Raises CalledProcessError."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    command = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(collections), str(path)]
    subprocess.run(command, cwd=path.parent, env=environment, check=True, stdin=subprocess.DEVNULL)


def lacking_pages(collections: Path, modules: list[str]) -> list[str]:
    """What the pages of installed modules lack, as ansible-doc reads them; nothing where all is well."""
    names = [f"slipway.runtimes.{module}" for module in modules]
    said = subprocess.run(
        ["ansible-doc", "--type", "module", "--json", *names],
        cwd=collections,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    pages = json.loads(said.stdout) if said.returncode == 0 else {}
    return [
        f"{name} lacks {part}" for name in names for part in ("doc", "examples", "return") if not pages.get(name, {}).get(part)
    ]


def main() -> int:
    """Build, look, import, install, ask; 0 where all is well."""
    with tree.copy() as checkout, tempfile.TemporaryDirectory() as folder:
        path = archive.build(checkout, Path(folder))
        names = list(archive.contents(path))
        print(f"build: {path.name}, {path.stat().st_size // 1024} KiB, {len(names)} files", flush=True)
        faults = [f"no user needs this: {name}" for name in archive.unwanted(names)]
        faults += [f"users need this, and it is not there: {pattern}" for pattern in archive.lacking(names)]
        collections = Path(folder) / "collections"
        install(path, collections)
        modules = [one.stem for one in sorted((checkout / "plugins" / "modules").glob("*.py")) if one.stem != "__init__"]
        faults += [f"ansible-doc: {line}" for line in lacking_pages(collections, modules)]
    print("\n".join(faults) or f"build: installed; the pages of {len(modules)} modules are whole", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
