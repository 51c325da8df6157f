# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a scope has, and how the setting is written for the reader of each. Pure.

A file is ours as a whole (own), or has a block of ours between two marks, or one line of ours (line): that is a file of
KEY=value lines whose readers know no quotes, such as docker's --env-file, a runner's .env, EnvironmentFile= and
/etc/environment.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError
from .address import VARIABLE
from .wanted import Scope

# Everything that begins with this is ours.
_HEADER = "# Written by slipway.runtimes.runner_host; changes here are lost.\n"
_BEGIN = "# BEGIN slipway.runtimes.runner_host\n"
_END = "# END slipway.runtimes.runner_host\n"
_BLOCK = re.compile(
    rb"# BEGIN slipway\.runtimes\.runner_host\n(.*?)# END slipway\.runtimes\.runner_host(\n|\Z)", re.DOTALL)
_LINE = re.compile(rb"^[ \t]*(?:export[ \t]+)?" + VARIABLE.encode("ascii") + rb"[ \t]*=[^\n]*(?:\n|\Z)", re.MULTILINE)

PROFILE = "/etc/profile.d/dagger-runner-host.sh"
FISH = "/etc/fish/conf.d/dagger-runner-host.fish"
# Where zsh looks is chosen when it is built: Debian, Arch and Alpine have a folder, others have not.
ZSH_FOLDER, ZSH = "/etc/zsh", "zprofile"
MANAGER = "/etc/systemd/system.conf.d/50-dagger-runner-host.conf"
UNIT = "/etc/systemd/system/%s.d/50-dagger-runner-host.conf"
ENVIRONMENT = "/etc/environment"
# Below a user's home.
USER_ENVIRONMENT = ".config/environment.d/50-dagger-runner-host.conf"
USER_FISH = ".config/fish/conf.d/dagger-runner-host.fish"
USER_PROFILES = (".bash_profile", ".bash_login", ".profile")
USER_ZSH = ".zprofile"


class Target(NamedTuple):
    """One file to write. reader: who reads it, a key of WRITERS. form: own, block or line. user: who writes it; '' for
    the task's user. scope: what results and messages call it."""

    path: str
    reader: str
    form: str
    scope: str
    user: str = ""
    option: str = ""


class Shells(NamedTuple):
    """What the host has. zprofile: zsh's file for login shells, '' where it needs none of ours."""

    fish: bool = False
    zprofile: str = ""


class Home(NamedTuple):
    """A user's home: which of USER_PROFILES and the folders of other shells are there."""

    path: str
    shell: str = ""
    there: Tuple[str, ...] = ()


class Kept(NamedTuple):
    """What the receipt knows of a file. line: the line of ours. kept: the line that was there before, with its end.
    glued: whether the last line had no end, and got one. created: whether there was no file. folders: that we made, the
    outer ones first."""

    form: str
    scope: str
    user: str = ""
    line: str = ""
    kept: str = ""
    glued: bool = False
    created: bool = False
    folders: Tuple[str, ...] = ()


class Edit(NamedTuple):
    """What a file becomes. content: None for no file. kept: what the receipt shall know; None for nothing. note: a
    sentence for the user, or ''."""

    content: Optional[bytes]
    kept: Optional[Kept]
    note: str = ""


def targets(scope: Scope, shells: Shells, home: Optional[Home]) -> Tuple[Target, ...]:
    """The files of a scope. home: of its user; needed by the kind user alone."""
    found: List[Target] = []
    if scope.kind == "login":
        found.append(Target(PROFILE, "sh", "own", "login"))
        if shells.zprofile:
            found.append(Target(shells.zprofile, "sh", "block", "login"))
        if shells.fish:
            found.append(Target(FISH, "fish", "own", "login"))
    elif scope.kind == "manager":
        found.append(Target(MANAGER, "manager", "own", "manager"))
    elif scope.kind == "unit":
        found.extend(Target(UNIT % unit, "unit", "own", "unit " + unit) for unit in scope.units)
    elif scope.kind == "file":
        found.append(Target(scope.path, "line", "line", "file", scope.user))
    elif home is not None:
        found.extend(_of_user(scope, shells, home))
    return tuple(one._replace(option=scope.option) for one in found)


def _of_user(scope: Scope, shells: Shells, home: Home) -> List[Target]:
    base, name = home.path.rstrip("/"), "user " + scope.user
    found = [Target("%s/%s" % (base, USER_ENVIRONMENT), "environment.d", "own", name, scope.user)]
    profiles = [".profile"]
    if home.there and home.there[0] != ".profile" and home.there[0] in USER_PROFILES:
        profiles.append(home.there[0])  # bash reads the first of them and no other
    if home.shell.endswith("/zsh") or USER_ZSH in home.there:
        profiles.append(USER_ZSH)
    found.extend(Target("%s/%s" % (base, one), "sh", "block", name, scope.user) for one in profiles)
    if home.shell.endswith("/fish") or ".config/fish" in home.there:
        found.append(Target("%s/%s" % (base, USER_FISH), "fish", "own", name, scope.user))
    return found


# -- one writer a reader


def _sh(url: str) -> str:
    return "%s=%s\nexport %s\n" % (VARIABLE, "'%s'" % url.replace("'", "'\\''"), VARIABLE)


def _fish(url: str) -> str:
    text = url.replace("\\", "\\\\").replace("'", "\\'")
    return "if status --is-login\n    set -gx %s '%s'\nend\n" % (VARIABLE, text)


def _assignment(url: str) -> str:
    """As systemd takes it in a unit or in system.conf: '%' begins a specifier there, '$' is like any other."""
    return '"%s=%s"' % (VARIABLE, url.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%"))


def _unit(url: str) -> str:
    return "[Service]\nEnvironment=%s\n" % _assignment(url)


def _manager(url: str) -> str:
    return "[Manager]\nDefaultEnvironment=%s\n" % _assignment(url)


def _environment_d(url: str) -> str:
    """Quotes are taken off first and '$' is looked at afterwards, in quotes or not."""
    return '%s="%s"\n' % (VARIABLE, url.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$"))


def _line(url: str) -> str:
    return "%s=%s\n" % (VARIABLE, url)


WRITERS = {
    "sh": _sh, "fish": _fish, "unit": _unit, "manager": _manager, "environment.d": _environment_d, "line": _line}


# -- one editor a form


def put(target: Target, url: str, content: Optional[bytes], kept: Optional[Kept], *, replace: bool) -> Edit:
    """The file with the setting in it. kept: what the receipt knows of the file.

    replace: a line of somebody else's may go, until ours does. Raises SlipwayError.
    """
    text = WRITERS[target.reader](url)
    know = kept if kept is not None else Kept(form=target.form, scope=target.scope, user=target.user)
    know = know._replace(
        form=target.form, scope=target.scope, user=target.user, line=text if target.form == "line" else "",
        created=know.created or content is None)
    if target.form == "own":
        if content is not None and not is_own(content):
            raise _in_the_way(target, "%s was not written by this module" % target.path)
        return Edit((_HEADER + text).encode("ascii"), know)
    if target.form == "block":
        block = (_BEGIN + text + _END).encode("ascii")
        if content is not None and _BLOCK.search(content):
            return Edit(_BLOCK.sub(lambda _found: block, content, count=1), know)  # wherever it was moved to
        glue = _glue(content)
        return Edit((content or b"") + glue + block, know._replace(glued=bool(glue)))
    return _put_line(target, url, text.encode("ascii"), content or b"", know, kept, replace=replace)


def _put_line(target: Target, url: str, line: bytes, content: bytes, know: Kept, kept: Optional[Kept], *,
              replace: bool) -> Edit:
    if target.path == ENVIRONMENT and "$" in url:
        raise SlipwayError(
            "unquotable", "%s.path: of %s's two readers pam takes a '$' as it is and systemd does not; use the scopes "
            "login and user" % (target.option, ENVIRONMENT), option=target.option + ".path")
    found = list(_LINE.finditer(content))
    ours = kept.line.encode("ascii").rstrip(b"\n") if kept is not None else None
    mine = [one for one in found if one.group().rstrip(b"\n") == ours]
    if not found:
        glue = _glue(content)
        note = "" if kept is None else "the setting was taken out of %s by somebody else; it is put back" % target.path
        return Edit(content + glue + line, know._replace(glued=bool(glue), kept=""), note)
    if len(found) > 1:
        raise _in_the_way(target, "%s sets the variable %d times; leave one at most" % (target.path, len(found)))
    one = found[0]
    same = one.group().rstrip(b"\n") == line.rstrip(b"\n")
    if same and not mine:
        return Edit(content, None)  # somebody else says the same; it stays theirs
    note = ""
    if not mine:
        if kept is not None:
            note = "the setting in %s was changed by somebody else; it is put back" % target.path
        elif not replace:
            raise _in_the_way(
                target, "%s sets the variable already, and this module did not write that; 'replace: true' sets it "
                "aside, and it comes back with 'state: absent'" % target.path)
        else:
            know = know._replace(kept=one.group().decode("utf-8", "surrogateescape"))
    return Edit(content[:one.start()] + line + content[one.end():], know, note)


def take(path: str, content: Optional[bytes], form: str, kept: Optional[Kept]) -> Edit:
    """The file without the setting, as it was before it. content None: there is no file."""
    if content is None:
        return Edit(None, None)
    if form == "own":
        if not is_own(content):
            return Edit(content, None, "%s was replaced by somebody else; it stays" % path)
        return Edit(None, None)
    if form == "block":
        found = _BLOCK.search(content)
        if not found:
            return Edit(content, None)
        return Edit(_unglued(content[:found.start()], content[found.end():], kept), None)
    if kept is None:
        return Edit(content, None)
    for one in _LINE.finditer(content):
        if one.group().rstrip(b"\n") == kept.line.encode("ascii").rstrip(b"\n"):
            before = kept.kept.encode("utf-8", "surrogateescape")
            rest = content[one.end():]
            if before:
                return Edit(content[:one.start()] + before + rest, None)
            return Edit(_unglued(content[:one.start()], rest, kept), None)
    note = "the setting in %s was changed by somebody else; it stays" % path if _LINE.search(content) else ""
    return Edit(content, None, note)


def form_in(content: Optional[bytes], kept: Optional[Kept]) -> str:
    """What of ours is in a file: own, block, line, or '' for nothing. kept: what the receipt knows of it."""
    if kept is not None:
        return kept.form
    if content is None:
        return ""
    return "own" if is_own(content) else "block" if _BLOCK.search(content) else ""


def is_own(content: bytes) -> bool:
    """Whether a whole file is ours."""
    return content.startswith(_HEADER.encode("ascii"))


def value_in(content: Optional[bytes], form: str, kept: Optional[Kept]) -> str:
    """Our part of a file as it stands, for a diff: nothing that another wrote."""
    if content is None:
        return ""
    if form == "own":
        return content[len(_HEADER):].decode("utf-8", "replace") if is_own(content) else ""
    if form == "block":
        found = _BLOCK.search(content)
        return found.group(1).decode("utf-8", "replace") if found else ""
    line = kept.line.encode("ascii").rstrip(b"\n") if kept is not None else b""
    found = next((one for one in _LINE.finditer(content) if one.group().rstrip(b"\n") == line), None)
    return kept.line if kept is not None and found is not None else ""


def overriding(target: Target, others: Dict[str, str]) -> Tuple[str, ...]:
    """Which of the files that set the variable too are read after the target, by the same readers. others: path -> the
    folder whose files are read in the order of their names, or '' for what is read later in any case."""
    folder, _slash, name = target.path.rpartition("/")
    base = target.path.partition("/.")[0] if target.scope.startswith("user ") else "/etc"
    return tuple(
        other for other, ordered in sorted(others.items())
        if other.startswith(base + "/") and not other.endswith("/50-dagger-runner-host.conf")
        and _family(other) == _family(target.path) and other != target.path
        and (not ordered or ordered == folder and other.rpartition("/")[2] > name))


def _family(path: str) -> str:
    """Whose file it is."""
    if "/environment.d/" in path:
        return "environment.d"
    if path.startswith("/etc/systemd/"):
        return "systemd"
    if "/fish/" in path:
        return "fish"
    return "zsh" if path.rpartition("/")[2].lstrip(".") in ("zshenv", "zprofile", "zshrc", "zlogin") else "sh"


def _glue(content: Optional[bytes]) -> bytes:
    return b"\n" if content and not content.endswith(b"\n") else b""


def _unglued(before: bytes, after: bytes, kept: Optional[Kept]) -> Optional[bytes]:
    """What is left around our part; None where that is nothing, and we made the file."""
    if kept is not None and kept.created and not before and not after:
        return None
    if kept is not None and kept.glued and not after and before.endswith(b"\n"):
        before = before[:-1]
    return before + after


def _in_the_way(target: Target, message: str) -> SlipwayError:
    return SlipwayError("in_the_way", "%s: %s" % (target.option, message), option=target.option)
