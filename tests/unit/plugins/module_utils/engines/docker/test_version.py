# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.version import (
    SINCE,
    knows,
    parse_version,
)


@pytest.mark.parametrize("text, version", [
    ("26.1.5+dfsg1", (26, 1)),
    ("20.10.24+dfsg1", (20, 10)),
    ("28.5.2", (28, 5)),
    ("29.0.0", (29, 0)),
    ("v23.0", (23, 0)),
    (" 24.0.7-rc.1\n", (24, 0)),
    ("1.13.1", (1, 13)),
    ("library-import", None),
    ("dev", None),
    ("0.0.0-20250101000000-abcdef", (0, 0)),
    ("", None),
    ("26", None),
    ("unknown-26.1", None),
])
def test_parse_version(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize("feature, version, known", [
    ("shim_names", (20, 10), False),
    ("shim_names", (23, 0), True),
    ("runtime_type", (23, 0), False),
    ("runtime_type", (24, 0), True),
    ("validate", (20, 10), False),
    ("status", (24, 9), False),
    ("status", (29, 7), True),
])
def test_knows(feature, version, known):
    assert knows(version, feature) is known


def test_a_version_that_is_no_number_is_the_newest():
    assert all(knows(None, feature) for feature in SINCE)


def test_an_unknown_feature_is_a_mistake():
    with pytest.raises(KeyError):
        knows((26, 1), "no_such_feature")
