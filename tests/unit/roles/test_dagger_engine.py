# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role dagger_engine sees of a host: its script, with programs that say what real ones were heard to say; and what it makes of
what is asked for."""

import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest
import yaml
from ansible import template
from ansible.parsing.dataloader import DataLoader

ROLE = Path(__file__).resolve().parents[3] / "roles" / "dagger_engine"
SCRIPT = ROLE / "files" / "seen.sh"

DOCKER = """case "$*" in
--version) echo 'Docker version 26.1.5, build a72d7cd' ;;
version|"image inspect img:v0.18.19") ;;
"info --format {{json .}}") echo '{"SecurityOptions":["name=seccomp,profile=builtin"]}' ;;
*) exit 1 ;;
esac"""
ROOTLESS = DOCKER.replace('builtin"', 'builtin","name=rootless"')
PODMAN = """case "$*" in
--version) echo 'podman version 5.4.2' ;;
version) ;;
"info --format {{json .}}") echo '{"host":{"security":{"rootless":false}}}' ;;
*) exit 1 ;;
esac"""
ROOTLESS_PODMAN = PODMAN.replace(":false", ":true")
# By a link it says the link's name.
LINKED = PODMAN.replace("podman version 5", "docker version 5")
NERDCTL = "case $1 in --version) echo 'nerdctl version 2.3.5' ;; *) exit 1 ;; esac"
RUNNING = """case "$*" in
--version) echo 'podman version 5.4.2' ;;
*dagger-runner) echo '0 abc:img:v0.18.19' ;;
*) exit 1 ;;
esac"""
PINNED = "img@sha256:" + "a" * 64
# nerdctl finds by a digest what an archive calls so, and says the other one that it has.
DIGEST = """case "$*" in
--version) echo 'podman version 5.4.2' ;;
version) ;;
"image inspect --format {{json .RepoDigests}} img@sha256:"*) echo '["img@sha256:%s"]' ;;
*) exit 1 ;;
esac"""
# By another than the one that is asked for.
ELSEWHERE = "case $* in *.State.Pid*) echo $$ ;; *) exit 1 ;; esac"
UNIT = "# Written by the role slipway.runtimes.dagger_engine; changes here are lost.\n# Provider: iechor\n"
DAGGER = "echo 'dagger v0.18.19 (image://img:v0.18.19) linux/amd64'"
TABLE = "echo 'version:     v1.0.0-beta.9'; echo 'commit:      unknown'; echo 'runner-host: image://img:v0.18.19'"

# programs, provider that is asked for, what is seen of it
HOSTS = (
    ({}, "", dict(provider="")),
    ({"podman": PODMAN}, "", dict(provider="podman", means="podman", answers="1", rootless="")),
    ({"podman": PODMAN, "docker": DOCKER}, "", dict(provider="docker", means="docker", image="1", rootless="")),
    ({"podman": PODMAN, "docker": PODMAN}, "", dict(provider="podman", means="podman")),
    ({"podman": PODMAN, "docker": LINKED}, "", dict(provider="podman", means="podman")),
    ({"nerdctl": NERDCTL, "docker": NERDCTL}, "", dict(provider="nerdctl", means="nerdctl", answers="")),
    ({"podman": PODMAN, "docker": PODMAN}, "docker", dict(provider="docker", means="podman")),
    ({"podman": PODMAN, "docker": DOCKER}, "podman", dict(provider="podman", means="podman", image="")),
    ({"podman": PODMAN}, "docker", dict(provider="docker", cli="")),
    ({"docker": ROOTLESS}, "", dict(provider="docker", rootless="1")),
    ({"podman": ROOTLESS_PODMAN}, "", dict(provider="podman", rootless="1")),
    ({"podman": RUNNING}, "", dict(answers="1", made_of="abc:img:v0.18.19", image="1", rootless="", busy="0")),
)


def seen(folder: Path, programs: Dict[str, str], words: List[str], *, unit: str = "/nowhere") -> Dict[str, str]:
    """What the script says on a host with those programs alone."""
    for name, text in programs.items():
        (folder / name).write_text("#!/bin/sh\n%s\n" % text)
        (folder / name).chmod(0o755)
    for name in ("cat", "getent", "grep", "head", "id", "ls", "readlink", "sed", "sh", "sha256sum", "timeout"):
        found = subprocess.run(["sh", "-c", "command -v " + name], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
        (folder / name).symlink_to(found)
    # The rest of PATH that it takes itself is left out, so that this machine's programs do not count.
    script = SCRIPT.read_text().replace("PATH=$PATH:/usr/local/sbin:/usr/local/bin\n", "")
    script = script.replace("\nunit=/etc/systemd/system/$name.service\n", "\nunit=%s\n" % unit)
    done = subprocess.run(
        ["/bin/sh", "-c", script, "seen", *words], check=True, stdout=subprocess.PIPE, env={"PATH": str(folder)})
    return dict(line[len("seen:"):].split("=", 1) for line in done.stdout.decode().splitlines() if line.startswith("seen:"))


@pytest.mark.parametrize("programs, provider, expected", HOSTS)
def test_provider(tmp_path: Path, programs: Dict[str, str], provider: str, expected: Dict[str, str]) -> None:
    """The one that is asked for, or the first that is what its name says; whose it is, whether it answers, and as whom."""
    found = seen(tmp_path, programs, [provider, "dagger-runner", "img", ":v0.18.19", "dagger", "", ""])
    assert {key: found.get(key, "") for key in expected} == expected


@pytest.mark.parametrize("digit, image", [("a", "1"), ("b", "")])
def test_digest(tmp_path: Path, digit: str, image: str) -> None:
    """The image says it of itself; to be found by it is not enough."""
    found = seen(tmp_path, {"podman": DIGEST % (digit * 64)}, ["", "dagger-runner", "img", PINNED[3:], "dagger", "", ""])
    assert (found["reference"], found.get("image", "")) == (PINNED, image)


def test_another_provider(tmp_path: Path) -> None:
    """It is told who runs it, and its clients are counted there."""
    (tmp_path / "unit").write_text(UNIT)
    programs = {"podman": PODMAN, "iechor": ELSEWHERE}
    found = seen(tmp_path, programs, ["podman", "dagger-runner", "img", ":v1", "dagger", "", ""], unit=str(tmp_path / "unit"))
    assert (found["provider"], found["was"], found["busy"], found.get("container", "")) == ("podman", "iechor", "0", "")


@pytest.mark.parametrize("dagger, tag, reference", [
    (DAGGER, "", "img:v0.18.19"), (DAGGER, ":v0.18.20", "img:v0.18.20"), (TABLE, "", "img:v1.0.0-beta.9"), ("exit 1", "", ""),
    ("echo 'dagger devel ()'", "", ""),
    ("exit 1", "@sha256:" + "a" * 64, "img@sha256:" + "a" * 64)])
def test_release(tmp_path: Path, dagger: str, tag: str, reference: str) -> None:
    """That of the CLI, where none is asked for."""
    found = seen(tmp_path, {"podman": PODMAN, "dagger": dagger}, ["", "dagger-runner", "img", tag, "dagger", "", ""])
    assert found.get("reference", "") == reference


def test_group(tmp_path: Path) -> None:
    """Who is not in it yet, and who is not there at all."""
    found = seen(tmp_path, {}, ["", "dagger-runner", "img", ":v1", "dagger", "root", "", "root", "daemon", "nobody-here"])
    assert (found["gid"], found["missing"], found["unknown"]) == ("0", "daemon nobody-here", "nobody-here")


def test_volume(tmp_path: Path) -> None:
    """What is left of an engine is where it was, whoever would run one now."""
    programs = {"docker": DOCKER, "podman": PODMAN.replace("version) ;;", "version|'volume inspect kept') ;;")}
    assert seen(tmp_path, programs, ["", "dagger-runner", "", "", "dagger", "", "kept"])["provider"] == "podman"


def templated(name: str, **variables: Any) -> str:
    """A variable of the role, as Ansible makes it of the role's defaults and of those that are given."""
    known: Dict[str, Any] = dict(yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()))
    known.update(yaml.safe_load((ROLE / "vars" / "main.yml").read_text()), **variables)
    trusted = getattr(template, "trust_as_template", str)
    for key, value in known.items():
        known[key] = trusted(value) if isinstance(value, str) else value
    return template.Templar(loader=DataLoader(), variables=known).template(known[name])


DIGITS = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize("variables, tag", [
    ({}, ""),
    ({"dagger_engine_version": "0.18.19"}, ":v0.18.19"),
    ({"dagger_engine_version": "v0.18.19"}, ":v0.18.19"),
    ({"dagger_engine_digest": DIGITS}, "@" + DIGITS),
    ({"dagger_engine_digest": DIGITS, "dagger_engine_version": "0.18.19"}, "@" + DIGITS)])
def test_reference(variables: Dict[str, str], tag: str) -> None:
    """The release's tag, or the digest in its place; without both the CLI is asked."""
    assert templated("__dagger_engine_tag", **variables) == tag


@pytest.mark.parametrize("provider, listen, address", [
    ("iechor", "socket", "unix:///run/dagger-runner/engine.sock"),
    ("nerdctl", "container", "container+nerdctl://dagger-runner"),
    ("podman", "container", "container+podman://dagger-runner"),
    ("docker", "container", "docker-container://dagger-runner"),
    ("docker", "tcp", "tcp://127.0.0.1:8080")])
def test_address(provider: str, listen: str, address: str) -> None:
    """Where Dagger's CLI finds the engine."""
    assert templated(
        "__dagger_engine_url", dagger_engine_listen=listen, dagger_engine_address="127.0.0.1:8080",
        __dagger_engine_provider=provider) == address


MIRROR = {"dagger_engine_registries": [{"name": "docker.io", "mirrors": ["mirror.example"]}]}
SWEEP = {"dagger_engine_gc": {"sweepSize": "1GB"}}


@pytest.mark.parametrize("variables, config", [
    ({}, {}), (MIRROR, {"registries": {"docker.io": {"mirrors": ["mirror.example"]}}}), (SWEEP, {"gc": {"sweepSize": "1GB"}}),
    ({"dagger_engine_log_level": "warn", "dagger_engine_root_capabilities": False},
     {"logLevel": "warn", "security": {"insecureRootCapabilities": False}})])
def test_config(variables: Dict[str, Any], config: Dict[str, Any]) -> None:
    """The engine's file."""
    assert templated("__dagger_engine_config", **variables) == config


@pytest.mark.parametrize("variables, reference, since", [
    (MIRROR, "img:v0.18.19", ["0.19.0"]), (MIRROR, "img:v0.19.0", []), (MIRROR, "img:v1.0.0-beta.9", []), (MIRROR, PINNED, []),
    (SWEEP, "img:v0.18.10", ["0.18.11"]), (SWEEP, "img:v0.18.11", []), ({"dagger_engine_log_level": "warn"}, "img:v0.15.0", []),
    (dict(MIRROR, **SWEEP), "img:v0.14.0", ["0.19.0", "0.18.11", "0.15.0"]), ({}, "img:v0.14.0", [])])
def test_too_new(variables: Dict[str, Any], reference: str, since: List[str]) -> None:
    """What the engine of that release would not start with, or not read."""
    found = templated("__dagger_engine_too_new", __dagger_engine_seen={"reference": reference}, **variables)
    assert [one["since"] for one in found] == since
