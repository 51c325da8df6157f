# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, with and without a mirror."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.fetch import address


@pytest.mark.parametrize("mirror, found", [
    ("", "https://github.com:443/a/b.tgz?x=1"),
    ("https://mirror.example", "https://mirror.example/a/b.tgz?x=1"),
    ("https://mirror.example:8443/base/", "https://mirror.example:8443/base/a/b.tgz?x=1"),
    ("https://mirror.example/{host}", "https://mirror.example/github.com/a/b.tgz?x=1")])
def test_mirror(mirror: str, found: str) -> None:
    """What takes the place of what."""
    assert address("https://github.com:443/a/b.tgz?x=1", mirror) == found
