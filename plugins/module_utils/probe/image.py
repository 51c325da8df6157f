# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that the probe runs: one program of a few hundred bytes, carried along, so that no registry is needed.

The program writes ``MARKER``, what ``uname`` says (system, node name, release, version, machine), and ``READY``, a line
each; waits for a line on standard input, or for its end; and exits with 0. The WASI module does the same without uname.
"""

import base64
import hashlib
import io
import tarfile
from typing import NamedTuple, Optional, Tuple

from .programs import PROGRAMS

MARKER = 'slipway.runtimes probe'
READY = 'ready'

WASI = 'wasi'


def architectures() -> Tuple[str, ...]:
    """The architectures that there is a program for, as Go names them, and ``wasi``."""
    return tuple(sorted(PROGRAMS))


def for_platform(platform: str) -> Optional[str]:
    """Which of ``architectures()`` serves a platform such as ``linux/arm64/v8`` or ``wasi/wasm``, or None."""
    system, _slash, rest = platform.partition('/')
    if system == WASI:
        return WASI
    architecture = rest.partition('/')[0]
    return architecture if architecture in PROGRAMS and architecture != WASI else None


def program(architecture: str) -> bytes:
    """The program for one of ``architectures()``. ValueError where it does not have its digest."""
    digest, encoded = PROGRAMS[architecture]
    content = base64.b64decode(encoded)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError('the probe program for %s is damaged' % architecture)
    return content


def entrypoint(architecture: str) -> str:
    """The program's path in the image."""
    return '/probe.wasm' if architecture == WASI else '/probe'


def image_archive(architecture: str) -> bytes:
    """The image's one layer as a tar, to be imported; the same bytes at every call."""
    content = program(architecture)
    member = tarfile.TarInfo(entrypoint(architecture).lstrip('/'))
    member.size = len(content)
    member.mode = 0o555
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w', format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Said(NamedTuple):
    """What the program said of the kernel it saw; all None from the WASI module, which sees none."""

    system: Optional[str]
    node: Optional[str]
    release: Optional[str]
    version: Optional[str]
    machine: Optional[str]


def parse_said(output: str) -> Optional[Said]:
    """What the program said; None where ``output`` does not hold all of its words. Lines before them do not matter."""
    lines = output.splitlines()
    if MARKER not in lines:
        return None
    lines = lines[lines.index(MARKER) + 1:]
    if READY not in lines:
        return None
    words = lines[:lines.index(READY)]
    if len(words) == len(Said._fields):
        return Said(*words)
    return None if words else Said(None, None, None, None, None)
