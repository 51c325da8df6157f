# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a host for a user, in the shells that there are; the host is this machine, which is only read."""

import os
import pwd
import shutil
import subprocess

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user import seen as reader
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.wanted import Wanted

NONCE = "0123456789abcdef"


@pytest.mark.parametrize("present", [True, False])
def test_this_machine(shell, present):
    """A user who is there, and one who is not."""
    for user, known in (("nobody", True), ("nobody-at-all", False)):
        wanted = Wanted(user=user, present=present)
        text = script(reader.questions(wanted), nonce=NONCE)
        done = subprocess.run(
            shell, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
            env={"PATH": os.environ["PATH"]})
        assert done.stderr == b""
        snapshot = parse(done.stdout.decode(), nonce=NONCE)
        seen = reader.read(snapshot, wanted)
        entry = pwd.getpwnam("nobody")
        assert seen.account == (reader.Account(entry.pw_uid, entry.pw_dir) if known else None)
        assert (seen.delegation is not None) == known and seen.receipt.empty and not seen.linger
        assert [one.rpartition("/")[2] for one in seen.programs] == [
            name for name in reader.PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin")]
        assert seen.unified == os.path.exists("/sys/fs/cgroup/cgroup.controllers")
        for name, path in reader.FILES.items():
            assert seen.files[name].kind == ("file" if os.path.isfile(path) else "missing")
