# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the code of distribution packages on a host without Ansible, and is killed or fails where a test wants it.

As driver.py does for engine_runtimes. A point is [calls.]NAME:before or :after, of the calls of the package manager
or of the effects.
"""

import errno
import functools
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from ansible_collections.slipway.runtimes.plugins.module_utils.core import transaction  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import render  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.calls import Calls  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.effects import PackageEffects  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.subject import RuntimePackages  # noqa: E402


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
    module, _dot, name = target.rpartition(".")
    owner = Calls if module else PackageEffects
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        if when == "before":
            _call(script)
        found = original(*args, **kwargs)
        if when == "after":
            _call(script)
        return found

    setattr(owner, name, wrapped)


def main():
    order = json.load(sys.stdin)
    for point, script in order.get("hooks", {}).items():
        _hook(point, script)
    subject = RuntimePackages()
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
