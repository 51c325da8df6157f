# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a Dagger engine: its forms, which release of the CLI speaks which, and what each may hold. Pure.

Dagger's CLI reads an address as Go's url.Parse does and looks up a driver by its scheme. Most of what a driver needs it
checks only when it connects, and then it tries again for minutes. So all of it is held here: whatever passes is read by
the CLI as it was meant.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import quote, unquote_plus

from ..core.errors import SlipwayError

Version = Tuple[int, int, int]

# The variable that Dagger's CLI reads.
VARIABLE = "_EXPERIMENTAL_DAGGER_RUNNER_HOST"

# What the CLI itself uses for an engine in Dagger's cloud.
CLOUD = "dagger-cloud://default-engine-config.dagger.cloud"


class Form(NamedTuple):
    """One scheme. kind: what rules its addresses follow. cli: the program that the CLI calls; '' for the first of
    SEARCHED that is there, or for none. since: the first release that speaks it. until: the first that does not."""

    scheme: str
    kind: str
    cli: str = ""
    since: Version = (0, 0, 0)
    until: Optional[Version] = None

    def spoken(self, version: Optional[Version]) -> bool:
        """Whether a release speaks it; of an unknown one it is not known, so it may."""
        return version is None or (self.since <= version and (self.until is None or version < self.until))


# From this release on the CLI finds engines of any maker by itself.
_ANY = (0, 18, 15)

# In the order in which one stands for another of the same kind and program.
FORMS = (
    Form("docker-container", "container", "docker"),
    Form("podman-container", "container", "podman", until=_ANY),
    Form("container", "container", since=_ANY),
    Form("container+docker", "container", "docker", since=_ANY),
    Form("container+podman", "container", "podman", since=_ANY),
    Form("container+nerdctl", "container", "nerdctl", since=_ANY),
    Form("container+finch", "container", "finch", since=_ANY),
    Form("container+apple", "container", "container", since=_ANY),
    Form("docker-image", "image", "docker"),
    Form("image", "image", since=_ANY),
    Form("image+docker", "image", "docker", since=_ANY),
    Form("image+podman", "image", "podman", since=_ANY),
    Form("image+nerdctl", "image", "nerdctl", since=_ANY),
    Form("image+finch", "image", "finch", since=_ANY),
    Form("image+apple", "image", "container", since=_ANY),
    Form("unix", "unix"),
    Form("tcp", "tcp"),
    Form("tls", "tls", since=(0, 20, 1)),
    Form("ssh", "ssh", "ssh"),
    Form("kube-pod", "kube-pod", "kubectl"),
    Form("dagger-cloud", "cloud", since=(0, 18, 9)),
)
SCHEMES = tuple(form.scheme for form in FORMS)

# Where a form names no program, the CLI takes the first of these that is on PATH, and fails where that one fails.
SEARCHED = ("docker", "container", "podman", "finch", "nerdctl")

# kind -> what stands behind '?', and the first release that heeds it. Whatever else stands there is never read.
QUERIES: Dict[str, Dict[str, Version]] = {
    "image": {
        "cleanup": (0, 16, 2), "container": (0, 16, 2), "volume": (0, 16, 2), "port": (0, 18, 13), "cpus": _ANY,
        "memory": _ANY, "env": (0, 20, 0)},
    "kube-pod": {"context": (0, 0, 0), "namespace": (0, 0, 0), "container": (0, 0, 0)},
    "tls": {"cert_path": (0, 20, 1), "key_path": (0, 20, 1), "ca_path": (0, 20, 1)},
}

# kind -> the parts that make one, those that it cannot do without first.
PARTS: Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    "container": (("name",), ("context",)),
    "image": (("name",), ("container",)),
    "unix": (("path",), ()),
    "tcp": (("host", "port"), ()),
    "tls": (("host",), ("port", "cert_path", "key_path", "ca_path")),
    "ssh": (("host",), ("user", "port", "path")),
    "kube-pod": (("name",), ("context", "namespace", "container")),
    "cloud": ((), ()),
}
PART_NAMES = (
    "name", "path", "host", "port", "user", "context", "namespace", "container", "cert_path", "key_path", "ca_path")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)\Z", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_KUBE = re.compile(r"[-a-z0-9.]+\Z")
_HOST = re.compile(
    r"([A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%25[A-Za-z0-9._~-]+)?\])\Z")
_IMAGE = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?\Z")
# What Go keeps as it is when it reads a path and writes it again; the socket is looked for by what it wrote.
_PATH = re.compile(r"/[A-Za-z0-9/._~!$&'()*+,;=:@\[\]-]*\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*\$?\Z")
_ALPHABET = re.compile(r"[^!#-;=?-\[\]_a-z~]")
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CLEAN_UP = "dagger-engine-"
# The kernel's limit for the path of a socket, its final NUL left out.
_SOCKET_BYTES = 107


class Address(NamedTuple):
    """A valid address. host: as written, with brackets. port: -1 for none. path: with its first slash. query: decoded
    pairs, in order."""

    form: Form
    url: str
    host: str = ""
    port: int = -1
    user: str = ""
    path: str = ""
    query: Tuple[Tuple[str, str], ...] = ()

    def value(self, key: str) -> str:
        """What the query says of a key; '' for nothing."""
        return next((value for name, value in self.query if name == key), "")


class Fitted(NamedTuple):
    """An address in a form that the CLI speaks. before: the URL that it was translated from, or ''."""

    address: Address
    before: str = ""
    warnings: Tuple[str, ...] = ()


class _Reader:
    """Reads one address. option: what messages call a part of it."""

    def __init__(self, *, in_parts: bool) -> None:
        self.in_parts = in_parts

    def bad(self, part: str, message: str, reason: str = "bad_address") -> SlipwayError:
        option = part if self.in_parts else "url"
        return SlipwayError(reason, "%s: %s" % (option, message), option=option)

    def read(self, url: str) -> Address:
        form, rest = self._scheme(url)
        authority, path, query = self._split(form, rest)
        user, host, port = self._authority(form, authority)
        address = Address(
            form=form, url="%s:%s" % (form.scheme, rest), host=host, port=port, user=user, path=path,
            query=self._query(form, query))
        _RULES[form.kind](self, address)
        return address

    def _scheme(self, url: str) -> Tuple[Form, str]:
        found = _ALPHABET.search(url)
        if found:
            raise self.bad("url", "%s: the character %s is not allowed in an address%s" % (
                shown(url), repr(found.group()), "" if found.group() != " " else "; a name has no spaces, and a value "
                "behind '?' has '%20' in its place"))
        if _ENCODED.search(url):
            raise self.bad("url", "%s: '%%' stands for itself only as '%%25'" % shown(url))
        parts = _SCHEME.match(url)
        scheme = parts.group(1).lower() if parts else ""
        form = next((one for one in FORMS if one.scheme == scheme), None)
        if form is None or parts is None:
            raise self.bad("scheme", _no_driver(url, scheme, parts.group(2) if parts else ""), "unknown_scheme")
        rest = parts.group(2)
        if not rest.startswith("//"):
            raise self.bad("url", "%s: write '%s://%s'" % (
                shown(url), scheme, rest if rest.startswith("/") or form.kind != "unix" else "/" + rest))
        return form, rest

    def _split(self, form: Form, rest: str) -> Tuple[str, str, str]:
        if "#" in rest:
            raise self.bad("url", "an address has no '#' and nothing behind one")
        before, _mark, query = rest[2:].partition("?")
        authority, slash, path = before.partition("/")
        return authority, slash + path, query

    def _authority(self, form: Form, authority: str) -> Tuple[str, str, int]:
        info, mark, place = authority.rpartition("@")
        if ":" in info:
            raise self.bad(
                "host", "no password in an address: every process of the host could read it%s" % (
                    ", and Dagger refuses it; use a key" if form.kind == "ssh" else ""), "password_in_url")
        if mark and form.kind != "ssh":
            raise self.bad("host", "'%s' has no user" % form.scheme if form.kind != "image" else _image_hint())
        if mark and not _USER.match(info):
            raise self.bad("user", "'%s' is no user's name" % info)
        host, colon, port = place.rpartition(":") if not place.endswith("]") else (place, "", "")
        if not colon:
            return info, place, -1
        if not port.isdigit() or not 0 < int(port) < 65536:
            said = _image_hint() if form.kind == "image" else "'%s' is no port; give a number from 1 to 65535" % port
            raise self.bad("port", said)
        return info, host, int(port)

    def _query(self, form: Form, query: str) -> Tuple[Tuple[str, str], ...]:
        pairs: List[Tuple[str, str]] = []
        if ";" in query:
            raise self.bad("url", "behind '?' stand values parted by '&'; what holds a ';' is dropped silently")
        for one in query.split("&") if query else ():
            key, _equals, value = one.partition("=")
            pairs.append((unquote_plus(key), unquote_plus(value)))
        known = QUERIES.get(form.kind, {})
        if form.scheme == "docker-container":
            known = {"context": (0, 0, 0)}
        for key, value in pairs:
            if key not in known:
                raise self.bad(key if key in PART_NAMES else "url", "'%s' heeds no '%s' behind '?'%s" % (
                    form.scheme, key, "; it knows %s" % ", ".join(sorted(known)) if known else ""))
            if re.search(r"[\x00-\x1f\x7f]", value):
                raise self.bad(key if key in PART_NAMES else "url", "'%s' holds a control character" % key)
            if key != "env" and [name for name, _value in pairs].count(key) > 1:
                raise self.bad("url", "'%s' is there twice, and the first one counts" % key)
        return tuple(pairs)

    # -- what each kind holds

    def plain(self, address: Address, *, port: bool = False, path: bool = False) -> None:
        """Refuse what the driver would never look at."""
        if address.port != -1 and not port:
            raise self.bad("port", "'%s' has no port" % address.form.scheme)
        if address.path and not path:
            raise self.bad("path", "'%s' has no path; '%s' would not be looked at" % (
                address.form.scheme, address.path))

    def host(self, address: Address) -> None:
        if not address.host:
            raise self.bad("host", "'%s' needs a host" % address.form.scheme)
        if not _HOST.match(address.host) or address.host.startswith("[") and not _is_ipv6(address.host[1:-1]):
            raise self.bad("host", "'%s' is no host; an IPv6 address stands in brackets" % address.host)


def _container(reader: _Reader, address: Address) -> None:
    reader.plain(address)
    if not address.host:
        raise reader.bad("name", "the address lacks a container's name: write '%s://NAME'" % address.form.scheme)
    if not _NAME.match(address.host):
        raise reader.bad("name", "'%s' is no container's name; it has letters, digits, '_', '.' and '-'" % address.host)


def _image(reader: _Reader, address: Address) -> None:
    reference = address.url.partition("://")[2].partition("?")[0]
    if not reference:
        raise reader.bad("name", "the address lacks an image")
    if not _IMAGE.match(reference):
        raise reader.bad("name", "'%s' is no image" % reference)
    for key in ("container", "volume"):
        if address.value(key) and not _NAME.match(address.value(key)):
            raise reader.bad(key if key == "container" else "url", "'%s' is no %s's name" % (address.value(key), key))
    port = address.value("port")
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        raise reader.bad("url", "'port=%s' is no port" % port)


def _unix(reader: _Reader, address: Address) -> None:
    if address.host or address.user or address.port != -1:
        path = address.url.partition("://")[2]
        raise reader.bad("path", "'%s' is a relative path; write 'unix:///%s'" % (path, path))
    if not address.path.strip("/"):
        raise reader.bad("path", "the address lacks the path of a socket: write 'unix:///run/NAME.sock'")
    if not _PATH.match(address.path):
        raise reader.bad("path", "'%s': no socket can be reached whose path has a '%%', a space or any other character "
                         "that a URL writes in another way" % address.path)
    if len(address.path) > _SOCKET_BYTES:
        raise reader.bad("path", "a socket's path has at most %d bytes" % _SOCKET_BYTES)


def _tcp(reader: _Reader, address: Address) -> None:
    reader.plain(address, port=True)
    reader.host(address)
    if address.port == -1:
        raise reader.bad("port", "'tcp' needs a port: write 'tcp://%s:PORT'" % address.host)


def _tls(reader: _Reader, address: Address) -> None:
    reader.plain(address, port=True)
    reader.host(address)
    for one, other in (("cert_path", "key_path"), ("key_path", "cert_path")):
        if address.value(one) and not address.value(other):
            raise reader.bad(other, "both cert_path and key_path have to be given, or none")
    for key, path in address.query:
        if not path.startswith("/"):
            raise reader.bad(key, "'%s' is no absolute path" % path)


def _ssh(reader: _Reader, address: Address) -> None:
    reader.plain(address, port=True, path=True)
    reader.host(address)
    if address.path and not _PATH.match(address.path):
        raise reader.bad("path", "'%s' is no path of a socket" % address.path)


def _kube(reader: _Reader, address: Address) -> None:
    reader.plain(address)
    if not address.host:
        raise reader.bad("name", "the address lacks a pod's name: write 'kube-pod://POD?namespace=NAMESPACE'")
    for part, what, value in (
            ("name", "pod", address.host), ("namespace", "namespace", address.value("namespace")),
            ("container", "container", address.value("container"))):
        if value and not _KUBE.match(value):
            raise reader.bad(part, "'%s' is no name of a %s: small letters, digits, '-' and '.'" % (value, what))


def _cloud(reader: _Reader, address: Address) -> None:
    reader.plain(address)
    if not _NAME.match(address.host):
        raise reader.bad("url", "write '%s'" % CLOUD)


_RULES = {
    "container": _container, "image": _image, "unix": _unix, "tcp": _tcp, "tls": _tls, "ssh": _ssh, "kube-pod": _kube,
    "cloud": _cloud}


def parse(url: str) -> Address:
    """The address in a URL. Raises SlipwayError (option url) that says what to write instead."""
    if not url:
        raise SlipwayError(
            "bad_address", "url: an empty address is none; 'state: absent' takes the setting away", option="url")
    return _Reader(in_parts=False).read(url)


def from_parts(parts: Dict[str, str]) -> Address:
    """The address made of a scheme and its parts, quoted. parts: scheme and PART_NAMES, those that are given.

    Raises SlipwayError that names the part.
    """
    scheme = parts["scheme"].lower()
    form = next((one for one in FORMS if one.scheme == scheme), None)
    if form is None:
        raise SlipwayError(
            "unknown_scheme", "scheme: '%s' is not known; known are %s" % (parts["scheme"], ", ".join(SCHEMES)),
            option="scheme")
    needed, possible = PARTS[form.kind]
    for name in PART_NAMES:
        if name in needed and not parts.get(name):
            raise SlipwayError("missing_part", "%s: '%s' needs it" % (name, scheme), option=name)
        if name in parts and name not in needed + possible:
            takes = "; it takes %s" % ", ".join(needed + possible) if needed or possible else ""
            raise SlipwayError("unneeded_part", "%s: '%s' has none%s" % (name, scheme, takes), option=name)
    if form.kind == "cloud":
        return parse(CLOUD)
    return _Reader(in_parts=True).read(_assembled(form, parts))


def parse_version(text: str) -> Optional[Version]:
    """The release in '0.18.14', 'v0.18.14' or in what 'dagger version' prints; None where there is none. It prints one
    line, and from 1.0.0 on a table, whose first line has the release."""
    found = re.match(r"(?:dagger |version: +)?v?([0-9]+)\.([0-9]+)\.([0-9]+)(?![0-9])", text.strip())
    return (int(found.group(1)), int(found.group(2)), int(found.group(3))) if found else None


def written(version: Version) -> str:
    """A release as its makers write it."""
    return "%d.%d.%d" % version


def fit(address: Address, version: Optional[Version], *, translate: bool) -> Fitted:
    """The address in a form that this release of the CLI speaks. version: None where it is not known.

    Raises SlipwayError that names the form to use.
    """
    form = address.form
    before = ""
    if not form.spoken(version):
        other = _equivalent(form, version)
        if other is None:
            raise SlipwayError(
                "unsupported_scheme", "url: Dagger %s does not speak '%s' (%s), and has nothing in its place" % (
                    written(version or form.since), form.scheme, _lifetime(form)), option="url")
        url = "%s://%s" % (other.scheme, address.url.partition("://")[2])
        if not translate:
            raise SlipwayError(
                "unsupported_scheme", "url: Dagger %s does not speak '%s' (%s); write '%s', or set "
                "'translate: true'" % (written(version or form.since), form.scheme, _lifetime(form), url), option="url")
        before, address = address.url, parse(url)
    _check_query(address, version)
    return Fitted(address, before, tuple(_warnings(address, version)))


def shown(url: str) -> str:
    """An address as anybody may read it: without a password."""
    return re.sub(r"(//[^/?#@:]*:)[^@]*@", r"\1***@", url)


def _assembled(form: Form, parts: Dict[str, str]) -> str:
    host = parts.get("host", "")
    if host.count(":") > 1 and not host.startswith("["):
        host = "[%s]" % host.replace("%", "%25")
    if parts.get("user"):
        host = "%s@%s" % (parts["user"], host)
    if parts.get("port"):
        host = "%s:%s" % (host, parts["port"])
    path = parts.get("path", "")
    if path and not path.startswith("/"):
        raise SlipwayError("bad_address", "path: '%s' is no absolute path" % path, option="path")
    query = "&".join("%s=%s" % (name, quote(parts[name], safe="/:@,")) for name in (
        "context", "namespace", "container", "cert_path", "key_path", "ca_path") if parts.get(name))
    return "%s://%s%s%s" % (form.scheme, parts.get("name", "") or host, path, "?" + query if query else "")


def _no_driver(url: str, scheme: str, rest: str) -> str:
    """What to write in place of a scheme that no driver has."""
    if not scheme and url.startswith("/"):
        hint = "for a socket write 'unix://%s'" % url
    elif url == "dagger-cloud":
        hint = "write '%s'" % CLOUD
    elif re.match(r"[0-9]+(/|\Z)", rest) or re.match(r"\[?[0-9A-Fa-f.:]+\]?:[0-9]+\Z", url):
        hint = "for a host and a port write 'tcp://%s'" % url.rstrip("/")
    elif not scheme and _NAME.match(url):
        hint = "for a container write 'docker-container://%s' or 'container+podman://%s'" % (url, url)
    else:
        hint = "known schemes are %s" % ", ".join(SCHEMES)
    return "no driver for scheme '%s' of '%s'; %s" % (scheme, shown(url), hint)


def _image_hint() -> str:
    return (
        "Go reads what follows the first ':' as a port, so an image with a tag or a digest needs its registry in "
        "front: 'image://REGISTRY/NAME:TAG'")


def _is_ipv6(text: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address  # few addresses are one, and each import is paid by every run

    try:
        IPv6Address(text.partition("%25")[0])
    except AddressValueError:
        return False
    return True


def _equivalent(form: Form, version: Optional[Version]) -> Optional[Form]:
    """The form that means the same to that release. What names no program stood for Docker's."""
    cli = form.cli or "docker"
    if form.kind not in ("container", "image"):
        return None
    return next((one for one in FORMS if one.kind == form.kind and one.cli == cli and one.spoken(version)), None)


def _lifetime(form: Form) -> str:
    if form.until is not None:
        return "it ended with %s" % written(form.until)
    return "it began with %s" % written(form.since)


def _check_query(address: Address, version: Optional[Version]) -> None:
    """What this release would not look at is refused."""
    known = QUERIES.get(address.form.kind, {})
    for key, value in address.query:
        since = known.get(key)
        if version is not None and since is not None and version < since:
            raise SlipwayError("unsupported_query", "url: Dagger %s does not heed '%s'; it began with %s" % (
                written(version), key, written(since)), option="url")
        if key == "context" and address.form.kind == "container" and version is not None and version >= _ANY:
            raise SlipwayError(
                "unsupported_query", "url: from %s on Dagger hands 'context' on to the container and not to Docker's "
                "CLI; leave it out" % written(_ANY), option="url")


def _warnings(address: Address, version: Optional[Version]) -> List[str]:
    form, found = address.form, []
    if version is None and (form.until is not None or form.since > (0, 0, 0)):
        found.append(
            "which release of Dagger's CLI reads this is not known, and '%s' is not spoken by all of them (%s); "
            "'cli_version' says it" % (form.scheme, _lifetime(form)))
    if form.kind == "tcp":
        found.append("tcp is not encrypted, and whoever reaches the engine is root where it runs")
    if form.kind == "image" and address.value("cleanup").lower() not in ("false", "f", "0"):
        found.append(
            "with '%s' the CLI removes every other container whose name begins with '%s'; 'cleanup=false' behind '?' "
            "keeps them" % (form.scheme, _CLEAN_UP))
    if form.kind == "container" and address.host.startswith(_CLEAN_UP):
        found.append(
            "the CLI takes a container whose name begins with '%s' for its own, and removes it where anybody uses an "
            "'image' address" % _CLEAN_UP)
    return found
