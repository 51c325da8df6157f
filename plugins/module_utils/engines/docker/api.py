# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of an engine's HTTP API over its unix socket.

Not ``http.client``: its import costs more than all calls of a module together, its time limits are per read (a daemon
that trickles is never too late for it), and a hijacked connection needs the bare socket anyway. A connection serves one
request. Paths carry no version: an engine then speaks the newest version that it knows.
"""

import json
import socket
import time
from typing import Any, Dict, Iterator, Optional
from urllib.parse import quote, urlencode

_CHUNK = 65536
# More than any answer that is asked for; what is longer is an engine (or something else on its socket) gone wrong.
_LONGEST_LINE = 1 << 20
_LONGEST_BODY = 64 << 20


class ApiFailure(Exception):
    """The engine did not do what it was asked; the text says why."""


class ApiError(ApiFailure):
    """The engine refused: ``status`` is HTTP's, ``message`` the engine's own words."""

    def __init__(self, status: int, message: str) -> None:
        super(ApiError, self).__init__(message)
        self.status = status
        self.message = message


class ApiUnreachable(ApiFailure):
    """Nothing that speaks the API is at the socket, or it hung up in the middle."""


class ApiTimeout(ApiFailure):
    """The engine did not answer in time. Whether it does what it was asked is not known."""


class EngineApi(object):
    """The API at a unix socket.

    ``timeout`` is in seconds, for a whole call with its answer; each call may have its own.
    """

    def __init__(self, socket_path: str, *, timeout: float = 10.0) -> None:
        self.socket_path = socket_path
        self.timeout = timeout

    def get(self, path: str, *, timeout: Optional[float] = None, **query: Any) -> Any:
        """The answer to a GET: JSON as values, other content as text, None where there is none. Raises ApiFailure."""
        return self._call('GET', path, query, timeout=timeout)

    def post(
        self, path: str, body: Any = None, *, query: Optional[Dict[str, Any]] = None, raw: Optional[bytes] = None,
        content_type: str = 'application/x-tar', timeout: Optional[float] = None,
    ) -> Any:
        """The answer to a POST of ``body`` as JSON, or of ``raw`` as it is. Raises ApiFailure."""
        if raw is None and body is not None:
            raw, content_type = json.dumps(body).encode('utf-8'), 'application/json'
        return self._call('POST', path, query, content=raw, content_type=content_type, timeout=timeout)

    def delete(self, path: str, *, timeout: Optional[float] = None, **query: Any) -> Any:
        """The answer to a DELETE. Raises ApiFailure."""
        return self._call('DELETE', path, query, timeout=timeout)

    def stream(
        self, path: str, *, method: str = 'GET', raw: Optional[bytes] = None, content_type: str = 'application/x-tar',
        timeout: Optional[float] = None, **query: Any
    ) -> Iterator[Any]:
        """The values of an answer that is a line of JSON each, as they come, until the engine ends it.

        Raises ApiFailure: ApiTimeout ``timeout`` seconds after the request, however many values came until then.
        """
        wire = self._connect(timeout)
        try:
            headers = wire.request(method, _target(path, query), raw, content_type)
            pending = b''
            for chunk in wire.body(headers):
                pending += chunk
                while b'\n' in pending:
                    line, pending = pending.split(b'\n', 1)
                    if line.strip():
                        yield _parse_json(line)
            if pending.strip():
                yield _parse_json(pending)
        finally:
            wire.close()

    def attach(self, container: str, *, timeout: Optional[float] = None) -> 'Attached':
        """The standard streams of a container without a terminal; call it before the start. Raises ApiFailure."""
        wire = self._connect(timeout)
        try:
            target = _target(
                '/containers/%s/attach' % quote(container, safe=''),
                {'stream': True, 'stdin': True, 'stdout': True, 'stderr': True})
            wire.request('POST', target, None, '', upgrade=True)
        except BaseException:
            wire.close()
            raise
        return Attached(wire)

    def _call(
        self, method: str, path: str, query: Optional[Dict[str, Any]], *, content: Optional[bytes] = None,
        content_type: str = '', timeout: Optional[float] = None,
    ) -> Any:
        wire = self._connect(timeout)
        try:
            headers = wire.request(method, _target(path, query), content, content_type)
            answer = wire.whole_body(headers)
        finally:
            wire.close()
        if not answer:
            return None
        if headers.get('content-type', '').startswith('application/json'):
            return _parse_json(answer)
        return answer.decode('utf-8', 'replace')

    def _connect(self, timeout: Optional[float]) -> '_Wire':
        return _Wire(self.socket_path, time.monotonic() + (self.timeout if timeout is None else timeout))


class Attached(object):
    """A container's standard streams.

    ``output`` is what it wrote so far, both streams as they came, at most ``LIMIT`` bytes.
    """

    LIMIT = _CHUNK

    def __init__(self, wire: '_Wire') -> None:
        self._wire = wire
        self.output = b''
        self.ended = False

    def write(self, data: bytes, *, deadline: float) -> None:
        """Give the container something to read. ``deadline`` is of ``time.monotonic()``. Raises ApiFailure."""
        self._wire.deadline = deadline
        self._wire.send(data)

    def answer(self, data: bytes, *, deadline: float) -> None:
        """Give the container its last words to read; one that has ended by itself does not need them."""
        try:
            self.write(data, deadline=deadline)
        except ApiUnreachable:
            pass
        self.close_stdin()

    def read_until(self, marker: Optional[bytes], *, deadline: float) -> bool:
        """Read until ``marker`` was written (True) or the streams ended (False); None reads to the end.

        Raises ApiTimeout at ``deadline``, a value of ``time.monotonic()``.
        """
        self._wire.deadline = deadline
        while not (marker and marker in self.output):
            if self.ended:
                return False
            self._read_frame()
        return True

    def close_stdin(self) -> None:
        """The container's standard input ends; its output can still be read."""
        self._wire.end_sending()

    def close(self) -> None:
        """Let go of the connection; the container goes on."""
        self._wire.close()

    def _read_frame(self) -> None:
        # A frame: the stream's number, three zero bytes, the length as four bytes, the content.
        header = self._wire.read(8, or_end=True)
        if not header:
            self.ended = True
            return
        missing = int.from_bytes(header[4:8], 'big')
        while missing:
            content = self._wire.read(min(missing, _CHUNK))
            missing -= len(content)
            self.output = (self.output + content)[:self.LIMIT]


class _Wire(object):
    """One connection to the socket; every wait on it ends at ``deadline``, a value of ``time.monotonic()``."""

    def __init__(self, path: str, deadline: float) -> None:
        self.path = path
        self.deadline = deadline
        self._received = b''
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._limit()
            self._socket.connect(path)
        except BaseException as error:
            self._socket.close()
            raise self._translate(error)

    def request(
        self, method: str, target: str, content: Optional[bytes], content_type: str, *, upgrade: bool = False
    ) -> Dict[str, str]:
        """Send a request; the headers of its answer, names in lower case. Raises ApiError where it is a refusal."""
        lines = ['%s %s HTTP/1.1' % (method, target), 'Host: localhost', 'User-Agent: slipway.runtimes']
        lines += ['Connection: Upgrade', 'Upgrade: tcp'] if upgrade else ['Connection: close']
        if content is not None:
            lines.append('Content-Type: %s' % content_type)
        if method == 'POST':
            lines.append('Content-Length: %d' % len(content or b''))
        try:
            self.send('\r\n'.join(lines + ['', '']).encode('ascii') + (content or b''))
        except ApiUnreachable:
            # An engine may refuse before it has read everything: its answer says more than the broken connection.
            pass
        status_line = self._line().split(' ', 2)
        if not status_line[0].startswith('HTTP/1.') or len(status_line) < 2 or not status_line[1].isdigit():
            raise ApiUnreachable('what answers at %s does not speak HTTP' % self.path)
        status = int(status_line[1])
        headers: Dict[str, str] = {}
        for line in iter(self._line, ''):
            name, _colon, value = line.partition(':')
            headers[name.strip().lower()] = value.strip()
        if status >= 400:
            raise ApiError(status, _refusal(self.whole_body(headers)) or ' '.join(status_line[1:]))
        if status in (204, 304):
            headers['content-length'] = '0'
        return headers

    def body(self, headers: Dict[str, str]) -> Iterator[bytes]:
        """The answer's body in pieces, as they come. Raises ApiFailure where it stops before its end."""
        if headers.get('transfer-encoding', '').lower() == 'chunked':
            for size in iter(self._chunk_size, 0):
                yield self.read(size)
                self._line()
        elif 'content-length' in headers:
            yield self.read(_whole_number(headers['content-length'], 10))
        else:
            if self._received:
                yield self.read(len(self._received))
            yield from iter(self._receive, b'')

    def whole_body(self, headers: Dict[str, str]) -> bytes:
        """The answer's body. Raises ApiFailure."""
        pieces = []
        length = 0
        for piece in self.body(headers):
            pieces.append(piece)
            length += len(piece)
            if length > _LONGEST_BODY:
                raise ApiUnreachable('the answer from %s does not end' % self.path)
        return b''.join(pieces)

    def read(self, size: int, *, or_end: bool = False) -> bytes:
        """``size`` bytes; with ``or_end`` also none, where the other side has ended."""
        if size > _LONGEST_BODY:
            raise ApiUnreachable('the answer from %s does not end' % self.path)
        while len(self._received) < size:
            piece = self._receive()
            if not piece:
                if or_end and not self._received:
                    return b''
                raise ApiUnreachable('the engine at %s hung up in the middle of its answer' % self.path)
            self._received += piece
        data, self._received = self._received[:size], self._received[size:]
        return data

    def send(self, data: bytes) -> None:
        """Send everything."""
        view = memoryview(data)
        while view:
            try:
                self._limit()
                view = view[self._socket.send(view):]
            except OSError as error:
                raise self._translate(error)

    def end_sending(self) -> None:
        """Nothing more will be sent; the other side may be gone already."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()

    def _line(self) -> str:
        while b'\n' not in self._received:
            piece = self._receive()
            if not piece or len(self._received) > _LONGEST_LINE:
                raise ApiUnreachable('the engine at %s hung up in the middle of its answer' % self.path)
            self._received += piece
        line, self._received = self._received.split(b'\n', 1)
        return line.rstrip(b'\r').decode('iso-8859-1')

    def _chunk_size(self) -> int:
        return _whole_number(self._line().split(';', 1)[0], 16)

    def _receive(self) -> bytes:
        try:
            self._limit()
            return self._socket.recv(_CHUNK)
        except OSError as error:
            raise self._translate(error)

    def _limit(self) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise socket.timeout()
        self._socket.settimeout(remaining)

    def _translate(self, error: BaseException) -> BaseException:
        if isinstance(error, socket.timeout):
            return ApiTimeout('the engine at %s did not answer in time' % self.path)
        if isinstance(error, OSError):
            return ApiUnreachable('cannot reach the engine at %s: %s' % (self.path, error.strerror or error))
        return error


def _target(path: str, query: Optional[Dict[str, Any]]) -> str:
    """Path and query; True and False as the engines read them, lists and dicts as JSON, None not at all."""
    pairs = []
    for name, value in sorted((query or {}).items()):
        if isinstance(value, bool):
            pairs.append((name, '1' if value else '0'))
        elif isinstance(value, (dict, list)):
            pairs.append((name, json.dumps(value, sort_keys=True)))
        elif value is not None:
            pairs.append((name, str(value)))
    return path + ('?' + urlencode(pairs) if pairs else '')


def _whole_number(text: str, base: int) -> int:
    try:
        return int(text.strip(), base)
    except ValueError:
        raise ApiUnreachable('what answers at the socket does not speak HTTP')


def _parse_json(text: bytes) -> Any:
    try:
        return json.loads(text.decode('utf-8'))
    except ValueError:
        raise ApiUnreachable('the engine answered with something that is no JSON')


def _refusal(body: bytes) -> str:
    """The words of a refusal: JSON with a message, or plain text."""
    text = body.decode('utf-8', 'replace').strip()
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return str(value['message']) if isinstance(value, dict) and value.get('message') else text
