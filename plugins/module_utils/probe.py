# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a container under a runtime, and find out which runtime really ran it.

The container's program says what it sees and then waits for a line; while it waits, the host is looked at: containerd's
shim keeps its records in the folder that it works in, and is the parent of what it runs. An engine may quietly run
something else than what it was asked for, so a container that ran is proof of a runtime only together with that evidence.
"""

import errno
import glob
import json
import os
import signal
import time
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import probe_image
from .engines.docker.api import ApiError, ApiFailure, ApiTimeout, EngineApi

LABEL = 'slipway.runtimes.probe'
OWNER_LABEL = 'slipway.runtimes.probe.owner'
IMAGE = 'slipway-runtimes-probe'

PATH, SHIM, SHIM_PATH, UNKNOWN = 'path', 'shim', 'shim_path', 'unknown'

PROVEN = 'proven'  # it ran, and this runtime ran it
UNPROVEN = 'unproven'  # it ran; that this runtime ran it is not shown, or something else did
FAILED = 'failed'  # it did not run, or not to its end
TIMEOUT = 'timeout'  # it hung, and was ended

# Sandboxes of some runtimes (gVisor's) have threads of their own within the container's limit.
_PIDS = 256
# Seconds that ending and removing a container may take when the runtime does not help.
_GRACE = 20.0
# Of a container's id; anything else is a name, which others may have among their arguments.
_ID_LENGTH = 64
# After so many seconds a probe of a process that cannot be seen (in another PID namespace) is taken for dead.
_FORGOTTEN = 3600
_LONGEST_RECORD = 1 << 20
# The paths of the probe's own program in its image.
_PROBES = tuple(sorted({probe_image.entrypoint(name) for name in probe_image.architectures()}))
# crun runs a Wasm module where this says that it may be one; other runtimes do not know it.
_WASM_ANNOTATIONS = {'module.wasm.image/variant': 'compat-smart'}


class Expectation(NamedTuple):
    """What is registered under a name, and so what has to have run a container.

    ``kind`` tells what ``value`` is: ``path``, the path of a runc-like program, as registered; ``shim``, the full name of
    a shim; ``shim_path``, the absolute path of a shim; ``unknown``: nobody can say, and nothing will be proven.
    ``binary_name`` is a shim's option BinaryName; None is the shim's own default, for runc's shim: runc.
    ``args`` are those of a runtime by path; None: they are not compared. ``platform``: None is the engine's own.
    """

    name: str
    kind: str
    value: str = ''
    binary_name: Optional[str] = None
    args: Optional[Tuple[str, ...]] = None
    platform: Optional[str] = None


class Evidence(NamedTuple):
    """What was seen of a container while it ran. None: it could not be seen.

    ``requested``: the runtime that the engine says it asked for. ``shim``: the shim's path, by containerd's record or as
    it was called; ``shim_exe``: the file that it executes. ``binary``: the program that the shim calls, by its record, ''
    being its default. ``wrapped``: the command in ``binary``, where that is a wrapper which the engine wrote. ``program``:
    what the container's first process executes, where that is a file of the host. ``files``: device and inode of each
    path among these, and of the expected one, behind links.
    """

    requested: Optional[str] = None
    shim: Optional[str] = None
    shim_exe: Optional[str] = None
    binary: Optional[str] = None
    wrapped: Optional[Tuple[str, ...]] = None
    program: Optional[str] = None
    files: Dict[str, Tuple[int, int]] = {}


class Proof(NamedTuple):
    """Whether the evidence meets the expectation, both in words, and what speaks for it or against it."""

    proven: bool
    expected: str
    actual: str
    notes: Tuple[str, ...]


class ProbeResult(NamedTuple):
    """What became of a container under one runtime.

    ``verdict``: one of proven, unproven, failed, timeout. ``ran``: the program said what it saw. ``kernel``: the release
    that it saw; None from a Wasm module. ``ms``: from the request to start it to its last word. ``error``: the engine's
    own words, or what was waited for in vain. ``left``: what could not be removed; empty but for an engine that hangs.
    """

    runtime: str
    verdict: str
    ran: bool
    exit_code: Optional[int]
    output: str
    kernel: Optional[str]
    ms: Optional[int]
    expected: str
    actual: str
    evidence: Tuple[str, ...]
    error: Optional[str]
    left: Tuple[str, ...]


def run_probe(
    api: EngineApi, runtimes: Sequence[Expectation], *, run_id: str, timeout: float = 30.0, platform: Optional[str] = None,
    proc: str = '/proc',
) -> List[ProbeResult]:
    """Run a container under each runtime, one after the other; a result for each, in their order.

    ``timeout``: seconds for each runtime, its container's creation to its end; ending what hangs may take 20 more.
    ``run_id`` is unique, of small letters and digits. ``platform`` is for runtimes that name none; None is the engine's.
    What runs of ours left behind that were killed is removed first. Raises ApiFailure where the engine cannot be spoken
    to at all; whatever happens under one runtime is in its result.
    """
    version = api.get('/version')
    native = '%s/%s' % (version.get('Os', 'linux'), version.get('Arch', ''))
    owner = owner_of(os.getpid(), proc=proc)
    sweep(api, proc=proc)
    images = {}  # type: Dict[str, _Image]
    results = []
    try:
        for expectation in runtimes:
            wanted = expectation.platform or platform or native
            if wanted not in images:
                images[wanted] = _import_image(
                    api, wanted, foreign=wanted != native, run_id=run_id, owner=owner, timeout=timeout)
            name = '%s-%s-%d' % (IMAGE, run_id, len(results))
            run = _Run(api, expectation, images[wanted], name=name, proc=proc, timeout=timeout)
            results.append(run.result())
    finally:
        kept = [
            image.reference for image in images.values()
            if not _removed(api, '/images/' + image.reference, timeout=_GRACE)]
    return [result._replace(left=result.left + tuple(kept)) for result in results]


def prove(expectation: Expectation, evidence: Evidence) -> Proof:
    """Whether ``evidence`` shows that the expected runtime ran the container."""
    expected = _describe(expectation)
    against = []
    if evidence.requested is not None and evidence.requested != expectation.name:
        against.append('the engine started it under %s' % evidence.requested)
    judge = {PATH: _against_path, SHIM: _against_shim, SHIM_PATH: _against_shim_path}.get(expectation.kind)
    against += judge(expectation, evidence) if judge else ['what is registered under this name is not known']
    return Proof(not against, expected, _actual(evidence), tuple(_seen(evidence) + against))


def _against_path(expectation: Expectation, evidence: Evidence) -> List[str]:
    if evidence.binary is None:
        if _same(evidence, evidence.program, expectation.value):
            return []
        return ['which program its shim called could not be seen']
    command = evidence.wrapped or (evidence.binary,)
    if not _same(evidence, command[0], expectation.value):
        return ['its shim did not call %s' % expectation.value]
    if expectation.args is not None and tuple(expectation.args) != tuple(command[1:]):
        return ['it was called with other arguments: %s' % (' '.join(command[1:]) or 'none')]
    return []


def _against_shim(expectation: Expectation, evidence: Evidence) -> List[str]:
    if evidence.shim is None:
        return ['its shim could not be seen']
    if os.path.basename(evidence.shim) != shim_binary(expectation.value):
        return ['its shim is not %s' % shim_binary(expectation.value)]
    return _against_binary_name(expectation, evidence)


def _against_shim_path(expectation: Expectation, evidence: Evidence) -> List[str]:
    if evidence.shim is None and evidence.shim_exe is None:
        return ['its shim could not be seen']
    if not _same(evidence, evidence.shim or evidence.shim_exe, expectation.value):
        return ['its shim is not %s' % expectation.value]
    return _against_binary_name(expectation, evidence)


def _against_binary_name(expectation: Expectation, evidence: Evidence) -> List[str]:
    if expectation.binary_name is None:
        if expectation.kind == SHIM and shim_binary(expectation.value) == 'containerd-shim-runc-v2':
            default = (None, '', 'runc')
            if evidence.binary not in default and os.path.basename(evidence.binary or '') != 'runc':
                return ['its shim called %s, not runc' % evidence.binary]
        return []
    if evidence.binary is None:
        return ['which program its shim called could not be seen']
    if not _same(evidence, evidence.binary or 'runc', expectation.binary_name):
        return ['its shim did not call %s' % expectation.binary_name]
    return []


def shim_binary(name: str) -> str:
    """The file name of the shim of a full name: ``containerd-shim-kata-v2`` for ``io.containerd.kata.v2``."""
    return 'containerd-shim-' + '-'.join(name.split('.')[-2:])


def _same(evidence: Evidence, one: Optional[str], other: Optional[str]) -> bool:
    """Whether two paths are known to be one file."""
    if one is None or other is None:
        return False
    return one == other or one in evidence.files and evidence.files[one] == evidence.files.get(other)


def _describe(expectation: Expectation) -> str:
    if expectation.kind == UNKNOWN:
        return 'not known'
    words = ' '.join((expectation.value,) + tuple(expectation.args or ()))
    return '%s with %s' % (words, expectation.binary_name) if expectation.binary_name else words


def _actual(evidence: Evidence) -> str:
    if evidence.shim is None and evidence.binary is None:
        return evidence.program or 'not known'
    command = ' '.join(evidence.wrapped or ()) or evidence.binary
    called = {None: '', '': ' with its default runtime'}.get(command, ' with %s' % command)
    return (evidence.shim or evidence.shim_exe or 'an unseen shim') + called


def _seen(evidence: Evidence) -> List[str]:
    seen = []
    if evidence.shim is not None:
        seen.append('its shim was %s' % evidence.shim)
        if evidence.shim_exe is not None and not _same(evidence, evidence.shim, evidence.shim_exe):
            seen.append('which executed %s' % evidence.shim_exe)
    if evidence.binary is not None:
        seen.append('its shim called %s' % (evidence.binary or 'its default runtime'))
    if evidence.wrapped is not None:
        seen.append('which is the engine\'s wrapper of %s' % ' '.join(evidence.wrapped))
    if evidence.program is not None:
        seen.append('its first process was %s' % evidence.program)
    return seen


def parse_wrapper(path: str, content: str, *, name: str) -> Optional[Tuple[str, ...]]:
    """The command in a wrapper that an engine wrote for the runtime ``name``, with its arguments; None where it is none.

    Engines write it as ``<data root>/runtimes/<name>``, from 24.0 with a digest behind the name.
    """
    folder, file_name = os.path.split(path)
    if os.path.basename(folder) != 'runtimes' or not (file_name == name or file_name.startswith(name + '.')):
        return None
    lines = content.split('\n')
    if len(lines) < 2 or lines[0] != '#!/bin/sh' or any(lines[2:]) or not lines[1].endswith(' $@'):
        return None
    return tuple(lines[1].split()[:-1]) or None


def gather(container: str, pid: int, expectation: Expectation, *, requested: Optional[str], proc: str = '/proc') -> Evidence:
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


def sweep(api: EngineApi, *, proc: str = '/proc') -> List[str]:
    """Remove containers and images of probes whose run is dead; what was removed. Raises ApiFailure."""
    now = time.time()
    removed = []
    labelled = {'label': [LABEL]}
    for container in api.get('/containers/json', all=True, filters=labelled):
        if is_abandoned((container.get('Labels') or {}).get(OWNER_LABEL, ''), now - container['Created'], proc=proc):
            if _remove_container(api, container['Id'], hung=False, proc=proc):
                removed.append(container['Id'])
    for image in api.get('/images/json', filters=labelled):
        if is_abandoned((image.get('Labels') or {}).get(OWNER_LABEL, ''), now - image['Created'], proc=proc):
            for reference in image.get('RepoTags') or [image['Id']]:
                if _removed(api, '/images/' + reference, timeout=_GRACE):
                    removed.append(reference)
    return removed


class _Image(NamedTuple):
    """An image that was imported for this run; ``error``: why it could not be. ``foreign``: not of the engine's platform."""

    reference: str
    platform: str
    foreign: bool
    labels: Dict[str, str]
    error: Optional[str]


def _import_image(
    api: EngineApi, platform: str, *, foreign: bool, run_id: str, owner: str, timeout: float
) -> _Image:
    tag = '%s-%s' % (run_id, platform.replace('/', '-'))
    image = _Image('%s:%s' % (IMAGE, tag), platform, foreign, {LABEL: run_id, OWNER_LABEL: owner}, None)
    architecture = probe_image.for_platform(platform)
    if architecture is None:
        known = ', '.join(probe_image.architectures())
        return image._replace(error='there is no probe program for %s, only for %s' % (platform, known))
    changes = ['LABEL "%s"="%s"' % label for label in sorted(image.labels.items())]
    changes.append('ENTRYPOINT ["%s"]' % probe_image.entrypoint(architecture))
    try:
        # The engine's own platform is not named: it knows better which variant of it it is.
        messages = list(api.stream(
            '/images/create', method='POST', raw=probe_image.image_archive(architecture), timeout=timeout,
            fromSrc='-', repo=IMAGE, tag=tag, changes='\n'.join(changes), platform=platform if foreign else None))
    except ApiFailure as failure:
        return image._replace(error=str(failure))
    return image._replace(error=next((message['error'] for message in messages if 'error' in message), None))


class _Run(object):
    """One container under one runtime."""

    def __init__(
        self, api: EngineApi, expectation: Expectation, image: _Image, *, name: str, proc: str, timeout: float
    ) -> None:
        self._api = api
        self._expectation = expectation
        self._image = image
        self._proc = proc
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._name = name
        self._stage = ''
        self._container = None  # type: Optional[str]
        self._said = None  # type: Optional[probe_image.Said]
        self._evidence = Evidence()
        self._output = b''
        self._exit_code = None  # type: Optional[int]
        self._ms = None  # type: Optional[int]

    def result(self) -> ProbeResult:
        """Run it, remove it, and judge."""
        hung = False
        error = self._image.error
        if error is None:
            try:
                self._run()
            except ApiTimeout:
                hung = True
                error = 'it did not %s within %g s, and was ended' % (self._stage, self._timeout)
            except ApiFailure as failure:
                error = str(failure)
            finally:
                left = self._remove(hung)
        else:
            left = []
        if error is None and self._said is None:
            words = self._output.decode('utf-8', 'replace').strip()
            error = 'it ended with exit code %s and did not say what it saw, but: %s' % (self._exit_code, words[-500:])
        if error is None and self._exit_code != 0:
            error = 'it ended with exit code %s' % self._exit_code
        return self._judged(hung, error, tuple(left))

    def _judged(self, hung: bool, error: Optional[str], left: Tuple[str, ...]) -> ProbeResult:
        proof = prove(self._expectation, self._evidence)
        verdict = TIMEOUT if hung else FAILED if error else PROVEN if proof.proven else UNPROVEN
        seen = self._said is not None
        kernel = self._said.release if self._said else None
        notes = proof.notes if seen else ()
        if kernel and kernel != os.uname().release:
            notes += ('the kernel that it saw is %s, the host\'s is %s' % (kernel, os.uname().release),)
        return ProbeResult(
            runtime=self._expectation.name,
            verdict=verdict,
            ran=seen,
            exit_code=self._exit_code,
            output=self._output.decode('utf-8', 'replace'),
            kernel=kernel,
            ms=self._ms,
            expected=proof.expected,
            actual=proof.actual if seen else 'nothing ran',
            evidence=notes,
            error=error,
            left=left,
        )

    def _run(self) -> None:
        self._stage = 'answer'
        query = {'name': self._name}
        if self._image.foreign:
            query['platform'] = self._image.platform
        self._container = self._api.post('/containers/create', self._config(), query=query, timeout=self._remaining())['Id']
        attached = self._api.attach(self._container, timeout=self._remaining())
        try:
            self._stage = 'start'
            begin = time.monotonic()
            self._api.post('/containers/%s/start' % self._container, timeout=self._remaining())
            self._stage = 'say what it saw'
            if attached.read_until(_READY, deadline=self._deadline):
                self._ms = int((time.monotonic() - begin) * 1000)
                self._said = probe_image.parse_said(attached.output.decode('utf-8', 'replace'))
                self._stage = 'answer'
                self._look()
            self._stage = 'end'
            attached.write(b'\n', deadline=self._deadline)
            attached.close_stdin()
            attached.read_until(None, deadline=self._deadline)
            waited = self._api.post('/containers/%s/wait' % self._container, timeout=self._remaining())
            self._exit_code = waited['StatusCode']
        finally:
            self._output = attached.output
            attached.close()

    def _look(self) -> None:
        state = self._api.get('/containers/%s/json' % self._container, timeout=self._remaining())
        self._evidence = gather(
            self._container or '', state['State']['Pid'], self._expectation,
            requested=state['HostConfig'].get('Runtime'), proc=self._proc)

    def _config(self) -> Dict[str, object]:
        host = {
            'Runtime': self._expectation.name,
            'NetworkMode': 'none',
            'ReadonlyRootfs': True,
            'CapDrop': ['ALL'],
            'SecurityOpt': ['no-new-privileges'],
            'LogConfig': {'Type': 'none'},
            'PidsLimit': _PIDS,
            'RestartPolicy': {'Name': 'no'},
        }  # type: Dict[str, object]
        if self._image.platform.startswith(probe_image.WASI + '/'):
            host['Annotations'] = _WASM_ANNOTATIONS
        return {
            'Image': self._image.reference,
            'Labels': self._image.labels,
            'AttachStdin': True, 'AttachStdout': True, 'AttachStderr': True, 'OpenStdin': True, 'StdinOnce': True,
            'Healthcheck': {'Test': ['NONE']},
            'HostConfig': host,
        }

    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    def _remove(self, hung: bool) -> List[str]:
        """Remove the container; what of it is left."""
        # Where its creation was not answered in time, it may have been created all the same: under our name.
        target = self._container or self._name
        return [] if _remove_container(self._api, target, hung=hung, proc=self._proc) else [target]


_READY = ('\n%s\n' % probe_image.READY).encode('ascii')


def _remove_container(api: EngineApi, container: str, *, hung: bool, proc: str) -> bool:
    """Remove a container with force; whether it is gone. Where its runtime hangs, end its processes first."""
    end = time.monotonic() + _GRACE
    gone = False
    while not gone and time.monotonic() < end:
        if hung:
            _settle(api, container, proc=proc, end=end)
        gone = _removed(api, '/containers/' + container, timeout=min(4.0, end - time.monotonic()))
        hung = True
    return gone


def _settle(api: EngineApi, container: str, *, proc: str, end: float) -> None:
    """End the processes of a container until none is left and the engine knows of it; give up at ``end``.

    Where a runtime hangs its shim waits for it, containerd for the shim, the engine for containerd, and whoever removes
    the container for the engine. So first what the shim called is ended: the others then hear of a failure and tidy up.
    Where they do not, the shim; what containerd starts to tidy up after a dead shim is let live, until it hangs too.
    """
    ended = set()  # type: Set[Tuple[int, str]]
    attempt = 0
    while time.monotonic() < end:
        spare = ('-id',) if attempt < 5 else ('-id', 'delete') if attempt < 50 else None
        alive = _end_processes(container, ended, spare=spare, proc=proc)
        if not alive and not _is_running(api, container):
            return
        attempt += 1
        time.sleep(0.1)


def _is_running(api: EngineApi, container: str) -> bool:
    """Whether the engine takes a container for running; also while it does not answer."""
    try:
        return bool(api.get('/containers/%s/json' % container, timeout=1.0)['State']['Running'])
    except ApiError:
        return False
    except ApiFailure:
        return True


def _removed(api: EngineApi, path: str, *, timeout: float) -> bool:
    """Have the engine remove something with force; whether it is gone."""
    try:
        api.delete(path, timeout=timeout, force=True)
    except ApiError as error:
        return error.status == 404
    except ApiFailure:
        return False
    return True


def _end_processes(
    container: str, ended: Set[Tuple[int, str]], *, spare: Optional[Sequence[str]], proc: str
) -> int:
    """Kill what runs for a container on the host; how many processes there were, the spared ones among them.

    They are told by the container's full id among their arguments, or come from such a process; ``ended`` keeps what was
    seen, so that orphans among them are found again. Those with all of ``spare`` among their arguments are let live.
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
