# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs engine_runtimes' own code on a host without Ansible, and stops, fails or is killed where a test wants it.

An order is JSON on stdin:

params      the module's parameters; defaults come from its argument spec
check_mode  true or false
hooks       point -> sh script; a point is METHOD:before or METHOD:after, a METHOD being one of the effects' or a
            function of core.host ('host.rename@daemon.json': only calls about that path). The script runs there with the
            driver's process id in $DRIVER; what it prints goes nowhere; a script that ends with 99 makes the driver
            raise an OSError (no space left on device) there
skip        what is left out: rules, validator, programs

The answer is JSON on stdout: result, warnings and changed, or error (reason, message, and further keys).
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
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker import effects, plan, rules  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.daemon import DaemonControl  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.effects import EngineEffects  # noqa: E402
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_runtimes import EngineRuntimes  # noqa: E402


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
    if target == "host.rename":
        owner, name = host.os, "rename"
    elif target.startswith("host."):
        owner, name = host, target[len("host."):]
    else:
        owner, name = EngineEffects if hasattr(EngineEffects, target) else DaemonControl, target
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        here = not about or any(isinstance(one, str) and one.endswith(about) for one in args)
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
    for what in order.get("skip", ()):
        if what == "rules":
            rules.check = plan.rules.check = lambda *args, **kwargs: []
        elif what == "validator":
            effects.validate = lambda *args, **kwargs: None
        elif what == "programs":
            effects.ask_programs = lambda *args, **kwargs: None
        else:
            raise ValueError(what)
    subject = EngineRuntimes()
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
