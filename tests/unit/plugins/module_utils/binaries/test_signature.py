# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures by gpgv itself: of the right file by the right key, and of anything else."""

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.signature import verify
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, Signature
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

# Made for these tests, by gpg: two keys, and the first one's signature of CONTENT.
DATA = Path(__file__).resolve().parent / "data"
SIGNER, STRANGER, SIGNED = ((DATA / name).read_text() for name in ("signer.asc", "stranger.asc", "program.asc"))
CONTENT = b"a program\n"

needs_gpgv = pytest.mark.skipif(shutil.which("gpgv") is None, reason="there is no gpgv on this machine")


def check(folder: Path, *, key: str, content: bytes = CONTENT, signature: str = SIGNED) -> None:
    """Verify a file of that content."""
    (folder / "program").write_bytes(content)
    (folder / "program.asc").write_text(signature)
    binary = Binary(name="x", option="binaries[x]", signature=Signature(key=key, url="https://example.com/x.asc"))
    verify(binary, str(folder / "program"), str(folder / "program.asc"))


def unarmored(key: str) -> bytes:
    """A key as gpg keeps it."""
    return base64.b64decode("".join(key.split("\n")[2:-3]))


@needs_gpgv
def test_good(tmp_path: Path) -> None:
    """By a key as text, among others, and with what goes before it; by a file of either form; and by a bare signature."""
    check(tmp_path, key=SIGNER)
    check(tmp_path, key="the keys of all who sign\n" + STRANGER + "\n" + SIGNER.replace("\n\n", "\nComment: x\n\n", 1))
    for content in (SIGNER.encode(), unarmored(SIGNER)):
        (tmp_path / "keys").write_bytes(content)
        check(tmp_path, key=str(tmp_path / "keys"))
    verify(Binary(name="x", option="x"), "/nothing", "/nothing")


@needs_gpgv
@pytest.mark.parametrize("more, said", [
    ({"key": STRANGER}, "another key (F867E662762BD90E)"), ({"content": b"another program\n"}, "another file's"),
    ({"signature": SIGNER}, "gpgv"), ({"signature": "<html>not found</html>"}, "is none"), ({"signature": ""}, "signature"),
])
def test_refused(tmp_path: Path, more: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check(tmp_path, **dict({"key": SIGNER}, **more))
    assert caught.value.reason == "signature_refused" and caught.value.option == "binaries[x].signature"
    assert said in caught.value.message, caught.value.message


@needs_gpgv
@pytest.mark.parametrize("key", ["/no/such/file", SIGNER.replace("mDM", "m!!"), SIGNER[:60]])
def test_bad_keys(tmp_path: Path, key: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check(tmp_path, key=key)
    assert caught.value.reason == "bad_key" and caught.value.option == "binaries[x].signature.key"


def test_without_gpgv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said by its name, with the machine's."""
    monkeypatch.setattr(shutil, "which", lambda *args, **kwargs: None)
    with pytest.raises(SlipwayError) as caught:
        check(tmp_path, key=SIGNER)
    assert caught.value.reason == "gpgv_missing" and "gpgv" in caught.value.message
