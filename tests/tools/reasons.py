# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reason codes that the collection fails with, or reports as drift, read out of its sources.

Usage: tests/tools/env python tests/tools/reasons.py

Prints each code with the places that give it.
"""

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import tree

# Where an error is given its reason. What else takes one is found by the name of its parameter or field.
_ERROR = {"SlipwayError": 0}
_PARAMETER = "reason"
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
# What is put together, and the codes that come of it.
_PUT_TOGETHER = {
    "'bad_' + option": {"bad_max_size", "bad_timeout"},
    "'runtime_%s' % unmet[0]['verdict']": {"runtime_failed", "runtime_timeout", "runtime_unproven"},
}
# Words that stand where codes do and are none: options, and what is only warned of.
_NO_CODES = {"default_runtime", "engine_below", "wrapper_path", "not_asked"}
_Module = list[ast.AST]  # all nodes of a file


class Place(NamedTuple):
    """A place that gives a reason code. file: relative to the folder that was read."""

    code: str
    file: str
    line: int


def places(folder: Path) -> list[Place]:
    """Every place in the Python files of a folder that gives a reason code.

    Raises ValueError for a reason that cannot be told by reading: then this reader has to learn it.
    """
    modules = {path: _nodes(path) for path in sorted(folder.rglob("*.py"))}
    takers = {path: _takers(module) for path, module in modules.items()}
    found = set()
    for path, module in modules.items():
        file = str(path.relative_to(folder))
        known = {**_ERROR, **_imported(module, takers), **takers[path]}
        handed_on = _handed_on(module)
        for value in itertools.chain(_given(module, known), _defaults(module)):
            for code in _told(value, module, file) if value not in handed_on else ():
                found.add(Place(code, file, value.lineno))
    return sorted(found)


def _nodes(path: Path) -> _Module:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _takers(module: _Module) -> dict[str, int]:
    """What in a module is given a reason: functions and named tuples, with its position among their arguments."""
    found = {}
    for node in module:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in node.args.args if one.arg != "self"] + [one.arg for one in node.args.kwonlyargs]
        elif isinstance(node, ast.ClassDef):
            fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
            names = [one.id for one in fields if isinstance(one, ast.Name)]
        if _PARAMETER in names and node.name != "__init__":
            found[node.name] = names.index(_PARAMETER)
    return found


def _imported(module: _Module, takers: dict[Path, dict[str, int]]) -> dict[str, int]:
    """What a module takes of that kind from others, by their functions' names or theirs."""
    found = {}
    for node in module:
        if not isinstance(node, ast.ImportFrom):
            continue
        for path, known in takers.items():
            if path.stem == (node.module or "").rpartition(".")[2]:
                found.update({one.name: known[one.name] for one in node.names if one.name in known})
            if path.stem in [one.name for one in node.names]:
                found.update({f"{path.stem}.{name}": position for name, position in known.items()})
    return found


def _given(module: _Module, known: dict[str, int]) -> Iterator[ast.expr]:
    """The reasons in calls of what takes one."""
    for node in module:
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))  # a method is known by its own name
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            name = next((one for one in (f"{node.func.value.id}.{name}", name) if one in known), "")
        if name in known:
            position = known[name]
            yield from [one.value for one in node.keywords if one.arg == _PARAMETER] or node.args[position:position + 1]


def _defaults(module: _Module) -> Iterator[ast.expr]:
    """The reasons that functions have where they are not given one, and those that stand under that key."""
    for node in module:
        if isinstance(node, ast.FunctionDef):
            late = zip(reversed(node.args.args), reversed(node.args.defaults))
            for argument, default in itertools.chain(late, zip(node.args.kwonlyargs, node.args.kw_defaults)):
                if argument.arg == _PARAMETER and default is not None:
                    yield default
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and key.value == _PARAMETER and isinstance(value, ast.Constant):
                    yield value


def _handed_on(module: _Module) -> set[ast.AST]:
    """Where functions hand on the reason that they were given."""
    functions = [one for one in module if isinstance(one, ast.FunctionDef)]
    taking = [one for one in functions if _PARAMETER in [each.arg for each in (*one.args.args, *one.args.kwonlyargs)]]
    return {node for one in taking for node in ast.walk(one) if isinstance(node, ast.Name) and node.id == _PARAMETER}


def _told(value: ast.expr, module: _Module, file: str) -> set[str]:
    """The codes that an expression can be. Those that are of another error come from elsewhere: none."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return {value.value}
    if isinstance(value, ast.IfExp):
        return _told(value.body, module, file) | _told(value.orelse, module, file)
    text = ast.unparse(value)
    if text in _PUT_TOGETHER:
        return _PUT_TOGETHER[text]
    if text.endswith((f".{_PARAMETER}", f"['{_PARAMETER}']")):
        return set()
    if isinstance(value, (ast.Name, ast.Subscript)):
        found = _in_tuples(module)
        if found:
            return found
    raise ValueError(f"{file}:{value.lineno}: '{text}' is a reason that cannot be told by reading")


def _in_tuples(module: _Module) -> set[str]:
    """The codes that a module's functions pass to one another in tuples: all words of that shape which stand in one."""
    elements = [one for node in module if isinstance(node, ast.Tuple) for one in node.elts]
    words = {one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {word for word in words if _CODE.fullmatch(word)} - _NO_CODES


if __name__ == "__main__":
    for code, group in itertools.groupby(places(tree.ROOT / "plugins"), key=lambda one: one.code):
        print(code, *(f"{one.file}:{one.line}" for one in group))
    sys.exit(0)
