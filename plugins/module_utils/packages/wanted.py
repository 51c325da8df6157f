# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distribution packages are asked for: the values, the argument spec, and the rules that need no host. Pure."""

import re
from typing import Any, Dict, List, NamedTuple, Tuple

from ..core.errors import SlipwayError

PACKAGE_SPEC = dict(
    name=dict(type="str", required=True),
    packages=dict(type="dict", default={}),
    program=dict(type="str", default=""),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)

SPEC = dict(packages=dict(type="list", elements="dict", options=PACKAGE_SPEC, default=[]))

# What packages are called goes by the family of a distribution, which is known by its package manager.
FAMILIES = ("debian", "redhat", "suse")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+])?\Z")
# The probe looks for it in the receipt's text.
_UNSAID = re.compile(r'[\x00-\x1f\x7f"\\]')


class Package(NamedTuple):
    """What brings one runtime's program. option: what messages call it. packages: by family, in order. program: an
    absolute path, or a name that is looked for on PATH."""

    name: str
    option: str
    packages: Dict[str, Tuple[str, ...]] = {}
    program: str = ""
    present: bool = True


class Wanted(NamedTuple):
    """All that one task asks for."""

    packages: Tuple[Package, ...] = ()


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    found: List[Package] = []
    for index, one in enumerate(params.get("packages") or ()):
        package = _parse_one(one, "packages[%d]" % index)
        if any(package.name == other.name for other in found):
            raise _bad("packages", "'%s' is there twice" % package.name, "doubled")
        found.append(package)
    return Wanted(tuple(found))


def _parse_one(one: Dict[str, Any], option: str) -> Package:
    name = one.get("name") or ""
    if not _NAME.match(name):
        raise _bad(
            option + ".name", "letters, digits, '.', '_' and '-', and no '.' or '-' first; got '%s'" % name, "bad_name")
    option = "packages[%s]" % name
    if one.get("state") == "absent":
        return Package(name=name, option=option, present=False)
    program = one.get("program") or ""
    if not program or _UNSAID.search(program) or "/" in program and not program.startswith("/"):
        raise _bad(
            option + ".program", "the absolute path of the program that the packages bring, or its name on PATH; got "
            "'%s'" % program, "bad_program")
    return Package(name=name, option=option, packages=_parse_families(one, option + ".packages"), program=program)


def _parse_families(one: Dict[str, Any], option: str) -> Dict[str, Tuple[str, ...]]:
    families = one.get("packages") or {}
    unknown = sorted(str(family) for family in families if family not in FAMILIES)
    if unknown:
        raise _bad(option, "'%s' is no family of distributions; known are %s" % (
            unknown[0], ", ".join(FAMILIES)), "bad_family")
    found = {}
    for family, names in families.items():
        names = [names] if isinstance(names, str) else names
        for package in names if isinstance(names, list) else [names]:
            if not isinstance(package, str) or not _PACKAGE.match(package):
                raise _bad(
                    "%s.%s" % (option, family), "a list of plain names of packages, without a version or an "
                    "architecture; got '%s'" % (package,), "bad_package")
        if names:
            found[family] = tuple(dict.fromkeys(names))
    if not found:
        raise _bad(
            option, "name the packages of at least one family (%s), such as 'debian: [crun]'" % ", ".join(FAMILIES),
            "packages_missing")
    return found


def _bad(option: str, message: str, reason: str) -> SlipwayError:
    return SlipwayError(reason, "%s: %s" % (option, message), option=option)
