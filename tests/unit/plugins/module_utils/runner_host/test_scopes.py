# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of scopes: which there are, how each is written, and what is left when the setting goes."""

from typing import Optional, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.address import VARIABLE
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.scopes import (
    WRITERS, Home, Kept, Shells, Target, form_in, overriding, put, take, targets, value_in)
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.wanted import Scope

URL = "unix:///run/a$b'c%20.sock"
FILE = Target("/opt/.env", "line", "line", "file", option="scopes[0] (file)")
PROFILE = Target("/home/u/.profile", "sh", "block", "user u", "u")
DROP_IN = Target("/etc/systemd/system/a.service.d/50-dagger-runner-host.conf", "unit", "own", "unit a.service", option="scopes[0]")
OURS = "%s=%s\n" % (VARIABLE, URL)


@pytest.mark.parametrize("reader, text", [
    ("sh", "%s='unix:///run/a$b'\\''c%%20.sock'\nexport %s\n" % (VARIABLE, VARIABLE)),
    ("fish", "if status --is-login\n    set -gx %s 'unix:///run/a$b\\'c%%20.sock'\nend\n" % VARIABLE),
    ("unit", '[Service]\nEnvironment="%s=unix:///run/a$b\'c%%%%20.sock"\n' % VARIABLE),
    ("manager", '[Manager]\nDefaultEnvironment="%s=unix:///run/a$b\'c%%%%20.sock"\n' % VARIABLE),
    ("environment.d", '%s="unix:///run/a$$b\'c%%20.sock"\n' % VARIABLE),
    ("line", OURS),
])
def test_written(reader: str, text: str) -> None:
    """For each reader; tests/live has the readers themselves."""
    assert WRITERS[reader](URL) == text


@pytest.mark.parametrize("scope, shells, home, paths", [
    (Scope("login", "o"), Shells(), None, ["/etc/profile.d/dagger-runner-host.sh"]),
    (Scope("login", "o"), Shells(fish=True, zprofile="/etc/zsh/zprofile"), None,
     ["/etc/profile.d/dagger-runner-host.sh", "/etc/zsh/zprofile", "/etc/fish/conf.d/dagger-runner-host.fish"]),
    (Scope("manager", "o"), Shells(), None, ["/etc/systemd/system.conf.d/50-dagger-runner-host.conf"]),
    (Scope("unit", "o", units=("a.service", "b@.service")), Shells(), None,
     ["/etc/systemd/system/a.service.d/50-dagger-runner-host.conf",
      "/etc/systemd/system/b@.service.d/50-dagger-runner-host.conf"]),
    (Scope("file", "o", path="/opt/.env"), Shells(), None, ["/opt/.env"]),
    (Scope("user", "o", user="u"), Shells(), Home("/home/u/", "/bin/sh"),
     ["/home/u/.config/environment.d/50-dagger-runner-host.conf", "/home/u/.profile"]),
    (Scope("user", "o", user="u"), Shells(), Home("/home/u", "/bin/bash", (".bash_login", ".profile")),
     ["/home/u/.config/environment.d/50-dagger-runner-host.conf", "/home/u/.profile", "/home/u/.bash_login"]),
    (Scope("user", "o", user="u"), Shells(), Home("/home/u", "/usr/bin/fish", (".zprofile",)),
     ["/home/u/.config/environment.d/50-dagger-runner-host.conf", "/home/u/.profile", "/home/u/.zprofile",
      "/home/u/.config/fish/conf.d/dagger-runner-host.fish"]),
])
def test_targets(scope: Scope, shells: Shells, home: Optional[Home], paths: list) -> None:
    """A scope has the files that its readers need, and no others."""
    assert [one.path for one in targets(scope, shells, home)] == paths


CONTENTS = (
    None, b"", b"A=b\n", b"A=b", b"# a comment\n\nA=b\r\nC='d'\n", b"\xff\xfe raw\n", b"# %s=x\n" % VARIABLE.encode(),
    b"X_%s=y\n" % VARIABLE.encode())


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("target", [FILE, PROFILE])
def test_there_and_back(content: Optional[bytes], target: Target) -> None:
    """Put, put again, put another, take: to the byte as it was before."""
    first = put(target, URL, content, None, replace=False)
    assert first.content is not None and WRITERS[target.reader](URL).encode() in first.content
    assert first.content.startswith(content or b"")
    again = put(target, URL, first.content, first.kept, replace=False)
    assert again == first
    other = put(target, "unix:///other", first.content, first.kept, replace=False)
    assert other.content is not None and URL.encode() not in other.content and b"unix:///other" in other.content
    assert "unix:///other" in value_in(other.content, target.form, other.kept)
    assert take(target.path, other.content, target.form, other.kept).content == content


def test_others_come_and_go_around_ours() -> None:
    """What is written around our part later stays."""
    for target in (FILE, PROFILE):
        first = put(target, URL, b"A=b", None, replace=False)
        later = b"B=c\n" + (first.content or b"") + b"C=d\n"
        assert put(target, URL, later, first.kept, replace=False).content == later
        assert take(target.path, later, target.form, first.kept).content == b"B=c\nA=b\nC=d\n"


def test_foreign_line() -> None:
    """A line of another's hand: refused; replaced on a word, and given back; untouched where it says the same."""
    content = b"A=b\n%s = tcp://x:1 \nC=d\n" % VARIABLE.encode()
    with pytest.raises(SlipwayError) as caught:
        put(FILE, URL, content, None, replace=False)
    assert caught.value.reason == "in_the_way" and "replace: true" in caught.value.message
    assert "tcp://x" not in caught.value.message
    done = put(FILE, URL, content, None, replace=True)
    assert done.content == b"A=b\n%s" % OURS.encode() + b"C=d\n"
    assert put(FILE, URL, done.content, done.kept, replace=False) == done
    assert take(FILE.path, done.content, "line", done.kept).content == content
    same = b"A=b\n" + OURS.encode()
    assert put(FILE, URL, same, None, replace=False) == (same, None, "")
    assert take(FILE.path, same, "line", None).content == same
    with pytest.raises(SlipwayError):
        put(FILE, URL, content + content, None, replace=True)


def test_changed_since() -> None:
    """A line of ours that somebody changed: put back with a word, or left alone when it goes."""
    first = put(FILE, URL, b"", None, replace=False)
    changed = b"%s=tcp://y:1\n" % VARIABLE.encode()
    back = put(FILE, URL, changed, first.kept, replace=False)
    assert back.content == first.content and "changed by somebody else" in back.note
    gone = take(FILE.path, changed, "line", first.kept)
    assert gone.content == changed and gone.kept is None and "it stays" in gone.note
    lost = put(FILE, URL, b"A=b\n", first.kept, replace=False)
    assert "taken out" in lost.note and OURS.encode() in (lost.content or b"")


def test_own_file() -> None:
    """A file that is not ours is neither overwritten nor removed."""
    with pytest.raises(SlipwayError) as caught:
        put(DROP_IN, URL, b"[Service]\n", None, replace=True)
    assert caught.value.reason == "in_the_way"
    done = put(DROP_IN, URL, None, None, replace=False)
    assert form_in(done.content, None) == "own" and form_in(b"[Service]\n", None) == ""
    assert take(DROP_IN.path, done.content, "own", done.kept).content is None
    kept = take(DROP_IN.path, b"[Service]\n", "own", done.kept)
    assert kept.content == b"[Service]\n" and "it stays" in kept.note


def test_environment_and_dollars() -> None:
    """Its two readers disagree on what a dollar sign is."""
    target = FILE._replace(path="/etc/environment")
    with pytest.raises(SlipwayError) as caught:
        put(target, URL, b"", None, replace=False)
    assert caught.value.reason == "unquotable"
    assert put(target, "unix:///x", b"", None, replace=False).content is not None


PROFILE_D = Target("/etc/profile.d/dagger-runner-host.sh", "sh", "own", "login")


@pytest.mark.parametrize("target, other, folder, counts", [
    (PROFILE_D, "/etc/profile.d/zz.sh", "/etc/profile.d", True),
    (PROFILE_D, "/etc/profile.d/a.sh", "/etc/profile.d", False),
    (PROFILE_D, "/etc/bash.bashrc", "", True),
    (PROFILE_D, "/etc/zsh/zlogin", "", False),
    (PROFILE_D._replace(path="/etc/zsh/zprofile"), "/etc/zsh/zlogin", "", True),
    (PROFILE_D._replace(path="/etc/fish/conf.d/dagger-runner-host.fish"), "/etc/fish/config.fish", "", True),
    (PROFILE_D, "/home/u/.bashrc", "", False),
    (PROFILE, "/home/u/.bashrc", "", True),
    (PROFILE, "/home/u/.config/environment.d/99.conf", "/home/u/.config/environment.d", False),
    (PROFILE._replace(path="/home/u/.config/environment.d/50-dagger-runner-host.conf"),
     "/home/u/.config/environment.d/99.conf", "/home/u/.config/environment.d", True),
    (Target("/etc/systemd/system.conf.d/50-dagger-runner-host.conf", "manager", "own", "manager"),
     "/etc/systemd/system.conf.d/60.conf", "/etc/systemd/system.conf.d", True),
])
def test_overriding(target: Target, other: str, folder: str, counts: bool) -> None:
    """Only what the same readers read, and after ours."""
    assert overriding(target, {other: folder}) == ((other,) if counts else ())


def test_kept_is_remembered() -> None:
    """What was noted at the first write survives the next ones."""
    first: Tuple[Optional[bytes], Optional[Kept], str] = put(PROFILE, URL, b"A=b", None, replace=False)
    kept = first[1]._replace(folders=("/x",)) if first[1] else None
    second = put(PROFILE, "unix:///other", first[0], kept, replace=False)
    assert second.kept is not None and second.kept.glued and second.kept.folders == ("/x",)
