# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: subid_range
short_description: Find a range of subordinate ids that nobody has
version_added: 0.2.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Takes the text of C(/etc/subuid) or C(/etc/subgid), or of both, and gives the first range of the size that overlaps no other.
  - Where the user has a range of that size already, there is nothing to find.
options:
  _input:
    description: The text.
    type: str
    required: true
  user:
    description: The user's name.
    type: str
    required: true
  uid:
    description: The user's number, by which lines may name the user too.
    type: int
    required: true
  size:
    description: How many ids the range has.
    type: int
    default: 65536
positional: user, uid
"""

EXAMPLES = r"""
- name: Give it to the user
  ansible.builtin.command:
    argv: [usermod, --add-subuids, "{{ subuid | slipway.runtimes.subid_range('ada', 1000) }}", ada]
"""

RETURN = r"""
_value:
  description: V(FIRST-LAST), empty where the user has a range.
  type: str
"""

from typing import Any, Callable, Dict, List, Tuple

# Where distributions begin to give them out.
_FIRST = 100000
_LAST = 2 ** 32 - 2


def subid_range(text: str, user: str, uid: int, size: int = 65536) -> str:
    """FIRST-LAST of a free range; '' where the user has one. Raises ValueError where none is free."""
    taken: List[Tuple[int, int]] = []
    for line in text.splitlines():
        words = line.split(":")
        if len(words) == 3 and words[1].isdigit() and words[2].isdigit():
            first, count = int(words[1]), int(words[2])
            if words[0] in (user, str(uid)) and count >= size:
                return ""
            taken.append((first, first + count))
    start = _FIRST
    for first, end in sorted(taken):
        if first < start + size and end > start:
            start = end
    if start + size - 1 > _LAST:
        raise ValueError("no range of %d subordinate ids is free" % size)
    return "%d-%d" % (start, start + size - 1)


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """By name."""
        return {"subid_range": subid_range}
