# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a probe's container can be seen on the host, and the ending of its processes.

While a container runs, containerd's shim works in the folder where containerd and it keep their records of it, and is
the parent of what it runs. Both are found through /proc, which also holds for engines in namespaces of their own.
"""

import errno
import glob
import json
import os
import signal
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import image as probe_image
from .proof import Evidence, Expectation, parse_wrapper

# Of a container's id; anything else is a name, which others may have among their arguments.
_ID_LENGTH = 64
# After so many seconds a probe of a process that cannot be seen (in another PID namespace) is taken for dead.
_FORGOTTEN = 3600
_LONGEST_RECORD = 1 << 20
# The paths of the probe's own program in its image.
_PROBES = tuple(sorted({probe_image.entrypoint(name) for name in probe_image.architectures()}))


def gather(
    container: str, pid: int, expectation: Expectation, *, requested: Optional[str], proc: str = '/proc'
) -> Evidence:
    """Look at a running container. ``pid`` is its first process as the engine says; what cannot be seen is None."""
    table = _processes(proc)
    shim = _shim_of(container, pid, table)
    folder = _records(container, shim, proc)
    shim_path = _text(os.path.join(folder, 'shim-binary-path')) if folder else None
    if shim is not None and not shim_path:
        shim_path = table[shim].argv[0]
    binary = _binary_name(folder) if folder else None
    wrapper = _text(binary) if binary and os.path.isabs(binary) else None
    wrapped = parse_wrapper(binary, wrapper, name=expectation.name) if binary and wrapper else None
    paths = [shim_path, binary, wrapped[0] if wrapped else None, expectation.value, expectation.binary_name, 'runc']
    search = _search_path(shim, proc)
    files = {path: _identity(path, search) for path in paths if path}
    # Through the processes: their paths may be of another mount namespace.
    shim_exe, program = _executed(shim, files, proc), None
    if pid in table and (shim is None or pid == shim or table[pid].parent == shim):
        program = _executed(pid, files, proc)
    return Evidence(
        requested=requested,
        shim=shim_path or None,
        shim_exe=shim_exe,
        binary=binary,
        wrapped=wrapped,
        program=None if program in _PROBES else program,
        files={path: identity for path, identity in files.items() if identity is not None},
    )


class _Process(NamedTuple):
    pid: int
    parent: int
    start: str
    zombie: bool
    argv: Tuple[str, ...]


def _processes(proc: str) -> Dict[int, _Process]:
    """Every process that can be seen."""
    table = {}
    for entry in os.listdir(proc):
        if entry.isdigit():
            process = _process(int(entry), proc)
            if process is not None:
                table[process.pid] = process
    return table


def _process(pid: int, proc: str) -> Optional[_Process]:
    stat = _text(os.path.join(proc, str(pid), 'stat'))
    cmdline = _text(os.path.join(proc, str(pid), 'cmdline'))
    if not stat or cmdline is None:
        return None
    # The second field is the program's name in parentheses and may hold anything.
    fields = stat.rpartition(')')[2].split()
    return _Process(pid, int(fields[1]), fields[19], fields[0] in 'ZX', tuple(cmdline.rstrip('\0').split('\0')))


def _shim_of(container: str, pid: int, table: Dict[int, _Process]) -> Optional[int]:
    """The process that containerd started to look after the container."""
    climb = pid
    while climb in table and climb > 1:
        if container in table[climb].argv and '-id' in table[climb].argv:
            return climb
        climb = table[climb].parent
    for process in table.values():
        if container in process.argv and '-id' in process.argv:
            return process.pid
    return None


def _records(container: str, shim: Optional[int], proc: str) -> Optional[str]:
    """The folder where containerd and the shim keep what they know of the container."""
    if shim is not None:
        # Through the process: its folder may lie in another mount namespace (rootless engines).
        here = os.path.join(proc, str(shim), 'cwd')
        if os.path.exists(os.path.join(here, 'config.json')) and os.path.basename(_link(here) or '') == container:
            return here
    found = [
        path for state in ('/run/containerd', '/run/*/containerd/daemon')
        for path in glob.glob('%s/io.containerd.runtime.v2.task/*/%s' % (state, container))]
    return found[0] if found else None


def _binary_name(folder: str) -> Optional[str]:
    """The program that the shim calls; '' is its default; None where nothing is on record."""
    recorded = _text(os.path.join(folder, 'runtime'))
    options = _text(os.path.join(folder, 'options.json'))
    if recorded:
        return recorded.strip()
    try:
        return str(json.loads(options or '').get('binary_name', ''))
    except (ValueError, AttributeError):
        return recorded


def _executed(pid: Optional[int], files: Dict[str, Optional[Tuple[int, int]]], proc: str) -> Optional[str]:
    """The path of the file that a process executes; ``files`` learns its identity."""
    link = os.path.join(proc, str(pid), 'exe')
    path, identity = _link(link), _identity(link, [])
    if path is None or identity is None:
        return None
    # A runtime may execute itself from a place without a path (crun does): then it is known by its file.
    known = sorted(other for other, its in files.items() if its == identity and os.path.isabs(other))
    if path not in files and known:
        return known[0]
    files[path] = identity
    return path


def _search_path(shim: Optional[int], proc: str) -> List[str]:
    """Where the shim looks for programs that are named without a path."""
    environment = _text(os.path.join(proc, str(shim), 'environ')) if shim is not None else None
    for variable in (environment or '').split('\0'):
        if variable.startswith('PATH='):
            return variable[len('PATH='):].split(':')
    return []


def _identity(path: str, search: Sequence[str]) -> Optional[Tuple[int, int]]:
    """Device and inode of a file behind links; a name without a path is looked for in the folders of ``search``."""
    for candidate in [path] if '/' in path else [os.path.join(folder, path) for folder in search]:
        try:
            status = os.stat(candidate)
        except OSError:
            continue
        return status.st_dev, status.st_ino
    return None


def _text(path: str) -> Optional[str]:
    try:
        with open(path, 'rb') as file:
            return file.read(_LONGEST_RECORD).decode('utf-8', 'surrogateescape')
    except OSError:
        return None


def _link(path: str) -> Optional[str]:
    try:
        return os.readlink(path)
    except OSError:
        return None


def owner_of(pid: int, *, proc: str = '/proc') -> str:
    """A process, so that another run, or one after a reboot, can tell whether it is still there."""
    process = _process(pid, proc)
    boot = (_text(os.path.join(proc, 'sys/kernel/random/boot_id')) or '').strip()
    namespace = _link(os.path.join(proc, 'self/ns/pid')) or ''
    return ' '.join([boot, namespace, str(pid), process.start if process else '0'])


def is_abandoned(owner: str, age: float, *, proc: str = '/proc') -> bool:
    """Whether the process that ``owner_of`` wrote down is gone. ``age``: of what it owns, in seconds."""
    parts = owner.split(' ')
    if len(parts) != 4 or not parts[2].isdigit():
        return age > _FORGOTTEN
    boot, namespace, pid, _start = parts
    here = owner_of(int(pid), proc=proc).split(' ')
    if boot != here[0]:
        return True
    if namespace != here[1]:
        return age > _FORGOTTEN
    return owner != ' '.join(here)


def end_processes(
    container: str, ended: Set[Tuple[int, str]], *, spare: Optional[Sequence[str]], proc: str = '/proc'
) -> int:
    """Kill what runs for a container on the host; how many processes there were, the spared ones among them.

    They are told by the container's full id among their arguments, or come from such a process; ``ended`` keeps what
    was seen, so that orphans among them are found again. Those with all of ``spare`` among their arguments live on.
    """
    if len(container) != _ID_LENGTH:
        return 0
    table = _processes(proc)
    ours = {pid for pid, process in table.items() if any(container in word for word in process.argv)}
    ours |= {pid for pid, process in table.items() if (pid, process.start) in ended}
    children = ours
    while children:
        children = {pid for pid, process in table.items() if process.parent in ours} - ours
        ours |= children
    ours = {pid for pid in ours - _ancestors(os.getpid(), table) if not table[pid].zombie}
    for pid in sorted(ours):
        ended.add((pid, table[pid].start))
        now = _process(pid, proc)
        spared = spare is not None and set(spare) <= set(table[pid].argv)
        if not spared and now is not None and now.start == table[pid].start:
            _kill(pid)
    return len(ours)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError as error:
        if error.errno not in (errno.ESRCH, errno.EPERM):
            raise


def _ancestors(pid: int, table: Dict[int, _Process]) -> Set[int]:
    """A process and those that it comes from."""
    line = set()
    while pid in table and pid not in line:
        line.add(pid)
        pid = table[pid].parent
    return line | {1}
