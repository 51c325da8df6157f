# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives: what comes out of good ones, and what hostile ones are told."""

import gzip
import io
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries import archive
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.archive import Limits, Taking
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError


def member(name: str, content: bytes = b"x", *, kind: bytes = tarfile.REGTYPE, mode: int = 0o755, link: str = "",
           pax: Optional[dict] = None) -> Tuple[tarfile.TarInfo, bytes]:
    """One member of a tar archive."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    info.uid, info.gid, info.uname = 12345, 12345, "somebody"
    info.pax_headers = pax or {}
    return info, content


def tar_of(path: Path, *members: Tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> str:
    """Write an archive."""
    with tarfile.open(str(path), mode, format=tarfile.PAX_FORMAT) as out:
        for info, content in members:
            out.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return str(path)


FOLDER = dict(kind=tarfile.DIRTYPE)
LINK = dict(kind=tarfile.SYMTYPE)
HARD = dict(kind=tarfile.LNKTYPE)
GOOD = (
    member("./", **FOLDER), member("./top", **FOLDER), member("./top/run", b"program"), member("./top/data", b"data", mode=0o666),
    member("./top/deep/nested", b"deep"), member("./top/deep/up", link="../run", **LINK),
    member("./top/same", link="./top/data", **HARD), member("./readme", b"words", mode=0o600))


def take(source: str, folder: Path, *srcs: str, limits: Limits = Limits()) -> List[str]:
    """Take members into numbered targets; returns their paths."""
    targets = [str(folder / ("out-%d" % index)) for index in range(len(srcs))]
    archive.take(source, [Taking(src, target) for src, target in zip(srcs, targets)], limits=limits)
    return targets


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_takes_only_what_is_named(tmp_path: Path, mode: str) -> None:
    """Files and trees, whatever compresses them."""
    source = tar_of(tmp_path / "a", *GOOD, mode=mode)
    assert archive.kind_of(source) == "tar" + {"w": "", "w:gz": ".gz", "w:bz2": ".bz2", "w:xz": ".xz"}[mode]
    (tmp_path / "o").mkdir()
    run, tree = take(source, tmp_path / "o", "top/run", "top")
    assert Path(run).read_bytes() == b"program" and stat.S_IMODE(os.stat(run).st_mode) == 0o755
    found = sorted(str(one.relative_to(tree)) for one in Path(tree).rglob("*"))
    assert found == ["data", "deep", "deep/nested", "deep/up", "run", "same"]
    assert stat.S_IMODE(os.stat(tree + "/data").st_mode) == 0o644
    assert os.readlink(tree + "/deep/up") == "../run" and Path(tree + "/same").read_bytes() == b"data"
    assert os.stat(tree + "/data").st_uid == os.getuid()
    assert sorted(one.name for one in (tmp_path / "o").iterdir()) == ["out-0", "out-1"]


def test_takes_all(tmp_path: Path) -> None:
    """'.' is the whole archive as one tree."""
    (tmp_path / "o").mkdir()
    tree, = take(tar_of(tmp_path / "a", *GOOD), tmp_path / "o", ".")
    assert sorted(one.name for one in Path(tree).iterdir()) == ["readme", "top"]


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd here")
def test_takes_from_zstd(tmp_path: Path) -> None:
    """By the host's program, or Python's own module; a cut archive is broken."""
    plain = tar_of(tmp_path / "a", *GOOD, member("top/big", os.urandom(1 << 20)), mode="w")
    subprocess.run(["zstd", "-q", plain, "-o", plain + ".zst"], check=True)
    (tmp_path / "o").mkdir()
    run, = take(plain + ".zst", tmp_path / "o", "top/run")
    assert Path(run).read_bytes() == b"program"
    raw = Path(plain + ".zst").read_bytes()
    Path(plain + ".zst").write_bytes(raw[:len(raw) // 2])
    with pytest.raises(SlipwayError) as caught:
        take(plain + ".zst", tmp_path, "top/big")
    assert caught.value.reason == "archive_broken"


def test_names_what_is_missing_for_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a module nor a program."""
    (tmp_path / "a").write_bytes(b"\x28\xb5\x2f\xfd" + b"\0" * 600)
    monkeypatch.setattr(archive.shutil, "which", lambda name: None)

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(archive.importlib, "import_module", missing)
    with pytest.raises(SlipwayError) as caught:
        take(str(tmp_path / "a"), tmp_path, "run")
    assert caught.value.reason == "zstd_missing" and "'zstd'" in caught.value.message


HOSTILE = {
    "absolute": ([member("/etc/passwd")], "absolute path"),
    "upwards": ([member("../../etc/passwd")], "leads out"),
    "upwards inside": ([member("top/../../x")], "leads out"),
    "link out": ([member("top/l", link="../../x", **LINK)], "leads out"),
    "absolute link": ([member("top/l", link="/etc/passwd", **LINK)], "leads out"),
    "link through a link": (
        [member("top/here", link="./a", **LINK), member("top/l", link="here/../../../x", **LINK)], "leads out"),
    "empty link": ([member("top/l", link="", **LINK)], "leads out"),
    "written through a link": (
        [member("top/d", link="a", **LINK), member("top/d/x")], "no folder"),
    "folder turned link": ([member("top/d/x"), member("top/d", link="a", **LINK)], "twice"),
    "hard link out": ([member("top/h", link="../x", **HARD)], "leads out"),
    "absolute hard link": ([member("top/h", link="/etc/shadow", **HARD)], "absolute"),
    "hard link to nothing": ([member("top/h", link="top/nothing", **HARD)], "leads out"),
    "hard link to a link": ([member("top/l", link="run", **LINK), member("top/h", link="top/l", **HARD)], "leads out"),
    "device": ([member("top/dev", kind=tarfile.CHRTYPE)], "device"),
    "block device": ([member("dev", kind=tarfile.BLKTYPE)], "device"),
    "pipe": ([member("top/fifo", kind=tarfile.FIFOTYPE)], "device"),
    "set-uid": ([member("top/su", mode=0o4755)], "set-id"),
    "set-gid": ([member("elsewhere", mode=0o2755)], "set-id"),
    "twice": ([member("top/run", b"other")], "twice"),
    "twice by another name": ([member("top//./run", b"other")], "twice"),
    "file below a file": ([member("top/run/x")], "no folder"),
    "control characters": ([member("top/a\nb")], "control"),
    "sparse": ([member("top/s", pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "top/s",
                                     "GNU.sparse.realsize": "1"}, content=b"1\n0\n1\n".ljust(512, b"\0") + b"x")], "sparse"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_refuses(tmp_path: Path, name: str) -> None:
    """Hostile members, wanted or not, and nothing outside the target."""
    members, words = HOSTILE[name]
    (tmp_path / "o").mkdir()
    source = tar_of(tmp_path / "a", *(GOOD + tuple(members)))
    with pytest.raises(SlipwayError) as caught:
        take(source, tmp_path / "o", "top")
    assert caught.value.reason == "archive_refused" and words in caught.value.message, caught.value.message
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "o"]
    assert sorted(one.name for one in (tmp_path / "o").iterdir()) == ["out-0"]


def test_refuses_a_link_as_the_file(tmp_path: Path) -> None:
    """It says what to name instead."""
    source = tar_of(tmp_path / "a", member("run-1.2"), member("run", link="run-1.2", **LINK))
    with pytest.raises(SlipwayError) as caught:
        take(source, tmp_path, "run")
    assert "'run-1.2'" in caught.value.message


def test_refuses_a_link_out_of_the_tree(tmp_path: Path) -> None:
    """It stays in the archive, but not in what is taken of it."""
    source = tar_of(tmp_path / "a", member("other"), member("top/l", link="../other", **LINK))
    with pytest.raises(SlipwayError) as caught:
        take(source, tmp_path, "top")
    assert "out of 'top'" in caught.value.message


def bomb(path: Path) -> str:
    """A small archive with very much in it."""
    return tar_of(path, member("run"), member("zeros", b"\0" * (8 << 20)))


@pytest.mark.parametrize("limits, words", [
    (Limits(slack=1 << 20), "unpacks to more"), (Limits(total=1 << 20), "unpacks to more"), (Limits(members=1), "members")])
def test_refuses_bombs(tmp_path: Path, limits: Limits, words: str) -> None:
    """By size, by ratio, by number, although only a small member is wanted."""
    with pytest.raises(SlipwayError) as caught:
        take(bomb(tmp_path / "a"), tmp_path, "run", limits=limits)
    assert caught.value.reason == "archive_refused" and words in caught.value.message


def test_reads_no_large_header_into_memory(tmp_path: Path) -> None:
    """A header may say that it has gigabytes."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 8 << 20
    with gzip.open(str(tmp_path / "a"), "wb") as out:
        out.write(info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * (8 << 20))
    with pytest.raises(SlipwayError) as caught:
        take(str(tmp_path / "a"), tmp_path, "run")
    assert caught.value.reason == "archive_refused" and "header" in caught.value.message


BREAKS = {
    "cut": lambda raw: raw[:len(raw) // 2],
    "cut at the end": lambda raw: raw[:-4],
    "flipped": lambda raw: raw[:len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 0xff]) + raw[len(raw) // 2 + 1:],
}


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("name", sorted(BREAKS))
def test_broken(tmp_path: Path, mode: str, name: str) -> None:
    """Truncated and damaged archives."""
    source = Path(tar_of(tmp_path / "a", *GOOD, member("noise", os.urandom(1 << 20)), mode=mode))
    source.write_bytes(BREAKS[name](source.read_bytes()))
    with pytest.raises(SlipwayError) as caught:
        take(str(source), tmp_path, "noise")
    assert caught.value.reason == "archive_broken", caught.value.message


def test_broken_header_is_not_the_end(tmp_path: Path) -> None:
    """tarfile takes a header that it cannot read, behind a good one, for the end of the archive."""
    source = Path(tar_of(tmp_path / "a", member("one"), member("two"), mode="w"))
    raw = bytearray(source.read_bytes())
    raw[1024 + 148:1024 + 156] = b"garbage!"
    source.write_bytes(bytes(raw))
    with pytest.raises(SlipwayError) as caught:
        take(str(source), tmp_path, "one")
    assert caught.value.reason == "archive_broken"


def test_compressed_but_no_tar(tmp_path: Path) -> None:
    """A bare binary in gzip."""
    with gzip.open(str(tmp_path / "a"), "wb") as out:
        out.write(b"\x7fELF" + os.urandom(2000))
    with pytest.raises(SlipwayError) as caught:
        take(str(tmp_path / "a"), tmp_path, "one")
    assert caught.value.reason == "archive_broken"


def test_says_what_is_near(tmp_path: Path) -> None:
    """A name that the archive does not have."""
    with pytest.raises(SlipwayError) as caught:
        take(tar_of(tmp_path / "a", *GOOD), tmp_path, "run")
    assert caught.value.reason == "not_in_archive" and "'top/run'" in caught.value.message


# -- zip


def zip_of(path: Path, *entries: Tuple[str, bytes, int]) -> str:
    """Write an archive of (name, content, mode with type)."""
    with zipfile.ZipFile(str(path), "w", zipfile.ZIP_DEFLATED) as out:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, content)
    return str(path)


def test_takes_from_zip(tmp_path: Path) -> None:
    """Files, trees, links; folders that have no entry."""
    source = zip_of(
        tmp_path / "a", ("top/bin/run", b"program", 0o100755), ("top/l", b"bin/run", 0o120777), ("top/plain", b"x", 0o600))
    assert archive.kind_of(source) == "zip"
    (tmp_path / "o").mkdir()
    tree, run = take(source, tmp_path / "o", "top", "top/bin/run")
    assert os.readlink(tree + "/l") == "bin/run" and Path(run).read_bytes() == b"program"
    assert [stat.S_IMODE(os.stat(tree + one).st_mode) for one in ("/bin/run", "/plain", "/bin")] == [0o755, 0o600, 0o755]


@pytest.mark.parametrize("entry, words", [
    (("../x", b"x", 0o100644), "leads out"), (("/x", b"x", 0o100644), "absolute"), (("a\\..\\x", b"x", 0o100644), "backslash"),
    (("l", b"/etc/passwd", 0o120777), "leads out"), (("l", b"../x", 0o120777), "leads out"), (("f", b"", 0o010644), "pipe"),
    (("su", b"x", 0o104755), "set-id"), (("run", b"x", 0o100644), "twice"), (("zeros", b"\0" * (8 << 20), 0o100644), "more than")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refuses_zip(tmp_path: Path, entry: Tuple[str, bytes, int], words: str) -> None:
    """Hostile entries."""
    source = zip_of(tmp_path / "a", ("run", b"x", 0o100755), entry)
    with pytest.raises(SlipwayError) as caught:
        take(source, tmp_path, "run", limits=Limits(slack=1 << 20))
    assert caught.value.reason == "archive_refused" and words in caught.value.message, caught.value.message


def test_refuses_encrypted_zip(tmp_path: Path) -> None:
    """The flag alone tells."""
    source = Path(zip_of(tmp_path / "a", ("run", b"x", 0o100755)))
    raw = bytearray(source.read_bytes())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 8:entry + 10] = struct.pack("<H", 1)
    source.write_bytes(bytes(raw))
    with pytest.raises(SlipwayError) as caught:
        take(str(source), tmp_path, "run")
    assert "encrypted" in caught.value.message


@pytest.mark.parametrize("change", [lambda raw: raw[:len(raw) // 2], lambda raw: raw[:40] + b"\xff" * 20 + raw[60:]])
def test_broken_zip(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """Truncated and damaged."""
    source = Path(zip_of(tmp_path / "a", ("run", os.urandom(3000), 0o100755)))
    source.write_bytes(change(source.read_bytes()))
    with pytest.raises(SlipwayError) as caught:
        take(str(source), tmp_path, "run")
    assert caught.value.reason == "archive_broken"


def test_no_archive(tmp_path: Path) -> None:
    """A program, a script, nothing at all."""
    for content in (b"\x7fELF" + b"\0" * 600, b"#!/bin/sh\n", b""):
        (tmp_path / "a").write_bytes(content)
        assert archive.kind_of(str(tmp_path / "a")) == ""
