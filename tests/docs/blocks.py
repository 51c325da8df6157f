# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader may copy from the documentation: the fenced blocks of its pages, and the examples of the modules. Pure.

A block is of one of these kinds, and nothing else may stand in a page:

playbook  yaml: a list of plays
tasks     yaml: a list of tasks. Each task of a module's examples is a block of its own, and its name is the heading
vars      yaml whose first line is ``# vars``: variables, as in an inventory. One that is there twice is two ways to set it
entry     yaml whose first line is ``# catalogue/NAME.yml``: an entry of the catalogue
console   commands behind ``$ `` (a backslash at the end takes the next line too); other lines are what they print
json      a document
text      anything that nobody runs: a picture, a message, another tool's file
site      in braces, as {toctree}: a word to the tool that builds the site, which is a gate of its own
"""

import ast
import json
import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

VARS = "# vars"
_ENTRY = re.compile(r"# catalogue/[A-Z0-9a-z-]+\.yml")
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<word>[^`]*)")
_HEADING = re.compile(r"#{1,6} +(?P<text>.*?)[ #]*")
_PLAY = ("hosts", "import_playbook", "ansible.builtin.import_playbook")


class WrongBlockError(Exception):
    """A block that is of no kind, or not what its kind says. The message tells the writer what to do."""


class Block(NamedTuple):
    """A block and its place. file: relative to the checkout. number: among the blocks below this heading, from 1."""

    file: str
    heading: str
    number: int
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """How messages and tests name it."""
        return f"{self.file}: {self.heading}" + (f" ({self.number})" if self.number > 1 else "")


def blocks_of_page(file: str, text: str) -> list[Block]:
    """The fenced blocks of a page of Markdown, in order. Raises WrongBlockError for one without an end."""
    found: list[Block] = []
    heading = ""
    number = 0
    lines = iter(enumerate(text.splitlines(), start=1))
    for at, line in lines:
        opened = _FENCE.fullmatch(line)
        headed = _HEADING.fullmatch(line)
        if opened:
            number += 1
            body = "\n".join(_until(opened["fence"], lines, f"{file}:{at}"))
            word = opened["word"].strip()
            found.append(Block(file, heading, number, at, word, textwrap.dedent(body).strip("\n") + "\n"))
        elif headed:
            heading, number = headed["text"], 0
    return found


def _until(fence: str, lines: Iterator[tuple[int, str]], where: str) -> Iterator[str]:
    for _at, line in lines:
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            return
        yield line
    raise WrongBlockError(f"{where}: the block has no end")


def blocks_of_module(file: str, source: str) -> list[Block]:
    """The tasks of a module's EXAMPLES, in order."""
    (examples, line), = (
        (node.value.value, node.value.lineno)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES" and isinstance(node.value, ast.Constant)
    )
    lines = examples.splitlines()
    document = yaml.compose(examples, Loader=yaml.SafeLoader)
    found = []
    for task in document.value:
        start, end = task.start_mark.line, task.end_mark.line
        text = "\n".join(lines[start:end]).rstrip() + "\n"
        heading = next(value.value for key, value in task.value if key.value == "name")
        found.append(Block(file, heading, 1, line + start, "yaml", text))
    return found


def kind(block: Block) -> str:
    """Of which kind a block is. Raises WrongBlockError for one that is of none, or is broken."""
    where = f"{block.file}:{block.line}"
    if block.language == "yaml":
        return _kind_of_yaml(block.text, where)
    if block.language == "console":
        commands(block.text)
    elif block.language == "json":
        try:
            json.loads(block.text)
        except ValueError as error:
            raise WrongBlockError(f"{where}: no JSON: {error}") from error
    elif block.language.startswith("{"):
        return "site"
    elif block.language != "text":
        raise WrongBlockError(
            f"{where}: a block of {block.language or 'no language'}; write commands as 'console' with '$ ', and what nobody runs as 'text'")
    return block.language


def _kind_of_yaml(text: str, where: str) -> str:
    first = text.split("\n", 1)[0]
    try:
        if first == VARS:
            variables(text)
            return "vars"
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongBlockError(f"{where}: no YAML: {error}") from error
    if _ENTRY.fullmatch(first):
        return "entry"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        if all(any(key in one for key in _PLAY) for one in value):
            return "playbook"
        if all("block" in one or any("." in key for key in one) for one in value):
            return "tasks"
    raise WrongBlockError(f"{where}: yaml that is neither plays nor tasks; begin variables with a line '{VARS}'")


def variables(text: str) -> list[tuple[str, Any]]:
    """The variables of a block, in order; one that is there twice twice. Raises yaml.YAMLError."""
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    if not isinstance(node, yaml.MappingNode):
        raise yaml.YAMLError("variables are a map of names and values")
    return [(str(loader.construct_object(key)), loader.construct_object(value, deep=True)) for key, value in node.value]


def commands(text: str) -> list[str]:
    """The commands of a console. Raises WrongBlockError where there is none."""
    found: list[str] = []
    goes_on = False
    for line in text.splitlines():
        if goes_on:
            found[-1] += "\n" + line
        elif line.startswith("$ "):
            found.append(line[2:])
        goes_on = bool(found) and (goes_on or line.startswith("$ ")) and line.endswith("\\")
    if not found:
        raise WrongBlockError("a console without a command: begin it with '$ '")
    return found


def program(command: str) -> str:
    """The first word of a command that is neither a variable nor sudo."""
    words = [word for word in shlex.split(command, comments=True) if not re.match(r"\w+=", word)]
    return next((word for word in words if word not in ("sudo", "--")), "")


def groups(plays: list[dict[str, Any]]) -> set[str]:
    """The groups of an inventory that plays ask for."""
    patterns = [str(play.get("hosts", "")) for play in plays]
    words = {word for pattern in patterns if "{{" not in pattern for word in re.split(r"[:,&!\s]+", pattern)}
    return {word for word in words if re.fullmatch(r"[a-z]\w*", word)} - {"all", "localhost"}
