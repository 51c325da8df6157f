# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docker by another name on a real host: Podman is Debian's own, nerdctl is built from its source or named by SLIPWAY_NERDCTL, and
lima is a program of its shape."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from hosts_under_test import HOSTS, Driven, Host, Player, execs, of_task

sys.path.insert(0, str(HOSTS.parent))
import programs  # noqa: E402

MODULE = "slipway.runtimes.docker_cli"
LINK, NERDCTL = "/usr/local/bin/docker", "/usr/local/bin/nerdctl"
KILL = 'kill -s KILL "$DRIVER"'
# Where it writes; and where what it must not touch lies.
WATCHED = "/usr/local/bin /usr/local/sbin /usr/bin/docker /usr/bin/podman /opt/real /opt/tools /etc/alternatives /var/lib/slipway-runtimes"


class Cli:
    """A host with Podman, as the tests of docker_cli see it. Docker's own client is out of the way."""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.sh("export DEBIAN_FRONTEND=noninteractive; command -v podman >/dev/null || "
                "apt-get -q -y --no-install-recommends install podman >/dev/null 2>&1")
        host.sh("[ -e /opt/real/docker ] || { mkdir -p /opt/real; mv /usr/bin/docker /opt/real/docker; }")

    def drive(self, *, hooks: Any = None, check_mode: bool = False, user: str = "", environment: Any = None, **params: Any) -> Driven:
        """Run the module's code; see driver.py."""
        return self.host.drive_subject(
            "docker_cli", params, hooks=hooks, check_mode=check_mode, user=user, environment=environment)

    def forget(self) -> None:
        """Nothing of ours or of an earlier test is on the host."""
        self.host.sh("rm -rf {0} {1} {0}.real /usr/local/sbin/docker /usr/local/bin/.slipway* /opt/tools /etc/alternatives/docker "
                     "/var/lib/slipway-runtimes /home/dev/.local/state /home/dev/.local/bin".format(LINK, NERDCTL))

    def listing(self) -> str:
        """Every path with type, mode, owner, size, time, target and digest: not the times of folders, nor of links, that are
        made anew."""
        return self.host.sh(
            "find {0} -type d -printf '%p %y %m %U %G\\n' -o -printf '%p %y %m %U %G %s %T@ %l\\n' 2>/dev/null | sort; "
            "find {0} -type f -size -2000k -exec sha256sum {{}} + 2>/dev/null | sort -k2".format(WATCHED))

    def leftovers(self) -> str:
        """What an unfinished run leaves: nothing, ever, after one that came to its end."""
        return self.host.sh(
            "find /usr/local /opt /home /var/lib/slipway-runtimes \\( -name '*.slipway-*' -o -name '.slipway-*' -o -name "
            "'*.journal' -o -empty -path '*/slipway-runtimes/*' \\) 2>/dev/null; :")


@pytest.fixture(scope="module")
def machine(bring_up: Callable[..., Host]) -> Iterator[Cli]:
    """A host with Podman, which other files' tests meet as it was."""
    found = Cli(bring_up("cli", "trixie", "podman"))
    yield found
    found.forget()


@pytest.fixture
def cli(machine: Cli) -> Cli:
    """The same, with nothing of ours on it."""
    machine.forget()
    return machine


def done(driven: Driven) -> Dict[str, Any]:
    """The result of a run that went well."""
    assert driven.error is None and driven.result is not None, driven.text
    return driven.result


def test_from_nothing_to_nothing(cli: Cli) -> None:
    """Check mode, link, repeat, remove, repeat; the host is as it was before."""
    before = cli.listing()
    forecast = done(cli.drive(provider="podman", check_mode=True))
    assert forecast["changed"] and cli.listing() == before
    made = done(cli.drive(provider="podman"))
    assert made == forecast and made["action"] == "linked"
    assert made["docker"]["version"].startswith("5.") and made["docker"]["program"] == "/usr/bin/podman"
    assert "Podman Engine" in cli.host.sh("docker version") and cli.host.sh("readlink " + LINK) == "/usr/bin/podman"
    again = done(cli.drive(provider="podman"))
    assert not again["changed"] and again["docker"] == made["docker"] and cli.leftovers() == ""
    assert done(cli.drive(state="absent", check_mode=True))["changed"]
    assert done(cli.drive(state="absent"))["action"] == "removed"
    assert cli.listing() == before and not done(cli.drive(state="absent"))["changed"]


# What lies at the path -> what the user is told.
IN_THE_WAY = {
    "a real docker": ("cp -a /opt/real/docker {0}", "is a program, of no package"),
    "podman-docker's script": (
        "printf '#!/bin/sh\\nexec /usr/bin/podman \"$@\"\\n' >{0}; chmod 755 {0}; touch -d 2001-02-03T04:05:06.789 {0}",
        "is a script that calls podman"),
    "a set-id program of somebody's": ("cp /bin/true {0}; chown 1:1 {0}; chmod 4711 {0}", "is a program"),
    "a distribution's link": ("ln -s ../../bin/busybox {0}", "is a link to ../../bin/busybox (/usr/bin/busybox), of the package busybox-static"),
    "a dead link": ("ln -s /opt/gone {0}", "is a link to /opt/gone, where nothing is"),
    "a link into the alternatives": (
        "ln -sf /opt/real/docker /etc/alternatives/docker; ln -s /etc/alternatives/docker {0}",
        "is a link into the alternatives (/etc/alternatives/docker), which leads to /opt/real/docker"),
    "a folder": ("mkdir -p {0}/x; echo y >{0}/x/y; chmod 700 {0}", "is a folder"),
}


@pytest.mark.parametrize("name", sorted(IN_THE_WAY))
def test_in_the_way(cli: Cli, name: str) -> None:
    """Told, left alone, moved aside on the user's word, and back on removal with all that belongs to it."""
    script, words = IN_THE_WAY[name]
    cli.host.sh(script.format(LINK))
    before = cli.listing()
    refused = cli.drive(provider="podman")
    assert refused.error is not None and refused.error["reason"] == "in_the_way", refused.text
    assert words in refused.message and "replace: true" in refused.message and cli.listing() == before
    made = done(cli.drive(provider="podman", replace=True))
    assert made["set_aside"] == [LINK] and "Podman Engine" in cli.host.sh("docker version")
    assert not done(cli.drive(provider="podman", replace=True))["changed"] and cli.leftovers() == ""
    assert done(cli.drive(state="absent"))["changed"] and cli.listing() == before


def test_a_pipe_in_the_way(cli: Cli) -> None:
    """It cannot be moved aside."""
    cli.host.sh("mkfifo " + LINK)
    assert "cannot be moved aside" in cli.drive(provider="podman", replace=True).message


def test_a_real_docker_is_not_hidden(cli: Cli) -> None:
    """Its client on PATH stops it; the user's word lets it; the daemon is told of."""
    cli.host.sh("ln -s /opt/real/docker /usr/bin/docker")
    try:
        refused = cli.drive(provider="podman")
        assert refused.error is not None and refused.error["reason"] == "docker_present", refused.text
        assert "/usr/bin/docker (a link to /opt/real/docker, of the package docker-cli)" in refused.message
        made = cli.drive(provider="podman", replace=True)
        assert done(made)["docker"]["provider"] == "podman" and "a Docker daemon runs" in made.warnings[0]
        gone = done(cli.drive(state="absent"))["docker"]
        assert (gone["path"], gone["provider"], gone["version"][:3]) == ("/usr/bin/docker", "docker", "26.")
        assert gone["socket"] == "/run/docker.sock" and gone["rootless"] is False
    finally:
        cli.host.sh("rm -f /usr/bin/docker")


def test_dead_targets(cli: Cli) -> None:
    """None of them is linked to; later is a word of the user's."""
    cli.host.sh("mkdir -p /opt/tools; printf '#!/bin/sh\\necho no containerd >&2; exit 1\\n' >/opt/tools/nerdctl; chmod 755 /opt/tools/nerdctl")
    before = cli.listing()
    for params, reason in (
            (dict(provider="nerdctl"), "target_missing"), (dict(provider="podman", target="/opt/none"), "target_missing"),
            (dict(provider="podman", target="/opt/tools"), "target_not_executable"),
            (dict(provider="podman", target="/etc/hostname"), "target_not_executable"),
            (dict(provider="nerdctl", target="/opt/tools/nerdctl"), "target_broken")):
        refused = cli.drive(**params)
        assert refused.error is not None and refused.error["reason"] == reason, refused.text
        assert cli.listing() == before
    later = cli.drive(provider="nerdctl", require=False)
    assert done(later)["changed"] and "not found" in later.warnings[0]
    assert not done(cli.drive(provider="nerdctl", require=False))["changed"]
    assert done(cli.drive(state="absent"))["changed"] and cli.listing() == before


def test_the_name_does_not_answer(cli: Cli) -> None:
    """A program that answers by its own name only: taken back."""
    cli.host.sh("mkdir -p /opt/tools; printf '#!/bin/sh\\ncase $0 in *docker) exit 4 ;; esac\\n' >/opt/tools/podman; chmod 755 /opt/tools/podman")
    before = cli.listing()
    failed = cli.drive(provider="podman", target="/opt/tools/podman")
    assert failed.error is not None and failed.error["reason"] == "not_observed" and failed.error["rolled_back"], failed.text
    assert cli.listing() == before and cli.leftovers() == ""


def test_a_newer_program(cli: Cli) -> None:
    """It is asked once, and then known; one that broke is told of."""
    cli.host.sh("mkdir -p /opt/tools; printf '#!/bin/sh\\necho asked >>/opt/tools/log; echo Version: 1\\n' >/opt/tools/podman; chmod 755 /opt/tools/podman")
    params = dict(provider="podman", target="/opt/tools/podman")
    done(cli.drive(**params))
    asked = cli.host.sh("wc -l </opt/tools/log")
    assert done(cli.drive(**params))["docker"]["version"] == "1" and cli.host.sh("wc -l </opt/tools/log") == asked
    cli.host.sh("sed -i 's/Version: 1/Version: 2/' /opt/tools/podman")
    newer = done(cli.drive(**params))
    assert newer["docker"]["version"] == "2" and not newer["changed"]
    asked = cli.host.sh("wc -l </opt/tools/log")
    assert done(cli.drive(**params))["docker"]["version"] == "2" and cli.host.sh("wc -l </opt/tools/log") == asked
    cli.host.sh("rm /opt/tools/podman")
    assert cli.drive(**params).error["reason"] == "target_missing"
    assert done(cli.drive(state="absent"))["changed"]


def test_others_on_path(cli: Cli) -> None:
    """One that comes first: for whom, and which."""
    cli.host.sh("printf '#!/bin/sh\\nexec podman \"$@\"\\n' >/usr/local/sbin/docker; chmod 755 /usr/local/sbin/docker")
    made = cli.drive(provider="podman")
    assert "/usr/local/sbin/docker (a script that calls podman)" in made.warnings[0]
    assert "logins of root" in made.warnings[0] and "sudo" in made.warnings[0] and "users" not in made.warnings[0]
    assert done(made)["docker"]["path"] == "/usr/local/sbin/docker"
    # The shells of the host agree.
    assert cli.host.sh("bash -lc 'command -v docker'") == "/usr/local/sbin/docker"
    assert cli.host.sh("su - dev -c 'command -v docker'") == LINK


LIMA = dict(provider="nerdctl", via="lima")


def test_lima(cli: Cli) -> None:
    """The script and the link, another instance, direct again. lima is a stand-in; root asks as the user it came from."""
    cli.host.script("/opt/tools/limactl", """#!/bin/sh
case $* in *--help*) echo --preserve-env; exit ;; esac
[ "$(id -u)" != 0 ] || { echo 'must not run as root' >&2; exit 1; }
for one; do printf '<%s>' "$one"; done
""")
    cli.host.sh("chmod 755 /opt/tools")
    before = cli.listing()
    environment = {"PATH": "/opt/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "SUDO_USER": "dev"}
    made = cli.drive(environment=environment, **LIMA)
    assert done(made)["docker"]["via"] == "lima", made.text
    assert not any("does not run as root" in one for one in made.warnings)
    said = cli.host.run("env", "PATH=/opt/tools:/usr/local/bin:/usr/bin:/bin", "docker", "run", "a b", "", user="dev").stdout.decode()
    assert said == "<shell><--preserve-env><default><nerdctl><run><a b><>"
    assert not done(cli.drive(environment=environment, **LIMA))["changed"]
    assert done(cli.drive(environment=environment, lima_instance="build", **LIMA))["action"] == "relinked"
    assert "build" in cli.host.sh("cat " + NERDCTL)
    # Edited by somebody: theirs.
    kept = cli.host.sh("cat " + NERDCTL)
    cli.host.sh("echo '# mine' >>" + NERDCTL)
    assert cli.drive(environment=environment, **LIMA).error["option"] == "wrapper_path"
    gone = cli.drive(state="absent")
    assert done(gone)["changed"] and "is left" in gone.warnings[0] and cli.host.sh("tail -1 " + NERDCTL) == "# mine"
    cli.host.sh("rm " + NERDCTL)
    assert cli.listing() == before and kept
    # A real nerdctl is in the script's place.
    cli.host.script(NERDCTL, "#!/bin/sh\necho Version: 2.3.5\n")
    before = cli.listing()
    refused = cli.drive(environment=environment, **LIMA)
    assert refused.error["option"] == "wrapper_path" and refused.error["reason"] == "in_the_way", refused.text
    assert done(cli.drive(environment=environment, replace=True, **LIMA))["set_aside"] == [NERDCTL]
    assert done(cli.drive(state="absent"))["changed"] and cli.listing() == before
    # And straight to it.
    assert done(cli.drive(provider="nerdctl"))["docker"]["version"] == "2.3.5"
    assert done(cli.drive(provider="podman"))["action"] == "relinked"
    assert done(cli.drive(state="absent"))["changed"] and cli.listing() == before


POINTS = (
    "_stage:after", "_note:after", "swap.copy:after", "swap.forward@docker:before", "swap.forward@docker:after", "apply:before",
    "apply:after", "observe:after", "_finish:before", "_finish:after")


@pytest.mark.parametrize("point", POINTS)
def test_killed(cli: Cli, point: str) -> None:
    """At any moment: the next run finishes or undoes it, and says so; nothing is lost."""
    cli.host.sh("cp /bin/true {0}; chmod 4711 {0}".format(LINK))
    before = cli.listing()
    assert cli.drive(provider="podman", replace=True, hooks={point: KILL}).killed
    second = cli.drive(provider="podman", replace=True)
    assert "recovered" in done(second) and done(second)["changed"], second.text
    assert "Podman Engine" in cli.host.sh("docker version") and cli.leftovers() == ""
    assert cli.drive(state="absent", hooks={point: KILL}).killed
    assert "recovered" in done(cli.drive(state="absent"))
    assert cli.listing() == before and cli.leftovers() == ""


def test_somebody_was_faster(cli: Cli) -> None:
    """What came to the path during the run stays."""
    failed = cli.drive(provider="podman", hooks={"commit:before": "echo theirs >%s" % LINK})
    assert failed.error is not None and failed.error["reason"] == "changed_meanwhile" and failed.error["rolled_back"], failed.text
    assert cli.host.sh("cat " + LINK) == "theirs" and cli.leftovers() == ""


def tasks(name: str, **params: Any) -> List[Dict[str, Any]]:
    """A task by both ways."""
    return [{"name": name, MODULE: params}, {"name": name + ", shipped", MODULE: params, "vars": {"slipway_quick": False}}]


def facts(result: Dict[str, Any]) -> Dict[str, Any]:
    """A result without what may differ."""
    return {key: value for key, value in result.items() if key not in ("ansible_facts", "exception") and not key.startswith("_")}


def test_both_ways(cli: Cli, player: Player) -> None:
    """Check mode, do, repeat, remove, repeat: the same by both ways, and one round trip where there is nothing to do."""
    play = [{"name": "forecast", MODULE: {"provider": "podman"}, "check_mode": True}]
    play += [dict(one, check_mode=True) for one in tasks("check", provider="podman")]
    play += [{"name": "do", MODULE: {"provider": "podman"}}] + tasks("repeat", provider="podman")
    play += [dict(one, ignore_errors=True) for one in tasks("wrong", provider="podman", target="/opt/none")]
    play += [dict(one, check_mode=True) for one in tasks("check removal", state="absent")]
    play += [{"name": "remove", MODULE: {"state": "absent"}}] + tasks("none", state="absent")
    played = player.run(play, host=cli.host.name, diff=True, verbosity=3)
    assert played.code == 0, played.text
    for name in ("check", "repeat", "wrong", "check removal", "none"):
        assert facts(played.of(name)) == facts(played.of(name + ", shipped")), played.text
    for name, changed in (("check", True), ("do", True), ("repeat", False), ("check removal", True), ("remove", True), ("none", False)):
        assert played.of(name)["changed"] is changed
    assert execs(played, "repeat") == execs(played, "none") == 1 and " PUT " not in of_task(played, "repeat")
    assert facts(played.of("forecast")) == facts(played.of("do"))
    assert played.of("forecast")["diff"]["after"] == '{\n  "%s": "a link to /usr/bin/podman"\n}\n' % LINK


# -- what a stand-in has to do

IMAGE = "localhost/slipway-test:1"


def use(host: Host, *, user: str = "", environment: str = "") -> str:
    """What Dagger needs of docker, by name, on an image that a real Docker saved; returns what was printed."""
    host.sh("[ -e /opt/image.tar ] || { tar -c -C /usr/bin busybox | /opt/real/docker import - %s && "
            "/opt/real/docker save -o /opt/image.tar %s && chmod 644 /opt/image.tar && /opt/real/docker rmi -f %s; } >/dev/null" % ((IMAGE,) * 3))
    script = r"""
set -e
%s
cd /tmp
docker load -i /opt/image.tar >/dev/null
docker image inspect --format '{{.Os}}' %s
docker run --rm --network none %s /busybox echo ran
docker run -d --name slipway-engine --network none %s /busybox sleep 600 >/dev/null
docker ps -a --format '{{.Names}}'
echo through | docker exec -i slipway-engine /busybox cat
docker rm -fv slipway-engine >/dev/null
docker ps -a --format '{{.Names}}'
docker rmi -f %s >/dev/null
""" % ((environment,) + (IMAGE,) * 4)
    done = host.run("sh", "-c", script, user=user, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


WORKS = "linux\nran\nslipway-engine\nthrough\n"


def test_podman_works_as_docker(cli: Cli) -> None:
    """As root; and where it does not, the link is taken back."""
    cli.host.sh("mkdir -p /opt/tools; printf '#!/bin/sh\\n[ \"$1\" != run ] || { echo no runtime >&2; exit 126; }\\nexec podman \"$@\"\\n' "
                ">/opt/tools/podman; chmod 755 /opt/tools/podman")
    before = cli.listing()
    failed = cli.drive(provider="podman", target="/opt/tools/podman", probe="changed")
    assert failed.error is not None and failed.error["reason"] == "not_proven" and failed.error["rolled_back"], failed.text
    assert "exit code 126: no runtime" in failed.message and cli.listing() == before
    assert done(cli.drive(provider="podman", probe="changed"))["changed"]
    assert not done(cli.drive(provider="podman", probe="always"))["changed"]
    assert cli.host.sh("podman images -q") == ""
    for user, words in (("nobody-at-all", "knows no"), ("dev", "")):
        tried = cli.drive(provider="podman", probe="always", probe_user=user)
        assert words in tried.message if words else not done(tried)["changed"], tried.text
    assert use(cli.host) == WORKS


def test_the_role_podman_for_root(cli: Cli, player: Player) -> None:
    """The notice of podman-docker's script is silenced, the system's socket listens and root's logins know it; and all goes again. The
    script is one of that form."""
    script = "/usr/bin/docker"
    cli.host.script(script, "#!/bin/sh\n[ -e /etc/containers/nodocker ] || echo a notice >&2\nexec /usr/bin/podman \"$@\"\n")
    listing = "find /etc /usr/local /var/lib/slipway-runtimes -printf '%p %m %s %l\n' 2>/dev/null | sort"
    try:
        before = cli.host.sh(listing)
        assert "a notice" in cli.host.sh(script + " version 2>&1")
        wanted = {"podman_install": False, "podman_socket": "system", "podman_docker_host": True, "podman_probe": "never"}
        look = "%s version 2>&1; su - root -c 'echo $DOCKER_HOST; /opt/real/docker version --format {{.Server.Version}}'" % script
        include = {"ansible.builtin.include_role": {"name": "slipway.runtimes.podman"}}
        played = player.run([
            dict(include, name="there", vars=wanted),
            {"name": "look", "ansible.builtin.raw": "{% raw %}" + look + "{% endraw %}", "changed_when": False},
            dict(include, name="gone", vars=dict(wanted, podman_state="absent"))], host=cli.host.name)
        said = played.of("look")["stdout"]
        assert played.code == 0 and "a notice" not in said, played.text
        assert said.split()[-2] == "unix:///run/podman/podman.sock" and said.split()[-1].startswith("5."), said
        assert cli.host.sh(listing) == before and cli.host.sh("systemctl is-active podman.socket", check=False) == "inactive"
    finally:
        cli.host.sh("rm -f " + script)


def test_a_users_own(cli: Cli) -> None:
    """A user's link to rootless Podman: made without root, and gone without a trace."""
    host = cli.host
    host.sh("loginctl enable-linger dev; until [ -S /run/user/1002/bus ]; do sleep 0.05; done; [ -e /dev/net/tun ] || "
            "{ mkdir -p /dev/net; mknod -m 666 /dev/net/tun c 10 200; }; rm -rf /home/dev/.local")
    own = dict(provider="podman", path="/home/dev/.local/bin/docker", user="dev", environment={"XDG_RUNTIME_DIR": "/run/user/1002"})
    made = done(cli.drive(**own))
    assert made["docker"]["rootless"] is True and host.sh("stat -c %U /home/dev/.local/bin/docker") == "dev"
    assert not done(cli.drive(**own))["changed"]
    words = "export XDG_RUNTIME_DIR=/run/user/1002 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1002/bus PATH=/home/dev/.local/bin:$PATH"
    assert use(host, user="dev", environment=words) == WORKS
    refused = cli.drive(provider="podman", user="dev")
    assert refused.error is not None and refused.error["reason"] == "no_permission", refused.text
    assert done(cli.drive(**dict(own, state="absent")))["changed"]
    assert host.sh("find /home/dev/.local/bin /home/dev/.local/state -mindepth 1 2>/dev/null; :") == "" and cli.leftovers() == ""


def test_nerdctl_works_as_docker(cli: Cli) -> None:
    """nerdctl on the host's containerd: the one that SLIPWAY_NERDCTL names, or the one that the scenario nerdctl has built."""
    real = Path(os.environ.get("SLIPWAY_NERDCTL") or programs.path("nerdctl"))
    if not real.exists():
        pytest.skip("no nerdctl was built, and SLIPWAY_NERDCTL names none; the other tests took a program of its shape")
    cli.host.write(NERDCTL, real.read_bytes())
    cli.host.sh("chmod 755 " + shlex.quote(NERDCTL))
    made = done(cli.drive(provider="nerdctl", probe="changed"))
    assert made["docker"]["provider"] == "nerdctl" and made["docker"]["socket"] == "/run/containerd/containerd.sock"
    assert use(cli.host) == WORKS
