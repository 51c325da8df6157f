# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which blocks there are in a page and in a module, and of what kind each is."""

import blocks
import pytest
from blocks import Block, WrongBlockError

PAGE = """Before

```text
# no heading
```

# Title

1. In a list:

   ```console
   $ make
   ```

~~~json
{}
~~~

## Part ##

````text
```
````
"""

MODULE = '''
DOCUMENTATION = "x"
EXAMPLES = r"""
- name: One
  a.b.c:

# About the second
- name: Two
  a.b.c:
    d: 1
"""
'''


def block(language: str, text: str) -> Block:
    """A block somewhere."""
    return Block("page.md", "Title", 1, 3, language, text)


def test_blocks_of_page() -> None:
    """By heading and number; what is in a block is no heading, and a longer fence holds a shorter one."""
    found = blocks.blocks_of_page("page.md", PAGE)
    assert [(one.heading, one.number, one.line, one.language, one.text) for one in found] == [
        ("", 1, 3, "text", "# no heading\n"),
        ("Title", 1, 11, "console", "$ make\n"),
        ("Title", 2, 15, "json", "{}\n"),
        ("Part", 1, 21, "text", "```\n"),
    ]
    assert [one.place for one in found[1:3]] == ["page.md: Title", "page.md: Title (2)"]


def test_a_block_without_an_end() -> None:
    """It would swallow the rest of the page."""
    with pytest.raises(WrongBlockError, match="page.md:1: the block has no end"):
        blocks.blocks_of_page("page.md", "```text\nx\n")


def test_blocks_of_module() -> None:
    """Each task, as it is written."""
    found = blocks.blocks_of_module("m.py", MODULE)
    assert [(one.heading, one.line) for one in found] == [("One", 4), ("Two", 8)]
    assert found[1].text == "- name: Two\n  a.b.c:\n    d: 1\n"
    assert blocks.kind(found[1]) == "tasks"


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("yaml", "- name: x\n  hosts: all\n", "playbook"),
        ("yaml", "- import_playbook: a.b.c\n", "playbook"),
        ("yaml", "- name: x\n  a.b.c:\n", "tasks"),
        ("yaml", "# vars\na: 1\n", "vars"),
        ("yaml", "# catalogue/NAME.yml\n---\ntitle: x\n", "entry"),
        ("console", "$ make\nmade\n", "console"),
        ("json", "[]", "json"),
        ("text", "anything", "text"),
        ("{toctree}", "docs/x", "site"),
    ],
)
def test_kind(language: str, text: str, kind: str) -> None:
    """By language and content."""
    assert blocks.kind(block(language, text)) == kind


@pytest.mark.parametrize(
    ("language", "text", "message"),
    [
        ("yaml", "a: 1\n", "neither plays nor tasks"),
        ("yaml", "- name: crun\n  version: 1\n", "neither plays nor tasks"),
        ("yaml", "[]\n", "neither plays nor tasks"),
        ("yaml", "- [\n", "no YAML"),
        ("yaml", "# vars\n- a\n", "a map of names"),
        ("console", "make\n", "begin it with"),
        ("json", "{", "no JSON"),
        ("sh", "make\n", "a block of sh"),
        ("", "make\n", "a block of no language"),
    ],
)
def test_wrong(language: str, text: str, message: str) -> None:
    """What is of no kind is told with what to do."""
    with pytest.raises(WrongBlockError, match=message):
        blocks.kind(block(language, text))


def test_variables() -> None:
    """Each in its turn, one that is there twice twice."""
    assert blocks.variables("# vars\na: [1]\nb: {c: d}\na: 2\n") == [("a", [1]), ("b", {"c": "d"}), ("a", 2)]


def test_commands() -> None:
    """Output is none, and a backslash takes the next line along."""
    assert blocks.commands("$ one\noutput \\\n$ two \\\n  more \\\n  and more\nsaid\n$ three\n") == ["one", "two \\\n  more \\\n  and more", "three"]


@pytest.mark.parametrize(
    ("command", "program"), [("make test", "make"), ("sudo A=1 B='c d' docker run x", "docker"), ("A=1 tests/x y # z", "tests/x")]
)
def test_program(command: str, program: str) -> None:
    """The first word that is one."""
    assert blocks.program(command) == program


def test_groups() -> None:
    """Of patterns too; 'all' and 'localhost' are there anyway, and a template is nobody's name."""
    plays = [{"hosts": "all"}, {"hosts": "docker:&web,!old"}, {"hosts": "{{ hosts }}"}, {"import_playbook": "x"}, {"hosts": "localhost"}]
    assert blocks.groups(plays) == {"docker", "web", "old"}
