# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose PATH finds what: root's logins, users' logins, services, sudo. Pure.

It is read from the files that say it, and no login is tried: a profile may do anything. What a profile decides by a
condition is taken as done.
"""

import posixpath
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

_USUAL = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USUAL_USER = "/usr/local/bin:/usr/bin:/bin"
_ASSIGNMENT = re.compile(r"""(?:^|[\s;"'])PATH=("[^"]*"|'[^']*'|[^\s;"']*)""")
_SECURE = re.compile(r"""\s*Defaults\s.*?\bsecure_path\s*=\s*("[^"]*"|[^\s,]*)""")
_LOGIN_DEFS = re.compile(r"\s*(ENV_SUPATH|ENV_PATH)\s+(?:PATH=)?(\S+)")
_ITSELF = re.compile(r"\$\{PATH\}|\$PATH\b|\$\{PATH:\+:?\$\{?PATH\}?:?\}")


class Scope(NamedTuple):
    """who: as a sentence begins. folders: of PATH in order."""

    who: str
    folders: Tuple[str, ...]


def scopes(lines: Sequence[str]) -> Tuple[Scope, ...]:
    """Everybody's PATH. lines: 'FILE:LINE' of the files that say something of one."""
    by_file: Dict[str, List[str]] = {}
    for line in lines:
        name, _colon, text = line.partition(":")
        if not text.lstrip().startswith("#"):
            by_file.setdefault(name, []).append(text)
    login_defs = dict(
        match.groups() for match in map(_LOGIN_DEFS.match, by_file.get("/etc/login.defs", ())) if match)
    found = [
        Scope("logins of root", _login(by_file, login_defs.get("ENV_SUPATH", _USUAL), root=True)),
        Scope("logins of users", _login(by_file, login_defs.get("ENV_PATH", _USUAL_USER), root=False)),
        Scope("services", _folders(_last(_ASSIGNMENT, by_file, "/systemd/", keyword="Environment=") or _USUAL)),
    ]
    secure = _last(_SECURE, by_file, "/etc/sudoers")
    if secure:
        found.append(Scope("sudo", _folders(secure)))
    return tuple(found)


def verdicts(path: str, others: Iterable[str], found: Sequence[Scope]) -> Tuple[Dict[str, List[str]], List[str]]:
    """Who gets another program than the one at path: that program -> scopes; and the scopes that find none at all.

    others: further programs of the name.
    """
    there = {_folder(one): one for one in others}
    own = _folder(path)
    earlier: Dict[str, List[str]] = {}
    nowhere: List[str] = []
    for scope in found:
        order = [_merged(one) for one in scope.folders]
        first = next((one for one in order if one == own or one in there), "")
        if not first:
            nowhere.append(scope.who)
        elif first != own:
            earlier.setdefault(there[first], []).append(scope.who)
    return earlier, nowhere


def personal(path: str) -> bool:
    """Whether a path is in somebody's home, and so a matter of that user alone."""
    return path.startswith(("/home/", "/root/", "/Users/", "/var/home/"))


def _login(by_file: Dict[str, List[str]], start: str, *, root: bool) -> Tuple[str, ...]:
    value = start
    for text in by_file.get("/etc/environment", ()):
        value = _assigned(text) or value
    for name in ["/etc/profile"] + sorted(one for one in by_file if one.startswith("/etc/profile.d/")):
        values = [one for one in (_assigned(text) for text in by_file.get(name, ())) if one]
        whole = [one for one in values if not _ITSELF.search(one)]
        if len(whole) == 2 and name == "/etc/profile":
            # Debian's asks who it is: root's first, and else.
            values = [one for one in values if one != whole[1 if root else 0]]
        for one in values:
            value = _ITSELF.sub(lambda _match, before=value: before, one)
    return _folders(value)


def _assigned(text: str) -> str:
    found = _ASSIGNMENT.search(text)
    return found.group(1).strip("\"'") if found else ""


def _last(pattern: Any, by_file: Dict[str, List[str]], where: str, *, keyword: str = "") -> str:
    value = ""
    for name, texts in by_file.items():
        for text in texts if where in name else ():
            match = pattern.search(text)
            if match and keyword in text:
                value = match.group(1).strip("\"'")
    return value


def _folders(value: str) -> Tuple[str, ...]:
    return tuple(posixpath.normpath(one) for one in value.split(":") if one.startswith("/"))


def _folder(path: str) -> str:
    return _merged(posixpath.dirname(path))


def _merged(folder: str) -> str:
    """/bin and /sbin are /usr's wherever it matters."""
    return "/usr" + folder if folder in ("/bin", "/sbin") else folder
