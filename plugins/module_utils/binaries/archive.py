# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking named files and folders out of an archive that nobody trusts.

Every member is read and judged, wanted or not; nothing is written but what is named, by this module's own hand. What an
archive says of owners and of write permissions for others is not taken over.
"""

import bz2
import contextlib
import difflib
import gzip
import importlib
import lzma
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from ..core.errors import SlipwayError

_CHUNK = 1 << 20
# Headers of a tar archive are read into memory whole.
_HEADER_SIZE = 1 << 20
_MAGIC = (
    (b"\x1f\x8b", "tar.gz"), (b"BZh", "tar.bz2"), (b"\xfd7zXZ\x00", "tar.xz"), (b"\x28\xb5\x2f\xfd", "tar.zst"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))
_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_BAD_HEADERS = (
    tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError,
    tarfile.SubsequentHeaderError)  # type: ignore[attr-defined]
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, UnicodeError, ValueError,
           NotImplementedError)


class Limits(NamedTuple):
    """What an archive may hold. total: bytes unpacked. ratio: unpacked to packed, above slack bytes. members: how
    many."""

    total: int = 16 << 30
    ratio: int = 200
    slack: int = 64 << 20
    members: int = 200000


class Taking(NamedTuple):
    """src: what is wanted, '.' for everything. target: the path that it is written to; its folder is there."""

    src: str
    target: str


class _Member(NamedTuple):
    """path: normal, without './'. kind: file, folder, link (to what the text target says), hard (to another member)."""

    path: str
    kind: str
    mode: int = 0
    size: int = 0
    target: str = ""


def kind_of(path: str) -> str:
    """tar, tar.gz, tar.bz2, tar.xz, tar.zst, zip; '' for what is no archive. By content, whatever the name."""
    with open(path, "rb") as source:
        head = source.read(512)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return "tar" if head[257:262] == b"ustar" else ""


def take(path: str, takings: Sequence[Taking], *, limits: Limits = Limits()) -> None:
    """Write what is wanted of an archive. Files have the archive's modes, without set-id and without write permission
    for group and others.

    Raises SlipwayError for whatever makes an archive refused; then targets may be half written. OSError is the
    target's.
    """
    kind = kind_of(path)
    taker = _Taker(takings, limits)
    try:
        if kind == "zip":
            _read_zip(path, taker, limits)
        else:
            with contextlib.ExitStack() as stack:
                _read_tar(_opened(path, kind, stack), os.path.getsize(path), taker, limits)
    except _BROKEN as error:
        raise SlipwayError("archive_broken", "the %s archive is broken: %s" % (kind, error or type(error).__name__))
    except OSError as error:
        if error.errno is None:  # the decompressors' own
            raise SlipwayError("archive_broken", "the %s archive is broken: %s" % (kind, error))
        raise
    taker.finish()


class _Taker:
    """Judges members in order, and writes those that are wanted."""

    def __init__(self, takings: Sequence[Taking], limits: Limits) -> None:
        self.takings = takings
        self.limits = limits
        self.count = 0
        self.total = 0
        self.kinds: Dict[str, str] = {}  # path -> kind, of all members
        self.taken: Set[str] = set()  # the srcs that were met
        self.folders: List[Tuple[str, int]] = []  # written folders and the modes that they get at the end

    def member(self, one: _Member, content: Callable[[], BinaryIO]) -> None:
        """Judge a member, and write it where it is wanted. content: opens a file's bytes."""
        self.count += 1
        if self.count > self.limits.members:
            raise _refused("it has more than %d members" % self.limits.members)
        if not one.path:
            return
        self._judge(one)
        targets = self._targets(one)
        if not targets:
            return
        if one.kind == "file":
            self._write(one, [target for _taking, target in targets], content)
        elif one.kind == "folder":
            for _taking, target in targets:
                self._folder(target, one.mode)
        else:
            for taking, target in targets:
                self._link(one, taking, target)

    def _judge(self, one: _Member) -> None:
        known = self.kinds.get(one.path)
        if known is not None and not known == one.kind == "folder":
            raise _refused("'%s' is in it twice" % one.path)
        self.kinds[one.path] = one.kind
        parts = one.path.split("/")
        for index in range(1, len(parts)):
            parent = "/".join(parts[:index])
            if self.kinds.setdefault(parent, "folder") != "folder":
                raise _refused("'%s' lies below '%s', which is no folder" % (one.path, parent))
        if one.mode & (stat.S_ISUID | stat.S_ISGID) and one.kind != "folder" or one.mode & stat.S_ISUID:
            raise _refused("'%s' has a set-id bit" % one.path)
        self.total += one.size
        if self.total > self.limits.total:
            raise _refused("it unpacks to more than %d bytes" % self.limits.total)
        if one.kind == "link" and not _stays(one, ""):
            raise _refused("the link '%s' leads out of it" % one.path)

    def _targets(self, one: _Member) -> List[Tuple[Taking, str]]:
        found = []
        for taking in self.takings:
            if taking.src == ".":
                found.append((taking, os.path.join(taking.target, one.path)))
            elif one.path == taking.src:
                found.append((taking, taking.target))
            elif one.path.startswith(taking.src + "/"):
                found.append((taking, os.path.join(taking.target, one.path[len(taking.src) + 1:])))
        self.taken.update(taking.src for taking, _target in found)
        for taking, target in found:
            if target != taking.target:
                self._folder(os.path.dirname(target), None)
        return found

    def _folder(self, path: str, mode: Any) -> None:
        """Make a folder and those above it. mode: of its own entry, None where it has none yet."""
        missing = []
        folder = path
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for one in reversed(missing):
            os.mkdir(one, 0o700)
            self.folders.append((one, 0o755))
        if mode is not None:
            self.folders.append((path, mode & 0o755 | 0o700))

    def _write(self, one: _Member, targets: Sequence[str], content: Callable[[], BinaryIO]) -> None:
        source = content()
        left = one.size
        with contextlib.ExitStack() as stack:
            outs = []
            for target in targets:
                handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
                outs.append(stack.enter_context(os.fdopen(handle, "wb")))
            while left:
                chunk = source.read(min(_CHUNK, left))
                if not chunk:
                    raise EOFError("'%s' ends %d bytes early" % (one.path, left))
                left -= len(chunk)
                for out in outs:
                    out.write(chunk)
            if source.read(1):
                raise _refused("'%s' is longer than it says" % one.path)
            for out in outs:
                out.flush()
                os.fchmod(out.fileno(), one.mode & 0o755 | 0o400)
                os.fsync(out.fileno())

    def _link(self, one: _Member, taking: Taking, target: str) -> None:
        if target == taking.target:
            raise _refused("'%s' is a link to '%s'; name that in 'src'" % (one.path, one.target))
        if one.kind == "link":
            if not _stays(one, "" if taking.src == "." else taking.src):
                raise _refused("the link '%s' leads out of '%s', which is all that is taken" % (one.path, taking.src))
            os.symlink(one.target, target)
            return
        inside = taking.src == "." or one.target.startswith(taking.src + "/")
        if not inside or self.kinds.get(one.target) != "file":
            raise _refused("the hard link '%s' leads out of '%s', which is all that is taken" % (one.path, taking.src))
        below = one.target if taking.src == "." else one.target[len(taking.src) + 1:]
        os.link(os.path.join(taking.target, below), target)

    def finish(self) -> None:
        """What can only be said at the end. Raises SlipwayError where something wanted was not there."""
        for taking in self.takings:
            if taking.src not in self.taken:
                near = difflib.get_close_matches(taking.src, self.kinds, n=3, cutoff=0.3) or sorted(
                    path for path in self.kinds if path.split("/")[-1] == taking.src.split("/")[-1])
                raise SlipwayError(
                    "not_in_archive", "the archive has no '%s'%s" % (
                        taking.src, "; it has " + ", ".join("'%s'" % one for one in near) if near else ""))
        # The last word on a folder counts; the inner ones first, for a folder may lose its own permissions.
        for folder, mode in sorted(dict(self.folders).items(), reverse=True):
            os.chmod(folder, mode)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _stays(link: _Member, root: str) -> bool:
    """Whether a symbolic link stays below root ('' for the archive). '..' counts only in front: behind a name it may
    begin at the other end of another link."""
    parts = [part for part in link.target.split("/") if part not in ("", ".")]
    if link.target.startswith("/") or not parts:
        return False
    ups = 0
    while ups < len(parts) and parts[ups] == "..":
        ups += 1
    if ".." in parts[ups:]:
        return False
    below = link.path[len(root):].strip("/")
    return ups <= below.count("/")


def _normal(name: str) -> str:
    """A member's path without './' and '//'. Raises SlipwayError where it leads elsewhere."""
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise _refused("a name has control characters: %r" % name)
    if name.startswith("/"):
        raise _refused("'%s' is an absolute path" % name)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _refused("'%s' leads out of it" % name)
    return "/".join(parts)


def _refused(what: str) -> SlipwayError:
    return SlipwayError("archive_refused", "the archive is refused: %s" % what)


# -- tar


class _Info(tarfile.TarInfo):
    """A member whose headers have a size that fits into memory, and that is not taken for the end where it is
    broken."""

    def _proc_member(self, tarfile):  # type: ignore[no-untyped-def]  # pylint: disable=redefined-outer-name
        if self.type in _HEADERS and self.size > _HEADER_SIZE:
            raise _refused("a header of it has %d bytes" % self.size)
        return super()._proc_member(tarfile)  # type: ignore[misc]

    @classmethod
    def fromtarfile(cls, tarfile):  # type: ignore[no-untyped-def]  # pylint: disable=redefined-outer-name
        try:
            return super().fromtarfile(tarfile)
        except _BAD_HEADERS as error:
            raise EOFError("a header of it is no header: %s" % error)


class _Metered:
    """A stream that ends what unpacks to too much."""

    def __init__(self, source: BinaryIO, packed: int, limits: Limits) -> None:
        self.source = source
        self.count = 0
        self.most = min(limits.total, max(limits.slack, packed * limits.ratio))

    def read(self, size: int = -1) -> bytes:
        """Bytes of the stream. Raises SlipwayError behind the limit."""
        found = self.source.read(size if size >= 0 else _CHUNK)
        self.count += len(found)
        if self.count > self.most:
            raise _refused("it unpacks to more than %d bytes" % self.most)
        return found


def _read_tar(source: BinaryIO, packed: int, taker: _Taker, limits: Limits) -> None:
    stream = _Metered(source, packed, limits)
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Info, errorlevel=2) as archive:  # type: ignore[call-overload]
        for info in archive:
            taker.member(_tar_member(info), lambda info=info: archive.extractfile(info))  # type: ignore[misc]
            archive.members = []  # it would keep them all
    # To the end, for there are the decompressors' own checksums.
    while stream.read(_CHUNK):
        pass


def _tar_member(info: tarfile.TarInfo) -> _Member:
    path = _normal(info.name)
    if info.issparse():
        raise _refused("'%s' is a sparse file" % path)
    if info.isdir():
        return _Member(path, "folder", mode=info.mode)
    if info.issym():
        return _Member(path, "link", target=info.linkname)
    if info.islnk():
        return _Member(path, "hard", target=_normal(info.linkname))
    if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
        return _Member(path, "file", mode=info.mode, size=info.size)
    raise _refused("'%s' is a device, a pipe or something else that is no file" % path)


def _opened(path: str, kind: str, stack: contextlib.ExitStack) -> BinaryIO:
    """The archive's unpacked stream."""
    if kind == "tar.gz":
        return stack.enter_context(gzip.open(path, "rb"))  # type: ignore[return-value]
    if kind == "tar.bz2":
        return stack.enter_context(bz2.open(path, "rb"))  # type: ignore[return-value]
    if kind == "tar.xz":
        return stack.enter_context(lzma.open(path, "rb"))  # type: ignore[return-value]
    if kind == "tar.zst":
        return stack.enter_context(_unzstd(path))
    return stack.enter_context(open(path, "rb"))


@contextlib.contextmanager
def _unzstd(path: str) -> Iterator[BinaryIO]:
    """A zstd stream, by Python 3.14's own module or by the host's program."""
    try:
        zstd = importlib.import_module("compression.zstd")
    except ImportError:
        zstd = None
    if zstd is not None:
        try:
            with zstd.open(path, "rb") as stream:
                yield stream
        except zstd.ZstdError as error:
            raise EOFError(str(error))
        return
    program = shutil.which("zstd") or shutil.which("unzstd")
    if program is None:
        raise SlipwayError(
            "zstd_missing", "the archive is packed with zstd, and this host can unpack that neither by a program "
            "'zstd' (its "
            "distribution's package of that name) nor by Python (3.14 or newer)")
    with open(path, "rb") as source, tempfile.TemporaryFile() as words:
        # A stream that is read as it comes, which run_command cannot give.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [program, "-d", "-c", "-q"], stdin=source, stdout=subprocess.PIPE, stderr=words, close_fds=True)
        try:
            yield process.stdout  # type: ignore[misc]
            process.stdout.close()  # type: ignore[union-attr]
            code = process.wait()
            words.seek(0)
            if code != 0:
                said = words.read(500).decode("utf-8", "replace").strip()
                raise EOFError("zstd says: %s" % (said or "code %d" % code))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()  # type: ignore[union-attr]


# -- zip


def _read_zip(path: str, taker: _Taker, limits: Limits) -> None:
    most = min(limits.total, max(limits.slack, os.path.getsize(path) * limits.ratio))
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > most:
            raise _refused("it unpacks to more than %d bytes" % most)
        for info in infos:
            taker.member(_zip_member(archive, info), lambda info=info: archive.open(info))  # type: ignore[misc]


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    if "\\" in info.filename:
        raise _refused("'%s' has a backslash" % info.filename)
    path = _normal(info.filename)
    if info.flag_bits & 1:
        raise _refused("'%s' is encrypted" % path)
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if info.filename.endswith("/"):
        return _Member(path, "folder", mode=stat.S_IMODE(mode) or 0o755)
    if kind == stat.S_IFLNK:
        if info.file_size > 4096:
            raise _refused("the link '%s' is longer than a path" % path)
        return _Member(path, "link", target=archive.read(info).decode("utf-8", "surrogateescape"))
    if kind not in (0, stat.S_IFREG):
        raise _refused("'%s' is a device, a pipe or something else that is no file" % path)
    return _Member(path, "file", mode=stat.S_IMODE(mode) or 0o644, size=info.file_size)
