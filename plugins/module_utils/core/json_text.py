# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a JSON object file that keeps its looks: edits change the text of the touched member only.

Pure: text in, text out. It reads anew, strictly, what json_document found no fault with, and tells the place of the
fault where it did.
"""

import json
import math
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, TypeVar

from .json_document import MAX_DEPTH, MAX_DIGITS, Document, DocumentError, Path, place

_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"[ \t]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_BLANK_LINES = re.compile(r"(\r?\n)(?:[ \t]*\r?\n)+")

_Thing = TypeVar("_Thing")


def _there(thing: Optional[_Thing]) -> _Thing:
    """What the callers have made sure of; its absence is a fault of this file."""
    if thing is None:
        raise AssertionError("a part of the document that was there is not")
    return thing


class Duplicate(NamedTuple):
    """A key that stands more than once in one object: `path` names it, `line` is where it stands again."""

    path: Path
    line: int


class _Value(NamedTuple):
    """A value and where its text stands: [start, end). `members` of an object, in the order of the text."""

    start: int
    end: int
    data: Any
    members: Tuple["_Member", ...]  # type: ignore[misc]

    @property
    def is_object(self) -> bool:
        return isinstance(self.data, dict)


class _Member(NamedTuple):
    key: str
    start: int  # of the key
    key_end: int
    value: _Value


class _Style(NamedTuple):
    """How the file is written: line ending, indentation step, inline separators, padding in inline braces."""

    newline: str
    step: str
    comma: str
    colon: str
    padding: str
    inline_arrays: bool


class TextDocument(Document):
    """A JSON object that knows where in its text each value stands."""

    def __init__(
        self,
        text: str,
        *,
        name: str,
        original: Tuple[str, bytes],
        hollow: Optional[Dict[Path, Optional[str]]] = None
    ) -> None:
        # What stood in place of each object that an edit filled: its text (of the top-level object: the whole text),
        # or None where there was no member. It is put back when the object becomes empty again, so that taking back
        # an addition leaves no trace.
        self._hollow = hollow if hollow is not None else {}
        self._root = _Scanner(text, name).document()
        self._style = _detect_style(text, self._root)
        super(TextDocument, self).__init__(
            text, self._root.data if self._root is not None else {}, name=name, original=original)

    @property
    def duplicates(self) -> Tuple[Duplicate, ...]:
        """The keys that stand more than once in their object, in the order of the text."""
        return tuple(self._find_duplicates(self._root, ())) if self._root is not None else ()

    def set(self, path: Path, value: Any) -> "TextDocument":
        if not path:
            raise ValueError("a path names at least one member")
        _require_json(value)
        done = self._put(path, value)
        kept = {at: text for at, text in done._hollow.items() if at[: len(path)] != path}
        return done._with(done._text, kept)

    def remove(self, path: Path) -> "TextDocument":
        if not path:
            raise ValueError("a path names at least one member")
        if not self.has(path):
            return self
        done = self._take(path)
        hollow = {at: text for at, text in done._hollow.items() if at[: len(path)] != path}
        parent = path[:-1]
        holder = done._find_value(parent)
        if holder is None or holder.members or parent not in hollow:
            return done._with(done._text, hollow)
        before = hollow.pop(parent)
        if before is None:
            return done._with(done._text, hollow).remove(parent)
        if not parent:
            return done._with(before, hollow)
        return done._with(done._text[: holder.start] + before + done._text[holder.end:], hollow)

    # -- edits, without the memory of what was there before

    def _put(self, path: Path, value: Any) -> "TextDocument":
        if self._root is None:
            return self._with("{}\n", {(): self._text})._put(path, value)
        holder, depth = self._root, 0
        while depth < len(path) - 1:
            member = self._member(holder, path[: depth + 1])
            if member is None:
                break
            if member.value.data is None:
                return self._fill_null(member, path, depth, value)
            if not member.value.is_object:
                raise self._error("this member must be an object", member.value.start)
            holder, depth = member.value, depth + 1
        member = self._member(holder, path[: depth + 1])
        if member is not None:
            return self._replace(holder, member, path, value)
        hollow = dict(self._hollow)
        if not holder.members:
            hollow.setdefault(path[:depth], self._text[holder.start:holder.end] if depth else self._text)
        for made in range(depth + 1, len(path)):
            hollow[path[:made]] = None
        for key in reversed(path[depth + 1:]):
            value = {key: value}
        return self._with(self._insert(holder, path[:depth], path[depth], value), hollow)

    def _fill_null(self, member: _Member, path: Path, depth: int, value: Any) -> "TextDocument":
        """A null where an object is needed is an empty object."""
        start, end = member.value.start, member.value.end
        hollow = dict(self._hollow)
        hollow[path[: depth + 1]] = self._text[start:end]
        return self._with(self._text[:start] + "{}" + self._text[end:], hollow)._put(path, value)

    def _replace(self, holder: _Value, member: _Member, path: Path, value: Any) -> "TextDocument":
        if _equal(member.value.data, value):
            return self
        if member.value.members and isinstance(value, dict) and value:
            return self._merge(member, path, value)
        inline = self._inline(holder, member.key, value, replaced=member)
        text = self._render(value, _indent_at(self._text, member.start), inline)
        return self._with(self._text[: member.value.start] + text + self._text[member.value.end:], self._hollow)

    def _merge(self, member: _Member, path: Path, value: Dict[str, Any]) -> "TextDocument":
        # Additions first: what is there shows how the object is written.
        done = self
        for key, item in value.items():
            done = done._put(path + (key,), item)
        for old in member.value.members:
            if old.key not in value:
                done = done._take(path + (old.key,))
        return done

    def _insert(self, holder: _Value, path: Path, key: str, value: Any) -> str:
        """The text with a new last member in `holder`, which stands at `path`."""
        text = self._text
        if holder.members:
            last = holder.members[-1]
            gap = self._separator(holder)
            colon = text[last.key_end:last.value.start]
            inline = self._inline(holder, key, value, replaced=None)
            rendered = self._render(value, _indent_at(text, last.start), inline)
            added = gap + _key(key) + (colon if "\n" not in colon else self._style.colon) + rendered
            return text[: last.value.end] + added + text[last.value.end:]
        return text[: holder.start] + self._fill(path, key, value) + text[holder.end:]

    def _fill(self, path: Path, key: str, value: Any) -> str:
        """The text of the empty object at `path` once it has one member."""
        if not path:
            return self._render({key: value}, _indent_at(self._text, _there(self._root).start), False)
        parent, member = _there(self._find_value(path[:-1])), _there(self._find(path))
        inline = self._inline(parent, path[-1], {key: value}, replaced=None)
        return self._render({key: value}, _indent_at(self._text, member.start), inline)

    def _take(self, path: Path) -> "TextDocument":
        """The document without the member at `path`, which is there."""
        holder, member = self._root, None
        for depth in range(len(path)):
            holder = _there(member.value if member is not None else holder)
            member = self._member(holder, path[: depth + 1])
        holder, member = _there(holder), _there(member)
        position = holder.members.index(member)
        if len(holder.members) == 1:
            start, end = holder.start + 1, holder.end - 1
        elif position + 1 < len(holder.members):
            start, end = member.start, holder.members[position + 1].start
        else:
            start, end = holder.members[position - 1].value.end, member.value.end
        return self._with(self._text[:start] + self._text[end:], self._hollow)

    # -- reading the text

    def _with(self, text: str, hollow: Dict[Path, Optional[str]]) -> "TextDocument":
        return TextDocument(text, name=self._name, original=self._original, hollow=hollow)

    def _find(self, path: Path) -> Optional[_Member]:
        """The member at `path`, the last of duplicates."""
        value, member = self._root, None
        for key in path:
            found = [candidate for candidate in value.members if candidate.key == key] if value is not None else []
            if not found:
                return None
            member = found[-1]
            value = member.value
        return member

    def _find_value(self, path: Path) -> Optional[_Value]:
        if not path:
            return self._root
        member = self._find(path)
        return member.value if member is not None else None

    def _member(self, holder: _Value, path: Path) -> Optional[_Member]:
        """The member of `holder` that `path` ends in, for an edit: a key that stands twice is refused."""
        found = [member for member in holder.members if member.key == path[-1]]
        if len(found) > 1:
            message = f"the key {'.'.join(path)} stands more than once in its object; remove all but one"
            raise self._error(message, found[1].start)
        return found[0] if found else None

    def _find_duplicates(self, value: _Value, path: Path) -> List[Duplicate]:
        found: List[Duplicate] = []
        seen = set()
        for member in value.members:
            at = path + (member.key,)
            if member.key in seen:
                found.append(Duplicate(at, self._text.count("\n", 0, member.start) + 1))
            seen.add(member.key)
            found.extend(self._find_duplicates(member.value, at))
        return found

    def _error(self, message: str, position: int) -> DocumentError:
        line, column = place(self._text, position)
        return DocumentError(message, name=self._name, line=line, column=column)

    # -- how the text is written

    def _starts_line(self, position: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, position) + 1:position].strip(" \t\r,")

    def _separator(self, holder: _Value) -> str:
        """What stands between two members of `holder`, from the end of a value to the next key."""
        members = holder.members
        if len(members) > 1:
            return _BLANK_LINES.sub(r"\1", self._text[members[-2].value.end:members[-1].start])
        gap = _BLANK_LINES.sub(r"\1", self._text[holder.start + 1:members[0].start])
        return "," + gap if "\n" in gap else self._style.comma

    def _inline(self, holder: _Value, key: str, value: Any, *, replaced: Optional[_Member]) -> bool:
        """Whether `value` is to be written on one line as the member `key` of `holder`."""
        if replaced is not None and _filled(replaced.value.data):
            return "\n" not in self._text[replaced.value.start:replaced.value.end]
        alike = [
            member.value for member in holder.members
            if member.key != key and _filled(member.value.data) and isinstance(member.value.data, type(_plain(value)))
        ]
        if alike:
            return "\n" not in self._text[alike[-1].start:alike[-1].end]
        if holder.members and not self._starts_line(holder.members[-1].start):
            return True
        return isinstance(value, (list, tuple)) and self._style.inline_arrays

    def _render(self, value: Any, indent: str, inline: bool) -> str:
        """The text of a value whose line begins with `indent`."""
        style = self._style
        if not _filled(value):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict):
            brackets, padding = "{}", style.padding
            colon = style.colon
            parts = [(_key(key) + colon, item) for key, item in value.items()]
        else:
            brackets, padding = "[]", ""
            parts = [("", item) for item in value]
        if inline:
            joined = style.comma.join(lead + self._render(item, indent, True) for lead, item in parts)
            return brackets[0] + padding + joined + padding + brackets[1]
        deeper = indent + style.step
        lines = [
            deeper + lead + self._render(item, deeper, isinstance(item, (list, tuple)) and style.inline_arrays)
            for lead, item in parts
        ]
        return brackets[0] + style.newline + ("," + style.newline).join(lines) + style.newline + indent + brackets[1]


class _Scanner(object):
    """A strict reader of JSON that remembers where each value of an object stands."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name

    def document(self) -> Optional[_Value]:
        """The top-level object; None where the text is a start (nothing, or null)."""
        start = self._space(0)
        if start == len(self._text):
            return None
        value = self._value(start, 0)
        rest = self._space(value.end)
        if rest != len(self._text):
            raise self._error("expected the end of the file after the top-level value", rest)
        if value.data is None:
            return None
        if not value.is_object:
            raise self._error("expected an object, in braces, at the top level", start)
        return value

    def _space(self, position: int) -> int:
        return _there(_SPACE.match(self._text, position)).end()

    def _value(self, start: int, depth: int) -> _Value:
        if depth > MAX_DEPTH:
            raise self._error("nested too deeply", start)
        sign = self._text[start:start + 1]
        if sign == "{":
            return self._object(start, depth)
        if sign == "[":
            return self._array(start, depth)
        if sign == '"':
            end, string = self._string(start)
            return _Value(start, end, string, ())
        if sign and sign in "-0123456789":
            return self._number(start)
        for word, value in _WORDS.items():
            if self._text.startswith(word, start):
                return _Value(start, start + len(word), value, ())
        raise self._error("expected a value: an object, an array, a string, a number, true, false or null", start)

    def _object(self, start: int, depth: int) -> _Value:
        members: List[_Member] = []
        position = self._space(start + 1)
        if self._text.startswith("}", position):
            return _Value(start, position + 1, {}, ())
        while True:
            if not self._text.startswith('"', position):
                raise self._error("expected a key in double quotes" + self._hint(position, bool(members)), position)
            key_end, key = self._string(position)
            colon = self._space(key_end)
            if not self._text.startswith(":", colon):
                raise self._error("expected ':' after a key", colon)
            value = self._value(self._space(colon + 1), depth + 1)
            members.append(_Member(key, position, key_end, value))
            position = self._space(value.end)
            if self._text.startswith("}", position):
                data = {member.key: member.value.data for member in members}
                return _Value(start, position + 1, data, tuple(members))
            if not self._text.startswith(",", position):
                raise self._error("expected ',' or '}' after a member" + self._hint(position, False), position)
            position = self._space(position + 1)

    def _array(self, start: int, depth: int) -> _Value:
        items: List[_Value] = []
        position = self._space(start + 1)
        if self._text.startswith("]", position):
            return _Value(start, position + 1, [], ())
        while True:
            if items and self._text.startswith("]", position):
                raise self._error("expected a value" + self._hint(position, True), position)
            items.append(self._value(position, depth + 1))
            position = self._space(items[-1].end)
            if self._text.startswith("]", position):
                return _Value(start, position + 1, [item.data for item in items], ())
            if not self._text.startswith(",", position):
                raise self._error("expected ',' or ']' after an element" + self._hint(position, False), position)
            position = self._space(position + 1)

    def _string(self, start: int) -> Tuple[int, str]:
        position = start + 1
        while True:
            position = _there(_PLAIN.match(self._text, position)).end()
            if position == len(self._text):
                raise self._error("this string does not end", start)
            if self._text[position] == '"':
                return position + 1, json.loads(self._text[start:position + 1])
            escape = _ESCAPE.match(self._text, position)
            if escape is None:
                what = "an escape that JSON does not know" if self._text[position] == "\\" else "a control character"
                raise self._error(what + " in a string", position)
            position = escape.end()

    def _number(self, start: int) -> _Value:
        match = _NUMBER.match(self._text, start)
        if match is None:
            raise self._error("expected a digit after '-'", start + 1)
        text = match.group()
        whole = match.group(1) is None and match.group(2) is None
        number = float(text)
        if number in (float("inf"), float("-inf")) or (whole and len(text) > MAX_DIGITS + 1):
            raise self._error("a number out of range", start)
        return _Value(start, match.end(), int(text) if whole else number, ())

    def _hint(self, position: int, after_comma: bool) -> str:
        if self._text[position:position + 2] in ("//", "/*") or self._text[position:position + 1] == "#":
            return "; JSON has no comments"
        if after_comma and self._text[position:position + 1] in ("}", "]"):
            return "; JSON has no comma after the last element"
        return ""

    def _error(self, message: str, position: int) -> DocumentError:
        line, column = place(self._text, position)
        if position >= len(self._text):
            message += "; the file ends here"
        return DocumentError(message, name=self._name, line=line, column=column)


def _walk(value: _Value) -> List[_Value]:
    """The value and all values in it that stand in objects, in the order of the text."""
    found = [value]
    for member in value.members:
        found.extend(_walk(member.value))
    return found


def _detect_style(text: str, root: Optional[_Value]) -> _Style:
    """How `text` is written: from the first object that shows it, else what json.dumps(indent=2) does."""
    step: Optional[str] = None
    comma: Optional[str] = None
    colon: Optional[str] = None
    padding: Optional[str] = None
    values = _walk(root) if root is not None else []
    for value in values:
        if not value.members:
            continue
        first = value.members[0]
        lead = text[value.start + 1:first.start]
        if "\n" not in lead:
            padding = lead if padding is None else padding
        elif step is None:
            inner, outer = _indent_at(text, first.start), _indent_at(text, value.start)
            step = inner[len(outer):] if inner.startswith(outer) else inner
        around_colon = text[first.key_end:first.value.start]
        if colon is None and "\n" not in around_colon:
            colon = around_colon
        if comma is None and len(value.members) > 1:
            around_comma = text[first.value.end:value.members[1].start]
            comma = around_comma if "\n" not in around_comma else None
    arrays = [value for value in values if isinstance(value.data, list) and value.data]
    flat = [value for value in arrays if "\n" not in text[value.start:value.end]]
    colon = ": " if colon is None else colon
    return _Style(
        newline="\r\n" if "\r\n" in text else "\n",
        step="  " if step is None else step,
        comma=("," if colon == ":" else ", ") if comma is None else comma,
        colon=colon,
        padding=padding or "",
        inline_arrays=len(flat) * 2 > len(arrays),
    )


def _indent_at(text: str, position: int) -> str:
    """The whitespace that the line of `position` begins with."""
    start = text.rfind("\n", 0, position) + 1
    return _there(_INDENT.match(text, start)).group()


def _filled(value: Any) -> bool:
    return isinstance(value, (dict, list, tuple)) and bool(value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON value: true is not 1, 1 is 1.0, the order of members says nothing."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(_equal(*pair) for pair in zip(one, other))
    return one == other


def _require_json(value: Any) -> None:
    """Raise ValueError where `value` cannot be written as JSON text in UTF-8."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("the keys of a JSON object are strings")
            _require_json(key)
            _require_json(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_json(item)
    elif isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("a text that is not valid Unicode cannot be written as JSON") from None
    elif isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            raise ValueError("JSON has no NaN and no infinite numbers")
    elif not (value is None or isinstance(value, (bool, int))):
        raise ValueError(f"a {type(value).__name__} is not a JSON value")
