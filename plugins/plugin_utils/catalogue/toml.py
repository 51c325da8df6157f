# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings as TOML, for the shims that read it. Pure."""

import json
import re
from typing import Any, Dict, List

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def render(values: Dict[str, Any]) -> str:
    """A document of strings, booleans, integers, lists of these, and tables of these, in the order given; tables last.

    Raises ValueError for any other value, and for control characters.
    """
    return "\n".join(_table(values, [])) + "\n"


def _table(values: Dict[str, Any], path: List[str]) -> List[str]:
    lines = ["%s = %s" % (_key(key), _value(value)) for key, value in values.items() if not isinstance(value, dict)]
    for key, value in values.items():
        if isinstance(value, dict):
            inner = path + [_key(key)]
            if lines:
                lines.append("")
            lines.append("[%s]" % ".".join(inner))
            lines.extend(_table(value, inner))
    return lines


def _key(key: Any) -> str:
    text = str(key)
    return text if _BARE.match(text) else _text(text)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "[%s]" % ", ".join(_value(one) for one in value)
    raise ValueError("a %s has no place in TOML" % type(value).__name__)


def _text(text: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("control characters have no place in a setting")
    return json.dumps(text, ensure_ascii=False)
