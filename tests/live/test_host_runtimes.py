# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runtimes of a real host from nothing to proven containers, and away again without a trace."""

import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from hosts_under_test import ENGINES, Driven, Host, Player, execs
from releases import FOLDER, KILL, Releases

MODULE = "slipway.runtimes.host_runtimes"
# Real runtimes as releases, each in upstream's manner: an archive with one program, or the bare program.
PROGRAMS = {"youki": "youki.tar.gz", "runsc": "runsc", "crun": "crun"}
ARGS = {"runsc": ["--platform=systrap", "--network=none", "--ignore-cgroups"]}
WATCHED = "/etc /usr/local /opt /srv/wanted /root /var/lib/slipway-runtimes"


@pytest.fixture(scope="module")
def stocked(served: Releases) -> Releases:
    """The release server with the programs of this host, which then are gone from where tests put them."""
    served.host.sh("""
set -e
cd {0}
for name in youki runsc crun; do cp -f "$(command -v $name)" $name; done
tar -czf youki.tar.gz youki
# It says its version, and cannot do anything else.
printf '#!/bin/sh\\ncase $1 in --version) echo 9 ;; *) echo it is broken >&2; exit 1 ;; esac\\n' >broken
chmod 755 broken
mkdir -p /srv/wanted
""".format(FOLDER))
    return served


@pytest.fixture
def clean(stocked: Releases) -> Releases:
    """No engine's file, no runtime of ours, nothing noted."""
    host = stocked.host
    # The second engine's command line names its file, so that is never missing.
    host.sh("rm -rf /srv/wanted; mkdir -p /srv/wanted; rm -f /etc/docker/*; echo '{}' >/etc/iechor/daemon.json")
    host.forget()
    for engine in ENGINES:
        if host.loaded(engine):
            host.restart(engine)
    return stocked


def binary(releases: Releases, name: str, *, release: str = "", version: str = "1") -> Dict[str, Any]:
    """One real runtime, as an element of 'binaries'."""
    release = release or PROGRAMS[name]
    file = {"dest": "/srv/wanted/" + name}
    if release.endswith(".tar.gz"):
        file["src"] = name
    return {"name": name, "version": version, "url": releases.url(release), "checksum": releases.checksum(release), "files": [file]}


def wanted(releases: Releases, *names: str, **more: Any) -> Dict[str, Any]:
    """The parameters that bring these runtimes."""
    return dict({
        "binaries": [binary(releases, name) for name in names],
        "runtimes": [dict(name=name, path="/srv/wanted/" + name, args=ARGS.get(name)) for name in names],
        "ca_path": FOLDER + "/ca.pem", "timeout": 5}, **more)


def gone(*names: str, **more: Any) -> Dict[str, Any]:
    """The parameters that take them away."""
    absent = [{"name": name, "state": "absent"} for name in names]
    return dict({"binaries": absent, "runtimes": absent}, **more)


def drive(releases: Releases, params: Dict[str, Any], **more: Any) -> Driven:
    """Run the module's code."""
    return releases.host.drive_subject("host_runtimes", params, **more)


def proven(driven: Driven) -> List[str]:
    """The runtimes that a container ran under, with proof."""
    assert driven.error is None, driven.text
    return [one["runtime"] for one in driven.result["probes"] if one["verdict"] == "proven"]


def traces(releases: Releases) -> str:
    """Everything that a removal has to give back: bytes, owners, modes, links; not the times of a file that was written."""
    return re.sub(r"(?m) [0-9]{10}\.[0-9]{10} ", " ", releases.listing(WATCHED))


def without_receipts(listing: str) -> str:
    """Without what receipts hold: the stat of a file that was away and came back is another."""
    return "\n".join(line for line in listing.split("\n") if not re.search(r"^[0-9a-f]{64} .*/slipway-runtimes/binaries/", line))


def test_from_nothing_to_proven_and_back(clean: Releases) -> None:
    """Three real runtimes in one task; then nothing to do; then away, to the byte."""
    clean.host.write("/etc/docker/daemon.json", b'{\n    "debug": false\n}\n')
    clean.host.restart()
    before = traces(clean)
    params = wanted(clean, "youki", "runsc", "crun", default_runtime="crun")
    first = drive(clean, params)
    assert proven(first) == ["youki", "runsc", "crun"]
    assert first.result["action"] == "reload" and first.result["live"] and first.result["default_runtime"] == "crun"
    assert [one["action"] for one in first.result["binaries"]] == ["installed"] * 3
    second = drive(clean, params)
    assert second.changed is False and second.result["probes"] == []
    assert proven(drive(clean, dict(params, probe="always"))) == ["youki", "runsc", "crun"]
    last = drive(clean, gone("youki", "runsc", "crun", default_runtime="runc"))
    assert last.changed and clean.host.loaded() == [], last.text
    assert traces(clean) == before
    assert drive(clean, gone("youki", "runsc", "crun", default_runtime="runc")).changed is False
    assert traces(clean) == before


def test_only_what_is_touched_is_proven(clean: Releases) -> None:
    """An upgrade proves the runtime whose file it changes, though its registration stays."""
    assert proven(drive(clean, wanted(clean, "crun", "youki"))) == ["crun", "youki"]
    params = wanted(clean, "crun", "youki")
    params["binaries"][1]["version"] = "2"
    done = drive(clean, params)
    assert proven(done) == ["youki"] and done.result["action"] == "none"
    params["binaries"][0]["version"] = "2"
    assert drive(clean, dict(params, probe="never")).result["probes"] == []


@pytest.mark.parametrize("earlier", [False, True])
def test_a_runtime_that_does_not_run_leaves_nothing(clean: Releases, earlier: bool) -> None:
    """Binary and registration are as they were, live: nothing, or the version before."""
    if earlier:
        assert proven(drive(clean, wanted(clean, "crun"))) == ["crun"]
    before = without_receipts(traces(clean))
    params = wanted(clean, "crun")
    params["binaries"] = [binary(clean, "crun", release="broken", version="2")]
    done = drive(clean, params)
    assert done.error["reason"] == "runtime_failed" and done.error["failed_stage"] == "observe" and done.error["rolled_back"], done.text
    assert "it is broken" in done.message or "exit status 1" in done.message
    assert without_receipts(traces(clean)) == before and clean.host.loaded() == (["crun"] if earlier else [])
    if earlier:
        assert drive(clean, wanted(clean, "crun")).changed is False
        assert proven(drive(clean, wanted(clean, "crun", probe="always"))) == ["crun"]


def test_an_engine_that_refuses_leaves_no_file(clean: Releases) -> None:
    """Somebody else's broken entry stops the whole of it before anything is in place."""
    clean.host.write("/etc/docker/daemon.json", b'{"runtimes": {"runc": {"path": "/x"}}}\n')
    before = traces(clean)
    done = drive(clean, wanted(clean, "crun"))
    assert done.error is not None and traces(clean) == before, done.text
    assert releases_left(clean) == ""


def releases_left(releases: Releases) -> str:
    """What an unfinished run leaves."""
    return releases.host.sh("find /srv/wanted /var/lib/slipway-runtimes 2>/dev/null | grep -e '/[.][^/]*slipway-' -e journal -e unfinished; :")


REQUIREMENTS: Dict[str, Any] = {
    "device": ({"device": "/dev/no-such-device"}, "device_missing"),
    "kernel": ({"kernel": "99.0"}, "kernel_too_old"),
    "engine": ({"engine": "99.0"}, "engine_too_old"),
    "newer engine": ({"engine_below": "1.0"}, "engine_too_new"),
    "architecture": ({"architectures": ["pdp11"]}, "unsupported_architecture"),
}


def test_what_a_host_lacks_is_told_before_anything_is_changed(clean: Releases) -> None:
    before = traces(clean)
    for requirement, reason in REQUIREMENTS.values():
        done = drive(clean, wanted(clean, "crun", requirements=[dict(requirement, name="crun", option="catalogue[crun]")]))
        assert done.error["reason"] == reason and done.error["option"] == "catalogue[crun]", done.text
    everything = [dict(requirement, name="crun") for requirement, _reason in REQUIREMENTS.values()]
    done = drive(clean, wanted(clean, "crun", requirements=everything))
    assert all(word in done.message for word in ("/dev/no-such-device", "99.0", "older than 1.0", "pdp11"))
    assert traces(clean) == before


def test_two_engines_share_a_file(clean: Releases) -> None:
    """When one of them lets go, the other keeps it."""
    assert proven(drive(clean, wanted(clean, "crun"))) == ["crun"]
    done = drive(clean, wanted(clean, "crun", engine="iechor"))
    assert proven(done) == ["crun"] and done.result["binaries"][0]["action"] == "unchanged"
    first = drive(clean, gone("crun"))
    assert first.changed and first.result["kept"] == {"crun": ["iechor"]}
    assert clean.host.sh("ls /srv/wanted") == "crun" and clean.host.loaded("iechor") == ["crun"]
    assert drive(clean, wanted(clean, "crun", engine="iechor", probe="always")).result["probes"][0]["verdict"] == "proven"
    assert drive(clean, gone("crun", engine="iechor")).changed
    assert clean.host.sh("ls -A /srv/wanted; ls -A /var/lib/slipway-runtimes 2>&1; :").startswith("ls: cannot access")


def test_files_of_a_users_engine(clean: Releases) -> None:
    """Root's files for a user's own engine are claimed for that engine, and the host's keeps what it wants."""
    for_dev = {"files_for": "dev", "ca_path": FOLDER + "/ca.pem"}
    # Whoever comes next finishes it, and notes it for whom it was.
    assert drive(clean, dict(for_dev, binaries=[binary(clean, "crun")]), hooks={"settle:before": KILL}).killed
    assert proven(drive(clean, wanted(clean, "crun"))) == ["crun"]
    assert clean.host.sh("ls /var/lib/slipway-runtimes/claims") == "docker.json\ndocker@dev.json"
    done = drive(clean, dict(for_dev, binaries=gone("crun")["binaries"]))
    assert done.result["kept"] == {"crun": ["docker"]} and clean.host.sh("ls /srv/wanted") == "crun", done.text
    assert drive(clean, dict(for_dev, binaries=[binary(clean, "crun")])).result["binaries"][0]["action"] == "unchanged"
    assert drive(clean, gone("crun")).result["kept"] == {"crun": ["docker@dev"]}
    assert drive(clean, dict(for_dev, binaries=gone("crun")["binaries"])).changed
    assert clean.host.sh("ls -A /srv/wanted; ls -A /var/lib/slipway-runtimes 2>&1; :").startswith("ls: cannot access")


def test_prune(clean: Releases) -> None:
    """What we put there and nobody asks for goes; what others put there, or changed, stays."""
    host = clean.host
    host.write("/etc/docker/daemon.json", json.dumps({"runtimes": {"theirs": {"path": "/usr/bin/crun"}}}).encode())
    host.sh("systemctl reload docker")
    assert drive(clean, wanted(clean, "youki", "crun", "runsc", probe="never")).changed
    config = json.loads(host.sh("cat /etc/docker/daemon.json"))
    config["runtimes"]["runsc"]["runtimeArgs"] = ["--debug"]
    host.write("/etc/docker/daemon.json", json.dumps(config).encode())
    checked = drive(clean, wanted(clean, "crun", prune="managed"), check_mode=True)
    assert checked.changed and host.sh("ls /srv/wanted") == "crun\nrunsc\nyouki"
    done = drive(clean, wanted(clean, "crun", prune="managed", probe="never"))
    assert done.result["pruned"] == {"runtimes": ["youki"], "binaries": ["youki"]}, done.text
    # Its entry is not ours any more, and still needs it.
    assert done.result["kept"] == {"runsc": ["runtimes[runsc]"]}
    assert host.loaded() == ["crun", "runsc", "theirs"] and host.sh("ls /srv/wanted") == "crun\nrunsc"
    assert drive(clean, wanted(clean, "crun", prune="managed")).changed is False
    assert drive(clean, dict(wanted(clean, "crun", prune="managed"), runtimes=gone("runsc")["runtimes"])).changed
    assert host.sh("ls /srv/wanted") == "crun"


def test_one_of_two_names_of_a_program_goes(clean: Releases) -> None:
    """The other one keeps the file, and the last one takes it along."""
    params = wanted(clean, "crun", probe="never")
    params["runtimes"].append(dict(params["runtimes"][0], name="crun-debug", args=["--debug"]))
    assert drive(clean, params).changed
    other = dict(gone("crun"), runtimes=[{"name": "crun-debug", "state": "absent"}])
    for changed in (True, False):
        done = drive(clean, other)
        assert done.changed is changed and done.result["kept"] == {"crun": ["runtimes[crun]"]}, done.text
    assert clean.host.loaded() == ["crun"] and clean.host.sh("ls /srv/wanted") == "crun"
    assert drive(clean, gone("crun")).changed and clean.host.sh("ls -A /srv/wanted /var/lib/slipway-runtimes 2>&1 | grep -c crun; :") == "0"


def test_a_shim_that_is_asked_for_by_its_full_name_stays(clean: Releases) -> None:
    """Containers, and a default runtime, need no entry for it: they hold its file as entries do."""
    host, shim, name = clean.host, "/usr/local/bin/containerd-shim-whole-v1", "io.containerd.whole.v1"
    host.sh("cp -f /usr/bin/containerd-shim-runc-v2 {0}/shim; tar -c -C /usr/bin busybox | docker import - busybox".format(FOLDER))
    program = dict(binary(clean, "whole", release="shim"), files=[{"dest": shim}])
    assert proven(drive(clean, wanted(clean, binaries=[program], runtimes=[{"name": name}], default_runtime=name))) == [name]
    done = drive(clean, gone("whole"))
    assert done.error is None and done.result["kept"] == {"whole": ["default_runtime"]} and not done.changed, done.text
    host.sh("docker create --name held --network none busybox /busybox true")
    assert drive(clean, {"default_runtime": "runc"}).changed
    for check_mode in (True, False):
        done = drive(clean, gone("whole"), check_mode=check_mode)
        assert done.error["reason"] == "runtime_in_use" and "held (%s)" % name in done.message, done.text
    assert host.sh("docker start --attach held; docker rm held; docker rmi busybox >/dev/null") == "held"
    assert drive(clean, gone("whole")).changed and host.sh("ls %s 2>&1; :" % shim).startswith("ls: cannot access")


POINTS = ["check:after", "commit:after", "observe:after", "withdraw:after", "settle:after"]


@pytest.mark.parametrize("point", POINTS)
def test_killed(clean: Releases, point: str) -> None:
    """The next run finishes or undoes it, whole, whichever way it was going."""
    before = traces(clean)
    params = wanted(clean, "crun", probe="never")
    assert drive(clean, params, hooks={point: KILL}).killed
    done = drive(clean, params)
    assert done.error is None and clean.host.loaded() == ["crun"] and releases_left(clean) == "", done.text
    assert drive(clean, params).changed is False
    there = traces(clean)
    assert drive(clean, gone("crun"), hooks={point: KILL}).killed
    if point == "settle:after":
        assert drive(clean, gone("crun")).error is None
    else:
        # It was on its way out, and is wanted again: as if nothing had been.
        assert drive(clean, params).error is None and traces(clean).split("\n")[0] == there.split("\n")[0]
        assert drive(clean, gone("crun")).changed
    assert clean.host.loaded() == [] and traces(clean) == before


def test_a_daemon_that_is_down(clean: Releases) -> None:
    """The files are there and the registration is written; nothing is started, and that nothing was proven is said."""
    clean.host.sh("systemctl stop docker.socket docker")
    try:
        done = drive(clean, wanted(clean, "crun"))
        assert done.changed and done.result["live"] is False and done.result["probes"] == []
        assert any("no container was run under crun" in one for one in done.warnings), done.warnings
        assert drive(clean, wanted(clean, "crun")).changed is False
    finally:
        clean.host.sh("systemctl start docker")
    assert drive(clean, gone("crun")).changed


# -- by plays


@pytest.fixture(scope="module")
def plays(stocked: Releases, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays."""
    return Player(tmp_path_factory.mktemp("plays"), stocked.host.name.rpartition("-")[0])


def same(result: Dict[str, Any]) -> Dict[str, Any]:
    """A result without what may differ."""
    return {key: value for key, value in result.items() if key not in ("ansible_facts", "exception") and not key.startswith("_")}


def test_one_round_trip_however_many(clean: Releases, plays: Player) -> None:
    """Both ways say the same, with nothing to do and in check mode; the quick one sends one command and no module."""
    names = ("youki", "runsc", "crun")
    params = wanted(clean, *names, requirements=[{"name": "youki", "kernel": "4.0"}])
    both = [{"name": "quick", MODULE: params}, {"name": "shipped", MODULE: params, "vars": {"slipway_quick": False}}]
    check = plays.run(both, host=clean.host.name, check=True, diff=True)
    assert same(check.of("quick")) == same(check.of("shipped")) and check.of("quick")["changed"], check.text
    assert drive(clean, dict(params, probe="never")).changed
    idle = plays.run(both, host=clean.host.name, diff=True, verbosity=3)
    assert same(idle.of("quick")) == same(idle.of("shipped")) and not idle.of("quick")["changed"], idle.text
    assert execs(idle, "quick") == 1 and "AnsiballZ" not in idle.text.split("TASK [shipped]")[0]


def test_the_catalogue_by_name(clean: Releases, plays: Player, bring_up: Callable[..., Host], tmp_path: Path) -> None:
    """Named as users name them; the release server stands in for upstream's, by 'mirror' or by 'url'."""
    crun = {
        "name": "crun", "version": "0", "url": clean.url("crun"), "checksum": clean.checksum("crun"), "path": "/srv/wanted/crun"}
    task = {"name": "it", MODULE: {"catalogue": [crun], "ca_path": FOLDER + "/ca.pem"}}
    done = plays.run([task], host=clean.host.name).of("it")
    assert [one["verdict"] for one in done["probes"]] == ["proven"], done
    assert plays.run([task], host=clean.host.name).of("it")["changed"] is False
    near = plays.run([{"name": "it", MODULE: {"catalogue": ["yuki"]}}], host=clean.host.name).of("it")
    assert near["reason"] == "unknown_runtime" and "did you mean 'youki'?" in near["msg"]
    away = dict(crun, state="absent")
    assert plays.run([{"name": "it", MODULE: {"catalogue": [away]}}], host=clean.host.name).of("it")["changed"]
    assert clean.host.sh("ls -A /srv/wanted") == "" and clean.host.loaded() == []
