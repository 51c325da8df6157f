"""Programs that no Debian has: built once from a language's package registry, and kept in the cache folder."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Dict, NamedTuple, Optional, Tuple

from machine import CACHE, HostsError, digest, locked, run, say, work_folder


class Program(NamedTuple):
    """How one program is built. `argv` gets the folder to install into by `folder_option` or by `folder_variable`."""

    binary: str
    argv: Tuple[str, ...]
    tool: Tuple[str, ...]
    minimum: Tuple[int, int]
    minutes: str
    folder_option: str = ""
    folder_variable: str = ""
    env: Tuple[Tuple[str, str], ...] = ()


PROGRAMS: Dict[str, Program] = {
    "youki": Program(
        binary="bin/youki",
        argv=tuple(
            "cargo install youki --version 0.7.0 --locked --no-default-features --features v1,v2,seccomp".split()
        ),
        tool=("cargo", "--version"),
        minimum=(1, 85),
        minutes="4 to 6",
        folder_option="--root",
    ),
    "dockerd29": Program(
        binary="dockerd",
        argv=(
            "go",
            "install",
            "-ldflags",
            # Without a version of its own it calls itself "library-import".
            "-s -w -X github.com/moby/moby/v2/dockerversion.Version=29.0.0",
            "github.com/moby/moby/v2/cmd/dockerd@v2.0.0-beta.24",
        ),
        tool=("go", "version"),
        minimum=(1, 21),
        minutes="6",
        folder_variable="GOBIN",
        env=(("CGO_ENABLED", "0"),),
    ),
    "runc": Program(
        binary="runc",
        argv=("go", "install", "-tags", "seccomp", "github.com/opencontainers/runc@v1.4.0"),
        tool=("go", "version"),
        minimum=(1, 21),
        minutes="1 to 2",
        folder_variable="GOBIN",
    ),
    # With its scripts for users beside it. 'go install' would ask for a list of versions, which not every proxy has.
    "nerdctl": Program(
        binary="nerdctl",
        argv=(
            "sh",
            "-ec",
            r"""cd / && found=$(go mod download -json "$0@$1" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
            cp -R "$found" "$GOBIN.source" && chmod -R u+w "$GOBIN.source" && cd "$GOBIN.source"
            cp extras/rootless/*.sh "$GOBIN"
            go build -ldflags "-s -w -X $0/pkg/version.Version=$1" -o "$GOBIN/nerdctl" ./cmd/nerdctl""",
            "github.com/containerd/nerdctl",
            "v1.7.7",
        ),
        tool=("go", "version"),
        minimum=(1, 21),
        minutes="2 to 4",
        folder_variable="GOBIN",
        env=(("CGO_ENABLED", "0"),),
    ),
}


def key(name: str) -> str:
    return digest(repr(PROGRAMS[name]), platform.machine())


def path(name: str) -> Path:
    """Where the program is, or will be once it is built."""
    return CACHE / "programs" / f"{name}-{key(name)}" / PROGRAMS[name].binary


def unbuildable(name: str) -> Optional[str]:
    """Why this machine cannot provide the program (a sentence), or None where it is there or can be built."""
    program = PROGRAMS[name]
    if path(name).exists():
        return None
    if not shutil.which(program.tool[0]):
        return f"{name} is built with {program.tool[0]}, which is not installed"
    answer = run(program.tool, check=False).stdout
    match = re.search(r"(\d+)\.(\d+)", answer)
    if not match or (int(match.group(1)), int(match.group(2))) < program.minimum:
        wanted = ".".join(map(str, program.minimum))
        return f"{name} needs {program.tool[0]} {wanted} or newer; this machine's says {answer.strip()!r}"
    return None


def build(name: str) -> Path:
    """Build the program unless it is there already; returns its path. Raises HostsError where it cannot be built."""
    program, binary = PROGRAMS[name], path(name)
    if binary.exists():
        return binary
    reason = unbuildable(name)
    if reason:
        raise HostsError(reason)
    # One at a time: two compilers of this size do not fit on a small machine.
    with locked("programs"):
        if binary.exists():
            return binary
        folder = binary.parents[program.binary.count("/")]
        work = work_folder(f"program-{name}")
        shutil.rmtree(folder, ignore_errors=True)
        (work / "out").mkdir()
        say(f"{name}: building it (about {program.minutes} minutes on 2 cores)")
        _compile(name, program, work)
        shutil.rmtree(work / "target", ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        (work / "out").rename(folder)
        shutil.rmtree(work, ignore_errors=True)
        for old in folder.parent.glob(f"{name}-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
    return binary


def _compile(name: str, program: Program, work: Path) -> None:
    # The compiler ends with us, even where we are killed.
    argv = ["setpriv", "--pdeathsig", "TERM", *program.argv]
    env = {**os.environ, **dict(program.env), "CARGO_TARGET_DIR": str(work / "target")}
    if program.folder_option:
        argv += [program.folder_option, str(work / "out")]
    if program.folder_variable:
        env[program.folder_variable] = str(work / "out")
    started = time.monotonic()
    with open(work / "log", "w+", encoding="utf-8", errors="replace") as log:
        child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while child.poll() is None:
                try:
                    child.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    lines = (work / "log").read_text(errors="replace").splitlines()
                    say(f"{name}: {lines[-1].strip() if lines else 'compiling'}")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode != 0:
        lines = (work / "log").read_text(errors="replace").splitlines()
        raise HostsError(f"{name} could not be built:\n" + "\n".join(lines[-25:]))
    say(f"{name}: built in {time.monotonic() - started:.0f} s")
