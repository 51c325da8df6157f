# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a probe's container on the host, and ending its processes."""

import os
import subprocess
import sys
import time

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.probe import host as probe_host
from ansible_collections.slipway.runtimes.plugins.module_utils.probe.host import (
    end_processes, gather, is_abandoned, owner_of)
from ansible_collections.slipway.runtimes.plugins.module_utils.probe.proof import PATH, SHIM, Evidence, Expectation

ID = 'c0ffee' + '0' * 58


class Host(object):
    """A /proc of our own making, and files beside it."""

    def __init__(self, root):
        self.root = root
        self.proc = root / 'proc'
        for folder in ('proc/sys/kernel/random', 'proc/self/ns', 'bin', 'bundle/' + ID, 'lib/runtimes'):
            (root / folder).mkdir(parents=True)
        (self.proc / 'sys/kernel/random/boot_id').write_text('boot-1\n')
        (self.proc / 'self/ns/pid').symlink_to('pid:[1]')
        for name in ('containerd-shim-runc-v2', 'runc', 'crun', 'runsc'):
            (root / 'bin' / name).write_text(name)
        (root / 'probe').write_text('')
        (self.bundle / 'config.json').write_text('{}')

    @property
    def bundle(self):
        return self.root / 'bundle' / ID

    def path(self, name):
        return str(self.root / 'bin' / name)

    def process(self, pid, parent, *argv, exe=None, cwd=None, start=100, state='S'):
        folder = self.proc / str(pid)
        folder.mkdir()
        fields = [state, str(parent)] + ['0'] * 17 + [str(start)]
        (folder / 'stat').write_text('%d (a) b) %s 0\n' % (pid, ' '.join(fields)))
        (folder / 'cmdline').write_text(''.join(word + '\0' for word in argv))
        (folder / 'environ').write_text('HOME=/\0PATH=/nowhere:%s\0' % (self.root / 'bin'))
        for name, target in (('exe', exe), ('cwd', cwd)):
            if target:
                (folder / name).symlink_to(target)

    def container(self, program='/probe', **records):
        """A shim (pid 20), its container's first process (pid 30), and containerd's records."""
        names = {'shim': 'shim-binary-path', 'options': 'options.json', 'runtime': 'runtime'}
        for name, content in records.items():
            (self.bundle / names[name]).write_text(content)
        self.process(1, 0, 'init')
        self.process(20, 1, self.path('containerd-shim-runc-v2'), '-namespace', 'moby', '-id', ID,
                     exe=self.path('containerd-shim-runc-v2'), cwd=self.bundle)
        self.process(30, 20, 'probe', exe=program)

    def gather(self, expectation, pid=30):
        return gather(ID, pid, expectation, requested='x', proc=str(self.proc))


@pytest.fixture(name='host')
def _host(tmp_path):
    return Host(tmp_path)


def test_a_runtime_by_path(host):
    host.container(shim=host.path('containerd-shim-runc-v2'), runtime=host.path('crun'),
                   options='{"binary_name":"%s"}' % host.path('crun'))
    evidence = host.gather(Expectation('x', PATH, host.path('crun')))
    assert evidence == Evidence(
        requested='x', shim=host.path('containerd-shim-runc-v2'), shim_exe=host.path('containerd-shim-runc-v2'),
        binary=host.path('crun'), wrapped=None, program=None, files=evidence.files)
    crun = os.stat(host.path('crun'))
    assert evidence.files[host.path('crun')] == (crun.st_dev, crun.st_ino)
    runc = os.stat(host.path('runc'))
    assert evidence.files['runc'] == (runc.st_dev, runc.st_ino)


def test_a_runtime_by_path_with_arguments(host):
    wrapper = host.root / 'lib/runtimes/x.DIGEST===='
    wrapper.write_text('#!/bin/sh\n%s --platform=systrap $@\n\n' % host.path('runsc'))
    host.container(runtime=str(wrapper), program=host.path('runsc'))
    evidence = host.gather(Expectation('x', PATH, host.path('runsc')))
    assert evidence.binary == str(wrapper)
    assert evidence.wrapped == (host.path('runsc'), '--platform=systrap')
    assert evidence.program == host.path('runsc')
    assert host.path('runsc') in evidence.files


@pytest.mark.parametrize('records, binary', [
    ({'runtime': '', 'options': '{"root":"/run"}'}, ''),
    ({'runtime': '', 'options': '{}'}, ''),
    ({'runtime': ''}, ''),
    ({'options': '{"binary_name":"crun"}'}, 'crun'),
    ({'options': '["odd"]'}, None),
    ({'options': '{"cut'}, None),
    ({}, None),
])
def test_what_the_shim_calls(host, records, binary):
    host.container(**records)
    assert host.gather(Expectation('x', SHIM, 'io.containerd.runc.v2')).binary == binary


def test_a_shim_without_records_is_known_by_how_it_was_called(host):
    host.container()
    assert host.gather(Expectation('x', SHIM, 'io.containerd.runc.v2')).shim == host.path('containerd-shim-runc-v2')


def test_a_runtime_that_executes_a_copy_of_itself_is_known_by_its_file(host):
    os.link(host.path('crun'), str(host.root / 'hidden'))
    host.container(runtime=host.path('crun'), program=str(host.root / 'hidden'))
    assert host.gather(Expectation('x', PATH, host.path('crun'))).program == host.path('crun')


@pytest.mark.parametrize('pid', [0, 999, 1])
def test_a_first_process_that_is_not_to_be_seen(host, pid):
    host.container(runtime='runc')
    evidence = host.gather(Expectation('x', SHIM, 'io.containerd.runc.v2'), pid=pid)
    assert (evidence.binary, evidence.program) == ('runc', None)
    assert evidence.shim == host.path('containerd-shim-runc-v2')


def test_nothing_to_be_seen(host):
    host.process(1, 0, 'init')
    host.process(40, 1, 'containerd-shim-runc-v2', '-id', 'f' * 64)
    evidence = host.gather(Expectation('x', PATH, host.path('crun')))
    assert evidence == Evidence(requested='x', files=evidence.files)


def test_what_is_abandoned(host):
    host.process(7, 1, 'python3')
    owner = owner_of(7, proc=str(host.proc))
    assert owner == 'boot-1 pid:[1] 7 100'
    for text, age, abandoned in [
        (owner, 9999, False),
        ('boot-1 pid:[1] 7 99', 0, True),
        ('boot-1 pid:[1] 8 100', 0, True),
        ('boot-0 pid:[1] 7 100', 0, True),
        ('boot-1 pid:[2] 7 100', 60, False),
        ('boot-1 pid:[2] 7 100', 3601, True),
        ('', 60, False),
        ('something else', 3601, True),
    ]:
        assert is_abandoned(text, age, proc=str(host.proc)) is abandoned, text


def _alive(pid):
    process = probe_host._process(pid, '/proc')
    return process is not None and not process.zombie


def _children(marker):
    """The processes whose arguments hold a marker."""
    return sorted(
        pid for pid, process in probe_host._processes('/proc').items()
        if not process.zombie and any(marker in word for word in process.argv))


def _wait_for(condition):
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


TREE = '''
import subprocess, sys
sleep = [sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[1]]
subprocess.Popen(sleep, start_new_session=True)
subprocess.Popen(sleep).wait()
'''


def test_a_tree_is_ended_also_where_it_has_sessions_of_its_own():
    container = os.urandom(32).hex()
    mark = 'mark-' + container[:16]
    root = subprocess.Popen([sys.executable, '-c', TREE, mark, '/bundle/' + container])
    bystander = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', container[:63]])
    try:
        _wait_for(lambda: len(_children(mark)) == 3)
        ended = set()
        _wait_for(lambda: not end_processes(container, ended, spare=None))
        root.wait(timeout=5)
        assert _children(mark) == []
        assert _alive(bystander.pid)
    finally:
        for pid in _children(mark):
            os.kill(pid, 9)
        bystander.kill()
        bystander.wait()


def test_orphans_that_were_seen_once_are_found_again():
    container = os.urandom(32).hex()
    mark = 'mark-' + container[:16]
    root = subprocess.Popen(
        [sys.executable, '-c', 'import subprocess, sys; subprocess.Popen([sys.executable, "-c", '
         '"import time; time.sleep(60)", sys.argv[1]]).wait()', mark, container])
    try:
        _wait_for(lambda: len(_children(mark)) == 2)
        ended = set()
        assert end_processes(container, ended, spare=(mark,)) == 2
        root.kill()
        root.wait()
        assert len(_children(mark)) == 1
        _wait_for(lambda: not end_processes(container, ended, spare=None))
        assert _children(mark) == []
    finally:
        for pid in _children(mark):
            os.kill(pid, 9)


def test_what_is_spared_lives():
    container = os.urandom(32).hex()
    shim = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '-id', container])
    try:
        ended = set()
        _wait_for(lambda: _children(container) == [shim.pid])
        assert end_processes(container, ended, spare=('-id',)) == 1
        assert end_processes(container, ended, spare=('-id', 'delete')) == 1
        assert shim.wait(timeout=5) == -9
        assert end_processes(container, ended, spare=None) == 0
    finally:
        shim.kill()
        shim.wait()


@pytest.mark.parametrize('name', ['', 'python3', 'slipway-runtimes-probe-1', 'c' * 63])
def test_only_a_full_id_tells_processes(name):
    assert end_processes(name, set(), spare=None) == 0


def test_we_are_spared_ourselves(monkeypatch):
    container = os.urandom(32).hex()
    code = (
        'import sys; sys.path[:0] = %r; from %s import end_processes; '
        'print(end_processes(sys.argv[1], set(), spare=None))' % (sys.path, probe_host.__name__))
    monkeypatch.setenv('PYTHONDONTWRITEBYTECODE', '1')
    done = subprocess.run([sys.executable, '-c', code, container], stdout=subprocess.PIPE, timeout=20, check=True)
    assert done.stdout == b'0\n'
