# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's files: one a runtime, read by name. On the controller only."""

import difflib
import os
import re
from typing import Any, Dict, List

import yaml

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "catalogue")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def names(folder: str = FOLDER) -> List[str]:
    """The runtimes that the catalogue knows, in order. Raises OSError."""
    return sorted(one[:-4] for one in os.listdir(folder) if one.endswith(".yml"))


def load(name: str, folder: str = FOLDER) -> Dict[str, Any]:
    """What is known of a runtime: the shape is schema.ENTRY. Raises SlipwayError for a name that is not known."""
    if _NAME.match(name):
        try:
            with open(os.path.join(folder, name + ".yml"), "rb") as source:
                return yaml.load(source, Loader=_LOADER)
        except FileNotFoundError:
            pass
    known = names(folder)
    near = nearest(name.lower(), known)
    raise SlipwayError(
        "unknown_runtime", "catalogue[%s]: the catalogue knows no '%s'; %sit knows %s. Any other runtime is described "
        "by the wish itself, under 'describe'" % (name, name, near, ", ".join(known)), option="catalogue[%s]" % name)


def nearest(word: str, known: List[str]) -> str:
    """A question to the one who wrote a word that is not known, '' where none is like it."""
    found = difflib.get_close_matches(word, known, 1, 0.5)
    return "did you mean '%s'? " % found[0] if found else ""
