# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is connected to an engine's socket.

The kernel is asked through its socket diagnostics: /proc/net/unix does not say whether there is still somebody at the
other end, and engines keep their end of a connection open long after an attached client has gone.
"""

import os
import socket
import struct
from typing import Dict, Iterator, Tuple

# <linux/netlink.h>, <linux/sock_diag.h>, <linux/unix_diag.h>
_SOCK_DIAG = 4
_REQUEST_DUMP = 0x1 | 0x300
_ERROR, _DONE, _BY_FAMILY = 2, 3, 20
_CONNECTED = 1
_SHOW_NAME_AND_PEER = 0x1 | 0x4
_NAME, _PEER = 0, 2
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_MESSAGE = struct.Struct("=BBBxIII")  # family, type, state, inode, cookie (2)
_ATTRIBUTE = struct.Struct("=HH")  # length, type


def connected_clients(path: str) -> int:
    """How many clients are connected to the unix socket at a path."""
    real = os.path.realpath(path)
    try:
        connections = list(_connections())
    except (OSError, struct.error):  # a kernel without socket diagnostics
        connections = [(name, 1) for name in _connected_names()]
    return sum(1 for name, peer in connections if peer and os.path.realpath(name) == real)


def parse_connections(data: bytes) -> Tuple[bool, Tuple[Tuple[str, int], ...]]:
    """One piece of the kernel's answer: whether it was the last, and the connections whose socket has a path: that path,
    and the inode of the other end, 0 where that is gone. Raises OSError where the answer is an error."""
    found = []
    last = False
    at = 0
    while at + _HEADER.size <= len(data) and not last:
        length, kind = _HEADER.unpack_from(data, at)[:2]
        if kind == _ERROR:
            raise OSError("socket diagnostics: the kernel refuses")
        last = kind == _DONE or length < _HEADER.size
        if not last:
            attributes = _attributes(data[at + _HEADER.size + _MESSAGE.size:at + length])
            name = attributes.get(_NAME, b"")
            # An abstract name begins with a zero byte.
            if name[:1] == b"/":
                peer = struct.unpack("=I", attributes[_PEER])[0] if _PEER in attributes else 0
                found.append((os.fsdecode(name.rstrip(b"\0")), peer))
        at += _aligned(length)
    return last, tuple(found)


def _attributes(data: bytes) -> Dict[int, bytes]:
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        found[kind] = data[at + _ATTRIBUTE.size:at + length]
        at += max(_aligned(length), _ATTRIBUTE.size)
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _connections() -> Iterator[Tuple[str, int]]:
    request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 1 << _CONNECTED, 0, _SHOW_NAME_AND_PEER, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(5)
        kernel.send(_HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST_DUMP, 1, 0) + request)
        last = False
        while not last:
            last, found = parse_connections(kernel.recv(1 << 16))
            yield from found


def _connected_names() -> Iterator[str]:
    # State 03 is connected; the daemon's end of a connection has the socket's path.
    with open("/proc/net/unix") as lines:
        for line in lines:
            words = line.split()
            if len(words) == 8 and words[5] == "03":
                yield words[7]
