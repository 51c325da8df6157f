# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import subprocess

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import Question, Snapshot, parse, quote, script
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import SOCKET, Place, read_engine
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.table import engine_named


@pytest.mark.parametrize(("noted", "seconds"), [
    ("Sun 2026-11-22 01:46:17 UTC", 1795311977),
    ("Sun 2026-11-22 01:46:17.123456 UTC", 1795311977),
    ("Thu 1970-01-01 00:00:00 UTC", 0),
    ("Thu 2024-02-29 23:59:59 UTC", 1709251199),
    ("Sun 2026-11-22 01:46:17 CET", None),
    ("Sun 2026-13-22 01:46:17 UTC", None),
    ("Sun 2026-11-22 01:46 UTC", None),
    ("Sun 2026-11-22 01:46:17:18:19:20 UTC", None),
    ("2026-11-22 UTC", None),
    ("n/a", None),
    ("UTC", None),
    ("", None),
])
def test_the_daemons_start_as_the_service_manager_noted_it(noted, seconds):
    answers = {
        "engine": {"pid": ["7"], "start": ["70"], "unit": ["ExecMainStartTimestamp=" + noted]},
        "config": {"kind": ["missing"], "path": ["/etc/docker/daemon.json"]}}
    state = read_engine(Snapshot(answers=answers, trouble={}), Place(engine_named("docker")))
    assert state.daemon.started_at == seconds


USUAL = "/var/run/docker.sock"


@pytest.mark.parametrize(("argv", "file", "socket"), [
    ("dockerd", None, USUAL),
    ("dockerd -H fd:// --containerd=/run/containerd/containerd.sock", "{}", USUAL),
    ("dockerd -H unix:///a.sock", None, "/a.sock"),
    ("dockerd -Hunix:///a.sock", None, "/a.sock"),
    ("dockerd -H=unix:///a.sock", None, "/a.sock"),
    ("dockerd --host unix:///a.sock --host=unix:///b.sock", None, "/a.sock"),
    ("dockerd --host tcp://1.2.3.4:5 --host=unix:///b.sock", None, "/b.sock"),
    # Addresses of something else.
    ("dockerd --containerd=unix:///c.sock --log-opt fluentd-address=unix:///x.sock --log-opt unix:///y.sock", "{}", USUAL),
    ("dockerd --containerd unix:///c.sock -H unix:///a.sock", None, "/a.sock"),
    # By the file, which the engine takes only where no flag says it.
    ("dockerd", '{"hosts": ["fd://", "unix:///f.sock"]}', "/f.sock"),
    ("dockerd", '{\n  "hosts": [\n    "tcp://1.2.3.4:5",\n    "unix:///f.sock"\n  ]\n}', "/f.sock"),
    ("dockerd", '{"hosts":["fd://"],"x":["unix:///x.sock"]}', USUAL),
    ("dockerd", '{\n  "hosts": [\n    "fd://"\n  ],\n  "x": ["unix:///x.sock"]\n}', USUAL),
    ("dockerd", '{"x": "unix:///x.sock"}', USUAL),
    ("dockerd -H fd://", '{"hosts": ["unix:///f.sock"]}', USUAL),
])
def test_the_socket_that_the_daemon_listens_on(tmp_path, shell, argv, file, socket):
    path = tmp_path / "daemon.json"
    if file is not None:
        path.write_text(file)
    given = "e_args='\n%s\n'\ne_config=%s e_socket=%s e_socket_fixed=\n" % (argv.replace(" ", "\n"), quote(str(path)), USUAL)
    text = script([Question("engine", given + SOCKET)], nonce="0")
    done = subprocess.run(shell, input=text.encode("utf-8"), stdout=subprocess.PIPE, check=True)
    assert parse(done.stdout.decode("utf-8"), nonce="0").word("engine", "socket") == socket
