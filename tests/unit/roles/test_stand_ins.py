# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles podman and nerdctl: specs, defaults, tasks and pages say the same."""

import re
from pathlib import Path
from typing import Any, Dict, Set

import pytest
import yaml

from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.wanted import SPEC

ROLES = Path(__file__).resolve().parents[3] / "roles"


def options(role: str) -> Dict[str, Dict[str, Any]]:
    """The role's argument specs."""
    return yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]


def named(role: str, text: str) -> Set[str]:
    """The role's public variables that a text names."""
    return set(re.findall(r"(?<![_a-z])%s_[a-z_]+" % role, text))


@pytest.mark.parametrize("role", ["podman", "nerdctl"])
def test_specs_defaults_and_page(role: str) -> None:
    """Each option has its default where there is one, is used, and is on the page."""
    specs = options(role)
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    assert defaults == {name: one["default"] for name, one in specs.items() if "default" in one}
    files = sorted((ROLES / role / "tasks").glob("*.yml")) + [ROLES / role / "vars/main.yml"]
    tasks = "\n".join(one.read_text() for one in files)
    assert named(role, tasks) == set(specs)
    assert set(specs) <= named(role, (ROLES / role / "README.md").read_text())
    assert len((ROLES / role / "tasks/main.yml").read_text().splitlines()) < 60


@pytest.mark.parametrize("role", ["podman", "nerdctl"])
def test_choices_are_the_modules(role: str) -> None:
    """Where an option is the module's, so are its choices."""
    specs = options(role)
    for name, option in (("probe", "probe"), ("via", "via"), ("state", "state")):
        if "%s_%s" % (role, name) in specs:
            assert sorted(specs["%s_%s" % (role, name)]["choices"]) == sorted(SPEC[option]["choices"])
