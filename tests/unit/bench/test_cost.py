# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program is told to have cost, with real ones."""

import json
import subprocess
import sys
from typing import Any, Dict

import lab
import pytest

BUSY = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass\n"
CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])\n"
LARGE = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'len(bytearray(80 << 20).upper())'])\n"


def cost(program: str, seconds: float = 20) -> Dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", lab.COST, str(seconds), sys.executable, "-c", program], stdout=subprocess.PIPE,
        check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("program", [BUSY, CHILD])
def test_cpu_is_that_of_all_its_processes(program: str) -> None:
    found = cost(program)
    assert found["code"] == 0 and 0.2 <= found["cpu"] < 5


def test_memory_is_that_of_the_largest_process() -> None:
    assert 80 << 10 <= cost(LARGE)["memory"] < 200 << 10


def test_a_program_that_does_not_end_is_ended() -> None:
    assert cost("import time; time.sleep(30)", seconds=0.5)["code"] == -9


def test_a_failure_is_told_with_what_was_said() -> None:
    with pytest.raises(lab.BenchError, match="wrong: exit 3\nout of order"):
        lab.measured("wrong", [sys.executable, "-c", "print('out of order'); raise SystemExit(3)"])


def test_a_run_that_does_not_say_what_it_should_is_no_figure() -> None:
    assert lab.measured("right", [sys.executable, "-c", "print('3 had nothing to do: all')"], says="^3 had").cpu > 0
    with pytest.raises(lab.BenchError, match="something was left to do"):
        lab.measured("wrong", [sys.executable, "-c", "print('2 changed')"], says="^ *3 had nothing to do")
