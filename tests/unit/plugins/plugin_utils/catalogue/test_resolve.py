# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wishes to parameters: what the issue and the guides ask for, and what is refused."""

import json
import time
from typing import Any, Dict, Iterator, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.fetch import address
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.files import load, names, read_ahead
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import fill, numbers, resolve

SHA256 = "sha256:" + "a" * 64
SHA512 = "sha512:" + "b" * 128


def present(wish: Any) -> Dict[str, Dict[str, Any]]:
    """The files that a wish puts there, by receipt."""
    return {one["name"]: one for one in resolve([wish])["binaries"] if one["state"] == "present"}


def gone(wish: Any) -> List[str]:
    """The receipts that a wish takes away."""
    return [one["name"] for one in resolve([wish])["binaries"] if one["state"] == "absent"]


def dests(wish: Any) -> Dict[str, str]:
    """What goes where."""
    return {file["dest"]: file.get("src", "") for one in present(wish).values() for file in one["files"]}


def runtime(wish: Any) -> Dict[str, Any]:
    """The only registration."""
    found, = resolve([wish])["runtimes"]
    assert found.pop("state") == "present"
    return found


def requirements(wish: Any) -> Dict[str, Any]:
    """What the host must have."""
    found: Dict[str, Any] = {}
    for one in resolve([wish])["requirements"]:
        assert one.pop("option") == "catalogue[%s]" % one.pop("name")
        found.update(one)
    return found


# -- the whole of one


@pytest.fixture(scope="module", autouse=True)
def unchanged() -> Iterator[None]:
    """What is read once for all wishes is the same after all of them."""
    read_ahead()
    before = {name: json.dumps(load(name)) for name in names()}
    yield
    assert {name: json.dumps(load(name)) for name in names()} == before


def test_youki() -> None:
    """A name is enough."""
    assert resolve(["youki"]) == {
        "binaries": [{
            "name": "youki", "version": "0.5.7", "state": "present",
            "files": [{"src": "youki", "dest": "/usr/local/bin/youki"}],
            "architectures": {
                "x86_64": {
                    "url": "https://github.com/youki-dev/youki/releases/download/v0.5.7/youki-0.5.7-x86_64-gnu.tar.gz",
                    "checksum": "sha256:10077b1a4f013990a416acf15e6b397cf64b5d62008516a9711abc22730d8203"},
                "aarch64": {
                    "url": "https://github.com/youki-dev/youki/releases/download/v0.5.7/youki-0.5.7-aarch64-gnu.tar.gz",
                    "checksum": "sha256:d51990751e796391254c36d40f05b0624017cb544284f9721a645d05747b3d84"}}}],
        "runtimes": [{"name": "youki", "state": "present", "path": "/usr/local/bin/youki"}],
        "requirements": [
            {"name": "youki", "option": "catalogue[youki]", "kernel": "5.3"},
            {"name": "youki", "option": "catalogue[youki]", "architectures": ["aarch64", "x86_64"]}],
        "packages": [], "features": {}}


def test_nothing() -> None:
    """No wish, nothing to do."""
    assert resolve([]) == {
        "binaries": [], "runtimes": [], "packages": [], "requirements": [], "features": {}}


# -- how it is registered

RUNTIMES = {
    "youki": ("youki", {"name": "youki", "path": "/usr/local/bin/youki"}),
    "path and arguments": (
        {"name": "youki", "path": "/opt/y", "args": ["--debug"], "as": "fast"},
        {"name": "fast", "path": "/opt/y", "args": ["--debug"]}),
    "gvisor by path": ("gvisor", {"name": "gvisor", "path": "/usr/local/bin/runsc"}),
    "gvisor by shim": (
        {"name": "gvisor", "via": "shim"},
        {"name": "gvisor", "shim": "io.containerd.runsc.v1", "options": {
            "TypeUrl": "io.containerd.runsc.v1.options", "ConfigPath": "/etc/containerd/runsc.toml"}}),
    "gvisor by shim, as another": (
        {"name": "gvisor", "via": "shim", "as": "gvisor-kvm"},
        {"name": "gvisor-kvm", "shim": "io.containerd.runsc.v1", "options": {
            "TypeUrl": "io.containerd.runsc.v1.options", "ConfigPath": "/etc/containerd/runsc-gvisor-kvm.toml"}}),
    "gvisor's shim, never registered": (
        {"name": "gvisor", "via": "shim", "register": "never"}, {"name": "io.containerd.runsc.v1"}),
    "kata 3": (
        "kata", {"name": "kata", "shim_path": "/opt/kata/bin/containerd-shim-kata-v2", "options": {
            "ConfigPath": "/opt/kata/share/defaults/kata-containers/configuration-qemu.toml"}}),
    "kata's hypervisor": (
        {"name": "kata", "options": {"hypervisor": "clh"}},
        {"name": "kata", "shim_path": "/opt/kata/bin/containerd-shim-kata-v2", "options": {
            "ConfigPath": "/opt/kata/share/defaults/kata-containers/configuration-clh.toml"}}),
    "kata's configuration": (
        {"name": "kata", "options": {"config_path": "/etc/kata/mine.toml"}},
        {"name": "kata", "shim_path": "/opt/kata/bin/containerd-shim-kata-v2", "options": {
            "ConfigPath": "/etc/kata/mine.toml"}}),
    "kata 4": (
        {"name": "kata", "version": "4.1.0", "checksum": SHA256},
        {"name": "kata", "shim_path": "/opt/kata/runtime-rs/bin/containerd-shim-kata-v2", "options": {
            "ConfigPath": "/opt/kata/share/defaults/kata-containers/runtime-rs/configuration-qemu-runtime-rs.toml"}}),
    "kata 4 in Go": (
        {"name": "kata", "version": "4.1.0", "checksum": SHA256, "variant": "go"},
        {"name": "kata", "shim_path": "/opt/kata/bin/containerd-shim-kata-v2", "options": {
            "ConfigPath": "/opt/kata/share/defaults/kata-containers/configuration-qemu.toml"}}),
    "kata on PATH": ({"name": "kata", "via": "shim"}, {"name": "io.containerd.kata.v2"}),
    "kata on PATH, registered": (
        {"name": "kata", "via": "shim", "register": "always"},
        {"name": "kata", "shim": "io.containerd.kata.v2", "options": {
            "ConfigPath": "/opt/kata/share/defaults/kata-containers/configuration-qemu.toml"}}),
    "wasmtime": ({"name": "wasmtime", "checksum": SHA256}, {"name": "io.containerd.wasmtime.v1"}),
    "wasmtime, registered": (
        {"name": "wasmtime", "checksum": SHA256, "register": "always"},
        {"name": "wasmtime", "shim": "io.containerd.wasmtime.v1"}),
    "wasmtime, by a name": (
        {"name": "wasmtime", "checksum": SHA256, "as": "wasm"}, {"name": "wasm", "shim": "io.containerd.wasmtime.v1"}),
    "wasmtime by its file": (
        {"name": "wasmtime", "checksum": SHA256, "via": "shim_path", "path": "/opt/wasm/containerd-shim-wasmtime-v1"},
        {"name": "wasmtime", "shim_path": "/opt/wasm/containerd-shim-wasmtime-v1"}),
    "wasmedge": ({"name": "wasmedge", "checksum": SHA256}, {"name": "io.containerd.wasmedge.v1"}),
    "wasmer": ({"name": "wasmer", "checksum": SHA256}, {"name": "io.containerd.wasmer.v1"}),
    "crun": ("crun", {"name": "crun", "path": "/usr/local/bin/crun"}),
    "crun from a package": ({"name": "crun", "install_from": "package"}, {"name": "crun", "path": "/usr/bin/crun"}),
    "runc": (
        {"name": "runc", "version": "1.4.0", "checksum": SHA256},
        {"name": "runc-1.4.0", "path": "/usr/local/bin/runc-1.4.0"}),
    "runc by a name": (
        {"name": "runc", "version": "1.4.0", "checksum": SHA256, "as": "runc-1.4"},
        {"name": "runc-1.4", "path": "/usr/local/bin/runc-1.4"}),
    "nvidia": ("nvidia", {"name": "nvidia", "path": "/usr/bin/nvidia-container-runtime"}),
    "sysbox": ("sysbox", {"name": "sysbox-runc", "path": "/usr/bin/sysbox-runc"}),
    "there already": (
        {"name": "sysbox", "install_from": "none", "path": "/opt/sysbox-runc"},
        {"name": "sysbox-runc", "path": "/opt/sysbox-runc"}),
}


@pytest.mark.parametrize("name", sorted(RUNTIMES))
def test_registered(name: str) -> None:
    """What an engine is told."""
    wish, expected = RUNTIMES[name]
    assert runtime(wish) == expected


def test_a_program_that_is_never_registered() -> None:
    """It is put there, and no engine is told."""
    found = resolve([{"name": "youki", "register": "never"}])
    assert found["runtimes"] == [] and found["binaries"][0]["state"] == "present"


# -- what is put where


def test_gvisor_as_files_of_their_own() -> None:
    """Both, each with its own digest; a configuration that an earlier wish wrote goes."""
    found = present("gvisor")
    assert dests("gvisor") == {"/usr/local/bin/runsc": "", "/usr/local/bin/containerd-shim-runsc-v1": ""}
    assert found["gvisor-shim"]["architectures"]["aarch64"]["url"] == (
        "https://storage.googleapis.com/gvisor/releases/release/20260817.0/aarch64/containerd-shim-runsc-v1")
    assert gone("gvisor") == ["gvisor-config"]


def test_gvisor_as_an_archive() -> None:
    """Newer releases: the same receipts, so that places change hands nowhere."""
    wish = {"name": "gvisor", "version": "20260907.0", "checksum": SHA512, "path": "/opt/gvisor/runsc"}
    assert dests(wish) == {
        "/opt/gvisor/runsc": "runsc", "/opt/gvisor/gvisor-bin": "gvisor-bin",
        "/opt/gvisor/containerd-shim-runsc-v1": "containerd-shim-runsc-v1"}
    assert set(present(wish)) == set(present("gvisor"))
    assert present(wish)["gvisor"]["architectures"]["x86_64"] == {
        "url": "https://storage.googleapis.com/gvisor/releases/release/20260907.0/x86_64/gvisor.tar.bz2",
        "checksum": SHA512}


def test_gvisor_in_another_version_with_files_of_their_own() -> None:
    """A checksum for each file."""
    wish: Dict[str, Any] = {
        "name": "gvisor", "version": "20260101.0", "checksum": {"gvisor": {"x86_64": SHA512}, "gvisor-shim": SHA256}}
    found = present(wish)
    assert list(found["gvisor"]["architectures"]) == ["x86_64"]
    assert found["gvisor-shim"]["architectures"]["x86_64"]["checksum"] == SHA256
    assert requirements(wish)["architectures"] == ["x86_64"]


def test_gvisors_settings() -> None:
    """A file of its own, with its own receipt. Flags are text, which the shim insists on."""
    found = present({"name": "gvisor", "via": "shim", "options": {
        "log_level": "debug", "grouping": "yes", "io_uid": "5",
        "runsc_config": {"platform": "kvm", "debug": True, "num-network-channels": 4}}})
    assert found["gvisor-config"] == {
        "name": "gvisor-config", "version": "", "state": "present", "files": [{
            "dest": "/etc/containerd/runsc.toml", "mode": "0644", "content": (
                'binary_name = "/usr/local/bin/runsc"\nlog_level = "debug"\ngrouping = true\nio_uid = 5\n\n[runsc_config]\n'
                'platform = "kvm"\ndebug = "true"\nnum-network-channels = "4"\n')}]}


def test_one_runtime_under_two_names() -> None:
    """Its files are put there once, and its settings twice."""
    found = resolve([
        {"name": "gvisor", "via": "shim"},
        {"name": "gvisor", "via": "shim", "as": "gvisor-kvm", "options": {"runsc_config": {"platform": "kvm"}}}])
    assert [one["name"] for one in found["binaries"]] == [
        "gvisor", "gvisor-shim", "gvisor-config", "gvisor-gvisor-kvm-config"]
    assert [one["name"] for one in found["runtimes"]] == ["gvisor", "gvisor-kvm"]
    assert len(set(one["files"][0]["dest"] for one in found["binaries"])) == 4


KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


def test_signed() -> None:
    """The catalogue knows where the signature is; beside a folder of the user's under upstream's name; else the user does."""
    def signatures(**more: Any) -> Dict[str, str]:
        found, = present(dict({"name": "crun", "signature": {"key": KEY}}, **more)).values()
        sources = found.get("architectures") or {"any": found}
        assert all(one["signature"]["key"] == KEY for one in sources.values())
        return {machine: one["signature"].get("url") or one["signature"]["src"] for machine, one in sources.items()}

    upstream = "https://github.com/containers/crun/releases/download/1.17/crun-1.17-linux-"
    assert signatures()["aarch64"] == upstream + "arm64.asc"
    assert signatures(variant="disable-systemd", checksum=SHA256)["x86_64"] == upstream + "amd64-disable-systemd.asc"
    assert signatures(url="https://mirror.example/crun/", checksum=SHA256)["s390x"] == (
        "https://mirror.example/crun/crun-1.17-linux-s390x.asc")
    assert signatures(src="crun", signature={"key": KEY, "src": "crun.asc"}) == {"any": "crun.asc"}
    assert signatures(url="https://x.example/{arch}", checksum=SHA256, signature={"key": KEY, "url": "https://x.example/{arch}.asc"})[
        "x86_64"] == "https://x.example/amd64.asc"


@pytest.mark.parametrize("wish, option", [
    ({"name": "youki", "signature": {"key": KEY}}, "signature.url"),
    ({"name": "crun", "signature": {"key": KEY}, "src": "x"}, "signature.src"),
    ({"name": "crun", "signature": {"key": KEY}, "url": "https://x.example/crun", "checksum": SHA256}, "signature.url"),
    ({"name": "crun", "signature": {"url": "https://x.example/y"}}, "signature.key"),
    ({"name": "crun", "signature": {"key": KEY, "kind": "pgp"}}, "signature"),
    ({"name": "crun", "signature": {"key": KEY}, "install_from": "package"}, "signature"),
])
def test_signatures_that_are_nowhere(wish: Dict[str, Any], option: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        resolve([wish])
    assert caught.value.option == "catalogue[%s].%s" % (wish["name"], option)


def test_what_goes_together() -> None:
    """Programs do, where there are several; settings are one name's own."""
    assert [(one["name"], one.get("set")) for one in resolve([{"name": "gvisor", "as": "other", "state": "absent"}])["binaries"]] == [
        ("gvisor", "gvisor"), ("gvisor-shim", "gvisor"), ("gvisor-other-config", None)]
    assert "set" not in resolve([{"name": "youki", "state": "absent"}])["binaries"][0]


def test_one_of_two_names_goes() -> None:
    """The other one keeps its files."""
    found = resolve([{"name": "youki", "as": "old", "state": "absent"}, "youki"])
    assert [(one["name"], one["state"]) for one in found["binaries"]] == [("youki", "present")]
    assert {one["name"]: one["state"] for one in found["runtimes"]} == {"old": "absent", "youki": "present"}


@pytest.mark.parametrize("wish, names", [
    ({"name": "wasmtime"}, ["wasmtime", "io.containerd.wasmtime.v1"]),
    ({"name": "wasmtime", "as": "wasm"}, ["wasm"]),  # the other name may be in use
    ({"name": "gvisor"}, ["gvisor"]),  # by its shim it needs an entry for its settings
])
def test_a_default_without_an_entry_goes_too(wish: Dict[str, Any], names: List[str]) -> None:
    assert [one["name"] for one in resolve([dict(wish, state="absent")])["runtimes"]] == names


def test_kata_is_one_folder() -> None:
    """And its shim once more on PATH, where that is the way to it."""
    assert dests("kata") == {"/opt/kata": "opt/kata"}
    assert dests({"name": "kata", "via": "shim", "version": "4.1.0", "checksum": SHA256}) == {
        "/opt/kata": "opt/kata",
        "/usr/local/bin/containerd-shim-kata-v2": "opt/kata/runtime-rs/bin/containerd-shim-kata-v2"}


@pytest.mark.parametrize("wish, url", [
    ({"name": "kata", "version": "4.1.0", "checksum": SHA256}, "/4.1.0/kata-static-4.1.0-amd64.tar.zst"),
    ({"name": "kata", "version": "4.1.0", "checksum": SHA256, "variant": "go"}, "/4.1.0/kata-go-static-4.1.0-amd64.tar.zst"),
    ("kata", "/3.32.0/kata-static-3.32.0-amd64.tar.zst"),
    ({"name": "youki", "version": "0.7.0", "variant": "musl", "checksum": SHA256}, "/youki-0.7.0-x86_64-musl.tar.gz"),
    ({"name": "crun", "version": "1.29.1", "variant": "disable-systemd", "checksum": SHA256},
     "/1.29.1/crun-1.29.1-linux-amd64-disable-systemd"),
    ({"name": "wasmtime", "checksum": SHA256},
     "/containerd-shim-wasmtime%2Fv0.6.0/containerd-shim-wasmtime-x86_64-linux-musl.tar.gz"),
])
def test_addresses(wish: Any, url: str) -> None:
    """By version, variant and architecture; a mirror keeps the path, an encoded slash too."""
    one, = present(wish).values()
    found = one["architectures"]["x86_64"]["url"]
    assert found.endswith(url)
    assert address(found, "https://mirror.example/{host}/").endswith(url)


BROUGHT = {
    "an archive on the controller": (
        {"name": "youki", "src": "files/youki-0.7.0.tar.gz", "version": "0.7.0"},
        {"youki": {"src": "files/youki-0.7.0.tar.gz", "version": "0.7.0", "files": [
            {"src": "youki", "dest": "/usr/local/bin/youki"}]}}),
    "a program on the controller": (
        {"name": "youki", "src": "files/youki"},
        {"youki": {"src": "files/youki", "version": "", "files": [{"dest": "/usr/local/bin/youki"}]}}),
    "a program on the host": (
        {"name": "gvisor", "src": "/srv/runsc", "remote_src": True, "checksum": SHA256},
        {"gvisor": {"src": "/srv/runsc", "version": "", "remote_src": True, "checksum": SHA256, "files": [
            {"dest": "/usr/local/bin/runsc"}]}}),
    "an archive of gVisor": (
        {"name": "gvisor", "src": "gvisor.tar.bz2"},
        {"gvisor": {"src": "gvisor.tar.bz2", "version": "", "files": [
            {"src": "runsc", "dest": "/usr/local/bin/runsc"}, {"src": "gvisor-bin", "dest": "/usr/local/bin/gvisor-bin"}]},
         "gvisor-shim": {"src": "gvisor.tar.bz2", "version": "", "files": [
             {"src": "containerd-shim-runsc-v1", "dest": "/usr/local/bin/containerd-shim-runsc-v1"}]}}),
    "a folder of gVisor's files": (
        {"name": "gvisor", "src": "/srv/", "remote_src": True},
        {"gvisor": {"src": "/srv/runsc", "version": "20260817.0", "remote_src": True, "files": [
            {"dest": "/usr/local/bin/runsc"}]},
         "gvisor-shim": {"src": "/srv/containerd-shim-runsc-v1", "version": "20260817.0", "remote_src": True, "files": [
             {"dest": "/usr/local/bin/containerd-shim-runsc-v1"}]}}),
    "a file for each architecture": (
        {"name": "youki", "src": "youki-{arch}"},
        {"youki": {"version": "", "files": [{"dest": "/usr/local/bin/youki"}], "architectures": {
            "x86_64": {"src": "youki-x86_64"}, "aarch64": {"src": "youki-aarch64"}}}}),
    "an address": (
        {"name": "crun", "url": "https://files.example/crun", "checksum": SHA256},
        {"crun": {"url": "https://files.example/crun", "version": "", "checksum": SHA256, "files": [
            {"dest": "/usr/local/bin/crun"}]}}),
    "an address for each architecture": (
        {"name": "crun", "url": "https://files.example/{version}/{arch}", "version": "1.30",
         "checksum": {"x86_64": SHA256}},
        {"crun": {"version": "1.30", "files": [{"dest": "/usr/local/bin/crun"}], "architectures": {
            "x86_64": {"url": "https://files.example/1.30/amd64", "checksum": SHA256}}}}),
    "a folder of addresses": (
        {"name": "crun", "url": "https://files.example/", "checksum": {"aarch64": SHA256}},
        {"crun": {"version": "1.17", "files": [{"dest": "/usr/local/bin/crun"}], "architectures": {
            "aarch64": {"url": "https://files.example/crun-1.17-linux-arm64", "checksum": SHA256}}}}),
}


@pytest.mark.parametrize("name", sorted(BROUGHT))
def test_brought(name: str) -> None:
    """From where the user says, in upstream's layout or as the program itself."""
    wish, expected = BROUGHT[name]
    found = present(wish)
    assert found == {key: dict(one, name=key, state="present") for key, one in expected.items()}


def test_a_package_takes_the_place_of_a_release() -> None:
    """What we once unpacked goes, and the package comes."""
    found = resolve([{"name": "crun", "install_from": "package"}])
    assert found["packages"] == [{
        "name": "crun", "state": "present", "program": "/usr/bin/crun",
        "packages": {"debian": ["crun"], "redhat": ["crun"], "suse": ["crun"]}}]
    assert found["binaries"] == [{"name": "crun", "state": "absent"}]


def test_nothing_is_installed() -> None:
    """Nor taken away; settings are not installed."""
    found = resolve([{"name": "youki", "install_from": "none"}])
    assert [one["name"] for one in resolve([{"name": "gvisor", "via": "shim", "install_from": "none"}])["binaries"]] == [
        "gvisor-config"]
    assert found["binaries"] == [] and requirements({"name": "youki", "install_from": "none"}) == {"kernel": "5.3"}


def test_built_by_cargo() -> None:
    """What is to be run, and where its outcome is fetched from."""
    found = resolve([{"name": "youki", "install_from": "build", "version": "0.6.0"}])
    assert found["binaries"] == [{
        "name": "youki", "version": "0.6.0", "state": "present", "files": [{"dest": "/usr/local/bin/youki"}],
        "build": {
            "output": "bin/youki", "argv": [
                "cargo", "install", "youki", "--version", "0.6.0", "--root", "{folder}", "--locked",
                "--no-default-features", "--features", "v1,v2,seccomp"]}}]


def test_built_by_the_engine() -> None:
    """Two stages, at a commit."""
    build = resolve([{"name": "wasmtime", "install_from": "build"}], engine="iechor")["binaries"][0]["build"]
    assert build["argv"][:2] == ["sh", "-c"] and build["argv"][3:] == ["iechor", "{folder}"]
    assert build["argv"][2].endswith('"$0" buildx build --output "$1" -')
    assert build["stdin"].startswith("FROM rust:1.85.0-bookworm AS build\n") and "FROM scratch\n" in build["stdin"]
    assert "--rev 5680b21a3386869ab2b3e8724c71238f3c25422c " in build["stdin"]
    assert build["output"] == "containerd-shim-wasmtime-v1"


@pytest.mark.parametrize("wish, expected", [
    ("youki", {"kernel": "5.3", "architectures": ["aarch64", "x86_64"]}),
    ("kata", {"device": "/dev/kvm", "engine": "26.0", "architectures": ["aarch64", "x86_64"]}),
    ({"name": "wasmtime", "install_from": "build"}, {"image_store": True, "engine": "24.0", "engine_below": "29.0"}),
    ({"name": "wasmtime", "src": "/srv/shim"}, {"image_store": True, "engine": "24.0"}),
    ({"name": "wasmtime", "src": "/srv/shim", "version": "0.7.0"}, {"image_store": True, "engine": "24.0"}),
    ({"name": "wasmtime", "src": "/srv/shim", "version": "0.6.0"},
     {"image_store": True, "engine": "24.0", "engine_below": "29.0"}),
    ("crun", {"architectures": ["aarch64", "ppc64le", "x86_64"]}),
    ({"name": "crun", "install_from": "package"}, {}),
    ({"name": "gvisor", "via": "shim"}, {"kernel": "4.14", "engine": "24.0", "architectures": ["aarch64", "x86_64"]}),
])
def test_requirements(wish: Any, expected: Dict[str, Any]) -> None:
    """What the host must have."""
    assert requirements(wish) == expected


def test_the_image_store() -> None:
    """Asked for by those who need it, and left as it is by those who go."""
    assert resolve(["youki", {"name": "wasmtime", "checksum": SHA256}])["features"] == {"containerd-snapshotter": True}
    assert resolve(["youki", {"name": "wasmtime", "state": "absent"}])["features"] == {}


def test_replace() -> None:
    """For every file, settings too."""
    assert all(one["replace"] is True for one in present({"name": "gvisor", "via": "shim", "replace": True}).values())


# -- what is refused

BAD = {
    "unknown": ("yuki", "unknown_runtime", "catalogue[yuki]", "'youki'"),
    "no name": ({"version": "1"}, "bad_wish", "catalogue[0].name", ""),
    "no wish": (["youki"], "bad_wish", "catalogue[0].name", ""),
    "empty name": (" ", "bad_wish", "catalogue[0].name", ""),
    "unknown key": ({"name": "youki", "verison": "1"}, "unknown_key", "catalogue[youki].verison", "'version'"),
    "version as a number": ({"name": "crun", "version": 1.20}, "bad_wish", "catalogue[crun].version", "this is a number, so put it in quotes"),
    "version as a list": ({"name": "crun", "version": ["1"]}, "bad_wish", "catalogue[crun].version", "this is a list"),
    "state": ({"name": "youki", "state": "latest"}, "bad_wish", "catalogue[youki].state", "present, absent"),
    "origin": ({"name": "youki", "install_from": "web"}, "bad_wish", "catalogue[youki].install_from", "release"),
    "no package": (
        {"name": "youki", "install_from": "package"}, "unknown_origin", "catalogue[youki].install_from", "release"),
    "no build": ({"name": "crun", "install_from": "build"}, "unknown_origin", "catalogue[crun].install_from", "package"),
    "no release": ({"name": "nvidia", "install_from": "release"}, "unknown_origin", "catalogue[nvidia].install_from", ""),
    "unverified version": (
        {"name": "youki", "version": "0.7.0"}, "checksum_missing", "catalogue[youki].checksum",
        "- {name: youki, version: '0.7.0', checksum: {x86_64: 'sha256:...', aarch64: 'sha256:...'}}"),
    "unverified default": (
        "wasmtime", "checksum_missing", "catalogue[wasmtime].checksum", "- {name: wasmtime, version: '0.6.0', checksum: {"),
    "unverified files": (
        {"name": "gvisor", "version": "20250101.0"}, "checksum_missing", "catalogue[gvisor].checksum",
        "checksum: {gvisor: {x86_64: 'sha256:...', aarch64: 'sha256:...'}, gvisor-shim: {"),
    "unverified variant": (
        {"name": "youki", "variant": "musl"}, "checksum_missing", "catalogue[youki].checksum", "-musl.tar.gz"),
    "unverified address": (
        {"name": "youki", "url": "https://files.example/youki"}, "checksum_missing", "catalogue[youki].checksum",
        "https://files.example/youki"),
    "one checksum for two files": (
        {"name": "gvisor", "version": "20250101.0", "checksum": SHA512}, "bad_checksum", "catalogue[gvisor].checksum",
        "'gvisor'"),
    "checksum": ({"name": "youki", "checksum": "md5:1"}, "bad_checksum", "catalogue[youki].checksum", "sha256:"),
    "checksum of an architecture": (
        {"name": "youki", "checksum": {"x86_64": "abc"}}, "bad_checksum", "catalogue[youki].checksum.x86_64", "sha256:"),
    "checksum as a list": ({"name": "youki", "checksum": [SHA256]}, "bad_checksum", "catalogue[youki].checksum", "map"),
    "architecture": (
        {"name": "youki", "checksum": {"amd64": SHA256}}, "unknown_architecture", "catalogue[youki].checksum.amd64",
        "x86_64"),
    "no version": ("runc", "version_missing", "catalogue[runc].version", "checksum"),
    "no version to go": ({"name": "runc", "state": "absent"}, "name_missing", "catalogue[runc].as", "version"),
    "no version, but a name": (
        {"name": "runc", "as": "runc-1.3"}, "version_missing", "catalogue[runc].version", "checksum"),
    "version of a package": (
        {"name": "crun", "install_from": "package", "version": "1"}, "bad_wish", "catalogue[crun].version", "package"),
    "version of a pinned build": (
        {"name": "wasmtime", "install_from": "build", "version": "9"}, "unknown_version", "catalogue[wasmtime].version",
        "0.6.0"),
    "reserved": (
        {"name": "runc", "version": "1.3.0", "checksum": SHA256, "as": "runc"}, "reserved_name", "catalogue[runc].as", ""),
    "variant": ({"name": "youki", "variant": "glibc"}, "unknown_variant", "catalogue[youki].variant", "gnu, musl"),
    "variant of a version": ({"name": "kata", "variant": "rust"}, "unknown_variant", "catalogue[kata].variant", "4"),
    "via": ({"name": "gvisor", "via": "shin"}, "unknown_via", "catalogue[gvisor].via", "'shim'"),
    "arguments of a shim": (
        {"name": "gvisor", "via": "shim", "args": ["--debug"]}, "bad_wish", "catalogue[gvisor].args", "options"),
    "options of a path": (
        {"name": "gvisor", "options": {"root": "/r"}}, "unknown_option", "catalogue[gvisor].options.root", "via"),
    "unknown option": (
        {"name": "gvisor", "via": "shim", "options": {"log-level": "debug"}}, "unknown_option",
        "catalogue[gvisor].options.log-level", "'log_level'"),
    "option's choice": (
        {"name": "gvisor", "via": "shim", "options": {"log_level": "loud"}}, "bad_option",
        "catalogue[gvisor].options.log_level", "debug"),
    "option's type": (
        {"name": "gvisor", "via": "shim", "options": {"grouping": "perhaps"}}, "bad_option",
        "catalogue[gvisor].options.grouping", ""),
    "option's number": (
        {"name": "gvisor", "via": "shim", "options": {"io_uid": "root"}}, "bad_option",
        "catalogue[gvisor].options.io_uid", ""),
    "option's path": (
        {"name": "gvisor", "via": "shim", "options": {"root": "r"}}, "bad_option", "catalogue[gvisor].options.root",
        "absolute"),
    "flag's name": (
        {"name": "gvisor", "via": "shim", "options": {"runsc_config": {"--debug": True}}}, "bad_option",
        "catalogue[gvisor].options.runsc_config.--debug", "without '--'"),
    "flag's line": (
        {"name": "gvisor", "via": "shim", "options": {"runsc_config": {"debug": "a\nb"}}}, "bad_option",
        "catalogue[gvisor].options.runsc_config.debug", "one line"),
    "flags": (
        {"name": "gvisor", "via": "shim", "options": {"runsc_config": ["debug"]}}, "bad_option",
        "catalogue[gvisor].options.runsc_config", "map"),
    "hypervisor": (
        {"name": "kata", "options": {"hypervisor": "../x"}}, "bad_option", "catalogue[kata].options.hypervisor", "form"),
    "never, with a name": (
        {"name": "youki", "register": "never", "as": "y"}, "bad_wish", "catalogue[youki].register", "always"),
    "kata elsewhere": ({"name": "kata", "path": "/srv/kata"}, "not_movable", "catalogue[kata].path", "/opt/kata"),
    "relative": ({"name": "youki", "path": "bin/youki"}, "bad_wish", "catalogue[youki].path", "absolute"),
    "two origins": (
        {"name": "youki", "url": "https://a.example/y", "src": "y"}, "bad_wish", "catalogue[youki].src", "one of"),
    "source of a package": (
        {"name": "crun", "install_from": "package", "src": "x"}, "bad_wish", "catalogue[crun].src", "install_from: file"),
    "a package's file": (
        {"name": "sysbox", "src": "sysbox.deb"}, "bad_wish", "catalogue[sysbox].src", "ansible.builtin.apt"),
    "file without one": ({"name": "youki", "install_from": "file"}, "bad_wish", "catalogue[youki].src", "remote_src"),
    "remote nothing": ({"name": "youki", "remote_src": True}, "bad_wish", "catalogue[youki].remote_src", "src"),
    "a shim that is not brought": (
        {"name": "gvisor", "via": "shim", "src": "runsc"}, "program_missing", "catalogue[gvisor].via",
        "/usr/local/bin/containerd-shim-runsc-v1"),
    "an archive of one that has none": (
        {"name": "crun", "src": "crun.tar.gz"}, "bad_wish", "catalogue[crun].src", "archive"),
    "address with a hole": (
        {"name": "crun", "url": "https://a.example/{os}/crun", "checksum": SHA256}, "bad_wish", "catalogue[crun].url",
        "{version}"),
    "architectures on a host": (
        {"name": "crun", "src": "/crun-{arch}", "remote_src": True}, "bad_wish", "catalogue[crun].remote_src", "{arch}"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad(name: str) -> None:
    """Each names its option, what is wrong and what would be right."""
    wish, reason, option, said = BAD[name]
    with pytest.raises(SlipwayError) as caught:
        resolve([wish])
    assert (caught.value.reason, caught.value.option) == (reason, option), caught.value.message
    assert caught.value.message.startswith(option + ":") and said in caught.value.message, caught.value.message


@pytest.mark.parametrize("wishes, option", [
    (["youki", {"name": "youki", "as": "y", "path": "/opt/youki"}], "catalogue[youki]"),
    ([{"name": "crun", "as": "youki"}, "youki"], "catalogue[youki]"),
])
def test_at_odds(wishes: List[Any], option: str) -> None:
    """Two wishes that are not for the same thing, at one place."""
    with pytest.raises(SlipwayError) as caught:
        resolve(wishes)
    assert (caught.value.reason, caught.value.option) == ("doubled", option)


# -- small things


@pytest.mark.parametrize("text, expected", [
    ("plain", "plain"), ("{a}/{b}", "1/2"), ("{arch}", "{arch}"), ("{A} {} {a b}", "{A} {} {a b}")])
def test_fill(text: str, expected: str) -> None:
    """What is no name of a value stays."""
    assert fill(text, {"a": "1", "b": "2"}) == expected


@pytest.mark.parametrize("older, newer", [
    ("", "0"), ("1.9", "1.10"), ("20260817.0", "20260818"), ("3.32.0", "4"), ("v0.5.7", "0.6")])
def test_numbers(older: str, newer: str) -> None:
    """Versions are compared by their numbers."""
    assert numbers(older) < numbers(newer)


def test_cost() -> None:
    """Four runtimes, their files read: a few milliseconds on the controller, each time that a host is asked."""
    taken = []
    for _round in range(10):
        began = time.process_time()
        resolve(["youki", "gvisor", "crun", "kata"])
        taken.append(time.process_time() - began)
    assert min(taken) < 0.02, taken
