# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted: good and bad parameters."""

from typing import Any, Dict

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import (
    Checksum, File, Signature, for_machine, parse)
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

SHA256 = "sha256:" + "a" * 64
SHA512 = "sha512:" + "B" * 128
GOOD: Dict[str, Any] = dict(
    name="youki", version="1", url="https://example.com/y.tar.gz", checksum=SHA256,
    files=[dict(src="youki", dest="/usr/local/bin/youki")])


BUILD: Dict[str, Any] = dict(argv=["cargo", "install", "--root", "{folder}"], stdin="", output="bin/youki", timeout=60)


def built(**changes: Any) -> Dict[str, Any]:
    """Parameters with one binary whose build differs."""
    return one(url=None, checksum=None, build=dict(BUILD, **changes))


def one(**changes: Any) -> Dict[str, Any]:
    """Parameters with one binary that differs."""
    binary = dict(GOOD, **changes)
    return dict(binaries=[{key: value for key, value in binary.items() if value is not None}])


def file(**changes: Any) -> Dict[str, Any]:
    """Parameters with one file that differs."""
    return one(files=[dict(dict(src="youki", dest="/usr/local/bin/youki"), **changes)])


def test_good() -> None:
    """All of it."""
    wanted = parse(dict(one(checksum=SHA512), integrity="digest", force=True, headers={"X-Token": 5}, fetch="controller"))
    binary, = wanted.binaries
    assert binary.checksum == Checksum("sha512", "b" * 128) and binary.present
    assert binary.files == (File("youki", "/usr/local/bin/youki"),)
    assert wanted.digest and wanted.force and wanted.fetching.controller and wanted.fetching.headers == {"X-Token": "5"}


@pytest.mark.parametrize("src, normal", [
    ("./a/b/", "a/b"), ("a//b", "a/b"), (".", "."), ("./", "."), ("", ""), ("a.b", "a.b")])
def test_src(src: str, normal: str) -> None:
    """Paths in archives are brought to one form."""
    assert parse(file(src=src)).binaries[0].files[0].src == normal


@pytest.mark.parametrize("mode, text", [
    ("0755", "0755"), ("755", "0755"), ("0o644", "0644"), (0o755, "0755"), ("", ""), (None, "")])
def test_mode(mode: Any, text: str) -> None:
    """Text is octal digits; a number is what YAML made of them."""
    assert parse(file(mode=mode)).binaries[0].files[0].mode == text


def test_absent_needs_a_name_only() -> None:
    """Whatever else is given does not count."""
    wanted = parse(dict(binaries=[dict(name="youki", state="absent", files=[dict(dest="nonsense")])]))
    assert not wanted.binaries[0].present and wanted.binaries[0].files == ()


KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


def test_signature() -> None:
    """Beside the source, and with each of several."""
    signature = dict(key=KEY, url="https://example.com/y.asc")
    assert parse(one(signature=signature)).binaries[0].signature == Signature(KEY, url="https://example.com/y.asc")
    source = {key: GOOD[key] for key in ("url", "checksum")}
    both = one(url=None, checksum=None, architectures={"x86_64": dict(source, signature=signature), "aarch64": source})
    assert for_machine(parse(both), "x86_64").binaries[0].signature is not None
    assert for_machine(parse(both), "aarch64").binaries[0].signature is None
    assert parse(one(signature=dict(key="/k", src="y.asc"), url=None, src="y")).binaries[0].signature == Signature("/k", src="y.asc")


BAD = {
    "signature without key": (one(signature=dict(url="https://x/y")), "bad_key", "binaries[youki].signature.key"),
    "signature nowhere": (one(signature=dict(key=KEY)), "bad_signature", "binaries[youki].signature"),
    "signature by http": (one(signature=dict(key=KEY, url="http://x/y")), "http_refused", "binaries[youki].signature.url"),
    "signature elsewhere": (one(signature=dict(key=KEY, src="y")), "bad_signature", "binaries[youki].signature.src"),
    "signature of several": (one(url=None, checksum=None, architectures=dict(x86_64=dict(url="https://x/y", checksum=SHA256)),
                                 signature=dict(key=KEY, url="https://x/y")), "bad_source", "binaries[youki].signature"),
    "signature of what is built": (
        one(url=None, checksum=None, build=BUILD, signature=dict(key=KEY, url="https://x/y")), "bad_source", "binaries[youki]"),
    "no source": (one(url=None), "bad_source", "binaries[youki]"),
    "two sources": (one(src="/x"), "bad_source", "binaries[youki]"),
    "remote url": (one(remote_src=True), "bad_source", "binaries[youki].remote_src"),
    "relative remote": (one(url=None, src="x", remote_src=True), "bad_path", "binaries[youki].src"),
    "name": (one(name="../x"), "bad_name", "binaries[0].name"),
    "hidden name": (one(name=".x"), "bad_name", "binaries[0].name"),
    "empty name": (one(name=""), "bad_name", "binaries[0].name"),
    "no checksum": (one(checksum=None), "checksum_missing", "binaries[youki].checksum"),
    "md5": (one(checksum="md5:" + "a" * 32), "bad_checksum", "binaries[youki].checksum"),
    "bare digest": (one(checksum="a" * 64), "bad_checksum", "binaries[youki].checksum"),
    "short digest": (one(checksum="sha256:abc"), "bad_checksum", "binaries[youki].checksum"),
    "no hex": (one(checksum="sha256:" + "g" * 64), "bad_checksum", "binaries[youki].checksum"),
    "http": (one(url="http://example.com/x"), "http_refused", "binaries[youki].url"),
    "ftp": (one(url="ftp://example.com/x"), "bad_url", "binaries[youki].url"),
    "file": (one(url="file:///etc/passwd"), "bad_url", "binaries[youki].url"),
    "no host": (one(url="https:///x"), "bad_url", "binaries[youki].url"),
    "space": (one(url="https://example.com/a b"), "bad_url", "binaries[youki].url"),
    "port": (one(url="https://example.com:x/"), "bad_url", "binaries[youki].url"),
    "machines and url": (one(architectures={"x86_64": dict(src="x")}), "bad_source", "binaries[youki]"),
    "machines and checksum": (one(url=None, architectures={"x86_64": dict(src="x")}), "bad_source", "binaries[youki].checksum"),
    "a machine without a source": (
        one(url=None, checksum=None, architectures={"x86_64": dict(checksum=GOOD["checksum"])}), "bad_source",
        "binaries[youki].architectures[x86_64]"),
    "a machine of another shape": (
        one(url=None, checksum=None, architectures={"x86_64": "https://example.com"}), "bad_source",
        "binaries[youki].architectures[x86_64]"),
    "a machine's url without a checksum": (
        one(url=None, checksum=None, architectures={"x86_64": dict(url="https://example.com/x")}), "checksum_missing",
        "binaries[youki].architectures[x86_64].checksum"),
    "content and url": (one(files=[dict(dest="/a", content="")]), "bad_source", "binaries[youki]"),
    "content and src": (one(files=[dict(dest="/a", content="", src="a")]), "bad_content", "binaries[youki].files[0].content"),
    "content for one": (
        one(url=None, checksum=None, files=[dict(dest="/a", content=""), dict(dest="/b")]), "bad_content", "binaries[youki].files"),
    "build and url": (one(checksum=None, build=BUILD), "bad_source", "binaries[youki]"),
    "build and checksum": (one(url=None, build=BUILD), "bad_source", "binaries[youki]"),
    "build without a command": (built(argv=[]), "bad_build", "binaries[youki].build.argv"),
    "build without its folder": (built(argv=["make"]), "bad_build", "binaries[youki].build.argv"),
    "build with a path elsewhere": (built(output="/usr/bin/x"), "bad_build", "binaries[youki].build.output"),
    "build with a path upwards": (built(output="../x"), "bad_build", "binaries[youki].build.output"),
    "build with the folder itself": (built(output="."), "bad_build", "binaries[youki].build.output"),
    "build without time": (built(timeout=0), "bad_timeout", "binaries[youki].build.timeout"),
    "password": (one(url="https://me:secret@example.com/x"), "password_in_url", "binaries[youki].url"),
    "user": (one(url="https://secret@example.com/x"), "password_in_url", "binaries[youki].url"),
    "no files": (one(files=[]), "files_missing", "binaries[youki].files"),
    "mixed files": (one(files=[dict(dest="/a"), dict(dest="/b", src="b")]), "bad_src", "binaries[youki].files"),
    "relative dest": (file(dest="bin/x"), "bad_path", "binaries[youki].files[0].dest"),
    "dest of dots": (file(dest="/a/../b"), "bad_path", "binaries[youki].files[0].dest"),
    "dest with a slash": (file(dest="/a/"), "bad_path", "binaries[youki].files[0].dest"),
    "root": (file(dest="/"), "bad_path", "binaries[youki].files[0].dest"),
    "two slashes": (file(dest="//a"), "bad_path", "binaries[youki].files[0].dest"),
    "newline": (file(dest="/a\nb"), "bad_path", "binaries[youki].files[0].dest"),
    "quote": (file(dest='/a"b'), "bad_path", "binaries[youki].files[0].dest"),
    "absolute src": (file(src="/a"), "bad_src", "binaries[youki].files[0].src"),
    "root src": (file(src="/"), "bad_src", "binaries[youki].files[0].src"),
    "src upwards": (file(src="a/../../b"), "bad_src", "binaries[youki].files[0].src"),
    "src pattern": (file(src="bin/*"), "bad_src", "binaries[youki].files[0].src"),
    "set-uid": (file(mode="4755"), "bad_mode", "binaries[youki].files[0].mode"),
    "decimal mode": (file(mode=755), "bad_mode", "binaries[youki].files[0].mode"),
    "symbolic mode": (file(mode="u+x"), "bad_mode", "binaries[youki].files[0].mode"),
    "true mode": (file(mode=True), "bad_mode", "binaries[youki].files[0].mode"),
    "owner": (file(owner="a:b"), "bad_owner", "binaries[youki].files[0].owner"),
    "same name": (dict(binaries=[GOOD, GOOD]), "doubled", "binaries"),
    "same dest": (dict(binaries=[GOOD, dict(GOOD, name="b")]), "doubled", "binaries[b].files[0].dest"),
    "dest in dest": (
        one(files=[dict(src="a", dest="/opt/a"), dict(src="b", dest="/opt/a/b")]), "doubled", "binaries[youki].files[1].dest"),
    "header name": (dict(one(), headers={"a b": "c"}), "bad_header", "headers"),
    "header line": (dict(one(), headers={"a": "c\r\nX: secret"}), "bad_header", "headers"),
    "mirror": (dict(one(), mirror="mirror.example"), "bad_url", "mirror"),
    "mirror http": (dict(one(), mirror="http://mirror.example"), "http_refused", "mirror"),
    "mirror password": (dict(one(), mirror="https://u:secret@mirror.example"), "password_in_url", "mirror"),
    "mirror query": (dict(one(), mirror="https://mirror.example/?a"), "bad_url", "mirror"),
    "proxy": (dict(one(), proxy="proxy.example:3128"), "bad_url", "proxy"),
    "timeout": (dict(one(), timeout=0), "bad_timeout", "timeout"),
    "max_size": (dict(one(), max_size=-1), "bad_max_size", "max_size"),
    "ca_path": (dict(one(), ca_path="ca.pem"), "bad_path", "ca_path"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad(name: str) -> None:
    """Each names its option, and repeats no secret."""
    params, reason, option = BAD[name]
    with pytest.raises(SlipwayError) as caught:
        parse(params)
    assert (caught.value.reason, caught.value.option) == (reason, option), caught.value.message
    assert caught.value.message.startswith(option) and "secret" not in caught.value.message


def test_http_where_allowed() -> None:
    """It is the user's word."""
    parse(dict(one(url="http://example.com/x"), allow_http=True))


def test_another_command_is_another_source() -> None:
    first, second = (parse(built(**more)).binaries[0] for more in ({}, {"stdin": "x"}))
    assert first.made and not first.inline and first.build.argv[-1] == "{folder}"
    assert first.checksum == parse(built()).binaries[0].checksum != second.checksum
    # How long it may take does not change what comes of it.
    assert first.checksum == parse(built(timeout=1)).binaries[0].checksum


SOURCES = {"x86_64": dict(url="https://example.com/a", checksum=GOOD["checksum"]), "aarch64": dict(src="b")}


@pytest.mark.parametrize("machine, url, src, checksum", [
    ("x86_64", "https://example.com/a", "", GOOD["checksum"]), ("aarch64", "", "b", "None"),
])
def test_the_machine_chooses(machine: str, url: str, src: str, checksum: str) -> None:
    wanted = parse(one(url=None, checksum=None, architectures=SOURCES))
    assert wanted.by_machine
    chosen = for_machine(wanted, machine)
    assert not chosen.by_machine
    binary = chosen.binaries[0]
    assert (binary.url, binary.src, str(binary.checksum)) == (url, src, checksum)


def test_no_source_for_the_machine() -> None:
    """Where the runtime goes, the machine does not matter."""
    params = one(url=None, checksum=None, architectures=SOURCES)
    with pytest.raises(SlipwayError) as caught:
        for_machine(parse(params), "s390x")
    assert caught.value.reason == "unsupported_architecture" and caught.value.option == "binaries[youki].architectures"
    assert "'s390x', only for aarch64, x86_64" in caught.value.message
    params["binaries"][0]["state"] = "absent"
    assert for_machine(parse(params), "s390x") == parse(params)


def test_a_content_is_its_own_source() -> None:
    """Another text, or another place for it, is another source."""
    def of(dest: str, content: str) -> Any:
        return parse(one(url=None, checksum=None, files=[dict(dest=dest, content=content)])).binaries[0]

    assert of("/a", "x").inline and not parse(one()).binaries[0].inline
    assert of("/a", "x").checksum == of("/a", "x").checksum
    assert len({str(of(*each).checksum) for each in (("/a", "x"), ("/a", "y"), ("/b", "x"), ("/a", ""))}) == 4
