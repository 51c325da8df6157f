# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting staged files and trees in place of old ones, and back, whatever point a kill left it at."""

import errno
import os
import shutil
import stat
from typing import NamedTuple

from . import host
from .errors import SlipwayError


# Beside what was set aside as a copy: the inode of the original.
_NOTE = ".copied"


class Unit(NamedTuple):
    """One path. new: what is staged for it, '' where it goes. inode: of that. old: where the old one is set aside, ''
    where there was none. All three lie on one file system."""

    dest: str
    new: str
    inode: int
    old: str


def forward(unit: Unit) -> None:
    """Put the new one in place, or take the old one away. Raises SlipwayError where somebody else was faster."""
    if unit.old and unit.new and not _is_folder(unit.dest) and not _is_folder(unit.new):
        _link(unit.dest, unit.old)  # so that there is no moment without the file
        os.rename(unit.new, unit.dest)
    elif unit.old:
        _set_aside(unit.dest, unit.old)
        if unit.new:
            os.rename(unit.new, unit.dest)
    elif _is_folder(unit.new):
        if os.path.lexists(unit.dest):
            raise _taken(unit)
        os.rename(unit.new, unit.dest)
    else:
        try:
            os.link(unit.new, unit.dest, follow_symlinks=False)  # unlike a rename it overwrites nothing
        except FileExistsError:
            raise _taken(unit)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
            os.rename(unit.new, unit.dest)
        else:
            os.unlink(unit.new)
    host.sync_folder(os.path.dirname(unit.dest))


def back(unit: Unit) -> str:
    """Undo forward(), as far as it came. Says what could not be put back because somebody else took its place, else
    ''."""
    if _inode(unit.dest) == unit.inode and unit.new:
        if unit.old and os.path.lexists(unit.old) and not _is_folder(unit.dest) and not _is_folder(unit.old):
            os.rename(unit.old, unit.dest)
        else:
            if os.path.lexists(unit.new):
                os.unlink(unit.dest)  # linked, and not yet unlinked where it was staged
            else:
                os.rename(unit.dest, unit.new)
            if unit.old and os.path.lexists(unit.old):
                os.rename(unit.old, unit.dest)
    elif unit.old and os.path.lexists(unit.old):
        if not os.path.lexists(unit.dest):
            os.rename(unit.old, unit.dest)
        elif _inode(unit.dest) == _inode(unit.old):
            os.unlink(unit.old)
        elif _copied(unit):
            remove(unit.dest)
            os.rename(unit.old, unit.dest)
        else:
            return "%s was put there by somebody else meanwhile, and was left; what was there before lies at %s" % (
                unit.dest, unit.old)
    else:
        return ""
    host.sync_folder(os.path.dirname(unit.dest))
    return ""


def copy(source: str, target: str) -> None:
    """Copy a file, a link or a tree to a new path with all that belongs to it: owners, modes, times, ACLs, SELinux
    context.

    Raises SlipwayError on a device, a pipe or a socket.
    """
    facts = os.lstat(source)
    if stat.S_ISLNK(facts.st_mode):
        os.symlink(os.readlink(source), target)
    elif stat.S_ISREG(facts.st_mode):
        with open(source, "rb") as reading, open(target, "xb") as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
            writing.flush()
            os.fsync(writing.fileno())
    elif stat.S_ISDIR(facts.st_mode):
        os.mkdir(target, 0o700)
        for name in os.listdir(source):
            copy(os.path.join(source, name), os.path.join(target, name))
    else:
        raise SlipwayError("not_kept", "%s is a device, a pipe or a socket, which cannot be set aside" % source)
    os.lchown(target, facts.st_uid, facts.st_gid)
    shutil.copystat(source, target, follow_symlinks=False)


def remove(path: str) -> None:
    """Remove a file, a link or a tree. Nothing to do where there is none."""
    if _is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):  # a read-only file system refuses the call before it looks
        os.unlink(path)


def inode_of(path: str) -> int:
    """The inode of a path itself."""
    return os.lstat(path).st_ino


def _inode(path: str) -> int:
    try:
        return os.lstat(path).st_ino
    except FileNotFoundError:
        return -1


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _set_aside(path: str, target: str) -> None:
    """Rename a file or a folder. A folder of an overlay's lower layer, as images have them, cannot be renamed: it is copied,
    noted as such, and removed."""
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV or not _is_folder(path):
            raise
        copy(path, target + ".part")
        with open(target + _NOTE, "x") as note:
            note.write(str(_inode(path)))
        os.rename(target + ".part", target)
        host.sync_folder(os.path.dirname(target))
        remove(path)


def _copied(unit: Unit) -> bool:
    """Whether what is at dest is the rest of what was copied to old."""
    note = host.read(unit.old + _NOTE)
    return note is not None and note == str(_inode(unit.dest)).encode("ascii")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        copy(source, target)


def _taken(unit: Unit) -> SlipwayError:
    return SlipwayError("in_the_way", "%s was put there by somebody else during this run" % unit.dest)
