# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, locks and programs of this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core import host
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import file_question

ROOT = os.geteuid() == 0


@pytest.fixture(name="config")
def _config(tmp_path: Any) -> str:
    path = tmp_path / "daemon.json"
    path.write_bytes(b"old\n")
    return str(path)


def files(path: str) -> list:
    """What lies beside a file, itself included."""
    return sorted(os.listdir(os.path.dirname(path)))


# -- files


def test_replace_a_new_file(tmp_path: Any) -> None:
    path = str(tmp_path / "x")
    host.replace(path, b"\x00new\n", mode=0o640)
    assert host.read(path) == b"\x00new\n" and os.stat(path).st_mode & 0o7777 == 0o640
    assert files(path) == ["x"]


def test_replace_keeps_what_the_file_has(config: str) -> None:
    os.chmod(config, 0o604)
    if ROOT:
        os.chown(config, 4321, 1234)
    before = os.stat(config)
    host.replace(config, b"new\n", like=config)
    after = os.stat(config)
    assert host.read(config) == b"new\n"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino


def test_replace_keeps_attributes(config: str) -> None:
    try:
        os.setxattr(config, "user.slipway", b"kept")
    except OSError as error:
        pytest.skip("the file system of the tests' folder has no such attributes: %s" % error)
    host.replace(config, b"new\n", like=config)
    assert os.getxattr(config, "user.slipway") == b"kept"


def test_replace_takes_no_list_of_the_folder(config: str) -> None:
    """A folder's default access control list is for new files; this one is an old one with new content."""
    # u::rwx, u:4321:rw-, g::r-x, m::rwx, o::---
    acl = "0200000001000700ffffffff02000600e110000004000500ffffffff10000700ffffffff20000000ffffffff"
    try:
        os.setxattr(os.path.dirname(config), "system.posix_acl_default", bytes.fromhex(acl))
    except OSError as error:
        pytest.skip("the file system of the tests' folder has no access control lists: %s" % error)
    os.chmod(config, 0o644)
    host.replace(config, b"new\n", like=config)
    copy = host.back_up(config)
    for path in (config, copy):
        assert os.stat(path).st_mode & 0o7777 == 0o644 and "system.posix_acl_access" not in os.listxattr(path)


def test_replace_is_atomic(config: str) -> None:
    """A reader that has the old file open reads all of it; one that opens anew reads all of the new one."""
    with open(config, "rb") as reader:
        host.replace(config, b"new and longer\n")
        assert reader.read() == b"old\n"
    assert host.read(config) == b"new and longer\n"


def test_a_replacement_that_fails_leaves_nothing(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError):
        host.replace(config, b"new\n")
    assert host.read(config) == b"old\n" and files(config) == ["daemon.json"]


def test_replace_like_what_is_not_there(config: str) -> None:
    with pytest.raises(FileNotFoundError):
        host.replace(config, b"new\n", like=config + ".absent")
    assert host.read(config) == b"old\n" and files(config) == ["daemon.json"]


def test_remove(config: str) -> None:
    host.remove(config)
    assert host.read(config) is None
    host.remove(config)


def test_folders_of_notes_come_and_go(tmp_path: Any) -> None:
    """With what had to be made above them; not with what others have put there, or had made."""
    state, notes = tmp_path / ".local" / "state", tmp_path / ".local" / "state" / "slipway-runtimes"
    host.keep(str(notes / "binaries" / "x.json"), b"{}", mode=0o644)
    assert [one.stat().st_mode & 0o777 for one in (state, notes, notes / "binaries")] == [0o700, 0o755, 0o755]
    host.remove(str(notes / "binaries" / "x.json"))
    host.remove_empty([str(notes), str(notes / "binaries")])
    assert os.listdir(str(tmp_path)) == []
    host.keep(str(notes / "x"), b"", mode=0o644)
    (state / "other").mkdir()
    host.remove(str(notes / "x"))
    host.remove_empty([str(notes)])
    assert os.listdir(str(state)) == ["other"]
    (state / "other").rmdir()
    host.keep(str(notes / "x"), b"", mode=0o644)
    host.remove(str(notes / "x"))
    host.remove_empty([str(notes)])
    assert os.listdir(str(state)) == []


def test_remove_unfinished(config: str, tmp_path: Any) -> None:
    """Only what replace() left of this very file."""
    ours = host.temporary_prefix(config)
    for name in (ours + "a1", ours + "b2", ".other.json.slipway-x", "daemon.json.slipway-x"):
        (tmp_path / name).write_text("x")
    host.remove_unfinished(config)
    assert files(config) == [".other.json.slipway-x", "daemon.json", "daemon.json.slipway-x"]
    host.remove_unfinished(str(tmp_path / "absent" / "x"))


def test_killed_in_replace(config: str) -> None:
    """What a kill leaves behind has the name that remove_unfinished() knows."""
    program = ("import os, signal, sys\n"
               "from ansible_collections.slipway.runtimes.plugins.module_utils.core import host\n"
               "os.rename = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)\n"
               "host.replace(sys.argv[1], b'new')\n")
    done = subprocess.run(
        [sys.executable, "-c", program, config], env=dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(files(config)) == 2 and host.read(config) == b"old\n"
    host.remove_unfinished(config)
    assert files(config) == ["daemon.json"]


def test_back_up(config: str) -> None:
    os.chmod(config, 0o600)
    copy = host.back_up(config)
    assert copy.startswith(config + ".") and copy.endswith("~")
    assert host.read(copy) == b"old\n" and os.stat(copy).st_mode & 0o7777 == 0o600
    assert host.read(config) == b"old\n"


def test_read_through_a_link(config: str) -> None:
    os.symlink(config, config + ".link")
    os.symlink("absent", config + ".broken")
    assert host.read(config + ".link") == b"old\n" and host.read(config + ".broken") is None


@pytest.mark.parametrize("content, found", [
    (b'{"a": 1}', {"a": 1}), (b"", None), (b"[]", None), (b"null", None), (b"{", None), (b"\xff", None), (None, None),
])
def test_read_object(config: str, content: Any, found: Any) -> None:
    if content is None:
        os.unlink(config)
    else:
        with open(config, "wb") as out:
            out.write(content)
    assert host.read_object(config) == found


# -- the lock


def test_lock(tmp_path: Any) -> None:
    path = str(tmp_path / "run" / "x.lock")
    with host.lock(path, seconds=0):
        start = time.monotonic()
        with pytest.raises(SlipwayError) as caught:
            with host.lock(path, seconds=0.2):
                raise AssertionError("two hold it")
        assert 0.2 <= time.monotonic() - start < 5
        assert caught.value.reason == "locked" and path in caught.value.message
    with host.lock(path, seconds=0):
        pass
    assert os.path.exists(path), "another run may be waiting for this very file"


def test_lock_after_a_failure(tmp_path: Any) -> None:
    path = str(tmp_path / "x.lock")
    with pytest.raises(ZeroDivisionError):
        with host.lock(path, seconds=0):
            raise ZeroDivisionError
    with host.lock(path, seconds=0):
        pass


def test_lock_is_not_inherited(tmp_path: Any) -> None:
    """A program that outlives us does not hold it."""
    path = str(tmp_path / "x.lock")
    with host.lock(path, seconds=0):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with host.lock(path, seconds=0):
            pass
    finally:
        child.kill()
        child.wait()


# -- programs


def test_run() -> None:
    answer = host.run(["sh", "-c", "cat; echo err >&2; exit 3"], seconds=10, stdin=b"in\n")
    assert answer == host.Answer(3, "in\n", "err\n")
    assert answer.words == "err\nin"


def test_run_what_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        host.run(["/nonexistent/program"], seconds=1)


def test_run_with_a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/5")
    said = host.run(["env"], seconds=10).output.splitlines()
    assert "LC_ALL=C" in said and "XDG_RUNTIME_DIR=/run/user/5" in said
    assert not [line for line in said if line.startswith("DOCKER_")]


def assert_ends(pid: int) -> None:
    """A process that was killed needs a moment; one that was not has a minute."""
    end = time.monotonic() + 5
    while True:
        try:
            with open("/proc/%d/stat" % pid) as lines:
                if lines.read().rpartition(")")[2].split()[0] == "Z":
                    return
        except (FileNotFoundError, ProcessLookupError):
            return
        assert time.monotonic() < end, "process %d still runs" % pid
        time.sleep(0.01)


@pytest.mark.parametrize("script", [
    "sleep 60",
    "sleep 60 & echo $!; wait",
    "trap '' TERM INT HUP; while :; do sleep 60; done",
])
def test_run_ends_what_hangs(script: str) -> None:
    """In time, forks included."""
    start = time.monotonic()
    answer = host.run(["sh", "-c", script], seconds=0.5)
    assert answer.code is None and 0.5 <= time.monotonic() - start < 3
    for word in answer.output.split():
        assert_ends(int(word))


def test_run_ends_the_forks_of_what_has_ended() -> None:
    """A fork that holds the output open keeps nobody waiting, and does not stay."""
    start = time.monotonic()
    answer = host.run(["sh", "-c", "sleep 60 & echo $!"], seconds=30)
    assert answer.code == 0 and time.monotonic() - start < 10
    assert_ends(int(answer.output))


def test_ask_says_that_there_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that stops halfway is no answer."""
    monkeypatch.setattr(host, "script", lambda questions, nonce: "echo slipway-%s begin; echo why >&2; exit 0\n" % nonce)
    with pytest.raises(SlipwayError) as caught:
        host.ask(())
    assert caught.value.reason == "probe_failed" and "why" in caught.value.message


def test_ask(tmp_path: Any) -> None:
    path = tmp_path / "é x"
    path.write_bytes(json.dumps({"a": 1}).encode())
    assert host.ask((file_question("config", str(path)),)).file("config").content == b'{"a": 1}'


def test_ask_reads_large_files_whole(tmp_path: Any) -> None:
    path = tmp_path / "daemon.json"
    path.write_bytes(b" " * (1 << 21) + b"{}")
    assert host.ask((file_question("config", str(path)),)).file("config").content == path.read_bytes()
