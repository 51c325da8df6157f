# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong is said as it is, and the host is as it was before."""

import json
import time
from typing import Any

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Driven, Host

CONFIG = ENGINES["docker"]["config"]
ORIGINAL = b'{\n    "debug": false\n}\n'
ABSENT = dict(CRUN, state="absent")


@pytest.fixture
def quiet(host: Host) -> Host:
    """The host with Docker live on the original, without a restart where that can be had."""
    if host.sh("systemctl is-active docker", check=False) != "active":
        host.reset()
    host.sh("rm -rf /etc/docker/*")
    host.forget()
    host.write(CONFIG, ORIGINAL)
    first = host.drive()
    assert first.error is None, first.text
    return host


def assert_untouched(host: Host, content: Any = ORIGINAL) -> None:
    """Nothing of the attempt is left, in file or engine, and the next run works."""
    assert host.read(CONFIG) == content
    assert host.loaded() == []
    assert host.leftovers() == []


def assert_error(done: Driven, reason: str, *words: str, **facts: Any) -> None:
    """It failed for that reason, and says these words."""
    assert done.error is not None, done.text
    assert done.error["reason"] == reason, done.text
    for word in words:
        assert word in done.message, done.message
    for key, value in facts.items():
        assert done.error.get(key) == value, (key, done.text)


# -- programs


def test_no_program(quiet: Host) -> None:
    """A path that is not there."""
    done = quiet.drive(runtimes=[{"name": "x", "path": "/usr/bin/absent"}])
    assert_error(done, "program_not_found", "/usr/bin/absent", "runtimes[x].path", option="runtimes[x].path")
    assert_untouched(quiet)


def test_no_shim(quiet: Host) -> None:
    """A shim that containerd would not find; the message says where it would look."""
    done = quiet.drive(runtimes=[{"name": "x", "shim": "io.containerd.absent.v1"}])
    assert_error(done, "shim_not_found", "containerd-shim-absent-v1", "/usr/local/bin")
    assert_untouched(quiet)


def test_not_executable(quiet: Host) -> None:
    """A file without the right to execute it."""
    quiet.write("/srv/plain", b"#!/bin/sh\nexit 0\n")
    quiet.sh("chmod 644 /srv/plain")
    done = quiet.drive(runtimes=[{"name": "x", "path": "/srv/plain"}])
    assert done.error is not None and "executable" in done.message, done.text
    assert_untouched(quiet)


def test_wrong_architecture(quiet: Host) -> None:
    """A program that this machine cannot run."""
    header = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\xf3\0\x01\0\0\0" + b"\0" * 40
    quiet.write("/srv/riscv", header)
    quiet.sh("chmod 755 /srv/riscv")
    done = quiet.drive(runtimes=[{"name": "x", "path": "/srv/riscv"}])
    assert_error(done, "program_broken", "/srv/riscv")
    assert_untouched(quiet)


@pytest.mark.parametrize("question", ["--version", "features"])
def test_hanging(quiet: Host, question: str) -> None:
    """A program that hangs, and forks what hangs: said by name, in time, before anything is written."""
    quiet.script("/srv/hanger", '#!/bin/sh\n[ "$1" = %s ] || exit 0\nsleep 600 &\nsetsid sleep 601 &\nsleep 602\n' % question)
    start = time.monotonic()
    done = quiet.drive(runtimes=[{"name": "x", "path": "/srv/hanger"}])
    assert_error(done, "program_hangs", "/srv/hanger " + question, option="runtimes[x].path")
    assert time.monotonic() - start < 5 + 5
    assert quiet.sh("ps -eo args | grep -c '^sleep 60[02]$'", check=False) == "0"
    quiet.sh("for p in $(ps -eo pid,args | awk '$2 == \"sleep\" && $3 == 601 {print $1}'); do kill $p; done")
    assert_untouched(quiet)


def test_hanging_and_written_by_hand(quiet: Host) -> None:
    """A program that hangs, written by somebody else and not loaded: our reload does not hang the engine for good."""
    quiet.script("/srv/hanger", '#!/bin/sh\n[ "$1" = features ] && sleep 600\nexit 0\n')
    content = json.dumps({"runtimes": {"x": {"path": "/srv/hanger"}}}).encode()
    quiet.write(CONFIG, content)
    done = quiet.drive(runtimes=[SLIP], wait_timeout=5)
    assert done.error is not None and "/srv/hanger" in done.message, done.text
    assert quiet.read(CONFIG) == content
    quiet.write(CONFIG, ORIGINAL)
    second = quiet.drive(wait_timeout=15)
    assert second.error is None, second.text
    assert_untouched(quiet)


# -- refused


def test_refused_by_the_validator(quiet: Host) -> None:
    """What the engine's own validator refuses is not written; the engine's words are in the message."""
    content = b'{"no-such-key": true}\n'
    quiet.write(CONFIG, content)
    done = quiet.drive(runtimes=[CRUN])
    assert_error(done, "engine_refuses", "no-such-key", failed_stage="check")
    assert_untouched(quiet, content)


def test_refused_at_the_reload(quiet: Host) -> None:
    """What only the reload refuses is rolled back; the engine's words are in the message."""
    before = quiet.pid()
    done = quiet.drive(runtimes=[{"name": "runc", "path": "/usr/bin/crun"}], skip=["rules", "validator"])
    assert_error(done, "engine_refused", "reserved", "as it was before", failed_stage="observe", rolled_back=True)
    assert_untouched(quiet)
    assert quiet.pid() == before
    again = quiet.drive(runtimes=[CRUN])
    assert again.changed
    assert quiet.loaded() == ["crun"]


def test_refused_with_runtimes_that_stay(quiet: Host) -> None:
    """The way back brings what was loaded before, default and shims too."""
    assert quiet.drive(runtimes=[CRUN, SLIP], default_runtime="crun").changed
    content = quiet.read(CONFIG)
    wanted = [{"name": "runc", "path": "/usr/bin/crun"}, ABSENT, dict(SLIP, state="absent")]
    done = quiet.drive(runtimes=wanted, default_runtime="runc", skip=["rules", "validator"])
    assert_error(done, "engine_refused", "reserved", rolled_back=True)
    assert quiet.read(CONFIG) == content
    assert quiet.loaded() == ["crun", "slip"] and quiet.info()["DefaultRuntime"] == "crun"
    assert quiet.leftovers() == []
    again = quiet.drive(runtimes=[CRUN, SLIP], default_runtime="crun")
    assert again.error is None, again.text


def test_a_restart_that_does_not_come_back(quiet: Host) -> None:
    """The old file, and up again; the engine's words are in the message."""
    wanted = [{"name": "runc", "path": "/usr/bin/crun"}]
    done = quiet.drive(
        runtimes=wanted, features={"slipway-test": True}, restart="if_needed", skip=["rules", "validator"], wait_timeout=30)
    assert_error(done, "engine_did_not_start", "reserved", "as it was before", failed_stage="apply", rolled_back=True)
    assert quiet.sh("systemctl is-active docker") == "active"
    assert_untouched(quiet)


def test_a_restart_at_the_start_limit(quiet: Host) -> None:
    """The same where the unit has used up its starts already."""
    quiet.sh("systemctl reset-failed docker; for i in 1 2 3; do systemctl restart docker; done")
    done = quiet.drive(
        runtimes=[{"name": "runc", "path": "/usr/bin/crun"}], features={"slipway-test": True}, restart="if_needed",
        skip=["rules", "validator"], wait_timeout=30)
    assert_error(done, "engine_did_not_start", rolled_back=True)
    assert quiet.sh("systemctl is-active docker") == "active"
    assert_untouched(quiet)


# -- the disk


def test_disk_full(quiet: Host) -> None:
    """No space for the new file."""
    quiet.sh("mount -t tmpfs -o size=16k tmpfs /etc/docker; printf '{}\\n' >%s; "
             "head -c 100000 /dev/zero >/etc/docker/filler 2>/dev/null; :" % CONFIG)
    try:
        args = ["--%04d=%s" % (number, "x" * 100) for number in range(80)]
        done = quiet.drive(runtimes=[dict(CRUN, args=args)], skip=["validator"])
        assert_error(done, "system_error", "No space left", failed_stage="commit", rolled_back=True)
        assert quiet.read(CONFIG) == b"{}\n"
        assert quiet.leftovers() == [] and quiet.loaded() == []
    finally:
        quiet.sh("umount /etc/docker")


def test_no_space_for_the_notes(quiet: Host) -> None:
    """No space where we keep our own notes: nothing is changed."""
    quiet.sh("mkdir -p /var/lib/slipway-runtimes; mount -t tmpfs -o size=4k tmpfs /var/lib/slipway-runtimes; "
             "head -c 100000 /dev/zero >/var/lib/slipway-runtimes/filler 2>/dev/null; :")
    try:
        done = quiet.drive(runtimes=[CRUN])
        assert_error(done, "system_error", "No space left")
        assert quiet.read(CONFIG) == ORIGINAL and quiet.loaded() == []
    finally:
        quiet.sh("umount /var/lib/slipway-runtimes")
    assert quiet.drive(runtimes=[CRUN]).changed


def test_read_only(quiet: Host) -> None:
    """A folder on a file system that is mounted read-only: the message does not speak of rights."""
    quiet.sh("mount --bind /etc/docker /etc/docker && mount -o remount,ro,bind /etc/docker")
    try:
        done = quiet.drive(runtimes=[CRUN])
        assert done.error is not None and "read-only" in done.message.lower(), done.text
        assert_untouched(quiet)
    finally:
        quiet.sh("umount /etc/docker")


@pytest.mark.parametrize("stage", ["_note", "_record", "observe", "apply"])
def test_a_fault_at_each_stage(quiet: Host, stage: str) -> None:
    """An error of the system in the middle: the way back is whole."""
    once = "[ -e /srv/once ] || { touch /srv/once; exit 99; }"
    quiet.sh("rm -f /srv/once")
    done = quiet.drive(runtimes=[CRUN], hooks={stage + ":after": once})
    assert_error(done, "system_error", "No space left", "as it was before", rolled_back=True)
    assert_untouched(quiet)
    assert quiet.drive(runtimes=[CRUN]).changed and quiet.drive(runtimes=[ABSENT]).changed
    assert_untouched(quiet)


# -- the file


def test_a_folder(quiet: Host) -> None:
    """A folder in the place of the file."""
    quiet.sh("rm {0}; mkdir {0}".format(CONFIG))
    try:
        assert_error(quiet.drive(runtimes=[CRUN]), "config_not_a_file", CONFIG)
    finally:
        quiet.sh("rmdir %s" % CONFIG)


@pytest.mark.parametrize("content, line, column", [
    (b'{"debug": tru\n', 1, 11), (b'{\n  "debug": true,\n}\n', 3, 1), (b'{"a": 1} {', 1, 10), (b"[]\n", 1, 1), (b"\xff\xfe\x00", 1, 1),
])
def test_broken(quiet: Host, content: bytes, line: int, column: int) -> None:
    """Broken JSON: line and column, and nothing is touched."""
    quiet.write(CONFIG, content)
    done = quiet.drive(runtimes=[CRUN])
    assert_error(done, "broken_config", CONFIG, line=line, column=column)
    assert_untouched(quiet, content)


def test_doubled_key(quiet: Host) -> None:
    """A key that stands twice is refused where it matters."""
    content = b'{"runtimes": {}, "runtimes": {"x": {"path": "/usr/bin/crun"}}}\n'
    quiet.write(CONFIG, content)
    done = quiet.drive(runtimes=[CRUN])
    assert done.error is not None and "more than once" in done.message, done.text
    assert quiet.read(CONFIG) == content


# -- who asks, and what


def test_without_rights(quiet: Host) -> None:
    """A user who may not."""
    done = quiet.drive(runtimes=[CRUN], user="dev")
    assert_error(done, "no_permission", "become")
    quiet.sh("chmod 600 %s" % CONFIG)
    done = quiet.drive(runtimes=[CRUN], user="dev")
    assert_error(done, "no_permission", "become")
    assert_untouched(quiet)


def test_user_scope_as_root(quiet: Host) -> None:
    """Root is nobody's user."""
    assert_error(quiet.drive(runtimes=[CRUN], scope="user"), "user_scope_as_root", option="scope")


def test_not_installed(quiet: Host) -> None:
    """Another unit and daemon than there are."""
    quiet.sh("systemctl stop iechor; systemctl mask --runtime iechor; mv /usr/sbin/iechord /usr/sbin/iechord.away")
    try:
        done = quiet.drive(engine="iechor", runtimes=[CRUN], unit="absent", config_path="/etc/absent.json")
        assert_error(done, "engine_not_found", "iEchor", option="engine")
    finally:
        quiet.sh("mv /usr/sbin/iechord.away /usr/sbin/iechord; systemctl unmask --runtime iechor; systemctl start iechor")
    assert quiet.read("/etc/absent.json") is None


def test_down(quiet: Host) -> None:
    """A daemon that is down: the file is written, nothing is started, and the result says so."""
    quiet.sh("systemctl stop docker.socket docker")
    try:
        done = quiet.drive(runtimes=[CRUN, SLIP])
        assert done.error is None and done.changed, done.text
        assert done.result["live"] is False and done.result["action"] == "none"
        assert quiet.sh("systemctl is-active docker", check=False) != "active"
        again = quiet.drive(runtimes=[CRUN, SLIP])
        assert again.error is None and not again.changed and again.result["live"] is False, again.text
        assert quiet.quick(runtimes=[CRUN, SLIP]) == "nothing to do"
    finally:
        quiet.sh("sleep 1.1; systemctl start docker")
    assert quiet.loaded() == ["crun", "slip"]
    assert quiet.quick(runtimes=[CRUN, SLIP]) == "nothing to do"
    removed = quiet.drive(runtimes=[ABSENT, dict(SLIP, state="absent")])
    assert removed.changed
    assert_untouched(quiet)


def test_stopped_socket_is_asked(quiet: Host) -> None:
    """A daemon that is down behind a socket that would start it: it is not started by being asked."""
    quiet.sh("systemctl stop docker 2>/dev/null; systemctl is-active docker.socket")
    try:
        done = quiet.drive(runtimes=[ABSENT, SLIP])
        assert done.error is None and done.result["live"] is False, done.text
        assert quiet.quick(check_mode=True, runtimes=[dict(SLIP, state="absent")]) in ("would change", "ships")
        assert quiet.sh("systemctl is-active docker", check=False) != "active"
    finally:
        quiet.sh("systemctl start docker")
    assert quiet.drive(runtimes=[dict(SLIP, state="absent")]).changed


def test_a_socket_where_nobody_answers(quiet: Host) -> None:
    """Who could not be asked afterwards is not told to load anything: nothing is written."""
    before = quiet.pid()
    done = quiet.drive(runtimes=[CRUN], socket="/srv/nobody.sock")
    assert_error(done, "engine_unreachable", "/srv/nobody.sock", option="socket")
    assert_untouched(quiet)
    assert quiet.pid() == before


def test_environment_of_the_task(quiet: Host) -> None:
    """DOCKER_HOST and a context lead nobody astray."""
    quiet.sh("mkdir -p /srv/home/.docker; echo '{\"currentContext\": \"absent\"}' >/srv/home/.docker/config.json")
    astray = {"HOME": "/srv/home", "DOCKER_HOST": "unix:///run/iechor.sock", "DOCKER_CONFIG": "/srv/home/.docker"}
    done = quiet.drive(runtimes=[CRUN], environment=astray)
    assert done.error is None and done.changed, done.text
    assert quiet.loaded() == ["crun"] and quiet.loaded("iechor") == []
    assert quiet.drive(runtimes=[ABSENT]).changed


# -- the unit's flags


@pytest.fixture
def flags(host: Host) -> Any:
    """Start Docker with more words on its command line; back to its own at the end."""

    def set_flags(words: str, content: bytes = ORIGINAL) -> Host:
        host.sh("mkdir -p /etc/systemd/system/docker.service.d; printf '[Service]\\nEnvironment=\"DOCKER_OPTS=%s\"\\n' '{}'"
                " >/etc/systemd/system/docker.service.d/test.conf; systemctl daemon-reload".format(words))
        host.reset(content)
        return host

    yield set_flags
    host.sh("rm -r /etc/systemd/system/docker.service.d; systemctl daemon-reload")
    host.reset()


def test_default_by_flag(flags: Any) -> None:
    """A flag and a key for the same: refused before it is written, by the option's name."""
    host = flags("--default-runtime=crun --add-runtime=crun=/usr/bin/crun")
    done = host.drive(default_runtime="runc")
    assert_error(done, "flag_and_file", "default_runtime", "--default-runtime")
    assert host.read(CONFIG) == ORIGINAL
    # A reload takes the file's runtimes alone: the default that only the flag registers would be lost.
    done = host.drive(runtimes=[SLIP])
    assert done.error is not None and "--add-runtime" in done.message, done.text
    assert host.read(CONFIG) == ORIGINAL
    done = host.drive(runtimes=[CRUN, SLIP])
    assert done.error is None and done.changed and done.result["default_runtime"] == "crun", done.text
    assert host.loaded() == ["crun", "slip"]


def test_another_file_by_flag(flags: Any) -> None:
    """The running daemon's own file is written, not the table's."""
    flags("", b"{}\n").write("/srv/docker/other.json", b"{}\n")
    host = flags("--config-file /srv/docker/other.json")
    done = host.drive(runtimes=[CRUN])
    assert done.error is None and done.result["config_path"] == "/srv/docker/other.json", done.text
    assert host.loaded() == ["crun"] and host.read(CONFIG) == ORIGINAL
    assert host.drive(runtimes=[ABSENT]).changed
    assert host.read("/srv/docker/other.json") == b"{}\n" and host.loaded() == []


def test_a_socket_in_the_file(host: Host) -> None:
    """The daemon listens where its file says, and nowhere else: there it is asked, by the module and in check mode by its CLI."""
    content = b'{"hosts": ["tcp://127.0.0.1:2999",\n  "unix:///srv/docker/own.sock"]}\n'
    host.sh("mkdir -p /srv/docker /etc/systemd/system/docker.service.d; printf '[Service]\\nExecStart=\\nExecStart=/usr/sbin/dockerd\\n'"
            " >/etc/systemd/system/docker.service.d/test.conf; systemctl daemon-reload; systemctl stop docker.socket")
    try:
        host.reset(content)
        added = host.drive(runtimes=[CRUN])
        assert added.error is None and added.result["action"] == "reload", added.text
        assert "crun" in host.sh("docker -H unix:///srv/docker/own.sock info -f '{{json .Runtimes}}'")
        assert host.quick(check_mode=True, runtimes=[ABSENT]) == "would change"
        assert host.drive(runtimes=[ABSENT]).changed and host.read(CONFIG) == content
    finally:
        host.sh("rm -r /etc/systemd/system/docker.service.d; systemctl daemon-reload; systemctl stop docker; systemctl start docker.socket")
        host.reset()
