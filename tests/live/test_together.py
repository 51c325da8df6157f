# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many runs at one host at once: no entry is lost."""

import json

from hosts_under_test import DRIVER, ENGINES, Host, Player, task

CONFIG = ENGINES["docker"]["config"]


def test_twenty(docker: Host, player: Player) -> None:
    """Eighteen runs in the host and two plays, each with a runtime of its own."""
    plays = [
        player.command([task("add", runtimes=[{"name": "p%d" % number, "path": "/usr/bin/crun"}])], host=docker.name).start()
        for number in range(2)]
    starts = []
    for number in range(18):
        order = {"subject": "engine_runtimes", "params": {"runtimes": [{"name": "r%d" % number, "path": "/usr/bin/crun"}]}}
        docker.write("/srv/orders/%d.json" % number, json.dumps(order).encode())
        starts.append("python3 {0}/driver.py </srv/orders/{1}.json >/srv/orders/{1}.out 2>&1 &".format(DRIVER, number))
    docker.sh("\n".join(starts) + "\nwait")
    for number in range(18):
        answer = docker.sh("cat /srv/orders/%d.out" % number)
        assert '"result"' in answer and json.loads(answer)["result"]["changed"], answer
    for one in plays:
        assert one.finish().of("add")["changed"]
    names = sorted(["p%d" % number for number in range(2)] + ["r%d" % number for number in range(18)])
    assert sorted(json.loads(docker.read(CONFIG))["runtimes"]) == names
    assert docker.loaded() == names
    assert docker.leftovers() == []


def test_the_same_file_by_another_name(docker: Host) -> None:
    """A file that is named by an override is the same file: the runs wait for each other."""
    orders = []
    for number in range(8):
        params = {"runtimes": [{"name": "r%d" % number, "path": "/usr/bin/crun"}]}
        if number % 2:
            params["config_path"] = CONFIG
        orders.append({"subject": "engine_runtimes", "params": params})
        docker.write("/srv/orders/%d.json" % number, json.dumps(orders[-1]).encode())
    docker.sh("\n".join("python3 {0}/driver.py </srv/orders/{1}.json >/srv/orders/{1}.out 2>&1 &".format(DRIVER, number)
                        for number in range(8)) + "\nwait")
    answers = [docker.sh("cat /srv/orders/%d.out" % number) for number in range(8)]
    assert all('"result"' in one for one in answers), answers
    assert docker.loaded() == ["r%d" % number for number in range(8)]
