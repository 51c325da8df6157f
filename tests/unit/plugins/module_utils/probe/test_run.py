# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a probe, against an engine that behaves as it is told to."""

import os
import time

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.probe import run as probe
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.api import (
    ApiError, ApiFailure, ApiTimeout, ApiUnreachable)
from ansible_collections.slipway.runtimes.plugins.module_utils.probe.proof import PATH, SHIM, SHIM_PATH, Evidence, Expectation

WORDS = b'slipway.runtimes probe\nLinux\nbox\n4.4.0\n#1 SMP\nx86_64\nready\n'
ID = 'c0ffee' + '0' * 58
CRUN = Expectation('crun', PATH, '/usr/bin/crun')


class Attached(object):
    def __init__(self, engine):
        self.engine = engine
        self.output = b''
        self.closed = False

    def read_until(self, marker, *, deadline):
        self.engine.do('attached')
        self.output = self.engine.words
        return bool(marker) and marker in self.output

    def answer(self, data, *, deadline):
        self.engine.do('answer')

    def close(self):
        self.closed = True


class Engine(object):
    """An EngineApi whose calls succeed, but for those in ``troubles``: a call's name and what it raises."""

    def __init__(self, words=WORDS, exit_code=0, troubles=None, containers=(), images=()):
        self.words = words
        self.exit_code = exit_code
        self.troubles = troubles or {}
        self.listed = {'/containers/json': list(containers), '/images/json': list(images)}
        self.calls = []
        self.created = {}
        self.imported = []
        self.attached = None

    def do(self, call):
        self.calls.append(call)
        trouble = self.troubles.get(call)
        if isinstance(trouble, list):
            trouble = trouble.pop(0) if trouble else None
        if trouble is not None:
            raise trouble

    def get(self, path, *, timeout=None, **query):
        if path == '/version':
            self.do('version')
            return {'Os': 'linux', 'Arch': 'amd64'}
        if path in self.listed:
            assert query['filters'] == {'label': ['slipway.runtimes.probe']}
            return self.listed[path]
        self.do('inspect')
        return {'State': {'Pid': 30, 'Running': False}, 'HostConfig': {'Runtime': 'crun'}}

    def post(self, path, body=None, *, query=None, timeout=None):
        assert timeout <= 30
        if path == '/containers/create':
            self.created = body
            self.created_query = query
            self.do('create')
            return {'Id': ID}
        self.do(path.rpartition('/')[2])
        return {'StatusCode': self.exit_code}

    def delete(self, path, *, timeout=None, force=None):
        assert force is True
        self.do('delete ' + path)

    def stream(self, path, *, method, raw, timeout, **query):
        assert (path, method) == ('/images/create', 'POST')
        self.imported.append(query)
        self.do('import')
        return iter([{'status': 'sha256:1'}])

    def attach(self, container, *, timeout=None):
        self.do('attach')
        self.attached = Attached(self)
        return self.attached


@pytest.fixture(autouse=True)
def _seen(monkeypatch):
    evidence = Evidence(requested='crun', shim='/usr/bin/containerd-shim-runc-v2', binary='/usr/bin/crun')
    monkeypatch.setattr(probe, 'gather', lambda *arguments, **options: evidence)
    monkeypatch.setattr(probe, 'end_processes', lambda *arguments, **options: 0)
    monkeypatch.setattr(probe, '_GRACE', 1.0)


def _probe(engine, *expectations, **options):
    return probe.run_probe(engine, expectations or [CRUN], run_id='r1', **options)


def test_a_container_runs_and_is_proven():
    engine = Engine()
    (result,) = _probe(engine)
    assert result == probe.ProbeResult(
        runtime='crun', verdict='proven', ran=True, exit_code=0, output=WORDS.decode(), kernel='4.4.0', ms=result.ms,
        expected='/usr/bin/crun', actual='/usr/bin/containerd-shim-runc-v2 with /usr/bin/crun',
        evidence=result.evidence, error=None, left=())
    assert 'the kernel that it saw is 4.4.0, the host\'s is %s' % os.uname().release in result.evidence
    assert result.ms < 5000
    assert engine.calls == [
        'version', 'import', 'create', 'attach', 'start', 'attached', 'inspect', 'answer', 'attached', 'wait',
        'delete /containers/' + ID, 'delete /images/slipway-runtimes-probe:r1-linux-amd64']
    assert engine.attached.closed


def test_the_container_may_do_nothing_but_speak():
    engine = Engine()
    _probe(engine)
    assert engine.created_query == {'name': 'slipway-runtimes-probe-r1-0'}
    assert engine.created['Image'] == 'slipway-runtimes-probe:r1-linux-amd64'
    assert engine.created['Labels']['slipway.runtimes.probe'] == 'r1'
    host = engine.created['HostConfig']
    assert (host['NetworkMode'], host['ReadonlyRootfs'], host['CapDrop']) == ('none', True, ['ALL'])
    assert (host['LogConfig'], host['SecurityOpt']) == ({'Type': 'none'}, ['no-new-privileges'])
    assert 0 < host['PidsLimit'] < 1000
    assert 'Annotations' not in host


def test_an_image_for_each_platform_once():
    engine = Engine()
    _probe(engine, CRUN, CRUN._replace(platform='wasi/wasm'), CRUN._replace(platform='linux/amd64'))
    assert [query['platform'] for query in engine.imported] == [None, 'wasi/wasm']
    assert 'ENTRYPOINT ["/probe"]' in engine.imported[0]['changes']
    assert 'ENTRYPOINT ["/probe.wasm"]' in engine.imported[1]['changes']
    assert all('LABEL "slipway.runtimes.probe"="r1"' in query['changes'] for query in engine.imported)
    assert [call for call in engine.calls if call.startswith('delete /images')] == [
        'delete /images/slipway-runtimes-probe:r1-linux-amd64', 'delete /images/slipway-runtimes-probe:r1-wasi-wasm']


def test_a_wasm_module_is_announced():
    engine = Engine(words=b'slipway.runtimes probe\nready\n')
    (result,) = _probe(engine, platform='wasi/wasm32')
    assert (result.verdict, result.kernel) == ('proven', None)
    assert engine.created_query['platform'] == 'wasi/wasm32'
    assert engine.created['HostConfig']['Annotations'] == {'module.wasm.image/variant': 'compat-smart'}


@pytest.mark.parametrize('engine, verdict, ran, error', [
    (Engine(troubles={'create': ApiError(400, 'unknown or invalid runtime name: crun')}),
     'failed', False, 'unknown or invalid runtime name: crun'),
    (Engine(troubles={'start': ApiError(500, 'OCI runtime create failed')}),
     'failed', False, 'OCI runtime create failed'),
    (Engine(troubles={'start': ApiUnreachable('the engine hung up')}), 'failed', False, 'the engine hung up'),
    (Engine(troubles={'import': ApiError(500, 'no space left on device')}), 'failed', False, 'no space left on device'),
    (Engine(words=b'exec format error\n', exit_code=1),
     'failed', False, 'it ended with exit code 1 and did not say what it saw, but: exec format error'),
    (Engine(exit_code=137), 'failed', True, 'it ended with exit code 137'),
    (Engine(troubles={'create': ApiTimeout('')}),
     'timeout', False, 'the engine did not make its container within 7 s, and was ended'),
    (Engine(troubles={'start': ApiTimeout('')}), 'timeout', False, 'it did not start within 7 s, and was ended'),
    (Engine(troubles={'attached': ApiTimeout('')}),
     'timeout', False, 'it did not say what it saw within 7 s, and was ended'),
    (Engine(troubles={'wait': ApiTimeout('')}), 'timeout', True, 'it did not end within 7 s, and was ended'),
])
def test_troubles(engine, verdict, ran, error):
    (result,) = _probe(engine, timeout=7.0)
    assert (result.verdict, result.ran, result.error) == (verdict, ran, error)
    assert result.left == ()
    assert (result.actual == 'nothing ran') is not ran
    assert engine.calls[-1] == 'delete /images/slipway-runtimes-probe:r1-linux-amd64'
    if 'create' in engine.calls:
        assert engine.calls[-2].startswith('delete /containers/')
    assert engine.attached is None or engine.attached.closed


@pytest.mark.parametrize('expectation, stage, said', [
    (Expectation('gvisor', SHIM, 'io.containerd.runsc.v1'), 'start', True),
    (Expectation('gvisor', SHIM_PATH, '/opt/containerd-shim-runsc-v1'), 'start', True),
    (Expectation('gvisor', SHIM, 'io.containerd.runsc.v1'), 'wait', False),
    (Expectation('gvisor', PATH, '/usr/bin/runsc'), 'start', False),
])
def test_a_hang_that_is_known(expectation, stage, said):
    (result,) = _probe(Engine(troubles={stage: ApiTimeout('')}), expectation)
    assert ('io.kubernetes.cri.container-type' in result.error) is said


def test_one_that_fails_does_not_keep_the_next_from_running():
    engine = Engine(troubles={'start': [ApiError(500, 'boom')]})
    assert [result.verdict for result in _probe(engine, CRUN, CRUN)] == ['failed', 'proven']


def test_a_platform_without_a_program():
    engine = Engine()
    (result,) = _probe(engine, platform='linux/loong64')
    assert result.verdict == 'failed'
    assert result.error.startswith('there is no probe program for linux/loong64, only for 386, amd64')
    assert engine.imported == []


def test_wasm_without_the_image_store():
    engine = Engine(troubles={'import': ApiError(500, 'operating system is not supported')})
    (result,) = _probe(engine, platform='wasi/wasm')
    assert result.error.startswith('operating system is not supported (for Wasm')


def test_what_cannot_be_removed_is_named():
    engine = Engine(troubles={'delete /containers/' + ID: [ApiTimeout('')] * 1000})
    begin = time.monotonic()
    (result,) = _probe(engine)
    assert result.left == (ID,)
    assert time.monotonic() - begin < 5


def test_what_is_removed_at_the_second_try():
    engine = Engine(troubles={'delete /containers/' + ID: [ApiError(409, 'removal is already in progress')]})
    (result,) = _probe(engine)
    assert (result.verdict, result.left) == ('proven', ())


def test_what_is_gone_already_is_removed():
    (result,) = _probe(Engine(troubles={'delete /containers/' + ID: [ApiError(404, 'No such container')] * 9}))
    assert result.left == ()


def test_an_engine_that_cannot_be_spoken_to():
    with pytest.raises(ApiFailure, match='refused'):
        _probe(Engine(troubles={'version': ApiUnreachable('Connection refused')}))


def test_an_interrupted_run_removes_what_it_made():
    engine = Engine(troubles={'start': KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        _probe(engine)
    assert engine.calls[-2:] == [
        'delete /containers/' + ID, 'delete /images/slipway-runtimes-probe:r1-linux-amd64']


def _labelled(owner):
    return {'slipway.runtimes.probe': 'r0', 'slipway.runtimes.probe.owner': owner}


def test_what_dead_runs_left_is_removed_and_what_live_ones_use_is_not():
    live, dead = probe.owner_of(os.getpid()), 'another-boot pid:[1] 7 100'
    engine = Engine(
        containers=[
            {'Id': 'a' * 64, 'Created': 0, 'Labels': _labelled(live)},
            {'Id': 'b' * 64, 'Created': 0, 'Labels': _labelled(dead)},
        ],
        images=[
            {'Id': 'sha256:1', 'Created': 0, 'Labels': _labelled(live), 'RepoTags': ['probe:live']},
            {'Id': 'sha256:2', 'Created': 0, 'Labels': _labelled(dead), 'RepoTags': ['probe:dead', 'probe:dead2']},
            {'Id': 'sha256:3', 'Created': 0, 'Labels': _labelled(dead), 'RepoTags': None},
        ])
    assert probe.sweep(engine) == ['b' * 64, 'probe:dead', 'probe:dead2', 'sha256:3']
    assert engine.calls == [
        'delete /containers/' + 'b' * 64, 'delete /images/probe:dead', 'delete /images/probe:dead2',
        'delete /images/sha256:3']
