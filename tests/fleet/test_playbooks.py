# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks on three hosts, one after the other, as AWX runs them."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from jobs import Job, run

WANTED = [{"name": "crun", "install_from": "package"}]
FILE = "cat /etc/docker/daemon.json 2>/dev/null || echo none"
TRACES = "ls -A /etc/docker /var/lib/slipway-runtimes /run/slipway-runtimes 2>/dev/null || :"
# crun that says its version, and starts no container.
BROKEN = """
mv /usr/bin/crun /usr/bin/crun.real
cat >/usr/bin/crun <<'EOF'
#!/bin/sh
case " $* " in *" create "*) echo 'crun: out of order' >&2; exit 1 ;; esac
exec /usr/bin/crun.real "$@"
EOF
chmod 755 /usr/bin/crun
"""

Launch = Callable[..., Job]
Sh = Callable[..., str]


@pytest.fixture
def launch(tmp_path: Path, hostvars: Dict[str, Any]) -> Launch:
    """launch(PLAYBOOK, hosts=NAMES, VARIABLE=VALUE...): a job on those hosts, or on all."""
    return lambda playbook, *, hosts=None, **more: run(
        tmp_path / playbook,
        playbook,
        {name: one for name, one in hostvars.items() if not hosts or name in hosts},
        **more
    )


@pytest.fixture
def names(hostvars: Dict[str, Any]) -> List[str]:
    return list(hostvars)


def test_a_check_of_a_fleet_is_a_short_table(launch: Launch, names: List[str], sh: Sh) -> None:
    job = launch("site", check=True, runtimes_wanted=WANTED, slipway_diff_hosts=2)
    assert job.status == "successful", job.text
    assert job.table == ["3 would change (reload of the engine): " + ", ".join(names)], job.text
    assert "+++" not in job.text
    assert {sh(name, FILE) for name in names} == {"none"}


def test_a_check_of_a_few_hosts_shows_the_diff(launch: Launch, names: List[str]) -> None:
    job = launch("site", hosts=names[:1], check=True, runtimes_wanted=WANTED)
    assert job.status == "successful" and "+++" in job.text and '+    "crun"' in job.text, job.text


def test_slices_and_rollouts_are_refused_together(launch: Launch, names: List[str]) -> None:
    """AWX runs the slices of a job template as a workflow of the template's name."""
    name = "Container runtimes: have them"
    job = launch("site", runtimes_wanted=WANTED, slipway_rollout="1,100%", awx_workflow_job_name=name)
    assert job.status == "failed" and "set job slices to 1" in job.text, job.text
    assert list(job.events) == names[:1], "no host was asked"


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"slipway_rollout": "1,ten"}, "slipway_rollout: 1,ten: a wave is"),
        ({"slipway_rollout": ["0"]}, "slipway_rollout: 0: a wave is"),
        (
            {"slipway_rollout": "1", "slipway_rollout_pause": "soon"},
            "slipway_rollout_pause: soon: it is a number of seconds",
        ),
    ],
)
def test_a_wrong_rollout_is_told(launch: Launch, wrong: Dict[str, Any], said: str) -> None:
    job = launch("site", runtimes_wanted=WANTED, **wrong)
    assert job.status == "failed" and said in job.text, job.text


def test_a_rollout_of_the_inventory_is_refused(
    tmp_path: Path, hostvars: Dict[str, Any], names: List[str], sh: Sh
) -> None:
    """Ansible would not part the hosts by it, and all would go together."""
    hosts = {name: dict(one, slipway_rollout="1,100%") for name, one in hostvars.items()}
    job = run(tmp_path / "job", "site", hosts, runtimes_wanted=WANTED)
    assert job.status == "failed" and "give it as an extra variable" in job.text, job.text
    assert {sh(name, FILE) for name in names} == {"none"}


def test_a_rollout_ends_by_itself(launch: Launch, names: List[str], sh: Sh) -> None:
    """The first host is done, the second's proof fails and it is as it was before, the third was not begun."""
    first, second, third = names
    sh(second, BROKEN)
    before = sh(third, TRACES)
    job = launch("site", runtimes_wanted=WANTED, slipway_rollout="1,1,100%", slipway_rollout_pause=1)
    assert job.status == "failed", job.text
    assert job.text.count("Pausing for 1 seconds") == 1
    assert job.table[0].startswith("1 failed (") and job.table[0].endswith(
        "all is as it was before): " + second
    ), job.text
    assert job.table[1:] == ["1 were not begun: " + third, "1 changed (reload of the engine): " + first]
    assert "crun" in json.loads(sh(first, FILE))["runtimes"]
    assert sh(second, FILE) == "none" and "crun" not in sh(second, "docker info --format '{{json .Runtimes}}'")
    assert sh(third, TRACES) == before
    assert third not in job.events
    sh(second, "mv /usr/bin/crun.real /usr/bin/crun")


def test_a_rollout_goes_on_where_it_ended(launch: Launch, names: List[str], sh: Sh) -> None:
    job = launch("site", runtimes_wanted=WANTED, slipway_rollout=["1", "100%"])
    assert job.status == "successful", job.text
    assert job.table == [
        "2 changed (reload of the engine): " + ", ".join(names[1:]),
        "1 had nothing to do: " + names[0],
    ]
    assert job.artifacts["slipway_site"] == {"hosts": 3, "not_done": []}
    assert all("crun" in json.loads(sh(name, FILE))["runtimes"] for name in names)


def test_nothing_to_do_is_three_events_a_host_at_most(launch: Launch, names: List[str]) -> None:
    job = launch("site", runtimes_wanted=WANTED)
    assert job.status == "successful" and job.table == ["3 had nothing to do: " + ", ".join(names)], job.text
    # The first host also stands for the tasks that run once.
    assert {name: job.events[name] for name in names[1:]} == {name: 2 for name in names[1:]}
    assert job.largest < 20000


def test_a_proof_of_the_fleet(launch: Launch, names: List[str]) -> None:
    job = launch("probe", probe_engine="docker", probe_runtimes="crun,runc")
    assert job.status == "successful" and job.table == ["3 had nothing to do: " + ", ".join(names)], job.text


def test_a_report_passes_its_summary_on(launch: Launch, names: List[str]) -> None:
    job = launch("report")
    assert job.status == "successful", job.text
    summary = job.artifacts["slipway_report"]
    assert (summary["hosts"], summary["sound"], summary["problems"]) == (3, 3, {})
    (crun,) = [one for one in summary["runtimes"] if one["name"] == "crun"]
    assert crun["registered"] == 3
    assert sorted(path.name for path in (job.project / "slipway-report").iterdir()) == [
        "fleet.csv",
        "fleet.html",
        "fleet.json",
    ]
    assert job.largest < 20000


def test_unreachable_hosts_and_hosts_without_an_engine_are_told_by_name(
    tmp_path: Path, hostvars: Dict[str, Any], names: List[str], sh: Sh
) -> None:
    away = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_connection": "ssh"}
    job = run(tmp_path / "job", "site", {**{names[0]: hostvars[names[0]]}, "away": away}, runtimes_wanted=WANTED)
    assert job.status != "successful" and job.table == [
        "1 could not be reached: away",
        "1 had nothing to do: " + names[0],
    ], job.text


def test_all_of_it_is_taken_away(launch: Launch, names: List[str], sh: Sh) -> None:
    job = launch("remove", runtimes_wanted=WANTED)
    assert job.status == "successful" and job.table == [
        "3 changed (reload of the engine): " + ", ".join(names)
    ], job.text
    assert {sh(name, FILE) for name in names} == {"none"}
    job = launch("site", check=True, slipway_hosts=names[0])
    assert job.table == ["1 have nothing to do: " + names[0]], "nothing is asked for"
