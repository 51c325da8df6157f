# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe says of a host's packages, in the shells that there are; and the receipt."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.packages import receipt as receipts
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.receipt import (
    Found, HostFound, Receipt, decode, encode, installed_in)
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.wanted import Package, Wanted

NONCE = "0123456789abcdef"
TOOLS = ("env", "setsid", "sh", "sleep", "sed", "od", "tr", "printf")  # posh has no printf of its own
FAMILIES = {"debian": ("crun", "libcrun"), "redhat": ("crun",), "suse": ("crun",)}
RECEIPT = Receipt("crun", "debian", ("crun", "libcrun"), "", ("crun:amd64",), ("crun:amd64",))
# As dpkg-query 1.22 and rpm 4.18 answer.
DPKG = "ii |crun\nrc |libcrun\nun |runc\n"
RPM = "ii |crun\npackage libcrun is not installed\n"


class FakeHost:
    """Folders that stand for a host's, with the package managers that a test puts there."""

    def __init__(self, root: Path, shell: List[str]) -> None:
        self.root, self.shell = root, shell
        for name in ("bin", "receipts"):
            (root / name).mkdir()
        for tool in TOOLS:
            (root / "bin" / tool).symlink_to(str(shutil.which(tool)))

    def program(self, name: str, answer: str = "") -> Path:
        """A program that prints the answer, and notes that it was called."""
        path = self.root / "bin" / name
        path.write_text("#!/bin/sh\necho %s >>%s/called\nprintf '%%s' '%s'\nexit 1\n" % (name, self.root, answer))
        path.chmod(0o755)
        return path

    def file(self, name: str, content: str = "x") -> None:
        """A file of the host's."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(content)

    def called(self) -> List[str]:
        """The programs that were called."""
        path = self.root / "called"
        return path.read_text().split() if path.exists() else []

    def ask(self, package: Package) -> HostFound:
        """What the probe says."""
        wanted = Wanted((package,))
        text = script(receipts.questions(wanted), nonce=NONCE)
        for path in ("/var/lib/dpkg/status", "/etc/products.d", "/run/ostree-booted"):
            assert path in text
            text = text.replace(path, str(self.root) + path)
        done = subprocess.run(
            [str(shutil.which(self.shell[0]))] + self.shell[1:], input=text.encode(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=60, check=False, env={"PATH": str(self.root / "bin")})
        assert done.stderr == b""
        snapshot = parse(done.stdout.decode(), nonce=NONCE)
        assert snapshot is not None and snapshot.complete, (done.stdout, snapshot)
        return receipts.read(snapshot, wanted)


@pytest.fixture
def host(shell: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host for each shell of this machine."""
    monkeypatch.setattr(receipts, "RECEIPTS", str(tmp_path / "receipts"))
    monkeypatch.setattr(receipts, "JOURNAL", str(tmp_path / "journal"))
    return FakeHost(tmp_path, shell)


def crun(program: str = "crun") -> Package:
    """What is asked for."""
    return Package("crun", "packages[crun]", FAMILIES, program)


@pytest.mark.parametrize("programs, files, family, manager", [
    (("dpkg-query", "apt-get"), ("var/lib/dpkg/status",), "debian", "apt-get"),
    (("dpkg-query", "apt-get", "rpm", "dnf"), ("var/lib/dpkg/status",), "debian", "apt-get"),
    (("dpkg-query", "apt-get", "rpm", "dnf", "yum"), (), "redhat", "dnf"),
    (("rpm", "yum"), (), "redhat", "yum"),
    (("rpm", "zypper", "dnf"), (), "redhat", "dnf"),
    (("rpm", "zypper", "dnf"), ("etc/products.d/baseproduct",), "suse", "zypper"),
    (("rpm", "zypper"), (), "suse", "zypper"),
    (("rpm", "dnf"), ("run/ostree-booted",), "redhat", "ostree"),
    (("rpm",), (), "", ""),
    (("apk",), (), "", ""),
])
def test_families(host: FakeHost, programs: List[str], files: List[str], family: str, manager: str) -> None:
    """By what a distribution lives by, whatever is installed beside it."""
    for name in programs:
        host.program(name)
    for name in files:
        host.file(name)
    found = host.ask(crun())
    assert (found.family, found.manager) == (family, manager)


@pytest.mark.parametrize("manager, answer, expected", [("apt-get", DPKG, ("crun",)), ("dnf", RPM, ("crun",))])
def test_asks_once_what_is_not_settled(host: FakeHost, manager: str, answer: str, expected: Any) -> None:
    """The package manager's list of packages, in one call."""
    if host.shell[0] == "busybox" and manager == "dnf":
        pytest.skip("a busybox for Debian runs its own rpm")
    host.program(manager)
    query = "dpkg-query" if manager == "apt-get" else "rpm"
    host.program(query, answer)
    if manager == "apt-get":
        host.file("var/lib/dpkg/status")
    found = host.ask(crun())
    assert found.names["crun"] == Found(None, "", False, expected) and found.answered
    assert host.called() == [query]


def test_settled_by_the_receipt(host: FakeHost) -> None:
    """Only by one that names the same packages of the same family, and where the program is."""
    host.file("var/lib/dpkg/status")
    for name in ("apt-get", "dpkg-query"):
        host.program(name)
    path = str(host.program("crun"))
    ours = RECEIPT._replace(path=path)
    host.file("receipts/crun.json", encode(ours))
    for program in ("crun", path):
        assert host.ask(crun(program)).names["crun"] == Found(ours, path, True)
    assert host.called() == []
    host.program("runc")
    for other, program in (
            (ours._replace(packages=("crun",)), "crun"), (ours._replace(family="suse"), "crun"),
            (ours._replace(path="/usr/bin/crun"), "crun"), (ours, "runc"), (ours, "/no/such")):
        host.file("receipts/crun.json", encode(other))
        assert not host.ask(crun(program)).names["crun"].settled
    assert host.called() == ["dpkg-query"] * 5
    host.file("receipts/crun.json", encode(ours))
    os.chmod(path, 0o644)
    assert host.ask(crun(path)).names["crun"].path == ""


def test_what_goes_is_no_question_to_a_manager(host: FakeHost) -> None:
    """The receipt tells."""
    host.file("var/lib/dpkg/status")
    for name in ("apt-get", "dpkg-query"):
        host.program(name)
    host.file("receipts/crun.json", encode(RECEIPT))
    assert host.ask(Package("crun", "packages[crun]", present=False)).names["crun"] == Found(RECEIPT)
    assert host.called() == []


def test_journal_is_told(host: FakeHost) -> None:
    """A run that was interrupted is for the module."""
    host.file("journal")
    with pytest.raises(AssertionError, match="unfinished"):
        host.ask(crun())


@pytest.mark.parametrize("text, found", [
    (DPKG, ["crun"]), (RPM, ["crun"]),
    ("hi |a\niF |b\niU |c\niHR|d\nit |e\niW |f\nrc |g\nun |h\npn |i\n", ["a", "e", "f"]), ("", []), ("nonsense", [])])
def test_installed(text: str, found: List[str]) -> None:
    """Held and with triggers to come, it is installed; half it is not."""
    assert installed_in(text) == found


def test_receipt_there_and_back() -> None:
    """One line."""
    line = encode(RECEIPT)
    assert line.count("\n") == 1 and line.endswith("\n") and decode(line, "crun") == RECEIPT


@pytest.mark.parametrize("change", [
    lambda line: "", lambda line: "{", lambda line: "[]", lambda line: line.replace('"format": 1', '"format": 2'),
    lambda line: line.replace('"name": "crun"', '"name": "x"'), lambda line: line.replace(', "path": ""', ""),
    lambda line: line.replace('"path": ""', '"more": 1, "path": ""'),
    lambda line: line.replace('"crun:amd64"', "7"), lambda line: line.replace('"crun:amd64"', '"--force-all"')])
def test_broken_receipt(change: Callable[[str], str]) -> None:
    """It says where it lies, and gives no manager an option."""
    line = change(encode(RECEIPT))
    assert line != encode(RECEIPT)
    with pytest.raises(SlipwayError) as caught:
        decode(line, "crun")
    assert caught.value.reason == "receipt_broken" and "/packages/crun.json" in caught.value.message
