# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""That docker answers by its name and runs a container: our own image, loaded as 'docker load' takes it, run, and
removed."""

import contextlib
import hashlib
import io
import json
import os
import pwd
import tarfile
from typing import Any, Dict, NamedTuple, Tuple

from ..core import host
from ..core.errors import SlipwayError
from ..probe import image

IMAGE = "localhost/slipway-runtimes-probe"
# A first container may have to set up a store and a network stack.
SECONDS = 60

_MACHINES = {
    "x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386", "i386": "386",
    "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64"}


def architecture_of(machine: str) -> str:
    """The image's architecture for what uname says. Raises SlipwayError where there is none."""
    found = _MACHINES.get(machine, "")
    if found not in image.architectures():
        raise SlipwayError("no_proof", "probe: there is no probe for %s; set 'probe: never'" % machine, option="probe")
    return found


def archive(architecture: str, name: str) -> bytes:
    """The image as 'docker save' writes it, under a name with its tag."""
    layer = image.image_archive(architecture)
    config = _json({
        "architecture": architecture, "os": "linux", "config": {"Entrypoint": [image.entrypoint(architecture)]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}})
    digest = hashlib.sha256(config).hexdigest()
    manifest = _json([{"Config": digest + ".json", "RepoTags": [name], "Layers": ["layer.tar"]}])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for path, content in ((digest + ".json", config), ("layer.tar", layer), ("manifest.json", manifest)):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o644
            out.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Caller(NamedTuple):
    """Who runs it. words: what comes before the program. environment: its own."""

    words: Tuple[str, ...]
    environment: Dict[str, str]


def caller(user: str) -> Caller:
    """How that user, '' for this one, runs a program. Raises SlipwayError where the user is not known or cannot be
    had."""
    if not user:
        return Caller((), _session(host.clean_environment(), os.getuid()))
    try:
        facts = pwd.getpwnam(user)
    except KeyError:
        raise SlipwayError("bad_user", "probe_user: this host knows no '%s'" % user, option="probe_user")
    path = os.environ.get("PATH", "/usr/bin:/bin")
    clean = {"PATH": path, "LC_ALL": "C", "HOME": facts.pw_dir, "USER": user, "LOGNAME": user}
    if facts.pw_uid == os.geteuid():
        return Caller((), _session(clean, facts.pw_uid))
    if os.geteuid() != 0:
        raise SlipwayError(
            "bad_user", "probe_user: only root can run a container as '%s' (become: true)" % user, option="probe_user")
    return Caller(("runuser", "-u", user, "--"), _session(clean, facts.pw_uid))


def prove(docker: str, *, user: str) -> None:
    """Have that program answer, and run a container by it, as a user, '' for this one. Raises SlipwayError with its
    words."""
    who = caller(user)
    _call(who, docker, "version")
    name = "%s:%d" % (IMAGE, os.getpid())
    _call(who, docker, "load", stdin=archive(architecture_of(os.uname().machine), name))
    try:
        said = _call(who, docker, "run", "--rm", "--network", "none", name)
        if image.parse_said(said) is None:
            raise SlipwayError(
                "not_proven", "a container ran by %s, and did not say what it should: %s" % (docker, said[:300]))
    finally:
        with contextlib.suppress(SlipwayError):
            _call(who, docker, "rmi", "-f", name)


def _call(who: Caller, docker: str, *words: str, stdin: bytes = b"") -> str:
    argv = list(who.words) + [docker] + list(words)
    # A folder that every user may enter: Podman wants one.
    answer = host.run(
        ["/bin/sh", "-c", 'cd / && exec "$@"', "sh"] + argv, seconds=SECONDS, environment=who.environment, stdin=stdin)
    if answer.code != 0:
        how = "did not end within %d s" % SECONDS if answer.code is None else "failed with exit code %d" % answer.code
        raise SlipwayError("not_proven", "'%s'%s %s: %s" % (
            " ".join((docker,) + words), " of " + who.words[2] if who.words else "", how,
            " ".join(answer.words.split())[:500]))
    return answer.output


def _session(environment: Dict[str, str], uid: int) -> Dict[str, str]:
    """A user who did not log in has a runtime folder all the same, where the user's manager runs."""
    own = "/run/user/%d" % uid
    if "XDG_RUNTIME_DIR" not in environment and os.path.isdir(own):
        environment["XDG_RUNTIME_DIR"] = own
        environment.setdefault("DBUS_SESSION_BUS_ADDRESS", "unix:path=%s/bus" % own)
    return environment


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode("ascii")
