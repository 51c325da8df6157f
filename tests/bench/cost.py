# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program, here or in a host, and prints what it and all of its processes cost, as a line of JSON.

Usage: cost.py SECONDS PROGRAM ARGUMENT...

code: how it ended; wall, cpu: seconds; memory: KiB of the largest of its processes at its largest; said: the end of
what it printed. After SECONDS it is killed. A program of its own, since a process is held to have been as large as the
one that started it.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time


def main(arguments):
    """0 whatever the program ended with."""
    seconds, argv = float(arguments[0]), arguments[1:]
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        watchdog = threading.Timer(seconds, process.kill)
        watchdog.start()
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        watchdog.cancel()
        output.seek(0)
        said = output.read().decode(errors="replace")[-3000:]
    print(json.dumps({
        "code": os.waitstatus_to_exitcode(status), "wall": wall, "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss, "said": said}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
