# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file's way back."""

import base64
import hashlib
import json
from typing import Any, Callable, Dict, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.origin import Origin

CONFIG = "/etc/docker/daemon.json"
BEFORE, OURS, THEIRS = b'{"debug": true}\n', b'{"debug": true, "runtimes": {}}\n', b"{}\n"


def note(content: Optional[bytes] = BEFORE, written: Optional[bytes] = OURS, made: Any = ("runtimes",), path: str = CONFIG) -> Dict[str, Any]:
    """What a run leaves on the host."""
    return {
        "config": path, "made": list(made), "content": None if content is None else base64.b64encode(content).decode(),
        "written": "-" if written is None else hashlib.sha256(written).hexdigest()}


@pytest.mark.parametrize("content, noted, origin", [
    (BEFORE, {}, Origin(True, BEFORE, frozenset())),
    (None, {}, Origin(True, None, frozenset())),
    (OURS, note(), Origin(True, BEFORE, frozenset(["runtimes"]))),
    (OURS, note(content=None), Origin(True, None, frozenset(["runtimes"]))),
    (THEIRS, note(), Origin(False, None, frozenset(["runtimes"]))),
    (OURS, note(written=None), Origin(False, None, frozenset(["runtimes"]))),
    (None, note(), Origin(True, None, frozenset())),
    (OURS, note(path="/etc/other.json"), Origin(True, OURS, frozenset())),
    (OURS, dict(note(), made=None), Origin(True, BEFORE, frozenset())),
])
def test_of(make_state: Callable[..., Any], content: Optional[bytes], noted: Dict[str, Any], origin: Origin) -> None:
    """Known as long as nobody else has written the file since."""
    assert Origin.of(make_state(content, state=noted)) == origin


@pytest.mark.parametrize("origin, final, after", [
    (Origin(True, BEFORE, frozenset()), OURS, note()),
    (Origin(True, None, frozenset()), OURS, note(content=None)),
    (Origin(True, BEFORE, frozenset()), BEFORE, None),
    (Origin(True, None, frozenset()), None, None),
    (Origin(False, None, frozenset()), OURS, note(content=None, written=None)),
    (Origin(False, None, frozenset()), None, note(content=None, written=None)),
])
def test_after(make_state: Callable[..., Any], origin: Origin, final: Optional[bytes], after: Any) -> None:
    assert origin.after(frozenset(["runtimes"]), final, make_state()) == after


@pytest.mark.parametrize("before", [None, b"", BEFORE])
def test_there_and_back(make_state: Callable[..., Any], before: Optional[bytes]) -> None:
    """The note goes through JSON, and tells the next run what was."""
    first = Origin.of(make_state(before))
    noted = json.loads(json.dumps(first.after(frozenset(["runtimes"]), OURS, make_state(before))))
    assert Origin.of(make_state(OURS, state=noted)) == Origin(True, before, frozenset(["runtimes"]))
