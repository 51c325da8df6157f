# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a host and starts programs there for the tests, a line of JSON each: to enter the host anew costs more than most of them.

Asked: argv, stdin (base64), user. Answered: code, stdout and stderr (base64).
"""

import base64
import json
import os
import pwd
import subprocess
import sys


def _become(name):
    facts = pwd.getpwnam(name)

    def become():
        os.initgroups(name, facts.pw_gid)
        os.setgid(facts.pw_gid)
        os.setuid(facts.pw_uid)

    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": facts.pw_dir, "USER": name, "LOGNAME": name}
    return {"preexec_fn": become, "env": environment, "cwd": facts.pw_dir}


for line in sys.stdin:
    asked = json.loads(line)
    try:
        done = subprocess.run(
            asked["argv"], input=base64.b64decode(asked["stdin"]), check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=120, **(_become(asked["user"]) if asked["user"] else {}))
        answer = {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    except (OSError, subprocess.TimeoutExpired) as error:
        answer = {"code": 127, "stdout": b"", "stderr": str(error).encode()}
    for key in ("stdout", "stderr"):
        answer[key] = base64.b64encode(answer[key]).decode()
    print(json.dumps(answer), flush=True)
