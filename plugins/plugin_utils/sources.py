# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources that the controller brings: digested and downloaded once a run, however many hosts want them."""

import contextlib
import fcntl
import hashlib
import os
from typing import Iterator

from ansible import constants as C

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries import fetch
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, Fetching


def sha256_of(path: str) -> str:
    """The SHA-256 of a file, read once a run. Raises OSError."""
    facts = os.stat(path)
    key = "%s %d %d %d %d" % (os.path.realpath(path), facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
    with _locked("digest-" + _short(key)) as note:
        with contextlib.suppress(FileNotFoundError):
            with open(note) as known:
                return known.read()
        found = fetch.digests_of(path).sha256
        _write(note, found)
        return found


def downloaded(binary: Binary, fetching: Fetching) -> str:
    """The path of a binary's verified source, fetched once a run. Raises SlipwayError."""
    key = "%s %s %s" % (fetch.address(binary.url, fetching.mirror), binary.checksum, binary.signature)
    with _locked("source-" + _short(key)) as path:
        if not os.path.exists(path):
            part = path + ".part"
            _forget(part)
            fetch.download(binary, fetching, part)
            _verify(binary, fetching, part)
            os.rename(part, path)
        return path


def verify(binary: Binary, fetching: Fetching, path: str) -> None:
    """Check the signature of a binary's source at path, where it has one, once a run. Raises SlipwayError."""
    if binary.signature is not None:
        with _locked("signature-" + _short("%s %s" % (sha256_of(path), binary.signature))) as note:
            if not os.path.exists(note):
                _verify(binary, fetching, path)
                _write(note, "")


def _verify(binary: Binary, fetching: Fetching, path: str) -> None:
    if binary.signature is None:
        return
    from ansible_collections.slipway.runtimes.plugins.module_utils.binaries import signature

    where = binary.signature.src
    if not where:
        where = os.path.join(_folder(), "signature-%s.part" % _short(path + binary.signature.url))
        _forget(where)
        fetch.download_signature(binary, fetching, where)
    signature.verify(binary, path, where)


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


@contextlib.contextmanager
def _locked(name: str) -> Iterator[str]:
    """A path of that name in the run's own folder, while no other worker is at it. The folder goes when the run ends."""
    path = os.path.join(_folder(), name)
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _folder() -> str:
    folder = os.path.join(C.DEFAULT_LOCAL_TMP, "slipway-sources")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


def _write(path: str, text: str) -> None:
    with open(path + ".part", "w") as out:
        out.write(text)
    os.rename(path + ".part", path)


def _short(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
