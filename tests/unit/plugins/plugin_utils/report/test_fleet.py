# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of results."""

import json
from typing import Any, Dict, List, Optional

import pytest
import report_results as results
from report_results import WHEN, engine, probed, proof, read, runtime

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import (
    PROBLEMS,
    STATES,
    build,
    majority,
    natural,
)

DRIFT = {"option": "runtimes[crun]", "reason": "not_loaded", "message": "runtimes[crun]: in the file, and not loaded"}


def report_of(said: Dict[str, Any]) -> Dict[str, Any]:
    return build(said, generated=WHEN, title="Fleet")


def host_of(said: Dict[str, Any]) -> Dict[str, Any]:
    (host,) = report_of({"one": said})["hosts"]
    return host


def kinds(host: Dict[str, Any]) -> List[str]:
    return [one["kind"] for one in host["problems"]]


@pytest.mark.parametrize(
    "said, status, message",
    [
        (read(engine()), "ok", ""),
        (read(), "no_engine", ""),
        (read(engine(installed=False)), "no_engine", ""),
        ({"engines": {"unreachable": True, "msg": "timed out"}}, "unreachable", "timed out"),
        (
            {"engines": {"failed": True, "msg": "sudo: a password is required"}},
            "unread",
            "sudo: a password is required",
        ),
        ({"engines": {"skipped": True}}, "unread", ""),
        ({"engines": {"engines": "none"}}, "unread", ""),
        ({"engines": None}, "unread", ""),
        ({}, "unread", ""),
    ],
)
def test_status(said: Dict[str, Any], status: str, message: str) -> None:
    host = host_of(said)
    assert (host["status"], host["message"]) == (status, message)
    assert kinds(host) == ([] if status == "ok" else [status])


@pytest.mark.parametrize(
    "more, drift, proven, state",
    [
        ({}, [], None, "loaded"),
        ({}, [], proof("crun"), "proven"),
        ({}, [], proof("crun", "failed"), "failed"),
        ({}, [], proof("crun", "timeout"), "failed"),
        ({}, [], proof("crun", "unproven"), "unproven"),
        ({"loaded": False}, [], None, "registered"),
        ({"loaded": None}, [], None, "registered"),
        ({"loaded": False}, [DRIFT], None, "drift"),
        ({"loaded": False, "in_file": False, "origin": "shim"}, [], None, "available"),
        ({"loaded": None, "in_file": False, "origin": "flag"}, [], None, "registered"),
    ],
)
def test_state_of_a_runtime(
    more: Dict[str, Any], drift: List[Any], proven: Optional[Dict[str, Any]], state: str
) -> None:
    said = read(engine(drift=drift, runtimes=[runtime("crun", **more)]))
    said["probes"] = [probed(proven)] if proven else []
    (found,) = host_of(said)["engines"][0]["runtimes"]
    assert found["state"] == state
    assert found["state"] in STATES


def test_a_broken_runtime_is_known_by_its_own_trouble() -> None:
    trouble = ["runtimes[crun]: there is no program /usr/bin/crun", "runtimes[crun2]: another's"]
    host = host_of(read(engine(trouble=trouble, runtimes=[runtime("crun"), runtime("other")])))
    assert [(one["name"], one["state"], one["trouble"]) for one in host["engines"][0]["runtimes"]] == [
        ("crun", "broken", trouble[:1]),
        ("other", "loaded", []),
    ]


@pytest.mark.parametrize(
    "more, found",
    [
        ({}, []),
        ({"running": False, "live": False, "drift": None}, ["stopped"]),
        ({"drift": [DRIFT], "live": False}, ["drift"]),
        ({"live": None}, ["not_live"]),
        ({"live": False}, ["not_live"]),
        ({"trouble": ["a", "b"]}, ["trouble", "trouble"]),
    ],
)
def test_problems_of_an_engine(more: Dict[str, Any], found: List[str]) -> None:
    assert kinds(host_of(read(engine(**more)))) == found


def test_a_proof_belongs_to_its_engine_and_scope() -> None:
    said = read(engine(), engine(scope="user"), engine("iechor"))
    said["probes"] = [
        probed(proof("crun")),
        probed(proof("crun", "failed", error="no"), scope="user"),
        {
            "failed": True,
            "msg": "iechor: the daemon does not answer",
            "item": {"engine": "iechor", "scope": "system"},
        },
    ]
    host = host_of(said)
    assert [one["runtimes"][0]["state"] for one in host["engines"]] == ["proven", "failed", "loaded"]
    assert kinds(host) == ["failed", "trouble"]
    assert "daemon does not answer" in host["problems"][1]["message"]


@pytest.mark.parametrize(
    "sets, other",
    [
        (["docker", "docker"], []),
        (["docker", "docker", "iechor"], ["h2"]),
        (["docker", "iechor"], ["h0", "h1"]),
        (["docker", "docker", "docker iechor", ""], ["h2"]),
        (["", ""], []),
    ],
)
def test_hosts_with_other_engines_than_their_neighbours(sets: List[str], other: List[str]) -> None:
    report = report_of({"h%d" % place: read(*map(engine, names.split())) for place, names in enumerate(sets)})
    assert report["summary"]["problems"].get("other_engine", []) == other


def test_a_program_that_is_another_under_the_same_version() -> None:
    def host(version: str, sha256: str) -> Dict[str, Any]:
        return read(engine(runtimes=[runtime("crun", version=version, sha256=sha256)]))

    said = {
        "a": host("1.0", "aa"),
        "b": host("1.0", "aa"),
        "c": host("1.0", "bb"),
        "d": host("2.0", "dd"),
        "e": host("1.0", ""),
    }
    assert report_of(said)["summary"]["problems"] == {"other_digest": ["c"]}


def test_the_summary_counts() -> None:
    said = {
        "a": dict(read(engine()), probes=[probed(proof("crun"), proof("runc", "failed"))]),
        "b": read(
            engine(
                version="28.0",
                runtimes=[
                    runtime("crun", version="crun version 2", users=[{"name": "web", "id": "f7", "running": True}])
                ],
            )
        ),
        "c": {"engines": {"unreachable": True}},
        "d": read(),
    }
    summary = report_of(said)["summary"]
    assert {key: summary[key] for key in ("hosts", "reached", "with_engine", "sound")} == {
        "hosts": 4,
        "reached": 3,
        "with_engine": 2,
        "sound": 1,
    }
    assert summary["problems"] == {"unreachable": ["c"], "no_engine": ["d"], "failed": ["a"]}
    assert summary["engines"] == [
        {
            "engine": "docker",
            "scope": "system",
            "count": 2,
            "running": 2,
            "drifting": 0,
            "versions": [{"version": "26.1.5", "count": 1}, {"version": "28.0", "count": 1}],
        }
    ]
    crun, runc = summary["runtimes"]
    assert (crun["name"], crun["registered"], crun["loaded"], crun["proven"], crun["containers"]) == (
        "crun",
        2,
        2,
        1,
        1,
    )
    assert (runc["name"], runc["registered"], runc["loaded"], runc["failed"], runc["default"]) == ("runc", 0, 1, 1, 1)
    assert summary["proofs"] == {"asked": True, "proven": 1, "failed": 1}


def test_columns_that_were_not_asked_are_not_there() -> None:
    said = dict(
        read(engine()),
        docker_cli={"docker": {"provider": "podman", "via": "lima", "path": "/usr/bin/docker"}},
        runner_host={"url": "tcp://10.0.0.1:1234"},
    )
    host = host_of(said)
    assert host["docker_cli"] == {
        "provider": "podman",
        "via": "lima",
        "path": "/usr/bin/docker",
        "program": "",
        "version": "",
    }
    assert host["runner_host"] == {"url": "tcp://10.0.0.1:1234", "files": []}
    host = host_of(dict(read(engine()), docker_cli={"docker": None}, runner_host={"failed": True}))
    assert (host["docker_cli"], host["runner_host"]) == (None, None)


@pytest.mark.parametrize(
    "junk",
    [None, True, 7, 1.5, "text", [], {}, [[]], [None], {"a": None}, [{"name": {}}], "x" * 100000, float("nan")],
)
def test_no_host_spoils_the_report(junk: Any) -> None:
    """Whatever stands wherever, the others are told, and all of it is JSON."""
    sound = read(engine())
    for place in ("engines", "probes", "docker_cli", "runner_host", "groups"):
        report = report_of({"bad": dict(sound, **{place: junk}), "good": sound})
        assert report["hosts"][1]["status"] == "ok"
    for key in engine():
        report = report_of({"bad": read(dict(engine(), **{key: junk})), "good": sound})
        assert len(json.dumps(report, allow_nan=False)) < 50000
    for key in runtime("crun"):
        report_of({"bad": read(engine(runtimes=[dict(runtime("crun"), **{key: junk})])), "good": sound})
    for key in proof("crun"):
        report_of({"bad": dict(sound, probes=[probed(dict(proof("crun"), **{key: junk}))]), "good": sound})
    report_of({"bad": junk, "good": sound})


def test_a_report_of_a_fleet_names_each_kind_of_problem() -> None:
    report = report_of(results.fleet(200))
    assert set(report["summary"]["problems"]) == {
        "unreachable",
        "no_engine",
        "other_engine",
        "failed",
        "drift",
        "other_digest",
    }
    assert set(report["summary"]["problems"]) <= set(PROBLEMS)
    assert [host["name"] for host in report["hosts"]] == sorted(results.fleet(200))


@pytest.mark.parametrize("values, most", [([], None), (["a"], "a"), (["a", "b"], None), (["a", "b", "b"], "b")])
def test_majority(values: List[str], most: Optional[str]) -> None:
    assert majority(values) == most


def test_natural_order() -> None:
    names = ["node-10", "node-9", "Node-1", "a", "10", "9", "node", "node-" + "9" * 40, ""]
    assert sorted(names, key=natural) == [
        "",
        "9",
        "10",
        "a",
        "node",
        "Node-1",
        "node-9",
        "node-10",
        "node-" + "9" * 40,
    ]
