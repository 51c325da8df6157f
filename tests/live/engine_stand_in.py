# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Dagger's engine: it takes the engine's arguments, listens where it is told to and as whom, and answers a client of
HTTP/2 with settings, as every server of gRPC does. It runs nothing."""

import os
import signal
import socket
import sys
import threading
import time


def _answer(line):
    if line.recv(64).startswith(b"PRI * HTTP/2.0"):
        line.sendall(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    while line.recv(64):
        pass
    line.close()


def _serve(listener):
    while True:
        threading.Thread(target=_answer, args=(listener.accept()[0],), daemon=True).start()


def main(arguments):
    signal.signal(signal.SIGTERM, lambda *_ignored: os._exit(0))  # the first process of a container has no default
    given = list(zip(arguments, arguments[1:]))
    group = int(dict(given).get("--group", "0"))
    time.sleep(0.5)  # the container is up, and nothing listens yet
    for address in [value for key, value in given if key == "--addr"]:
        kind, place = address.split("://")
        if kind == "unix":
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if os.path.exists(place):
                os.unlink(place)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(place)
            os.chmod(place, 0o660)
            os.chown(place, 0, group)
        else:
            host, port = place.rsplit(":", 1)
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, int(port)))
        listener.listen()
        threading.Thread(target=_serve, args=(listener,)).start()


main(sys.argv[1:])
