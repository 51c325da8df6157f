# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's files: one a runtime, read by name. On the controller only."""

import difflib
import os
import re
from typing import Any, Dict, Iterator, List, Tuple

import yaml

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "catalogue")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_READ: Dict[Tuple[str, str], Dict[str, Any]] = {}  # by folder and name


def names(folder: str = FOLDER) -> List[str]:
    """The runtimes that the catalogue knows, in order. Raises OSError."""
    return sorted(one[:-4] for one in os.listdir(folder) if one.endswith(".yml"))


def load(name: str, folder: str = FOLDER) -> Dict[str, Any]:
    """What is known of a runtime: the shape is schema.ENTRY; nobody may change it. Raises SlipwayError for a name that is
    not known.
    """
    if (folder, name) in _READ:
        return _READ[folder, name]
    if _NAME.match(name):
        try:
            with open(os.path.join(folder, name + ".yml"), "rb") as source:
                events = yaml.parse(source, Loader=_LOADER)
                for _start in range(2):  # of the stream and of its document
                    next(events)
                return _value(next(events), events, {})
        except FileNotFoundError:
            pass
    known = names(folder)
    near = nearest(name.lower(), known)
    raise SlipwayError(
        "unknown_runtime", "catalogue[%s]: the catalogue knows no '%s'; %sit knows %s. Any other runtime is described "
        "by the wish itself, under 'describe'" % (name, name, near, ", ".join(known)), option="catalogue[%s]" % name)


def read_ahead(folder: str = FOLDER) -> None:
    """From now on load() has all that is there, here and in every worker that is forked from here. Raises OSError."""
    _READ.update({(folder, name): load(name, folder) for name in names(folder)})


def _value(event: yaml.Event, events: Iterator[yaml.Event], anchors: Dict[str, Any]) -> Any:
    """What begins with an event. A file of the catalogue has text and booleans only, and every run reads it: this takes
    half the time of YAML's own loader, and leaves the garbage collector asleep."""
    if isinstance(event, yaml.AliasEvent):
        return anchors[event.anchor]
    found: Any
    if isinstance(event, yaml.ScalarEvent):
        plain = not event.style
        found = event.value == "true" if plain and event.value in ("true", "false") else event.value
    elif isinstance(event, yaml.SequenceStartEvent):
        found = []
        for one in events:
            if isinstance(one, yaml.SequenceEndEvent):
                break
            found.append(_value(one, events, anchors))
    else:
        found = {}
        for key in events:
            if isinstance(key, yaml.MappingEndEvent):
                break
            found[key.value] = _value(next(events), events, anchors)
    if event.anchor:
        anchors[event.anchor] = found
    return found


def nearest(word: str, known: List[str]) -> str:
    """A question to the one who wrote a word that is not known, '' where none is like it."""
    found = difflib.get_close_matches(word, known, 1, 0.5)
    return "did you mean '%s'? " % found[0] if found else ""
