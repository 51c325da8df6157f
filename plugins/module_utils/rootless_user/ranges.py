# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of subordinate ids, as /etc/subuid and /etc/subgid have them (subuid(5)). Pure."""

from typing import List, NamedTuple, Tuple

from ..core.errors import SlipwayError

# Where distributions begin to give them out.
_FIRST = 100000
_END = 2 ** 32 - 1


class Range(NamedTuple):
    """A line of such a file. owner: a user's name or number."""

    owner: str
    first: int
    count: int

    @property
    def line(self) -> str:
        """As the file has it."""
        return "%s:%d:%d" % self


def ranges(text: str) -> Tuple[Range, ...]:
    """The lines of a file; what is none is left out, as shadow's own programs do."""
    found: List[Range] = []
    for line in text.splitlines():
        words = line.strip().split(":")
        if len(words) == 3 and words[1].isdigit() and words[2].isdigit():
            found.append(Range(words[0], int(words[1]), int(words[2])))
    return tuple(found)


def owned(text: str, *, user: str, uid: int, count: int) -> str:
    """The line of the first range of at least that size that the user has, '' for none."""
    return next((one.line for one in ranges(text) if one.owner in (user, str(uid)) and one.count >= count), "")


def free(text: str, *, user: str, count: int) -> Range:
    """The first range of that size that overlaps none. Raises SlipwayError where there is none."""
    start = _FIRST
    for one in sorted(ranges(text), key=lambda one: one.first):
        if one.first < start + count and one.first + one.count > start:
            start = one.first + one.count
    if start + count > _END:
        raise SlipwayError(
            "no_range", "subid_count: no range of %d subordinate ids is free" % count, option="subid_count")
    return Range(user, start, count)


def with_line(content: bytes, line: str) -> bytes:
    """The file with one line more, at its end."""
    start = content if not content or content.endswith(b"\n") else content + b"\n"
    return start + line.encode("utf-8") + b"\n"


def without_line(content: bytes, line: str) -> bytes:
    """The file without that line, whatever else was written since."""
    sought = line.encode("utf-8")
    return b"".join(one for one in content.splitlines(True) if one.rstrip(b"\r\n") != sought)
