# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runner_host is asked for: the values, the argument spec, and the rules that need no host. Pure."""

import posixpath
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from .address import PART_NAMES, SCHEMES, Address, Version, from_parts, parse as parse_address, parse_version

KINDS = ("login", "unit", "manager", "user", "file")

SCOPE_SPEC = dict(
    kind=dict(type="str", choices=list(KINDS), required=True),
    units=dict(type="list", elements="str"),
    user=dict(type="str"),
    path=dict(type="str"),
)

SPEC: Dict[str, Any] = dict(
    url=dict(type="str"),
    scheme=dict(type="str", choices=list(SCHEMES)),
    name=dict(type="str"),
    path=dict(type="str"),
    host=dict(type="str"),
    port=dict(type="int"),
    user=dict(type="str"),
    context=dict(type="str"),
    namespace=dict(type="str"),
    container=dict(type="str"),
    cert_path=dict(type="str"),
    key_path=dict(type="str", no_log=False),
    ca_path=dict(type="str"),
    scopes=dict(type="list", elements="dict", options=SCOPE_SPEC, default=[]),
    cli=dict(type="str", default="dagger"),
    cli_version=dict(type="str", default="auto"),
    translate=dict(type="bool", default=False),
    reachable=dict(type="bool", default=False),
    timeout=dict(type="int", default=10),
    replace=dict(type="bool", default=False),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)

_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+\.service\Z")
_SUFFIX = re.compile(r"\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?\Z")
_PATH = re.compile(r"[\x00-\x1f\x7f]")
_CLI = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z")


class Scope(NamedTuple):
    """Who shall see the setting. option: what messages call it. units: full names. user: '' for the task's."""

    kind: str
    option: str
    units: Tuple[str, ...] = ()
    user: str = ""
    path: str = ""


class Wanted(NamedTuple):
    """All that one task asks for. address: None where it is absent. version: of the CLI; None for the one on the host
    (ask_cli), or for none. timeout: seconds for each step of trying it."""

    address: Optional[Address]
    scopes: Tuple[Scope, ...]
    cli: str = "dagger"
    version: Optional[Version] = None
    ask_cli: bool = True
    translate: bool = False
    reachable: bool = False
    timeout: int = 10
    replace: bool = False

    @property
    def present(self) -> bool:
        """Whether the setting shall be there."""
        return self.address is not None

    @property
    def users(self) -> Tuple[str, ...]:
        """The users that scopes name, each once."""
        return tuple(dict.fromkeys(scope.user for scope in self.scopes if scope.user))

    @property
    def units(self) -> Tuple[str, ...]:
        """The units that scopes name."""
        return tuple(unit for scope in self.scopes for unit in scope.units)

    def has(self, kind: str) -> bool:
        """Whether a scope of that kind is asked for."""
        return any(scope.kind == kind for scope in self.scopes)


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    present = params.get("state") != "absent"
    scopes = tuple(_parse_scope(one, "scopes[%d]" % index) for index, one in enumerate(params.get("scopes") or ()))
    _check_apart(scopes)
    if not present:
        return Wanted(address=None, scopes=scopes, ask_cli=False)
    if not scopes:
        raise _bad("scopes", "say who shall see it: at least one of %s" % ", ".join(KINDS), "scopes_missing")
    cli = params.get("cli") or "dagger"
    if not (cli.startswith("/") and not _PATH.search(cli)) and not _CLI.match(cli):
        raise _bad("cli", "'%s' is neither a program's name nor an absolute path" % cli, "bad_path")
    asked = params.get("cli_version") or "auto"
    version = parse_version(asked) if asked not in ("auto", "unknown") else None
    if version is None and asked not in ("auto", "unknown"):
        raise _bad(
            "cli_version", "'%s' is no release such as '0.18.14', nor 'auto' nor 'unknown'" % asked, "bad_version")
    timeout = params.get("timeout", 10)
    if timeout < 1:
        raise _bad("timeout", "give at least 1 second", "bad_timeout")
    return Wanted(
        address=_parse_address(params), scopes=scopes, cli=cli, version=version, ask_cli=asked == "auto",
        translate=bool(params.get("translate")), reachable=bool(params.get("reachable")), timeout=timeout,
        replace=bool(params.get("replace")))


def _parse_address(params: Dict[str, Any]) -> Address:
    parts = {name: str(params[name]) for name in PART_NAMES if params.get(name) is not None}
    if params.get("url") is None and not params.get("scheme"):
        raise _bad("url", "give an address, or 'scheme' and its parts", "address_missing")
    if params.get("url") is not None:
        if params.get("scheme") or parts:
            raise _bad(
                "url", "the whole address or its parts (%s), not both" % ", ".join(
                    ["scheme"] * bool(params.get("scheme")) + sorted(parts)), "address_twice")
        return parse_address(params["url"])
    return from_parts(dict(parts, scheme=params["scheme"]))


def _parse_scope(one: Dict[str, Any], option: str) -> Scope:
    kind = one.get("kind") or ""
    option = "%s (%s)" % (option, kind)
    units, user, path = one.get("units"), one.get("user") or "", one.get("path") or ""
    for name, value, kinds in (
            ("units", units, ("unit",)), ("user", user, ("user", "file")), ("path", path, ("file",))):
        if value and kind not in kinds:
            what = " and ".join("'%s'" % one for one in kinds)
            raise _bad("%s.%s" % (option, name), "it is about %s" % what, "bad_scope")
    if kind == "unit" and not units:
        raise _bad(option + ".units", "name the services", "bad_scope")
    if kind == "user" and not user:
        raise _bad(option + ".user", "name the user", "bad_scope")
    if kind == "file" and not path:
        raise _bad(option + ".path", "name the file", "bad_scope")
    if user and not _USER.match(user):
        raise _bad(option + ".user", "'%s' is no user's name" % user, "bad_user")
    if path and (not path.startswith("/") or posixpath.normpath(path) != path or path == "/" or _PATH.search(path)):
        raise _bad(option + ".path", "'%s' is no plain absolute path" % path, "bad_path")
    return Scope(
        kind=kind, option=option, units=tuple(_unit(name, option + ".units") for name in units or ()), user=user,
        path=path)


def _unit(name: str, option: str) -> str:
    full = name if _SUFFIX.search(name) else name + ".service"
    if not _UNIT.match(full):
        raise _bad(option, "'%s' is no service; only services take an environment here" % name, "bad_unit")
    return full


def _check_apart(scopes: Tuple[Scope, ...]) -> None:
    seen: List[Tuple[str, str]] = []
    for scope in scopes:
        for what in scope.units or (scope.path or scope.user,):
            if (scope.kind, what) in seen:
                raise _bad(scope.option, "%s is there twice" % (what or scope.kind), "doubled")
            seen.append((scope.kind, what))


def _bad(option: str, message: str, reason: str) -> SlipwayError:
    return SlipwayError(reason, "%s: %s" % (option, message), option=option)
