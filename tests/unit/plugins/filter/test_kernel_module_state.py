# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kernel's words come to."""

import pytest

from ansible_collections.slipway.runtimes.plugins.filter.kernel_module_state import FilterModule

STATES = {
    "loaded": "modules folder loaded loadable", "loaded, whatever else": "modules loaded builtin",
    "builtin": "modules folder builtin loadable", "builtin, seen by what it brings": "modules folder active",
    "builtin in a kernel without modules": "active", "no_modules": "", "no_modules, without a folder": "modules",
    "no_modules, a container's": "folder", "loadable": "modules folder loadable", "missing": "modules folder"}


@pytest.mark.parametrize("name", sorted(STATES))
def test_states(name):
    """A kernel without modules is told from a missing module."""
    assert FilterModule().filters()["kernel_module_state"](STATES[name]) == name.split(",")[0].split(" ")[0]
