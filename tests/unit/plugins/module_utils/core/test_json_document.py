# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import codecs
import json
import random

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.json_document import (
    DocumentError,
    parse,
)
from ansible_collections.slipway.runtimes.plugins.module_utils.core.json_text import TextDocument

TWO = '{\n  "debug": true,\n  "runtimes": {\n    "crun": {\n      "path": "/usr/bin/crun"\n    }\n  }\n}\n'
STYLES = {
    "missing": None,
    "empty": b"",
    "blank": b" \n\t\r\n",
    "null": b"null",
    "null with a newline": b"null\n",
    "braces": b"{}",
    "braces with a newline": b"{}\n",
    "open braces": b"{\n}\n",
    "braces with a space": b"{ }",
    "indented braces": b"  {\n\n  }\n\n",
    "2 spaces": TWO.encode(),
    "4 spaces": TWO.replace("  ", "    ").encode(),
    "tabs": TWO.replace("  ", "\t").encode(),
    "no indentation": TWO.replace("  ", "").encode(),
    "CRLF": TWO.replace("\n", "\r\n").encode(),
    "CRLF without a last newline": TWO.rstrip().replace("\n", "\r\n").encode(),
    "no last newline": TWO.rstrip().encode(),
    "compact": b'{"debug":true,"runtimes":{"crun":{"path":"/usr/bin/crun"}}}',
    "one line": b'{"debug": true, "runtimes": {"crun": {"path": "/usr/bin/crun"}}}\n',
    "one line, padded": b'{ "debug": true, "runtimes": { "crun": { "path": "/usr/bin/crun" } } }\n',
    "empty objects inside": b'{\n  "runtimes": {},\n  "features": { }\n}\n',
    "empty objects inside, open": b'{\n  "runtimes": {\n  },\n  "features": {\n\n  }\n}\n',
    "null inside": b'{\n  "runtimes": null,\n  "features": null\n}\n',
    "null inside, one line": b'{"runtimes": null}',
    "comma first": b'{ "debug": true\n, "runtimes": { "crun": { "path": "/c" } }\n}\n',
    "brace on a line of its own": b'{\n  "runtimes":\n  {\n    "crun":\n    {\n      "path": "/c"\n    }\n  }\n}\n',
    "space before the colon": b'{\n  "debug" : true,\n  "runtimes" : {"crun" : {"path" : "/c"}}\n}\n',
    "blank lines": b'{\n\n  "debug": true,\n\n  "runtimes": {\n\n    "crun": {"path": "/c"}\n\n  }\n\n}\n\n\n',
    "blank lines, CRLF": b'{\r\n  "debug": true,\r\n\r\n  "experimental": false\r\n}\r\n',
    "entries on one line": b'{\n  "runtimes": {\n    "crun": {"path": "/c", "runtimeArgs": ["--a", "--b"]}\n  }\n}\n',
    "own spellings": b'{"log-opts": {"token": "x", "n": 1.50e+3}, "u": "\\u00e9\xc3\xa9", "a": [1, [2, {"x": {}}]]}',
    "UTF-8 with a mark": codecs.BOM_UTF8 + TWO.encode(),
    "UTF-16 LE": codecs.BOM_UTF16_LE + TWO.encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + TWO.encode("utf-16-be"),
    "UTF-32 LE": codecs.BOM_UTF32_LE + TWO.encode("utf-32-le"),
    "UTF-32 BE": codecs.BOM_UTF32_BE + TWO.encode("utf-32-be"),
    "a mark alone": codecs.BOM_UTF8,
    "duplicates elsewhere": b'{"labels": ["a"], "x": {"y": 1, "y": 2}, "labels": ["b"]}',
}
ADDITIONS = [
    (("default-runtime",), "youki"),
    (("runtimes", "youki"), {"path": "/usr/local/bin/youki", "runtimeArgs": ["--debug", "--x"]}),
    (("runtimes", "kata"), {"runtimeType": "io.containerd.kata.v2", "options": {"ConfigPath": "/k", "D": {"x": []}}}),
    (("features", "containerd-snapshotter"), True),
    (("new", "deep", "path"), [1, {"a": None}, []]),
    (("empty",), {}),
    (("null",), None),
    (("na\"me \\ é",), "va\"l\\ue\n é"),
]


@pytest.mark.parametrize("content", list(STYLES.values()), ids=list(STYLES))
def test_untouched_keeps_every_byte(content):
    document = parse(content)
    assert document.content == (content or b"")
    same = document.remove(("absent",)).remove(("runtimes", "absent", "deeper"))
    for key, value in document.data.items():
        if key != "labels":
            same = same.set((key,), value)
    assert same.content == document.content


@pytest.mark.parametrize("content", list(STYLES.values()), ids=list(STYLES))
@pytest.mark.parametrize("path, value", ADDITIONS, ids=[path[-1] for path, _value in ADDITIONS])
def test_addition_taken_back_leaves_no_trace(content, path, value):
    document = parse(content)
    added = document.set(path, value)
    expected = dict(document.data)
    holder = expected
    for key in path[:-1]:
        holder[key] = dict(holder.get(key) or {})
        holder = holder[key]
    holder[path[-1]] = value
    assert added.data == expected
    assert json.loads(added.content.decode("utf-8")) == expected
    assert added.has(path)
    assert not document.has(path), "the document itself does not change"
    assert added.remove(path).content == document.content
    assert parse(added.content).content == added.content


@pytest.mark.parametrize("content", list(STYLES.values()), ids=list(STYLES))
def test_additions_taken_back_in_any_order_leave_no_trace(content):
    document = parse(content)
    shuffled = random.Random(7)
    for _round in range(2):
        changed = document
        added = shuffled.sample(ADDITIONS, len(ADDITIONS))
        for path, value in added:
            changed = changed.set(path, value)
        backwards = changed
        for path, _value in reversed(added):
            backwards = backwards.remove(path)
        assert backwards.content == document.content
        shuffled.shuffle(added)
        for path, _value in added:
            changed = changed.remove(path)
        assert changed.data == document.data


@pytest.mark.parametrize("name", [name for name, text in STYLES.items() if text and len(text) > 40])
def test_addition_to_a_filled_object_is_taken_back_by_a_later_run(name):
    document = parse(STYLES[name])
    added = parse(document.set(("default-runtime",), "youki").content)
    taken = added.remove(("default-runtime",))
    assert parse(taken.content).data == document.data
    if not STYLES[name].startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\x00\x00")):
        assert taken.content == document.content


@pytest.mark.parametrize("before, path, value, after", [
    # a start is written as json.dumps(indent=2) does
    (None, ("a",), {"b": [1, 2], "c": {}}, json.dumps({"a": {"b": [1, 2], "c": {}}}, indent=2) + "\n"),
    ("null", ("a", "b"), 1, '{\n  "a": {\n    "b": 1\n  }\n}\n'),
    ("{}", ("a",), 1, '{\n  "a": 1\n}'),
    # indentation, line ends, last newline
    ('{\n\t"a": 1\n}', ("b",), {"c": [1]}, '{\n\t"a": 1,\n\t"b": {\n\t\t"c": [\n\t\t\t1\n\t\t]\n\t}\n}'),
    ('{\r\n    "a": 1\r\n}\r\n', ("b", "c"), 1, '{\r\n    "a": 1,\r\n    "b": {\r\n        "c": 1\r\n    }\r\n}\r\n'),
    ('{\n"a": 1\n}\n', ("b",), {"c": 1}, '{\n"a": 1,\n"b": {\n"c": 1\n}\n}\n'),
    # one line stays one line
    ('{"a":1}', ("b",), {"c": [1, 2], "d": "x"}, '{"a":1,"b":{"c":[1,2],"d":"x"}}'),
    ('{"a": 1}\n', ("b",), {"c": [1, 2]}, '{"a": 1, "b": {"c": [1, 2]}}\n'),
    ('{ "a": 1 }', ("b",), {"c": {}}, '{ "a": 1, "b": { "c": {} } }'),
    ('{"runtimes": {}}', ("runtimes", "x"), {"path": "/x"}, '{"runtimes": {"x": {"path": "/x"}}}'),
    # as its neighbours
    ('{\n  "r": {\n    "a": {"path": "/a"}\n  }\n}', ("r", "b"), {"path": "/b"},
     '{\n  "r": {\n    "a": {"path": "/a"},\n    "b": {"path": "/b"}\n  }\n}'),
    ('{\n  "r": {\n    "a": {"path": "/a"},\n    "b": {}\n  }\n}', ("r", "b", "path"), "/b",
     '{\n  "r": {\n    "a": {"path": "/a"},\n    "b": {"path": "/b"}\n  }\n}'),
    ('{\n  "dns": ["1.1.1.1"]\n}', ("r", "b"), {"args": ["--x", "--y"]},
     '{\n  "dns": ["1.1.1.1"],\n  "r": {\n    "b": {\n      "args": ["--x", "--y"]\n    }\n  }\n}'),
    ('{\n  "dns": [\n    "1.1.1.1"\n  ]\n}', ("hosts",), ["fd://"],
     '{\n  "dns": [\n    "1.1.1.1"\n  ],\n  "hosts": [\n    "fd://"\n  ]\n}'),
    # a changed object keeps what stays
    ('{"r": {"path" :"/old",  "x": 1.0e0}}', ("r",), {"path": "/new", "x": 1}, '{"r": {"path" :"/new",  "x": 1.0e0}}'),
    ('{"r": {"path": "/old"}}', ("r",), {"runtimeType": "a.b"}, '{"r": {"runtimeType": "a.b"}}'),
    ('{\n  "r": {\n    "path": "/old",\n    "args": [\n      "a"\n    ]\n  }\n}',
     ("r",), {"path": "/n", "args": ["b", "c"]},
     '{\n  "r": {\n    "path": "/n",\n    "args": [\n      "b",\n      "c"\n    ]\n  }\n}'),
    ('{"r": ["a"]}', ("r",), {"b": 1}, '{"r": {"b": 1}}'),
    ('{"r": {"b": 1}}', ("r",), {}, '{"r": {}}'),
    # equal is equal by value and type
    ('{"a": 1.0}', ("a",), 1, '{"a": 1.0}'),
    ('{"a": 1}', ("a",), True, '{"a": true}'),
    ('{"a": false}', ("a",), 0, '{"a": 0}'),
    ('{"a": {"x": 1, "y": 2}}', ("a",), {"y": 2, "x": 1}, '{"a": {"x": 1, "y": 2}}'),
    # blank lines are no separators
    ('{\n  "a": 1,\n\n  "b": 2\n}', ("c",), 3, '{\n  "a": 1,\n\n  "b": 2,\n  "c": 3\n}'),
    ('{ "a": 1\n, "b": 2\n}', ("c",), 3, '{ "a": 1\n, "b": 2\n, "c": 3\n}'),
])
def test_set(before, path, value, after):
    changed = parse(before.encode() if before is not None else None).set(path, value)
    assert changed.content.decode("utf-8") == after


@pytest.mark.parametrize("before, path, after", [
    ('{"a": 1, "b": 2, "c": 3}', ("a",), '{"b": 2, "c": 3}'),
    ('{"a": 1, "b": 2, "c": 3}', ("b",), '{"a": 1, "c": 3}'),
    ('{"a": 1, "b": 2, "c": 3}', ("c",), '{"a": 1, "b": 2}'),
    ('{\n  "a": 1,\n  "b": 2\n}\n', ("a",), '{\n  "b": 2\n}\n'),
    ('{\n  "a": 1,\n  "b": 2\n}\n', ("b",), '{\n  "a": 1\n}\n'),
    ('{\n  "a": 1\n}\n', ("a",), '{}\n'),
    ('{\n  "r": {\n    "a": 1\n  }\n}\n', ("r", "a"), '{\n  "r": {}\n}\n'),
    ('{"a": 1}', ("b",), '{"a": 1}'),
    ('{"a": 1}', ("a", "b"), '{"a": 1}'),
])
def test_remove(before, path, after):
    assert parse(before.encode()).remove(path).content.decode("utf-8") == after


def test_an_object_set_to_empty_stays_although_its_members_came_from_an_edit():
    document = parse(b"{}").set(("runtimes", "x"), {"path": "/x"}).set(("runtimes",), {})
    assert document.data == {"runtimes": {}}


def test_a_changed_file_is_utf8_without_a_mark():
    text = '{\n  "é": 1\n}'
    for content in (codecs.BOM_UTF8 + text.encode("utf-8"), codecs.BOM_UTF16_LE + text.encode("utf-16-le")):
        assert parse(content).set(("b",), "ü").content == '{\n  "é": 1,\n  "b": "ü"\n}'.encode("utf-8")


@pytest.mark.parametrize("content, line, column, says", [
    (b'{"debug": tru', 1, 11, "expected a value"),
    (b'{"debug": true', 1, 15, "the file ends here"),
    (b'{\n  "a": 1,\n}', 3, 1, "no comma after the last element"),
    (b'{\r\n  "a": [1,]\r\n}', 2, 11, "no comma after the last element"),
    (b'{\n  // note\n  "a": 1\n}', 2, 3, "no comments"),
    (b'{"a": 1 # note\n}', 1, 9, "no comments"),
    (b"{'a': 1}", 1, 2, "expected a key in double quotes"),
    (b'{"a" 1}', 1, 6, "expected ':'"),
    (b'{"a": 1 "b": 2}', 1, 9, "expected ',' or '}'"),
    (b'{"a": [1 2]}', 1, 10, "expected ',' or ']'"),
    (b'{"a": "s3cret', 1, 7, "does not end"),
    (b'{"a": "s3cret\n"}', 1, 14, "a control character"),
    (b'{"a": "s3cret\\x"}', 1, 14, "an escape that JSON does not know"),
    (b'{"a": "\\u12"}', 1, 8, "an escape that JSON does not know"),
    (b'{"a": s3cret}', 1, 7, "expected a value"),
    (b'{"a": NaN}', 1, 7, "expected a value"),
    (b'{"a": -s3cret}', 1, 8, "expected a digit"),
    (b'{"a": 01}', 1, 8, "expected ',' or '}'"),
    (b'{"a": 1e999}', 1, 7, "out of range"),
    (b'{"a": ' + b"1" * 5000 + b"}", 1, 7, "out of range"),
    (b'{"a": ' + b"[" * 5000, 1, 107, "nested too deeply"),
    (b'{"a": 1} s3cret', 1, 10, "expected the end of the file"),
    (b'["s3cret"]', 1, 1, "expected an object"),
    (b'"s3cret"', 1, 1, "expected an object"),
    (b"12", 1, 1, "expected an object"),
    (b'{\n"a": "s3cr\xffet"}', 2, 11, "expected text in UTF-8"),
    (codecs.BOM_UTF16_LE + '{"a": "s3cret"'.encode("utf-16-le") + b"\x00\xd8", 1, 15, "expected text in UTF-16-LE"),
    (TWO.encode("utf-16-le"), 1, 2, "expected a key in double quotes"),
])
def test_a_broken_file_is_an_error_with_its_place(content, line, column, says):
    with pytest.raises(DocumentError) as caught:
        parse(content, name="daemon.json")
    assert (caught.value.line, caught.value.column) == (line, column), str(caught.value)
    assert says in caught.value.message
    assert str(caught.value) == f"daemon.json: line {line}, column {column}: {caught.value.message}"
    assert "s3cr" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("content", [
    b'{"runtimes": {"a": {}},\n "runtimes": {"b": {"path": "/b"}}}',
    b'{"x": 1,\n "runtimes": {"b": 1, "b": {"path": "/b"}}}',
    b'{"x": 1,\n "runtimes": {"b": {"path": "/a", "path": "/b"}}}',
])
def test_a_duplicate_key_is_read_but_not_edited(content):
    document = parse(content)
    assert document.data["runtimes"] == {"b": {"path": "/b"}}
    assert len(document.duplicates) == 1
    assert document.duplicates[0].line == 2
    for edit in (
        lambda: document.set(document.duplicates[0].path, "new"),
        lambda: document.remove(document.duplicates[0].path),
        lambda: document.set(("runtimes", "b"), {"path": "/new"}),
    ):
        with pytest.raises(DocumentError) as caught:
            edit()
        assert caught.value.line == 2
        assert "more than once" in caught.value.message
        assert "/b" not in str(caught.value)


def test_a_path_through_something_else_is_an_error():
    document = parse(b'{\n  "runtimes": ["s3cret"]\n}')
    assert not document.has(("runtimes", "x"))
    with pytest.raises(DocumentError) as caught:
        document.set(("runtimes", "x"), {})
    assert (caught.value.line, caught.value.column) == (2, 15)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", [
    float("nan"), float("inf"), {1: 2}, {"a": [object()]}, b"bytes", "\udc80", {"\udc80": 1},
])
def test_only_json_values_are_written(value):
    with pytest.raises(ValueError):
        parse(None).set(("a",), value)


def _nested(depth, inner):
    return '{"a": ' + "[" * (depth - 1) + inner + "]" * (depth - 1) + "}"


@pytest.mark.parametrize(("text", "plain"), [
    (TWO, True),
    ("{}", True),
    (' \t\r\n{"a": [1, -2.5, 1e308, "\\u00e9\\ud83d\\ude00\\udc80", true, null, {}, []]} \n', True),
    ('{"a": ' + "9" * 308 + "}", True),
    (_nested(100, "1"), True),
    ('{"a": [' + ", ".join(["[]"] * 200) + "]}", True),
    (_nested(101, ""), False),
    ('{"a": 1, "a": 1}', False),
    ('{"a": {"b": 1, "c": 2, "b": 3}}', False),
    ("", False),
    ("null", False),
])
def test_a_plain_text_reads_as_a_close_look_does(text, plain):
    document = parse(text.encode("utf-8"))
    assert isinstance(document, TextDocument) != plain
    assert repr(document.data) == repr(TextDocument(text, name="file", original=(text, b"")).data)


@pytest.mark.parametrize("text", [_nested(101, "1"), _nested(20000, "1"), '{"a": 1e309}', '{"a": -Infinity}', '{"a": "\t"}'])
def test_what_a_close_look_refuses_is_not_read_plainly(text):
    with pytest.raises(DocumentError):
        parse(text.encode("utf-8"))


def test_data_is_the_callers_own():
    document = parse(b'{"a": {"b": []}}')
    document.data["a"]["b"].append(1)
    assert document.data == {"a": {"b": []}}


def test_the_empty_path():
    document = parse(b"{}")
    assert document.has(())
    with pytest.raises(ValueError):
        document.set((), {})
    with pytest.raises(ValueError):
        document.remove(())


def _random_value(source, depth):
    kind = source.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return source.choice([None, True, False])
    if kind == 1:
        return source.choice([0, -7, 10 ** 20, 2.5, 1e-9])
    if kind in (2, 3, 4):
        return "".join(source.choice('ab "\\/\n\té😀{}[],:') for _count in range(source.randrange(6)))
    if kind == 5:
        return [_random_value(source, depth + 1) for _count in range(source.randrange(4))]
    return _random_object(source, depth + 1)


def _random_object(source, depth):
    return {source.choice("abcdefghij") * source.randrange(1, 3): _random_value(source, depth)
            for _count in range(source.randrange(5))}


def _random_text(source, value, ending):
    """The value as somebody might have typed it: whitespace anywhere, numbers and strings spelled in their own way."""
    def space():
        return source.choice(["", "", " ", "  ", "\t", ending, ending + "  ", ending + ending + "    "])

    if isinstance(value, dict):
        parts = [space() + json.dumps(key) + space() + ":" + space() + _random_text(source, item, ending) + space()
                 for key, item in value.items()]
        return "{" + (",".join(parts) or space()) + "}"
    if isinstance(value, list):
        parts = [space() + _random_text(source, item, ending) + space() for item in value]
        return "[" + (",".join(parts) or space()) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return source.choice(["%d", "%d.0", "%de0"]) % value if abs(value) < 1000 else str(value)
    return json.dumps(value, ensure_ascii=source.choice([True, False]))


@pytest.mark.parametrize("seed", range(150))
def test_random_edits(seed):
    source = random.Random(seed)
    data = _random_object(source, 0)
    ending = source.choice(["\n", "\r\n"])
    if source.random() < 0.3:
        text = json.dumps(data, indent=source.choice([None, 2, 4, "\t"]))
    else:
        text = _random_text(source, data, ending)
    document = parse(text.encode("utf-8"))
    assert document.data == data == json.loads(text)
    foreign = dict(data)
    for _step in range(8):
        path = tuple(source.choice("abcdefghijXY") for _count in range(source.randrange(1, 4)))
        foreign.pop(path[0], None)
        before = document
        if source.random() < 0.6:
            value = _random_value(source, 1)
            try:
                document = document.set(path, value)
            except DocumentError as error:
                assert "must be an object" in str(error)
                continue
            expected = _put(before.data, path, value)
            assert document.data == expected
            if not before.has(path):
                assert document.remove(path).content == before.content
        else:
            document = document.remove(path)
            assert not document.has(path)
        assert json.loads(document.content.decode("utf-8")) == document.data
        if json.loads(document.content.decode("utf-8")):
            assert parse(document.content).data == document.data
    for key, value in foreign.items():
        assert document.data[key] == value


@pytest.mark.parametrize("seed", range(40))
def test_foreign_text_is_kept_byte_for_byte(seed):
    source = random.Random(1000 + seed)
    ours, theirs = {"path": "/ours"}, _random_object(source, 0)
    members = ['"before": ' + _random_text(source, theirs, "\n"), '"ours": {"path": "/ours"}',
               '"after": ' + _random_text(source, theirs, "\n")]
    lead = source.choice(["", " ", "\n  ", "\n\n\t"])
    text = "{" + ",".join(lead + member for member in members) + source.choice(["", " ", "\n"]) + "}"
    document = parse(text.encode("utf-8"))
    value = source.choice([{"path": "/new"}, {"runtimeType": "a.b", "options": {"x": True}}, dict(ours, args=["--x"])])
    for changed in (document.set(("ours",), value), document.remove(("ours",)), document.set(("new",), value)):
        written = changed.content.decode("utf-8")
        assert members[0] in written
        assert members[2] in written


def _put(data, path, value):
    holder = data
    for key in path[:-1]:
        if holder.get(key) is None:
            holder[key] = {}
        holder = holder[key]
    holder[path[-1]] = value
    return data
