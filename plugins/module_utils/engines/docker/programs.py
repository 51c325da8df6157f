# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs behind an engine's runtimes: where its daemon and its containerd find them, and what they are. Pure.

Two questions: one asks, behind those of questions.py, for the PATHs that count; once the runtimes are known, the other
asks for the programs.
"""

from typing import Dict, NamedTuple, Optional, Sequence, Tuple

from ...core.snapshot import Question, Snapshot, quote
from .questions import CONTAINERD_PATH, DAEMON_PATH, LOOK, Found, read_found

# What a program may take to say its version, in seconds.
VERSION_SECONDS = 5

_SAY_PATHS = r"""
[ "$e_pid" != 0 ] && e_environ "$e_pid" && s_text paths daemon "$e_path"
"""

_SAY_CONTAINERD = r"""
if [ "$e_path$e_beside" ]; then
    s_text paths containerd "$e_path"
    s_text paths beside "$e_beside"
fi
s_rest=$e_path:$e_beside:
while [ "$s_rest" ]; do
    s_dir=${s_rest%%:*}
    s_rest=${s_rest#*:}
    [ "$s_dir" ] || continue
    for e_shim in "$s_dir"/containerd-shim-*-v[0-9]*; do
        [ -f "$e_shim" ] && [ -x "$e_shim" ] && s_text paths shim "$e_shim"
    done
done
"""

_ASK = r"""
# p_ask NAME FLAG: the digest of the program at e_at, and what it answers to the flag that asks for its version.
p_ask() {
    [ "$e_at" ] || return 0
    s_digest "$1" "$e_at"
    s_err=1
    s_run "$1.version" %(seconds)d env -i "PATH=$PATH" LC_ALL=C "$e_at" "$2"
    s_err=
}
"""


class Paths(NamedTuple):
    """Where programs are looked for, as PATH has it. None: the process could not be read, or none runs.

    beside: the folder of containerd itself, where it looks last. shims: the shims that it finds, as absolute paths in
    the order in which it looks.
    """

    daemon: Optional[str]
    containerd: Optional[str]
    beside: str
    shims: Tuple[str, ...]


class Program(NamedTuple):
    """A program to ask. name: an absolute path, or a bare name. finder: whose PATH counts for a bare name: daemon or
    containerd; '' for an absolute path. flag: what makes it say its version."""

    name: str
    finder: str = ""
    flag: str = "--version"


class Answer(NamedTuple):
    """What is known of a program. version: its own words, one line. code: of the question for it; None where it was
    not asked, or ended at the limit (hung). '' stands for not known."""

    found: Found
    sha256: str = ""
    version: str = ""
    code: Optional[int] = None
    hung: bool = False


def path_question() -> Question:
    """Where an engine finds programs. To be asked right behind engine_questions(), whose sh variables it reads."""
    texts = (DAEMON_PATH, _SAY_PATHS, CONTAINERD_PATH, _SAY_CONTAINERD)
    return Question("paths", "\n".join(text.strip("\n") for text in texts))


def read_paths(snapshot: Snapshot) -> Paths:
    """The answer to path_question()."""
    daemon, containerd = snapshot.words("paths", "daemon"), snapshot.words("paths", "containerd")
    return Paths(
        daemon=daemon[0] if daemon else None, containerd=containerd[0] if containerd else None,
        beside=snapshot.word("paths", "beside"), shims=tuple(snapshot.words("paths", "shim")))


def program_questions(programs: Sequence[Program], paths: Paths) -> Tuple[Question, ...]:
    """What is asked of these programs. Those whose finder's PATH is not known are left out."""
    texts = [LOOK.strip("\n"), _ASK.strip("\n").replace("%(seconds)d", str(VERSION_SECONDS))]
    for number, program in enumerate(programs):
        name, word = "program.%d" % number, quote(program.name)
        if program.name.startswith("/"):
            texts.append("e_here %s %s" % (name, word))
        else:
            path = paths.daemon if program.finder == "daemon" else paths.containerd
            if path is None:
                continue
            texts.append("e_path=%s" % quote(path))
            texts.append("e_beside=%s" % quote(paths.beside if program.finder == "containerd" else ""))
            texts.append("e_look %s %s" % (name, word))
        texts.append("p_ask %s %s" % (name, quote(program.flag)))
    return (Question("programs", "\n".join(texts)),) if programs else ()


def read_programs(snapshot: Snapshot, programs: Sequence[Program]) -> Dict[Program, Answer]:
    """The answers to program_questions() with the same programs."""
    return {program: _answer(snapshot, "program.%d" % number) for number, program in enumerate(programs)}


def version_line(output: str) -> str:
    """A version in one line, of what a program prints: its first line, or what a containerd shim says in several.

    >>> version_line("containerd-shim-runc-v2:\\n  Version:  1.7.24\\n  Revision: x")
    'containerd-shim-runc-v2 1.7.24'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return ""
    for line in lines[1:]:
        if line.startswith("Version:") and lines[0].endswith(":"):
            return "%s %s" % (lines[0][:-1].rpartition("/")[2], line[len("Version:"):].strip())
    return lines[0][:200]


def _answer(snapshot: Snapshot, name: str) -> Answer:
    found = read_found(snapshot, name)
    said = snapshot.program(name + ".version")
    digest = snapshot.word(name, "sha256")
    if said is None:
        return Answer(found=found, sha256=digest)
    output = said.output.decode("utf-8", "replace")
    return Answer(
        found=found, sha256=digest, version=version_line(output) if said.code == 0 else "", code=said.code,
        hung=said.hung)
