# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where notes lie, and receipts in a folder."""

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core import receipts
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError


def decode(line: str, name: str) -> str:
    """A receipt that is a word."""
    if not line.startswith("ok"):
        raise SlipwayError("receipt_broken", name)
    return line.strip()


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert receipts.folders("system") == ("/run/slipway-runtimes", "/var/lib/slipway-runtimes")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert receipts.folders("user") == (str(tmp_path / "slipway-runtimes"), "/s/slipway-runtimes")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert receipts.folders("user")[1] == "/h/.local/state/slipway-runtimes"


@pytest.mark.parametrize("kind", ["missing", "there", "file", "link", "open"])
def test_a_folder_of_ones_own(tmp_path: Path, kind: str) -> None:
    """Where anybody may have been faster."""
    folder = tmp_path / "own"
    if kind == "file":
        folder.write_text("")
    elif kind == "link":
        folder.symlink_to(tmp_path)
    elif kind != "missing":
        folder.mkdir()
        os.chmod(str(folder), 0o700 if kind == "there" else 0o777)
    if kind in ("missing", "there"):
        assert receipts._private(str(folder)) == str(folder) and folder.stat().st_mode & 0o777 == 0o700
    else:
        with pytest.raises(SlipwayError):
            receipts._private(str(folder))


def test_there_and_back(tmp_path: Path) -> None:
    """What is no receipt is left out, what is so already is left alone, and the folder goes with the last."""
    folder = str(tmp_path / "slipway-runtimes" / "x")
    assert receipts.read_all(folder, decode) == {}
    receipts.write_all(folder, {"b": "ok 2\n", "a": "ok 1\n", "c": None})
    (Path(folder) / "broken.json").write_text("no")
    (Path(folder) / ".hidden.json").write_text("ok 3")
    assert receipts.read_all(folder, decode) == {"a": "ok 1", "b": "ok 2"}
    before: Any = os.stat(receipts.path_of(folder, "a"))
    (Path(folder) / ".a.json.slipway-half").write_text("half")
    receipts.write_all(folder, {"a": "ok 1\n", "b": None})
    assert os.stat(receipts.path_of(folder, "a")).st_ino == before.st_ino
    assert sorted(os.listdir(folder)) == [".hidden.json", "a.json", "broken.json"]
    for name in (".hidden.json", "broken.json"):
        (Path(folder) / name).unlink()
    receipts.write_all(folder, {"a": None})
    assert not os.path.exists(folder)
