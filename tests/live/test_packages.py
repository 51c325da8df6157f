# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distribution packages on a real host: from a small repository of its own into dpkg and away again."""

from typing import Any, Callable, Dict, Iterator, List

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.packages.subject import RuntimePackages
from hosts_under_test import Driven, Host, until, with_defaults

REPO = "/opt/slipway-repo"
STATE = "/var/lib/slipway-runtimes"
OURS = "srun slib sbad sconf sother suser suselib skill shard srename stwin"
KILL = "kill -9 $DRIVER"
REMOVED = "packages.calls.Calls.remove:after"
TELL_PID = {"commit:before": "echo $DRIVER >/tmp/driver.pid"}

# deb NAME VERSION FIELDS PROGRAM POSTINST CONFFILE
BUILD = r"""
set -e
rm -rf %(repo)s
mkdir -p %(repo)s /etc/apt/sources.list.d
deb() {
    tree=$(mktemp -d)
    mkdir -p $tree/DEBIAN $tree/usr/bin $tree/etc $tree/opt
    chmod 755 $tree
    : >$tree/opt/$1-of-test
    printf 'Package: %%s\nVersion: %%s\nArchitecture: amd64\nMaintainer: test <test@example.com>\nDescription: x\n%%s' \
        "$1" "$2" "$3" >$tree/DEBIAN/control
    if [ "$4" ]; then
        printf '#!/bin/sh\necho %%s %%s\n' "$1" "$2" >$tree/usr/bin/$4
        [ "$1" != stwin ] || cp /usr/bin/crun $tree/usr/bin/$4
        chmod 755 $tree/usr/bin/$4
    fi
    if [ "$5" ]; then
        printf '#!/bin/sh\n%%s\n' "$5" >$tree/DEBIAN/postinst
        chmod 755 $tree/DEBIAN/postinst
    fi
    if [ "$6" ]; then
        echo as packaged >$tree/etc/$6
        echo /etc/$6 >$tree/DEBIAN/conffiles
    fi
    file=$1_$2.deb
    dpkg-deb --build $tree %(repo)s/$file >/dev/null
    {
        cat $tree/DEBIAN/control
        printf 'Filename: ./%%s\nSize: %%s\nSHA256: %%s\n\n' $file $(stat -c %%s %(repo)s/$file) \
            $(sha256sum <%(repo)s/$file | cut -d' ' -f1)
    } >>%(repo)s/Packages
    rm -r $tree
}
""" % {"repo": REPO}
LIB = "deb slib 1 '' ''\n"
PACKAGES = LIB + r"""
needs='Depends: slib
'
deb srun 1 "$needs" srun '' srun.conf
deb sbad 1 "$needs" sbad 'exit 3'
deb sconf 1 'Conflicts: sother
' sconf
deb sother 1 '' sother
deb suser 1 'Depends: srun
' suser
deb suselib 1 "$needs" suselib
alone='kill -9 $(cat /tmp/driver.pid) || exit 0; rm /tmp/driver.pid'
deb skill 1 "$needs" skilled "$alone; sleep 1"
deb shard 1 "$needs" shard "$alone; apt=\$(cut -d' ' -f4 /proc/\$PPID/stat); kill -9 \$apt \$PPID"
deb stwin 1 "$needs" stwin
deb srename 1 'Depends: slib (>= 2)
' srename
deb slib 2 '' ''
"""
UNSAFE = "/etc/dpkg/dpkg.cfg.d/slipway-test"  # without fsync the tests take half the time
SOURCE = "echo force-unsafe-io >%s; echo 'deb [trusted=yes] file:%s ./' >/etc/apt/sources.list.d/slipway.list\n" % (
    UNSAFE, REPO)


class Packages:
    """A host with a repository."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.build(PACKAGES)
        self.host.sh(
            "for one in $(find /etc/apt -name '*.list' -o -name '*.sources'); do mv $one $one.away; done; " + SOURCE)
        self.host.sh("apt-get update 2>&1")

    def build(self, packages: str) -> None:
        """The repository with these packages only; apt's lists stay as they are."""
        self.host.sh(BUILD + packages)

    def put(self, *files: str) -> None:
        """Install packages as somebody else would: NAME_VERSION each."""
        self.host.sh("dpkg -i %s 2>&1" % " ".join("%s/%s.deb" % (REPO, file) for file in files))

    def clean(self) -> None:
        """As before all tests."""
        self.host.sh(
            "dpkg --purge --force-depends {0} >/dev/null 2>&1; rm -rf {1}".format(OURS, STATE), check=False)

    def drive(self, *packages: Dict[str, Any], **more: Any) -> Driven:
        """Run the subject's code on the host; see driver.py."""
        return self.host.drive_subject("packages", {"packages": packages}, **more)

    def there(self) -> List[str]:
        """What dpkg knows of the test's packages, in whatever state."""
        found = self.host.sh(
            "dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' %s 2>/dev/null; :" % OURS)
        return sorted(" ".join(line.split()) for line in found.splitlines() if not line.startswith("un"))

    def receipts(self) -> str:
        """What we left on the host beside the folder itself."""
        return self.host.sh("find %s -mindepth 1 2>/dev/null; :" % STATE)

    def probe(self, *packages: Dict[str, Any], path: str = "") -> Any:
        """The plan that a controller would make, and what its probe left open."""
        subject = RuntimePackages()
        wanted = subject.parse(with_defaults(subject.spec, {"packages": packages}))
        text = script(subject.questions(wanted, check_mode=False), nonce="0123456789abcdef")
        words = ["env", "PATH=" + path] if path else []
        done = self.host.run(*words, "/bin/sh", stdin=text.encode())
        snapshot = parse(done.stdout.decode(), nonce="0123456789abcdef")
        assert snapshot is not None
        return snapshot, subject.plan(wanted, snapshot, check_mode=False)


def wanted(name: str, *names: str, program: str = "", state: str = "present") -> Dict[str, Any]:
    """One element of the option."""
    if state == "absent":
        return {"name": name, "state": state}
    return {"name": name, "packages": {"debian": list(names or (name,))}, "program": program or "/usr/bin/" + name}


def absent(name: str) -> Dict[str, Any]:
    """One that goes."""
    return wanted(name, state="absent")


def acted(driven: Driven) -> str:
    """What was done for the only name."""
    assert driven.error is None, driven.text
    return driven.result["packages"][0]["action"]


@pytest.fixture(scope="module")
def repository(bring_up: Callable[..., Host]) -> Iterator[Packages]:
    """The host that most tests share, with a repository."""
    found = Packages(bring_up("main", "trixie"))
    yield found
    found.clean()
    found.host.sh(
        "rm -rf /etc/apt/sources.list.d/slipway.list {0} {1} /tmp/driver.pid /tmp/held; "
        "for one in $(find /etc/apt -name '*.away'); do mv $one ${{one%.away}}; done".format(REPO, UNSAFE))


@pytest.fixture
def packages(repository: Packages) -> Packages:
    """The same, with nothing of the tests on it."""
    repository.clean()
    assert repository.there() == []
    return repository


def test_from_nothing_to_nothing(packages: Packages) -> None:
    """Check mode, install, repeat, remove, repeat: packages, configuration and ours are gone."""
    before = packages.host.sh("dpkg-query -W; ls -R /etc /usr/bin")
    srun = wanted("srun")
    done = packages.drive(srun, check_mode=True)
    assert acted(done) == "installed" and packages.there() == []
    done = packages.drive(srun)
    assert acted(done) == "installed" and done.changed and packages.host.sh("srun") == "srun 1"
    assert done.result["packages"] == [
        {"name": "srun", "packages": ["srun"], "action": "installed", "program": "/usr/bin/srun"}]
    assert packages.there() == ["ii slib 2", "ii srun 1"]
    again = packages.drive(srun)
    assert acted(again) == "unchanged" and not again.changed
    assert acted(packages.drive(absent("srun"), check_mode=True)) == "removed" and packages.there() != []
    gone = packages.drive(absent("srun"))
    assert acted(gone) == "removed" and gone.result["packages"][0]["packages"] == ["srun"]
    assert not packages.drive(absent("srun")).changed
    assert packages.host.sh("dpkg-query -W; ls -R /etc /usr/bin") == before and packages.receipts() == ""


def test_nothing_to_do_starts_no_program(packages: Packages) -> None:
    """Neither the package manager nor anything else: all that the probe could call tells on it."""
    srun = wanted("srun")
    assert acted(packages.drive(srun)) == "installed"
    packages.host.sh(
        "mkdir -p /opt/told; for one in dpkg-query apt-get env setsid od sed tr; do "
        "printf '#!/bin/sh\\n: >/opt/told/called\\n' >/opt/told/$one; chmod 755 /opt/told/$one; done")
    for one in (srun, absent("nobody")):
        snapshot, plan = packages.probe(one, path="/opt/told")
        assert snapshot.complete and plan.empty and not plan.unknown
    assert packages.host.read("/opt/told/called") is None
    with pytest.raises(SlipwayError):
        packages.probe(wanted("sother"), path="/opt/told")
    assert packages.host.read("/opt/told/called") is not None
    packages.host.sh("rm -r /opt/told")


def test_what_others_installed_is_theirs(packages: Packages) -> None:
    """It counts, and is left alone."""
    packages.put("slib_2", "srun_1")
    done = packages.drive(wanted("srun"))
    assert acted(done) == "unchanged" and not done.changed
    snapshot, plan = packages.probe(wanted("srun"))
    assert snapshot.word("pkg0", "settled") == "yes" and plan.empty
    gone = packages.drive(absent("srun"))
    assert acted(gone) == "unchanged" and not gone.changed
    assert packages.there() == ["ii slib 2", "ii srun 1"] and packages.receipts() == ""


@pytest.mark.parametrize("one, prepare, reason, stage, words", [
    (wanted("sbad"), "", "install_failed", "commit", "post-installation script"),
    (wanted("srun", program="/usr/bin/other"), "", "program_missing", "observe", "/usr/bin/other"),
    (wanted("sconf"), "sother_1", "would_remove", "check", "sother"),
    (wanted("srun", "srun", "snowhere"), "", "no_candidate", "check", "cannot install snowhere from"),
    (wanted("sother"), "sconf_1", "would_remove", "check", "sconf"),
    (wanted("srun", program="/usr/bin/true"), "", "in_the_way", "plan", "/usr/bin/true is there already"),
    (dict(wanted("srun"), packages={"suse": ["srun"]}), "", "family_missing", "plan", "'debian: [...]'"),
])
def test_refused_or_undone(
        packages: Packages, one: Dict[str, Any], prepare: str, reason: str, stage: str, words: str) -> None:
    """The host is as it was, and the message says what was in the way."""
    if prepare:
        packages.put(prepare)
    before = packages.host.sh("dpkg-query -W; ls -R /etc")
    done = packages.drive(one)
    assert done.error is not None and (done.error["reason"], done.error["failed_stage"]) == (reason, stage), done.text
    assert words in done.message and done.error["rolled_back"] == (stage in ("commit", "observe")), done.text
    assert packages.host.sh("dpkg-query -W; ls -R /etc") == before and packages.receipts() == ""


def test_what_others_need_stays(packages: Packages) -> None:
    """A package that another needs is not removed; a dependency that another needs, or somebody chose, stays."""
    assert acted(packages.drive(wanted("srun"))) == "installed"
    packages.put("suser_1")
    done = packages.drive(absent("srun"))
    assert done.error is not None and done.error["reason"] == "still_needed" and done.error["needed_by"] == ["suser"]
    assert "ii srun 1" in packages.there()
    packages.host.sh("dpkg --purge suser")
    packages.put("suselib_1")
    assert acted(packages.drive(absent("srun"))) == "removed"
    assert packages.there() == ["ii slib 2", "ii suselib 1"]
    packages.clean()
    assert acted(packages.drive(wanted("srun"))) == "installed"
    packages.host.sh("apt-mark manual slib")
    assert acted(packages.drive(absent("srun"))) == "removed"
    assert packages.there() == ["ii slib 2"] and packages.receipts() == ""


def test_two_names_share(packages: Packages) -> None:
    """What two names ask for goes with the second one."""
    one, two = wanted("srun"), wanted("other", "srun", "sother", program="/usr/bin/srun")
    done = packages.drive(one, two)
    assert [each["action"] for each in done.result["packages"]] == ["installed", "installed"]
    assert acted(packages.drive(absent("srun"))) == "removed"
    assert packages.there() == ["ii slib 2", "ii sother 1", "ii srun 1"]
    assert acted(packages.drive(absent("other"))) == "removed" and packages.there() == []


def test_configuration_that_was_there_stays(packages: Packages) -> None:
    """What a package of earlier left in /etc was not ours: neither undoing nor removing takes it."""
    packages.put("slib_2", "srun_1")
    packages.host.sh("echo mine >/etc/srun.conf; dpkg --remove srun slib")
    assert packages.there() == ["rc srun 1"]
    done = packages.drive(wanted("srun", program="/usr/bin/other"))
    assert done.error is not None and done.error["rolled_back"], done.text
    assert packages.there() == ["rc srun 1"]
    assert acted(packages.drive(wanted("srun"))) == "installed"
    assert acted(packages.drive(absent("srun"))) == "removed"
    assert packages.there() == ["rc srun 1"] and packages.host.sh("cat /etc/srun.conf") == "mine"


def test_removal_that_fails_brings_it_back(packages: Packages) -> None:
    """With its configuration as somebody wrote it."""
    assert acted(packages.drive(wanted("srun"))) == "installed"
    packages.host.sh("echo mine >/etc/srun.conf")
    receipt = packages.host.sh("cat %s/packages/srun.json" % STATE)
    done = packages.drive(absent("srun"), hooks={REMOVED: "exit 99"})
    assert done.error is not None and done.error["rolled_back"] and done.error["failed_stage"] == "withdraw", done.text
    assert packages.there() == ["ii slib 2", "ii srun 1"]
    assert packages.host.sh("cat /etc/srun.conf; cat %s/packages/srun.json" % STATE) == "mine\n" + receipt


def test_a_dependency_in_another_version_is_told(packages: Packages) -> None:
    """No package manager goes back by itself."""
    packages.put("slib_1")
    done = packages.drive(wanted("srename", program="/usr/bin/other"))
    assert done.error is not None and "slib came in another version and stays so" in done.message, done.text
    assert packages.there() == ["ii slib 2"]


def test_old_lists_are_got_anew(packages: Packages) -> None:
    """The mirror has newer packages than the lists tell of."""
    packages.build(LIB + "deb srun 2 'Depends: slib\n' srun\n")
    try:
        assert acted(packages.drive(wanted("srun"))) == "installed"
        assert packages.host.sh("srun") == "srun 2"
        packages.clean()
        packages.host.sh("rm -rf /var/lib/apt/lists/*")
        assert acted(packages.drive(wanted("srun"))) == "installed"
        packages.host.sh("rm -rf %s" % REPO)
        packages.clean()
        done = packages.drive(wanted("srun"))
        assert done.error is not None and done.error["reason"] == "download_failed", done.text
        assert packages.there() == []
        assert "Getting the lists of packages anew failed too" in done.message
    finally:
        packages.build(PACKAGES)
        packages.host.sh("apt-get update 2>&1")


def test_waits_for_another_program(packages: Packages) -> None:
    """That holds dpkg's lock for a while, as unattended upgrades do."""
    hold = "import fcntl, time; one = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(one, fcntl.LOCK_EX); " \
           "open('/tmp/held', 'w').close(); time.sleep(2)"
    packages.host.sh("rm -f /tmp/held; setsid python3 -c \"%s\" >/dev/null 2>&1 </dev/null &" % hold)
    until(lambda: packages.host.read("/tmp/held") is not None)
    done = packages.drive(wanted("srun"))
    assert acted(done) == "installed", done.text


@pytest.mark.parametrize("name, program", [("skill", "skilled"), ("shard", "shard")])
def test_killed_while_packages_are_installed(packages: Packages, name: str, program: str) -> None:
    """The run alone, and its package manager goes on; or that too, in the middle of a package."""
    one = wanted(name, program="/usr/bin/" + program)
    assert packages.drive(one, hooks=TELL_PID).killed
    assert any(line.endswith(name + " 1") for line in packages.there()), "it was killed too early"
    snapshot, _plan = packages.probe(absent(name))
    assert not snapshot.complete
    done = packages.drive(absent(name))
    assert done.changed and "interrupted at 'commit'; it was undone" in done.result["recovered"], done.text
    assert packages.there() == [] and packages.receipts() == ""
    assert packages.host.sh("dpkg --audit; dpkg --configure -a; ls /var/lib/dpkg/updates") == ""
    assert acted(packages.drive(one)) == "installed"


@pytest.mark.parametrize("point, recovered", [
    ("commit:after", "undone"), ("observe:after", "undone"), ("settle:after", "finished")])
def test_killed_between_stages(packages: Packages, point: str, recovered: str) -> None:
    """Installing, the next run takes it up."""
    assert packages.drive(wanted("srun"), hooks={point: KILL}).killed
    done = packages.drive(wanted("srun"))
    assert done.error is None and recovered in done.result["recovered"], done.text
    assert packages.there() == ["ii slib 2", "ii srun 1"] and not packages.drive(wanted("srun")).changed


@pytest.mark.parametrize("point, recovered", [
    (REMOVED, "undone"), ("_finish:before", "finished")])
def test_killed_while_packages_go(packages: Packages, point: str, recovered: str) -> None:
    """Removing, the next run takes it up; what was gone is there again before it is planned anew."""
    assert acted(packages.drive(wanted("srun"))) == "installed"
    assert packages.drive(absent("srun"), hooks={point: KILL}).killed
    done = packages.drive(wanted("srun") if recovered == "undone" else absent("srun"))
    assert done.error is None and recovered in done.result["recovered"], done.text
    assert acted(done) == "unchanged"
    assert packages.there() == (["ii slib 2", "ii srun 1"] if recovered == "undone" else [])


def registered(name: str, **more: Any) -> Dict[str, Any]:
    """The parameters of host_runtimes for a runtime that comes from a package."""
    return dict({"packages": [wanted(name)], "runtimes": [{"name": name, "path": "/usr/bin/" + name}]}, **more)


def test_a_runtime_from_a_package(packages: Packages, docker: Host) -> None:
    """Installed, registered and proven in one run; then away again, the registration first."""
    done = docker.drive_subject("host_runtimes", registered("stwin"))
    assert acted(done) == "installed" and docker.loaded() == ["stwin"]
    assert [(one["runtime"], one["verdict"]) for one in done.result["probes"]] == [("stwin", "proven")], done.text
    assert not docker.drive_subject("host_runtimes", registered("stwin")).changed
    gone = docker.drive_subject("host_runtimes", {
        "packages": [absent("stwin")], "runtimes": [{"name": "stwin", "state": "absent"}]})
    assert acted(gone) == "removed" and docker.loaded() == [], gone.text
    assert packages.there() == [] and packages.host.sh("find %s; :" % STATE, check=False) == ""


def test_a_package_whose_program_runs_no_container(packages: Packages, docker: Host) -> None:
    """Neither the package nor its registration stays."""
    done = docker.drive_subject("host_runtimes", registered("srun"))
    assert done.error is not None and done.error["rolled_back"], done.text
    assert packages.there() == [] and docker.loaded() == [] and docker.read("/etc/docker/daemon.json") is None
    assert packages.receipts() == ""


@pytest.mark.parametrize("point", ["HostEffects.withdraw:after", "EngineEffects.commit:after"])
def test_killed_with_the_engine(packages: Packages, docker: Host, point: str) -> None:
    """One way back for both, package and registration."""
    where = {"HostEffects": "host_runtimes.effects.", "EngineEffects": "engines.docker.effects."}
    point = where[point.partition(".")[0]] + point
    assert docker.drive_subject("host_runtimes", registered("stwin"), hooks={point: KILL}).killed
    assert packages.there() != []
    done = docker.drive_subject("host_runtimes", {
        "packages": [absent("stwin")], "runtimes": [{"name": "stwin", "state": "absent"}]})
    assert done.error is None and "undone" in done.result["recovered"], done.text
    assert packages.there() == [] and packages.receipts() == "" and docker.loaded() == []
