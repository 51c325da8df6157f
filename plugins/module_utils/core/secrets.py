# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping foreign values out of what users read: an engine's own words may quote the file that it refuses. Pure."""

import re
from typing import Any, Iterator, Set

_USERINFO = re.compile(r"://([^/@\s]+)@")
# Shorter values are words such as 'info' or '10m': to blank them would hide the message and no secret.
_SHORTEST = 5


def secrets_in(value: Any) -> Set[str]:
    """Every string in a JSON value that could be a secret, and the user and password of every URL in one."""
    found: Set[str] = set()
    for text in _strings(value):
        if len(text) >= _SHORTEST:
            found.add(text)
        for userinfo in _USERINFO.findall(text):
            found.add(userinfo)
            found.update(part for part in userinfo.split(":") if part)
    return found


def mask(text: str, secrets: Set[str]) -> str:
    """The text with every secret in it replaced by '***', the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
