# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs runner_host's own code on a host without Ansible, and is killed or fails where a test wants it.

As driver.py does for engine_runtimes. A point is NAME[@END]:before or :after; NAME is replace or remove of core.host, or a
method of the effects; END is how the first argument ends.
"""

import errno
import functools
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from ansible_collections.slipway.runtimes.plugins.module_utils.core import host, transaction  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import render  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.effects import RunnerEffects  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.subject import RunnerHost  # noqa: E402


def _hook(point, script):
    target, _colon, when = point.rpartition(":")
    name, _at, end = target.partition("@")
    owner = host if name in ("replace", "remove") else RunnerEffects
    original = getattr(owner, name)

    def call(args):
        if end and not str(args[0]).endswith(end):
            return
        if script == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        subprocess.run(["sh", "-c", script], env=dict(os.environ, DRIVER=str(DRIVER)), check=True)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        if when == "before":
            call(args)
        found = original(*args, **kwargs)
        if when == "after":
            call(args)
        return found

    setattr(owner, name, wrapped)


DRIVER = os.getpid()


def main():
    order = json.load(sys.stdin)
    for point, script in order.get("hooks", {}).items():
        _hook(point, script)
    subject = RunnerHost()
    try:
        wanted = subject.parse(order["params"])
        outcome = transaction.run(subject.effects(wanted), check_mode=order.get("check_mode", False))
    except SlipwayError as error:
        print(json.dumps({"error": dict(error.result(), message=error.message)}))
        return
    result = render(outcome.plan, header=subject.diff_header(outcome.plan))
    result.update(outcome.result)
    print(json.dumps({"result": result, "warnings": list(outcome.warnings)}))


main()
