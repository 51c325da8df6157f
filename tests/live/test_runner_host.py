# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner host on a real host: every file read by its real reader, taken away to the byte, killed and cheated.

SLIPWAY_DAGGER_CLIS names real CLIs of Dagger, paths on this machine parted by ':'; without it a program that says its version
stands in for them, and no address is held to a real one.
"""

import os
import shlex
import subprocess
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.address import VARIABLE
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.subject import RunnerHost
from hosts_under_test import HOSTS, Driven, Host, Player, execs, of_task, until, with_defaults

sys.path.insert(0, str(HOSTS.parent))
import packages  # noqa: E402
from machine import HostsError  # noqa: E402

MODULE = "slipway.runtimes.runner_host"
SHELLS = "shells"
URL = "unix:///run/engine.sock"
# What readers could take for something of their own; the second has what the address's own quoting leaves.
ADDRESSES = (
    "unix:///run/a$HOME$$b'c(d)!e&f;g*h~[i].sock",
    "kube-pod://engine-0?context=a%20b%25c%22d%5Ce%27f%24HOME%23g&namespace=n&container=c",
)
ABSENT = {"state": "absent"}
KILL = 'kill -s KILL "$DRIVER"'
WATCHED = "/etc /home /opt/runner /var/lib/slipway-runtimes"
UNIT = "/etc/systemd/system/ci.service"
LATER = "/etc/systemd/system/ci.service.d/zz.conf"
ENV = "/opt/runner/.env"
EVERYTHING = [
    {"kind": "login"}, {"kind": "unit", "units": ["ci"]}, {"kind": "manager"}, {"kind": "user", "user": "dev"},
    {"kind": "file", "path": ENV, "user": "admin"}, {"kind": "file", "path": "/etc/environment"}]
AS_DEV = "runuser -u dev -- env -i XDG_RUNTIME_DIR=/run/user/1002 HOME=/home/dev PATH=$PATH "


class Runner:
    """A host with zsh and fish, a service and a runner's file."""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.script("/usr/local/bin/dagger", "#!/bin/sh\necho asked >>/run/dagger.asked\necho 'dagger v0.18.19 (x) linux/amd64'\n")
        host.write(UNIT, b"[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=/bin/sleep infinity\n")
        host.sh("mkdir -p /opt/runner; printf 'LANG=C\\n# a comment\\nA=b' >%s; chown -R admin: /opt/runner; chmod 640 %s" % (ENV, ENV))
        host.sh("loginctl enable-linger dev; systemctl daemon-reload; systemctl start ci; touch /etc/environment")
        host.sh("tar -c -C /usr/bin busybox | docker import - busybox >/dev/null")
        until(lambda: host.sh("[ -S /run/user/1002/systemd/private ] && echo up", check=False) == "up")
        self.drive(**ABSENT)  # of a run that was cut short
        self.before = self.listing()

    def drive(self, *, hooks: Optional[Dict[str, str]] = None, check_mode: bool = False, user: str = "", **params: Any) -> Driven:
        """Run the module's code on the host."""
        return self.host.drive_subject(
            "runner_host", params, hooks=hooks, check_mode=check_mode, user=user, environment={"XDG_RUNTIME_DIR": ""})

    def set(self, url: str = URL, scopes: Any = None, **more: Any) -> Driven:
        """Set it, for everybody if nothing else is said."""
        found = self.drive(url=url, scopes=EVERYTHING if scopes is None else scopes, **more)
        assert found.error is None, found.text
        return found

    def quick(self, **params: Any) -> str:
        """What the quick way would do."""
        subject = RunnerHost()
        wanted = subject.parse(with_defaults(subject.spec, params))
        asked = subject.questions(wanted, check_mode=False)
        answer = self._read(asked)
        more = subject.follow_up(wanted, answer)
        if more:
            answer = answer.joined(self._read(more))
        if not answer.complete:
            return "ships"
        plan = subject.plan(wanted, answer, check_mode=False)
        return "nothing to do" if plan.empty and not plan.unknown else "ships"

    def _read(self, questions: Any) -> Any:
        text = script(questions, nonce="0123456789abcdef")
        return parse(self.host.run("sh", stdin=text.encode()).stdout.decode("utf-8", "surrogateescape"), nonce="0123456789abcdef")

    def listing(self) -> str:
        """Every watched path with mode, owner and content; what services and other tests change by themselves left out."""
        return self.host.sh(
            "find %s -path '*/.ansible*' -prune -o \\( -type f -o -type d -o -type l \\) -printf '%%p %%m %%u %%g %%l\\n' | sort; "
            "find %s -path '*/.ansible*' -prune -o -type f -exec sha256sum {} + | sort" % (WATCHED, WATCHED))

    def sees(self, reader: str) -> str:
        """What one reader has in the variable."""
        return self.host.sh(READERS[reader].replace("VARIABLE", VARIABLE), check=False)

    def clear(self) -> None:
        """As it was at first, whatever a test left."""
        self.host.sh("rm -f /run/dagger.asked %s" % LATER)
        self.drive(**ABSENT)
        self.host.sh("systemctl restart ci")
        assert self.listing() == self.before


READERS = {
    "sh": "env -i HOME=/root sh -lc 'printf %s \"$VARIABLE\"'",
    "bash": "env -i HOME=/root bash -lc 'printf %s \"$VARIABLE\"'",
    "zsh": "env -i HOME=/root zsh -lc 'printf %s \"$VARIABLE\"'",
    "fish": "env -i HOME=/root fish -lc 'printf %s \"$VARIABLE\"'",
    "a service": "systemctl restart ci; tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value ci)/environ | sed -n 's/^VARIABLE=//p'",
    "any service": "systemd-run -q --wait --pipe printenv VARIABLE",
    "a service of the user": AS_DEV + "systemd-run --user -q --wait --pipe printenv VARIABLE",
    "the user's bash": AS_DEV + "bash -lc 'printf %s \"$VARIABLE\"'",
    "EnvironmentFile": "systemd-run -q --wait --pipe -p UnsetEnvironment= -p EnvironmentFile=%s printenv VARIABLE" % ENV,
    "docker": "docker run --rm --network none --env-file %s busybox /busybox env | sed -n 's/^VARIABLE=//p'" % ENV,
    # As GitHub's runner reads its .env: a line's name up to the first '=', the rest as it is.
    "a runner": "while IFS= read -r line; do case $line in VARIABLE=*) printf %%s \"${line#*=}\" ;; esac; done <%s" % ENV,
}


def _put_shells(host: Host) -> None:
    """Install zsh and fish from Debian's packages, fetched once by this machine's apt. Raises HostsError."""
    packages.PACKAGES[SHELLS] = ("zsh", "fish")
    folder = packages.fetch(SHELLS, "trixie")
    subprocess.run(["podman", "cp", str(folder), "%s:/opt/shells" % host.name], check=True)
    host.sh("cd /opt/shells && dpkg -i *.deb >/dev/null 2>&1 && rm -rf /opt/shells && zsh --version && fish --version")


@pytest.fixture(scope="module")
def prepared(bring_up: Callable[..., Host]) -> Iterator[Runner]:
    """The host."""
    host = bring_up("runner", "trixie")
    if host.sh("command -v fish", check=False) == "":
        try:
            _put_shells(host)
        except HostsError as error:
            pytest.skip("zsh and fish cannot be had: %s" % error)
    yield Runner(host)


@pytest.fixture
def runner(prepared: Runner) -> Runner:
    """The same, with nothing of ours on it."""
    prepared.clear()
    return prepared


@pytest.mark.parametrize("url", ADDRESSES)
def test_every_reader(runner: Runner, url: str) -> None:
    """All of them see the address as it was given; a second run does nothing; nothing is left when it goes."""
    scopes = EVERYTHING[:-1]
    assert runner.drive(url=url, scopes=scopes, check_mode=True).changed and runner.listing() == runner.before
    done = runner.set(url, scopes)
    assert done.changed and done.result["url"] == url and done.result["restart_units"] == ["ci.service"]
    assert {reader: runner.sees(reader) for reader in READERS} == {reader: url for reader in READERS}
    again = runner.set(url, scopes)
    assert not again.changed and again.warnings == [] and again.result["restart_required"] is False, again.text
    assert runner.quick(url=url, scopes=scopes) == "nothing to do"
    assert runner.drive(check_mode=True, **ABSENT).changed
    gone = runner.drive(**ABSENT)
    assert gone.changed and gone.result["restart_units"] == ["ci.service"] and runner.listing() == runner.before
    assert {reader: runner.sees(reader) for reader in READERS} == {reader: "" for reader in READERS}
    assert not runner.drive(**ABSENT).changed and runner.quick(**ABSENT) == "nothing to do"


def test_shells_of_a_user(runner: Runner) -> None:
    """A user's own fish and zsh, where the user has files for them; the folder that was there stays."""
    runner.host.sh("runuser -u dev -- sh -c 'mkdir -p ~/.config/fish; echo \"# dev\" >~/.zprofile'")
    try:
        done = runner.set(ADDRESSES[1], [{"kind": "user", "user": "dev"}])
        assert "/home/dev/.zprofile" in done.result["files"]
        for shell in ("fish", "zsh", "bash"):
            assert runner.host.sh(AS_DEV + "%s -lc 'printf %%s \"$%s\"'" % (shell, VARIABLE)) == ADDRESSES[1], shell
        assert runner.drive(**ABSENT).changed and runner.host.sh("cat /home/dev/.zprofile; ls -A /home/dev/.config") == "# dev\nfish"
    finally:
        runner.host.sh("rm -rf /home/dev/.config /home/dev/.zprofile /home/dev/.local /home/dev/.cache")


def test_environment(runner: Runner) -> None:
    """/etc/environment by its two readers: pam, at a login, and the user's service manager."""
    pam = "su dev -c 'printf %s \"$" + VARIABLE + "\"'"
    scopes = [{"kind": "file", "path": "/etc/environment"}]
    runner.set("unix:///run/a'b(c)&d;e%5B.sock".replace("%5B", "["), scopes)
    assert runner.host.sh(pam) == "unix:///run/a'b(c)&d;e[.sock"
    runner.host.sh(AS_DEV + "systemctl --user daemon-reload")
    assert runner.sees("a service of the user") == "unix:///run/a'b(c)&d;e[.sock"
    refused = runner.drive(url="unix:///run/a$b", scopes=scopes)
    assert refused.error and refused.error["reason"] == "unquotable"
    assert runner.drive(**ABSENT).changed and runner.host.sh(pam) == ""
    runner.host.sh(AS_DEV + "systemctl --user daemon-reload")


def test_one_scope_goes(runner: Runner) -> None:
    """The others stay."""
    runner.set()
    assert runner.drive(scopes=[{"kind": "login"}, {"kind": "user", "user": "dev"}], **ABSENT).changed
    assert runner.sees("zsh") == runner.sees("fish") == runner.sees("the user's bash") == ""
    assert runner.sees("a service") == runner.sees("docker") == URL
    assert runner.set(URL, EVERYTHING[1:3]).changed is False


def test_owners(runner: Runner) -> None:
    """A user's files are the user's, and keep their modes."""
    runner.set()
    assert runner.host.sh("stat -c '%%U %%a' %s" % ENV) == "admin 640"
    for path in (".profile", ".config", ".config/environment.d", ".config/environment.d/50-dagger-runner-host.conf"):
        assert runner.host.sh("stat -c '%%U:%%G' /home/dev/%s" % path) == "dev:dev"


def test_not_seen(runner: Runner) -> None:
    """A service that runs without it, a drop-in that comes later, a file that the service reads, a profile that comes later."""
    scopes = EVERYTHING[:2]
    assert "until restarted" in " ".join(runner.set(scopes=scopes).warnings)
    again = runner.set(scopes=scopes)
    assert not again.changed and again.result["restart_required"] and "until restarted" in " ".join(again.warnings)
    runner.host.sh("systemctl restart ci")
    assert runner.set(scopes=scopes).warnings == []
    runner.host.write(LATER, b"[Service]\nEnvironment=%s=unix:///later\n" % VARIABLE.encode())
    runner.host.write("/etc/profile.d/zz.sh", b"export %s=unix:///later\n" % VARIABLE.encode())
    try:
        runner.host.sh("systemctl daemon-reload; systemctl restart ci")
        said = " ".join(runner.set(scopes=scopes).warnings)
        assert "whose name comes last wins" in said and "/etc/profile.d/zz.sh sets" in said and "until restarted" not in said
        assert runner.sees("sh") == runner.sees("a service") == "unix:///later"
        runner.host.write(LATER, b"[Service]\nEnvironmentFile=/opt/later\n")
        runner.host.write("/opt/later", b"%s=unix:///later\n" % VARIABLE.encode())
        runner.host.sh("systemctl daemon-reload; systemctl restart ci")
        assert "/opt/later, which ci.service reads" in " ".join(runner.set(scopes=scopes).warnings)
        assert runner.sees("a service") == "unix:///later"
    finally:
        runner.host.sh("rm -f /opt/later /etc/profile.d/zz.sh %s; systemctl daemon-reload" % LATER)


def test_systemd_forgot(runner: Runner) -> None:
    """A drop-in that is not loaded is loaded, and no more."""
    runner.set(scopes=EVERYTHING[1:2])
    runner.host.sh("d=%s.d; mv $d /run/aside; systemctl daemon-reload; mv /run/aside $d; systemctl restart ci" % UNIT)
    done = runner.set(scopes=EVERYTHING[1:2])
    assert done.changed and done.result["diff"]["before"] == "" and runner.sees("a service") == URL


def test_foreign_line(runner: Runner) -> None:
    """In a runner's file: refused, replaced on a word, given back."""
    line = b"LANG=C\n%s=tcp://secret-place:1\nA=b" % VARIABLE.encode()
    kept = runner.host.read(ENV)
    try:
        runner.host.run("sh", "-c", "cat >" + ENV, stdin=line)
        scopes = EVERYTHING[4:5]
        refused = runner.drive(url=URL, scopes=scopes)
        assert refused.error and refused.error["reason"] == "in_the_way" and "secret-place" not in refused.text
        done = runner.set(scopes=scopes, replace=True)
        assert done.changed and "secret-place" not in done.text and runner.sees("docker") == URL
        assert runner.drive(**ABSENT).changed and runner.host.read(ENV) == line
    finally:
        runner.host.run("sh", "-c", "cat >" + ENV, stdin=kept or b"")


# -- trouble


@pytest.mark.parametrize("point", [
    "commit:before", "host.replace@zprofile:before", "host.replace@/etc/environment:after", "apply:after", "observe:after",
    "settle:before", "host.replace@runner_host.json:before", "settle:after"])
def test_killed(runner: Runner, point: str) -> None:
    """The next run undoes it or finishes it, and says so; the quick way leaves it to the module."""
    old = "unix:///run/old.sock"
    runner.set(old, EVERYTHING[:2])
    before = runner.listing()
    assert runner.drive(url=URL, scopes=EVERYTHING, hooks={point: KILL}).killed
    assert runner.quick(url=URL, scopes=EVERYTHING) == "ships"
    finished = point.startswith(("settle", "host.replace@runner_host.json"))
    next_run = runner.drive(url=URL, scopes=EVERYTHING) if finished else runner.drive(url=old, scopes=EVERYTHING[:2])
    assert next_run.error is None and next_run.changed, next_run.text
    assert ("finished" if finished else "undone") in next_run.result["recovered"]
    if finished:
        assert next_run.result["diff"] == [{"prepared": next_run.result["recovered"] + "\n"}]
        assert runner.quick(url=URL, scopes=EVERYTHING) == "nothing to do"
    else:
        assert runner.listing() == before and runner.sees("any service") == ""
    assert runner.drive(**ABSENT).changed and runner.listing() == runner.before


@pytest.mark.parametrize("point", ["host.replace@.profile:before", "apply:after", "observe:before"])
def test_full_disk(runner: Runner, point: str) -> None:
    """All of it is rolled back, live."""
    failed = runner.drive(url=URL, scopes=EVERYTHING, hooks={point: "exit 99"})
    assert failed.error and failed.error["rolled_back"] is True, failed.text
    assert runner.listing() == runner.before and runner.sees("any service") == ""


def test_edited_meanwhile(runner: Runner) -> None:
    """Somebody else's edit is neither overwritten nor rolled back."""
    edit = {"commit:before": "echo C=d >>%s" % ENV}
    failed = runner.drive(url=URL, scopes=EVERYTHING, hooks=edit)
    try:
        assert failed.error and failed.error["reason"] == "changed_meanwhile" and failed.error["rolled_back"] is True
        assert runner.host.sh("tail -n 1 %s" % ENV).endswith("C=d")
    finally:
        runner.host.sh("printf 'LANG=C\\n# a comment\\nA=b' >%s" % ENV)


def test_links(runner: Runner) -> None:
    """A user's link may lead to the user's own files, and root is not led to anybody else's."""
    runner.host.sh("cp /home/dev/.profile /root/profile.kept; echo '# root' >/opt/of-root")
    scopes = [{"kind": "user", "user": "dev"}]
    try:
        runner.host.sh("ln -sf /opt/of-root /home/dev/.profile")
        refused = runner.drive(url=URL, scopes=scopes)
        assert refused.error and refused.error["reason"] == "no_permission" and refused.error["rolled_back"] is True
        assert runner.host.sh("cat /opt/of-root; ls -A /home/dev/.config 2>/dev/null; :") == "# root"
        runner.host.sh("rm /home/dev/.profile; runuser -u dev -- sh -c 'mkdir ~/dots; echo \"# dev\" >~/dots/profile; ln -s dots/profile ~/.profile'")
        runner.set(scopes=scopes)
        assert runner.host.sh("readlink /home/dev/.profile; head -n 1 /home/dev/dots/profile") == "dots/profile\n# dev"
        assert runner.sees("the user's bash") == URL
        assert runner.drive(**ABSENT).changed and runner.host.sh("cat /home/dev/dots/profile") == "# dev"
    finally:
        runner.host.sh("rm -rf /home/dev/.profile /home/dev/dots /opt/of-root; mv /root/profile.kept /home/dev/.profile; chown dev: /home/dev/.profile")


def test_without_root(runner: Runner) -> None:
    """A user sets it for itself, and for nobody else."""
    own = [{"kind": "user", "user": "dev"}]
    assert runner.drive(user="dev", url=URL, scopes=own).changed
    assert runner.sees("the user's bash") == runner.sees("a service of the user") == URL
    assert not runner.drive(user="dev", url=URL, scopes=own).changed
    for scopes in ([{"kind": "login"}], [{"kind": "user", "user": "admin"}]):
        refused = runner.drive(user="dev", url=URL, scopes=scopes)
        assert refused.error and refused.error["reason"] == "no_permission", refused.text
    assert runner.drive(user="dev", **ABSENT).changed
    runner.host.sh("rmdir -p /home/dev/.local/state/slipway-runtimes 2>/dev/null; rm -rf /home/dev/.local")


@pytest.mark.parametrize("scopes, reason", [
    ([{"kind": "unit", "units": ["nobody"]}], "unit_missing"), ([{"kind": "user", "user": "nobody-here"}], "user_missing"),
    ([{"kind": "file", "path": "/opt/nowhere/.env"}], "folder_missing"), ([{"kind": "file", "path": "/etc"}], "not_a_file")])
def test_wrong_scopes(runner: Runner, scopes: List[Dict[str, Any]], reason: str) -> None:
    """Said before anything is written."""
    refused = runner.drive(url=URL, scopes=[{"kind": "login"}] + scopes)
    assert refused.error and refused.error["reason"] == reason and runner.listing() == runner.before


# -- the CLI, and the engine


def test_version_is_asked_once(runner: Runner) -> None:
    """Until the program is another one; a form that it does not speak is refused, or translated."""
    login = [{"kind": "login"}]
    cli = "/opt/runner/dagger"
    runner.host.script(cli, "#!/bin/sh\necho asked >>/run/dagger.asked\necho 'dagger v0.18.14 (x) linux/amd64'\n")
    try:
        done = runner.set("podman-container://eng", login, cli=cli)
        assert done.result["cli_version"] == "0.18.14" and runner.set("podman-container://eng", login, cli=cli).warnings == []
        # The module itself asks anew when it reads back what it did.
        assert runner.host.sh("wc -l </run/dagger.asked") in ("1", "2")
        asked = runner.host.sh("wc -l </run/dagger.asked")
        assert runner.quick(url="podman-container://eng", scopes=login, cli=cli) == "nothing to do"
        assert runner.host.sh("wc -l </run/dagger.asked") == asked
        runner.host.sh("sed -i s/0.18.14/0.18.15/ " + cli)
        refused = runner.drive(url="podman-container://eng", scopes=login, cli=cli)
        assert refused.error and "write 'container+podman://eng'" in refused.message
        done = runner.set("podman-container://eng", login, cli=cli, translate=True)
        assert done.changed and done.result["translated_from"] == "podman-container://eng" and runner.sees("sh") == "container+podman://eng"
    finally:
        runner.host.sh("rm -f " + cli)


# Listens, and answers a client of HTTP/2 with settings, as an engine does; or says nothing.
ENGINE = """
import socket, sys, threading
family, place, words = socket.AF_UNIX if sys.argv[1].startswith("/") else socket.AF_INET, sys.argv[1], sys.argv[2:]
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(place if family == socket.AF_UNIX else ("127.0.0.1", int(place)))
listener.listen()
kept = []
while True:
    line = listener.accept()[0]
    kept.append(line)
    if words != ["silent"] and line.recv(64).startswith(b"PRI * HTTP/2.0"):
        line.sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
"""
LISTEN = "systemd-run -q --collect --unit %s python3 /run/engine.py %s"


def test_reachable(runner: Runner) -> None:
    """Each form by its own steps; the error says which one failed, nothing is written, and it takes no minutes."""
    host, login = runner.host, [{"kind": "login"}]

    def step(url: str, **more: Any) -> str:
        found = runner.drive(**dict(dict(url=url, scopes=login, reachable=True, timeout=2, cli_version="0.18.19"), **more))
        if found.error is None:
            assert found.result["reachable"] is True
            return "reached"
        assert found.error["reason"] == "unreachable", found.text
        return found.error["step"]

    host.sh("systemctl stop listen-unix listen-tcp 2>/dev/null; rm -f /run/engine.sock; docker rm -f engine 2>/dev/null; :")
    host.write("/run/engine.py", ENGINE.encode())
    host.script("/run/kubectl", """#!/bin/sh
case "$*" in
    *" slow "*) exec sleep 9 ;;
    *" gone "*) echo NotFound >&2; exit 1 ;;
    *" eng "*phase*) echo Running ;;
    *" eng "*containers*) echo a b ;;
    *) echo Pending ;;
esac
""")
    try:
        assert step(URL) == "path"
        host.sh("touch /run/engine.sock")
        assert step(URL) == "socket"
        host.sh("rm /run/engine.sock; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"/run/engine.sock\")'")
        assert step(URL) == "connect"
        host.sh("rm /run/engine.sock; " + LISTEN % ("listen-unix", "/run/engine.sock"))
        until(lambda: host.sh("ss -lx | grep -c /run/engine.sock", check=False) == "1")
        host.sh("chmod 600 /run/engine.sock")
        assert runner.listing() == runner.before
        assert step(URL) == "reached"
        assert step(URL, scopes=[{"kind": "user", "user": "dev"}]) == "connect"  # root's alone
        assert step("tcp://127.0.0.1:7777") == "connect"
        host.sh(LISTEN % ("listen-tcp", "7777 silent"))
        until(lambda: host.sh("ss -lnt | grep -c ':7777 '", check=False) == "1")
        assert step("tcp://127.0.0.1:7777") == "answer"
        assert step("tcp://nowhere.invalid:7777") == "resolve"
        assert step("tls://127.0.0.1:7777", cli_version="0.20.1") == "handshake"
        assert step("tls://127.0.0.1:7777?ca_path=/nowhere", cli_version="0.20.1") == "certificates"
        assert step("container+finch://engine") == "program"
        assert step("docker-container://engine") == "container"
        host.sh("docker create --name engine --network none busybox /busybox sleep 600")
        assert step("docker-container://engine") == "container"
        host.sh("docker start engine")
        assert step("docker-container://engine") == "reached" and step("container://engine") == "reached"
        assert step("kube-pod://eng") == "program"
        host.sh("mv /run/kubectl /usr/local/bin/kubectl")
        assert step("kube-pod://eng") == "reached" and step("kube-pod://eng?container=b&namespace=n&context=x") == "reached"
        assert step("kube-pod://eng?container=c") == "container" and step("kube-pod://other") == "pod"
        assert step("kube-pod://gone") == "pod" and step("kube-pod://slow") == "pod"
        assert step("ssh://nowhere.invalid") == "connect" and step("dagger-cloud://x") == "engine"
    finally:
        host.sh("systemctl stop listen-unix listen-tcp; rm -f /run/engine.sock /usr/local/bin/kubectl /run/kubectl; docker rm -f engine", check=False)


CLIS = [one for one in os.environ.get("SLIPWAY_DAGGER_CLIS", "").split(":") if one]

# Addresses that are taken or refused as a real CLI's release does, and those that it takes and never connects by.
REAL = (
    "podman-container://x", "container+podman://x", "container+nerdctl://x", "container://x", "docker-container://x", "DOCKER-CONTAINER://E",
    "image://r/e:v1", "image://engine:v1", "docker-image://engine:v1", "image://", "image://r/Engine", "localhost:80", "127.0.0.1:80",
    "dagger-engine", "dagger-cloud", "/run/x.sock", "container://my box", "tcp://h:abc", "unix:///nowhere", "unix://run/x.sock",
    "tcp://127.0.0.1:1", "tls://h", "ssh://h", "kube-pod://p")
HANGS = (
    "docker-container://", "unix:/run/x.sock", "unix:///run/a%20b.sock", "tcp://h", "kube-pod://", "kube-pod://Pod_1",
    "kube-pod://p?namespace=NS", "ssh://", "ssh://u:p@h", "ssh://h?x=1")
# How it refuses an address, and not the host that it finds.
REFUSALS = ("no driver for scheme", "parse runner host", "could not parse reference", "invalid (non-empty) authority")


@pytest.mark.skipif(not CLIS, reason="SLIPWAY_DAGGER_CLIS names no real CLI of Dagger")
@pytest.mark.parametrize("cli", CLIS or [""])
def test_real_cli(runner: Runner, cli: str) -> None:
    """A real CLI sees the address through a login shell; what is refused here it refuses or hangs with, and never the other way."""
    subprocess.run(["podman", "cp", cli, "%s:/opt/dagger" % runner.host.name], check=True)
    try:
        done = runner.set(ADDRESSES[1], [{"kind": "login"}], cli="/opt/dagger")
        said = runner.host.sh("env -i HOME=/root bash -lc '/opt/dagger version'")
        assert "v" + done.result["cli_version"] in said and ADDRESSES[1] in said
        for url in REAL + HANGS:
            said = runner.host.sh(
                "printf '{version}' | env -i HOME=/root PATH=/usr/bin DO_NOT_TRACK=1 %s=%s timeout -s KILL 2 /opt/dagger --progress=plain "
                "query 2>&1; :" % (VARIABLE, shlex.quote(url)))
            theirs = not any(word in said for word in REFUSALS)
            try:
                ours = runner.drive(url=url, scopes=[{"kind": "login"}], cli="/opt/dagger", check_mode=True).error is None
            except SlipwayError:
                ours = False
            assert (ours, theirs) == ((False, True) if url in HANGS else (theirs, theirs)), (url, said)
    finally:
        runner.host.sh("rm -f /opt/dagger")


# -- by plays


@pytest.fixture(scope="module")
def runner_player(prepared: Runner, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays."""
    return Player(tmp_path_factory.mktemp("plays"), prepared.host.name.rpartition("-")[0])


def pair(name: str, params: Dict[str, Any], **keywords: Any) -> List[Dict[str, Any]]:
    """A task by both ways."""
    return [dict(keywords, **{"name": name, MODULE: params}),
            dict(keywords, **{"name": name + ", shipped", MODULE: params, "vars": {"slipway_quick": False}})]


def test_both_ways(runner: Runner, runner_player: Player) -> None:
    """Nothing to do, check mode and errors: the same results, and one round trip where nothing is to be done."""
    there = dict(url=URL, scopes=EVERYTHING)
    other = dict(url="podman-container://eng", scopes=EVERYTHING, translate=True)
    bad = dict(url="ssh://u:hidden-word@h", scopes=EVERYTHING)
    tasks = pair("forecast", there, check_mode=True) + [{"name": "set", MODULE: there}] + pair("nothing", there)
    tasks += pair("change", other, check_mode=True) + pair("gone", ABSENT, check_mode=True)
    tasks += pair("one goes", dict(ABSENT, scopes=EVERYTHING[:1]), check_mode=True)
    tasks += pair("bad", bad, ignore_errors=True) + [{"name": "remove", MODULE: ABSENT}] + pair("no more", ABSENT)
    played = runner_player.run(tasks, host=runner.host.name, diff=True, verbosity=3)
    assert played.code == 0, played.text
    for name in ("forecast", "nothing", "change", "gone", "one goes", "bad", "no more"):
        quick, shipped = ({key: value for key, value in played.of(one).items() if key != "exception" and not key.startswith("_")}
                          for one in (name, name + ", shipped"))
        assert quick == shipped, name
        assert quick.get("changed", False) == (name in ("forecast", "change", "gone", "one goes")), name
    assert played.of("set")["diff"] == played.of("forecast")["diff"] and played.of("bad")["reason"] == "password_in_url"
    assert "hidden-word" not in played.of("bad")["msg"]
    for name in ("forecast", "nothing", "change", "no more"):
        assert execs(played, name) == 1 and " PUT " not in of_task(played, name), of_task(played, name)
    assert runner.listing() == runner.before


def test_as_a_user(runner: Runner, runner_player: Player) -> None:
    """With sudo, and as nobody in particular."""
    task = {MODULE: dict(url=URL, scopes=[{"kind": "user", "user": "dev"}])}
    tasks = [dict(task, name="set"), dict(task, name="again"), {"name": "gone", MODULE: ABSENT}]
    for variables in ({"ansible_user": "admin", "ansible_become": True}, {"ansible_user": "dev"}):
        played = runner_player.run(tasks, host=runner.host.name, variables=variables)
        assert played.code == 0, played.text
        assert [played.of(one)["changed"] for one in ("set", "again", "gone")] == [True, False, True]
    runner.host.sh("rm -rf /home/dev/.local /home/dev/.ansible /home/admin/.ansible")
