# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a program can run on this host, as it answers the question for its version."""

import pytest
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.programs import check_program
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError

# As runwasi's shims do: they know no '--version', and end by a signal at what they do not know.
SHIM = '#!/bin/sh\n[ "$1" = -v ] || kill -ABRT $$\n'
PROGRAM = '#!/bin/sh\n[ "$1" = --version ] || kill -ABRT $$\n'


@pytest.mark.parametrize('name, content, runs', [
    ('containerd-shim-wasmtime-v1', SHIM, True),
    ('containerd-shim-wasmtime-v1', PROGRAM, False),
    ('youki', PROGRAM, True),
    ('youki', SHIM, False),
])
def test_the_question_for_the_version(tmp_path, name, content, runs):
    """By the name that it gets, whatever it is called where it is tried."""
    staged = tmp_path / 'staged'
    staged.write_text(content)
    staged.chmod(0o755)
    if runs:
        check_program(str(staged), name=name, option='o', shown='it')
        return
    with pytest.raises(SlipwayError, match='SIGABRT'):
        check_program(str(staged), name=name, option='o', shown='it')
