# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
import subprocess
from typing import Any, Dict, Tuple

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.programs import (
    Answer,
    Paths,
    Program,
    program_questions,
    read_programs,
    version_line,
)


@pytest.mark.parametrize("output, line", [
    ("crun version 1.21\ncommit: 1026\n", "crun version 1.21"),
    ("containerd-shim-runc-v2:\n  Version:  1.7.24~ds1\n  Revision: x\n", "containerd-shim-runc-v2 1.7.24~ds1"),
    ("/usr/bin/containerd-shim-runc-v2:\n  Version:  1.6.20~ds1\n", "containerd-shim-runc-v2 1.6.20~ds1"),
    ("\n\n  odd 1 \n", "odd 1"),
    ("", ""),
])
def test_version_line(output: str, line: str) -> None:
    assert version_line(output) == line


def ask(programs: Tuple[Program, ...], paths: Paths) -> Dict[Program, Answer]:
    """What this machine's sh answers."""
    text = script(program_questions(programs, paths), nonce="test")
    done = subprocess.run(["sh"], input=text.encode("utf-8"), stdout=subprocess.PIPE, check=True)
    snapshot = parse(done.stdout.decode("utf-8"), nonce="test")
    assert snapshot is not None
    return read_programs(snapshot, programs)


@pytest.fixture(name="folder")
def _folder(tmp_path: Any) -> str:
    for place, word in (("first", "1"), ("second", "2")):
        os.makedirs(str(tmp_path / place))
        program = tmp_path / place / "run it"
        program.write_text("#!/bin/sh\necho \"run $1 %s\"\n" % word)
        program.chmod(0o755)
    (tmp_path / "first" / "plain").write_text("no program")
    return str(tmp_path)


def test_a_program_is_found_as_its_finder_finds_it(folder: str) -> None:
    paths = Paths(daemon="%s/second" % folder, containerd="%s/none" % folder, beside="%s/first" % folder, shims=())
    programs = (
        Program("run it", "daemon"), Program("run it", "containerd", "-v"), Program("%s/first/run it" % folder),
        Program("%s/first/plain" % folder), Program("absent", "daemon"))
    found = [
        (answer.found.path.replace(folder, ""), answer.version, len(answer.sha256)) for answer in ask(programs, paths).values()]
    assert found == [
        ("/second/run it", "run --version 2", 64), ("/first/run it", "run -v 1", 64),
        ("/first/run it", "run --version 1", 64), ("", "", 0), ("", "", 0)]


def test_nothing_is_looked_for_on_a_path_that_is_not_known(folder: str) -> None:
    paths = Paths(daemon=None, containerd=None, beside="", shims=())
    (answer,) = ask((Program("run it", "daemon"),), paths).values()
    assert not answer.found.known and not answer.found.path
