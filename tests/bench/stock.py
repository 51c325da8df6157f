# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that have nothing of ours yet, each with a mirror of upstream's releases in itself, by https."""

from __future__ import annotations

import platform
import posixpath
import shlex
import subprocess
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve

from releases import FOLDER, HTTP, HTTPS, make_certificates

HOME = "/opt/slipway-bench"
SERVER = HOME + "/release_server.py"
MIRROR = f"https://127.0.0.1:{HTTPS}/files/{{host}}"
AUTHORITY = FOLDER + "/ca.pem"
# On a host, by the name of the receipt. Nobody packages gVisor's shim: runc's is as large, and answers as well.
PROGRAMS = {
    "crun": "/usr/bin/crun", "gvisor": "/usr/bin/runsc", "gvisor-shim": "/usr/bin/containerd-shim-runc-v2",
    "youki": "/usr/local/bin/youki", "runc-1.3.9": "/usr/sbin/runc"}
# What answers as the programs of others do that modules ask for their version.
ANSWERS = {
    HOME + "/podman": r"printf 'Client:       Podman Engine\nVersion:      5.4.2\n'",
    HOME + "/dagger": "echo 'dagger v0.18.19 (image://registry.dagger.io/engine:v0.18.19) linux/amd64'"}


class File(NamedTuple):
    """What a release puts in place. program: what it comes from. url: where the host's own mirror has it."""

    dest: str
    program: str
    url: str
    checksum: str  # of what is at the address
    sha256: str  # of the file

    @property
    def archive(self) -> bool:
        """Whether the release is an archive with the program in it."""
        return self.url.endswith(".tar.gz")


class Stock(NamedTuple):
    """What the hosts can be asked for, as users of the role write it, and what the first three put in place."""

    three: List[Dict[str, Any]]
    four: List[Dict[str, Any]]
    files: List[File]
    runtimes: List[Dict[str, Any]]  # as the engine has them then, and as engine_runtimes takes them
    registered: List[Dict[str, Any]]  # the same of all four


def stock(names: Sequence[str], runtimes: Sequence[Dict[str, Any]], folder: Path) -> Stock:
    """Put up a mirror in each host. Nothing of what it offers is left in /usr/local/bin.

    runtimes: with the arguments that they need in these hosts. folder: for certificates. Raises CalledProcessError.
    """
    arguments = {one["name"]: one["args"] for one in runtimes if one.get("args")}
    unknown = _wishes(dict.fromkeys(PROGRAMS, "sha256:" + "0" * 64), {})
    releases = {one["name"]: one for one in resolve(unknown)["binaries"]}
    machine = platform.machine()
    files = []
    for name, program in PROGRAMS.items():
        files.append(File(releases[name]["files"][0]["dest"], program, _at_mirror(
            releases[name]["architectures"][machine]["url"]), "", ""))
    make_certificates(folder)
    for host in names:
        for path in (folder / "ca.pem", folder / "server.pem"):
            _sh(host, f"mkdir -p {FOLDER} && exec cat >{FOLDER}/{path.name}", path.read_bytes())
        _sh(host, f"mkdir -p {HOME} && exec cat >{SERVER}", _SERVER_SOURCE.read_bytes())
        for path, answer in ANSWERS.items():
            _sh(host, f"cat >{path} && chmod 755 {path}", f"#!/bin/sh\n{answer}\n".encode())
        lines = _sh(host, _script(files)).split()
    sums = {name: (lines[2 * place], lines[2 * place + 1]) for place, name in enumerate(PROGRAMS)}
    four = _wishes({name: "sha256:" + sums[name][0] for name in PROGRAMS}, arguments)
    found = resolve(four[:3])
    placed = {file["dest"] for one in found["binaries"] for file in one.get("files", ())}
    return Stock(
        four[:3], four, [
            one._replace(checksum=sums[name][0], sha256=sums[name][1]) for name, one in zip(PROGRAMS, files)
            if one.dest in placed],
        _registrations(found), _registrations(resolve(four)))


def _registrations(found: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [{key: value for key, value in one.items() if key in ("name", "path", "args")} for one in found["runtimes"]]


_SERVER_SOURCE = Path(__file__).resolve().parents[1] / "live" / "release_server.py"


def _wishes(checksums: Dict[str, str], arguments: Dict[str, List[str]]) -> List[Dict[str, Any]]:
    """In a version of the catalogue's, and with the checksums of what this mirror has: as of builds of one's own."""
    gvisor = {name: checksums[name] for name in ("gvisor", "gvisor-shim")}
    wishes: List[Dict[str, Any]] = [
        {"name": "youki", "checksum": checksums["youki"]},
        {"name": "gvisor", "checksum": gvisor},
        {"name": "crun", "checksum": checksums["crun"]},
        {"name": "runc", "version": "1.3.9", "checksum": checksums["runc-1.3.9"]}]
    return [dict(one, args=arguments[one["name"]]) if one["name"] in arguments else one for one in wishes]


def _at_mirror(url: str) -> str:
    host, _slash, path = url.partition("://")[2].partition("/")
    return MIRROR.replace("{host}", host) + "/" + path


def _script(files: Sequence[File]) -> str:
    """Prints two digests a file: of what is at the address, of the program."""
    lines = ["set -e", f"cd {FOLDER}"]
    for one in files:
        folder, name = posixpath.split(one.program)
        release = shlex.quote(posixpath.basename(one.url))
        if release.endswith(".tar.gz"):
            lines.append(f"tar --mtime=@0 -C {folder} -c {name} | gzip -n >{release}")
        else:
            lines.append(f"cp {one.program} {release}")
        lines.append("sha256sum <%s | cut -d ' ' -f 1; sha256sum <%s | cut -d ' ' -f 1" % (release, one.program))
    lines.append("rm -f " + " ".join(sorted({one.dest for one in files})))
    lines.append(f"systemd-run -q --unit slipway-bench --collect python3 {SERVER} {FOLDER} {HTTPS} {HTTP}")
    lines.append(f"until ss -ltn | grep -q ':{HTTPS} '; do sleep 0.1; done")
    return "\n".join(lines)


def _sh(host: str, script: str, stdin: bytes = b"") -> str:
    argv = ["podman", "exec", "-i", host, "sh", "-c", script]
    return subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, check=True).stdout.decode()
