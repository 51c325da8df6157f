# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader: its script in the shells that there are, and what is made of its output."""

import hashlib
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import (
    Question, Snapshot, digest_question, file_question, parse, part_question, program_question, quote, script)

NONCE = "0123456789abcdef"
MARK = "slipway-" + NONCE


@pytest.fixture
def ask(shell_alone):
    """ask(QUESTION...): the Snapshot by each shell of this machine, and how long it took."""

    def call(*questions):
        started = time.time()
        done = subprocess.run(
            shell_alone, input=script(questions, nonce=NONCE).encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False)
        snapshot = parse(done.stdout.decode("utf-8", "surrogateescape"), nonce=NONCE)
        assert snapshot is not None, (done.stdout, done.stderr)
        return snapshot, time.time() - started

    return call


CONTENTS = (b"", b"\n", b"no newline", b"{}\n", bytes(bytearray(range(256))) * 40, b"\\n%s%d\\\n", b"\r\n\t")


def test_files(ask, tmp_path):
    """Content to the byte, mode, owner, size and inode."""
    paths = []
    for number, content in enumerate(CONTENTS):
        path = tmp_path / ("a file's \"name\" $HOME `id` %d" % number)
        path.write_bytes(content)
        path.chmod(0o640)
        paths.append(path)
    snapshot, _seconds = ask(*[file_question("f.%d" % number, str(path)) for number, path in enumerate(paths)])
    assert snapshot.complete, snapshot.trouble
    for number, (path, content) in enumerate(zip(paths, CONTENTS)):
        facts, really = snapshot.file("f.%d" % number), path.stat()
        assert (facts.kind, facts.path, facts.target, facts.content) == ("file", str(path), str(path), content)
        assert (facts.mode, facts.uid, facts.size, facts.inode) == ("640", really.st_uid, len(content), really.st_ino)
        assert (facts.mtime_s, facts.ctime_s) == (int(really.st_mtime), int(really.st_ctime))


def test_what_is_no_file(ask, tmp_path):
    """Missing, a folder, a FIFO, links of all kinds: said, and none of them read."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "turned").symlink_to("folder")
    (tmp_path / "folder" / "real").write_bytes(b"y")
    os.mkfifo(str(tmp_path / "fifo"))
    names = ("missing", "folder", "fifo", "link", "dangling", "turned/real", "no/folder")
    snapshot, seconds = ask(*[file_question("f.%d" % number, str(tmp_path / name)) for number, name in enumerate(names)])
    facts = {name: snapshot.file("f.%d" % number) for number, name in enumerate(names)}
    assert seconds < 5 and snapshot.complete
    assert {name: one.kind for name, one in facts.items()} == {
        "missing": "missing", "folder": "other", "fifo": "other", "link": "file", "dangling": "dangling", "turned/real": "file",
        "no/folder": "missing"}
    assert (facts["link"].target, facts["link"].content) == (str(tmp_path / "real"), b"x")
    assert facts["dangling"].target == str(tmp_path / "nowhere")
    assert (facts["turned/real"].target, facts["turned/real"].content) == (str(tmp_path / "folder" / "real"), b"y")
    assert facts["folder"].content is None and facts["missing"].content is None


def test_programs(ask, tmp_path):
    """Output and exit code as they are; stderr where it was asked for; stdin is nothing."""
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\ncat\nprintf "%s|" "$@"\necho oh >&2\nprintf "last"\nexit 3\n')
    program.chmod(0o755)
    argv = [str(program), "a b", "$HOME", "'", "*"]
    snapshot, seconds = ask(
        program_question("plain", argv, seconds=10), program_question("loud", argv, seconds=10, stderr=True),
        program_question("absent", ["/no/such/program"], seconds=10))
    assert seconds < 8
    plain, loud, absent = (snapshot.program(name) for name in ("plain", "loud", "absent"))
    assert (plain.output, plain.code, plain.hung) == (b"a b|$HOME|'|*|last", 3, False)
    assert (loud.output, loud.code) == (b"a b|$HOME|'|*|oh\nlast", 3)
    assert absent.code == 127 and not absent.hung
    assert snapshot.program("never asked") is None


HANGERS = (
    "exec sleep 30", "sleep 30 & sleep 31 & wait", "trap '' TERM HUP INT; sleep 30; sleep 31", "setsid sleep 7 & sleep 30",
    "setsid sleep 7 & exit 0", "(sleep 30 &) ; exit 0",
)


def test_hangers(ask, tmp_path):
    """A program that hangs, or leaves behind what does: the answer is there within the limit and a second."""

    def call(number):
        program = tmp_path / ("hanger-%d" % number)
        program.write_text("#!/bin/sh\necho said\n%s\n" % HANGERS[number])
        program.chmod(0o755)
        return ask(program_question("hanger", [str(program)], seconds=1), Question("after", "s_say after still here"))

    # Three at a time: they wait for nothing but their limit.
    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(pool.map(call, range(len(HANGERS))))
    for how, (snapshot, seconds) in zip(HANGERS, found):
        answer = snapshot.program("hanger")
        # Starting the shell and, where it is alone, its own namespace is not the program's time.
        assert seconds < 1 + 1 + 0.5, how
        assert answer.hung is (not how.endswith("exit 0")), how
        assert answer.output.startswith(b"said"), how
        assert snapshot.word("after", "still") == "here", how


def test_a_flood(ask, tmp_path):
    """A program that says too much is cut, not waited for."""
    program = tmp_path / "flood"
    program.write_text("#!/bin/sh\nexec yes\n")
    program.chmod(0o755)
    snapshot, seconds = ask(program_question("flood", [str(program)], seconds=2))
    answer = snapshot.program("flood")
    assert seconds < 2 + 1 + 2 and answer.code is None and len(answer.output) <= 1 << 20


def test_a_forged_end(ask, tmp_path):
    """A program that prints what looks like our lines is taken by its word, not by ours."""
    program = tmp_path / "forger"
    program.write_text("#!/bin/sh\nprintf 'config\\tkind\\tfile\\nslipway-ffff end\\n'\n")
    program.chmod(0o755)
    snapshot, _seconds = ask(program_question("forger", [str(program)], seconds=5), Question("after", "s_say after still here"))
    assert "config" not in snapshot.answers and snapshot.word("after", "still") == "here"


def test_parts_and_digests(ask, tmp_path):
    """Questions that are asked apart, and the digest of a file."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    snapshot, _seconds = ask(
        Question("one", "v=1"), part_question("apart", [file_question("f", str(path)), Question("v", "v=2; s_say v is $v")]),
        Question("two", "s_say two is $v"), digest_question("digest", str(path)), digest_question("none", str(tmp_path / "absent")))
    assert snapshot.part("apart").file("f").content == b"content" and snapshot.part("apart").word("v", "is") == "2"
    assert snapshot.word("two", "is") == "1"
    assert snapshot.word("digest", "sha256") == hashlib.sha256(b"content").hexdigest()
    assert list(snapshot.trouble) == ["none"]


@pytest.mark.parametrize("output", [
    "", "banner\n", MARK + " begin\n", MARK + " begin\nx\tkind\tfile\n", MARK + " end\n", "slipway-ffff begin\nslipway-ffff end\n"])
def test_no_end(output):
    """A script that did not come to its end has said nothing."""
    assert parse(output, nonce=NONCE) is None


def test_around_the_markers():
    """Banners around, carriage returns within, and lines that are no answers."""
    output = "Welcome\r\n%s begin\r\na\tb\tc\r\na\tb\td\tand tab\r\nnonsense\r\nx\ttrouble\tunreadable\r\n%s end\r\nBye\r\n" % (MARK, MARK)
    snapshot = parse(output, nonce=NONCE)
    assert snapshot.words("a", "b") == ["c", "d\tand tab"]
    assert not snapshot.complete
    assert snapshot.trouble == {"script": ["a line that is no answer"], "x": ["unreadable"]}


@pytest.mark.parametrize("hexed, output, code, hung", [
    (b"out\n\nM 0\n", b"out\n", 0, False), (b"out\n\nM 137\n", b"out\n", None, True), (b"\n\nM nolimit\n", b"\n", None, False),
    (b"cut", b"", None, False), (b"\nM 142", b"", None, True), (b"no newline\nM 3\n", b"no newline", 3, False)])
def test_program_answers(hexed, output, code, hung):
    """What a program's answer says of its end."""
    snapshot = Snapshot(answers={"p": {"answer.hex": ["".join("%02x" % byte for byte in hexed)]}}, trouble={})
    assert snapshot.program("p") == (output, code, hung)


def test_torn_answers():
    """Torn answers are errors, and no guesses."""
    snapshot = Snapshot(answers={"p": {"answer.hex": ["0"]}, "f": {}}, trouble={})
    for call in (lambda: snapshot.program("p"), lambda: snapshot.file("f")):
        with pytest.raises(SlipwayError) as caught:
            call()
        assert caught.value.reason == "probe_answer"


@pytest.mark.parametrize("text, word", [("a", "'a'"), ("a'b", "'a'\"'\"'b'"), ("", "''"), ("$x `y` \\", "'$x `y` \\'")])
def test_quote(text, word):
    """One word of sh."""
    assert quote(text) == word


def test_quote_nul():
    """No sh can carry it."""
    with pytest.raises(SlipwayError):
        quote("a\0b")
