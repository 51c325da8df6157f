# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the execution environment with ansible-builder, and runs playbooks from inside it against a disposable host, as AWX does.

Usage: tests/tools/env python tests/tools/environment.py

It needs no registry: the base image is made of Debian's packages, as those of the disposable hosts are, and the collection is this
checkout's archive. Both are named in a copy of execution-environment.yml; what else differs there is what a base with apt-get
needs. pip and apt-get reach their registries as this machine does.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

import archive
import tree

sys.path.insert(0, str(tree.ROOT / "tests" / "hosts"))
import images  # noqa: E402
import machine  # noqa: E402

BASE = "localhost/slipway-environment-base"
IMAGE = "localhost/slipway-environment:latest"
SUITE = "trixie"
PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
GROUP, HOST, PORT = "environment", "environment-1", 2222
USER = (1000, 0)  # ansible-builder's own choice
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
WANTED = [{"name": "crun", "install_from": "package"}]


def on_debian(definition: dict[str, Any], *, base: str, archive_name: str) -> dict[str, Any]:
    """A definition on a Debian base and with an archive for the collection; all else is as it was."""
    changed = dict(definition)
    changed["images"] = {"base_image": {"name": base}}
    changed["options"] = dict(definition["options"], package_manager_path="/usr/bin/apt-get", skip_pip_install=True)
    changed["additional_build_files"] = [{"src": archive_name, "dest": "archive"}]
    changed["additional_build_steps"] = dict(
        definition["additional_build_steps"],
        prepend_galaxy=[f"COPY _build/archive/{archive_name} /srv/{archive_name}"],
    )
    changed["dependencies"] = dict(
        definition["dependencies"], galaxy={"collections": [{"name": f"/srv/{archive_name}", "type": "file"}]}
    )
    return changed


def base() -> str:
    """The base image's name; built where it is missing."""
    proxies = [
        line
        for line in machine.run(["apt-config", "dump", "Acquire"]).stdout.splitlines()
        if re.match(r"(?i)Acquire::(https?::|Check-|Retries|ForceIPv)", line)
    ]
    mirror = images.debian_mirror() or ""
    name = f"{BASE}:{machine.digest(SUITE, *PACKAGES, mirror, *proxies)}"
    if machine.podman("image", "exists", name, check=False).returncode == 0:
        return name
    print(f"environment: makes a base image of Debian {SUITE}, {', '.join(PACKAGES)}", flush=True)
    with tempfile.TemporaryDirectory(dir=tree.cache()) as folder:
        (Path(folder) / "acquire.conf").write_text("\n".join(proxies) + "\n")
        packed = f"{folder}/base.tar"
        command = ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", f"--aptopt={folder}/acquire.conf"]
        if CERTIFICATES.exists():
            command.append(f"--customize-hook=copy-in {CERTIFICATES} {CERTIFICATES.parent}")
        # mmdebstrap empties them, and ansible-builder takes a base for one that has them.
        command.append("--skip=cleanup/apt/lists")
        machine.run([*command, SUITE, packed, *([mirror] if mirror else [])])
        machine.podman("import", "--change", f"ENV PIP_CERT={CERTIFICATES}", packed, name)
    return name


def build(checkout: Path, folder: Path) -> None:
    """Build the image of IMAGE's name from a copy of the checkout. Raises CalledProcessError."""
    path = archive.build(checkout, folder)
    definition = yaml.safe_load((checkout / "execution-environment.yml").read_text(encoding="utf-8"))
    changed = on_debian(definition, base=base(), archive_name=path.name)
    (folder / "execution-environment.yml").write_text(yaml.safe_dump(changed, sort_keys=False))
    packages = subprocess.run(
        [tree.ROOT / "tests" / "tools" / "packages", tree.ROOT / "tests" / "fleet" / "requirements.txt"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    subprocess.run(
        [
            *(sys.executable, "-c", "import sys; from ansible_builder.cli import run; sys.exit(run())", "build"),
            *("--file", "execution-environment.yml", "--context", "context", "--tag", IMAGE, "--container-runtime", "podman"),
            *("--extra-build-cli-args", "--network=host --layers=false", "--verbosity", "1"),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": packages, "CONTAINERS_CONF": str(tree.cache() / "containers.conf")},
        check=True,
        stdin=subprocess.DEVNULL,
    )


def inside(*command: str, network: str = "none", options: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """Run a command in a container of the image, as the image's user."""
    return machine.podman("run", "--rm", "--network", network, *options, IMAGE, *command, check=False)


def private_data(folder: Path, playbook: str, **variables: Any) -> None:
    """What AWX hands to ansible-runner: project, inventory, key, settings, extra variables."""
    for name in ("project", "inventory", "env"):
        (folder / name).mkdir(parents=True)
    shutil.copy(tree.ROOT / "extensions" / "patterns" / "runtimes" / "playbooks" / playbook, folder / "project" / playbook)
    host = {"ansible_host": "127.0.0.1", "ansible_port": PORT, "ansible_user": "root"}
    (folder / "inventory" / "hosts.json").write_text(json.dumps({"all": {"hosts": {HOST: host}}}))
    shutil.copy(tree.cache() / "ssh" / "id_ed25519", folder / "env" / "ssh_key")
    settings = {"ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_PIPELINING": "True", "ANSIBLE_FORCE_COLOR": "False"}
    (folder / "env" / "envvars").write_text(json.dumps(settings))
    (folder / "env" / "extravars").write_text(json.dumps(variables))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *USER)


def play(folder: Path, playbook: str, expected: str, **variables: Any) -> list[str]:
    """Run a playbook inside the image; what is wrong with what came of it.

    :param expected: the line of the table at the end of the run.
    """
    private_data(folder, playbook, **variables)
    volume = ("--volume", f"{folder}:/runner")
    done = inside("ansible-runner", "run", "/runner", "--playbook", playbook, network=f"container:{HOST}", options=volume)
    table = [line.strip() for line in done.stdout.split("FLEET *")[-1].splitlines()[1:] if line.strip()]
    print(f"environment: {playbook}: {'; '.join(table)}", flush=True)
    return [] if done.returncode == 0 and expected in table else [f"{playbook}: {done.stdout}{done.stderr}"]


def use(folder: Path) -> list[str]:
    """Have a runtime on a disposable host, again, and no more; what is wrong with what came of it."""
    hosts = [sys.executable, str(tree.ROOT / "tests" / "hosts" / "hosts.py")]
    environment = {**os.environ, "SLIPWAY_HOSTS_GROUP": GROUP}
    subprocess.run([*hosts, "up", "--image", SUITE, HOST], check=True, env=environment, stdin=subprocess.DEVNULL)
    try:
        machine.podman("exec", HOST, "/usr/sbin/sshd", "-p", str(PORT), "-o", "ListenAddress=127.0.0.1")
        changed, none = f"1 changed (reload of the engine): {HOST}", f"1 had nothing to do: {HOST}"
        return [
            *play(folder / "first", "site.yml", changed, runtimes_wanted=WANTED),
            *play(folder / "second", "site.yml", none, runtimes_wanted=WANTED),
            *play(folder / "third", "remove.yml", changed, runtimes_wanted=WANTED),
        ]
    finally:
        subprocess.run([*hosts, "down", "--all"], check=False, env=environment, stdin=subprocess.DEVNULL)


def main() -> int:
    """Build, look, use; 0 where all is well."""
    started = time.monotonic()
    subprocess.run([sys.executable, str(tree.ROOT / "tests" / "hosts" / "hosts.py"), "prepare"], check=True)
    with tree.locked("environment"), tree.copy() as checkout, tempfile.TemporaryDirectory(dir=tree.cache()) as folder:
        build(checkout, Path(folder))
        try:
            size = int(machine.podman("image", "inspect", "--format", "{{.Size}}", IMAGE).stdout)
            print(f"environment: {IMAGE}, {size >> 20} MiB, built in {time.monotonic() - started:.0f} s", flush=True)
            faults = []
            for command, words in (
                (("ansible-galaxy", "collection", "list", "slipway.runtimes"), "slipway.runtimes"),
                (("ansible-runner", "--version"), "2."),
                (("ssh", "-V"), "OpenSSH"),
                (("sshpass", "-V"), "sshpass"),
            ):
                done = inside(*command)
                said = (done.stdout + done.stderr).strip()
                if done.returncode != 0 or words not in said:
                    faults.append(f"{' '.join(command)}: {said}")
            faults += use(Path(folder))
        finally:
            machine.podman("rmi", "--force", IMAGE, check=False)
    print("\n".join(faults) or f"environment: built and used in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
