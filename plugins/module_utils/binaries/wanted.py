# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runtime_binary is asked for: the values, the argument spec, and the rules that need no host. Pure."""

import hashlib
import json
import posixpath
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from ..core.errors import SlipwayError

FILE_SPEC = dict(
    src=dict(type="str", default=""),
    content=dict(type="str"),
    dest=dict(type="str", required=True),
    mode=dict(type="raw"),
    owner=dict(type="str", default=""),
    group=dict(type="str", default=""),
)

SIGNATURE_SPEC = dict(
    url=dict(type="str"),
    src=dict(type="str"),
    key=dict(type="str", required=True, no_log=False),
)

BUILD_SPEC = dict(
    argv=dict(type="list", elements="str", required=True),
    stdin=dict(type="str", default=""),
    output=dict(type="str", required=True),
    timeout=dict(type="int", default=3600),
)

BINARY_SPEC = dict(
    name=dict(type="str", required=True),
    version=dict(type="str", default=""),
    url=dict(type="str"),
    src=dict(type="str"),
    remote_src=dict(type="bool", default=False),
    checksum=dict(type="str", no_log=False),
    signature=dict(type="dict", options=SIGNATURE_SPEC),
    architectures=dict(type="dict", default={}),
    build=dict(type="dict", options=BUILD_SPEC),
    files=dict(type="list", elements="dict", options=FILE_SPEC, default=[]),
    replace=dict(type="bool", default=False),
    verify=dict(type="bool", default=True),
    set=dict(type="str", default=""),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)

# The files of runtimes, and how their sources come: every module that installs takes these.
BINARIES_SPEC = dict(
    binaries=dict(type="list", elements="dict", options=BINARY_SPEC, default=[]),
    fetch=dict(type="str", choices=["host", "controller"], default="host"),
    integrity=dict(type="str", choices=["stat", "digest"], default="stat"),
    headers=dict(type="dict", no_log=True, default={}),
    proxy=dict(type="str", no_log=True),
    mirror=dict(type="str"),
    allow_http=dict(type="bool", default=False),
    timeout=dict(type="int", default=30),
    ca_path=dict(type="str"),
    max_size=dict(type="int", default=2 << 30),
)

SPEC = dict(
    BINARIES_SPEC,
    binaries=dict(type="list", elements="dict", options=BINARY_SPEC, required=True),
    force=dict(type="bool", default=False),
    scope=dict(type="str", choices=["system", "user"], default="system"),
)

DEFAULT_MODE = "0755"
CONTENT_MODE = "0644"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_DIGITS = {"sha256": 64, "sha512": 128}
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# The probe finds a path and its stat in lines of its own, and in the receipt's text.
_UNSAID = re.compile(r'[\x00-\x1f\x7f"\\|]')
_HEX = re.compile(r"[0-9a-f]+\Z")
_MODE = re.compile(r"(0o)?[0-7]{3,5}\Z")
_NO_OWNER = re.compile(r"[\s:/]")
_NO_URL = re.compile(r"[\x00-\x20\x7f]")
_BAD_SRC = re.compile(r"[\x00-\x1f\x7f*]")


class File(NamedTuple):
    """One path that is put in place. src: the archive's file or folder, '.' for all of it, '' for a source that is no
    archive. mode: four octal digits, '' for the default. owner, group: a name or a number, '' for the task's user.
    content: the text of a file that has no source."""

    src: str
    dest: str
    mode: str = ""
    owner: str = ""
    group: str = ""
    content: Optional[str] = None


class Checksum(NamedTuple):
    """kind: sha256 or sha512. digest: lower-case hex."""

    kind: str
    digest: str

    def __str__(self) -> str:
        return "%s:%s" % (self.kind, self.digest)


class Signature(NamedTuple):
    """A detached OpenPGP signature of a source, at exactly one of url and src. key: armored public keys, or an absolute path
    of some on the machine that has the source."""

    key: str
    url: str = ""
    src: str = ""


class Source(NamedTuple):
    """Where a runtime's files come from. Exactly one of url and src."""

    url: str = ""
    src: str = ""
    checksum: Optional[Checksum] = None
    signature: Optional[Signature] = None


# What stands in a build's command for the folder that it shall put its output in.
FOLDER = "{folder}"


class Build(NamedTuple):
    """A command that makes a source on the host. output: the path of what it makes, below the folder. timeout: seconds."""

    argv: Tuple[str, ...]
    stdin: str
    output: str
    timeout: int = 3600


class Binary(NamedTuple):
    """One runtime's files. Where it is present it has exactly one of url, src, architectures (machine, as uname -m says
    it, to source; see for_machine), build and files with contents. set: what belongs together, by a name of its own; ''
    where it stands alone. option: what messages call it."""

    name: str
    option: str
    version: str = ""
    url: str = ""
    src: str = ""
    remote_src: bool = False
    checksum: Optional[Checksum] = None
    signature: Optional[Signature] = None
    files: Tuple[File, ...] = ()
    replace: bool = False
    verify: bool = True
    set: str = ""
    present: bool = True
    architectures: Dict[str, Source] = {}
    build: Optional[Build] = None

    @property
    def inline(self) -> bool:
        """Whether the files' contents are given, so that there is no source."""
        return any(file.content is not None for file in self.files)

    @property
    def made(self) -> bool:
        """Whether its source is made on the host: known by what it is made of."""
        return self.inline or self.build is not None


class Fetching(NamedTuple):
    """How sources come over a network. proxy: None for what the environment says, '' for none. timeout: seconds of
    silence. max_size: bytes."""

    controller: bool = False
    headers: Dict[str, str] = {}
    proxy: Optional[str] = None
    mirror: str = ""
    allow_http: bool = False
    timeout: int = 30
    ca_path: str = ""
    max_size: int = 2 << 30


class Wanted(NamedTuple):
    """All that one task asks for. digest: look at contents, not at stat alone. force: remove what was changed since.
    scope: system, or user for what is the task's user's own."""

    binaries: Tuple[Binary, ...]
    fetching: Fetching = Fetching()
    digest: bool = False
    force: bool = False
    scope: str = "system"

    @property
    def by_machine(self) -> bool:
        """Whether the host's machine chooses a source."""
        return any(one.architectures for one in self.binaries)


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    fetching = _parse_fetching(params)
    binaries: List[Binary] = []
    for index, one in enumerate(params.get("binaries") or ()):
        binaries.append(_parse_binary(one, "binaries[%d]" % index, fetching))
    _check_apart(binaries)
    return Wanted(
        binaries=tuple(binaries), fetching=fetching, digest=params.get("integrity") == "digest",
        force=bool(params.get("force")), scope=params.get("scope") or "system")


def for_machine(wanted: Wanted, machine: str) -> Wanted:
    """The same with the sources for one machine, as uname -m says it. Raises SlipwayError where there is none for it."""
    if not wanted.by_machine:
        return wanted
    return wanted._replace(binaries=tuple(_for_machine(one, machine) for one in wanted.binaries))


def _for_machine(binary: Binary, machine: str) -> Binary:
    if not binary.architectures:
        return binary
    source = binary.architectures.get(machine)
    if source is None:
        raise SlipwayError(
            "unsupported_architecture", "%s.architectures: there is nothing for this host's '%s', only for %s; 'url' and "
            "'checksum' name a source of your own" % (
                binary.option, machine, ", ".join(sorted(binary.architectures))),
            option=binary.option + ".architectures")
    return from_source(binary, source)


def from_source(binary: Binary, source: Source) -> Binary:
    """A binary that comes from this source, whatever the machine."""
    return binary._replace(
        url=source.url, src=source.src, checksum=source.checksum, signature=source.signature, architectures={})


def parse_checksum(text: str, option: str) -> Checksum:
    """'sha256:HEX' or 'sha512:HEX'. Raises SlipwayError."""
    kind, _colon, digest = text.strip().partition(":")
    kind, digest = kind.lower(), digest.lower()
    if kind not in _DIGITS or len(digest) != _DIGITS[kind] or not _HEX.match(digest):
        raise _bad(option, "give 'sha256:' and 64, or 'sha512:' and 128 hexadecimal digits", "bad_checksum")
    return Checksum(kind, digest)


def file_name(name: str, dest: str) -> str:
    """What messages call one file of a binary."""
    return "%s (%s)" % (dest, name)


def _parse_binary(one: Dict[str, Any], option: str, fetching: Fetching) -> Binary:
    name = one.get("name") or ""
    if not _NAME.match(name):
        raise _bad(
            option + ".name", "letters, digits, '.', '_' and '-', and no '.' or '-' first; got '%s'" % name, "bad_name")
    if one.get("state") == "absent":
        return Binary(name=name, option="binaries[%s]" % name, set=one.get("set") or "", present=False)
    option = "binaries[%s]" % name
    remote = bool(one.get("remote_src"))
    files = tuple(
        _parse_file(file, "%s.files[%d]" % (option, index)) for index, file in enumerate(one.get("files") or ()))
    if not files:
        raise _bad(option + ".files", "say what goes where: at least one 'dest'", "files_missing")
    if len(set(bool(file.src) for file in files)) > 1:
        raise _bad(option + ".files", "either each has a 'src' in the archive, or none has", "bad_src")
    if len(set(file.content is None for file in files)) > 1:
        raise _bad(option + ".files", "either each has its 'content', or none has", "bad_content")
    binary = Binary(
        name=name, option=option, version=one.get("version") or "", remote_src=remote, files=files,
        replace=bool(one.get("replace")), verify=one.get("verify") is not False)
    given = [key for key in ("url", "src", "architectures", "build") if one.get(key)]
    if binary.inline and (given or one.get("checksum") or one.get("signature") or remote):
        raise _bad(
            option, "a file with 'content' has no source: no 'url', 'src', 'architectures', 'build', 'checksum' or 'signature'",
            "bad_source")
    if not binary.inline and len(given) != 1:
        raise _bad(option, "give one of 'url', 'src', 'architectures' and 'build'", "bad_source")
    if given == ["build"]:
        if one.get("checksum") or one.get("signature") or remote:
            raise _bad(option, "what is built on the host has no 'checksum', 'signature' or 'remote_src'", "bad_source")
        binary = binary._replace(build=_parse_build(one["build"], option + ".build"))
    if binary.made:
        return binary._replace(checksum=Checksum("sha256", hashlib.sha256(made_source(binary)).hexdigest()))
    if given == ["architectures"]:
        for key in ("checksum", "signature"):
            if one.get(key):
                raise _bad("%s.%s" % (option, key), "each of 'architectures' has its own", "bad_source")
        return binary._replace(architectures=_parse_architectures(one["architectures"], option, remote, fetching))
    source = _parse_source(one, option, remote, fetching)
    return from_source(binary, source)


def made_source(binary: Binary) -> bytes:
    """What stands for the source of files whose contents are given, or of what is built: another content, or another
    command, is another source."""
    said: Any = [[file.dest, file.content] for file in binary.files]
    if binary.build is not None:
        said = [list(binary.build.argv), binary.build.stdin, binary.build.output]
    return json.dumps(said).encode("ascii")


def _parse_build(one: Dict[str, Any], option: str) -> Build:
    argv = tuple(str(word) for word in one["argv"])
    if not argv or any("\0" in word for word in argv):
        raise _bad(option + ".argv", "give a program and its arguments", "bad_build")
    output = one.get("output") or ""
    if output.startswith("/") or ".." in output.split("/") or posixpath.normpath(output) in ("", "."):
        raise _bad(option + ".output", "'%s': a path below %s, without '..'" % (output, FOLDER), "bad_build")
    if not any(FOLDER in word for word in argv):
        raise _bad(option + ".argv", "no argument has %s, the folder that its output has to be put in" % FOLDER, "bad_build")
    if one.get("timeout") is not None and one["timeout"] < 1:
        raise _bad(option + ".timeout", "give at least 1 second", "bad_timeout")
    return Build(argv=argv, stdin=one.get("stdin") or "", output=output, timeout=one.get("timeout") or 3600)


def _parse_architectures(value: Dict[str, Any], option: str, remote: bool, fetching: Fetching) -> Dict[str, Source]:
    found = {}
    for machine, one in value.items():
        here = "%s.architectures[%s]" % (option, machine)
        if not isinstance(one, dict) or set(one) - {"url", "src", "checksum", "signature"}:
            raise _bad(here, "give 'checksum' and one of 'url' and 'src', and 'signature' where there is one", "bad_source")
        found[str(machine)] = _parse_source(one, here, remote, fetching)
    return found


def _parse_source(one: Dict[str, Any], option: str, remote: bool, fetching: Fetching) -> Source:
    url, src = str(one.get("url") or ""), str(one.get("src") or "")
    if bool(url) == bool(src):
        raise _bad(option, "give one of 'url' and 'src'", "bad_source")
    if url and remote:
        raise _bad(option + ".remote_src", "it is about 'src', and this has a 'url'", "bad_source")
    if src and remote and (not src.startswith("/") or _UNSAID.search(src)):
        raise _bad(option + ".src", "'%s' is no absolute path" % src, "bad_path")
    checksum = parse_checksum(str(one["checksum"]), option + ".checksum") if one.get("checksum") else None
    if url:
        check_url(url, option + ".url", allow_http=fetching.allow_http)
        if checksum is None:
            raise _bad(
                option + ".checksum", "what comes over a network needs one: 'checksum: sha256:...', from whom you "
                "trust, for %s" % shown(url), "checksum_missing")
    signature = _parse_signature(one["signature"], option + ".signature", fetching) if one.get("signature") else None
    if signature is not None and signature.src and url and not fetching.controller:
        raise _bad(
            option + ".signature.src", "the host fetches the source, so give the 'url' of its signature, or 'fetch: controller'",
            "bad_signature")
    return Source(url=url, src=src, checksum=checksum, signature=signature)


def _parse_signature(one: Any, option: str, fetching: Fetching) -> Signature:
    if not isinstance(one, dict) or set(one) - set(SIGNATURE_SPEC):
        raise _bad(option, "give 'key', and 'url' or 'src' of the signature", "bad_signature")
    url, src, key = (str(one.get(name) or "") for name in ("url", "src", "key"))
    if bool(url) == bool(src):
        raise _bad(option, "give one of 'url' and 'src', where the signature is", "bad_signature")
    if not key.startswith("/") and "-----BEGIN PGP PUBLIC KEY BLOCK-----" not in key:
        raise _bad(
            option + ".key", "the armored public key of whoever signs ('-----BEGIN PGP PUBLIC KEY BLOCK-----' ...), or the "
            "absolute path of a file of such keys", "bad_key")
    if url:
        check_url(url, option + ".url", allow_http=fetching.allow_http)
    return Signature(key=key, url=url, src=src)


def _parse_file(one: Dict[str, Any], option: str) -> File:
    dest = one.get("dest") or ""
    if not dest.startswith("/") or posixpath.normpath(dest) != dest or dest.startswith("//") or dest == "/":
        raise _bad(option + ".dest", "'%s' is no plain absolute path" % dest, "bad_path")
    if _UNSAID.search(dest):
        raise _bad(option + ".dest", "no control characters, double quotes, backslashes or '|'", "bad_path")
    src = (one.get("src") or "").strip("/") if one.get("src") != "/" else "/"
    if src:
        if (one["src"].startswith("/") or ".." in src.split("/") or _BAD_SRC.search(src)):
            raise _bad(
                option + ".src", "'%s': a path inside the archive, without '..' and '*'; '.' is all of it" % one["src"],
                "bad_src")
        src = posixpath.normpath(src)
    content = one.get("content")
    if content is not None and src:
        raise _bad(option + ".content", "give one of 'src', a path in the archive, and 'content'", "bad_content")
    return File(
        content=content, src=src, dest=dest, mode=_parse_mode(one.get("mode"), option + ".mode"), owner=_who(one, "owner", option),
        group=_who(one, "group", option))


def _who(one: Dict[str, Any], key: str, option: str) -> str:
    value = one.get(key) or ""
    if _NO_OWNER.search(value):
        raise _bad("%s.%s" % (option, key), "'%s' is no name and no number" % value, "bad_owner")
    return value


def _parse_mode(value: Any, option: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        text = str(value)
        if not _MODE.match(text):
            raise _bad(option, "give octal digits in quotes, such as '0755'", "bad_mode")
        number = int(text.replace("o", ""), 8)
    if not 0 < number <= 0o777:
        raise _bad(option, "give octal digits in quotes, such as '0755'; no set-id or sticky bit is set", "bad_mode")
    return "%04o" % number


def _parse_fetching(params: Dict[str, Any]) -> Fetching:
    headers: Dict[str, str] = {}
    for name, value in (params.get("headers") or {}).items():
        text = str(value)
        if not _HEADER.match(str(name)) or "\r" in text or "\n" in text:
            raise _bad("headers", "a header's name is a token, and its value one line", "bad_header")
        headers[str(name)] = text
    allow_http = bool(params.get("allow_http"))
    mirror = params.get("mirror") or ""
    if mirror:
        check_url(mirror.replace("{host}", "host"), "mirror", allow_http=allow_http)
        if urlsplit(mirror).query or urlsplit(mirror).fragment:
            raise _bad("mirror", "a base address has no '?' and no '#'", "bad_url")
    proxy = params.get("proxy")
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise _bad("proxy", "give an address such as 'http://proxy.example:3128'", "bad_url")
    for option in ("timeout", "max_size"):
        value = params.get(option)
        if value is not None and value < 1:
            raise _bad(option, "give at least 1", "bad_" + option)
    ca_path = params.get("ca_path") or ""
    if ca_path and not ca_path.startswith("/"):
        raise _bad("ca_path", "'%s' is no absolute path" % ca_path, "bad_path")
    default = Fetching()
    return Fetching(
        controller=params.get("fetch") == "controller", headers=headers, proxy=proxy, mirror=mirror,
        allow_http=allow_http,
        timeout=params.get("timeout") or default.timeout, ca_path=ca_path,
        max_size=params.get("max_size") or default.max_size)


def check_url(url: str, option: str, *, allow_http: bool) -> None:
    """Raises SlipwayError where an address may not be used. No message repeats a password."""
    if _NO_URL.search(url):
        raise _bad(option, "an address has no spaces or control characters", "bad_url")
    try:
        parts = urlsplit(url)
        host, userinfo = parts.hostname, parts.username is not None or parts.password is not None
        parts.port  # pylint: disable=pointless-statement  # raises where it is no number
    except ValueError:
        raise _bad(option, "this is no address", "bad_url")
    if userinfo:
        raise _bad(
            option, "no user and password in an address: they would be seen in logs. Give them by 'headers' (such as "
            "Authorization), which is never shown", "password_in_url")
    if parts.scheme not in ("https", "http") or not host:
        raise _bad(option, "'%s' is no https address" % shown(url), "bad_url")
    if parts.scheme == "http" and not allow_http:
        raise _bad(option, "%s is not encrypted; 'allow_http: true' permits that" % shown(url), "http_refused")


def shown(url: str) -> str:
    """An address as it may be read by anybody: without a user, a query and a fragment, which may be tokens."""
    parts = urlsplit(url)
    return "%s://%s%s" % (parts.scheme, parts.netloc.rpartition("@")[2], parts.path)


def _check_apart(binaries: List[Binary]) -> None:
    names: Dict[str, Binary] = {}
    dests: Dict[str, str] = {}
    for binary in binaries:
        if binary.name in names:
            raise _bad("binaries", "'%s' is there twice" % binary.name, "doubled")
        names[binary.name] = binary
        for index, file in enumerate(binary.files):
            option = "%s.files[%d].dest" % (binary.option, index)
            for other, owner in dests.items():
                if other == file.dest or other.startswith(file.dest + "/") or file.dest.startswith(other + "/"):
                    raise _bad(
                        option, "%s and %s of '%s' are in each other's way" % (file.dest, other, owner), "doubled")
            dests[file.dest] = binary.name


def _bad(option: str, message: str, reason: str) -> SlipwayError:
    return SlipwayError(reason, "%s: %s" % (option, message), option=option)
