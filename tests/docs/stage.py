# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the documentation is played: disposable hosts, the collection that a user has, and an inventory."""

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hosts_under_test import HOSTS, Host
from upstream import FOLDER, ROOT, Sums, releases, script, sums

GROUP = os.environ.get("SLIPWAY_DOCS_GROUP") or "docs"
HERE = Path(__file__).resolve().parent
LIVE = HERE.parent / "live"
SECONDS = 800  # a run of ansible-playbook is ended by the gate's own time, and by this one where it hangs
CALLBACKS = LIVE / "plugins" / "callback"


def hosts(*words: str, group: str = GROUP) -> str:
    """Call the test hosts' tool."""
    return subprocess.run(
        [sys.executable, str(HOSTS), *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "SLIPWAY_HOSTS_GROUP": group}).stdout


class Played(NamedTuple):
    """What a run of ansible-playbook gave. text: what it printed."""

    code: int
    text: str


class Running(NamedTuple):
    """A run that has begun."""

    process: "subprocess.Popen[bytes]"
    log: Path


class Stage:
    """One host that has the releases, and a folder to play in.

    collection: the copy of the checkout that is played, below .../ansible_collections. authority: a folder with certificates.
    nerdctl: its archive.
    """

    def __init__(self, host: Host, folder: Path, *, collection: Path, authority: Path, nerdctl: Path) -> None:
        self.host = host
        self.folder = folder
        self.collection = collection
        self.authority = authority
        self.nerdctl = nerdctl
        self.inventory = folder / "inventory.json"
        self.proxy = ""
        self.count = 0
        (folder / "ansible.cfg").touch()
        self.sums = self._serve()

    def _serve(self) -> Sums:
        served = releases(platform.machine())
        self.host.write(f"{FOLDER}/files/{self.nerdctl.name}", self.nerdctl.read_bytes())
        for file in (
                HERE / "release_server.py", HERE / "stand_ins.sh", LIVE / "engine_stand_in.py", LIVE / "engine_image.sh",
                ROOT / "extensions" / "molecule" / "dagger" / "dagger.sh", self.authority / "ca.pem", self.authority / "server.pem"):
            self.host.write(f"{FOLDER}/{file.name}", file.read_bytes())
        return sums(served, self.host.sh(script(served)))

    def fetch_files(self, folder: Path) -> None:
        """Have what is served on this machine too."""
        (folder / "files.tar").write_bytes(self.host.run("tar", "-c", "-C", FOLDER, "files").stdout)
        shutil.unpack_archive(folder / "files.tar", folder, filter="data")

    def have_inventory(self, groups: set[str], hostvars: dict[str, Any]) -> None:
        """Write the inventory: the host is in each of the groups."""
        here = {self.host.name: {**hostvars[self.host.name], "sums": self.sums.by_name}}
        self.inventory.write_text(json.dumps({
            "all": {"hosts": here, "children": {group: {"hosts": {self.host.name: {}}} for group in sorted(groups)}}}))

    def inventory_with(self, variables: dict[str, Any]) -> Path:
        """Another inventory: the same, and some variables."""
        document = json.loads(self.inventory.read_text())
        document["all"]["vars"] = variables
        path = self.folder / "inventory-with.json"
        path.write_text(json.dumps(document))
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """What a user of the collection has, without a configuration of this machine's."""
        return {
            **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self.collection.parents[2]), "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1", "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1", **more}

    def have(self, here: str) -> None:
        """Run sh on this machine, in the folder of the plays; $HOST is the host."""
        if here:
            subprocess.run(
                ["sh", "-ec", here], check=True, cwd=self.folder, env=self.environment(HOST=self.host.name), stdin=subprocess.DEVNULL)

    def play(self, *words: str, variables: dict[str, Any] | None = None) -> Played:
        """Run ansible-playbook in the folder, to its end. words: files and options. variables: extra ones."""
        return self.finish(self.start(*words, variables=variables))

    def start(self, *words: str, variables: dict[str, Any] | None = None, **environment: str) -> Running:
        """The same, begun. What it says is in a file of the folder, too."""
        self.count += 1
        log = self.folder / f"play-{self.count}.log"
        given = ["--extra-vars", json.dumps(variables)] if variables else []
        # What the controller fetches comes by a proxy that stands for upstream.
        upstream = {"https_proxy": self.proxy, "SSL_CERT_FILE": str(self.authority / "ca.pem")}
        with log.open("w") as out:
            process = subprocess.Popen(
                ["ansible-playbook", "--inventory", str(self.inventory), *words, *given], cwd=self.folder,
                env=self.environment(**upstream, **environment), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        return Running(process, log)

    @staticmethod
    def finish(running: Running) -> Played:
        """Wait for what was begun."""
        code = running.process.wait(timeout=SECONDS)
        return Played(code, running.log.read_text(encoding="utf-8", errors="replace"))


def know_releases(collection: Path, served: Sums) -> None:
    """Let a copy of the collection know the digests of what is served."""
    for file in [*(collection / "catalogue").glob("*.yml"), collection / "roles" / "nerdctl" / "vars" / "main.yml"]:
        file.write_text(served.replace(file.read_text(encoding="utf-8")), encoding="utf-8")


def absent(collection: Path) -> dict[str, str]:
    """The variables by which each role takes away what it brought."""
    found = {}
    for file in sorted(collection.glob("roles/*/meta/argument_specs.yml")):
        options = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
        found.update({name: "absent" for name in options if name.endswith("_state")})
    return found
