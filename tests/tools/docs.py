# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation as a site: our own pages, and those of modules, plugins and roles from their specs.

Usage: tests/tools/env python tests/tools/docs.py

A warning is an error. The site lies in tests/output/docs, which git ignores. PyPI is asked once, for the tools.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pythons
import tree

_SITE = tree.ROOT / "tests" / "output" / "docs"
_HERE = Path("tests") / "site"
_COLLECTION = "slipway.runtimes"


def _requirements() -> list[str]:
    lines = (tree.ROOT / _HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if re.match(r"\w", line)]


def build() -> int:
    """Lint what antsibull-docs lints, make the pages, and build the site; the exit code of what failed, or 0."""
    tools = pythons.environment("docs", python=Path(sys.executable), requirements=_requirements()).parent
    with tree.copy() as checkout:
        for name in ("conf.py", "index.md"):
            shutil.copy2(checkout / _HERE / name, checkout / name)
        (checkout / "collections").mkdir()
        site, antsibull = checkout / "site", tools / "antsibull-docs"
        pages = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", "collections"]
        strict = ["--quiet", "--fail-on-warning", "--keep-going", "--doctree-dir", checkout.parent / "doctrees"]
        commands = (
            [antsibull, "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", "."],
            [antsibull, "collection", *pages, _COLLECTION],
            [tools / "sphinx-build", *strict, ".", site],
        )
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(checkout.parents[2])}
        environment["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
        for command in commands:
            ended = subprocess.run(command, cwd=checkout, env=environment, check=False, stdin=subprocess.DEVNULL)
            if ended.returncode:
                return ended.returncode
        shutil.rmtree(_SITE, ignore_errors=True)
        _SITE.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(site, _SITE)
    print(f"the site: {_SITE / 'index.html'}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    sys.exit(build())
