# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All I/O on a host: files, locks, programs. Nothing else in module_utils/core touches one.

Linux and the standard library only. Errors of the system are raised as they are (OSError); the transaction says what
they mean.
"""

import base64
import binascii
import contextlib
import errno
import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from .errors import SlipwayError
from .snapshot import Question, Snapshot, parse, script

# The script bounds each program by itself; this only ends a script that cannot.
SCRIPT_SECONDS = 120

# The folder of the collection's notes, wherever it is; and what marks a folder above it as made for it.
_OWN, _MADE = "slipway-runtimes", ".made-for-slipway-runtimes"
_ACL = "system.posix_acl_access"


class Answer(NamedTuple):
    """What a program said. code: None where it was ended at its limit."""

    code: Optional[int]
    output: str
    error: str

    @property
    def words(self) -> str:
        """What it said, error stream first, without surrounding space."""
        return (self.error.strip() + "\n" + self.output.strip()).strip()


def clean_environment() -> Dict[str, str]:
    """What programs are called with: no DOCKER_HOST, no context, nobody's configuration, the C locale."""
    keep = ("PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS")
    found = {name: os.environ[name] for name in keep if name in os.environ}
    found["PATH"] = found.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"
    found["LC_ALL"] = "C"
    return found


def run(
    argv: Sequence[str], *, seconds: float, environment: Optional[Dict[str, str]] = None, stdin: bytes = b"", most: int = 1 << 20
) -> Answer:
    """Run a program in a session of its own and end all of it at the limit, forks included.

    most: how many bytes of its output, and of its errors, are looked at. Raises OSError where it cannot be started.
    """
    # Files and not pipes: a fork that keeps them open cannot keep us.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error, tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        # AnsibleModule.run_command, the usual way, waits for forks that keep its pipes.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            list(argv), stdin=source, stdout=output, stderr=error, start_new_session=True, close_fds=True,
            env=clean_environment() if environment is None else environment)
        end = time.monotonic() + seconds
        ended = False
        pause = 0.002
        try:
            while not ended and time.monotonic() < end:
                # WNOWAIT: until it is reaped its number, and so its group's, can be nobody else's.
                ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
                if not ended:
                    time.sleep(pause)
                    pause = min(pause * 1.1, 0.05)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        output.seek(0)
        error.seek(0)
        return Answer(
            code=code if ended else None, output=output.read(most).decode("utf-8", "replace"),
            error=error.read(most).decode("utf-8", "replace"))


def ask(questions: Sequence[Question]) -> Snapshot:
    """The host's answers, by the very script that the controller would have run.

    Raises SlipwayError where the script did not come to its end.
    """
    nonce = binascii.hexlify(os.urandom(8)).decode("ascii")
    text = script(questions, nonce=nonce)
    environment = dict(os.environ)
    # Whole files are in it: as much as the controller's connection would take.
    answer = run(
        ["/bin/sh"], seconds=SCRIPT_SECONDS, environment=environment, stdin=text.encode("utf-8", "surrogateescape"), most=1 << 28)
    snapshot = parse(answer.output, nonce=nonce)
    if snapshot is None:
        raise SlipwayError("probe_failed", "the host's sh could not answer: %s" % (answer.error.strip()[:500] or "no end"))
    return snapshot


@contextlib.contextmanager
def lock(path: str, *, seconds: float) -> Iterator[None]:
    """Hold the lock of one subject on this host. The file stays: to remove it would let two hold it.

    Raises SlipwayError when another holds it for longer than that many seconds.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
            if time.monotonic() > end:
                raise SlipwayError(
                    "locked", "another run has held %s for more than %d s; try again when it has ended" % (path, seconds))
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def read(path: str) -> Optional[bytes]:
    """A file's bytes, or None where there is no file (nor anything behind a link)."""
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def read_object(path: str) -> Optional[Dict[str, Any]]:
    """The JSON object in a file of ours; None where there is no file, or anything else in it."""
    raw = read(path)
    try:
        found = json.loads(raw.decode("utf-8")) if raw is not None else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def replace(path: str, content: bytes, *, mode: int = 0o644, like: Optional[str] = None) -> None:
    """Put content at path in one step, on disk when it returns. The folder must be there.

    like: a file whose owner, mode, SELinux context, ACLs and other attributes it takes; mode counts without one.
    Nothing of a failed attempt stays.
    """
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix=temporary_prefix(path), dir=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            if like is None:
                os.chmod(temporary, mode)
            else:
                _copy_attributes(like, temporary)
            os.fsync(out.fileno())
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def keep(path: str, content: bytes, *, mode: int) -> None:
    """replace(), with the folder made where it is missing. Another run may remove it, empty, at any moment."""
    for last in (False, False, True):
        try:
            make_folder(os.path.dirname(path))
            return replace(path, content, mode=mode)
        except FileNotFoundError:
            if last:
                raise


def remove(path: str) -> None:
    """Remove a file, on disk when it returns. Nothing to do where there is none."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        sync_folder(os.path.dirname(path))


def missing_folders(folder: str) -> List[str]:
    """The folders that have to be made for one, the outer ones first."""
    found: List[str] = []
    while not os.path.isdir(folder):
        found.insert(0, folder)
        folder = os.path.dirname(folder)
    return found


def make_folders(folder: str, mode: int) -> None:
    """Make a folder, and those on the way to it, with this mode whatever the umask. Raises OSError."""
    for one in missing_folders(folder):
        os.mkdir(one)
        os.chmod(one, mode)


def make_folder(folder: str) -> None:
    """Make a folder of the collection's notes where it is missing. Those that had to be made above the collection's own, in a
    home that is new, are marked, and go when that one goes."""
    marks = _OWN in folder.split("/")
    for one in missing_folders(folder):
        own = not marks or _OWN in one.split("/")
        with contextlib.suppress(FileExistsError):
            os.mkdir(one, 0o700)
            if own:
                os.chmod(one, 0o755)  # whatever the umask
            else:
                open(os.path.join(one, _MADE), "x").close()


def remove_empty(folders: Iterable[str]) -> None:
    """Remove folders, the inner ones first, where nothing is in them; and with the collection's own what make_folder() made
    above it."""
    for folder in sorted(folders, reverse=True):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
            above = os.path.dirname(folder)
            while os.path.basename(folder) == _OWN and os.path.isfile(os.path.join(above, _MADE)):
                os.unlink(os.path.join(above, _MADE))
                os.rmdir(above)
                above = os.path.dirname(above)


def temporary_prefix(path: str) -> str:
    """How the names of our unfinished files beside path begin. Hidden, so that no folder of drop-ins reads them."""
    return ".%s.slipway-" % os.path.basename(path)


def remove_unfinished(path: str) -> None:
    """Remove what a killed replace() left beside path."""
    folder = os.path.dirname(path)
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(folder):
            if name.startswith(temporary_prefix(path)):
                os.unlink(os.path.join(folder, name))


def back_up(path: str) -> str:
    """Copy a file beside itself with all its attributes; returns the copy's path."""
    name = "%s.%d.%s~" % (path, os.getpid(), time.strftime("%Y-%m-%d@%H:%M:%S"))
    # Its owner's alone until it has the original's mode: there may be passwords in it.
    with open(path, "rb") as source, os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(source, copy)
    _copy_attributes(path, name)
    return name


def sync_folder(folder: str) -> None:
    """Make a rename or an unlink in the folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_attributes(source: str, target: str) -> None:
    facts = os.stat(source)
    own = os.stat(target)
    if (own.st_uid, own.st_gid) != (facts.st_uid, facts.st_gid):
        os.chown(target, facts.st_uid, facts.st_gid)
    try:
        names = os.listxattr(source)
        # Of a folder with a default ACL each new file gets one, which the one before need not have had.
        if _ACL in os.listxattr(target) and _ACL not in names:
            os.removexattr(target, _ACL)
    except OSError:  # the file system has none
        names = []
    os.chmod(target, stat.S_IMODE(facts.st_mode))
    for name in names:  # security.selinux and system.posix_acl_access are among them
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EINVAL):
                raise


def to_base64(content: Optional[bytes]) -> Optional[str]:
    """A file's content as a journal has it; None, for no file, stays None."""
    return None if content is None else base64.b64encode(content).decode("ascii")


def from_base64(text: Any) -> Optional[bytes]:
    """What to_base64() was given. Raises ValueError on what is none of that."""
    return None if text is None else base64.b64decode(text)
