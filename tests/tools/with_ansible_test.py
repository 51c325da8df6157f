# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``ansible-test sanity`` or ``ansible-test units`` on a copy of the checkout.

Usage: tests/tools/env python tests/tools/with_ansible_test.py sanity|units [ARGUMENT OF ansible-test ...]
       tests/tools/env python tests/tools/with_ansible_test.py sanity-everywhere [ARGUMENT OF ansible-test ...]

Sanity compiles and imports with the Pythons of the gates and of the system, and has pylint read the plugins; sanity-everywhere takes each
Python that is found, and all files.

The units run in environments of ansible-test's own: all of them with the Python that ansible-core has here, and those of
what runs on hosts with the oldest Python that this ansible-core sends to, too.

ansible-test gets a home of its own in the cache, so that its environments stay from run to run and the user's
~/.ansible stays as it is. Its results go to $SLIPWAY_JUNIT as JUnit files where that is set.
"""

import configparser
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import ansible_test._internal.python_requirements as ansible_test_requirements
from ansible_test._util.target.common import constants

import pythons
import tree

# ansible-test fetches get-pip.py from one host. Where that cannot be reached, this stands in for it: Python's own
# bundled pip, which then installs what get-pip.py was asked to install. The two options are get-pip.py's own, and
# unknown to pip.
GET_PIP = """\
import subprocess
import sys

packages = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-m", "pip", "install"] + packages, check=True)
"""
GET_PIP_HOST = "https://ci-files.testing.ansible.com/"

# Newest first, as ansible-test lists them; those that the installed ansible-core does not support it passes over.
PYTHONS = ("3.14", "3.13", "3.12", "3.11", "3.10", "3.9")
OLDER_PYTHONS = ("3.8", "3.7", "3.6")  # of hosts; ansible-test's sanity imports modules with each that it sees


def _reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _provide_get_pip(home: Path) -> None:
    """Put the stand-in where ansible-test looks for a fetched get-pip.py, if it could not fetch one."""
    source = Path(ansible_test_requirements.__file__).read_text(encoding="utf-8")
    cached = home / ".ansible" / "test" / "cache"
    missing = [
        cached / f"get_pip_{version.replace('.', '_')}.py"
        for version in re.findall(r"pip='([0-9.]+)'", source)
        if not (cached / f"get_pip_{version.replace('.', '_')}.py").exists()
    ]
    if missing and not _reachable(GET_PIP_HOST):
        print(f"setup: {GET_PIP_HOST} cannot be reached: ansible-test is given Python's own pip", flush=True)
        cached.mkdir(parents=True, exist_ok=True)
        for path in missing:
            path.write_text(GET_PIP, encoding="utf-8")


def _provide_pip_configuration(home: Path) -> None:
    """Hand on how this user's pip reaches PyPI.

    ansible-test passes no PIP_* variable on. pip reads two files of a user: one becomes a link to the user's own, the
    other holds what the environment says.
    """
    user = Path.home()
    for own in (user / ".config" / "pip" / "pip.conf", user / ".pip" / "pip.conf"):
        link = home / ".pip" / "pip.conf"
        link.parent.mkdir(parents=True, exist_ok=True)
        if own.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(own)
            break
    parser = configparser.RawConfigParser()
    said = {name[len("PIP_"):]: value for name, value in os.environ.items() if name.startswith("PIP_") and value}
    parser["global"] = {name.lower().replace("_", "-"): value for name, value in said.items()}
    path = home / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)


def sanity(arguments: list[str]) -> int:
    """All of its checks, but that pylint does not read the tests, which takes it long. Or those that are asked for."""
    if arguments:
        return _ansible_test(["sanity", *arguments])
    return _ansible_test(["sanity", "--skip-test", "pylint"], ["sanity", "--test", "pylint", "plugins/"])


def sanity_everywhere(arguments: list[str]) -> int:
    """All of its checks, with every Python that it supports and that is found."""
    return _ansible_test(["sanity", *arguments], pythons_of_hosts=PYTHONS)


def units(arguments: list[str]) -> int:
    """All unit tests; what they need is installed into environments that are made anew."""
    supported = constants.REMOTE_ONLY_PYTHON_VERSIONS
    oldest = [version for version in reversed(PYTHONS + OLDER_PYTHONS) if version in supported and pythons.find(version)][:1]
    where = ["--controller", "origin:python=venv/default"]
    where += [word for version in oldest for word in ("--target-python", f"venv/{version}")]
    return _ansible_test(["units", "--requirements", *where, *arguments], pythons_of_hosts=PYTHONS + OLDER_PYTHONS)


def _ansible_test(*calls: list[str], pythons_of_hosts: tuple[str, ...] = ()) -> int:
    """Run ansible-test, a few times on one copy; the worst exit code."""
    home = tree.cache() / "sanity"
    home.mkdir(parents=True, exist_ok=True)
    # Two ansible-tests that make the same environment at once spoil it.
    with tree.locked("sanity"), tree.copy() as checkout:
        _provide_get_pip(home)
        _provide_pip_configuration(home)
        found = {version: pythons.find(version) for version in pythons_of_hosts}
        folders = [str(python.parent) for python in found.values() if python]
        print("ansible-test: Pythons found:", ", ".join(version for version, python in found.items() if python), flush=True)
        environment = {
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), *folders, "/usr/local/bin", "/usr/bin", "/bin"]),
        }
        ended = [
            subprocess.run(
                # Units always write JUnit files.
                ["ansible-test", words[0], "--color", "no", "--truncate", "0", *(["--junit"] if words[0] == "sanity" else []), *words[1:]],
                cwd=checkout,
                env=environment,
                check=False,
                stdin=subprocess.DEVNULL,
            ).returncode
            for words in calls
        ]
        wanted = os.environ.get("SLIPWAY_JUNIT")
        if wanted:
            for path in sorted((checkout / "tests" / "output" / "junit").glob("*.xml")):
                shutil.copy2(path, Path(wanted) / path.name)
    return max(map(abs, ended))


RUNS = {"sanity": sanity, "sanity-everywhere": sanity_everywhere, "units": units}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in RUNS:
        sys.exit(__doc__)
    sys.exit(RUNS[sys.argv[1]](sys.argv[2:]))
