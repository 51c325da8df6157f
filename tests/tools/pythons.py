# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine, and virtual environments made with them."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import tree


def _candidates(version: str) -> Iterator[str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted(pyenv.glob(version + ".*")):
        yield str(folder / "bin" / ("python" + version))
    for path in (shutil.which("python" + version), "/usr/bin/python" + version):
        if path:
            yield path


def find(version: str) -> Path | None:
    """The interpreter of a version such as ``3.6`` that can make virtual environments, or None.

    Every candidate is run: pyenv's shims are on PATH for versions that are not active, and only say so when called.
    """
    for candidate in _candidates(version):
        try:
            program = [candidate, "-c", "import ensurepip, venv"]
            asked = subprocess.run(program, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=30)
        except OSError:
            continue
        if asked.returncode == 0:
            return Path(candidate)
    return None


def environment(name: str, *, python: Path, requirements: Iterable[str]) -> Path:
    """The Python of a virtual environment in the cache that has these requirements; made where it is missing.

    :param name: the environment's name in the cache; the requirements and the Python are part of it as a digest.
    """
    wanted = sorted(requirements)
    digest = hashlib.sha256("\n".join([str(python), *wanted]).encode()).hexdigest()[:12]
    folder = tree.cache() / f"{name}-{digest}"
    marker = folder / ".complete"
    with tree.locked(name):
        if not marker.exists():
            print(f"setup: makes a virtual environment with {', '.join(wanted)} in {folder}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([python, "-m", "venv", folder], check=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *wanted], check=True)
            marker.touch()
    return folder / "bin" / "python"
