"""The machine that the test hosts run on: its folders, its programs, its locks. It knows no host and no image."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, Mapping, Optional, Sequence

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slipway-runtimes"
RUN = Path("/run/slipway-hosts")
STATE = Path("/var/lib/slipway-hosts")

# podman's defaults raise limits, which a machine without CAP_SYS_RESOURCE refuses; and old crun refuses hybrid cgroups.
_CONTAINERS_CONF = '[containers]\ndefault_ulimits = []\n\n[engine]\nruntime = "runc"\n'

_STARTED = time.monotonic()


class HostsError(Exception):
    """Something that the user of the tool is told in one message, without a traceback."""


def say(text: str) -> None:
    """Tell the user, on standard error, how far the work has come."""
    print(f"[{time.monotonic() - _STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def run(
    argv: Sequence[str],
    *,
    env: Optional[Mapping[str, str]] = None,
    stdin: Optional[str] = None,
    timeout: Optional[float] = None,
    check: bool = True,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end and return its output as text.

    `env` is added to this process's environment; `timeout` is in seconds. Raises HostsError, with what the program
    said, where it fails (unless `check` is off), is missing, or takes too long.
    """
    try:
        done = subprocess.run(
            list(argv),
            env={**os.environ, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise HostsError(f"{argv[0]} is not installed: `hosts.py prepare` installs what is missing") from None
    except subprocess.TimeoutExpired:
        raise HostsError(f"{' '.join(argv)}: no answer within {timeout:.0f} s") from None
    if check and done.returncode != 0:
        raise HostsError(f"{' '.join(argv)}: exit {done.returncode}\n{(done.stdout + done.stderr).strip()}")
    return done


def podman(*argv: str, timeout: Optional[float] = None, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run podman with a configuration of our own, so that the machine's does not matter."""
    return run(["podman", *argv], env={"CONTAINERS_CONF": str(_containers_conf())}, timeout=timeout, check=check)


def _containers_conf() -> Path:
    path = CACHE / "containers.conf"
    if not path.exists() or path.read_text() != _CONTAINERS_CONF:
        write_atomically(path, _CONTAINERS_CONF)
    return path


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put `text` at `path`, whose folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    partial.write_text(text)
    partial.chmod(mode)
    partial.replace(path)


def work_folder(name: str) -> Path:
    """A new, empty folder to build `name` in. Removes what killed builds of it left, so hold a lock on the build.

    Never the same folder twice: a killed build's last child may still be writing to the old one.
    """
    parent = CACHE / "work"
    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.glob(f"{name}.*"):
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}.", dir=parent))


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the machine-wide lock `name`; says so where another process has it. The kernel frees a dead one's."""
    folder = RUN / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another process is at it, waiting")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def allow_many_hosts() -> None:
    """Raise the kernel's limit on inotify instances, of which every systemd and engine takes a few; says so."""
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    if int(limit.read_text()) < 1024:
        say(f"raising fs.inotify.max_user_instances from {limit.read_text().strip()} to 1024, until the next boot")
        limit.write_text("1024")


def digest(*parts: str, trees: Sequence[Path] = ()) -> str:
    """A short name for a recipe: it changes with any part, and with any file's path, mode or content in `trees`."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() + b"\0")
    for tree in trees:
        for path in sorted(p for p in tree.rglob("*") if p.is_file()) if tree.is_dir() else [tree]:
            executable = bool(path.stat().st_mode & 0o100)
            sha.update(f"{path.relative_to(tree.parent)}\0{executable}\0".encode() + path.read_bytes())
    return sha.hexdigest()[:12]


def missing_packages(names: Sequence[str]) -> "list[str]":
    """Those of the Debian packages `names` that are not installed on this machine."""
    done = run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names], check=False)
    installed = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]
