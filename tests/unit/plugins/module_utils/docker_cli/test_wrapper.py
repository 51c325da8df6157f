# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that is nerdctl in lima, under the shells that there are. lima is a stand-in: no machine can run in a test."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli import wrapper

# Says what it was called with; SAYS is the folder for the answer. Anything else is done as the first argument says.
STAND_IN = r"""#!/bin/sh
printf '%s\0' "$@" >"$SAYS/arguments"
env -0 >"$SAYS/environment"
case ${DO:-} in
    exit) exit "$CODE" ;;
    wait) : >"$SAYS/ready"; trap 'echo term >"$SAYS/signal"; exit 9' TERM; while :; do sleep 0.02; done ;;
    copy) cat ;;
esac
"""
HOSTILE = (
    [], [""], ["", ""], ["a b"], [" "], ["\n"], ["a\nb\n"], ["'"], ['"'], ["it's \"quoted\""], ["$HOME", "${PATH}", "$(id)", "`id`"],
    ["*"], ["?", "[a]"], ["\\", "\\n", "\\\\"], ["-h"], ["--help"], ["-v"], ["--", "-x"], ["--preserve-env"], ["a=b", "HOME=x"],
    ["&&", "||", ";", "|", ">", "<", "&"], ["!", "!!", "#"], ["~", "~root"], ["\t", "\r"], ["\u00e4", "\u20ac"],
    ["run", "--rm", "-e", "A=b c", "-v", "/x y:/z", "image", "sh", "-c", 'echo "$@" && exit 3', "--", ""], ["%s", "%d\\0"], ["x" * 100000])


class Lima:
    """A stand-in on a PATH of its own, and the script."""

    def __init__(self, folder, form, instance="default", target=""):
        self.folder = folder
        self.program = folder / ("lima" if form == wrapper.SHORT else "limactl")
        self.program.write_text(STAND_IN)
        self.program.chmod(0o755)
        self.script = folder / "nerdctl"
        self.script.write_text(wrapper.render(form, instance=instance, target=target))

    def environment(self, **more):
        """Of a call."""
        path = "%s:%s" % (self.folder, os.environ["PATH"])
        return dict({"PATH": path, "SAYS": str(self.folder), "HOME": "/nowhere", "LC_ALL": "C.UTF-8"}, **more)

    def call(self, shell, arguments, **more):
        """Run the script to its end; the arguments that lima got."""
        self.last = subprocess.run(
            shell + [str(self.script)] + [one.encode("utf-8") for one in arguments], env=self.environment(**more), input=b"in\0put",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=20)
        assert self.last.stderr == b""
        return (self.folder / "arguments").read_bytes().decode("utf-8").split("\0")[:-1]


FORMS = {
    wrapper.KEEPING: ["shell", "--preserve-env", "default", "nerdctl"], wrapper.PLAIN: ["shell", "default", "nerdctl"],
    wrapper.SHORT: ["nerdctl"]}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_arguments(shell, tmp_path, form):
    """Every argument arrives as it was given."""
    lima = Lima(tmp_path, form)
    # The forms differ before the arguments only.
    for arguments in HOSTILE if form == wrapper.KEEPING else HOSTILE[:8]:
        assert lima.call(shell, arguments) == FORMS[form] + arguments


def test_environment(shell, tmp_path):
    """The caller's is handed on, and LIMA_INSTANCE is the caller's word."""
    lima = Lima(tmp_path, wrapper.KEEPING, instance="build")
    assert lima.call(shell, ["ps"], ODD="a b\n'c'") == ["shell", "--preserve-env", "build", "nerdctl", "ps"]
    seen = (tmp_path / "environment").read_bytes().split(b"\0")
    assert b"ODD=a b\n'c'" in seen and b"HOME=/nowhere" in seen
    assert lima.call(shell, ["ps"], LIMA_INSTANCE="my one")[2] == "my one"
    assert lima.call(shell, ["ps"], LIMA_INSTANCE="")[2] == "build"
    short = Lima(tmp_path, wrapper.SHORT, instance="build")
    short.call(shell, ["ps"])
    assert b"LIMA_INSTANCE=build" in (tmp_path / "environment").read_bytes().split(b"\0")


def test_exit_codes_and_streams(shell, tmp_path):
    """They are those of the program in the instance."""
    lima = Lima(tmp_path, wrapper.KEEPING)
    for code in (0, 1, 2, 125, 126, 127, 130, 255):
        lima.call(shell, ["run"], DO="exit", CODE=str(code))
        assert lima.last.returncode == code
    lima.call(shell, ["load"], DO="copy")
    assert lima.last.stdout == b"in\0put"


def test_signals(shell, tmp_path):
    """The script is lima's process, so what is sent to it reaches lima."""
    lima = Lima(tmp_path, wrapper.KEEPING)
    process = subprocess.Popen(shell + [str(lima.script), "attach"], env=lima.environment(DO="wait"))
    try:
        end = time.time() + 10
        while not (tmp_path / "ready").exists():
            assert time.time() < end
            time.sleep(0.01)
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 9
        assert (tmp_path / "signal").read_text() == "term\n"
    finally:
        if process.poll() is None:
            process.kill()


def test_a_given_program(shell, tmp_path):
    """Its path may hold anything."""
    folder = tmp_path / "it's a $folder"
    folder.mkdir()
    lima = Lima(folder, wrapper.KEEPING, target=str(folder / "limactl"))
    assert lima.call(shell, ["ps"], PATH=os.environ["PATH"])[-1] == "ps"


def test_shellcheck():
    """Read as POSIX sh."""
    if shutil.which("shellcheck") is None:
        pytest.skip("there is no shellcheck on this machine")
    for form in FORMS:
        text = wrapper.render(form, instance="x", target="/opt/it's here/limactl")
        done = subprocess.run(
            ["shellcheck", "--shell=sh", "-"], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("program, keeps, form", [
    ("/usr/bin/limactl", True, wrapper.KEEPING), ("limactl", False, wrapper.PLAIN), ("/usr/bin/lima", True, wrapper.SHORT)])
def test_forms(program, keeps, form):
    """By the program's name, and by what it knows."""
    assert wrapper.form_of(program, keeps_environment=keeps) == form
