# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue against a release server of our own, and what is changed in its files."""

import difflib
import hashlib
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import catalogue
import pytest
import yaml
from catalogue_text import Noted, scalar, with_version

from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import FOLDER, load

YOUKI = "/github.com/youki-dev/youki/releases/download/v{0}/youki-{0}-{1}-{2}.tar.gz"
GVISOR = "/storage.googleapis.com/gvisor/releases/release/{0}/{1}/{2}"


def sha(content: bytes, kind: str = "sha256") -> str:
    """A digest as the catalogue has it."""
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


class Server:
    """Serves what is put into 'content' by path, on loopback."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self) -> None:
                """A file, or 404."""
                outer.asked.append(self.path)
                found = outer.content.get(self.path)
                self.send_response(404 if found is None else 200)
                self.send_header("Content-Length", str(len(found or b"") + (found == b"cut")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(found or b"")

            do_HEAD = do_GET

            def log_message(self, *_words: Any) -> None:
                """Not to the terminal."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def bases(self) -> list[str]:
        """The options that lead there."""
        hosts = ("api.github.com", "github.com", "storage.googleapis.com")
        port = self.server.server_address[1]
        return [word for host in hosts for word in ("--base", f"https://{host}=http://127.0.0.1:{port}/{host}")]

    def release(self, repository: str, *tags: str, **facts: bool) -> None:
        """What the list of releases says."""
        listed = [dict({"tag_name": tag, "draft": False, "prerelease": False}, **facts) for tag in tags]
        self.content[f"/api.github.com/repos/{repository}/releases?per_page=100"] = json.dumps(listed).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    """An empty one."""
    found = Server()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The catalogue, to be changed."""
    shutil.copytree(FOLDER, tmp_path / "catalogue")
    return tmp_path / "catalogue"


def lines(before: str, after: str) -> list[str]:
    """What a change takes out and puts in."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[0] in "+-"]


def run(server: Server, folder: Path, do: str, name: str) -> int:
    """The tool, on one file."""
    return catalogue.main([do, *server.bases(), "--folder", str(folder), name])


def known(folder: Path, server: Server, *, content: bytes = b"youki 0.5.7") -> None:
    """Serve youki as the catalogue in the folder says it, with digests of what is served."""
    path = folder / "youki.yml"
    text = path.read_text()
    for machine in ("x86_64", "aarch64"):
        server.content[YOUKI.format("0.5.7", machine, "gnu")] = content
        server.content[YOUKI.format("0.5.7", machine, "musl")] = b"musl"
        text = text.replace(load("youki")["layouts"][0]["sources"][0]["checksums"]["0.5.7"][machine], sha(b"youki 0.5.7"))
    path.write_text(text)
    server.release("youki-dev/youki", "v0.5.7", "v0.5.6")


def test_check(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All is there, and as it is said to be; nothing is changed."""
    known(folder, server)
    before = (folder / "youki.yml").read_bytes()
    assert run(server, folder, "check", "youki") == 0
    assert capsys.readouterr().out.splitlines() == [
        "youki: is as the catalogue says", "1 as upstream says, 0 not, 0 could not be asked after"]
    assert (folder / "youki.yml").read_bytes() == before


def test_check_finds_another_content(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both digests are shown."""
    known(folder, server, content=b"something else")
    assert run(server, folder, "check", "youki") == 1
    said = capsys.readouterr().out
    assert sha(b"something else") in said and sha(b"youki 0.5.7") in said


def test_check_finds_what_is_gone(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An error where there is a digest, a word where there is none."""
    known(folder, server)
    del server.content[YOUKI.format("0.5.7", "aarch64", "musl")]
    assert run(server, folder, "check", "youki") == 0
    assert "has no digest, and is not there" in capsys.readouterr().out
    del server.content[YOUKI.format("0.5.7", "aarch64", "gnu")]
    assert run(server, folder, "check", "youki") == 1
    assert "404" in capsys.readouterr().out


def test_check_finds_what_is_not_signed(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the catalogue says that it is."""
    address = "/github.com/containers/crun/releases/download/1.17/crun-1.17-linux-amd64"
    path = folder / "crun.yml"
    digests = load("crun")["layouts"][0]["sources"][0]["checksums"]["1.17"]
    path.write_text(path.read_text().replace(digests["x86_64"], sha(b"crun")))
    for machine in ("aarch64", "ppc64le"):
        path.write_text("".join(line for line in path.open() if digests[machine] not in line))
    server.content.update({address: b"crun", address + ".asc": b"signed"})
    server.release("containers/crun", "1.17")
    assert run(server, folder, "check", "crun") == 0, capsys.readouterr().out
    del server.content[address + ".asc"]
    assert run(server, folder, "check", "crun") == 1
    assert "crun: its signature: " in capsys.readouterr().out


def test_check_tells_of_a_newer_one(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no error."""
    known(folder, server)
    server.release("youki-dev/youki", "v0.7.0", "v0.10.0", "v0.11.0-rc1", "w0.12.0")
    assert run(server, folder, "check", "youki") == 0
    assert "youki: 0.10.0 is out, and the catalogue has 0.5.7" in capsys.readouterr().out


def test_unreached(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody answers: nothing is known, and nothing is wrong. What breaks off is no content."""
    known(folder, server)
    server.content[YOUKI.format("0.5.7", "x86_64", "gnu")] = b"cut"
    assert run(server, folder, "check", "youki") == catalogue.UNREACHED
    assert "broke off" in capsys.readouterr().out
    server.server.shutdown()
    server.server.server_close()
    assert run(server, folder, "check", "youki") == catalogue.UNREACHED
    assert "not checked" in capsys.readouterr().out


def test_update(server: Server, folder: Path) -> None:
    """Version and digests together, above the older ones, and no other line; then there is nothing to do."""
    server.release("youki-dev/youki", "v0.7.0", "v0.5.7")
    for machine in ("x86_64", "aarch64"):
        server.content[YOUKI.format("0.7.0", machine, "gnu")] = machine.encode()
    server.content[YOUKI.format("0.7.0", "x86_64", "musl")] = b"musl"
    before = (folder / "youki.yml").read_text()
    assert run(server, folder, "update", "youki") == 0
    after = (folder / "youki.yml").read_text()
    assert lines(before, after) == [
        "- version: 0.5.7", "+ version: 0.7.0",
        "+           0.7.0:", f"+             x86_64: {sha(b'x86_64')}", f"+             aarch64: {sha(b'aarch64')}",
        "+         checksums:", "+           0.7.0:", f"+             x86_64: {sha(b'musl')}"]
    assert run(server, folder, "update", "youki") == 0
    assert (folder / "youki.yml").read_text() == after


def test_update_into_another_layout(server: Server, folder: Path) -> None:
    """gVisor's archive: one download for both of its parts, of the kind of digest that the file has."""
    server.release("google/gvisor", "release-20260907.0")
    for machine in ("x86_64", "aarch64"):
        server.content[GVISOR.format("20260907.0", machine, "gvisor.tar.bz2")] = machine.encode()
    assert run(server, folder, "update", "gvisor") == 0
    entry = load("gvisor", str(folder))
    expected = {machine: sha(machine.encode(), "sha512") for machine in ("x86_64", "aarch64")}
    assert entry["version"] == "20260907.0"
    assert [one["checksums"] for one in entry["layouts"][0]["sources"]] == [{"20260907.0": expected}] * 2
    assert entry["layouts"][1] == load("gvisor")["layouts"][1]
    assert len([path for path in server.asked if path.endswith(".bz2")]) == 2


def test_update_of_what_is_not_there(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A release without its files leaves the catalogue as it is."""
    server.release("youki-dev/youki", "v0.7.0")
    server.content[YOUKI.format("0.7.0", "x86_64", "musl")] = b"musl"
    before = (folder / "youki.yml").read_bytes()
    assert run(server, folder, "update", "youki") == 1
    assert "youki-0.7.0-aarch64-gnu.tar.gz: 404" in capsys.readouterr().out
    assert (folder / "youki.yml").read_bytes() == before
    assert [one.name for one in folder.iterdir() if one.suffix != ".yml"] == []


def test_update_of_one_without_a_default(server: Server, folder: Path) -> None:
    """It gets one."""
    server.release("opencontainers/runc", "v1.4.0")
    server.content["/github.com/opencontainers/runc/releases/download/v1.4.0/runc.amd64"] = b"runc"
    before = (folder / "runc.yml").read_text()
    assert run(server, folder, "update", "runc") == 0
    assert lines(before, (folder / "runc.yml").read_text()) == [
        "+ version: 1.4.0", "+         checksums:", "+           1.4.0:", f"+             x86_64: {sha(b'runc')}"]


def test_packages_are_not_asked_after(server: Server, folder: Path) -> None:
    """They have no releases."""
    assert run(server, folder, "check", "nvidia") == 0 and server.asked == []


@pytest.mark.parametrize("name", ["crun", "gvisor", "kata", "runc", "wasmtime", "youki"])
def test_every_file_can_be_changed(name: str) -> None:
    """Every layout and source of it, and what else is in it stays."""
    text = (Path(FOLDER) / f"{name}.yml").read_text()
    entry = yaml.safe_load(text)
    noted = [
        Noted(number, index, {"x86_64": sha(b"a")})
        for number, layout in enumerate(entry["layouts"])
        for index in range(len(layout["sources"]))
    ]
    changed = with_version(text, "99999999.9", noted)
    assert all(line[0] == "+" or line.startswith("- version:") for line in lines(text, changed))


@pytest.mark.parametrize("text, expected", [("1.17.1", "1.17.1"), ("1.17", "'1.17'"), ("2026", "'2026'"), ("v1", "v1")])
def test_scalar(text: str, expected: str) -> None:
    """A version never becomes a number."""
    assert scalar(text) == expected and yaml.safe_load(expected) == text


def test_a_form_that_cannot_be_changed() -> None:
    """It is said, and not guessed at."""
    text = "version: '1'\npath: /a\nlayouts:\n  - sources:\n      - checksums: {}\n        files: []\n"
    with pytest.raises(ValueError):
        with_version(text, "2", [Noted(0, 0, {"x86_64": sha(b"a")})])


RELEASES = {
    "none": ([], ""),
    "the highest": (["v1.9.0", "v1.10.0"], "1.10.0"),
    "another's": (["a/v2.0.0", "v1.0.0"], "1.0.0"),
    "candidates": (["v2.0.0-rc.1", "v1.0.0"], "1.0.0"),
}


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_newest(name: str) -> None:
    """By number, of tags that have the form."""
    tags, expected = RELEASES[name]
    listed = [{"tag_name": tag, "draft": False, "prerelease": False} for tag in tags]
    assert catalogue.newest_of(listed, "v{version}") == expected
    listed.append({"tag_name": "v9.0.0", "draft": True, "prerelease": False})
    listed.append({"tag_name": "v9.0.0", "draft": False, "prerelease": True})
    assert catalogue.newest_of(listed, "v{version}") == expected
