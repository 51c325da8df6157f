#!/usr/bin/env python
"""Disposable test hosts: real systemd, real engines, no registry, no network. Needs root and podman.

    hosts.py prepare                               install what this machine lacks (Debian, Ubuntu)
    hosts.py build [IMAGE|PROGRAM ...]             build images ahead of time (`up` does what is missing);
                                                   --without NAME: not this one
    hosts.py up --image trixie NAME ...            start hosts, each in place of one of its name
    hosts.py up --image trixie --with youki --with rootless NAME
    hosts.py list [--json]                         what there is
    hosts.py exec NAME -- docker info              run a program in a host, as root
    hosts.py inventory                             an Ansible inventory (JSON, which is YAML)
    hosts.py down NAME ... | --all                 remove hosts and all that was theirs

    ansible -i tests/hosts/hosts.py all -m ping    the program is an inventory itself
    ssh -F ~/.cache/slipway-runtimes/ssh/config NAME

Hosts belong to a group (`--group G`, or SLIPWAY_HOSTS_GROUP, else `dev`); no command touches another group's hosts.
`./README.md` says what is in a host.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Dict, List

import fleet
import images
import programs
from machine import HostsError, missing_packages, run, say

HERE = Path(__file__).resolve().parent
# What this tool, and the programs that it builds, need of a Debian or Ubuntu machine.
PACKAGES: Dict[str, str] = {
    "podman": "runs the hosts",
    "runc": "runs podman's containers",
    "crun": "runs podman's containers where a user prefers it",
    "uidmap": "is needed by podman",
    "mmdebstrap": "builds the hosts' file systems",
    "debian-archive-keyring": "verifies Debian's packages",
    "zstd": "packs file systems for the cache",
    "openssh-client": "is how Ansible reaches a host",
    "build-essential": "links youki and runc",
    "pkg-config": "finds libseccomp for them",
    "libseccomp-dev": "is what they filter system calls with",
}


def main(arguments: List[str]) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = _parser().parse_args(_as_inventory_program(arguments))
    if os.geteuid() != 0:
        print("hosts.py: test hosts are podman containers of root's: run this as root", file=sys.stderr)
        return 1
    try:
        return int(options.command(options) or 0)
    except HostsError as error:
        print(f"hosts.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _as_inventory_program(arguments: List[str]) -> List[str]:
    """Ansible calls an inventory program with --list or --host NAME, and no command."""
    if arguments[:1] == ["--list"] or arguments[:1] == ["--host"]:
        return ["inventory", *arguments]
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    grouped = argparse.ArgumentParser(add_help=False)
    grouped.add_argument("--group", default=os.environ.get("SLIPWAY_HOSTS_GROUP") or "dev", type=_group)

    command = commands.add_parser("prepare", help="install what this machine lacks")
    command.set_defaults(command=_prepare)

    command = commands.add_parser("build", help="build images or programs ahead of time")
    command.add_argument("names", nargs="*", metavar="NAME", type=_buildable)
    command.add_argument("--without", action="append", default=[], metavar="NAME", type=_buildable, help="not this one")
    command.set_defaults(command=_build)

    command = commands.add_parser("up", help="start hosts", parents=[grouped])
    command.add_argument("--image", required=True, choices=sorted(images.IMAGES))
    command.add_argument("--with", dest="extras", action="append", default=[], choices=fleet.EXTRAS)
    command.add_argument("names", nargs="+", metavar="NAME")
    command.set_defaults(command=_up)

    command = commands.add_parser("down", help="remove hosts", parents=[grouped])
    command.add_argument("names", nargs="*", metavar="NAME")
    command.add_argument("--all", action="store_true", help="every host of the group")
    command.set_defaults(command=_down)

    command = commands.add_parser("list", help="what there is, of all groups")
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_list)

    command = commands.add_parser("exec", help="run a program in a host, as root")
    command.add_argument("name", metavar="NAME")
    command.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- PROGRAM ARGUMENT ...")
    command.set_defaults(command=_exec)

    command = commands.add_parser("inventory", help="an Ansible inventory of the running hosts", parents=[grouped])
    command.add_argument("--list", action="store_true", help="as Ansible asks an inventory program")
    command.add_argument("--host", metavar="NAME", help="as Ansible asks an inventory program")
    command.set_defaults(command=_inventory)
    return parser


def _group(text: str) -> str:
    if not text.replace("-", "").replace("_", "").isalnum():
        raise argparse.ArgumentTypeError("a group is named with letters, digits, '-' and '_'")
    return text


def _buildable(text: str) -> str:
    known = [*images.IMAGES, *programs.PROGRAMS]
    if text not in known:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known)}")
    return text


def _prepare(_options: argparse.Namespace) -> None:
    missing = missing_packages(list(PACKAGES))
    if not missing:
        say("nothing is missing")
        return
    say("installing with apt-get: " + ", ".join(f"{name} ({PACKAGES[name]})" for name in missing))
    run([str(HERE.parent / "tools" / "apt-need"), *missing])
    say("installed")


def _build(options: argparse.Namespace) -> None:
    for name in options.names or [*images.IMAGES, "youki"]:
        if name in options.without:
            continue
        is_image = name in images.IMAGES
        reason = images.unbuildable(name) if is_image else programs.unbuildable(name)
        if reason and not options.names:
            say(f"{name} is left out: {reason}")
        elif is_image:
            images.build(name)
        else:
            programs.build(name)


def _up(options: argparse.Namespace) -> None:
    fleet.up(options.names, image=options.image, group=options.group, extras=sorted(set(options.extras)))


def _down(options: argparse.Namespace) -> None:
    if options.all == bool(options.names):
        raise HostsError("down: name hosts, or say --all")
    if options.all:
        fleet.down_all(options.group)
    else:
        fleet.down(options.names, group=options.group)


def _list(options: argparse.Namespace) -> None:
    found = fleet.hosts()
    if options.json:
        print(json.dumps([host._asdict() for host in found], indent=2))
        return
    rows = [("NAME", "GROUP", "IMAGE", "STATE", "EXTRAS")]
    rows += [(host.name, host.group, host.image, host.state, " ".join(host.extras)) for host in found]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def _exec(options: argparse.Namespace) -> None:
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    terminal = ["--tty"] if sys.stdin.isatty() and sys.stdout.isatty() else []
    os.execvp("podman", ["podman", "exec", "--interactive", *terminal, options.name, *(argv or ["/bin/bash", "-l"])])


def _inventory(options: argparse.Namespace) -> None:
    if options.host:
        answer = fleet.script_inventory(options.group)["_meta"]["hostvars"].get(options.host, {})
    elif options.list:
        answer = fleet.script_inventory(options.group)
    else:
        answer = fleet.inventory(options.group)
    print(json.dumps(answer, indent=2, sort_keys=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
