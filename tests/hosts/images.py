"""What hosts are made of: the recipe of each image, and how it is built.

An image is built in two steps: a root file system from Debian packages (mmdebstrap; kept as an archive in the cache
folder), and on top of it our files and `files/setup.sh` (or, for a variant, that variant's files and commands). Each
step is named after a digest of its recipe, so a changed recipe is built anew and an unchanged one is not.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import programs
from machine import CACHE, HERE, HostsError, digest, locked, podman, run, say, work_folder

# The passwords of test hosts, which nothing can reach but this machine's root. Tests type them at sudo and su.
OPERATOR_PASSWORD = "operator-sudo"
ROOT_PASSWORD = "root-su"

REPOSITORY = "localhost/slipway-hosts"
BUILD_LABEL = "slipway.hosts.build"

_FILES = HERE / "files"

_HOST = (
    "systemd systemd-sysv dbus python3 openssh-server iproute2 iptables ca-certificates kmod procps sudo passwd "
    "docker.io crun runsc busybox-static"
).split()
_ROOTLESS = (
    "dbus-user-session libpam-systemd systemd-container uidmap rootlesskit slirp4netns passt fuse-overlayfs"
).split()


class Image(NamedTuple):
    """One recipe. Either `suite` and `packages` (a Debian of its own), or `parent` (a variant of another image)."""

    suite: str = ""
    packages: Tuple[str, ...] = ()
    parent: str = ""
    files: str = "rootfs"
    commands: Tuple[str, ...] = ()
    programs: Tuple[Tuple[str, str], ...] = ()
    python: bool = True
    # The newest of gVisor's platforms that the packaged runsc knows and that needs nothing of the machine.
    gvisor_platform: str = "systrap"


IMAGES: Dict[str, Image] = {
    # Docker 20.10: no `runtimeType` in daemon.json, no validator, no unregistered shims.
    "bookworm": Image(suite="bookworm", packages=(*_HOST,), gvisor_platform="ptrace"),
    # Docker 26.1, containerd 1.7; Wasm by crun and wasmedge; everything that rootless Docker needs.
    "trixie": Image(suite="trixie", packages=(*_HOST, *_ROOTLESS, "docker-cli", "wasmedge", "libseccomp2")),
    # Docker 28.
    # It wants cgroup2; where this machine has the controllers in v1, Docker ignores limits there, and crun and youki
    # do not start.
    "sid": Image(suite="sid", packages=(*_HOST, *_ROOTLESS, "docker-cli", "libseccomp2")),
    # Docker 29 on Debian 13. Debian 13's runc is too old for it, so a newer one comes along.
    "docker29": Image(
        parent="trixie",
        files="",
        programs=(("dockerd29", "/usr/sbin/dockerd"), ("runc", "/usr/sbin/runc")),
        commands=("ln -f /usr/sbin/dockerd /usr/sbin/iechord",),
    ),
    # A host that no Python module can run on.
    "nopython": Image(
        parent="trixie", files="", commands=("rm -rf /usr/bin/python3* /usr/lib/python3* /usr/bin/py3*",), python=False
    ),
}


def tag(name: str) -> str:
    """The full podman name, `repository:image-digest`, that the image of this recipe has once it is built."""
    return f"{REPOSITORY}:{name}-{_key(name)}"


def is_built(name: str) -> bool:
    return podman("image", "exists", tag(name), check=False).returncode == 0


def unbuildable(name: str) -> Optional[str]:
    """Why this machine cannot build the image (a sentence), or None."""
    image = IMAGES[name]
    reasons = [programs.unbuildable(program) for program, _dest in image.programs]
    return next((reason for reason in reasons if reason), None)


def build(name: str) -> None:
    """Build the image, and what it stands on, unless it is there already."""
    image = IMAGES[name]
    if is_built(name):
        return
    if image.parent:
        build(image.parent)
    built = {program: programs.build(program) for program, _dest in image.programs}
    with locked(f"image-{name}"):
        if is_built(name):
            return
        started = time.monotonic()
        base = tag(image.parent) if image.parent else _rootfs(name)
        _layer(name, base, built)
        if not image.parent:
            podman("rmi", base, check=False)
        _remove_old(name)
        say(f"image {name}: built in {time.monotonic() - started:.0f} s")


def _key(name: str) -> str:
    image = IMAGES[name]
    trees = [_FILES / image.files, _FILES / "setup.sh"] if image.files else []
    base = _key(image.parent) if image.parent else _rootfs_key(image)
    made = [programs.key(program) for program, _dest in image.programs]
    return digest(base, repr(image), OPERATOR_PASSWORD, ROOT_PASSWORD, *made, trees=trees)


def _rootfs_key(image: Image) -> str:
    return digest(image.suite, *image.packages)


def _rootfs(name: str) -> str:
    """The root file system of packages, imported into podman; returns its podman name."""
    image = IMAGES[name]
    archive = CACHE / "rootfs" / f"{image.suite}-{_rootfs_key(image)}.tar.zst"
    if not archive.exists():
        work = work_folder(f"image-{name}")
        archive.parent.mkdir(parents=True, exist_ok=True)
        _mmdebstrap(name, image, work)
        (work / "rootfs.tar.zst").replace(archive)
        for old in archive.parent.glob(f"{image.suite}-*.tar.zst"):
            if old != archive:
                old.unlink()
        shutil.rmtree(work, ignore_errors=True)
    say(f"image {name}: importing")
    imported = f"{REPOSITORY}:rootfs-{name}"
    podman("import", str(archive), imported)
    return imported


def _mmdebstrap(name: str, image: Image, work: Path) -> None:
    """Make `work`/rootfs.tar.zst of Debian packages, from the mirror and by the proxy that this machine's apt uses."""
    mirror = debian_mirror()
    say(f"image {name}: unpacking Debian {image.suite} with Docker (one to two minutes)")
    acquire = work / "acquire.conf"
    acquire.write_text(_apt_acquire())
    # It ends with us, even where we are killed; it cleans up at SIGTERM.
    argv = ["setpriv", "--pdeathsig", "TERM", "mmdebstrap", "--variant=minbase"]
    argv += ["--include=" + ",".join(image.packages), f"--aptopt={acquire}", image.suite, str(work / "rootfs.tar.zst")]
    argv += [mirror] if mirror else []
    with tempfile.TemporaryFile("w+") as log:
        env = {**os.environ, "TMPDIR": str(work)}
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        try:
            _wait(child, f"image {name}: still unpacking")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
        log.seek(0)
        if child.returncode != 0:
            raise HostsError(f"mmdebstrap could not build {image.suite}:\n" + "".join(log.readlines()[-25:]))


def _wait(child: "subprocess.Popen[bytes]", text: str) -> None:
    while True:
        try:
            child.wait(timeout=20)
            return
        except subprocess.TimeoutExpired:
            say(text)


def _layer(name: str, base: str, built: Dict[str, Path]) -> None:
    """Commit an image of `base` and the recipe's own files, programs and commands."""
    image = IMAGES[name]
    container = f"slipway-build-{name}"
    say(f"image {name}: adding the hosts' own files")
    podman("rm", "--force", "--ignore", container)
    podman("create", "--name", container, "--label", BUILD_LABEL, base, "/bin/true")
    try:
        root = Path(podman("mount", container).stdout.strip())
        if image.files:
            run(["cp", "--recursive", "--preserve=mode", "--no-target-directory", str(_FILES / image.files), str(root)])
            run(
                ["chroot", str(root), "/bin/sh", "-s"],
                stdin=(_FILES / "setup.sh").read_text(),
                env={
                    "OPERATOR_PASSWORD": OPERATOR_PASSWORD,
                    "ROOT_PASSWORD": ROOT_PASSWORD,
                    "GVISOR_PLATFORM": image.gvisor_platform,
                },
            )
        for program, dest in image.programs:
            target = root / dest.lstrip("/")
            target.unlink()
            shutil.copyfile(built[program], target)
            target.chmod(0o755)
        for command in image.commands:
            run(["chroot", str(root), "/bin/sh", "-ec", command])
        podman("umount", container)
        podman(
            "commit", "--quiet", "--change", 'ENTRYPOINT ["/usr/local/lib/slipway-host/entry"]', "--change", "CMD []",
            "--change", "STOPSIGNAL SIGRTMIN+3", container, tag(name),
        )  # fmt: skip
    finally:
        podman("rm", "--force", "--ignore", container, check=False)


def _remove_old(name: str) -> None:
    """Let go of images of older recipes; podman keeps those that a host still runs."""
    for line in podman("images", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY).stdout.split():
        if re.fullmatch(re.escape(f"{REPOSITORY}:{name}-") + "[0-9a-f]{12}", line) and line != tag(name):
            podman("rmi", line, check=False)


def suite(name: str) -> str:
    """The Debian release of an image."""
    image = IMAGES[name]
    return image.suite or suite(image.parent)


def packages(name: str) -> Tuple[str, ...]:
    """The Debian packages of an image, those that it was given by the image it stands on included."""
    image = IMAGES[name]
    return image.packages or packages(image.parent)


def gvisor_platform(name: str) -> str:
    """The gVisor platform (`runsc --platform`) that works in hosts of the image."""
    image = IMAGES[name]
    return gvisor_platform(image.parent) if image.parent else image.gvisor_platform


def debian_mirror() -> Optional[str]:
    """The Debian mirror that this machine's apt is configured with; None leaves the choice to mmdebstrap.

    SLIPWAY_DEBIAN_MIRROR overrides. On a machine that is not Debian, apt's mirrors hold another distribution.
    """
    if os.environ.get("SLIPWAY_DEBIAN_MIRROR"):
        return os.environ["SLIPWAY_DEBIAN_MIRROR"]
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    if release.get("ID") != "debian":
        return None
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for path in sources:
        if path.suffix in (".list", ".sources") and path.is_file():
            for uri, suites, components in parse_sources(path.read_text(), deb822=path.suffix == ".sources"):
                if release.get("VERSION_CODENAME") in suites and "main" in components:
                    return uri
    return None


def parse_sources(text: str, *, deb822: bool) -> List[Tuple[str, List[str], List[str]]]:
    """The (URI, suites, components) of an apt sources file, in its one-line or its deb822 form."""
    found: List[Tuple[str, List[str], List[str]]] = []
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    if not deb822:
        for line in text.splitlines():
            match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)", line)
            if match:
                found.append((match.group(1), [match.group(2)], match.group(3).split()))
        return found
    for paragraph in re.split(r"\n\s*\n", text):
        pairs = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
        fields = {key.lower(): value.split() for key, value in pairs}
        if "deb" in fields.get("types", []):
            found += [(uri, fields.get("suites", []), fields.get("components", [])) for uri in fields.get("uris", [])]
    return found


def _apt_acquire() -> str:
    """This machine's proxies, certificates, credentials and checks, as apt configuration for mmdebstrap's apt."""
    wanted = re.compile(r"Acquire::(https?::|Check-|Retries|ForceIPv)", re.IGNORECASE)
    lines = [line for line in run(["apt-config", "dump", "Acquire"]).stdout.splitlines() if wanted.match(line)]
    return "\n".join(lines) + "\n"
