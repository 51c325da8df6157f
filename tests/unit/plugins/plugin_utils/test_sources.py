# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that the controller brings: fetched once, and never handed on unless they are what the user trusts."""

import functools
import hashlib
import http.server
import shutil
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
from ansible import constants as C

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import (
    Binary, Checksum, Fetching, Signature)
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils import sources

DATA = Path(__file__).resolve().parents[1] / "module_utils" / "binaries" / "data"
SIGNER, STRANGER = ((DATA / name).read_text() for name in ("signer.asc", "stranger.asc"))
CONTENT = b"a program\n"
FETCHING = Fetching(controller=True, allow_http=True, proxy="")

pytestmark = pytest.mark.skipif(shutil.which("gpgv") is None, reason="there is no gpgv on this machine")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Binary]:
    """A program and its signature on a server."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "program").write_bytes(CONTENT)
    shutil.copy(str(DATA / "program.asc"), str(tmp_path / "www" / "program.asc"))
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path / "tmp"))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "www"))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *words: None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = "http://127.0.0.1:%d/program" % server.server_address[1]
    yield Binary(
        name="x", option="binaries[x]", url=url, checksum=Checksum("sha256", hashlib.sha256(CONTENT).hexdigest()),
        signature=Signature(key=SIGNER, url=url + ".asc"))
    server.shutdown()
    server.server_close()


def signed(binary: Binary, **changes: Any) -> Binary:
    """The same with another signature."""
    assert binary.signature is not None
    return binary._replace(signature=binary.signature._replace(**changes))


def test_downloaded(served: Binary, tmp_path: Path) -> None:
    """What fits its digest and is signed by somebody else is not kept, and what was taken once is not trusted for another key."""
    path = sources.downloaded(served, FETCHING)
    assert Path(path).read_bytes() == CONTENT and sources.downloaded(served, FETCHING) == path
    for wrong, reason in (
        (signed(served, key=STRANGER), "signature_refused"), (signed(served, url=served.url + ".sig"), "download_failed"),
        (signed(served, url=served.url), "signature_refused"),
    ):
        for _again in range(2):
            with pytest.raises(SlipwayError) as caught:
                sources.downloaded(wrong, FETCHING)
            assert caught.value.reason == reason and caught.value.option.startswith("binaries[x].signature")
    assert [one.name for one in (tmp_path / "tmp" / "slipway-sources").glob("source-*") if one.suffix == ""] == [Path(path).name]


def test_of_the_controller(served: Binary, tmp_path: Path) -> None:
    """A file, with a signature that is a file too, or is fetched."""
    path = str(tmp_path / "www" / "program")
    local = served._replace(url="", src=path)
    sources.verify(local, FETCHING, path)
    sources.verify(signed(local, url="", src=path + ".asc"), FETCHING, path)
    with pytest.raises(SlipwayError) as caught:
        sources.verify(signed(local, url="", src=path + ".asc", key=STRANGER), FETCHING, path)
    assert caught.value.reason == "signature_refused"
    sources.verify(local._replace(signature=None), FETCHING, "/nothing")
