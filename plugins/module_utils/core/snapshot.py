# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one reader: questions become one POSIX sh script, and its output becomes a Snapshot.

The controller runs the script over the connection, the module runs it on the host; both hand its output to parse().
Pure: nothing here touches a host.

The script is one function that is called with </dev/null, so that no program which it asks can eat the rest of the
script from stdin. It prints nothing but lines 'NAME<TAB>FIELD<TAB>VALUE' between two markers, whatever a login banner
prints around them. A VALUE is a plain word, or the hex of arbitrary bytes (fields that end in '.hex').
"""

import binascii
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence

from .errors import SlipwayError

# What a question's script may call. Every alternative stands in order: GNU, busybox, BSD.
PRELUDE = r"""
LC_ALL=C TZ=UTC
export LC_ALL TZ
umask 077
s_nl='
'
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
export PATH
s_part=
s_say() { printf '%s\t%s\t%s\n' "$s_part$1" "$2" "$3"; }
s_trouble() { s_say "$1" trouble "$2"; }
if command -v od >/dev/null 2>&1; then
    s_hex() { od -An -v -tx1 | tr -d ' \n'; }
elif command -v hexdump >/dev/null 2>&1; then
    s_hex() { hexdump -v -e '1/1 "%02x"'; }
else
    s_hex() { xxd -p | tr -d '\n'; }
fi
# s_text NAME FIELD VALUE: plain where it can be, because every fork counts.
s_text() {
    case $3 in
        *[!" "-~]*) s_say "$1" "$2.hex" "$(printf '%s' "$3" | s_hex)" ;;
        *) s_say "$1" "$2" "$3" ;;
    esac
}
# s_each NAME FIELD LINES: a value a line.
s_each() {
    s_old=$IFS
    IFS=$s_nl
    set -f
    for s_word in $3; do
        s_text "$1" "$2" "$s_word"
    done
    set +f
    IFS=$s_old
}
s_put() { printf '%s\t%s.hex\t' "$s_part$1" "$2"; s_hex; printf '\n'; }
# s_file NAME PATH: what is there: kind, the file behind a link, its stat, and its content.
s_file() {
    s_text "$1" path "$2"
    # Any folder on the way may be the link. Busybox resolves a dangling one from where it stands.
    s_way=$2
    while [ "$s_way" ] && ! [ -h "$s_way" ]; do
        case $s_way in */*) s_way=${s_way%/*} ;; *) s_way= ;; esac
    done
    if [ "$s_way" ]; then
        s_text "$1" link "$(cd -- "${2%/*}/" 2>/dev/null && readlink -f -- "$2" 2>/dev/null)"
    fi
    if [ -f "$2" ]; then
        s_say "$1" kind file
    elif [ -e "$2" ]; then
        s_say "$1" kind other
        return 0
    elif [ -h "$2" ]; then
        s_say "$1" kind dangling
        return 0
    else
        s_parent=${2%/*}
        if [ -d "${s_parent:-/}" ] && ! [ -x "${s_parent:-/}" ]; then
            s_trouble "$1" unreadable
        fi
        s_say "$1" kind missing
        return 0
    fi
    s_stat=$(stat -L -c '%a %u %g %s %i %d %Y %Z %z' -- "$2" 2>/dev/null) ||
        s_stat=$(stat -L -f '%Lp %u %g %z %i %d %m %c %Fc' "$2" 2>/dev/null) || s_trouble "$1" stat
    s_say "$1" stat "$s_stat"
    if ! [ -r "$2" ]; then
        s_trouble "$1" unreadable
    elif [ "${s_stat:+x}" ]; then
        printf '%s\t%s\t' "$s_part$1" content.hex
        s_hex <"$2"
        printf '\n'
    fi
}
# s_line NAME PATH: the first line of a small file of ours, without a fork.
s_line() {
    [ -f "$2" ] || return 0
    if IFS= read -r s_first 2>/dev/null <"$2"; then
        s_say "$1" line "$s_first"
    else
        s_trouble "$1" unreadable
    fi
}
# s_limited SECONDS PROGRAM...: its output up to the limit, then a line with the marker and its exit code. The program and
# its watchdog share a process group of their own, which ends itself as a whole: a fork that keeps the pipe cannot keep
# the answer, and nothing is left behind. Only 'kill 0' is used: a shell that reads 'kill -PGID' in another way (posh
# does) ends every process of the host.
s_limited() {
    if command -v setsid >/dev/null 2>&1; then
        setsid sh -c "$s_inner" "$s_mark" "$@" </dev/null &
    elif command -v perl >/dev/null 2>&1; then
        perl -e 'setpgrp(0, 0) or die; exec @ARGV' sh -c "$s_inner" "$s_mark" "$@" </dev/null &
    else
        printf '\n%s nolimit\n' "$s_mark"
        return 0
    fi
    wait "$!"
    # One line more: some sed read the next before they quit, and a fork may hold the pipe open.
    printf '\n%s %s\n\n' "$s_mark" "$?"
}
# shellcheck disable=SC2016  # The inner shell expands it.
s_inner='
{ sleep "$1"; kill -s KILL 0; } >/dev/null 2>&1 &
shift
"$@"
printf "\n%s %s\n" "$0" "$?"
kill -s KILL 0'
# s_ask SECONDS PROGRAM...: sets s_out to its stdout (s_err=1: and stderr), s_rc to its exit code or nolimit.
s_ask() {
    if [ "${s_err:-}" = 1 ]; then
        s_out=$(s_limited "$@" 2>&1 | sed "/^$s_mark/q")
    else
        s_out=$(s_limited "$@" 2>/dev/null | sed "/^$s_mark/q")
    fi
    s_rc=${s_out##*"$s_mark "}
    s_out=${s_out%"$s_nl$s_mark"*}
}
# s_run NAME SECONDS PROGRAM...: the answer of a program, bounded in time and size.
s_run() {
    s_name=$1
    shift
    s_say "$s_name" limit "$1"
    printf '%s\t%s\t' "$s_part$s_name" answer.hex
    if [ "${s_err:-}" = 1 ]; then
        s_limited "$@" 2>&1 | sed "/^$s_mark/q" | od -An -v -tx1 -N 1048576 | tr -d ' \n'
    else
        s_limited "$@" 2>/dev/null | sed "/^$s_mark/q" | od -An -v -tx1 -N 1048576 | tr -d ' \n'
    fi
    printf '\n'
}
# s_digest NAME PATH: SHA-256 of a file.
s_digest() {
    if ! [ -r "$2" ]; then
        s_trouble "$1" unreadable
        return 0
    fi
    s_sum=$(sha256sum <"$2" 2>/dev/null) || s_sum=$(shasum -a 256 <"$2" 2>/dev/null) ||
        s_sum=$(openssl dgst -sha256 <"$2" 2>/dev/null) || s_trouble "$1" digest
    s_sum=${s_sum#*= }
    s_say "$1" sha256 "${s_sum%% *}"
}
"""


class Question(NamedTuple):
    """name: [a-z0-9._-]+, the NAME of its answer's lines. script: POSIX sh that calls the prelude's functions."""

    name: str
    script: str


class FileFacts(NamedTuple):
    """A path of a host. kind: file, missing, dangling, other. content: None where it is no readable file.

    target: the path behind a link, or the path itself. ctime: opaque, compared only with another of the same host.
    ctime_s and mtime_s: whole seconds since the epoch. mode: octal digits. -1 and '' stand for not known.
    """

    path: str
    kind: str
    target: str
    mode: str = ""
    uid: int = -1
    gid: int = -1
    size: int = -1
    inode: int = -1
    device: int = -1
    mtime_s: int = -1
    ctime_s: int = -1
    ctime: str = ""
    content: Optional[bytes] = None


class ProgramFacts(NamedTuple):
    """A program's answer. code: its exit code; None where it was ended at the limit (hung) or could not be limited."""

    output: bytes
    code: Optional[int]
    hung: bool


class Snapshot(NamedTuple):
    """What was read of a host. answers: NAME -> FIELD -> values in order; what came as hex stands there as text too.
    trouble: NAME -> what could not be read."""

    answers: Dict[str, Dict[str, List[str]]]
    trouble: Dict[str, List[str]]

    @property
    def complete(self) -> bool:
        """False where anything that was asked could not be read."""
        return not self.trouble

    def joined(self, other: "Snapshot") -> "Snapshot":
        """Both answers as one. No NAME may be in both."""
        return Snapshot(answers=dict(self.answers, **other.answers), trouble=dict(self.trouble, **other.trouble))

    def part(self, part: str) -> "Snapshot":
        """The answers to part_question(part, ...), under the names that its questions gave them."""
        start = part + "."
        return Snapshot(
            answers={name[len(start):]: one for name, one in self.answers.items() if name.startswith(start)},
            trouble={name[len(start):]: one for name, one in self.trouble.items() if name.startswith(start)})

    def word(self, name: str, field: str, default: str = "") -> str:
        """The first value of a field, as text."""
        return self.answers.get(name, {}).get(field, [default])[0]

    def words(self, name: str, field: str) -> List[str]:
        """All values of a field, as text, in order."""
        return self.answers.get(name, {}).get(field, [])

    def data(self, name: str, field: str) -> Optional[bytes]:
        """The bytes of a hex field, or None where it was not answered. Raises SlipwayError on a torn answer."""
        value = self.answers.get(name, {}).get(field + ".hex")
        return None if value is None else _unhex(value[0])

    def file(self, name: str) -> FileFacts:
        """The answer to s_file NAME. Raises SlipwayError where NAME was not asked."""
        kind = self.word(name, "kind")
        if not kind:
            raise SlipwayError("probe_answer", "the host's answer lacks the file '%s'" % name)
        path = self.word(name, "path")
        facts = FileFacts(path=path, kind=kind, target=(self.word(name, "link").rstrip("\n") or path))
        stat = self.word(name, "stat")
        if kind != "file" or not stat:
            return facts
        mode, uid, gid, size, inode, device, mtime, ctime, exact = stat.split(" ", 8)
        return facts._replace(
            mode=mode, uid=int(uid), gid=int(gid), size=int(size), inode=int(inode), device=int(device),
            mtime_s=int(mtime), ctime_s=int(ctime), ctime=exact, content=self.data(name, "content"))

    def program(self, name: str) -> Optional[ProgramFacts]:
        """The answer to s_run NAME, or None where the program was not asked."""
        answer = self.data(name, "answer")
        if answer is None:
            return None
        output, newline, last = answer.rstrip(b"\n").rpartition(b"\n")
        word = last.rpartition(b" ")[2]
        if not newline or not word.isdigit():
            # Cut at the size limit, or nothing on that host can hold a program to a time limit.
            return ProgramFacts(output=output, code=None, hung=False)
        code = int(word)
        # 137 is the limit's KILL (timeout's own, or the program under it); 142 is perl's alarm.
        hung = code in (137, 142)
        return ProgramFacts(output=output, code=None if hung else code, hung=hung)


def quote(text: str) -> str:
    """One word of POSIX sh. Raises SlipwayError on a NUL byte, which no sh can carry."""
    if "\0" in text:
        raise SlipwayError("bad_value", "a value holds a NUL byte, which no path or argument can")
    return "'" + text.replace("'", "'\"'\"'") + "'"


def file_question(name: str, path: str) -> Question:
    """A file's kind, owner, mode, link and content."""
    return Question(name, "s_file %s %s" % (name, quote(path)))


def program_question(name: str, argv: Sequence[str], *, seconds: int, stderr: bool = False) -> Question:
    """What a program prints, within a limit of seconds. It runs with a clean environment."""
    words = " ".join(quote(word) for word in argv)
    call = 's_run %s %d env -i "PATH=$PATH" LC_ALL=C "HOME=${HOME:-/}" %s' % (name, seconds, words)
    return Question(name, "s_err=1\n%s\ns_err=" % call if stderr else call)


def digest_question(name: str, path: str) -> Question:
    """The SHA-256 of a file, read by snapshot.word(name, 'sha256')."""
    return Question(name, "s_digest %s %s" % (name, quote(path)))


def part_question(part: str, questions: Iterable[Question]) -> Question:
    """Questions that are asked apart from all others: their names and their sh variables are their own.

    part: [a-z0-9_-]+; Snapshot.part(part) has the answers.
    """
    return Question(part, "(\ns_part=%s.\n%s\n)" % (part, "\n".join(question.script for question in questions)))


def script(questions: Iterable[Question], *, nonce: str) -> str:
    """The whole sh script for these questions. nonce: [a-z0-9]+, new for each run, so that no program can forge an end."""
    parts = [
        # Parts are subshells of the same functions and variables, each whole in itself, and no probe needs all of them.
        "# shellcheck disable=SC2030,SC2031,SC2034,SC2317,SC2329",
        "slipway_main() {", "s_mark=slipway-%s" % nonce, PRELUDE.strip("\n"), 'printf \'%s\\n\' "$s_mark begin"']
    parts.extend(question.script for question in questions)
    parts.extend(['printf \'%s\\n\' "$s_mark end"', "}", "slipway_main </dev/null", ""])
    return "\n".join(parts)


def parse(output: str, *, nonce: str) -> Optional[Snapshot]:
    """The Snapshot in a script's output, or None where the script did not come to its end.

    Raises SlipwayError on a torn answer.
    """
    mark = "slipway-" + nonce
    lines = output.replace("\r\n", "\n").split("\n")
    try:
        first = lines.index(mark + " begin")
        last = lines.index(mark + " end", first)
    except ValueError:
        return None
    answers: Dict[str, Dict[str, List[str]]] = {}
    trouble: Dict[str, List[str]] = {}
    for line in lines[first + 1:last]:
        name, tab, rest = line.partition("\t")
        field, tab2, value = rest.partition("\t")
        if not tab or not tab2:
            trouble.setdefault("script", []).append("a line that is no answer")
        elif field == "trouble":
            trouble.setdefault(name, []).append(value)
        else:
            fields = answers.setdefault(name, {})
            fields.setdefault(field, []).append(value)
            if field.endswith(".hex"):
                fields.setdefault(field[:-4], []).append(_unhex(value).decode("utf-8", "surrogateescape"))
    return Snapshot(answers=answers, trouble=trouble)


def _unhex(value: str) -> bytes:
    try:
        return binascii.unhexlify(value.encode("ascii"))
    except (ValueError, binascii.Error):
        raise SlipwayError("probe_answer", "the host's answer is torn: a value is no hex")
