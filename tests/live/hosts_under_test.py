# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disposable host as the tests see it, and plays against it."""

import base64
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_runtimes import EngineRuntimes

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOSTS = ROOT / "tests" / "hosts" / "hosts.py"
DRIVER = "/opt/slipway-driver"
MODULE = "slipway.runtimes.engine_runtimes"

ENGINES = {
    "docker": {"config": "/etc/docker/daemon.json", "unit": "docker", "cli": "docker", "socket": "/run/docker.sock"},
    "iechor": {"config": "/etc/iechor/daemon.json", "unit": "iechor", "cli": "iechor", "socket": "/run/iechor.sock"},
}
CRUN = {"name": "crun", "path": "/usr/bin/crun"}
SLIP = {"name": "slip", "shim_path": "/opt/shims/containerd-shim-slipway-v1"}


def with_defaults(spec: Dict[str, Any], params: Dict[str, Any]) -> Dict[str, Any]:
    """Parameters with the defaults of their argument spec."""
    found = {}
    for name, one in spec.items():
        value = params.get(name, one.get("default"))
        if one.get("elements") == "dict":
            value = [with_defaults(one["options"], element) for element in value or []]
        found[name] = value
    return found


class Driven(NamedTuple):
    """What the driver said. Exactly one of result and error, or neither where it was killed."""

    result: Optional[Dict[str, Any]]
    error: Optional[Dict[str, Any]]
    warnings: Sequence[str]
    killed: bool
    text: str

    @property
    def changed(self) -> bool:
        assert self.result is not None, self.text
        return self.result["changed"]

    @property
    def message(self) -> str:
        assert self.error is not None, self.text
        return self.error["message"]


class Host:
    """One host of the session's group."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._agent: Any = None

    def run(self, *argv: str, stdin: bytes = b"", check: bool = True, user: str = "") -> "subprocess.CompletedProcess[bytes]":
        """Run a program in the host."""
        done = self._ask({"argv": argv, "stdin": base64.b64encode(stdin).decode(), "user": user})
        assert not check or done.returncode == 0, (argv, done.stdout.decode(), done.stderr.decode())
        return done

    def _ask(self, asked: Dict[str, Any]) -> "subprocess.CompletedProcess[bytes]":
        """Have the agent do something; see agent.py."""
        if self._agent is None:
            self._agent = subprocess.Popen(
                ["podman", "exec", "-i", self.name, "python3", "-u", "-c", (HERE / "agent.py").read_text()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._agent.stdin.write(json.dumps(asked).encode() + b"\n")
        self._agent.stdin.flush()
        line = self._agent.stdout.readline()
        assert line, "the host %s is gone" % self.name
        answer = json.loads(line.decode())
        return subprocess.CompletedProcess(
            (), answer["code"], base64.b64decode(answer["stdout"]), base64.b64decode(answer["stderr"]))

    def close(self) -> None:
        """Let go of the host."""
        if self._agent is not None:
            self._agent.stdin.close()
            self._agent.wait(timeout=10)
            self._agent = None

    def sh(self, script: str, *, check: bool = True, stdin: bytes = b"") -> str:
        """What a script of sh prints in the host, without the last newline."""
        return self.run("sh", "-c", script, stdin=stdin, check=check).stdout.decode("utf-8", "replace").rstrip("\n")

    def read(self, path: str) -> Optional[bytes]:
        """A file's bytes; None where there is none."""
        done = self.run("sh", "-c", "[ -e %s ] || exit 9; exec cat %s" % (shlex.quote(path), shlex.quote(path)), check=False)
        assert done.returncode in (0, 9), done.stderr.decode()
        return done.stdout if done.returncode == 0 else None

    def write(self, path: str, content: Optional[bytes]) -> None:
        """Write a file in place, as an editor or a copy would; None removes it."""
        if content is None:
            self.sh("rm -f %s" % shlex.quote(path))
        else:
            self.run("sh", "-c", "mkdir -p $(dirname {0}) && cat >{0}".format(shlex.quote(path)), stdin=content)

    def script(self, path: str, text: str) -> None:
        """An executable script."""
        self.write(path, text.encode())
        self.sh("chmod 755 %s" % shlex.quote(path))

    def install_driver(self) -> None:
        """Copy the collection's code for hosts, and the driver, into the host."""
        tar = BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as out:
            out.add(str(HERE / "driver.py"), "driver.py")
            out.add(
                str(ROOT / "plugins" / "module_utils"), "ansible_collections/slipway/runtimes/plugins/module_utils",
                filter=lambda one: None if "__pycache__" in one.name else one)
        self.run("sh", "-c", "rm -rf {0}; mkdir -p {0}; exec tar -x -C {0} -f -".format(DRIVER), stdin=tar.getvalue())

    def drive(self, *, hooks: Optional[Dict[str, str]] = None, skip: Sequence[str] = (), check_mode: bool = False,
              user: str = "", environment: Optional[Dict[str, str]] = None, **params: Any) -> Driven:
        """Run engine_runtimes' code on the host; see driver.py."""
        return self.drive_subject(
            "engine_runtimes", params, hooks=hooks, skip=skip, check_mode=check_mode, user=user, environment=environment)

    def drive_subject(
        self, subject: str, params: Dict[str, Any], *, hooks: Optional[Dict[str, str]] = None, skip: Sequence[str] = (),
        check_mode: bool = False, user: str = "", environment: Optional[Dict[str, str]] = None
    ) -> Driven:
        """Run a subject's code on the host; see driver.py."""
        order = {"subject": subject, "params": params, "hooks": hooks or {}, "skip": list(skip), "check_mode": check_mode}
        done = self._ask({"driver": DRIVER, "order": order, "user": user, "environment": environment or {}})
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        if done.returncode == -signal.SIGKILL:
            return Driven(None, None, (), True, text)
        assert done.returncode == 0, text
        answer = json.loads(done.stdout.decode())
        return Driven(answer.get("result"), answer.get("error"), answer.get("warnings", ()), False, text)

    def quick(self, *, check_mode: bool = False, user: str = "", **params: Any) -> str:
        """What the quick way would do here: 'nothing to do', 'ships', or in check mode 'would change'.

        The probe's script runs in the host's sh, and the plan is made here, as on a controller.
        """
        subject = EngineRuntimes()
        wanted = subject.parse(with_defaults(subject.spec, params))
        text = script(subject.questions(wanted, check_mode=check_mode), nonce="0123456789abcdef")
        done = self.run("sh", stdin=text.encode("utf-8", "surrogateescape"), user=user)
        snapshot = parse(done.stdout.decode("utf-8", "surrogateescape"), nonce="0123456789abcdef")
        if snapshot is None or not snapshot.complete:
            return "ships"
        try:
            plan = subject.plan(wanted, snapshot, check_mode=check_mode)
        except SlipwayError:
            return "ships"
        if plan.unknown or not (plan.empty or check_mode):
            return "ships"
        return "nothing to do" if plan.empty else "would change"

    def info(self, engine: str = "docker") -> Dict[str, Any]:
        """What the engine itself reports."""
        return json.loads(self.sh("%s info --format '{{json .}}'" % ENGINES[engine]["cli"]))

    def loaded(self, engine: str = "docker") -> List[str]:
        """The names of the runtimes that the engine has loaded, its own left out."""
        return sorted(set(self.info(engine)["Runtimes"]) - {"runc", "io.containerd.runc.v2"})

    def pid(self, unit: str = "docker") -> int:
        """The main process of a unit."""
        return int(self.sh("systemctl show -p MainPID --value %s" % unit))

    def forget(self) -> None:
        """Take away what our runs left on the host beside the engines' files."""
        self.sh("rm -rf /run/slipway-runtimes /var/lib/slipway-runtimes")

    def restart(self, engine: str = "docker") -> None:
        """The engine starts anew, in a second of its own: files and its start are compared in whole seconds."""
        unit = ENGINES[engine]["unit"]
        wait = "sleep $(date +%N | awk '{printf \"%.3f\", 1.01 - $1 / 1e9}')"
        self.sh("%s; systemctl reset-failed %s; systemctl restart %s" % (wait, unit, unit))

    def reset(self, content: Optional[bytes] = None, *, engine: str = "docker") -> None:
        """The engine runs anew with a file of that content, which is older than its start; nothing is noted."""
        if engine == "docker":
            self.sh("rm -rf /etc/docker/* /etc/docker/.[!.]*")
        self.reset_keeping(content, engine=engine)

    def reset_keeping(self, content: Optional[bytes], *, engine: str = "docker") -> None:
        """As reset(), with what else is in the file's folder."""
        self.forget()
        self.write(ENGINES[engine]["config"], content)
        self.restart(engine)

    def leftovers(self, engine: str = "docker") -> List[str]:
        """Files of an unfinished run: none, ever, after a run that came to its end."""
        folder = os.path.dirname(ENGINES[engine]["config"])
        found = self.sh("find %s /var/lib/slipway-runtimes /run/slipway-runtimes \\( -name '*slipway-*' -o -name '*.journal' \\) "
                        "-type f 2>/dev/null; ls -d /tmp/slipway-* 2>/dev/null; :" % folder)
        return found.split()


class Played(NamedTuple):
    """What a run of ansible-playbook gave. results: as the callback wrote them; text: stdout and stderr."""

    code: int
    results: List[Dict[str, Any]]
    text: str

    def of(self, task: str) -> Dict[str, Any]:
        """The result of the only task of that name."""
        found = [one for one in self.results if one["task"] == task and not one["kind"].startswith("item_")]
        assert len(found) == 1, (task, self.text)
        return found[0]["result"]

    def kind(self, task: str) -> str:
        """How the only task of that name ended: ok, failed, unreachable, skipped."""
        found = [one for one in self.results if one["task"] == task and not one["kind"].startswith("item_")]
        assert len(found) == 1, (task, self.text)
        return found[0]["kind"]

    def items(self, task: str) -> List[Dict[str, Any]]:
        """The results of a loop's items."""
        return [one["result"] for one in self.results if one["task"] == task and one["kind"].startswith("item_")]


class Player:
    """Runs playbooks of a few tasks against hosts of the session's group."""

    def __init__(self, folder: Path, group: str) -> None:
        self.folder = folder
        self.group = group
        self.count = 0
        collection = folder / "collections" / "ansible_collections" / "slipway"
        collection.mkdir(parents=True)
        (collection / "runtimes").symlink_to(ROOT)
        self.bin = Path(os.environ.get("SLIPWAY_ANSIBLE_BIN") or Path(sys.executable).parent)
        self.hostvars = self._inventory()

    def _inventory(self) -> Dict[str, Any]:
        listed = subprocess.run(
            [sys.executable, str(HOSTS), "--list"], env=dict(os.environ, SLIPWAY_HOSTS_GROUP=self.group), check=True,
            stdout=subprocess.PIPE)
        return json.loads(listed.stdout.decode())["_meta"]["hostvars"]

    def command(self, tasks: List[Dict[str, Any]], *, host: str, check: bool = False, diff: bool = False, verbosity: int = 0,
                variables: Optional[Dict[str, Any]] = None, play: Optional[Dict[str, Any]] = None,
                environment: Optional[Dict[str, str]] = None) -> "Command":
        """A run that is ready to start."""
        if host not in self.hostvars:
            self.hostvars = self._inventory()
        self.count += 1
        folder = self.folder / ("play-%d" % self.count)
        folder.mkdir()
        inventory = {"all": {"hosts": {host: dict(self.hostvars[host], **(variables or {}))}}}
        (folder / "inventory.json").write_text(json.dumps(inventory))
        book = [dict({"hosts": "all", "gather_facts": False, "tasks": tasks}, **(play or {}))]
        (folder / "play.yml").write_text(json.dumps(book))
        (folder / "ansible.cfg").write_text("")
        record = folder / "record.jsonl"
        argv = [str(self.bin / "ansible-playbook"), "-i", str(folder / "inventory.json"), str(folder / "play.yml")]
        argv += ["--check"] if check else []
        argv += ["--diff"] if diff else []
        argv += ["-" + "v" * verbosity] if verbosity else []
        settings = {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins" / "callback"), "ANSIBLE_CALLBACKS_ENABLED": "slipway_record",
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"), "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_HOST_KEY_CHECKING": "0", "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1", "LC_ALL": "C.UTF-8", "SLIPWAY_RECORD": str(record), "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_DEPRECATION_WARNINGS": "0"}
        return Command(argv, {**os.environ, **settings, **(environment or {})}, record)

    def run(self, tasks: List[Dict[str, Any]], *, host: str, **more: Any) -> Played:
        """Run tasks to their end."""
        return self.command(tasks, host=host, **more).start().finish()


class Command:
    """A run of ansible-playbook."""

    def __init__(self, argv: List[str], environment: Dict[str, str], record: Path) -> None:
        self.argv = argv
        self.environment = environment
        self.record = record
        self.process: Any = None

    def start(self) -> "Command":
        """Start it."""
        self.process = subprocess.Popen(
            self.argv, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return self

    def finish(self) -> Played:
        """Wait for its end."""
        output, _nothing = self.process.communicate(timeout=600)
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return Played(self.process.returncode, [json.loads(line) for line in lines], output.decode("utf-8", "replace"))


def task(name: str, **params: Any) -> Dict[str, Any]:
    """A task of the module; keywords of the task itself begin with an underscore."""
    keywords = {key[1:]: value for key, value in params.items() if key.startswith("_")}
    return dict(keywords, **{"name": name, MODULE: {key: value for key, value in params.items() if not key.startswith("_")}})


def of_task(played: Played, name: str) -> str:
    """What was logged for one task; it takes a verbosity of 3."""
    found = re.search(r"TASK \[%s\].*?(?=\n(?:TASK|PLAY RECAP) )" % re.escape(name), played.text, re.DOTALL)
    assert found, played.text
    return found.group(0)


def execs(played: Played, name: str) -> int:
    """How many commands were sent for one task."""
    return len(re.findall(r"(?m)^<[^>]+> (?:SSH: )?EXEC ", of_task(played, name)))


def until(condition: Any) -> None:
    """Wait until it is true, for a minute: beside other gates a host is slow."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)


def encoded(content: bytes) -> str:
    """Bytes as a word of sh that prints them."""
    return "echo %s | base64 -d" % base64.b64encode(content).decode()
