# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting a source over the network, and knowing that it is the right one. On a host or on the controller."""

import hashlib
import http.client
import os
import socket
import ssl
import urllib.error
import urllib.request
from typing import IO, Any, Dict, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from ..core.errors import SlipwayError
from .signature import MAX_SIZE
from .wanted import Binary, Checksum, Fetching, shown

_CHUNK = 1 << 20


class Digests(NamedTuple):
    """A file's digests, lower-case hex."""

    sha256: str
    sha512: str


def address(url: str, mirror: str) -> str:
    """Where a URL is fetched from. mirror: takes the place of scheme, host and port; '{host}' in it is the URL's
    host."""
    if not mirror:
        return url
    parts = urlsplit(url)
    base = mirror.replace("{host}", parts.hostname or "").rstrip("/")
    return base + (parts.path or "/") + ("?" + parts.query if parts.query else "")


def digests_of(path: str) -> Digests:
    """The digests of a file. Raises OSError."""
    with open(path, "rb") as source:
        return digests_in(source)


def digests_in(source: IO[bytes]) -> Digests:
    """The digests of what is still to be read of a file."""
    sha256, sha512 = hashlib.sha256(), hashlib.sha512()
    while True:
        chunk = source.read(_CHUNK)
        if not chunk:
            return Digests(sha256.hexdigest(), sha512.hexdigest())
        sha256.update(chunk)
        sha512.update(chunk)


def check_digest(found: Digests, wanted: Optional[Checksum], *, option: str, what: str) -> None:
    """Raises SlipwayError where the file is another one than the user trusts."""
    if wanted is None:
        return
    digest = found.sha256 if wanted.kind == "sha256" else found.sha512
    if digest != wanted.digest:
        raise SlipwayError(
            "checksum_mismatch", "%s.checksum: %s has %s:%s, and %s is wanted; nothing of it was unpacked" % (
                option, what, wanted.kind, digest, wanted), option=option + ".checksum")


def download(binary: Binary, fetching: Fetching, target: str) -> Digests:
    """Fetch a binary's URL into a new file, on disk when it returns, and verify it. Raises SlipwayError; OSError is the
    target's."""
    url = address(binary.url, fetching.mirror)
    option = binary.option + ".url"
    sha256, sha512 = hashlib.sha256(), hashlib.sha512()
    with open(target, "xb") as out:
        with _opened(url, fetching, option) as answer:
            length = answer.headers.get("Content-Length")
            expected = int(length) if length and length.isdigit() else None
            if expected is not None and expected > fetching.max_size:
                raise _too_large(url, fetching, option)
            count = 0
            while True:
                chunk = _read(answer, url, count, expected, fetching, option)
                if not chunk:
                    break
                count += len(chunk)
                if count > fetching.max_size:
                    raise _too_large(url, fetching, option)
                out.write(chunk)
                sha256.update(chunk)
                sha512.update(chunk)
        if expected is not None and count != expected:
            raise _failed(url, "it broke off at %d of %d bytes" % (count, expected), option, "download_broke_off")
        out.flush()
        os.fsync(out.fileno())
    found = Digests(sha256.hexdigest(), sha512.hexdigest())
    check_digest(found, binary.checksum, option=binary.option, what=shown(url))
    return found


def download_signature(binary: Binary, fetching: Fetching, target: str) -> None:
    """Fetch the signature of a binary's source into a new file. Raises SlipwayError; OSError is the target's."""
    if binary.signature is not None:
        download(
            binary._replace(url=binary.signature.url, checksum=None, option=binary.option + ".signature"),
            fetching._replace(max_size=MAX_SIZE), target)


def _opened(url: str, fetching: Fetching, option: str) -> Any:
    request = urllib.request.Request(url, headers={"User-Agent": "slipway.runtimes", "Accept": "*/*"})
    for name, value in fetching.headers.items():
        request.add_unredirected_header(name, value)
    handlers = [_Redirects(url, fetching, option), urllib.request.HTTPSHandler(context=_context(fetching))]
    if fetching.proxy is not None:
        proxies: Dict[str, str] = {"http": fetching.proxy, "https": fetching.proxy} if fetching.proxy else {}
        handlers.append(urllib.request.ProxyHandler(proxies))
    opener = urllib.request.build_opener(*handlers)
    try:
        return opener.open(request, timeout=fetching.timeout)
    except urllib.error.HTTPError as error:
        hint = {
            401: "; 'headers' carries what the server wants to know",
            403: "; 'headers' carries what the server wants to know",
            407: "; 'proxy' carries what the proxy wants to know"}.get(error.code, "")
        raise _failed(
            url, "the server says %d %s%s" % (error.code, error.reason, hint), option, "download_failed", error.code)
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, (ssl.SSLError, ssl.CertificateError)):
            raise _failed(
                url, "the server is not trusted: %s; 'ca_path' names the certificate of a private authority" % (
                    getattr(reason, "verify_message", "") or reason), option, "tls_failed")
        if isinstance(reason, (socket.timeout, TimeoutError)):
            raise _failed(url, "no answer within %d s (timeout)" % fetching.timeout, option)
        raise _failed(url, str(reason), option)
    except (socket.timeout, TimeoutError):
        raise _failed(url, "no answer within %d s (timeout)" % fetching.timeout, option)
    except (OSError, http.client.HTTPException) as error:
        raise _failed(url, str(error) or type(error).__name__, option)


def _read(answer: Any, url: str, count: int, expected: Optional[int], fetching: Fetching, option: str) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (socket.timeout, TimeoutError):
        raise _failed(url, "it stopped at %d%s bytes and was silent for %d s (timeout)" % (
            count, " of %d" % expected if expected is not None else "", fetching.timeout), option, "download_broke_off")
    except (OSError, http.client.HTTPException) as error:
        raise _failed(url, "it broke off at %d%s bytes: %s" % (
            count, " of %d" % expected if expected is not None else "", str(error) or type(error).__name__), option,
            "download_broke_off")


def _context(fetching: Fetching) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if fetching.ca_path:
        try:
            folder = os.path.isdir(fetching.ca_path)
            context.load_verify_locations(
                cafile=None if folder else fetching.ca_path, capath=fetching.ca_path if folder else None)
        except (OSError, ssl.SSLError) as error:
            raise SlipwayError(
                "bad_ca", "ca_path: %s cannot be read as certificates: %s" % (fetching.ca_path, error),
                option="ca_path")
    return context


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to http, and tells headers of the user's to no other server."""

    def __init__(self, url: str, fetching: Fetching, option: str) -> None:
        self.url = url
        self.fetching = fetching
        self.option = option

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """The request that follows, or a SlipwayError."""
        parts = urlsplit(newurl)
        if parts.scheme != "https" and not (
                parts.scheme == "http" and self.fetching.allow_http and urlsplit(req.full_url).scheme == "http"):
            raise _failed(
                self.url, "it redirects to %s, which is not https" % shown(newurl), self.option, "redirect_refused")
        if parts.username is not None or parts.password is not None:
            raise _failed(self.url, "it redirects to an address with a user", self.option, "redirect_refused")
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and _origin(newurl) == _origin(self.url):
            for name, value in self.fetching.headers.items():
                request.add_unredirected_header(name, value)
        return request


def _origin(url: str) -> Tuple[str, Optional[str], Optional[int]]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _too_large(url: str, fetching: Fetching, option: str) -> SlipwayError:
    return _failed(url, "it has more than %d bytes (max_size)" % fetching.max_size, option, "too_large")


def _failed(url: str, what: str, option: str, reason: str = "download_failed", status: int = 0) -> SlipwayError:
    facts = {"status": status} if status else {}
    return SlipwayError(reason, "%s: %s could not be fetched: %s" % (option, shown(url), what), option=option, **facts)
