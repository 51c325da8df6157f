# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked before anything is written: the programs that the engine would call, and the engine's own validator."""

from typing import Any, Collection, Dict, List, Sequence, Set, Tuple

from ...core import host
from ...core.errors import SlipwayError
from ...core.secrets import mask
from ..runtime import Runtime
from .entries import normal
from .questions import Found

# A program that is asked for its version or features has this long, in seconds; a reload waits for it without a limit.
PROGRAM_SECONDS = 5
VALIDATE_SECONDS = 30
# The validator's own stdin.
_CANDIDATE = "/proc/self/fd/0"


def ask_programs(
    runtimes: Sequence[Runtime], found: Dict[str, Found], *, known: Dict[str, Any], loaded: Dict[str, Any],
    leave: Collection[str] = ()
) -> None:
    """Ask each program that is new to the engine. One that hangs would hang the engine's reload, and every later one.

    known: entries that the engine has loaded before. loaded: those that it will load, somebody else's among them. leave:
    names that are not asked about.
    Raises SlipwayError that names the option.
    """
    for runtime in runtimes:
        program = runtime.path or runtime.options.get("BinaryName") or ""
        if not runtime.present or not program or runtime.name in leave:
            continue
        if runtime.path and normal(known.get(runtime.name) or {}).get("path") == runtime.path:
            continue
        option = "runtimes[%s].%s" % (runtime.name, "path" if runtime.path else "options[BinaryName]")
        at = found.get(program)
        for question in ("--version", "features"):
            ask_program(at.path if at and at.path else program, question, option=option)
    named = [runtime.name for runtime in runtimes]
    for name, one in loaded.items():
        path = normal(one).get("path") if isinstance(one, dict) else None
        if path and name not in named and name not in known:
            try:
                ask_program(path, "features", option="runtimes[%s].path" % name)
            except SlipwayError as error:
                # What else is wrong with somebody else's entry is not ours to say.
                if error.reason == "program_hangs":
                    raise


def ask_program(path: str, question: str, *, option: str) -> str:
    """A program's answer to one word. Raises SlipwayError where it hangs, or cannot be run at all.

    What it answers is its own matter: programs that do not know 'features' say so with an exit code, and engines go on.
    """
    try:
        answer = host.run([path, question], seconds=PROGRAM_SECONDS)
    except OSError as error:
        raise SlipwayError("program_broken", "%s: %s cannot be run: %s" % (option, path, error.strerror), option=option)
    if answer.code is None:
        raise SlipwayError(
            "program_hangs", "%s: '%s %s' did not end within %d s; the engine asks the same at every reload and would wait "
            "for ever" % (option, path, question, PROGRAM_SECONDS), option=option)
    if answer.code in (126, 127):
        raise SlipwayError("program_broken", "%s: %s cannot be run: %s" % (
            option, path, answer.words[:500] or "exit code %d" % answer.code), option=option)
    return answer.words


def validate(
    program: str, contents: Sequence[bytes], *, argv: Tuple[str, ...], path: str, title: str, secrets: Set[str]
) -> None:
    """Let the daemon's program read candidates of its file, with its own flags. They never lie in any folder: a run that is
    killed leaves nothing of them.

    argv: the daemon's command line. path: what the file is called in messages. Raises SlipwayError, in its words.
    """
    for content in contents:
        command = [program, "--validate", "--config-file", _CANDIDATE] + _without_config(argv[1:])
        answer = host.run(command, seconds=VALIDATE_SECONDS, stdin=content)
        if answer.code is None:
            raise SlipwayError(
                "validator_hangs", "%s --validate did not end within %d s" % (program, VALIDATE_SECONDS),
                config_path=path)
        if answer.code != 0:
            words = mask(answer.words, secrets).replace(_CANDIDATE, path)
            raise SlipwayError(
                "engine_refuses", "%s refuses the configuration: %s" % (title, words), config_path=path)


def _without_config(argv: Tuple[str, ...]) -> List[str]:
    found, skip = [], False
    for word in argv:
        if skip:
            skip = False
        elif word == "--config-file":
            skip = True
        elif not word.startswith("--config-file=") and not word.startswith("$"):
            found.append(word)
    return found
