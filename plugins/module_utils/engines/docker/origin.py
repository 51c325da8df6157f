# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an engine's file comes from, noted on its host, so that it can go back to what it was. Pure."""

import base64
import hashlib
from typing import Any, Dict, FrozenSet, NamedTuple, Optional

from .questions import EngineState


class Origin(NamedTuple):
    """Where the file comes from, kept on the host for its way back.

    content: its bytes before us; None where there was no file, or where somebody else has written it since (known is
    False then). made: the keys that are of our making. written: SHA-256 of what we left last.
    """

    known: bool
    content: Optional[bytes]
    made: FrozenSet[str]

    @classmethod
    def of(cls, state: EngineState) -> "Origin":
        """What the host's note says, or that the file as it stands is the origin."""
        note = state.state
        made = frozenset(note.get("made") or ())
        current = state.config.content
        # A file that somebody took away is a new start.
        if note.get("config") == state.config.path and current is not None:
            if note.get("written") == hashlib.sha256(current).hexdigest():
                content = note.get("content")
                return cls(known=True, content=None if content is None else base64.b64decode(content), made=made)
            return cls(known=False, content=None, made=made)
        return cls(known=True, content=current, made=frozenset())

    def after(self, made: FrozenSet[str], final: Optional[bytes], state: EngineState) -> Optional[Dict[str, Any]]:
        """The note once the file holds final; None where the file is what it was before us."""
        if self.known and final == self.content:
            return None
        return {
            "config": state.config.path, "made": sorted(made),
            "content": None if self.content is None else base64.b64encode(self.content).decode("ascii"),
            "written": hashlib.sha256(final).hexdigest() if final is not None and self.known else "-"}
