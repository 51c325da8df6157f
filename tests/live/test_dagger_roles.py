# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles dagger_engine and runner_host on a real host with a real Docker; the engine by iechor and by a real nerdctl too.

Dagger's engine cannot be had without a registry: its place takes engine_stand_in.py, in an image of its own. So unit, socket, group,
restart and replacing are shown, and no build.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from hosts_under_test import HERE, HOSTS, Host, Played, Player, until

sys.path.insert(0, str(HOSTS.parent))
import programs  # noqa: E402

ARCHIVE = "/srv/engine.tar"
SOCKET = "/run/dagger-runner/engine.sock"
WATCHED = "/etc/systemd /etc/dagger-runner /etc/profile.d /home"
LISTING = "find %s -path '*/.ansible*' -prune -o -printf '%%p %%m %%u %%g\\n' 2>/dev/null | sort; sort /etc/group" % WATCHED
IMAGE = """
set -e
cd /srv && sh engine_image.sh docker engine_stand_in.py stand-in/engine:v0.18.19
docker tag stand-in/engine:v0.18.19 stand-in/engine:v0.18.20
docker save -o {0} stand-in/engine:v0.18.19 stand-in/engine:v0.18.20
iechor load -q -i {0} >/dev/null
docker rmi stand-in/engine:v0.18.19 stand-in/engine:v0.18.20 >/dev/null
rm engine_image.sh engine_stand_in.py
""".format(ARCHIVE)
PROXY = "http://us%25er:s3cr3t$\"@proxy.example:3128"
AUTHORITY = "-----BEGIN CERTIFICATE-----\ncmVhZCBieSBub2JvZHk=\n-----END CERTIFICATE-----\n"
# What the engine has where it looks for it.
INSIDE = """docker exec dagger-runner $(readlink -f /usr/bin/python3) -c 'import os
print(*(os.environ[name] for name in ("TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")), sep="\\n")
print(open("/etc/dagger/engine.json").read(), open("/usr/local/share/ca-certificates/ca.crt").read(), sep="\\n")'"""
CLIENT = ("systemd-run -q --collect --unit dagger-client python3 -c 'import socket, time; "
          "s = socket.socket(socket.AF_UNIX); s.connect(\"%s\"); time.sleep(600)'" % SOCKET)
CONNECT = "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"%s\")'" % SOCKET


# What a task, an item of its loop, or the role's argument spec said.
FAILED = (
    "{{ [ansible_failed_result.msg | default('')] + ansible_failed_result.argument_errors | default([]) + "
    "ansible_failed_result.results | default([]) | selectattr('failed', 'defined') | selectattr('failed') | map(attribute='msg') }}")


@pytest.fixture(scope="module")
def host_of_dagger(bring_up: Callable[..., Host]) -> Iterator[Host]:
    """A host with an archive of the stand-in, and a program in the place of Dagger's CLI."""
    host = bring_up("dagger", "trixie")
    for name in ("engine_stand_in.py", "engine_image.sh"):
        host.write("/srv/" + name, (HERE / name).read_bytes())
    host.sh(IMAGE)
    host.script("/usr/local/bin/dagger", "#!/bin/sh\ncase $1 in version) echo 'dagger v0.18.19 (x) linux/amd64' ;; *)\n"
                "echo \"$(id -un) $_EXPERIMENTAL_DAGGER_RUNNER_HOST\" >>/tmp/dagger.ran; %s ;; esac\n" % CONNECT)
    host.sh("rm -f /tmp/dagger.ran; : >/tmp/dagger.ran; chmod 666 /tmp/dagger.ran")
    yield host


@pytest.fixture(scope="module")
def roles_player(host_of_dagger: Host, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays; the archive lies on its side."""
    player = Player(tmp_path_factory.mktemp("plays"), host_of_dagger.name.rpartition("-")[0])
    (player.folder / "engine.tar").write_bytes(host_of_dagger.run("cat", ARCHIVE).stdout)
    host_of_dagger.sh("rm -f " + ARCHIVE)
    return player


def roles(player: Player, host: Host, *wanted: Any, verbosity: int = 0) -> Played:
    """Roles one after another, each a name, its variables, and keywords of the task; whatever one of them refuses, the others are played.
    A variable that is None is unset, and a script of sh is a task 'sh NUMBER'."""
    shared = {
        "dagger_engine_image": "stand-in/engine", "dagger_engine_archive": str(player.folder / "engine.tar"),
        "dagger_engine_version": "0.18.19", "dagger_engine_timeout": 30}
    tasks: List[Dict[str, Any]] = []
    for number, one in enumerate(wanted):
        if isinstance(one, str):
            tasks.append({"name": "sh %d" % number, "ansible.builtin.raw": "{%% raw %%}%s{%% endraw %%}" % one, "changed_when": False})
            continue
        name, variables, *keywords = one
        tasks.append(dict(keywords[0] if keywords else {}, **{
            "block": [{"name": "it", "ansible.builtin.include_role": {"name": "slipway.runtimes." + name},
                       "vars": {key: value for key, value in dict(shared, **variables).items() if value is not None}}],
            "rescue": [{"name": "refused %d" % number, "ansible.builtin.debug": {"msg": FAILED}}],
        }))
    return player.run(tasks, host=host.name, play={"become": True}, verbosity=verbosity)


def role(player: Player, host: Host, name: str, **variables: Any) -> Played:
    """One role that is not refused."""
    played = roles(player, host, (name, variables))
    assert "refused" not in played.text, played.text
    return played


def changed(played: Played) -> int:
    """How many tasks changed something."""
    found = re.search(r"changed=([0-9]+)", played.text)
    assert found, played.text
    return int(found.group(1))


REFUSED: List[Any] = [
    (dict(dagger_engine_name="dagger-engine-mine"), "takes every container whose name begins with"),
    (dict(dagger_engine_listen="tcp", dagger_engine_address="127.0.0.1:8080"), "whoever reaches the engine is root"),
    (dict(dagger_engine_gc={"maxSpace": "1GB"}), "maxSpace"),
    (dict(dagger_engine_gc={"maxUsedSpace": "much"}), "a size is a number of bytes"),
    (dict(dagger_engine_name="docker"), "this host has /usr/lib/systemd/system/docker.service, not written by this role"),
    (dict(dagger_engine_name="others"), "docker has a container named others that this role did not make"),
    (dict(dagger_engine_state="absent", dagger_engine_name="ssh"), "/etc/ssh, not written by this role"),
    (dict(dagger_engine_users=["nobody-here"]), "no user nobody-here"),
    (dict(dagger_engine_unit_type="quadlet"), "a Quadlet is Podman's, and docker runs the engine here; write 'service'"),
    (dict(dagger_engine_provider="iechor", dagger_engine_listen="container"), "no form of address for a container of iechor"),
    (dict(dagger_engine_checksum="0" * 40), "dagger_engine_checksum: give 'sha256:' or 'sha512:'"),
    (dict(dagger_engine_provider="podman"), "there is no program 'podman' on this host"),
    (dict(), "docker is rootless for the user dev, and Dagger's engine says that it does not run so", dict(become_user="dev")),
]


def test_refused(host_of_dagger: Host, roles_player: Player) -> None:
    """Before anything is written."""
    before = host_of_dagger.sh(LISTING)
    host_of_dagger.sh("docker rm others; tar -c -C /usr/bin busybox | docker import - others && docker create --name others others /busybox")
    played = roles(roles_player, host_of_dagger, *[("dagger_engine", variables, *more) for variables, _said, *more in REFUSED])
    for number, (_variables, said, *_more) in enumerate(REFUSED):
        assert said in str(played.of("refused %d" % number)), (said, played.text)
    host_of_dagger.sh("docker rm others; docker rmi others")
    assert host_of_dagger.sh(LISTING) == before


def test_engine_and_setting(host_of_dagger: Host, roles_player: Player) -> None:
    """From nothing to a query as each user, and back to nothing."""
    host, player = host_of_dagger, roles_player
    before = host.sh(LISTING)
    wanted = dict(
        runner_host_engine=True, runner_host_scopes=[{"kind": "login"}, {"kind": "user", "user": "dev"}],
        dagger_engine_users=["dev"], dagger_engine_environment={"TOKEN": "a $b \"c\" %d"}, dagger_engine_log_level="warn",
        dagger_engine_proxy=PROXY, dagger_engine_no_proxy="10.0.0.0/8,.example", dagger_engine_ca=AUTHORITY)
    played = role(player, host, "runner_host", **wanted)
    assert host.sh("stat -c '%A %U %G' " + SOCKET) == "srw-rw---- root dagger"
    assert host.sh("cat /tmp/dagger.ran") == "root unix://%s\ndev unix://%s" % (SOCKET, SOCKET)
    assert host.sh("runuser -u admin -- %s; echo $?" % CONNECT).endswith("1")  # who is not in the group
    assert host.sh("systemctl is-enabled dagger-runner") == "enabled"
    assert host.sh(INSIDE) == 'a $b "c" %d\n{0}\n{0}\n10.0.0.0/8,.example\n{{\n    "logLevel": "warn"\n}}\n\n{1}'.format(PROXY, AUTHORITY.strip())
    assert "a $b" not in played.text and "s3cr3t" not in played.text
    again = roles(player, host, ("runner_host", wanted), verbosity=3)
    assert changed(again) == 0 and "refused" not in again.text
    # Both ask the host once, and nothing is transferred.
    assert len(re.findall(r"(?m)^<[^>]+> (?:SSH: )?EXEC ", again.text)) == 2 and " PUT " not in again.text, again.text
    # What is killed comes back, and so it does with Docker.
    for kill in ("docker kill -s KILL dagger-runner", "systemctl restart docker"):
        host.sh(kill)
        until(lambda: host.sh(CONNECT, check=False) == "" and host.sh("%s && echo up" % CONNECT, check=False) == "up")
    # A client is not cut off without a word.
    host.sh(CLIENT)
    until(lambda: host.sh("grep -c ' 0001 03 .* /run/dagger/engine.sock$' /proc/net/unix", check=False) == "1")
    newer = dict(wanted, dagger_engine_version="0.18.20", runner_host_proof="never")
    image = "docker inspect -f '{{.Config.Image}}' dagger-runner"
    played = roles(player, host, ("runner_host", newer), ("dagger_engine", {"dagger_engine_state": "absent"}))
    assert "WARNING: dagger-runner runs with older settings" in played.text and changed(played) == 0
    assert "clients are connected" in str(played.of("refused 1")) and host.sh(image) == "stand-in/engine:v0.18.19"
    host.sh("systemctl stop dagger-client")
    assert changed(role(player, host, "runner_host", **newer)) == 2 and host.sh(image) == "stand-in/engine:v0.18.20"
    role(player, host, "runner_host", runner_host_state="absent", runner_host_scopes=[], runner_host_engine=True,
         dagger_engine_volume_state="absent")
    assert host.sh(LISTING) == before and host.sh("docker ps -aq; docker volume ls -q; systemctl is-active dagger-runner; :") == "inactive"


# What runs it, and what it takes here: nerdctl has no network plugins on this host.
PROVIDERS: Dict[str, Dict[str, Any]] = {"iechor": {}, "nerdctl": {"dagger_engine_network": "none"}}
# After each trouble another process has to answer.
TROUBLE = """
pid() { PROVIDER container inspect --format '{{.State.Pid}}' dagger-runner 2>/dev/null; }
stat -c '%A %U %G' SOCKET
for trouble in 'PROVIDER kill -s KILL dagger-runner' 'systemctl restart dagger-runner' 'systemctl restart SERVICE'; do
    old=$(pid)
    $trouble >/dev/null
    for _ in $(seq 300); do
        [ "$(pid || echo $old)" != $old ] && CONNECT 2>/dev/null && echo back && break
        sleep 0.1
    done
done
""".replace("CONNECT", CONNECT).replace("SOCKET", SOCKET)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_another_provider(host_of_dagger: Host, roles_player: Player, provider: str) -> None:
    """Up, reached by its group, back after what ends it, replaced for another image alone, and away but for its volume."""
    host, player = host_of_dagger, roles_player
    if provider == "nerdctl":
        real = Path(os.environ.get("SLIPWAY_NERDCTL") or programs.path("nerdctl"))
        if not real.exists():
            pytest.skip("no nerdctl was built, and SLIPWAY_NERDCTL names none")
        host.write("/usr/local/bin/nerdctl", real.read_bytes())
        host.write(ARCHIVE, (player.folder / "engine.tar").read_bytes())
        host.sh("chmod 755 /usr/local/bin/nerdctl; nerdctl load -i {0} >/dev/null; rm {0}".format(ARCHIVE))
    before = host.sh(LISTING)
    wanted = dict(PROVIDERS[provider], dagger_engine_provider=provider, dagger_engine_archive=None, dagger_engine_pull=False)
    trouble = TROUBLE.replace("PROVIDER", provider).replace("SERVICE", "containerd" if provider == "nerdctl" else provider)
    pid = "%s container inspect --format '{{.State.Pid}}' dagger-runner" % provider
    played = roles(
        player, host, ("dagger_engine", wanted), trouble, pid, ("dagger_engine", wanted), pid,
        ("dagger_engine", dict(wanted, dagger_engine_digest="sha256:" + "0" * 64)), pid,
        ("dagger_engine", dict(wanted, dagger_engine_version="0.18.20")), pid,
        ("dagger_engine", dict(wanted, dagger_engine_state="absent")))
    assert "refused" not in played.text.replace("refused 5", "") and "dagger_engine_pull: this host has no" in str(played.of("refused 5"))
    said = played.of("sh 1")["stdout_lines"]
    assert said == ["srw-rw---- root dagger", "back", "back", "back"], played.text
    pids = [played.of("sh %d" % number)["stdout"] for number in (2, 4, 6, 8)]
    assert pids[0] == pids[1] == pids[2] != pids[3], pids
    assert host.sh(LISTING) == before
    assert host.sh("{0} ps -aq; {0} volume ls -q; {0} volume rm dagger-runner; systemctl is-active dagger-runner; :".format(provider)) == (
        "dagger-runner\ndagger-runner\ninactive")


def test_tcp(host_of_dagger: Host, roles_player: Player) -> None:
    """With the word, on the address alone; ready means that the engine answers behind the port that Docker forwards at once."""
    host, player = host_of_dagger, roles_player
    tcp = dict(dagger_engine_listen="tcp", dagger_engine_address="127.0.0.1:8090", dagger_engine_tcp_unencrypted=True)
    role(player, host, "dagger_engine", **tcp)
    assert host.sh("ss -Hlnt 'sport = :8090' | awk '{print $4}'") == "127.0.0.1:8090"
    assert host.sh("ls %s 2>&1; :" % SOCKET).endswith("No such file or directory")
    role(player, host, "dagger_engine", dagger_engine_state="absent", dagger_engine_volume_state="absent")
