# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting things in place and back."""

import os
from pathlib import Path

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core import swap
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.swap import Unit


def make(path: Path, kind: str, content: str) -> None:
    """A file, a tree or nothing."""
    if kind == "file":
        path.write_text(content)
    elif kind == "tree":
        path.mkdir()
        (path / "inside").write_text(content)


def content_of(path: Path) -> str:
    """What is there, '' for nothing."""
    if path.is_dir():
        return (path / "inside").read_text()
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("old", ["file", "tree", ""])
@pytest.mark.parametrize("new", ["file", "tree", ""])
def test_forward_and_back(tmp_path: Path, old: str, new: str) -> None:
    """All pairs."""
    dest, staged, aside = tmp_path / "dest", tmp_path / "new", tmp_path / "old"
    make(dest, old, "old")
    make(staged, new, "new")
    if not old and not new:
        return
    unit = Unit(str(dest), str(staged) if new else "", swap.inode_of(str(staged)) if new else 0, str(aside) if old else "")
    assert swap.back(unit) == "" and content_of(dest) == ("old" if old else "")
    swap.forward(unit)
    assert content_of(dest) == ("new" if new else "") and content_of(aside) == ("old" if old else "")
    assert swap.back(unit) == "" and content_of(dest) == ("old" if old else "")
    assert not aside.exists()
    assert swap.back(unit) == ""


def test_back_from_between(tmp_path: Path) -> None:
    """Killed between the two steps of each kind."""
    dest, staged, aside = tmp_path / "dest", tmp_path / "new", tmp_path / "old"
    make(staged, "file", "new")
    unit = Unit(str(dest), str(staged), swap.inode_of(str(staged)), "")
    os.link(str(staged), str(dest))
    assert swap.back(unit) == "" and not dest.exists()
    make(dest, "file", "old")
    unit = unit._replace(old=str(aside))
    os.link(str(dest), str(aside))
    assert swap.back(unit) == "" and content_of(dest) == "old" and not aside.exists()
    os.rename(str(dest), str(aside))
    assert swap.back(unit) == "" and content_of(dest) == "old" and not aside.exists()


def test_back_from_a_copy(tmp_path: Path) -> None:
    """Copied aside, and killed while the original was removed: only what is left of that very folder goes."""
    dest, aside = tmp_path / "dest", tmp_path / "old"
    make(dest, "tree", "half")
    make(aside, "tree", "old")
    unit = Unit(str(dest), str(tmp_path / "new"), 1, str(aside))
    (tmp_path / "old.copied").write_text("7")
    assert str(aside) in swap.back(unit) and content_of(dest) == "half"
    (tmp_path / "old.copied").write_text(str(swap.inode_of(str(dest))))
    assert swap.back(unit) == "" and content_of(dest) == "old" and not aside.exists()


def test_nobody_is_overwritten(tmp_path: Path) -> None:
    """What came meanwhile stays, going forward and going back."""
    dest, staged, aside = tmp_path / "dest", tmp_path / "new", tmp_path / "old"
    make(staged, "file", "new")
    make(dest, "file", "stranger")
    unit = Unit(str(dest), str(staged), swap.inode_of(str(staged)), "")
    with pytest.raises(SlipwayError):
        swap.forward(unit)
    assert swap.back(unit) == "" and content_of(dest) == "stranger"
    make(aside, "file", "old")
    assert str(aside) in swap.back(unit._replace(old=str(aside))) and content_of(dest) == "stranger"


def test_copy_keeps_everything(tmp_path: Path) -> None:
    """Modes, times, links; a pipe is refused."""
    source = tmp_path / "a"
    make(source, "tree", "x")
    os.symlink("inside", str(source / "l"))
    os.chmod(str(source / "inside"), 0o4711)
    os.utime(str(source / "inside"), ns=(10**18, 10**18 + 1))
    os.utime(str(source), ns=(10**18, 10**18 + 2))
    swap.copy(str(source), str(tmp_path / "b"))
    for name in ("", "inside"):
        was, now = os.stat(str(source / name)), os.stat(str(tmp_path / "b" / name))
        assert (was.st_mode, was.st_mtime_ns, was.st_uid) == (now.st_mode, now.st_mtime_ns, now.st_uid)
    assert os.readlink(str(tmp_path / "b" / "l")) == "inside"
    os.mkfifo(str(source / "p"))
    with pytest.raises(SlipwayError):
        swap.copy(str(source), str(tmp_path / "c"))
