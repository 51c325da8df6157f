# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import Snapshot
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.docker.questions import Place, read_engine
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.table import engine_named


@pytest.mark.parametrize(("noted", "seconds"), [
    ("Sun 2026-11-22 01:46:17 UTC", 1795311977),
    ("Sun 2026-11-22 01:46:17.123456 UTC", 1795311977),
    ("Thu 1970-01-01 00:00:00 UTC", 0),
    ("Thu 2024-02-29 23:59:59 UTC", 1709251199),
    ("Sun 2026-11-22 01:46:17 CET", None),
    ("Sun 2026-13-22 01:46:17 UTC", None),
    ("Sun 2026-11-22 01:46 UTC", None),
    ("Sun 2026-11-22 01:46:17:18:19:20 UTC", None),
    ("2026-11-22 UTC", None),
    ("n/a", None),
    ("UTC", None),
    ("", None),
])
def test_the_daemons_start_as_the_service_manager_noted_it(noted, seconds):
    answers = {
        "engine": {"pid": ["7"], "start": ["70"], "unit": ["ExecMainStartTimestamp=" + noted]},
        "config": {"kind": ["missing"], "path": ["/etc/docker/daemon.json"]}}
    state = read_engine(Snapshot(answers=answers, trouble={}), Place(engine_named("docker")))
    assert state.daemon.started_at == seconds
