"""Debian packages that a host can install with its own apt, though it has no network.

They are fetched once, by this machine's apt, for what an image has already, and kept in the cache folder. A host gets the
folder read-only, as a source of its apt.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict, Tuple

import images
from machine import CACHE, HostsError, digest, locked, podman, run, say, work_folder

PACKAGES: Dict[str, Tuple[str, ...]] = {"podman": ("podman", "netavark", "aardvark-dns", "uidmap")}
# Where a host has them.
FOLDER = "/usr/share/slipway-packages"
# Run in a host: its apt knows them afterwards.
OFFER = (
    "mkdir -p /etc/apt/sources.list.d && "
    f"echo 'deb [trusted=yes] file:{FOLDER} ./' >/etc/apt/sources.list.d/slipway.list && exec apt-get -q update"
)

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def path(name: str, image: str) -> Path:
    """The folder of the packages, as they are or will be once they are fetched."""
    return CACHE / "packages" / f"{name}-{digest(images.tag(image), *PACKAGES[name])}"


def fetch(name: str, image: str) -> Path:
    """Fetch what the image lacks of the packages, unless it is there already; returns the folder. Raises HostsError."""
    folder = path(name, image)
    with locked(f"packages-{name}"):
        if not folder.exists():
            say(f"{name}: fetching Debian's packages for the image {image}")
            work = work_folder(f"packages-{name}")
            _fetch(PACKAGES[name], image, work)
            folder.parent.mkdir(parents=True, exist_ok=True)
            (work / "out").rename(folder)
            shutil.rmtree(work, ignore_errors=True)
    return folder


def _fetch(names: Tuple[str, ...], image: str, work: Path) -> None:
    suite = images.suite(image)
    for part in ("lists/partial", "cache/archives/partial", "out"):
        (work / part).mkdir(parents=True)
    signed = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
    mirror = images.debian_mirror()
    if not mirror:
        raise HostsError("this machine's apt knows no Debian mirror: say which by SLIPWAY_DEBIAN_MIRROR")
    (work / "sources.list").write_text(f"deb {signed}{mirror} {suite} main\n")
    status = podman(
        "run", "--rm", "--network", "none", "--entrypoint", "/bin/cat", images.tag(image), "/var/lib/dpkg/status"
    ).stdout
    (work / "status").write_text(status)
    options = [
        f"Dir::Etc::sourcelist={work}/sources.list", "Dir::Etc::sourceparts=-", f"Dir::State::lists={work}/lists",
        f"Dir::Cache={work}/cache", f"Dir::State::status={work}/status", "APT::Sandbox::User=root",
        "APT::Install-Recommends=false", "Debug::NoLocking=1",
    ]  # fmt: skip
    apt = ["apt-get", "-q", *(f"--option={one}" for one in options)]
    run([*apt, "update"])
    run([*apt, "install", "--yes", "--download-only", *names])
    debs = sorted((work / "cache" / "archives").glob("*.deb"))
    if not debs:
        raise HostsError(f"apt found nothing to fetch for {', '.join(names)}")
    paragraphs = []
    for deb in debs:
        deb.rename(work / "out" / deb.name)
        paragraphs.append(_paragraph(work / "out" / deb.name))
    (work / "out" / "Packages").write_text("\n".join(paragraphs))


def _paragraph(deb: Path) -> str:
    """What an index of packages says of one."""
    control = run(["dpkg-deb", "--field", str(deb)]).stdout.rstrip("\n")
    sha256 = run(["sha256sum", str(deb)]).stdout.split()[0]
    return f"{control}\nFilename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sha256}\n"
