# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection's archive, installs it into an empty folder and asks ansible-doc for every module of it.

Usage: tests/tools/env python tests/tools/build.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import tree


def main() -> int:
    """Build, install, ask; 0 where all is well."""
    with tree.copy() as checkout, tempfile.TemporaryDirectory() as folder:
        collections = Path(folder) / "collections"
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
        build = ["ansible-galaxy", "collection", "build", "--output-path", folder]
        subprocess.run(build, cwd=checkout, env=environment, check=True, stdin=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("slipway-runtimes-*.tar.gz")
        print(f"build: {archive.name}, {archive.stat().st_size // 1024} KiB", flush=True)
        install = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(collections), str(archive)]
        subprocess.run(install, cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)

        failed = 0
        sources = sorted((checkout / "plugins" / "modules").glob("*.py"))
        modules = [path.stem for path in sources if path.stem != "__init__"]
        for module in modules:
            name = f"slipway.runtimes.{module}"
            page = subprocess.run(
                ["ansible-doc", "--type", "module", "--json", name],
                cwd=folder,
                env=environment,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            documented = json.loads(page.stdout).get(name, {}) if page.returncode == 0 else {}
            lacks = [part for part in ("doc", "examples", "return") if not documented.get(part)]
            print(f"ansible-doc: {name}: {'lacks ' + ', '.join(lacks) if lacks else 'ok'}", flush=True)
            failed += bool(lacks)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
