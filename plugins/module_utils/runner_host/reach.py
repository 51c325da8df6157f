# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trying an address on a host, step by step, each within its time: Dagger's own tries hang for minutes."""

import contextlib
import os
import shutil
import socket
import ssl
import stat
from typing import List, Optional, Sequence, Tuple

from ..core import host
from ..core.errors import SlipwayError
from .address import SEARCHED, Address

# How every client of gRPC begins, and Dagger's with it: the preface of HTTP/2, and empty settings. The engine answers
# with its own settings; a proxy that only forwards the port of a container does not.
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
_SETTINGS = 4


def try_address(address: Address, *, seconds: int) -> None:
    """Do what the CLI would do first to connect, as the user that calls. seconds: for each step.

    Raises SlipwayError (unreachable) with the step that failed: path, socket, resolve, connect, certificates,
    handshake, answer, program, engine, container, pod.
    """
    _TRIES[address.form.kind](address, seconds)


def _unix(address: Address, seconds: int) -> None:
    try:
        facts = os.stat(address.path)
    except OSError as error:
        raise _failed("path", address, "%s: %s" % (address.path, error.strerror))
    if not stat.S_ISSOCK(facts.st_mode):
        raise _failed("socket", address, "%s is no socket" % address.path)
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as line:
        line.settimeout(seconds)
        try:
            line.connect(address.path)
        except OSError as error:
            raise _failed("connect", address, "%s: %s" % (address.path, error.strerror or error))
        _greet(address, line, seconds)


def _tcp(address: Address, seconds: int) -> None:
    with contextlib.closing(_connected(address, address.port, seconds)) as line:
        _greet(address, line, seconds)


def _greet(address: Address, line: socket.socket, seconds: int) -> None:
    """What listens has to answer as an engine."""
    line.settimeout(seconds)
    try:
        line.sendall(_GREETING)
        answer = line.recv(64)
    except OSError as error:
        raise _failed("answer", address, "what listens there does not answer: %s" % (error.strerror or error))
    if len(answer) < 9 or answer[3] != _SETTINGS:
        said = "what listens there is no engine of Dagger's" if answer else "the connection was closed"
        raise _failed("answer", address, said)


def _tls(address: Address, seconds: int) -> None:
    try:
        context = ssl.create_default_context(cafile=address.value("ca_path") or None)
        if address.value("cert_path"):
            context.load_cert_chain(address.value("cert_path"), address.value("key_path"))
    except OSError as error:  # ssl.SSLError is one
        raise _failed("certificates", address, "the certificates cannot be read: %s" % (error.strerror or error))
    name = address.host.strip("[]")
    with contextlib.closing(_connected(address, 443 if address.port == -1 else address.port, seconds)) as line:
        try:
            safe = context.wrap_socket(line, server_hostname=name)
        except (OSError, ValueError) as error:
            raise _failed("handshake", address, "%s: %s" % (name, error))
        with contextlib.closing(safe):
            _greet(address, safe, seconds)


def _connected(address: Address, port: int, seconds: int) -> socket.socket:
    name = address.host.strip("[]").replace("%25", "%")
    try:
        places = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _failed("resolve", address, "%s: %s" % (name, error.strerror or error))
    try:
        # getaddrinfo has no time limit of its own; what it found is tried one by one.
        return socket.create_connection(places[0][4][:2], timeout=seconds)
    except OSError as error:
        raise _failed("connect", address, "%s port %d: %s" % (name, port, error.strerror or error))


def _container(address: Address, seconds: int) -> None:
    program = _engine(address, seconds)
    if program[1] == "container":
        argv = [program[0], "inspect", address.host]
    else:
        argv = [program[0], "container", "inspect", "--format", "{{.State.Running}}", address.host]
    answer = host.run(argv, seconds=seconds)
    if answer.code is None:
        raise _failed("engine", address, "'%s' did not answer in %d s" % (" ".join(argv), seconds))
    if answer.code != 0:
        raise _failed("container", address, "%s has no container '%s'" % (program[1], address.host))
    if program[1] != "container" and answer.output.strip() != "true":
        raise _failed("container", address, "the container '%s' does not run" % address.host)


def _image(address: Address, seconds: int) -> None:
    _engine(address, seconds)


def _engine(address: Address, seconds: int) -> Tuple[str, str]:
    """The path and the name of the program that the CLI would call; it answers."""
    names = (address.form.cli,) if address.form.cli else SEARCHED
    found = next(((path, name) for path, name in ((_which(name), name) for name in names) if path), None)
    if found is None:
        raise _failed("program", address, "there is no program %s on PATH" % " or ".join(names))
    words = ["system", "status"] if found[1] == "container" else ["version"]
    _answers(address, "engine", [found[0] or ""] + words, seconds)
    return found[0] or "", found[1]


def _ssh(address: Address, seconds: int) -> None:
    argv = [_program(address), "-o", "BatchMode=yes", "-o", "ConnectTimeout=%d" % seconds]
    argv += (["-l", address.user] if address.user else []) + (["-p", str(address.port)] if address.port != -1 else [])
    _answers(address, "connect", argv + ["--", address.host.strip("[]"), "buildctl", "--version"], seconds + 1)


def _pod(address: Address, seconds: int) -> None:
    argv = [_program(address)]
    for key in ("context", "namespace"):
        if address.value(key):
            argv.append("--%s=%s" % (key, address.value(key)))
    argv += ["--request-timeout=%ds" % seconds, "get", "pod", address.host, "-o"]
    phase = _answers(address, "pod", argv + ["jsonpath={.status.phase}"], seconds + 1)
    if phase.strip() != "Running":
        raise _failed("pod", address, "the pod '%s' is %s and not Running" % (address.host, phase.strip() or "unknown"))
    if address.value("container"):
        names = _answers(address, "pod", argv + ["jsonpath={.spec.containers[*].name}"], seconds + 1).split()
        if address.value("container") not in names:
            raise _failed("container", address, "the pod has no container '%s', but %s" % (
                address.value("container"), ", ".join(names)))


def _cloud(address: Address, seconds: int) -> None:
    raise _failed("engine", address, "an engine in Dagger's cloud is started by its CLI alone, and not tried; leave "
                  "'reachable' out")


_TRIES = {
    "unix": _unix, "tcp": _tcp, "tls": _tls, "container": _container, "image": _image, "ssh": _ssh, "kube-pod": _pod,
    "cloud": _cloud}


def _program(address: Address) -> str:
    found = _which(address.form.cli)
    if not found:
        raise _failed("program", address, "there is no program %s on PATH" % address.form.cli)
    return found


def _which(name: str) -> Optional[str]:
    return shutil.which(name, path=host.clean_environment()["PATH"])


def _answers(address: Address, step: str, argv: Sequence[str], seconds: int) -> str:
    try:
        answer = host.run(argv, seconds=seconds)
    except OSError as error:
        raise _failed("program", address, "%s: %s" % (argv[0], error.strerror))
    if answer.code is None:
        raise _failed(step, address, "'%s' did not answer in %d s" % (_told(argv), seconds))
    if answer.code != 0:
        raise _failed(step, address, "'%s' failed: %s" % (_told(argv), answer.words[-500:] or "code %d" % answer.code))
    return answer.output


def _told(argv: Sequence[str]) -> str:
    words: List[str] = [os.path.basename(argv[0])] + list(argv[1:])
    return " ".join(words)


def _failed(step: str, address: Address, message: str) -> SlipwayError:
    return SlipwayError(
        "unreachable", "url: %s cannot be reached: the step '%s' failed: %s" % (address.url, step, message),
        option="url", step=step)
