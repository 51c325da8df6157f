#!/bin/sh
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# In the place of Dagger's CLI: connects to the engine that it is told of, or else looks for one by the name docker, as that does.
[ "$1" = version ] && echo 'dagger v0.18.19 (stand-in) linux/amd64' && exit 0
if [ -z "${_EXPERIMENTAL_DAGGER_RUNNER_HOST:-}" ]; then
    exec docker version --format '{{.Client.Version}}'
fi
exec python3 -c '
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1][len("unix://"):])
line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
assert line.recv(9)[3] == 4
print("connected")
' "$_EXPERIMENTAL_DAGGER_RUNNER_HOST"
