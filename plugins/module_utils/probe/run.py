# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a container under a runtime, and find out which runtime really ran it.

The container's program says what it sees and then waits for a line; while it waits, the host is looked at:
containerd's shim keeps its records in the folder that it works in, and is the parent of what it runs. An engine may
quietly run something else than what it was asked for, so a container that ran is proof of a runtime only together with
that evidence.
"""

import os
import time
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ..engines.docker.api import ApiError, ApiFailure, ApiTimeout, EngineApi
from . import image as probe_image
from .host import end_processes, gather, is_abandoned, owner_of
from .proof import Evidence, Expectation, program_of, prove

LABEL = 'slipway.runtimes.probe'
OWNER_LABEL = 'slipway.runtimes.probe.owner'
IMAGE = 'slipway-runtimes-probe'

PROVEN = 'proven'  # it ran, and this runtime ran it
UNPROVEN = 'unproven'  # it ran; that this runtime ran it is not shown, or something else did
FAILED = 'failed'  # it did not run, or not to its end
TIMEOUT = 'timeout'  # it hung, and was ended

# Sandboxes of some runtimes (gVisor's) have threads of their own within the container's limit.
_PIDS = 256
_STARTING = 'it did not start'
# Seconds that ending and removing a container may take when the runtime does not help.
_GRACE = 20.0
# crun runs a Wasm module where this says that it may be one; other runtimes do not know it.
_WASM_ANNOTATIONS = {'module.wasm.image/variant': 'compat-smart'}
# By the shim's program. https://github.com/google/gvisor/issues/12198
_HANG_HINTS = {
    'containerd-shim-runsc-v1': (
        '; gVisor\'s shim waits without end for a container that lacks the annotation io.kubernetes.cri.container-type, and engines '
        'do not set it: register runsc by its path instead')}
_WASM_HINT = ' (for Wasm, Docker needs its containerd image store: the feature containerd-snapshotter)'


class ProbeResult(NamedTuple):
    """What became of a container under one runtime.

    ``verdict``: one of proven, unproven, failed, timeout. ``ran``: the program said what it saw. ``kernel``: the
    release that it saw; None from a Wasm module. ``ms``: from the request to start it to its last word. ``error``: the
    engine's own words, or what was waited for in vain. ``left``: what could not be removed: nothing, unless the engine
    itself hangs.
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
    api: EngineApi, runtimes: Sequence[Expectation], *, run_id: str, timeout: float = 30.0,
    platform: Optional[str] = None, proc: str = '/proc',
) -> List[ProbeResult]:
    """Run a container under each runtime, one after the other; a result for each, in their order.

    ``timeout``: seconds for each runtime, its container's creation to its end. Ending a runtime that hangs takes a second
    or two more; where the engine itself hangs, giving up takes 20 more, and the result names what is left.
    ``run_id`` is unique, of small letters and digits. ``platform`` is for runtimes that name none; None is the
    engine's. What runs of ours left behind that were killed is removed first. Raises ApiFailure where the engine cannot
    be spoken to at all; whatever happens under one runtime is in its result.
    """
    version = api.get('/version')
    native = '%s/%s' % (version.get('Os', 'linux'), version.get('Arch', ''))
    owner = owner_of(os.getpid(), proc=proc)
    sweep(api, proc=proc)
    images: Dict[str, _Image] = {}
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
    """An image that was imported for this run; ``error``: why it could not be.

    ``foreign``: of another platform than the engine's.
    """

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
        return image._replace(error=str(failure) + (_WASM_HINT if architecture == probe_image.WASI else ''))
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
        self._container: Optional[str] = None
        self._said: Optional[probe_image.Said] = None
        self._evidence = Evidence()
        self._output = b''
        self._exit_code: Optional[int] = None
        self._ms: Optional[int] = None

    def result(self) -> ProbeResult:
        """Run it, remove it, and judge."""
        hung = False
        error = self._image.error
        if error is None:
            try:
                self._run()
            except ApiTimeout:
                hung = True
                error = '%s within %g s, and was ended' % (self._stage, self._timeout)
                if self._stage == _STARTING:
                    error += _HANG_HINTS.get(program_of(self._expectation), '')
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
        self._stage = 'the engine did not make its container'
        query = {'name': self._name}
        if self._image.foreign:
            query['platform'] = self._image.platform
        created = self._api.post('/containers/create', self._config(), query=query, timeout=self._remaining())
        self._container = created['Id']
        attached = self._api.attach(self._container, timeout=self._remaining())
        try:
            self._stage = _STARTING
            begin = time.monotonic()
            self._api.post('/containers/%s/start' % self._container, timeout=self._remaining())
            self._stage = 'it did not say what it saw'
            if attached.read_until(_READY, deadline=self._deadline):
                self._ms = int((time.monotonic() - begin) * 1000)
                self._said = probe_image.parse_said(attached.output.decode('utf-8', 'replace'))
                self._look()
                self._stage = 'it did not end'
                attached.answer(b'\n', deadline=self._deadline)
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
        host: Dict[str, object] = {
            'Runtime': self._expectation.name,
            'NetworkMode': 'none',
            'ReadonlyRootfs': True,
            'CapDrop': ['ALL'],
            'SecurityOpt': ['no-new-privileges'],
            'LogConfig': {'Type': 'none'},
            'PidsLimit': _PIDS,
            'RestartPolicy': {'Name': 'no'},
        }
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
        if not gone:
            hung = True
            time.sleep(0.1)
    return gone


def _settle(api: EngineApi, container: str, *, proc: str, end: float) -> None:
    """End the processes of a container until none is left and the engine knows of it; give up at ``end``.

    Where a runtime hangs its shim waits for it, containerd for the shim, the engine for containerd, and whoever removes
    the container for the engine. So first what the shim called is ended: the others then hear of a failure and tidy up.
    Where they do not, the shim; what containerd starts to tidy up after a dead shim is let live, until it hangs too.
    """
    ended: Set[Tuple[int, str]] = set()
    attempt = 0
    while time.monotonic() < end:
        spare = ('-id',) if attempt < 5 else ('-id', 'delete') if attempt < 50 else None
        alive = end_processes(container, ended, spare=spare, proc=proc)
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
