# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a host: the probe in the shells that there are, on folders of the test's own."""

import os
import subprocess

import pytest

from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli import seen as reader
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.wanted import SPEC, parse as parse_wanted

NONCE = "0123456789abcdef"


@pytest.fixture
def host(shell_alone, tmp_path):
    """A PATH and a home of the test's own, in each shell of this machine."""
    return Host(shell_alone, tmp_path)


class Host:
    """Folders first/ and second/ on PATH."""

    def __init__(self, shell, folder):
        self.shell, self.folder = shell, folder
        for name in ("first", "second", "home"):
            (folder / name).mkdir()

    def program(self, name, text="#!/bin/sh\necho 'Version: 1.2.3'\n"):
        """A program."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def ask(self, **params):
        """What is seen by the first questions and the second ones."""
        wanted = self.wanted(**params)
        first = self.run(reader.questions(wanted))
        seen = reader.read(first, wanted)
        more = reader.follow_up(wanted, seen, owners=())
        return reader.read(first.joined(self.run(more)), wanted) if more else seen

    def wanted(self, **params):
        """What is asked for."""
        full = dict({name: one.get("default") for name, one in SPEC.items()}, path=str(self.folder / "first" / "docker"))
        return parse_wanted(dict(full, **params))

    def run(self, questions):
        """The answers."""
        path = "%s:%s:%s" % (self.folder / "first", self.folder / "second", os.environ["PATH"])
        done = subprocess.run(
            self.shell, input=script(questions, nonce=NONCE).encode(), stdout=subprocess.PIPE, check=False, timeout=60,
            env={"PATH": path, "HOME": str(self.folder / "home"), "XDG_RUNTIME_DIR": str(self.folder / "home")})
        found = parse(done.stdout.decode("utf-8", "surrogateescape"), nonce=NONCE)
        assert found is not None and found.complete, (done.stdout, found and found.trouble)
        return found


def test_nothing(host):
    """No link, no program."""
    seen = host.ask(provider="podman", target=str(host.folder / "none"))
    assert seen.things[str(host.folder / "first" / "docker")].kind == "missing"
    assert seen.target.kind == "missing" and seen.answer is None and seen.receipt is None
    assert str(host.folder / "first") in seen.search and len(set(seen.search)) == len(seen.search)


def test_the_program(host):
    """Found on PATH in order, asked, and told apart from what cannot run."""
    second = host.program("second/podman")
    seen = host.ask(provider="podman")
    assert (seen.target.path, seen.target.kind) == (second, "program") and seen.target.stat
    assert (seen.answer.version, seen.answer.code) == ("1.2.3", 0)
    first = host.folder / "first" / "podman"
    first.symlink_to(second)
    seen = host.ask(provider="podman")
    assert (seen.target.path, seen.target.real) == (str(first), os.path.realpath(second))
    host.program("second/podman", "#!/bin/sh\necho sorry >&2; exit 3\n")
    seen = host.ask(provider="podman")
    assert (seen.answer.code, seen.answer.said) == (3, "sorry")
    os.chmod(second, 0o644)
    assert host.ask(provider="podman", target=second).target.kind == "closed" or "posh" in host.shell
    assert host.ask(provider="podman", target=str(host.folder)).target.kind == "folder"


def test_things(host):
    """What is at the path: a script, a link, a dead link, a folder, a FIFO."""
    path = host.folder / "first" / "docker"

    def there():
        return host.ask(provider="podman", target="/none").things[str(path)]

    host.program("first/docker", "#!/bin/sh\n# podman \u00e4\n")
    assert (there().kind, there().content) == ("file", "#!/bin/sh\n# podman \u00e4\n")
    path.chmod(0o644)
    assert there().stat.endswith(" closed")
    path.write_bytes(b"x" * 9000)
    assert there().content is None
    path.unlink()
    path.symlink_to("../second")
    assert (there().kind, there().text, there().real, there().dead) == ("link", "../second", str(host.folder / "second"), False)
    path.unlink()
    path.symlink_to("/no/where at all")
    assert (there().text, there().dead) == ("/no/where at all", True)
    path.unlink()
    path.mkdir()
    assert there().kind == "folder"
    path.rmdir()
    os.mkfifo(str(path))
    assert there().kind == "other" and not there().blocked
    path.unlink()
    for target, blocked in ((str(host.folder / "new" / "er"), ""), (str(host.folder / "file"), str(host.folder / "file"))):
        (host.folder / "file").write_text("")
        path = host.folder / target / "docker"
        found = host.ask(provider="podman", target="/none", path=str(path)).things[str(path)]
        assert (found.kind, found.blocked) == ("missing", blocked)


# What dpkg-query says -> the package that the user is told.
OWNERS = {
    "one": ("docker-ce-cli: {0}", "docker-ce-cli"), "several": ("a, b: {0}", "a, b"),
    "the one that diverts it": ("diversion by mine from: {0}\ndiversion by mine to: {0}.real\ndocker.io: {0}", "mine"),
    "diverted by hand": ("local diversion from: {0}\nlocal diversion to: {0}.real\ndocker.io: {0}", ""), "none": ("", ""),
}


def test_owners(host):
    """The package that has the file in the way."""
    path = host.program("first/docker", "#!/bin/sh\n")
    host.program("first/dpkg-query", '#!/bin/sh\n[ "$2 $3" = "-- %s" ] && [ -s %s/said ] && cat %s/said\n' % (
        path, host.folder, host.folder))
    params = dict(provider="podman", target="/none")
    wanted, seen = host.wanted(**params), host.ask(**params)
    more = reader.follow_up(wanted, seen, owners=[reader.There(path, "file")])
    for name, (said, package) in OWNERS.items():
        (host.folder / "said").write_text(said.format(path))
        assert (name, host.run(more).word("owner0", "package")) == (name, package)


def test_others(host):
    """Another of the name on PATH, and in the user's home; the first of them tells its version."""
    host.program("second/docker", "#!/bin/sh\necho 'Docker version 26.1.5+dfsg1, build a72d7cd'\n")
    (host.folder / "home" / "bin").mkdir()
    own = host.program("home/bin/docker")
    seen = host.ask(provider="podman", target="/none")
    found = [one.path for one in seen.others]
    assert found[0] == str(host.folder / "second" / "docker") and own in found
    assert seen.first == "26.1.5+dfsg1"


def test_lima(host):
    """Whether lima hands the environment on, and what its nerdctl says; root cannot ask."""
    host.program("first/limactl", "#!/bin/sh\ncase $* in *--help*) echo ' --preserve-env' ;; *) echo 'Version: v2.3.5' ;; esac\n")
    seen = host.ask(provider="nerdctl", via="lima", wrapper_path=str(host.folder / "nerdctl"))
    assert seen.target.path == str(host.folder / "first" / "limactl") and seen.answer.keeps_environment
    assert seen.answer.version == ("" if os.geteuid() == 0 else "2.3.5") and seen.answer.asked == (os.geteuid() != 0)
    host.program("first/limactl", "#!/bin/sh\n")
    assert not host.ask(provider="nerdctl", via="lima", wrapper_path=str(host.folder / "nerdctl")).answer.keeps_environment


@pytest.mark.parametrize("text, version", [
    ("podman version 5.4.2", "5.4.2"), ("nerdctl version v2.3.5", "2.3.5"), ("Docker version 26.1.5+dfsg1, build x", "26.1.5+dfsg1"),
    ("Client:       Podman Engine\nVersion:      4.3.1\nAPI Version:  4.3.1\n", "4.3.1"),
    ("time=... level=warning msg=\"old version 1 of cgroups\"\nClient:\nVersion:  5.4.2", "5.4.2"),
    ("Client:\n Version:\tv2.0.0\n OS/Arch:\tlinux/amd64\n", "2.0.0"), ("nothing", ""), ("", "")])
def test_versions(text, version):
    """As the programs say them."""
    assert reader.version_in(text) == version
