# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that is nerdctl in a lima instance. Pure.

POSIX sh and nothing beside it, so that it is the same on Linux and macOS. It becomes lima's program (exec), so signals
and the exit code are that one's; "$@" keeps every argument as it is.
"""

import posixpath
from typing import Sequence, Tuple

from ..core.snapshot import quote

# How lima can be called: limactl that hands the caller's environment on, one that is too old for it, and lima's own
# short form where nothing else is there.
KEEPING, PLAIN, SHORT = "limactl-env", "limactl", "lima"

_CALLS = {
    KEEPING: 'exec {program} shell --preserve-env "$LIMA_INSTANCE" nerdctl "$@"',
    PLAIN: 'exec {program} shell "$LIMA_INSTANCE" nerdctl "$@"',
    SHORT: 'exec {program} nerdctl "$@"',
}

_TEXT = """#!/bin/sh
# Written by the Ansible module slipway.runtimes.docker_cli, which also removes it.
# nerdctl in a lima instance: '{instance}', or the one that LIMA_INSTANCE names.
LIMA_INSTANCE=${{LIMA_INSTANCE:-{instance}}}
export LIMA_INSTANCE
{call}
"""


def form_of(program: str, *, keeps_environment: bool) -> str:
    """How a program is called. keeps_environment: whether its 'shell' knows --preserve-env."""
    if posixpath.basename(program) != "limactl":
        return SHORT
    return KEEPING if keeps_environment else PLAIN


def render(form: str, *, instance: str, target: str) -> str:
    """The script. target: an absolute path, or '' for the name on the caller's PATH."""
    program = quote(target) if target else ("lima" if form == SHORT else "limactl")
    return _TEXT.format(instance=instance, call=_CALLS[form].format(program=program))


def version_words(form: str, *, instance: str, program: str) -> Tuple[Sequence[str], Sequence[str]]:
    """The environment's words, and the words that ask the instance's nerdctl for its version."""
    if form == SHORT:
        return ["LIMA_INSTANCE=" + instance], [program, "nerdctl", "version"]
    return [], [program, "shell", instance, "nerdctl", "version"]
