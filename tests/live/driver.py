# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's code on a host without Ansible, and stops, fails or is killed where a test wants it.

An order is JSON, on stdin or by the agent (see agent.py):

subject     engine_runtimes, runtime_binary, packages, docker_cli, runner_host or host_runtimes
params      its parameters; defaults come from its argument spec
check_mode  true or false
hooks       point -> sh script; a point is [MODULE.]NAME[@WORD]:before or :after. MODULE is one of MODULES below, none for a
            method of the subject's effects; WORD is one of the arguments, or how one of them ends ('host.rename@daemon.json':
            only calls about that path). The script runs there with the driver's process id in $DRIVER; what it prints
            goes nowhere; a script that ends with 99 makes the driver raise an OSError (no space left on device) there
skip        what is left out of engine_runtimes: rules, validator, programs

The answer is JSON on stdout: result, warnings and changed, or error (reason, message, and further keys).
"""

import errno
import functools
import importlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

UTILS = "ansible_collections.slipway.runtimes.plugins.module_utils."
# Of each subject: where it is, and the classes whose methods may be hooked.
SUBJECTS = {
    "engine_runtimes": ("engines.engine_runtimes.EngineRuntimes", [
        "engines.docker.effects.EngineEffects", "engines.docker.daemon.DaemonControl"]),
    "runtime_binary": ("binaries.subject.RuntimeBinary", ["binaries.effects.BinaryEffects"]),
    "packages": ("packages.subject.RuntimePackages", ["packages.effects.PackageEffects"]),
    "docker_cli": ("docker_cli.subject.DockerCli", ["docker_cli.effects.CliEffects"]),
    "runner_host": ("runner_host.subject.RunnerHost", ["runner_host.effects.RunnerEffects"]),
    "host_runtimes": ("host_runtimes.subject.HostRuntimes", ["host_runtimes.effects.HostEffects"]),
    "rootless_user": ("rootless_user.subject.RootlessUser", ["rootless_user.effects.UserEffects"]),
}
MODULES = {
    "archive": "binaries.archive", "effects": "binaries.effects", "engine_effects": "engines.docker.effects", "fetch": "binaries.fetch",
    "host": "core.host", "programs": "binaries.programs", "receipt": "binaries.receipt", "swap": "core.swap",
}


def _module(name):
    return importlib.import_module(UTILS + name)


def _named(path):
    module, _dot, name = path.rpartition(".")
    return getattr(_module(module), name)


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


def _owner(module, name, classes):
    if (module, name) == ("host", "rename"):
        return _module("core.host").os
    if module == "os":
        return os
    if module in MODULES:
        return _module(MODULES[module])
    return next(_named(one) for one in classes + [module] if hasattr(_named(one), name))


def _words(args):
    """What a hook may be about: arguments, the words of a command, a path that is swapped."""
    for one in args:
        if hasattr(one, "dest"):
            yield one.dest
        elif isinstance(one, (list, tuple)):
            yield from one
        else:
            yield one


def _hook(point, script, classes):
    target, _colon, when = point.rpartition(":")
    target, _at, about = target.partition("@")
    module, _dot, name = target.rpartition(".")
    owner = _owner(module, name, classes)
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args, **kwargs):
        here = not about or any(isinstance(one, str) and one.endswith(about) for one in _words(args))
        if here and when == "before":
            _call(script)
        found = original(*args, **kwargs)
        if here and when == "after":
            _call(script)
        return found

    setattr(owner, name, wrapped)


def _skip(what):
    effects = _module("engines.docker.effects")
    if what == "rules":
        _module("engines.docker.rules").check = lambda *args, **kwargs: []
    elif what == "validator":
        effects.validate = lambda *args, **kwargs: None
    elif what == "programs":
        effects.ask_programs = lambda *args, **kwargs: None
    else:
        raise ValueError(what)


def load(subject):
    """Import all that an order of the subject may touch."""
    path, classes = SUBJECTS[subject]
    for name in [path] + classes:
        _named(name)
    for name in MODULES.values():
        _module(name)


def carry_out(order):
    """Do what an order says, and print the answer."""
    path, classes = SUBJECTS[order["subject"]]
    for point, script in order.get("hooks", {}).items():
        _hook(point, script, classes)
    for what in order.get("skip", ()):
        _skip(what)
    subject = _named(path)()
    error_class = _named("core.errors.SlipwayError")
    try:
        wanted = subject.parse(_defaults(subject.spec, order["params"]))
        outcome = _module("core.transaction").run(subject.effects(wanted), check_mode=order.get("check_mode", False))
    except error_class as error:
        print(json.dumps({"error": dict(error.result(), message=error.message)}))
        return
    result = _module("core.plan").render(
        outcome.plan, header=subject.diff_header(outcome.plan), recovered=outcome.result.get("recovered", ""))
    result.update(outcome.result)
    print(json.dumps({"result": result, "warnings": list(outcome.warnings)}))


if __name__ == "__main__":
    carry_out(json.load(sys.stdin))
