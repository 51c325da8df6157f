# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-playbook said of many files in one run, and whether a playbook did as it should. Pure."""

import re
from typing import NamedTuple

from table import Row

FORETOLD, DONE, AGAIN, AWAY = "foretold", "done", "done again", "taken away"
_RECAP = re.compile(r"^PLAY RECAP \*+\n(?:^\S+ +: .*\n)+", re.MULTILINE)


class Section(NamedTuple):
    """What ansible-playbook said of one file, and the sums of the recap: of this file alone."""

    text: str
    changed: int
    failed: int


def sections(text: str) -> tuple[list[Section], str]:
    """What was said of each file of a run, and what was said after the last recap. A recap's numbers are those of all files so far."""
    found: list[Section] = []
    start = changed = failed = 0
    for recap in _RECAP.finditer(text):
        so_far = [sum(map(int, re.findall(rf"\b{word}=(\d+)", recap[0]))) for word in ("changed", "failed", "unreachable")]
        found.append(Section(text[start:recap.end()], so_far[0] - changed, so_far[1] + so_far[2] - failed))
        start, changed, failed = recap.end(), so_far[0], so_far[1] + so_far[2]
    return found, text[start:]


def fault(outcome: dict[str, Section], row: Row) -> str | None:
    """What is wrong with what came of a block; None where all is as it should be. Without some parts they are not looked at."""
    failed = next((f"{part}: {section.text}" for part, section in outcome.items() if section.failed), "")
    if row.fails:
        return None if row.fails in one_line(failed) else f"it was to fail: {row.fails}\n{failed or 'it went well'}"
    if failed:
        return failed
    foretold, done, again = outcome.get(FORETOLD), outcome[DONE], outcome.get(AGAIN)
    if foretold and bool(foretold.changed) != bool(done.changed):
        return f"{foretold.changed} changes were foretold, and {done.changed} made\n{foretold.text}\n{done.text}"
    return f"{AGAIN}: {again.text}" if again and again.changed else None


def one_line(text: str) -> str:
    """What was said on one line, and what JSON escapes as it was."""
    return re.sub(r"\s+", " ", text.replace("\\n", " ").replace('\\"', '"'))
