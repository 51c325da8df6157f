# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runtime's own settings against what is known of them. Pure."""

import re
from typing import Any, Dict

from ansible.module_utils.common.validation import check_type_bool, check_type_int

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import nearest

_FLAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")


def check_options(
    given: Dict[str, Any], known: Dict[str, Dict[str, Any]], *, option: str, title: str
) -> Dict[str, Any]:
    """The options with their types. known: as schema.OPTION. option: of the wish. Raises SlipwayError.

    A map of flags has text values only: a boolean or a number is written as the program's command line has it.
    """
    found = {}
    for key, value in given.items():
        here = "%s.options.%s" % (option, key)
        if key not in known:
            raise SlipwayError(
                "unknown_option", "%s: %s" % (
                    here, "there is no such option; %sthere are %s" % (
                        nearest(str(key), list(known)), ", ".join(sorted(known))) if known else
                    "%s has no options by this way; another 'via' may" % title), option=here)
        if value is not None:
            found[key] = _checked(value, known[key], here)
    return found


def _checked(value: Any, known: Dict[str, Any], here: str) -> Any:
    kind = known["type"]
    try:
        if kind == "boolean":
            return check_type_bool(value)
        if kind == "integer":
            return check_type_int(value)
    except (TypeError, ValueError) as error:
        raise _bad(here, str(error))
    if kind == "flags":
        return _flags(value, here)
    if not isinstance(value, str) or re.search(r"[\x00-\x1f\x7f]", value):
        raise _bad(here, "give one line of text; got a %s" % type(value).__name__)
    if kind == "path" and not value.startswith("/"):
        raise _bad(here, "'%s' is no absolute path" % value)
    if value not in known.get("choices", [value]):
        raise _bad(here, "'%s' is none of %s" % (value, ", ".join(known["choices"])))
    if not re.match(r"(?:%s)\Z" % known.get("pattern", r"(?s:.*)"), value):
        raise _bad(here, "'%s' does not look right: it is of the form %s" % (value, known["pattern"]))
    return value


def _flags(value: Any, here: str) -> Dict[str, str]:
    if not isinstance(value, dict):
        raise _bad(here, "give a map of flags and their values; got a %s" % type(value).__name__)
    found = {}
    for flag, one in value.items():
        if not _FLAG.match(str(flag)):
            raise _bad("%s.%s" % (here, flag), "a flag's name without '--': letters, digits, '-' and '_'")
        if not isinstance(one, (str, bool, int)) or isinstance(one, str) and re.search(r"[\x00-\x1f\x7f]", one):
            raise _bad("%s.%s" % (here, flag), "give one line of text, a number, true or false")
        found[str(flag)] = str(one).lower() if isinstance(one, bool) else str(one)
    return found


def _bad(here: str, what: str) -> SlipwayError:
    return SlipwayError("bad_option", "%s: %s" % (here, what), option=here)
