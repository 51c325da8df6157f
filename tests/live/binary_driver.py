# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs runtime_binary's own code on a host without Ansible, and is killed or fails where a test wants it.

As driver.py does for engine_runtimes. A point is [MODULE.]NAME[@END]:before or :after; MODULE is swap, fetch, archive, programs,
receipt, host or os, none for a method of the effects; END is how one of the arguments ends.
"""

import errno
import functools
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries import (  # noqa: E402
    archive, effects, fetch, programs, receipt, swap)
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.subject import RuntimeBinary  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core import host, transaction  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import render  # noqa: E402

OWNERS = {"archive": archive, "fetch": fetch, "programs": programs, "receipt": receipt, "swap": swap, "host": host, "os": os,
          "effects": effects}


def _defaults(spec, params):
    found = {}
    for name, one in spec.items():
        value = params.get(name, one.get("default"))
        if one.get("elements") == "dict":
            value = [_defaults(one["options"], element) for element in value or []]
        found[name] = value
    return found


def _call(script):
    done = subprocess.run(
        ["sh", "-c", script], env=dict(os.environ, DRIVER=str(os.getpid())), check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL)
    if done.returncode == 99:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a hook")


def _hook(point, script):
    target, _colon, when = point.rpartition(":")
    target, _at, about = target.partition("@")
    module, _dot, name = target.rpartition(".")
    owner = OWNERS[module] if module else effects.BinaryEffects
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        words = [one.dest if isinstance(one, swap.Unit) else one for one in args]
        here = not about or any(isinstance(one, str) and one.endswith(about) for one in words)
        if here and when == "before":
            _call(script)
        found = original(*args, **kwargs)
        if here and when == "after":
            _call(script)
        return found

    setattr(owner, name, wrapped)


def main():
    order = json.load(sys.stdin)
    for point, script in order.get("hooks", {}).items():
        _hook(point, script)
    subject = RuntimeBinary()
    try:
        wanted = subject.parse(_defaults(subject.spec, order["params"]))
        outcome = transaction.run(subject.effects(wanted), check_mode=order.get("check_mode", False))
    except SlipwayError as error:
        print(json.dumps({"error": dict(error.result(), message=error.message)}))
        return
    result = render(outcome.plan, header=subject.diff_header(outcome.plan))
    result.update(outcome.result)
    print(json.dumps({"result": result, "warnings": list(outcome.warnings)}))


main()
