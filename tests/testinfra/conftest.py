# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host must look like from outside. Molecule's scenarios call these tests; what to expect is in their vars/main.yml."""

import json
import os
from pathlib import Path

import pytest
import yaml

FOLDER = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
EXPECTED = {
    **yaml.safe_load((FOLDER / "../shared/vars/main.yml").read_text()),
    **yaml.safe_load((FOLDER / "vars/main.yml").read_text()),
}
# An engine has these without being told.
OWN = {"runc", "io.containerd.runc.v2"}


def pytest_generate_tests(metafunc):
    """A test that takes a runtime or a folder runs for each that the scenario names."""
    if "runtime" in metafunc.fixturenames:
        metafunc.parametrize("runtime", EXPECTED["runs"])
    if "folder" in metafunc.fixturenames:
        metafunc.parametrize("folder", EXPECTED["given_back"])


@pytest.fixture(scope="session")
def expected():
    """The scenario's vars/main.yml, over what all scenarios have in common."""
    return EXPECTED


class Engine:
    """The scenario's engine, asked by its own CLI."""

    def __init__(self, host):
        self.host = host
        self.place = EXPECTED["places"][EXPECTED["place"]]
        self.config = host.file(self.place["config"])

    def cli(self, arguments):
        """What the CLI prints, without the last newline."""
        return self.host.check_output(f"{self.place['cli']} {arguments}")

    def info(self):
        """What the engine reports of itself."""
        return json.loads(self.cli("info --format '{{json .}}'"))

    def loaded(self):
        """The names of the runtimes that it has loaded, its own left out."""
        return set(self.info()["Runtimes"]) - OWN

    def containers_and_images(self):
        """What is in its store."""
        return self.cli("ps --all --quiet") + self.cli("images --all --quiet")

    def leftovers(self):
        """Files that an unfinished run would leave."""
        folders = " ".join([os.path.dirname(self.place["config"]), *self.place["notes"]])
        names = r"\( -name '*slipway-*' -o -name '*.journal' -o -name 'daemon.json?*' \)"
        return self.host.run(
            f"ls -d /tmp/slipway-* /tmp/ansible_* 2>/dev/null; find {folders} -type f {names} 2>/dev/null"
        ).stdout


@pytest.fixture(scope="module")
def engine(host):
    """The scenario's engine."""
    return Engine(host)
