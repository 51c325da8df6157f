# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases that disposable hosts can fetch from where the documentation says they are.

A host has upstream's names in /etc/hosts, a server behind them, and an authority that it trusts: a playbook needs no word about it.
What is served is the host's own program, packed as upstream packs it. So its digest is another one, and the copy of the collection
that the test plays with knows that one.
"""

import posixpath
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "/srv/releases"
# What a host has for each receipt of a release. Nobody packages gVisor's shim and runwasi's: runc's takes their places, and answers.
_SHIM = "/usr/bin/containerd-shim-runc-v2"
_PROGRAMS = {
    "youki": "/usr/local/bin/youki", "gvisor": "/opt/wrappers/runsc", "gvisor-shim": _SHIM, "crun": "/usr/bin/crun", "wasmtime": _SHIM}
_WISHES: list[Any] = ["youki", "gvisor", "crun", {"name": "wasmtime", "checksum": "sha256:" + "0" * 64}]
# Servers that the documentation makes up.
_NAMES = ("mirror.example",)


class Release(NamedTuple):
    """A file on the server. source: the host's program, '' where the file is brought. member: the program's path in the archive, '' where
    it is no archive. known: the digest by which the collection knows it, '' where it knows none."""

    name: str
    url: str
    source: str
    member: str
    known: str

    @property
    def file(self) -> str:
        """Its name on the server."""
        return posixpath.basename(urlsplit(self.url).path)


def releases(machine: str) -> list[Release]:
    """What there is for machines of this architecture, as 'uname -m' says it."""
    found = []
    for binary in resolve(_WISHES)["binaries"]:
        if "architectures" in binary:
            source = binary["architectures"][machine]
            known = "" if source["checksum"].endswith("0" * 64) else source["checksum"]
            found.append(Release(binary["name"], source["url"], _PROGRAMS[binary["name"]], binary["files"][0].get("src", ""), known))
    facts = yaml.safe_load((ROOT / "roles" / "nerdctl" / "vars" / "main.yml").read_text(encoding="utf-8"))
    version, word = facts["__nerdctl_version"], facts["__nerdctl_architectures"].get(machine, machine)
    archive = f"https://github.com/containerd/nerdctl/releases/download/v{version}/nerdctl-{version}-linux-{word}.tar.gz"
    return [*found, Release("nerdctl", archive, "", "", facts["__nerdctl_checksums"][version][machine])]


def nerdctl(served: list[Release], folder: Path) -> Path:
    """Its archive, made as molecule's scenario has it: the real one where this machine can build it."""
    target = folder / next(one.file for one in served if one.name == "nerdctl")
    subprocess.run([sys.executable, str(ROOT / "extensions" / "molecule" / "nerdctl" / "archive"), str(target)], check=True)
    return target


def names(served: list[Release]) -> list[str]:
    """The servers that they are on."""
    return sorted({urlsplit(one.url).hostname or "" for one in served} | set(_NAMES))


def script(served: list[Release]) -> str:
    """sh that packs the files and starts the server; it prints the name of each file, its SHA-256 and its SHA-512."""
    lines = ["set -e", f"mkdir -p {FOLDER}/files {FOLDER}/work", f"cd {FOLDER}"]
    for one in served:
        target, folder = f"files/{shlex.quote(one.file)}", f"work/{one.name}"
        if one.member:
            lines.append(f"mkdir -p {folder} && cp -L {one.source} {folder}/{one.member}")
            # The same bytes on every host.
            lines.append(f"tar --mtime=@0 --owner=0 --group=0 -C {folder} -c {one.member} | gzip -n1 >{target}")
        elif one.source:
            lines.append(f"cp -L {one.source} {target}")
    lines += [
        # The roles are to bring it.
        f"rm -f {_PROGRAMS['youki']}",
        f"echo 127.0.0.1 {' '.join(names(served))} >>/etc/hosts",
        "cp ca.pem $(python3 -c 'import ssl; print(ssl.get_default_verify_paths().openssl_cafile)')",
        f"systemd-run -q --unit slipway-releases --collect python3 {FOLDER}/release_server.py {FOLDER}",
    ]
    ends = ["cd files", "for file in *; do echo $file $(sha256sum <$file | cut -d ' ' -f 1) $(sha512sum <$file | cut -d ' ' -f 1); done"]
    return "{\n%s\n} >/dev/null 2>%s/log || { cat %s/log >&2; exit 1; }\n%s\n" % ("\n".join(lines), FOLDER, FOLDER, "\n".join(ends))


def make_certificates(folder: Path, served: list[Release]) -> None:
    """ca.pem of an authority, and server.pem (certificate and key) for the servers, signed by it."""
    (folder / "san").write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names(served)))
    key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    for words in (
            key + " -x509 -keyout ca.key -out ca.pem -days 2 -subj /CN=tests -addext keyUsage=critical,keyCertSign",
            key + " -keyout server.key -out server.csr -subj /CN=server",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile san"):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (folder / "server.pem").write_bytes((folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes())


class Sums(NamedTuple):
    """What is served, by the digests. by_name: of each release, its SHA-256, as a checksum. instead: of digests that the collection
    knows, those of what takes their place."""

    by_name: dict[str, str]
    instead: dict[str, str]

    def replace(self, text: str) -> str:
        """A text that knows what is served."""
        for known, other in self.instead.items():
            text = text.replace(known, other)
        return text


def sums(served: list[Release], said: str) -> Sums:
    """The digests, from what script() printed."""
    found = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    by_name = {one.name: "sha256:" + found[one.file][0] for one in served}
    instead = {
        one.known: one.known.split(":")[0] + ":" + found[one.file][one.known.startswith("sha512:")] for one in served if one.known}
    return Sums(by_name, instead)
