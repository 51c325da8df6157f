# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: host_look
short_description: Read what a script of a role found on a host
version_added: 0.2.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - A role asks a host once, by one shell script that prints a fact a line. This gives the facts, whatever else a login or C(sudo) printed.
  - Facts that have the keys of C(os-release) also give C(distributions), the names by which a role looks for what differs, the closest
    first. They are the distribution with its major version, the platform (C(el8) for RHEL 8 and all its kin), and the code names, the one
    that a derivative of Ubuntu is made from included.
options:
  _input:
    description: The text. Lines that count are C(slipway KEY VALUE).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ asked.stdout | slipway.runtimes.host_look }}"
"""

RETURN = r"""
_value:
  description: The facts by key, and C(distributions).
  type: dict
"""

import re
from typing import Any, Callable, Dict, List

_LINE = re.compile(r"slipway (?P<key>[A-Za-z0-9_.@-]+)(?: (?P<value>.*))?\Z")
_VERSIONED = re.compile(r"\d+")


def host_look(text: str) -> Dict[str, Any]:
    """The facts by key, and 'distributions'. Raises ValueError where the script did not come to its end."""
    found: Dict[str, Any] = {}
    for line in text.splitlines():
        match = _LINE.match(line.strip())
        if match:
            found[match.group("key")] = (match.group("value") or "").strip()
    if "end" not in found:
        raise ValueError("the script that looks at the host did not come to its end; it said: %r" % text[-300:])
    return dict(found, distributions=distributions(found))


def distributions(facts: Dict[str, str]) -> List[str]:
    """The names of a distribution by its os-release, the closest first."""
    version = _VERSIONED.match(facts.get("os.VERSION_ID", ""))
    major = version.group() if version else ""
    name = facts.get("os.ID", "")
    names = ["%s-%s" % (name, major)] if name and major else []
    platform = facts.get("os.PLATFORM_ID", "").rpartition(":")[2]
    if platform:
        names.append(platform)
    elif major and "rhel" in [name] + facts.get("os.ID_LIKE", "").split():
        names.append("el" + major)
    names.extend(facts[key] for key in ("os.VERSION_CODENAME", "os.UBUNTU_CODENAME") if facts.get(key))
    return list(dict.fromkeys(names))


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """By name."""
        return {"host_look": host_look}
