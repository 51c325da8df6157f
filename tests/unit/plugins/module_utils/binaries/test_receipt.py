# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe says of our files, in the shells that there are."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries import receipt as receipts
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.plan import state_of
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.receipt import Asked, Found, Placed, Receipt
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script

NONCE = "0123456789abcdef"


@pytest.fixture
def ask(shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Found]:
    """ask(ASKED, DIGEST): what each shell of this machine says. Receipts lie below tmp_path."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "slipway-runtimes" / "binaries").mkdir(parents=True)

    def call(asked: Asked, *, digest: bool = False) -> Found:
        questions = receipts.questions([asked], digest=digest, scope="user")
        done = subprocess.run(
            shell, input=script(questions, nonce=NONCE).encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False)
        assert done.stderr == b""
        snapshot = parse(done.stdout.decode("utf-8", "surrogateescape"), nonce=NONCE)
        assert snapshot is not None and snapshot.complete, (done.stdout, snapshot)
        return receipts.read(snapshot, [asked])[asked.name]

    return call


def place(tmp_path: Path, ask: Callable[..., Found]) -> Receipt:
    """A file and a tree with all that a tree can have, and the receipt of both."""
    file, tree = tmp_path / "a [file] of $HOME \u00e4", tmp_path / "tree"
    file.write_text("content")
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "with space").write_text("x")
    (tree / "link").symlink_to("deep/with space")
    receipt = Receipt(name="youki", version="1", sha256="a", sha512="b", files=tuple(
        Placed(src="", dest=str(path), mode="", owner="", group="", kind=kind)
        for path, kind in ((file, "file"), (tree, "tree"))))
    write(receipt)
    seen = ask(asked_of(receipt)).seen
    receipt = receipt._replace(files=tuple(
        one._replace(stat=seen[one.dest].stat, sha256=seen[one.dest].sha256) for one in receipt.files))
    assert all(len(one.sha256) == 64 and one.stat for one in receipt.files)
    write(receipt)
    return receipt


def write(receipt: Receipt) -> None:
    """Put a receipt where the probe reads it."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "slipway-runtimes" / receipts.RECEIPTS / (receipt.name + ".json")
    path.write_bytes(receipts.encode(receipt).encode("utf-8", "surrogateescape"))


def asked_of(receipt: Receipt, *more: str) -> Asked:
    """All of its paths, and more."""
    return Asked(receipt.name, tuple(one.dest for one in receipt.files) + more)


def states(receipt: Receipt, found: Found) -> Dict[str, str]:
    """By the last part of each path."""
    return {one.kind: state_of(one, found.seen[one.dest]) for one in receipt.files}


def test_known_by_stat(ask: Callable[..., Found], tmp_path: Path) -> None:
    """Nothing is read but by request."""
    receipt = place(tmp_path, ask)
    found = ask(asked_of(receipt))
    assert found.receipt == receipt
    assert [one.sha256 for one in found.seen.values()] == ["", ""]
    found = ask(asked_of(receipt), digest=True)
    assert [found.seen[one.dest].sha256 for one in receipt.files] == [one.sha256 for one in receipt.files]
    assert states(receipt, found) == {"file": "same", "tree": "same"}


EDITS: Dict[str, Any] = {
    "touched": (lambda file, tree: (os.utime(str(file), (1, 1)), os.utime(str(tree / "deep/with space"), (1, 1))), "stale", "stale"),
    "written": (lambda file, tree: (file.write_text("CONTENT"), (tree / "deep/with space").write_text("y")), "changed", "changed"),
    "mode": (lambda file, tree: (file.chmod(0o700), (tree / "deep").chmod(0o700)), "attributes", "changed"),
    "gone": (lambda file, tree: (file.unlink(), (tree / "deep/with space").unlink()), "missing", "changed"),
    "added": (lambda file, tree: (tree / "new").write_text(""), "same", "changed"),
    "link": (lambda file, tree: ((tree / "link").unlink(), (tree / "link").symlink_to("deep")), "same", "changed"),
    "kinds": (lambda file, tree: (file.unlink(), file.symlink_to("x"), shutil.rmtree(str(tree)), tree.write_text("")), "other", "other"),
}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_edits(ask: Callable[..., Found], tmp_path: Path, name: str) -> None:
    """What somebody did."""
    receipt = place(tmp_path, ask)
    edit, file, tree = EDITS[name]
    edit(Path(receipt.files[0].dest), Path(receipt.files[1].dest))
    assert states(receipt, ask(asked_of(receipt))) == {"file": file, "tree": tree}


def test_foreign_and_missing(ask: Callable[..., Found], tmp_path: Path) -> None:
    """What no receipt names is neither read nor entered."""
    receipt = place(tmp_path, ask)
    (tmp_path / "other").mkdir()
    (tmp_path / "dangling").symlink_to("nothing")
    found = ask(asked_of(receipt, *(str(tmp_path / name) for name in ("other", "dangling", "nothing", "receipts/x/y"))))
    kinds = [one.kind for one in found.seen.values()]
    assert kinds == ["file", "tree", "foreign", "foreign", "missing", "missing"]
    assert found.seen[str(tmp_path / "other")].sha256 == ""
    nothing = ask(Asked("unknown", (receipt.files[0].dest,)))
    assert nothing.receipt is None and nothing.seen[receipt.files[0].dest].kind == "foreign"


def test_source(ask: Callable[..., Found], tmp_path: Path) -> None:
    """Read once, then known by its stat; through a link; gone."""
    receipt = place(tmp_path, ask)
    source = tmp_path / "source"
    source.write_text("source")
    (tmp_path / "link").symlink_to("source")
    asked = Asked("youki", (), str(tmp_path / "link"))
    found = ask(asked)
    assert len(found.source_sha256) == 64 and found.source_stat
    write(receipt._replace(source_stat=found.source_stat))
    again = ask(asked)
    assert again.source_sha256 == "" and again.source_stat == found.source_stat
    source.unlink()
    assert ask(asked).source_stat == ""
