# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of the machine are installed by one at a time, and the others wait."""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

APT_NEED = Path(__file__).resolve().parents[3] / "tests" / "tools" / "apt-need"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("apt-get"), reason="it takes root and apt-get")
def test_it_waits_for_who_reads_the_lists(tmp_path: Path) -> None:
    """With an apt of its own, which knows no package at all."""
    lists = tmp_path / "lists"
    (lists / "partial").mkdir(parents=True)
    (tmp_path / "sources").touch()
    (tmp_path / "conf").write_text(
        f'Dir::State::lists "{lists}"; Dir::Etc::sourcelist "{tmp_path}/sources"; Dir::Etc::sourceparts "-";\n'
        f'Dir::Cache "{tmp_path}"; APT::Sandbox::User "root";\n')
    with (lists / "lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        asked = subprocess.Popen(
            [APT_NEED, "slipway-no-such-package"], env={**os.environ, "APT_CONFIG": str(tmp_path / "conf")},
            stderr=subprocess.PIPE, text=True)
        time.sleep(0.4)
        assert asked.poll() is None
    said = asked.communicate(timeout=60)[1]
    assert "slipway-no-such-package" in said and "Unable to locate package" in said
    assert "lock" not in said
