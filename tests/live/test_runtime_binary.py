# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runtimes' files on a real host: from a release server to their places and away again, whatever comes between."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

from hosts_under_test import ROOT, Host, Player, until
from releases import EVERYTHING, FOLDER, HERE, HTTP, HTTPS, KILL, Releases

TOOL = "/usr/local/bin/tool"
ABSENT = {"name": "tool", "state": "absent"}
MODULE = "slipway.runtimes.runtime_binary"


@pytest.fixture
def releases(served: Releases) -> Releases:
    """The same, with nothing of ours on it."""
    served.forget()
    return served


def acted(driven: Any) -> str:
    """What was done for the only binary."""
    assert driven.error is None, driven.text
    return driven.result["binaries"][0]["action"]


def test_from_nothing_to_nothing(releases: Releases) -> None:
    """Check mode, install, repeat, upgrade, downgrade, remove, repeat; the file system is as it was before."""
    before = releases.listing(EVERYTHING)
    first, second = releases.binary("1"), releases.binary("2")
    assert acted(releases.drive(first, check_mode=True)) == "installed" and releases.listing(EVERYTHING) == before
    done = releases.drive(first)
    assert acted(done) == "installed" and done.changed and releases.says() == "tool 1"
    assert all(len(one["sha256"]) == 64 for one in done.result["binaries"][0]["files"])
    assert releases.host.sh("readlink /opt/tool/lib/link; cat /opt/tool/lib/link") == "deep/file\ndeep 1"
    again = releases.drive(first)
    assert acted(again) == "unchanged" and not again.changed
    assert again.result["binaries"][0]["files"] == done.result["binaries"][0]["files"]
    assert acted(releases.drive(second)) == "upgraded" and releases.says() == "tool 2"
    assert releases.host.sh("cat /opt/tool/lib/version") == "2"
    assert not releases.drive(second, integrity="digest").changed
    assert acted(releases.drive(first)) == "upgraded" and releases.says() == "tool 1"
    assert releases.leftovers() == ""
    assert acted(releases.drive(ABSENT, check_mode=True)) == "removed" and releases.says() == "tool 1"
    assert acted(releases.drive(ABSENT)) == "removed"
    assert releases.listing(EVERYTHING) == before and releases.leftovers() == ""
    assert not releases.drive(ABSENT).changed


def test_two_names_in_one_folder(releases: Releases) -> None:
    """The folder that the first one made goes with the last one."""
    before = releases.listing()
    one = releases.binary(files=[{"src": "tool-1/bin/tool", "dest": "/opt/tool/bin/tool"}])
    two = releases.binary("2", name="helper", files=[{"src": "tool-2/bin/helper", "dest": "/opt/tool/bin/helper"}])
    assert releases.drive(one, two).changed
    assert not releases.drive(one, two).changed
    assert releases.drive(ABSENT).changed and releases.says("/opt/tool/bin/helper") == "helper 2"
    assert releases.drive(ABSENT, dict(ABSENT, name="helper")).changed
    assert releases.listing() == before


def test_an_upgrade_takes_what_is_wanted_no_more(releases: Releases) -> None:
    """Another place: the old one goes."""
    before = releases.listing()
    releases.drive(releases.binary("1"))
    moved = releases.binary("2", files=[{"src": "tool-2/bin/tool", "dest": "/opt/tool/bin/tool"}])
    assert acted(releases.drive(moved)) == "upgraded"
    assert releases.says() == "" and releases.says("/opt/tool/bin/tool") == "tool 2"
    assert releases.host.sh("ls /opt/tool") == "bin"
    assert acted(releases.drive(ABSENT)) == "removed" and releases.listing() == before


# -- bad sources

BAD: Dict[str, Any] = {
    "wrong digest": (dict(checksum="sha256:" + "0" * 64), "checksum_mismatch"),
    "not there": (dict(manner="nothing"), "download_failed"),
    "redirect to http": (dict(manner="to-http"), "redirect_refused"),
    "ends halfway": (dict(manner="cut"), "download_broke_off"),
    "stops halfway": (dict(manner="stall"), "download_broke_off"),
    "without the token": (dict(manner="token"), "download_failed"),
    "nobody listens": (dict(url="https://127.0.0.1:1/x"), "download_failed"),
    "no such host": (dict(url="https://nothing.invalid/x"), "download_failed"),
    "not in the archive": (dict(files=[{"src": "tool", "dest": TOOL}]), "not_in_archive"),
    "mode of a folder": (dict(files=[{"src": "tool-2/lib", "dest": "/opt/tool/lib", "mode": "0700"}]), "mode_of_tree"),
    "no such owner": (dict(files=[{"src": "tool-2/bin/tool", "dest": TOOL, "owner": "nobody-at-all"}]), "bad_owner"),
    "archive without src": (dict(files=[{"dest": TOOL}]), "src_missing"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_sources(releases: Releases, name: str) -> None:
    """The old files stay, with and without something installed before."""
    changes, reason = BAD[name]
    empty = releases.listing()
    wanted = releases.binary("2", **changes)
    done = releases.drive(wanted)
    assert done.error is not None and done.error["reason"] == reason, done.text
    assert done.error["failed_stage"] == "check" and not done.error["rolled_back"]
    assert releases.listing() == empty
    assert releases.drive(releases.binary("1")).changed
    before = releases.listing()
    assert releases.drive(wanted).error["reason"] == reason
    assert releases.listing() == before and releases.says() == "tool 1" and releases.leftovers() == ""
    assert not releases.drive(releases.binary("1")).changed


def test_broken_archives(releases: Releases) -> None:
    """Truncated, and yet what its checksum says; and one that is hostile."""
    releases.host.sh("cd {0}; head -c 200 tool-2.tar.gz >cut.tar.gz; mkdir -p evil; cp /bin/true evil/su; chmod 4755 evil/su; "
                     "tar -czf evil.tar.gz evil".format(FOLDER))
    releases.drive(releases.binary("1"))
    before = releases.listing()
    for name, reason in (("cut.tar.gz", "archive_broken"), ("evil.tar.gz", "archive_refused")):
        wanted = releases.binary("2", url=releases.url(name), checksum=releases.checksum(name))
        done = releases.drive(wanted)
        assert done.error["reason"] == reason and done.error["option"] == "binaries[tool].url", done.text
        assert releases.listing() == before


def test_untrusted_server(releases: Releases) -> None:
    """Without the private authority's certificate; the message names the option."""
    done = releases.drive(releases.binary(), ca_path="")
    assert done.error["reason"] == "tls_failed" and "ca_path" in done.message


def test_proxy_that_refuses(releases: Releases) -> None:
    """A proxy given, one of the environment, and none."""
    done = releases.drive(releases.binary(), proxy="http://user:s3cr3t@127.0.0.1:%d" % HTTP)
    assert done.error["reason"] == "download_failed" and "s3cr3t" not in done.text
    environment = {"https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    assert releases.drive(releases.binary(), environment=environment).error["reason"] == "download_failed"
    assert releases.drive(releases.binary(), environment=environment, proxy="").changed


def test_headers_redirects_and_mirrors(releases: Releases) -> None:
    """A token is told to the server that it is for, and to no other; a mirror takes the place of the host."""
    headers = {"X-Token": "s3cr3t-token"}
    log = FOLDER + "/requests.log"
    assert releases.drive(releases.binary(manner="token"), headers=headers).changed
    releases.host.sh("rm -f " + log)
    assert releases.drive(releases.binary("2", manner="moved"), headers=headers).changed
    assert releases.host.sh("cut -d' ' -f3 " + log).split() == ["s3cr3t-token", "s3cr3t-token"]
    releases.host.sh("rm -f " + log)
    assert releases.drive(releases.binary("1", manner="to-other"), headers=headers).changed
    assert releases.host.sh("cut -d' ' -f3 " + log).split() == ["s3cr3t-token", "None"]
    wanted = releases.binary("2", url="https://github.com/files/tool-2.tar.gz")
    assert releases.drive(wanted, mirror="https://127.0.0.1:%d" % HTTPS).changed and releases.says() == "tool 2"


def test_http_where_allowed(releases: Releases) -> None:
    """On the user's word only."""
    wanted = releases.binary(url="http://127.0.0.1:%d/files/tool-1.tar.gz" % HTTP)
    assert releases.drive(wanted).error["reason"] == "http_refused"
    assert releases.drive(wanted, allow_http=True).changed


def test_too_large(releases: Releases) -> None:
    """More than the user wants to have."""
    assert releases.drive(releases.binary(), max_size=100).error["reason"] == "too_large"


# -- bad hosts


def test_no_space(releases: Releases) -> None:
    """A small file system: the old files stay."""
    host = releases.host
    host.sh("mkdir -p /opt/tool && mount -t tmpfs -o size=1m tmpfs /opt/tool && cd {0} && mkdir -p big && "
            "head -c 3000000 /dev/urandom >big/blob && tar -czf big.tar.gz big".format(FOLDER))
    try:
        small = [{"src": "tool-1/lib", "dest": "/opt/tool/lib"}]
        assert releases.drive(releases.binary("1", files=small)).changed
        before = releases.listing()
        wanted = releases.binary("2", url=releases.url("big.tar.gz"), checksum=releases.checksum("big.tar.gz"),
                                 files=[{"src": "big", "dest": "/opt/tool/lib"}])
        done = releases.drive(wanted)
        assert done.error["reason"] == "system_error" and "No space left" in done.message, done.text
        assert releases.listing() == before and releases.leftovers() == ""
    finally:
        host.sh("umount /opt/tool")


def test_read_only_destination(releases: Releases) -> None:
    """Nothing else changes either."""
    host = releases.host
    host.sh("mkdir -p /opt/tool && mount -t tmpfs -o ro tmpfs /opt/tool")
    try:
        before = releases.listing()
        done = releases.drive(releases.binary())
        assert done.error["reason"] == "system_error" and "Read-only" in done.message, done.text
        assert releases.listing() == before
    finally:
        host.sh("umount /opt/tool; rmdir /opt/tool")


def test_programs_that_cannot_run(releases: Releases) -> None:
    """Another architecture, a missing library, a missing interpreter, one that hangs, one that crashes."""
    host = releases.host
    host.sh("""cd %s
cp /bin/true foreign && printf '\\267\\000' | dd of=foreign bs=1 seek=18 conv=notrunc status=none
sed 's/libc\\.so\\.6/libz.so.7/g' /bin/true >lacking
printf '#!/nothing/at/all\\n' >lost
printf '#!/bin/sh\\nsleep 60\\n' >hanging
printf '#!/bin/sh\\nkill -s SEGV $$\\n' >crashing
printf 'no program' >nonsense
""" % FOLDER)
    for name, reason, words in (
            ("foreign", "wrong_architecture", "arm64"), ("lacking", "libraries_missing", "libz.so.7"),
            ("lost", "program_broken", "/nothing/at/all"), ("hanging", "program_hangs", "verify"),
            ("crashing", "program_broken", "SIGSEGV"), ("nonsense", "wrong_architecture", "no program")):
        wanted = releases.binary(url=releases.url(name), checksum=releases.checksum(name), files=[{"dest": TOOL}])
        done = releases.drive(wanted)
        assert done.error["reason"] == reason and words in done.message, done.text
        assert "binaries[tool].files[0]" in done.message and releases.says() == "" and releases.leftovers() == ""
    assert releases.drive(wanted, dict(wanted, name="x", verify=False, files=[{"dest": TOOL + "-x"}])).error
    assert releases.drive(dict(wanted, verify=False)).changed


def test_foreign_tree(releases: Releases) -> None:
    """A folder none of whose programs is for this host."""
    releases.host.sh("cd %s; mkdir -p far/bin; cp /bin/true far/bin; printf '\\267\\000' | dd of=far/bin/true bs=1 seek=18 conv=notrunc "
                     "status=none; tar -czf far.tar.gz far" % FOLDER)
    wanted = releases.binary(
        url=releases.url("far.tar.gz"), checksum=releases.checksum("far.tar.gz"), files=[{"src": "far", "dest": "/opt/tool"}])
    assert releases.drive(wanted).error["reason"] == "wrong_architecture"


# -- what others do


def test_what_was_there_before(releases: Releases) -> None:
    """A file, a link and a folder: in the way unless told, and back on removal with all that belongs to them."""
    host = releases.host
    host.sh("echo old >{0}; chmod 4711 {0}; chown 1:1 {0}; touch -d 2001-02-03T04:05:06.789 {0}; ln -s /etc/passwd /usr/local/bin/helper; "
            "mkdir -p /opt/tool/lib/x; echo y >/opt/tool/lib/x/y; chmod 700 /opt/tool/lib".format(TOOL))
    before = releases.listing()
    files = [{"src": "tool-1/bin/tool", "dest": TOOL}, {"src": "tool-1/bin/helper", "dest": "/usr/local/bin/helper"},
             {"src": "tool-1/lib", "dest": "/opt/tool/lib"}]
    done = releases.drive(releases.binary(files=files))
    assert done.error["reason"] == "in_the_way" and "replace" in done.message and releases.listing() == before
    assert acted(releases.drive(releases.binary(files=files, replace=True))) == "installed" and releases.says() == "tool 1"
    assert not releases.drive(releases.binary(files=files, replace=True)).changed
    newer = [dict(one, src=one["src"].replace("tool-1", "tool-2")) for one in files]
    assert acted(releases.drive(releases.binary("2", files=newer, replace=True))) == "upgraded"
    assert releases.says() == "tool 2"
    assert acted(releases.drive(ABSENT)) == "removed"
    assert releases.listing() == before and releases.leftovers() == ""


def test_what_others_changed(releases: Releases) -> None:
    """Put back with a warning where it is wanted; removed only by force."""
    before = releases.listing()
    wanted = releases.binary()
    releases.drive(wanted)
    for edit in ("echo '#' >>%s" % TOOL, "echo new >/opt/tool/lib/new", "rm /opt/tool/lib/deep/file"):
        releases.host.sh(edit)
        done = releases.drive(ABSENT)
        assert done.error["reason"] == "changed_since" and "force" in done.message, done.text
        done = releases.drive(wanted)
        assert acted(done) == "repaired" and "somebody else" in done.warnings[0]
    releases.host.sh("chmod 700 %s" % TOOL)
    assert acted(releases.drive(wanted)) == "repaired" and releases.host.sh("stat -c %%a %s" % TOOL) == "755"
    releases.host.sh("rm %s" % TOOL)
    assert acted(releases.drive(wanted)) == "repaired" and releases.says() == "tool 1"
    releases.host.sh("rm %s; echo new >/opt/tool/lib/new" % TOOL)
    assert acted(releases.drive(ABSENT, force=True)) == "removed"
    assert releases.listing() == before


def test_another_stat_of_the_same_content(releases: Releases) -> None:
    """Read once, noted, and known from then on."""
    wanted = releases.binary()
    releases.drive(wanted)
    releases.host.sh("cp -a {0} {0}-copy; mv {0}-copy {0}; touch {0}; touch /opt/tool/lib/version".format(TOOL))
    receipt = releases.host.read("/var/lib/slipway-runtimes/binaries/tool.json")
    assert not releases.drive(wanted).changed
    noted = releases.host.read("/var/lib/slipway-runtimes/binaries/tool.json")
    assert noted != receipt
    assert not releases.drive(wanted).changed
    assert releases.host.read("/var/lib/slipway-runtimes/binaries/tool.json") == noted


def test_another_name_has_it(releases: Releases) -> None:
    """Even where it may be replaced."""
    releases.drive(releases.binary())
    done = releases.drive(releases.binary(name="other", replace=True))
    assert done.error["reason"] == "in_the_way" and "'tool'" in done.message


def test_edited_during_the_run(releases: Releases) -> None:
    """Somebody else's file that came while the new one was staged is not overwritten."""
    done = releases.drive(releases.binary(), hooks={"_check_unchanged:before": "echo stranger >%s" % TOOL})
    assert done.error["reason"] == "changed_meanwhile" and done.error["rolled_back"], done.text
    assert releases.host.read(TOOL) == b"stranger\n" and releases.leftovers() == ""
    releases.forget()
    done = releases.drive(releases.binary(), hooks={"swap.forward@%s:before" % TOOL: "echo stranger >%s" % TOOL})
    assert done.error["reason"] == "in_the_way" and done.error["rolled_back"], done.text
    assert releases.host.read(TOOL) == b"stranger\n" and releases.host.sh("ls -A /opt") .find("tool") < 0


@pytest.mark.parametrize("point", ["swap.forward@lib:before", "swap.forward@lib:after", "_check_unchanged:before", "apply:after",
                                   "_measured:before", "settle:before", "_write_receipts:before"])
def test_failures(releases: Releases, point: str) -> None:
    """A full disk at each step: the old files, all of them."""
    releases.drive(releases.binary("1"))
    before = releases.listing("/usr/local/bin /opt/tool*")
    done = releases.drive(releases.binary("2"), hooks={point: "[ -e /tmp/hit ] || { touch /tmp/hit; exit 99; }"})
    releases.host.sh("rm -f /tmp/hit")
    assert done.error is not None and done.error["rolled_back"], done.text
    assert releases.listing("/usr/local/bin /opt/tool*") == before and releases.leftovers() == ""
    assert not releases.drive(releases.binary("1")).changed


# -- killed

POINTS = (
    "host.rename@binaries.journal:after", "fetch.download:before", "fetch.download:after", "archive.take:after",
    "effects.check_program:before", "effects.check_tree:after", "check:after", "commit:before", "swap.forward@%s:before" % TOOL,
    "os.link:after", "swap.forward@%s:after" % TOOL, "os.rename@/opt/tool/lib:before", "os.rename@/opt/tool/lib:after",
    "commit:after", "apply:after", "_measured:before", "observe:after", "settle:before", "_finish:before",
    "swap.remove:after", "_finish:after", "host.remove@binaries.journal:before")


def hook(point: str) -> Dict[str, str]:
    """The driver knows host's rename as os's."""
    return {point.replace("host.rename", "os.rename"): KILL}


@pytest.mark.parametrize("point", POINTS)
def test_killed(releases: Releases, point: str) -> None:
    """While it installs, upgrades and removes: the next run undoes or finishes it, says so, and nothing is left."""
    empty = releases.listing("/usr/local/bin /opt/tool*")
    one, two = releases.binary("1"), releases.binary("2")
    if point not in ("os.link:after",) and releases.drive(one, hooks=hook(point)).killed:
        done = releases.drive(ABSENT)
        assert done.error is None and done.changed, done.text
        assert releases.listing("/usr/local/bin /opt/tool*") == empty and releases.leftovers() == ""
    releases.forget()
    releases.drive(one)
    assert releases.drive(two, hooks=hook(point)).killed
    assert releases.says() in ("tool 1", "tool 2")
    done = releases.drive(one)
    assert done.error is None and done.changed and "interrupted" in done.result["recovered"], done.text
    assert releases.says() == "tool 1" and releases.host.sh("cat /opt/tool/lib/version") == "1" and releases.leftovers() == ""
    assert not releases.drive(one).changed
    if releases.drive(ABSENT, hooks=hook(point)).killed:
        done = releases.drive(ABSENT)
        assert done.error is None and done.changed, done.text
    assert releases.listing("/usr/local/bin /opt/tool*") == empty and releases.leftovers() == ""
    assert not releases.drive(ABSENT).changed


def test_killed_over_what_was_there_before(releases: Releases) -> None:
    """Set aside and not yet replaced, replaced and not yet removed, removed and not yet back."""
    wanted = releases.binary(replace=True)
    for point in ("swap.copy:after", "swap.forward@%s:after" % TOOL, "_finish:before", "swap.remove:after"):
        releases.forget()
        releases.host.sh("echo old >{0}; chmod 700 {0}".format(TOOL))
        before = releases.listing("/usr/local/bin /opt/tool*")
        assert releases.drive(wanted, hooks={point: KILL}).killed
        assert releases.drive(wanted).error is None and releases.says() == "tool 1"
        assert releases.drive(ABSENT, hooks={point: KILL}).killed
        assert releases.drive(ABSENT).error is None
        assert releases.listing("/usr/local/bin /opt/tool*") == before and releases.leftovers() == "", point
        assert releases.host.sh("ls -A /var/lib/slipway-runtimes 2>/dev/null; :") == "", point


def test_the_host_chooses_its_architecture(releases: Releases) -> None:
    """The same parameters for every host; and a configuration file beside it."""
    first, second = (
        {key: releases.binary(version)[key] for key in ("url", "checksum")} for version in "12")
    config = {"name": "tool-config", "files": [{"dest": "/opt/tool/etc/tool.toml", "content": "debug = true\n"}]}
    wanted = dict(releases.binary(), url=None, checksum=None, architectures={releases.host.sh("uname -m"): first, "pdp11": second})
    assert releases.drive(wanted, config).changed and releases.says() == "tool 1"
    assert releases.host.sh("stat -c %a /opt/tool/etc/tool.toml; cat /opt/tool/etc/tool.toml") == "644\ndebug = true"
    assert releases.drive(wanted, config).changed is False
    config["files"][0]["content"] = "debug = false\n"
    assert acted(releases.drive(config)) == "upgraded" and releases.host.sh("cat /opt/tool/etc/tool.toml") == "debug = false"
    refused = releases.drive(dict(wanted, version="2", architectures={"pdp11": second}))
    assert refused.error["reason"] == "unsupported_architecture" and releases.says() == "tool 1"
    assert releases.drive(ABSENT, {"name": "tool-config", "state": "absent"}).changed
    assert releases.host.sh("ls -A /opt/tool 2>&1; :").startswith("ls: cannot access")


def test_built_on_the_host(releases: Releases) -> None:
    """By any command that puts its output in a folder; a build leaves nothing, and one that fails neither."""
    before, temporary = releases.listing(), releases.host.sh("ls -A /tmp /var/tmp")
    script = "mktemp && mkdir -p $0/bin && cat >$0/bin/made && chmod 755 $0/bin/made"

    def made(said: str, command: str = script, **more: Any) -> Dict[str, Any]:
        build = {"argv": ["sh", "-c", command, "{folder}"], "stdin": "#!/bin/sh\necho %s\n" % said, "output": "bin/made"}
        return {"name": "tool", "version": "1", "build": dict(build, **more), "files": [{"dest": TOOL}]}

    assert acted(releases.drive(made("one"))) == "installed" and releases.says() == "one"
    assert releases.drive(made("one")).changed is False
    assert acted(releases.drive(made("two"))) == "upgraded" and releases.says() == "two"
    for wanted, word in ((made("x", "mktemp; echo no compiler >&2; exit 3"), "exit code 3: no compiler"), (made("x", "true"), "made no file 'bin/made'"),
                         (made("x", "sleep 30", timeout=1), "did not end within 1 s"),
                         (made("x", argv=["no-such-program", "{folder}"]), "no-such-program cannot be run")):
        failed = releases.drive(wanted)
        assert failed.error["reason"] == "build_failed" and word in failed.message, failed.text
    assert releases.says() == "two" and releases.leftovers() == ""
    assert releases.drive(ABSENT).changed and releases.listing() == before
    assert releases.host.sh("ls -A /tmp /var/tmp") == temporary


def test_a_users_own_files(releases: Releases) -> None:
    """Below the user's home, by the user: nothing of root's is touched, and nothing stays, not even folders on the way."""
    host = releases.host

    def drive(binary: Dict[str, Any]) -> Any:
        return host.drive_subject(
            "runtime_binary", {"binaries": [binary], "scope": "user", "ca_path": FOLDER + "/ca.pem"}, user="dev")

    before = releases.listing("/home/dev " + EVERYTHING)
    wanted = releases.binary(files=[{"src": "tool-1/bin/tool", "dest": "/home/dev/.local/bin/tool"}])
    assert acted(drive(wanted)) == "installed" and releases.says("/home/dev/.local/bin/tool") == "tool 1"
    assert host.sh("stat -c %U /home/dev/.local/bin/tool /home/dev/.local/state/slipway-runtimes/binaries/tool.json") == "dev\ndev"
    assert drive(wanted).changed is False
    refused = drive(releases.binary())
    assert refused.error["reason"] == "no_permission" and refused.error["option"] == "binaries[tool].files[0].dest", refused.text
    assert "/usr/local/bin cannot be written by this user" in refused.message and "'scope: user'" in refused.message
    assert drive(ABSENT).changed and releases.listing("/home/dev " + EVERYTHING) == before


def test_what_cannot_be_exchanged(releases: Releases) -> None:
    """A mount point is told of; a folder of an image, which an overlay does not rename, is exchanged all the same, and back."""
    host = releases.host
    wanted = releases.binary(files=[{"src": "tool-1/lib", "dest": "/opt/tool"}], replace=True)
    host.sh("mkdir -p /opt/tool /run/layers && mount -t tmpfs tmpfs /opt/tool")
    try:
        done = releases.drive(wanted)
        assert done.error["reason"] == "mount_point" and done.error["failed_stage"] == "check", done.text
        host.sh("touch /opt/tool/x /opt/tool/y && mount --bind /opt/tool/y /opt/tool/x")
        file = releases.binary(files=[{"src": "tool-1/bin/tool", "dest": "/opt/tool/x"}], replace=True)
        assert releases.drive(file).error["reason"] == "mount_point"
    finally:
        host.sh("umount /opt/tool/x; umount /opt/tool")
    wanted["files"][0]["dest"] = "/opt/tool/lib"
    host.sh("mount -t tmpfs tmpfs /run/layers && mkdir -p /run/layers/low/lib/deep /run/layers/up /run/layers/work && "
            "echo old >/run/layers/low/lib/deep/file && "
            "mount -t overlay -o lowerdir=/run/layers/low,upperdir=/run/layers/up,workdir=/run/layers/work overlay /opt/tool")
    try:
        assert host.run("mv", "-T", "--no-copy", "/opt/tool/lib", "/opt/tool/x", check=False).returncode != 0
        assert releases.drive(wanted, hooks={"swap.remove@/opt/tool/lib:before": "rm /opt/tool/lib/deep/file; " + KILL}).killed
        assert acted(releases.drive(wanted)) == "installed" and host.sh("cat /opt/tool/lib/version") == "1"
        assert acted(releases.drive(ABSENT)) == "removed" and host.sh("cat /opt/tool/lib/deep/file") == "old"
        assert releases.leftovers() == ""
    finally:
        host.sh("umount /opt/tool /run/layers; rmdir /opt/tool /run/layers")


def test_signed(bring_up: Callable[..., Host]) -> None:
    """After the digest, before anything is unpacked, by the host's own gpgv."""
    host, data = bring_up("bw", "bookworm"), ROOT / "tests" / "unit" / "plugins" / "module_utils" / "binaries" / "data"
    host.write(FOLDER + "/signed", b"a program\n")
    host.write(FOLDER + "/signed.asc", (data / "program.asc").read_bytes())
    wanted = {"name": "tool", "src": FOLDER + "/signed", "remote_src": True, "verify": False, "files": [{"dest": TOOL}],
              "signature": {"src": FOLDER + "/signed.asc", "key": (data / "stranger.asc").read_text()}}
    done = host.drive_subject("runtime_binary", {"binaries": [wanted]})
    assert done.error["reason"] == "signature_refused" and done.error["failed_stage"] == "check", done.text
    assert "another key" in done.message and host.read(TOOL) is None
    wanted["signature"]["key"] = (data / "signer.asc").read_text()
    for changed in (True, False):
        assert host.drive_subject("runtime_binary", {"binaries": [wanted]}).changed is changed
    assert host.drive_subject("runtime_binary", {"binaries": [ABSENT]}).changed and host.read(TOOL) is None


# -- with an engine


RUNTIMES = {
    "youki": ("command -v youki", []),
    "runsc": ("command -v runsc", ["--platform=systrap", "--network=none", "--ignore-cgroups"]),
}


@pytest.mark.parametrize("name", sorted(RUNTIMES))
def test_upgrade_under_a_running_container(releases: Releases, name: str) -> None:
    """Real runtimes: the container goes on, can be executed in, stopped, started and removed."""
    host, (where, args) = releases.host, RUNTIMES[name]
    host.sh('cd {0} && program=$({1}) && tar -czf real.tar.gz -C "${{program%/*}}" {2}'.format(FOLDER, where, name))
    path = "/opt/tool/bin/" + name
    wanted = dict(name=name, version="1", url=releases.url("real.tar.gz"), checksum=releases.checksum("real.tar.gz"),
                  files=[{"src": name, "dest": path}])
    assert releases.drive(wanted).changed
    host.write("/etc/docker/daemon.json", json.dumps({"runtimes": {"tool": {"path": path, "runtimeArgs": args}}}).encode())
    host.sh("systemctl reload docker; mkdir -p /tmp/root/bin; cp /bin/busybox /tmp/root/bin/; tar -c -C /tmp/root . | docker import - box")
    until(lambda: "tool" in host.info()["Runtimes"])
    try:
        host.sh("docker run -d --name c1 --network none --runtime tool box /bin/busybox sleep 600")
        inode = host.sh("stat -c %i " + path)
        assert acted(releases.drive(dict(wanted, version="2"))) == "upgraded"
        assert host.sh("stat -c %i " + path) != inode
        assert host.sh("docker ps --format '{{.Names}}'") == "c1"
        assert host.sh("docker exec c1 /bin/busybox echo here") == "here"
        host.sh("docker stop -t 1 c1")
        until(lambda: host.sh("docker ps -q") == "")
        host.sh("docker start c1; docker exec c1 /bin/busybox true; docker rm -f c1")
    finally:
        host.sh("docker rm -f c1; docker rmi box; rm -f /etc/docker/daemon.json; systemctl reload docker; rm -rf /tmp/root", check=False)
    assert releases.drive(dict(ABSENT, name=name)).changed


# -- by plays


@pytest.fixture(scope="module")
def releases_player(served: Releases, tmp_path_factory: pytest.TempPathFactory) -> Player:
    """Runs plays."""
    return Player(tmp_path_factory.mktemp("plays"), served.host.name.rpartition("-")[0])


def play_of(releases: Releases, player: Player, binary: Dict[str, Any], *, keywords: Any = None, run: Any = None, **params: Any) -> Any:
    """One task; its result."""
    task = dict({"name": "it", MODULE: dict({"binaries": [binary]}, **params)}, **(keywords or {}))
    played = player.run([task], host=releases.host.name, **(run or {}))
    assert played.results, played.text
    return played.of("it"), played


@pytest.mark.parametrize("variables", [{}, {"slipway_quick": False}, {"ansible_user": "admin", "ansible_become": True}])
def test_source_of_the_controller(releases: Releases, releases_player: Player, tmp_path: Path, variables: Dict[str, Any]) -> None:
    """Found, digested, handed over; nothing is transferred where there is nothing to do."""
    (tmp_path / "tool").write_text("#!/bin/sh\necho from here\n")
    wanted = {"name": "tool", "src": str(tmp_path / "tool"), "files": [{"dest": TOOL}]}
    run = {"variables": variables}
    checked, _played = play_of(releases, releases_player, wanted, run=dict(run, check=True, diff=True))
    assert checked["changed"] and releases.says() == "" and TOOL in checked["diff"]["after"]
    assert play_of(releases, releases_player, wanted, run=run)[0]["changed"] and releases.says() == "from here"
    again, played = play_of(releases, releases_player, wanted, run=dict(run, verbosity=4))
    assert not again["changed"]
    if variables != {"slipway_quick": False}:
        assert "source-0" not in played.text and "AnsiballZ" not in played.text
    (tmp_path / "tool").write_text("#!/bin/sh\necho anew\n")
    done, _played = play_of(releases, releases_player, wanted, run=run)
    assert done["binaries"][0]["action"] == "upgraded" and releases.says() == "anew"
    missing, _played = play_of(releases, releases_player, dict(wanted, src="nothing-there"), run=run)
    assert missing["reason"] == "source_missing" and "binaries[tool].src" in missing["msg"]
    assert releases.host.sh("ls -A /root/.ansible/tmp /home/admin/.ansible/tmp 2>/dev/null | grep ansible-; :") == ""


def test_in_the_background(releases: Releases, releases_player: Player, tmp_path: Path) -> None:
    """A job on the host, with a source of the controller's."""
    (tmp_path / "tool").write_text("#!/bin/sh\necho from here\n")
    wanted = {"name": "tool", "src": str(tmp_path / "tool"), "files": [{"dest": TOOL}]}
    for changed in (True, False):
        done, played = play_of(releases, releases_player, wanted, keywords={"async": 60, "poll": 1})
        assert done.get("changed") == changed and "reason" not in done, played.text
    assert releases.says() == "from here"


def test_one_round_trip(releases: Releases, releases_player: Player) -> None:
    """However many names, where there is nothing to do."""
    names = ["tool%d" % number for number in range(4)]
    wanted = [releases.binary(name=name, files=[{"src": "tool-1/bin/tool", "dest": "/usr/local/bin/" + name}]) for name in names]
    assert releases.drive(*wanted).changed
    task = {"name": "it", MODULE: {"binaries": wanted, "ca_path": FOLDER + "/ca.pem"}}
    played = releases_player.run([task], host=releases.host.name, verbosity=3)
    assert not played.of("it")["changed"] and played.text.count("SSH: EXEC") == 1 and "PUT" not in played.text, played.text


def test_source_on_the_host(releases: Releases, releases_player: Player) -> None:
    """With remote_src, without a checksum: known by its stat."""
    wanted = {"name": "tool", "src": FOLDER + "/tool-1.tar.gz", "remote_src": True, "files": [{"src": "tool-1/bin/tool", "dest": TOOL}]}
    assert play_of(releases, releases_player, wanted)[0]["changed"]
    assert not play_of(releases, releases_player, wanted)[0]["changed"]
    assert play_of(releases, releases_player, dict(wanted, src="/nothing", version="2"))[0]["reason"] == "source_missing"


def test_secrets_and_errors_of_plays(releases: Releases, releases_player: Player) -> None:
    """A token is seen nowhere at any verbosity, by either way; a bad option is named."""
    wanted = releases.binary(manner="token")
    params = dict(ca_path=FOLDER + "/ca.pem", headers={"X-Token": "s3cr3t-token"}, proxy="")
    for variables in ({}, {"slipway_quick": False}):
        for run in (dict(check=True), dict(), dict()):
            done, played = play_of(releases, releases_player, wanted, run=dict(run, verbosity=4, diff=True, variables=variables), **params)
            assert not done.get("failed"), done
            assert "s3cr3t-token" not in played.text and "s3cr3t-token" not in str(done)
        assert not done["changed"]
        releases.forget()
    done, played = play_of(releases, releases_player, dict(wanted, url="https://u:hidden-word@127.0.0.1/x"), run=dict(verbosity=0))
    assert done["reason"] == "password_in_url" and "hidden-word" not in done["msg"]


@pytest.fixture
def controller_server(certificates: Path, tmp_path: Path) -> Iterator[Path]:
    """A release server on the controller; its folder."""
    for name in ("ca.pem", "server.pem"):
        (tmp_path / name).write_bytes((certificates / name).read_bytes())
    (tmp_path / "tool").write_text("#!/bin/sh\necho by the controller\n")
    process = subprocess.Popen([sys.executable, str(HERE / "release_server.py"), str(tmp_path), "18443", "18080"])
    try:
        until(lambda: answers(18443))
        yield tmp_path
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Whether somebody listens at that port of the controller."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_fetched_by_the_controller(releases: Releases, releases_player: Player, controller_server: Path) -> None:
    """Once a run, and not at all where there is nothing to do; the host has no network."""
    digest = subprocess.run(["sha256sum", str(controller_server / "tool")], check=True, stdout=subprocess.PIPE).stdout.decode().split()[0]
    wanted = {"name": "tool", "url": "https://127.0.0.1:18443/token/tool", "checksum": "sha256:" + digest, "files": [{"dest": TOOL}]}
    params = dict(fetch="controller", ca_path=str(controller_server / "ca.pem"), headers={"X-Token": "s3cr3t-token"})
    other = dict(wanted, name="tool2", files=[{"dest": TOOL + "2"}])
    log = controller_server / "requests.log"
    tasks = [{"name": name, MODULE: dict(params, binaries=[one])} for name, one in (("a", wanted), ("b", other))]
    played = releases_player.run(tasks, host=releases.host.name, verbosity=4)
    assert played.of("a")["changed"] and played.of("b")["changed"], played.text
    assert releases.says() == "by the controller" and releases.says(TOOL + "2") == "by the controller"
    assert len(log.read_text().splitlines()) == 1 and "s3cr3t-token" not in played.text
    played = releases_player.run(tasks, host=releases.host.name)
    assert not played.of("a")["changed"] and len(log.read_text().splitlines()) == 1
    done, _played = play_of(releases, releases_player, dict(wanted, url="https://127.0.0.1:18443/nothing/tool", version="2"), **params)
    assert done["reason"] == "download_failed" and done["status"] == 404
    assert os.path.exists(str(log)) and releases.says() == "by the controller"
