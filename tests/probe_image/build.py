# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make plugins/module_utils/probe/programs.py from the listings beside this file.

A listing is a program that can be read: on the left its bytes, on the right what they say. The bytes are the source of
what is shipped, so nothing but Python is needed to make it. Where an assembler for the architecture is at hand,
``check`` holds the right side to the left; ``fill`` writes the left side anew after the right one was edited.

    build.py             write the Python module
    build.py check       fail where the module is not what the listings say, or where an assembler reads them otherwise
    build.py fill ARCH   assemble the right side of ARCH.lst and write its left side
    build.py write DIR   write each program as a file, to look at it or to run it
"""

import base64
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from typing import Dict, List, NamedTuple, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.normpath(os.path.join(HERE, '..', '..', 'plugins', 'module_utils', 'probe', 'programs.py'))

HEADER = '''\
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe's programs as base64, by architecture as Go names it, and one for WASI.

Made by tests/probe_image/build.py from the listings there, which tell what each byte does: edit those.
"""

from typing import Dict, Tuple

# architecture: (SHA-256 of the program, the program as base64)
PROGRAMS: Dict[str, Tuple[str, str]] = {
'''


class Machine(NamedTuple):
    """What ELF and the assemblers call an architecture."""

    bits: int
    endian: str  # as struct writes it: < little, > big
    number: int  # e_machine
    flags: int  # e_flags
    page: int  # the largest page size that its kernels use
    gnu: str  # the prefix of binutils
    triple: str  # the name in LLVM


MACHINES: Dict[str, Machine] = {
    '386': Machine(32, '<', 3, 0, 0x1000, 'i686-linux-gnu', 'i386-linux-gnu'),
    'amd64': Machine(64, '<', 62, 0, 0x1000, 'x86_64-linux-gnu', 'x86_64-linux-gnu'),
    'arm': Machine(32, '<', 40, 0x05000000, 0x10000, 'arm-linux-gnueabihf', 'armv5-linux-gnueabi'),
    'arm64': Machine(64, '<', 183, 0, 0x10000, 'aarch64-linux-gnu', 'aarch64-linux-gnu'),
    'ppc64le': Machine(64, '<', 21, 2, 0x10000, 'powerpc64le-linux-gnu', 'powerpc64le-linux-gnu'),
    'riscv64': Machine(64, '<', 243, 0, 0x1000, 'riscv64-linux-gnu', 'riscv64-linux-gnu'),
    's390x': Machine(64, '>', 22, 0, 0x1000, 's390x-linux-gnu', 's390x-linux-gnu'),
}


def listing_path(name: str) -> str:
    """Where the listing of an architecture (or ``wasi``) is."""
    return os.path.join(HERE, name + '.lst')


def read_listing(text: str) -> Tuple[bytes, List[str]]:
    """The bytes on the left of a listing, and the lines on its right without their comments."""
    code = b''
    source = []
    for line in text.splitlines():
        if line.startswith(';') or not line.strip():
            continue
        left, right = line.split('|', 1)
        code += bytes.fromhex(left.strip())
        source.append(right.split(' ;', 1)[0].rstrip())
    return code, source


def elf(machine: Machine, code: bytes) -> bytes:
    """A static program: one segment to read and execute, the whole file, and a stack that is not executable."""
    wide = machine.bits == 64
    word = 'Q' if wide else 'I'
    header_size, segment_size = (64, 56) if wide else (52, 32)
    start = 0x400000
    entry = start + header_size + 2 * segment_size
    size = header_size + 2 * segment_size + len(code)
    ident = b'\x7fELF' + bytes([2 if wide else 1, 1 if machine.endian == '<' else 2, 1]) + bytes(9)
    header = ident + struct.pack(
        machine.endian + 'HHI' + 3 * word + 'IHHHHHH',
        2, machine.number, 1, entry, header_size, 0, machine.flags, header_size, segment_size, 2, 0, 0, 0)

    def segment(kind: int, flags: int, address: int, length: int, align: int) -> bytes:
        if wide:
            return struct.pack(machine.endian + 'IIQQQQQQ', kind, flags, 0, address, address, length, length, align)
        return struct.pack(machine.endian + 'IIIIIIII', kind, 0, address, address, length, length, flags, align)

    return header + segment(1, 5, start, size, machine.page) + segment(0x6474e551, 6, 0, 0, 16) + code


def build(name: str) -> bytes:
    """The program of an architecture, or the module for ``wasi``, from its listing."""
    with open(listing_path(name)) as listing:
        code = read_listing(listing.read())[0]
    return elf(MACHINES[name], code) if name in MACHINES else code


def names() -> List[str]:
    """Every architecture that there is a program for, and ``wasi``."""
    return sorted(MACHINES) + ['wasi']


def render(programs: Dict[str, bytes]) -> str:
    """The text of the Python module."""
    lines = [HEADER]
    for name in names():
        encoded = base64.b64encode(programs[name]).decode('ascii')
        lines.append("    '%s': (\n        '%s',\n" % (name, hashlib.sha256(programs[name]).hexdigest()))
        lines += ["        '%s'\n" % encoded[at:at + 100] for at in range(0, len(encoded), 100)]
        lines[-1] = lines[-1].rstrip('\n') + ',\n'
        lines.append('    ),\n')
    lines.append('}\n')
    return ''.join(lines)


def assembler(name: str) -> Optional[List[str]]:
    """The command that assembles a file for an architecture (without the names of the files), or None."""
    machine = MACHINES[name]
    if name in ('amd64', '386') and os.uname().machine == 'x86_64' and shutil.which('as'):
        return ['as', '--64' if name == 'amd64' else '--32']
    if shutil.which(machine.gnu + '-as'):
        return [machine.gnu + '-as']
    if shutil.which('llvm-mc'):
        return ['llvm-mc', '-triple=' + machine.triple, '-filetype=obj']
    return None


def assemble(name: str, source: List[str]) -> Optional[List[bytes]]:
    """What each line of a source says in bytes; None where there is no assembler."""
    command = assembler(name)
    if command is None:
        return None
    labelled = '.text\n' + ''.join('line_%d:\n%s\n' % (number, line) for number, line in enumerate(source))
    with tempfile.TemporaryDirectory() as folder:
        source_path, object_path = os.path.join(folder, 'probe.s'), os.path.join(folder, 'probe.o')
        with open(source_path, 'w') as file:
            file.write(labelled + 'line_%d:\n' % len(source))
        subprocess.run(command + ['-o', object_path, source_path], check=True)
        with open(object_path, 'rb') as file:
            text, symbols = read_object(MACHINES[name], file.read())
    at = [symbols['line_%d' % number] for number in range(len(source) + 1)]
    return [text[begin:end] for begin, end in zip(at, at[1:])]


def read_object(machine: Machine, data: bytes) -> Tuple[bytes, Dict[str, int]]:
    """The section .text of a relocatable ELF file, and its symbols."""
    wide = machine.bits == 64
    section_format = machine.endian + ('IIQQQQIIQQ' if wide else '10I')
    table_at = struct.unpack_from(machine.endian + ('Q' if wide else 'I'), data, 40 if wide else 32)[0]
    entry_size, count, names_index = struct.unpack_from(machine.endian + 'HHH', data, 58 if wide else 46)
    sections = [struct.unpack_from(section_format, data, table_at + number * entry_size) for number in range(count)]

    def content(number: int) -> bytes:
        return data[sections[number][4]:sections[number][4] + sections[number][5]]

    def string(table: bytes, offset: int) -> str:
        return table[offset:table.index(b'\0', offset)].decode()

    by_name = {string(content(names_index), section[0]): number for number, section in enumerate(sections)}
    for relocations in ('.rel.text', '.rela.text'):
        if relocations in by_name and content(by_name[relocations]):
            raise ValueError('the source needs a linker: it has relocations')
    table = by_name['.symtab']
    strings = content(sections[table][6])
    symbol_format = machine.endian + ('IBBHQQ' if wide else 'IIIBBH')
    value_index = 4 if wide else 1
    symbols = {string(strings, symbol[0]): symbol[value_index]
               for symbol in struct.iter_unpack(symbol_format, content(table))}
    return content(by_name['.text']), symbols


def fill(name: str) -> None:
    """Write the left side of a listing from its right side."""
    with open(listing_path(name)) as listing:
        lines = listing.read().splitlines()
    assembled = assemble(name, read_listing('\n'.join(lines))[1])
    if assembled is None:
        raise SystemExit('no assembler for %s' % name)
    code = iter(assembled)
    with open(listing_path(name), 'w') as listing:
        for line in lines:
            if line.startswith(';') or not line.strip():
                listing.write(line + '\n')
                continue
            right = line.split('|', 1)[1]
            listing.write('%-68s |%s\n' % (' '.join('%02x' % byte for byte in next(code)), right))


def check() -> List[str]:
    """What is wrong: an empty list where the module is what the listings say, and assemblers agree with them."""
    wrong = []
    with open(TARGET) as target:
        if target.read() != render({name: build(name) for name in names()}):
            wrong.append('%s is not what the listings say: run build.py' % os.path.basename(TARGET))
    for name in sorted(MACHINES):
        with open(listing_path(name)) as listing:
            code, source = read_listing(listing.read())
        assembled = assemble(name, source)
        if assembled is not None and b''.join(assembled) != code:
            wrong.append('%s.lst: the assembler reads its right side otherwise than its left: run build.py fill' % name)
    return wrong


def main(arguments: List[str]) -> None:
    """Do what the first argument says."""
    if not arguments:
        with open(TARGET, 'w') as target:
            target.write(render({name: build(name) for name in names()}))
    elif arguments[0] == 'check':
        wrong = check()
        if wrong:
            raise SystemExit('\n'.join(wrong))
    elif arguments[0] == 'fill':
        fill(arguments[1])
    elif arguments[0] == 'write':
        for name in names():
            path = os.path.join(arguments[1], 'probe.wasm' if name == 'wasi' else 'probe-' + name)
            with open(path, 'wb') as program:
                program.write(build(name))
            os.chmod(path, 0o755)
    else:
        raise SystemExit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
