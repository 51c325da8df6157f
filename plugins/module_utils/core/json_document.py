# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A JSON object file, read: what a plan that changes nothing needs of it. Pure: bytes in, values out.

Reads strict JSON (RFC 8259, no comments, no trailing commas, no NaN), as engines do. The text itself, its errors and
its edits are json_text's matter, which is loaded only where they are asked for.
"""

import json
from typing import Any, Dict, List, Optional, Tuple

Path = Tuple[str, ...]

MAX_DEPTH = 100
MAX_DIGITS = 308  # beyond it a decoder that holds numbers as 64-bit floats overflows

_INFINITE = float("inf")
_BOMS = (  # the longer ones first: a UTF-32 mark begins with a UTF-16 mark
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class DocumentError(ValueError):
    """The file is not a JSON object, or an edit cannot be made in it.

    `line` and `column` count from 1; `message` never quotes a value of the file: values may be secrets.
    """

    def __init__(self, message: str, *, name: str, line: int, column: int) -> None:
        super(DocumentError, self).__init__(f"{name}: line {line}, column {column}: {message}")
        self.message = message
        self.name = name
        self.line = line
        self.column = column


def parse(content: Optional[bytes], *, name: str = "file") -> "Document":
    """Read a file's content. None (no such file), nothing but whitespace, and `null` are an empty object.

    UTF-8 with or without a byte order mark, UTF-16 and UTF-32 with one. `name` is what errors call the file.
    Raises DocumentError where the content is not text, not JSON, or not an object at its top.
    """
    original = content if content is not None else b""
    text = _decode(original, name)
    data = _plain_object(text)
    if data is None:
        from .json_text import TextDocument  # what is not plain needs a closer look: an error, a start, a doubled key

        return TextDocument(text, name=name, original=(text, original))
    return Document(text, data, name=name, original=(text, original))


class Document(object):
    """An immutable JSON object with its text. Made by `parse`; edits return a new Document.

    A path is a tuple of member names from the top; it leads through objects only.
    """

    def __init__(self, text: str, data: Dict[str, Any], *, name: str, original: Tuple[str, bytes]) -> None:
        self._text = text
        self._data = data
        self._name = name
        self._original = original

    @property
    def data(self) -> Dict[str, Any]:
        """The object, decoded; a copy of the caller's own. The last of duplicate keys counts."""
        return _copied(self._data)

    @property
    def content(self) -> bytes:
        """The file's bytes: those that were read where nothing is changed, else UTF-8 without a byte order mark."""
        text, content = self._original
        return content if self._text == text else self._text.encode("utf-8")

    def has(self, path: Path) -> bool:
        """Whether there is a member at `path`, whatever its value."""
        value: Any = self._data
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        return True

    def set(self, path: Path, value: Any) -> "Document":
        """The document with `value` (any JSON value) at `path`; objects missing on the way are made.

        An equal value changes nothing. An object is changed member by member, so equal members keep their text.
        Raises DocumentError where `path` leads through something that is not an object, or through a key that
        stands more than once, and ValueError where `value` is not a JSON value.
        """
        return self._as_text().set(path, value)

    def remove(self, path: Path) -> "Document":
        """The document without the member at `path`; the same document where there is none.

        An object that `set` had to make on the way to its member goes with its last member; any other stays as {}.
        Raises DocumentError where a key on the path stands more than once, and ValueError for the empty path.
        """
        return self._as_text().remove(path)

    def _as_text(self) -> "Document":
        from .json_text import TextDocument  # only an edit needs it

        return TextDocument(self._text, name=self._name, original=self._original)


def _plain_object(text: str) -> Optional[Dict[str, Any]]:
    """The object in a text that gives no cause to look at it closely; None for every other text."""
    try:
        found = json.loads(
            text, object_pairs_hook=_members, parse_int=_whole, parse_float=_fraction, parse_constant=_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or (text.count("{") + text.count("[") > MAX_DEPTH and _depth(found) > MAX_DEPTH):
        return None
    return found


def _members(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a long number")
    return int(text)


def _fraction(text: str) -> float:
    number = float(text)
    if number in (_INFINITE, -_INFINITE):
        raise ValueError("a large number")
    return number


def _constant(word: str) -> Any:
    raise ValueError("%s is not JSON" % word)


def _depth(value: Any) -> int:
    """How many objects and arrays stand in one another."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max((_depth(one) for one in value), default=0) if isinstance(value, list) else 0


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _decode(content: bytes, name: str) -> str:
    encoding, skip = "utf-8", 0
    for mark, marked in _BOMS:
        if content.startswith(mark):
            encoding, skip = marked, len(mark)
            break
    try:
        return content[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        before = content[skip:skip + error.start].decode(encoding)
        line, column = place(before, len(before))
        raise DocumentError(f"expected text in {encoding.upper()}", name=name, line=line, column=column) from None


def place(text: str, position: int) -> Tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
