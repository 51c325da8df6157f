# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the engine's API, against a socket that answers what it is told to."""

import os
import shutil
import socket
import tempfile
import threading
import time

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.api import (
    ApiError, ApiTimeout, ApiUnreachable, EngineApi)


class Engine(object):
    """Answers one connection with bytes, waits (seconds) and callables of the socket; keeps what it was sent."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, 'engine.sock')
        self.received = b''
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(1)

    def answer(self, *pieces):
        threading.Thread(target=self._serve, args=(pieces,), daemon=True).start()
        return EngineApi(self.path, timeout=5)

    def _serve(self, pieces):
        connection, _address = self._listener.accept()
        with connection:
            while b'\r\n\r\n' not in self.received:
                self.received += connection.recv(65536)
            try:
                for piece in pieces:
                    if isinstance(piece, bytes):
                        connection.sendall(piece)
                    elif callable(piece):
                        piece(connection)
                    else:
                        time.sleep(piece)
            except OSError:
                pass

    def close(self):
        self._listener.close()
        shutil.rmtree(self.folder)


@pytest.fixture(name='engine')
def _engine():
    engine = Engine()
    yield engine
    engine.close()


OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'


@pytest.mark.parametrize('pieces, value', [
    ([OK + b'Content-Length: 7\r\n\r\n{"a":1}'], {'a': 1}),
    ([OK + b'Content-Length: 7\r\n\r\n', b'{"a"', b':1}'], {'a': 1}),
    ([OK + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n', b'3;x=y\r\n:1}\r\n0\r\n\r\n'], {'a': 1}),
    ([OK + b'\r\n{"a"', 0.05, b':1}'], {'a': 1}),
    ([b'HTTP/1.1 204 No Content\r\n\r\n'], None),
    ([b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nOK'], 'OK'),
    ([b'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nOK'], 'OK'),
])
def test_answers(engine, pieces, value):
    assert engine.answer(*pieces).get('/x') == value


@pytest.mark.parametrize('pieces, message', [
    ([], 'hung up'),
    ([b'SSH-2.0-OpenSSH\r\n'], 'does not speak HTTP'),
    ([OK + b'Content-Length: 7\r\n\r\n{"a"'], 'hung up'),
    ([OK + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"'], 'hung up'),
    ([OK + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n'], 'does not speak HTTP'),
    ([OK + b'Content-Length: many\r\n\r\n'], 'does not speak HTTP'),
    ([OK + b'Content-Length: 99999999999\r\n\r\n'], 'does not end'),
    ([OK + b'Content-Length: 4\r\n\r\n{"a"'], 'no JSON'),
])
def test_answers_that_are_none(engine, pieces, message):
    with pytest.raises(ApiUnreachable, match=message):
        engine.answer(*pieces).get('/x')


@pytest.mark.parametrize('answer, status, message', [
    (b'HTTP/1.1 404 Not Found\r\nContent-Length: 26\r\n\r\n{"message":"No such thing"}', 404, 'No such thing'),
    (b'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops', 500, 'oops'),
    (b'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n', 502, '502 Bad Gateway'),
])
def test_refusals_are_in_the_engines_words(engine, answer, status, message):
    answer = answer.replace(b'Content-Length: 26', b'Content-Length: 27')
    with pytest.raises(ApiError) as caught:
        engine.answer(answer).get('/x')
    assert (caught.value.status, caught.value.message) == (status, message)


def test_what_is_sent(engine):
    engine.answer(OK + b'Content-Length: 2\r\n\r\n{}').post(
        '/containers/create', {'Image': 'a b'},
        query={'name': 'x y', 'all': True, 'filters': {'label': ['q']}, 'no': None})
    head, body = engine.received.split(b'\r\n\r\n')
    lines = head.decode().split('\r\n')
    assert lines[0] == (
        'POST /containers/create?all=1&filters=%7B%22label%22%3A+%5B%22q%22%5D%7D&name=x+y HTTP/1.1')
    assert 'Content-Type: application/json' in lines
    assert 'Content-Length: 16' in lines
    assert body == b'{"Image": "a b"}'


def test_a_refusal_before_the_body_was_read_is_heard(engine):
    refusal = b'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'
    with pytest.raises(ApiError, match='big'):
        engine.answer(refusal, lambda connection: connection.shutdown(socket.SHUT_RD), 0.2).post(
            '/images/create', raw=bytes(4 << 20))


@pytest.mark.parametrize('pieces', [
    [2],
    [OK, 2],
    [b'H', 0.1, b'T', 0.1, b'T', 0.1, b'P', 0.1, b'/', 0.1, b'1', 2],
    [OK + b'\r\n'] + [b'1', 0.1] * 20,
])
def test_a_call_ends_at_its_limit_also_where_the_engine_trickles(engine, pieces):
    api = engine.answer(*pieces)
    begin = time.monotonic()
    with pytest.raises(ApiTimeout):
        api.get('/x', timeout=0.4)
    assert time.monotonic() - begin < 0.9


@pytest.mark.parametrize('prepare, message', [
    (lambda path: None, 'No such file'),
    (lambda path: open(path, 'w').close(), 'Connection refused'),
    (os.mkdir, 'Connection refused'),
])
def test_unreachable(tmp_path, prepare, message):
    path = str(tmp_path / 'engine.sock')
    prepare(path)
    with pytest.raises(ApiUnreachable, match=message):
        EngineApi(path).get('/_ping')


def test_a_path_that_is_too_long_is_unreachable(tmp_path):
    with pytest.raises(ApiUnreachable, match='too long'):
        EngineApi(str(tmp_path / ('x' * 200))).get('/_ping')


def test_a_stream_gives_values_as_they_come_and_ends_at_its_limit(engine):
    api = engine.answer(
        OK + b'Transfer-Encoding: chunked\r\n\r\n', b'e\r\n{"a":1}\r\n{"a":\r\n', b'4\r\n2}\r\n\r\n', 2)
    begin = time.monotonic()
    seen = []
    with pytest.raises(ApiTimeout):
        for value in api.stream('/events', timeout=0.5):
            seen.append((value['a'], time.monotonic() - begin < 0.3))
    assert seen == [(1, True), (2, True)]


def test_a_stream_that_ends(engine):
    api = engine.answer(OK + b'\r\n{"a":1}\n{"a":2}')
    assert [value['a'] for value in api.stream('/events')] == [1, 2]


UPGRADED = b'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n\r\n'


def _frame(stream, content):
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, 'big') + content


def test_attached(engine):
    heard = []
    api = engine.answer(
        UPGRADED + _frame(1, b'slip'), 0.05, _frame(2, b'way\n')[:10], 0.05, _frame(2, b'way\n')[10:],
        lambda connection: heard.append(connection.recv(16)), _frame(1, b'bye'))
    attached = api.attach('abc')
    deadline = time.monotonic() + 5
    assert attached.read_until(b'slipway\n', deadline=deadline)
    attached.write(b'go\n', deadline=deadline)
    assert not attached.read_until(None, deadline=deadline)
    assert (attached.output, attached.ended, heard) == (b'slipway\nbye', True, [b'go\n'])
    attached.close_stdin()
    attached.close()
    assert engine.received.startswith(b'POST /containers/abc/attach?stderr=1&stdin=1&stdout=1&stream=1 HTTP/1.1\r\n')
    assert b'Upgrade: tcp' in engine.received


def test_attached_ends_at_its_limit(engine):
    attached = engine.answer(UPGRADED, _frame(1, b'slip'), 2).attach('abc')
    with pytest.raises(ApiTimeout):
        attached.read_until(b'ready\n', deadline=time.monotonic() + 0.3)
    assert attached.output == b'slip'
    attached.close()


def test_attached_keeps_no_more_than_its_limit(engine):
    attached = engine.answer(UPGRADED, *[_frame(1, b'x' * 60000)] * 4).attach('abc')
    assert not attached.read_until(b'ready\n', deadline=time.monotonic() + 5)
    assert len(attached.output) == attached.LIMIT


def test_attaching_to_nothing_is_refused(engine):
    with pytest.raises(ApiError, match='No such container'):
        engine.answer(
            b'HTTP/1.1 404 Not Found\r\nContent-Length: 31\r\n\r\n{"message":"No such container"}').attach('abc')
