# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write every probe that the modules send to a host into a folder, a file of sh each.

Usage: PYTHONPATH=... tests/tools/env python tests/tools/dump_probe.py FOLDER
"""

import sys
from pathlib import Path

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.subject import RuntimeBinary
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import (
    Question,
    Snapshot,
    digest_question,
    file_question,
    program_question,
    script,
)
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli import seen as cli_reader
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.subject import DockerCli
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_info import EngineInfo
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_runtimes import EngineRuntimes
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.subject import HostRuntimes
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.subject import RootlessUser
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.subject import RunnerHost

RUNTIMES = [
    {"name": "crun", "path": "/usr/bin/crun"},
    {"name": "youki", "path": "youki", "args": ["--debug"]},
    {"name": "gvisor", "shim": "io.containerd.runsc.v1", "options": {"ConfigPath": "/etc/it's a file.toml"}},
    {"name": "io.containerd.kata.v2"},
]
BINARIES = [
    {"name": "youki", "version": "1", "url": "https://example.org/youki.tar.gz", "checksum": "sha256:" + "0" * 64,
     "files": [{"src": "youki", "dest": "/usr/local/bin/youki"}]},
    {"name": "kata", "state": "absent"},
]
PACKAGES = [
    {"name": "crun", "packages": {"debian": ["crun"], "redhat": ["crun"]}, "program": "/usr/bin/crun", "state": "present"},
    {"name": "nvidia", "state": "absent"},
]
REQUIREMENTS = [{"name": "kata", "device": "/dev/kvm"}, {"name": "youki", "kernel": "5.3", "architectures": ["x86_64"]}]
CLIS = {"podman": {"provider": "podman"}, "lima": {"provider": "nerdctl", "via": "lima"}, "absent": {"state": "absent"}}


def probes() -> "dict[str, tuple[Question, ...]]":
    """The questions of every probe by its name."""
    register, info, binary, cli = EngineRuntimes(), EngineInfo(), RuntimeBinary(), DockerCli()
    found = {
        "questions": (
            file_question("file", "/etc/hostname"),
            program_question("program", ["uname", "-a"], seconds=5, stderr=True),
            digest_question("digest", "/etc/hostname"),
            Question("ask", 's_ask 5 uname -a\ns_say ask code "$s_rc"'),
        ),
    }
    for name, params in (
        ("docker", {"runtimes": RUNTIMES}),
        ("iechor-exclusive", {"engine": "iechor", "runtimes": RUNTIMES, "exclusive": True}),
        ("docker-user", {"scope": "user", "runtimes": RUNTIMES[:1]}),
    ):
        wanted = register.parse(params)
        for check_mode in (False, True):
            suffix = "-check" if check_mode else ""
            found[name + suffix] = register.questions(wanted, check_mode=check_mode)
    for integrity in ("stat", "digest"):
        wanted = binary.parse({"binaries": BINARIES, "integrity": integrity})
        found["binary-" + integrity] = binary.questions(wanted, check_mode=False)
    for name, params in CLIS.items():
        wanted = cli.parse({key: params.get(key, one.get("default")) for key, one in cli.spec.items()})
        found["cli-" + name] = cli.questions(wanted, check_mode=False)
        # A host that has everything in the way: all that can be asked further.
        there = cli_reader.There("/usr/local/bin/docker", "link", "x", "/usr/bin/x")
        target = cli_reader.Target("/usr/bin/limactl", "program", "/usr/bin/limactl", "1")
        seen = cli_reader.read(Snapshot({}, {}), wanted)._replace(target=target)
        found["cli-%s-more" % name] = cli_reader.follow_up(wanted, seen, owners=[there])
    host = HostRuntimes()
    for scope, more in (("system", {"binaries": BINARIES, "packages": PACKAGES}), ("user", {})):
        wanted = host.parse(dict(more, scope=scope, runtimes=RUNTIMES, requirements=REQUIREMENTS))
        found["host-" + scope] = host.questions(wanted, check_mode=False)
    user = RootlessUser()
    for state in ("present", "absent"):
        found["user-" + state] = user.questions(user.parse({"user": "ci", "subid_count": 1, "state": state}), check_mode=False)
    runner = RunnerHost()
    for state in ("present", "absent"):
        wanted = runner.parse(dict(
            {key: one.get("default") for key, one in runner.spec.items()}, url="unix:///run/dagger/engine.sock", state=state,
            scopes=[{"kind": "login"}, {"kind": "unit", "units": ["ci.service"]}, {"kind": "manager"}]))
        found["runner-" + state] = runner.questions(wanted, check_mode=False)
    found["info"] = info.questions(info.parse({}), check_mode=False)
    return found


def main(folder: Path) -> None:
    """Write them."""
    for name, questions in probes().items():
        (folder / f"{name}.sh").write_text(script(questions, nonce="0123456789abcdef"), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
