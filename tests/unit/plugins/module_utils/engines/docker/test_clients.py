# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import socket
import struct

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.clients import (
    connected_clients, parse_connections)


def attribute(kind, content):
    padded = content + b"\0" * (-len(content) % 4)
    return struct.pack("=HH", 4 + len(content), kind) + padded


def message(*attributes, kind=20):
    body = struct.pack("=BBBxIII", 1, 1, 1, 77, 0, 0) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


SOCK = b"/run/docker.sock\0"
LIVE = message(attribute(0, SOCK), attribute(2, struct.pack("=I", 12)), attribute(6, b"\0"))
GONE = message(attribute(0, SOCK), attribute(2, struct.pack("=I", 0)), attribute(6, b"\3"))
ALONE = message(attribute(0, SOCK), attribute(6, b"\3"))
NAMELESS = message(attribute(2, struct.pack("=I", 12)))
ABSTRACT = message(attribute(0, b"\0abstract"), attribute(2, struct.pack("=I", 12)))
DONE = message(kind=3)

CASES = [
    (b"", False, []),
    (DONE, True, []),
    (LIVE, False, [("/run/docker.sock", 12)]),
    (GONE + DONE, True, [("/run/docker.sock", 0)]),
    (ALONE, False, [("/run/docker.sock", 0)]),
    (NAMELESS + ABSTRACT + LIVE + DONE + LIVE, True, [("/run/docker.sock", 12)]),
]


@pytest.mark.parametrize("data, last, found", CASES)
def test_an_answer_is_read(data, last, found):
    assert parse_connections(data) == (last, tuple(found))


def test_a_refusal_is_an_error():
    with pytest.raises(OSError):
        parse_connections(message(kind=2))


def test_only_who_is_still_there_counts(tmp_path):
    path = str(tmp_path / "engine.sock")
    os.symlink("engine.sock", str(tmp_path / "link.sock"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(5)
        staying, leaving = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        staying.connect(path)
        leaving.connect(path)
        accepted = [listening.accept()[0], listening.accept()[0]]
        assert connected_clients(path) == connected_clients(str(tmp_path / "link.sock")) == 2
        leaving.close()
        assert connected_clients(path) == 1
        for one in [staying, *accepted]:
            one.close()
    assert connected_clients(path) == 0
