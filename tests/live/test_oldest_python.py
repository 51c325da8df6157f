# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose only Python is 3.6, RHEL 8's, and a controller with ansible-core 2.16, the last release that reaches it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from hosts_under_test import CRUN, ROOT, Host, Player, execs, of_task

sys.path.insert(0, str(ROOT / "tests" / "tools"))
import pythons  # noqa: E402
import units  # noqa: E402

# Where RHEL 8 has its own.
INTERPRETER = "/usr/libexec/platform-python"
# What no program of a host needs of a Python.
LEFT_OUT = ("__pycache__", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter", "turtledemo", "*.a")
COLLECTION = "slipway.runtimes."
RUNNER_ENV = "/opt/runner/.env"
NERDCTL = "/opt/tools/nerdctl"
NAME, COPY = "oldest", "/usr/local/bin/oldest"

# Of each module that changes something: what is asked for, and how it is taken away.
WANTED: Dict[str, Dict[str, Any]] = {
    "engine_runtimes": {"runtimes": [CRUN]},
    "runtime_binary": {"binaries": [{"name": "tool", "src": "/bin/true", "remote_src": True, "files": [{"dest": "/usr/local/bin/tool"}]}]},
    "docker_cli": {"provider": "nerdctl", "target": NERDCTL, "replace": True},
    "runner_host": {
        "url": "unix:///run/engine.sock", "cli_version": "0.18.19", "scopes": [{"kind": "login"}, {"kind": "file", "path": RUNNER_ENV}]},
    "host_runtimes": {
        "binaries": [{"name": NAME, "src": CRUN["path"], "remote_src": True, "files": [{"dest": COPY}]}],
        "runtimes": [{"name": NAME, "path": COPY}]},
}
UNWANTED: Dict[str, Dict[str, Any]] = {
    "engine_runtimes": {"runtimes": [dict(CRUN, state="absent")]},
    "runtime_binary": {"binaries": [{"name": "tool", "state": "absent"}]},
    "docker_cli": {"state": "absent"},
    "runner_host": {"state": "absent"},
    "host_runtimes": {
        "binaries": [{"name": NAME, "state": "absent"}], "runtimes": [{"name": NAME, "state": "absent"}]},
}


@pytest.fixture(scope="module")
def old(bring_up: Callable[..., Host]) -> Host:
    """The host. Its Python is this machine's, in the same place."""
    python = pythons.find(units.OLDEST_PYTHON)
    if python is None:
        pytest.skip("no Python %s was found" % units.OLDEST_PYTHON)
    base = subprocess.run(
        [str(python), "-c", "import sys; print(sys.base_prefix)"], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
    host = bring_up("oldest", "nopython")
    version = "python" + units.OLDEST_PYTHON
    parts = [str(path.relative_to(base)) for path in (Path(base) / "bin" / version, Path(base) / "lib" / version)]
    parts += [str(path.relative_to(base)) for path in Path(base).glob("lib/libpython3*.so*")]
    leave = ["--exclude=" + name for name in LEFT_OUT]
    packed = subprocess.Popen(["tar", "-c", "-C", base] + leave + parts, stdout=subprocess.PIPE)
    unpack = "set -e; mkdir -p {0}; tar -x -C {0} -f -; ln -s {0}/bin/{1} {2}; ln -s {2} /usr/bin/python3".format(base, version, INTERPRETER)
    subprocess.run(["podman", "exec", "-i", host.name, "sh", "-c", unpack], check=True, stdin=packed.stdout)
    assert packed.wait() == 0
    assert host.sh("python3 -c 'import sys; print(sys.version_info[:2])'") == "(3, 6)"
    assert host.sh("ls /usr/bin/python* /usr/local/bin/python* 2>/dev/null", check=False) == "/usr/bin/python3"
    host.script(NERDCTL, "#!/bin/sh\necho Version: 2.3.5\n")
    host.sh("mkdir -p %s" % os.path.dirname(RUNNER_ENV))
    return host


@pytest.fixture(scope="module")
def oldest_core(old: Host, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays with the oldest ansible-core."""
    python = units.floor_environment()
    if python is None:
        pytest.skip("no Python of %s was found" % ", ".join(units.FLOOR_PYTHONS))
    ansible = Player(tmp_path_factory.mktemp("plays"), old.name.rpartition("-")[0])
    ansible.bin = python.parent
    version = subprocess.run([str(ansible.bin / "ansible"), "--version"], check=True, stdout=subprocess.PIPE).stdout.decode()
    assert "core 2.16." in version, version
    return ansible


def task(module: str, word: str, params: Dict[str, Any], *, quick: bool) -> Dict[str, Any]:
    """A task of one module, by one of the two ways."""
    return {"name": "%s: %s" % (module, word), COLLECTION + module: params, "vars": {"slipway_quick": quick}}


def test_every_module_changes_and_removes(old: Host, oldest_core: Player) -> None:
    """Each module does what it is asked and takes it back; again, there is nothing to do. Shipped, and by the quick way."""
    before = traces(old)
    tasks: List[Dict[str, Any]] = []
    for module in WANTED:
        tasks += [
            task(module, "add", WANTED[module], quick=False), task(module, "again", WANTED[module], quick=True),
            task(module, "remove", UNWANTED[module], quick=True), task(module, "gone", UNWANTED[module], quick=False)]
    tasks.append(task("runtime_probe", "prove", {"runtimes": ["runc"]}, quick=False))
    tasks.append(task("engine_info", "read", {}, quick=False))
    played = oldest_core.run(tasks, host=old.name, variables={"ansible_python_interpreter": INTERPRETER}, diff=True, verbosity=3)
    assert played.code == 0, played.text
    for module in WANTED:
        changed = [played.of("%s: %s" % (module, word))["changed"] for word in ("add", "again", "remove", "gone")]
        assert changed == [True, False, True, False], (module, changed)
        again = "%s: again" % module
        assert execs(played, again) == 1 and " PUT " not in of_task(played, again), of_task(played, again)
    assert [one["verdict"] for one in played.of("host_runtimes: add")["probes"]] == ["proven"]
    assert [one["verdict"] for one in played.of("runtime_probe: prove")["probes"]] == ["proven"]
    assert [one["engine"] for one in played.of("engine_info: read")["engines"]] == ["docker", "iechor"]
    assert traces(old) == before


def test_the_playbook_forecasts(old: Host, oldest_core: Player) -> None:
    """`slipway.runtimes.site` in check mode says what it would do, and does nothing."""
    before = traces(old)
    wanted = {"runtimes_wanted": [{"name": "crun", "install_from": "package"}], "ansible_python_interpreter": INTERPRETER}
    command = oldest_core.command([], host=old.name, check=True, diff=True, variables=wanted)
    command.argv = [COLLECTION + "site" if word.endswith("play.yml") else word for word in command.argv]
    command.environment["ANSIBLE_CALLBACKS_ENABLED"] = "slipway.runtimes.fleet"
    played = command.start().finish()
    assert played.code == 0 and "1 would change" in played.text and '+    "crun"' in played.text, played.text
    assert traces(old) == before


def traces(host: Host) -> str:
    """What a removal has to give back: paths, modes, owners, targets, sizes; and what the engine has loaded."""
    where = "/etc /usr/local /opt /var/lib/slipway-runtimes"
    found = host.sh("find %s -printf '%%p %%y %%m %%U %%G %%l\\n' 2>/dev/null | sort" % where, check=False)
    return "%s\n%s" % (found, host.loaded())
