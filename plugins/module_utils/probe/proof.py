# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What shows that a runtime ran a container: pure decisions over what was seen of it.

An engine may quietly run something else than what it was asked for (Docker before 24.0 runs runc for every entry with a
``runtimeType``), so a container that ran is proof of a runtime only together with evidence.
"""

import os
from typing import Dict, List, NamedTuple, Optional, Tuple

from ..engines.runtime import shim_binary

PATH, SHIM, SHIM_PATH, UNKNOWN = 'path', 'shim', 'shim_path', 'unknown'


class Expectation(NamedTuple):
    """What is registered under a name, and so what has to have run a container.

    ``kind`` tells what ``value`` is: ``path``, the path of a runc-like program, as registered; ``shim``, the full name
    of a shim; ``shim_path``, the absolute path of a shim; ``unknown``: nobody can say, and nothing will be proven.
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

    ``requested``: the runtime that the engine says it asked for. ``shim``: the shim's path, by containerd's record or
    as it was called; ``shim_exe``: the file that it executes. ``binary``: the program that the shim calls, by its
    record, '' being its default. ``wrapped``: the command in ``binary``, where the engine wrote that as a wrapper.
    ``program``: what the container's first process executes, where that is a file of the host. ``files``: device and
    inode of each path among these, and of the expected one, behind links.
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


def program_of(expectation: Expectation) -> str:
    """The name of the program that is expected: of a runtime, or of a shim."""
    return shim_binary(expectation.value) if expectation.kind == SHIM else os.path.basename(expectation.value)


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
    """The command in a wrapper that an engine wrote for the runtime ``name``; None where it is no wrapper.

    Engines write it as ``<data root>/runtimes/<name>``, from 24.0 with a digest behind the name.
    """
    folder, file_name = os.path.split(path)
    if os.path.basename(folder) != 'runtimes' or not (file_name == name or file_name.startswith(name + '.')):
        return None
    lines = content.split('\n')
    if len(lines) < 2 or lines[0] != '#!/bin/sh' or any(lines[2:]) or not lines[1].endswith(' $@'):
        return None
    return tuple(lines[1].split()[:-1]) or None
