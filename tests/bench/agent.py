# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a host: what a change costs that is the engine's own, whoever makes the change.

A line of JSON on stdin ({"programs": [argv...]}) is an order: run these programs, let the daemon's validator read the
file, send SIGHUP, wait for the daemon's reload event, and ask it once for its report. The answer is a line of JSON: the
seconds of each. Started ahead of time, so that no start of Python is among them.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time

CONFIG = "/etc/docker/daemon.json"
SOCKET = "/run/docker.sock"
PIDFILE = "/run/docker.pid"


def quietly(argv):
    subprocess.run(
        argv, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask(path):
    """A request to the daemon; its connection and the answer's body so far."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(SOCKET)
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n" % path)
    said = b""
    while b"\r\n\r\n" not in said:
        said += connection.recv(65536)
    return connection, said.partition(b"\r\n\r\n")[2]


def reload():
    with open(PIDFILE) as lines:
        pid = int(lines.read())
    connection, said = ask(b"/events?filters=%7B%22type%22%3A%5B%22daemon%22%5D%2C%22event%22%3A%5B%22reload%22%5D%7D")
    with connection:
        os.kill(pid, signal.SIGHUP)
        while b'"reload"' not in said:
            more = connection.recv(65536)
            if not more:
                raise SystemExit("the daemon closed its events")
            said += more


def report():
    connection, _said = ask(b"/info")
    with connection:
        while connection.recv(65536):
            pass


def validate():
    with open(PIDFILE) as lines:
        pid = int(lines.read())
    with open("/proc/%d/cmdline" % pid, "rb") as raw:
        flags = raw.read().decode().rstrip("\0").split("\0")[1:]
    quietly(["/proc/%d/exe" % pid, "--validate", "--config-file", CONFIG] + flags)


def timed(act, *arguments):
    started = time.monotonic()
    act(*arguments)
    return time.monotonic() - started


print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    answer = {"programs": sum(timed(quietly, argv) for argv in order["programs"])}
    answer.update({act.__name__: timed(act) for act in (validate, reload, report)})
    print(json.dumps(answer), flush=True)
