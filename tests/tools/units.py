# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the unit tests.

Usage: tests/tools/env python tests/tools/units.py current | floor | oldest | hosts PYTHON [ARGUMENT OF pytest ...]

current       all of them, with the ansible-core and the Python of the gates
floor         those of what runs on a controller, with ansible-core 2.16, the oldest one
oldest        those of what runs on a host, with Python 3.6 and the module_utils that ansible-core 2.16 brings to that host
hosts PYTHON  the same with another Python, and the module_utils of the newest ansible-core that reaches it

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
# The Pythons of hosts that are not a controller's too: the newest ansible-core that reaches each, and a pytest that it runs.
HOST_PYTHONS = {
    OLDEST_PYTHON: ("2.16", "pytest==7.0.1"),
    "3.7": ("2.17", "pytest~=7.4"),
    "3.8": ("2.19", "pytest~=8.3"),
    "3.9": ("2.21", "pytest~=8.4"),
    "3.10": ("2.21", "pytest~=8.4"),
    "3.11": ("2.21", "pytest~=8.4"),
}
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


def _pytest(python: Path, arguments: list[str], *, name: str, path: list[Path], shells: str = "") -> int:
    """Run pytest in the place where the checkout is a collection; its exit code. shells: of those that a probe runs in; '' for all."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["SLIPWAY_SHELLS"] = shells
    environment["PYTHONPATH"] = os.pathsep.join(str(folder) for folder in path)
    command = [str(python), "-m", "pytest", *arguments]
    if "SLIPWAY_JUNIT" in os.environ:
        command.append(f"--junitxml={os.environ['SLIPWAY_JUNIT']}/{name}.xml")
    folder = tree.collections() / "ansible_collections" / "slipway" / "runtimes"
    return subprocess.run(command, cwd=folder, env=environment, check=False, stdin=subprocess.DEVNULL).returncode


def current(arguments: list[str]) -> int:
    """All tests with what the gates run with."""
    return _pytest(Path(sys.executable), arguments, name="current", path=[tree.collections()])


def floor_environment() -> Path | None:
    """The Python of an environment with the oldest ansible-core; None where this machine has no Python for it."""
    python = next(filter(None, map(pythons.find, FLOOR_PYTHONS)), None)
    return python and pythons.environment("floor", python=python, requirements=[FLOOR_CORE, "pytest~=9.0", "PyYAML~=6.0"])


def floor(arguments: list[str]) -> int:
    """With the oldest ansible-core, the tests of what runs within it. What runs on hosts asks no ansible-core for anything, but in its
    one adapter, which no unit test starts; `make test-matrix` runs all tests with each ansible-core."""
    made = floor_environment()
    if made is None:
        print(f"left out: no Python of {', '.join(FLOOR_PYTHONS)} was found")
        return LEFT_OUT
    leave = [f"--ignore=tests/unit/plugins/{part}" for part in ON_HOSTS]
    return _pytest(made, arguments or ["tests/unit/plugins", "tests/unit/roles", *leave], name="floor", path=[tree.collections()])


def _module_utils(core: str) -> Path:
    """A folder with what an ansible-core sends to a host; an old Python of a host cannot import its controller's part."""
    folder = tree.cache() / f"module-utils-{core}"
    with tree.locked("module-utils"):
        if folder.exists():
            return folder
        print(f"setup: takes the module_utils of ansible-core {core} from PyPI", flush=True)
        with tempfile.TemporaryDirectory(dir=tree.cache()) as temporary:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            wheel = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--target", temporary]
            subprocess.run([*pip, *wheel, f"ansible-core~={core}.0"], check=True)
            taken = Path(temporary) / "taken"
            shutil.copytree(Path(temporary) / "ansible" / "module_utils", taken / "ansible" / "module_utils")
            # An empty one: the one that Ansible sends is not the one that it has, and newer releases ask where it is.
            (taken / "ansible" / "__init__.py").touch()
            # Whole or not at all: a run that was ended halfway leaves nothing to be taken for it.
            taken.rename(folder)
    return folder


def _import_all(python: Path, *, version: str, path: list[Path]) -> bool:
    """Whether this Python can import every file that runs on a host. It says itself what it cannot."""
    sources = [file for part in ON_HOSTS for file in sorted((tree.ROOT / "plugins" / part).rglob("*.py"))]
    modules = [file.relative_to(tree.ROOT).with_suffix("") for file in sources]
    names = [".".join(("ansible_collections", "slipway", "runtimes", *module.parts)) for module in modules]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name.replace('.__init__', ''))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in path)}
    ended = subprocess.run([python, "-c", program, *names], env=environment, check=False, stdin=subprocess.DEVNULL)
    well = ended.returncode == 0
    verdict = "imports every one" if well else "does not import every one"
    print(f"Python {version} {verdict} of {len(names)} files of {' and '.join(ON_HOSTS)}", flush=True)
    return well


def on_host(version: str, arguments: list[str]) -> int:
    """The tests of what runs on a host, with a Python of a host; before them, every file of it is imported."""
    python = pythons.find(version)
    if python is None:
        print(f"left out: no Python {version} was found")
        return LEFT_OUT
    core, pytest = HOST_PYTHONS[version]
    made = pythons.environment("python" + version, python=python, requirements=[pytest])
    path = [tree.collections(), _module_utils(core)]
    if not _import_all(made, version=version, path=path):
        return 1
    tests = [f"tests/unit/plugins/{part}" for part in ON_HOSTS]
    existing = [folder for folder in tests if (tree.ROOT / folder).is_dir()]
    # What a probe says in each shell is the same for every Python.
    return _pytest(made, arguments or existing, name=f"python{version}", path=path, shells="dash")


def oldest(arguments: list[str]) -> int:
    """With the oldest of them."""
    return on_host(OLDEST_PYTHON, arguments)


def hosts(arguments: list[str]) -> int:
    """With the one that is named."""
    if arguments[:1] and arguments[0] in HOST_PYTHONS:
        return on_host(arguments[0], arguments[1:])
    print(f"hosts PYTHON: one of {', '.join(HOST_PYTHONS)}")
    return 2


RUNS = {"current": current, "floor": floor, "oldest": oldest, "hosts": hosts}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in RUNS:
        sys.exit(__doc__)
    _provide_programs()
    sys.exit(RUNS[sys.argv[1]](sys.argv[2:]))
