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
    False then). made: the keys that are of our making. written: SHA-256 of what we left last. default: the default
    runtime that we made it, None for none; was: the one before that, '' for none.
    """

    known: bool
    content: Optional[bytes]
    made: FrozenSet[str]
    default: Optional[str] = None
    was: str = ""

    @classmethod
    def of(cls, state: EngineState) -> "Origin":
        """What the host's note says, or that the file as it stands is the origin."""
        note = state.state
        made = frozenset(note.get("made") or ())
        current = state.config.content
        # A file that somebody took away is a new start.
        if note.get("config") == state.config.path and current is not None:
            found = cls(known=False, content=None, made=made, default=note.get("default"), was=note.get("was") or "")
            if note.get("written") == hashlib.sha256(current).hexdigest():
                content = note.get("content")
                return found._replace(known=True, content=None if content is None else base64.b64decode(content))
            return found
        return cls(known=True, content=current, made=frozenset())

    def with_default(self, old: str, new: str) -> "Origin":
        """The same once the file's default is new; '' stands for none. It has changed by our own hand only."""
        if new == old:
            return self if new == self.default else self._replace(default=None, was="")
        return self._replace(default=new or None, was=self.was if old == self.default else old)

    def after(self, made: FrozenSet[str], final: Optional[bytes], state: EngineState) -> Optional[Dict[str, Any]]:
        """The note once the file holds final; None where the file is what it was before us."""
        if self.known and final == self.content:
            return None
        default = {} if self.default is None else {"default": self.default, "was": self.was}
        return dict(default, **{
            "config": state.config.path, "made": sorted(made),
            "content": None if self.content is None else base64.b64encode(self.content).decode("ascii"),
            "written": hashlib.sha256(final).hexdigest() if final is not None and self.known else "-"})
