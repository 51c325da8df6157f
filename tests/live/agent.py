# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a host for the tests, and does there what it is asked, a line of JSON each: to enter the host anew costs more than most of it.

Asked: argv, stdin (base64) and user: a program is started. Or driver (its folder), order (see driver.py), user and environment: the
driver runs in a process of its own that has its imports already, which take longer than most orders.
Answered: code, as subprocess has it, stdout and stderr (base64).
"""

import base64
import importlib
import json
import os
import pwd
import selectors
import signal
import subprocess
import sys
import traceback

SECONDS = 120


def _change_user(name):
    facts = pwd.getpwnam(name)
    os.initgroups(name, facts.pw_gid)
    os.setgid(facts.pw_gid)
    os.setuid(facts.pw_uid)


def _surroundings(name):
    """A user's environment and folder; none for root, who keeps what the agent has."""
    if not name:
        return None, None
    home = pwd.getpwnam(name).pw_dir
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "USER": name, "LOGNAME": name}, home


def _start(asked):
    environment, folder = _surroundings(asked["user"])
    return subprocess.run(
        asked["argv"], input=base64.b64decode(asked["stdin"]), check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        timeout=SECONDS, env=environment, cwd=folder, preexec_fn=(lambda: _change_user(asked["user"])) if asked["user"] else None)


def _drive(asked):
    if asked["driver"] not in sys.path:
        sys.path.insert(0, asked["driver"])
    driver = importlib.import_module("driver")
    driver.load(asked["order"]["subject"])
    ends = [os.pipe(), os.pipe()]
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(SECONDS)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, (_read, write) in enumerate(ends, start=1):
                os.dup2(write, number)
            _be(asked)
            driver.carry_out(asked["order"])
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    for _read, write in ends:
        os.close(write)
    said = _read_to_the_end([read for read, _write in ends])
    _pid, status = os.waitpid(child, 0)
    return subprocess.CompletedProcess((), os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status), *said)


def _be(asked):
    environment, folder = _surroundings(asked["user"])
    if asked["user"]:
        _change_user(asked["user"])
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
    os.environ.update(asked["environment"])


def _read_to_the_end(files):
    """What comes by some pipes, each to its end: as long as anybody holds the other one."""
    said = {file: b"" for file in files}
    with selectors.DefaultSelector() as waiting:
        for file in files:
            waiting.register(file, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _events in waiting.select():
                part = os.read(key.fd, 65536)
                said[key.fd] += part
                if not part:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
    return [said[file] for file in files]


for line in sys.stdin:
    asked = json.loads(line)
    try:
        done = _drive(asked) if "order" in asked else _start(asked)
        answer = {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    except (OSError, subprocess.TimeoutExpired) as error:
        answer = {"code": 127, "stdout": b"", "stderr": str(error).encode()}
    for key in ("stdout", "stderr"):
        answer[key] = base64.b64encode(answer[key]).decode()
    print(json.dumps(answer), flush=True)
