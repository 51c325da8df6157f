# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the unit tests.

Usage: tests/tools/env python tests/tools/units.py current | floor | oldest [ARGUMENT OF pytest ...]

current  all of them, with the ansible-core and the Python of the gates
floor    all of them, with ansible-core 2.16, the oldest controller
oldest   those of what runs on a host, with Python 3.6 and the module_utils that ansible-core 2.16 brings to that host

Ends with 77 where this machine has no Python for it. Writes JUnit files to $SLIPWAY_JUNIT where that is set.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pythons
import tree

LEFT_OUT = 77
FLOOR_CORE = "ansible-core~=2.16.0"
FLOOR_PYTHONS = ("3.12", "3.11", "3.10")
OLDEST_PYTHON = "3.6"
# The parts of the tree that run on a host.
ON_HOSTS = ("module_utils", "modules")
# What tests ask for beyond Python: a package, and the programs of which one is enough.
PROGRAMS = {
    "busybox": ("busybox",),
    "dash": ("dash",),
    "posh": ("posh",),
    "yash": ("yash",),
    "binutils": ("as",),
    "qemu-user": ("qemu-aarch64", "qemu-aarch64-static"),
}


def _provide_programs() -> None:
    """Install what is missing. Where that cannot be done the tests that need it are skipped, and say so."""
    missing = [package for package, programs in PROGRAMS.items() if not any(map(shutil.which, programs))]
    if missing:
        subprocess.run([tree.ROOT / "tests" / "tools" / "apt-need", *missing], check=False, stdin=subprocess.DEVNULL)


def _pytest(python: Path, arguments: list[str], *, name: str, path: list[Path]) -> int:
    """Run pytest in the place where the checkout is a collection; its exit code."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in path)
    command = [str(python), "-m", "pytest", *arguments]
    if "SLIPWAY_JUNIT" in os.environ:
        command.append(f"--junitxml={os.environ['SLIPWAY_JUNIT']}/{name}.xml")
    folder = tree.collections() / "ansible_collections" / "slipway" / "runtimes"
    return subprocess.run(command, cwd=folder, env=environment, check=False, stdin=subprocess.DEVNULL).returncode


def current(arguments: list[str]) -> int:
    """All tests with what the gates run with."""
    return _pytest(Path(sys.executable), arguments, name="current", path=[tree.collections()])


def floor(arguments: list[str]) -> int:
    """All tests with the oldest ansible-core."""
    python = next(filter(None, map(pythons.find, FLOOR_PYTHONS)), None)
    if python is None:
        print(f"left out: no Python of {', '.join(FLOOR_PYTHONS)} was found")
        return LEFT_OUT
    made = pythons.environment("floor", python=python, requirements=[FLOOR_CORE, "pytest~=9.0", "PyYAML~=6.0"])
    return _pytest(made, arguments, name="floor", path=[tree.collections()])


def _oldest_module_utils() -> Path:
    """A folder with what ansible-core 2.16 sends to a host; Python 3.6 cannot import its controller's part."""
    folder = tree.cache() / "module-utils-2.16"
    with tree.locked("module-utils"):
        if folder.exists():
            return folder
        print(f"setup: takes the module_utils of {FLOOR_CORE} from PyPI", flush=True)
        with tempfile.TemporaryDirectory(dir=tree.cache()) as temporary:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            wheel = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--target", temporary, FLOOR_CORE]
            subprocess.run([*pip, *wheel], check=True)
            taken = Path(temporary) / "taken"
            # No __init__.py: the one that Ansible sends is not the one that it has, and a package without one will do.
            shutil.copytree(Path(temporary) / "ansible" / "module_utils", taken / "ansible" / "module_utils")
            # Whole or not at all: a run that was ended halfway leaves nothing to be taken for it.
            taken.rename(folder)
    return folder


def _import_all(python: Path, *, path: list[Path]) -> bool:
    """Whether this Python can import every file that runs on a host. It says itself what it cannot."""
    sources = [file for part in ON_HOSTS for file in sorted((tree.ROOT / "plugins" / part).rglob("*.py"))]
    modules = [file.relative_to(tree.ROOT).with_suffix("") for file in sources]
    names = [".".join(("ansible_collections", "slipway", "runtimes", *module.parts)) for module in modules]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name.replace('.__init__', ''))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in path)}
    ended = subprocess.run([python, "-c", program, *names], env=environment, check=False, stdin=subprocess.DEVNULL)
    well = ended.returncode == 0
    verdict = "imports every one" if well else "does not import every one"
    print(f"Python {OLDEST_PYTHON} {verdict} of {len(names)} files of {' and '.join(ON_HOSTS)}", flush=True)
    return well


def oldest(arguments: list[str]) -> int:
    """The tests of what runs on a host, with the oldest Python of a host; before them, every file of it is imported."""
    python = pythons.find(OLDEST_PYTHON)
    if python is None:
        print(f"left out: no Python {OLDEST_PYTHON} was found")
        return LEFT_OUT
    made = pythons.environment("python" + OLDEST_PYTHON, python=python, requirements=["pytest==7.0.1"])
    path = [tree.collections(), _oldest_module_utils()]
    if not _import_all(made, path=path):
        return 1
    tests = [f"tests/unit/plugins/{part}" for part in ON_HOSTS]
    existing = [folder for folder in tests if (tree.ROOT / folder).is_dir()]
    return _pytest(made, arguments or existing, name="oldest", path=path)


RUNS = {"current": current, "floor": floor, "oldest": oldest}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in RUNS:
        sys.exit(__doc__)
    _provide_programs()
    sys.exit(RUNS[sys.argv[1]](sys.argv[2:]))
