# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe's image: made from its listings, and running where there is something to run it."""

import importlib.util
import os
import platform
import shutil
import subprocess
import tarfile
from io import BytesIO

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.probe import image as probe_image
from ansible_collections.slipway.runtimes.plugins.module_utils.probe.image import Said

ROOT = os.path.abspath(__file__).split(os.path.join('tests', 'unit'))[0]
BUILD = os.path.join(ROOT, 'tests', 'probe_image', 'build.py')

# architecture: (machine as uname says it, qemu's program)
EMULATORS = {
    '386': ('i686', 'qemu-i386'),
    'amd64': ('x86_64', 'qemu-x86_64'),
    'arm': ('armv7l', 'qemu-arm'),
    'arm64': ('aarch64', 'qemu-aarch64'),
    'ppc64le': ('ppc64le', 'qemu-ppc64le'),
    'riscv64': ('riscv64', 'qemu-riscv64'),
    's390x': ('s390x', 'qemu-s390x'),
}


@pytest.fixture(name='build', scope='module')
def _build():
    spec = importlib.util.spec_from_file_location('probe_image_build', BUILD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_module_is_what_the_listings_say(build):
    assert sorted(build.names()) == sorted(probe_image.architectures())
    for name in build.names():
        assert build.build(name) == probe_image.program(name), name
    assert build.check() == []


def test_an_assembler_that_is_at_hand_agrees_with_a_listing(build):
    if build.assembler('amd64') is None:
        pytest.skip('no assembler for amd64')
    with open(build.listing_path('amd64')) as listing:
        code, source = build.read_listing(listing.read())
    assert b''.join(build.assemble('amd64', source)) == code


@pytest.mark.parametrize('architecture', sorted(EMULATORS))
def test_the_program_says_what_it_sees_waits_and_ends(architecture, tmp_path):
    machine, emulator = EMULATORS[architecture]
    native = platform.machine() == machine
    command = [] if native else [shutil.which(emulator + '-static') or shutil.which(emulator)]
    if command == [None]:
        pytest.skip('no %s' % emulator)
    program = tmp_path / 'probe'
    program.write_bytes(probe_image.program(architecture))
    program.chmod(0o755)
    with subprocess.Popen(command + [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        lines = [process.stdout.readline().decode() for _line in range(7)]
        said = probe_image.parse_said(''.join(lines))
        assert said == Said('Linux', platform.node(), platform.release(), platform.version(), machine)
        assert process.poll() is None
        rest, _error = process.communicate(b'\n', timeout=10)
        assert (rest, process.returncode) == (b'', 0)


def test_the_archive_holds_one_program_and_is_the_same_each_time():
    for name in probe_image.architectures():
        data = probe_image.image_archive(name)
        assert data == probe_image.image_archive(name)
        with tarfile.open(fileobj=BytesIO(data)) as archive:
            (member,) = archive.getmembers()
            assert '/' + member.name == probe_image.entrypoint(name)
            assert (member.mode, member.uid, member.mtime) == (0o555, 0, 0)
            assert archive.extractfile(member).read() == probe_image.program(name)


def test_a_damaged_program_is_not_run(monkeypatch):
    monkeypatch.setitem(probe_image.PROGRAMS, 'amd64', ('0' * 64, 'AAAA'))
    with pytest.raises(ValueError, match='damaged'):
        probe_image.program('amd64')


@pytest.mark.parametrize('name, architecture', [
    ('linux/amd64', 'amd64'),
    ('linux/arm64/v8', 'arm64'),
    ('linux/arm/v7', 'arm'),
    ('linux/386', '386'),
    ('linux/loong64', None),
    ('linux', None),
    ('wasi/wasm', 'wasi'),
    ('wasi/wasm32', 'wasi'),
    ('linux/wasi', None),
    ('', None),
])
def test_for_platform(name, architecture):
    assert probe_image.for_platform(name) == architecture


UNAME = ['Linux', 'box', '4.4.0', '#1 SMP', 'x86_64']


@pytest.mark.parametrize('lines, said', [
    (['slipway.runtimes probe'] + UNAME + ['ready'], Said(*UNAME)),
    (['slipway.runtimes probe', 'ready'], Said(None, None, None, None, None)),
    (['a warning', 'slipway.runtimes probe'] + UNAME + ['ready'], Said(*UNAME)),
    (['slipway.runtimes probe'] + UNAME, None),
    (['slipway.runtimes probe', 'Linux', 'ready'], None),
    (UNAME + ['ready'], None),
    ([], None),
])
def test_parse_said(lines, said):
    assert probe_image.parse_said(''.join(line + '\n' for line in lines)) == said
