# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept out of messages, and what is left in them."""

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.secrets import mask, secrets_in


@pytest.mark.parametrize("value, found", [
    ({}, set()),
    ("short-enough", {"short-enough"}),
    ("four", set()),
    ("5five", {"5five"}),
    ([True, None, 12345678, 1.5], set()),
    ({"a long key": "x"}, set()),
    ({"log-opts": {"splunk-token": "0badcafe"}}, {"0badcafe"}),
    ([["deep", {"er": ["in the list"]}]], {"in the list"}),
    ("http://me:pw@proxy:3128", {"http://me:pw@proxy:3128", "me:pw", "me", "pw"}),
    ("http://token@proxy", {"http://token@proxy", "token"}),
    ("http://:pw@proxy", {"http://:pw@proxy", ":pw", "pw"}),
    ("http://proxy:3128/a@b", {"http://proxy:3128/a@b"}),
    ("a://x:y@h b://u:v@h", {"a://x:y@h b://u:v@h", "x:y", "x", "y", "u:v", "u", "v"}),
])
def test_secrets_in(value: object, found: set) -> None:
    assert secrets_in(value) == found


@pytest.mark.parametrize("text, secrets, masked", [
    ("nothing to hide", set(), "nothing to hide"),
    ("key=hunter2;", {"hunter2"}, "key=***;"),
    ("hunter2 and hunter2", {"hunter2"}, "*** and ***"),
    ("me:pw", {"me:pw", "me"}, "***"),
    ("abc", {"ab", "abc", "a"}, "***"),
    ("a.c abc", {"a.c"}, "*** abc"),
])
def test_mask(text: str, secrets: set, masked: str) -> None:
    assert mask(text, secrets) == masked
