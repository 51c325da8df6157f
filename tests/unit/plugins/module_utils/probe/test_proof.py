# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which evidence proves which runtime; the evidence is what Docker 20.10, 26.1, 28 and 29 were seen to leave."""

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.probe.proof import (
    PATH, SHIM, SHIM_PATH, UNKNOWN, Evidence, Expectation, parse_wrapper, prove)

RUNC_V2 = 'io.containerd.runc.v2'
SHIM_V2 = '/usr/bin/containerd-shim-runc-v2'
SLIPWAY = '/opt/shims/containerd-shim-slipway-v1'
WRAPPER = '/var/lib/docker/runtimes/x.Z1ZNLMPMSYHTGT6SF3TWVN14KC7MMKNYG8DGQBX6VLPN6JB5DD9J===='
RUNC, CRUN, YOUKI, RUNSC = (1, 10), (1, 11), (1, 12), (1, 13)
FILES = {
    'runc': RUNC, '/usr/sbin/runc': RUNC, '/usr/bin/runc': RUNC,
    'crun': CRUN, '/usr/bin/crun': CRUN, '/opt/crun-link': CRUN,
    '/usr/local/bin/youki': YOUKI, '/usr/bin/runsc': RUNSC,
    SHIM_V2: (1, 20), SLIPWAY: (1, 21), '/opt/link/containerd-shim-slipway-v1': (1, 21),
}


def _saw(**seen):
    return Evidence(requested='x', files=FILES, **seen)


PROVEN = [
    ('stock runc', Expectation('x', SHIM, RUNC_V2, 'runc'), _saw(shim=SHIM_V2, binary='runc')),
    ('stock runc, by default', Expectation('x', SHIM, RUNC_V2), _saw(shim=SHIM_V2, binary='')),
    ('stock runc, elsewhere', Expectation('x', SHIM, RUNC_V2), _saw(shim=SHIM_V2, binary='/usr/local/sbin/runc')),
    ('stock runc, by its path', Expectation('x', SHIM, RUNC_V2, '/usr/bin/runc'), _saw(shim=SHIM_V2, binary='runc')),
    ('a path', Expectation('x', PATH, '/usr/bin/crun'), _saw(shim=SHIM_V2, binary='/usr/bin/crun')),
    ('a link', Expectation('x', PATH, '/opt/crun-link'), _saw(shim=SHIM_V2, binary='/usr/bin/crun')),
    ('a relative path', Expectation('x', PATH, 'crun'), _saw(shim=SHIM_V2, binary='crun')),
    ('a relative path, found', Expectation('x', PATH, '/usr/bin/crun'), _saw(shim=SHIM_V2, binary='crun')),
    ('a path without arguments', Expectation('x', PATH, '/usr/bin/crun', args=()),
     _saw(shim=SHIM_V2, binary='/usr/bin/crun')),
    ('a path with arguments', Expectation('x', PATH, '/usr/bin/crun', args=('--debug', '--log=x')),
     _saw(shim=SHIM_V2, binary=WRAPPER, wrapped=('/usr/bin/crun', '--debug', '--log=x'))),
    ('arguments that nobody asked about', Expectation('x', PATH, '/usr/bin/crun'),
     _saw(shim=SHIM_V2, binary=WRAPPER, wrapped=('/usr/bin/crun', '--debug'))),
    ('a path that is known by its process alone', Expectation('x', PATH, '/usr/bin/runsc'),
     _saw(program='/usr/bin/runsc')),
    ('BinaryName', Expectation('x', SHIM, RUNC_V2, '/usr/local/bin/youki'),
     _saw(shim=SHIM_V2, binary='/usr/local/bin/youki')),
    ('a shim by name', Expectation('x', SHIM, 'io.containerd.slipway.v1'), _saw(shim=SLIPWAY, binary='')),
    ('a shim without records', Expectation('x', SHIM, 'io.containerd.slipway.v1'), _saw(shim=SLIPWAY)),
    ('a shim by path', Expectation('x', SHIM_PATH, SLIPWAY), _saw(shim=SLIPWAY, binary='')),
    ('a shim by a link', Expectation('x', SHIM_PATH, '/opt/link/containerd-shim-slipway-v1'),
     _saw(shim=SLIPWAY, binary='')),
    ('a shim whose process alone was seen', Expectation('x', SHIM_PATH, SLIPWAY), _saw(shim_exe=SLIPWAY)),
]

UNPROVEN = [
    ('nothing seen, path', Expectation('x', PATH, '/usr/bin/crun'), _saw(), 'could not be seen'),
    ('nothing seen, shim', Expectation('x', SHIM, RUNC_V2), _saw(), 'could not be seen'),
    ('nothing seen, shim by path', Expectation('x', SHIM_PATH, SLIPWAY), _saw(), 'could not be seen'),
    ('nothing known', Expectation('x', UNKNOWN), _saw(shim=SHIM_V2, binary='runc'), 'is not known'),
    # Docker 20.10 does not know runtimeType and options: it runs its default.
    ('fell back from BinaryName', Expectation('x', SHIM, RUNC_V2, '/usr/bin/crun'), _saw(shim=SHIM_V2, binary=''),
     'did not call /usr/bin/crun'),
    ('fell back from a shim by name', Expectation('x', SHIM, 'io.containerd.slipway.v1'),
     _saw(shim=SHIM_V2, binary=''), 'its shim is not containerd-shim-slipway-v1'),
    ('fell back from a shim by path', Expectation('x', SHIM_PATH, SLIPWAY), _saw(shim=SHIM_V2, binary=''),
     'its shim is not ' + SLIPWAY),
    ('another program', Expectation('x', PATH, '/usr/local/bin/youki'), _saw(shim=SHIM_V2, binary='/usr/bin/crun'),
     'did not call /usr/local/bin/youki'),
    ('no program at all', Expectation('x', PATH, '/usr/local/bin/youki'), _saw(shim=SHIM_V2, binary=''),
     'did not call /usr/local/bin/youki'),
    ('a program that is gone', Expectation('x', PATH, '/opt/gone'), _saw(shim=SHIM_V2, binary='/usr/bin/gone'),
     'did not call /opt/gone'),
    ('other arguments', Expectation('x', PATH, '/usr/bin/crun', args=('--debug',)),
     _saw(shim=SHIM_V2, binary=WRAPPER, wrapped=('/usr/bin/crun', '--other')), 'other arguments: --other'),
    ('no arguments', Expectation('x', PATH, '/usr/bin/crun', args=('--debug',)),
     _saw(shim=SHIM_V2, binary='/usr/bin/crun'), 'other arguments: none'),
    ('a wrapper of another', Expectation('x', PATH, '/usr/bin/crun'),
     _saw(shim=SHIM_V2, binary=WRAPPER, wrapped=('/usr/bin/runsc',)), 'did not call /usr/bin/crun'),
    ('crun for stock runc', Expectation('x', SHIM, RUNC_V2), _saw(shim=SHIM_V2, binary='/usr/bin/crun'), 'not runc'),
    ('BinaryName unseen', Expectation('x', SHIM, RUNC_V2, '/usr/bin/crun'), _saw(shim=SHIM_V2), 'could not be seen'),
    ('under another name', Expectation('x', PATH, '/usr/bin/crun'),
     Evidence(requested='runc', shim=SHIM_V2, binary='/usr/bin/crun', files=FILES), 'started it under runc'),
]


@pytest.mark.parametrize('expectation, evidence', [case[1:] for case in PROVEN], ids=[case[0] for case in PROVEN])
def test_proven(expectation, evidence):
    proof = prove(expectation, evidence)
    assert proof.proven, proof


@pytest.mark.parametrize(
    'expectation, evidence, reason', [case[1:] for case in UNPROVEN], ids=[case[0] for case in UNPROVEN])
def test_unproven_and_why(expectation, evidence, reason):
    proof = prove(expectation, evidence)
    assert not proof.proven
    assert reason in proof.notes[-1]


@pytest.mark.parametrize('expectation, evidence, expected, actual, notes', [
    (
        Expectation('x', SHIM, RUNC_V2, '/usr/bin/crun'), _saw(shim=SHIM_V2, shim_exe=SHIM_V2, binary='/usr/bin/crun'),
        'io.containerd.runc.v2 with /usr/bin/crun', SHIM_V2 + ' with /usr/bin/crun',
        ('its shim was ' + SHIM_V2, 'its shim called /usr/bin/crun'),
    ),
    (
        Expectation('x', PATH, '/usr/bin/runsc', args=('--platform=systrap',)),
        _saw(shim=SHIM_V2, binary=WRAPPER, wrapped=('/usr/bin/runsc', '--platform=systrap'), program='/usr/bin/runsc'),
        '/usr/bin/runsc --platform=systrap', SHIM_V2 + ' with /usr/bin/runsc --platform=systrap',
        ('its shim was ' + SHIM_V2, 'its shim called ' + WRAPPER,
         'which is the engine\'s wrapper of /usr/bin/runsc --platform=systrap', 'its first process was /usr/bin/runsc'),
    ),
    (
        Expectation('x', SHIM_PATH, SLIPWAY), _saw(shim=SLIPWAY, shim_exe=SHIM_V2, binary=''),
        SLIPWAY, SLIPWAY + ' with its default runtime',
        ('its shim was ' + SLIPWAY, 'which executed ' + SHIM_V2, 'its shim called its default runtime'),
    ),
    (
        Expectation('x', UNKNOWN), _saw(),
        'not known', 'not known', ('what is registered under this name is not known',),
    ),
])
def test_in_words(expectation, evidence, expected, actual, notes):
    proof = prove(expectation, evidence)
    assert (proof.expected, proof.actual, proof.notes) == (expected, actual, notes)


SCRIPT = '#!/bin/sh\n/usr/bin/crun --debug --log=x $@\n'


@pytest.mark.parametrize('path, content, command', [
    ('/var/lib/docker/runtimes/x', SCRIPT, ('/usr/bin/crun', '--debug', '--log=x')),
    (WRAPPER, SCRIPT, ('/usr/bin/crun', '--debug', '--log=x')),
    ('/var/lib/docker/1000.1000/runtimes/x', SCRIPT, ('/usr/bin/crun', '--debug', '--log=x')),
    ('/usr/local/bin/x', SCRIPT, None),
    ('/var/lib/docker/runtimes/xy', SCRIPT, None),
    ('/var/lib/docker/runtimes/x', SCRIPT + 'rm -rf /\n', None),
    ('/var/lib/docker/runtimes/x', '#!/bin/bash\n/usr/bin/crun $@\n', None),
    ('/var/lib/docker/runtimes/x', '#!/bin/sh\nexec /usr/bin/crun\n', None),
    ('/var/lib/docker/runtimes/x', '\x7fELF\n', None),
    ('/var/lib/docker/runtimes/x', '', None),
])
def test_parse_wrapper(path, content, command):
    assert parse_wrapper(path, content, name='x') == command
