# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runtime needs of its host, told before anything is changed. Pure."""

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..core.errors import SlipwayError
from ..core.snapshot import Question, Snapshot, quote

REQUIREMENT_SPEC = dict(
    name=dict(type="str", required=True),
    option=dict(type="str"),
    device=dict(type="str"),
    kernel=dict(type="str"),
    engine=dict(type="str"),
    engine_below=dict(type="str"),
    image_store=dict(type="bool", default=False),
    architectures=dict(type="list", elements="str", default=[]),
)

_LEADING = re.compile(r"[0-9]+(\.[0-9]+)*")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*\Z")


class Requirement(NamedTuple):
    """One thing that a runtime needs. name: the runtime. option: what messages call it. device: an absolute path. kernel,
    engine: the least version. engine_below: the first version that is too new. image_store: containerd's. architectures:
    machines as uname -m says them; none is any."""

    name: str
    option: str
    device: str = ""
    kernel: str = ""
    engine: str = ""
    engine_below: str = ""
    image_store: bool = False
    architectures: Tuple[str, ...] = ()


class Facts(NamedTuple):
    """What a host is. kernel, machine: as uname says them. engine: the engine's version, '' where it is not known.
    image_store: whether the engine will have containerd's; None where that is not known."""

    kernel: str
    machine: str
    devices: Tuple[str, ...]
    engine: str = ""
    image_store: Optional[bool] = None


def parse(values: Sequence[Dict[str, Any]]) -> Tuple[Requirement, ...]:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    found = []
    for index, one in enumerate(values):
        here = "requirements[%d]" % index
        device = one.get("device") or ""
        if device and not device.startswith("/"):
            raise SlipwayError("bad_path", "%s.device: '%s' is no absolute path" % (here, device), option=here + ".device")
        for key in ("kernel", "engine", "engine_below"):
            if one.get(key) and not _VERSION.match(one[key]):
                raise SlipwayError(
                    "bad_version", "%s.%s: give a version in quotes, such as '5.3'; got '%s'" % (here, key, one[key]),
                    option="%s.%s" % (here, key))
        found.append(Requirement(
            name=one["name"], option=one.get("option") or here, device=device, kernel=one.get("kernel") or "",
            engine=one.get("engine") or "", engine_below=one.get("engine_below") or "",
            image_store=bool(one.get("image_store")), architectures=tuple(one.get("architectures") or ())))
    return tuple(found)


def questions(requirements: Sequence[Requirement]) -> Tuple[Question, ...]:
    """What has to be asked of the host itself."""
    lines = []
    if any(one.kernel or one.architectures for one in requirements):
        lines.append('s_text host uname "$(uname -r) $(uname -m)"')
    for device in sorted(set(one.device for one in requirements if one.device)):
        lines.append("[ -e {0} ] && s_text host device {0}".format(quote(device)))
    return (Question("host", "\n".join(lines)),) if lines else ()


def facts(snapshot: Snapshot) -> Facts:
    """The answers to questions()."""
    kernel, _space, machine = snapshot.word("host", "uname").partition(" ")
    return Facts(kernel=kernel, machine=machine, devices=tuple(snapshot.words("host", "device")))


def check(requirements: Sequence[Requirement], host: Facts) -> None:
    """Raises SlipwayError that names all that is not met."""
    unmet: List[Tuple[str, str, str]] = []
    for one in requirements:
        unmet.extend((one.option, reason, what) for reason, what in _unmet(one, host))
    if unmet:
        raise SlipwayError(
            unmet[0][1], "; ".join("%s: %s" % (option, what) for option, _reason, what in dict.fromkeys(unmet)),
            option=unmet[0][0])


def _unmet(one: Requirement, host: Facts) -> List[Tuple[str, str]]:
    found = []
    if one.device and one.device not in host.devices:
        found.append(("device_missing", "%s needs %s, and this host has none%s" % (
            one.name, one.device, "; is virtualisation turned on in its firmware, or nested for a guest?"
            if one.device == "/dev/kvm" else "")))
    if one.kernel and _numbers(host.kernel) < _numbers(one.kernel):
        found.append(("kernel_too_old", "%s needs Linux %s, and this host runs %s" % (one.name, one.kernel, host.kernel)))
    if one.engine and host.engine[:1].isdigit() and _numbers(host.engine) < _numbers(one.engine):
        found.append(("engine_too_old", "%s needs an engine of version %s, and this one is %s" % (
            one.name, one.engine, host.engine)))
    if one.engine_below and host.engine[:1].isdigit() and _numbers(host.engine) >= _numbers(one.engine_below):
        found.append(("engine_too_new", "%s needs an engine older than %s, and this one is %s" % (
            one.name, one.engine_below, host.engine)))
    if one.architectures and host.machine not in one.architectures:
        found.append(("unsupported_architecture", "%s is not to be had for this host's '%s', only for %s" % (
            one.name, host.machine, ", ".join(one.architectures))))
    if one.image_store and host.image_store is False:
        found.append(("image_store_off", "%s needs containerd's image store, which is off; 'features: {containerd-snapshotter: "
                      "true}' turns it on" % one.name))
    return found


def _numbers(version: str) -> Tuple[int, ...]:
    """The leading numbers of a version: 6.1.0-13-amd64 is (6, 1, 0)."""
    found = _LEADING.match(version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()
