"""The hosts themselves: start them, list them, remove them, describe them to Ansible.

A host is a podman container with labels of ours; nothing else is remembered of it. What a host owns besides the
container (a folder, ssh control sockets) is named after it, so that it can be found and removed even where the run
that made it was killed.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence

import images
import packages
import programs
from machine import CACHE, RUN, STATE, HostsError, allow_many_hosts, locked, podman, run, say, write_atomically

EXTRAS = ("youki", "rootless", "child-containerd", "podman")
ROOTLESS_USER = "dev"

_LABEL = "slipway.hosts."
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
# overlay does not stack on overlay: what stores images, in the host or in its users' homes, lies in the host's folder
# on this machine. No podman volumes: podman loses count of them where hosts come and go at the same time.
_FOLDERS = {
    "docker": "/var/lib/docker",
    "iechor": "/var/lib/iechor",
    "containerd": "/var/lib/containerd",
    "containers": "/var/lib/containers",
    "home": "/home",
}
_READY_SECONDS = 120
# In the order of their bits, as in <linux/capability.h>.
_CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


class Host(NamedTuple):
    """What podman knows of one host. `extras` are those of EXTRAS that it was started with and really has."""

    name: str
    group: str
    image: str
    extras: Sequence[str]
    state: str
    id: str


def hosts(group: str = "") -> List[Host]:
    """Every host, running or not, of one group or of all, by name."""
    label = f"label={_LABEL}group" + (f"={group}" if group else "")
    listed = podman("ps", "--all", "--filter", label, "--format", "json")
    found = [
        Host(
            name=one["Names"][0],
            group=one["Labels"][_LABEL + "group"],
            image=one["Labels"][_LABEL + "image"],
            extras=one["Labels"][_LABEL + "extras"].split(),
            state=one["State"],
            id=one["Id"],
        )
        for one in json.loads(listed.stdout or "[]")
    ]
    return sorted(found)


def up(names: Sequence[str], *, image: str, group: str, extras: Sequence[str]) -> None:
    """Start the hosts, each in place of one of its name; return when they have booted and their engines answer."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise HostsError(f"{name!r} is no host name: a to z, 0 to 9 and '-', at most 48 of them")
    images.build(image)
    if "rootless" in extras and "rootlesskit" not in images.packages(image):
        raise HostsError(f"the image {image} has nothing of what rootless Docker needs")
    extras = [extra for extra in extras if _is_available(extra)]
    for extra in extras:
        if extra in packages.PACKAGES:
            packages.fetch(extra, image)
    _ssh_config()
    allow_many_hosts()
    _each(names, lambda name: _up(name, image=image, group=group, extras=extras))


def down(names: Iterable[str], *, group: str) -> None:
    """Remove the hosts of a group, and all that was theirs; a name without a host is no error."""
    _each(list(names), lambda name: _down(name, group=group))


def down_all(group: str) -> None:
    """Remove every host of the group, and folders whose host is gone already."""
    folders = {folder.name for folder in (STATE / group).glob("*")}
    down(sorted(folders | {host.name for host in hosts(group)}), group=group)


def inventory(group: str) -> Dict[str, Any]:
    """An Ansible inventory of the group's running hosts, in the YAML inventory's form."""
    running = [host for host in hosts(group) if host.state == "running"]
    children = {
        "image_" + name: {"hosts": {host.name: {} for host in running if host.image == name}}
        for name in sorted({host.image for host in running})
    }
    return {"all": {"hosts": {host.name: hostvars(host) for host in running}, "children": children}}


def script_inventory(group: str) -> Dict[str, Any]:
    """The same, in the form that Ansible asks of an inventory program."""
    everything = inventory(group)["all"]
    listed: Dict[str, Any] = {name: {"hosts": sorted(child["hosts"])} for name, child in everything["children"].items()}
    listed["all"] = {"hosts": sorted(everything["hosts"]), "children": ["ungrouped", *sorted(listed)]}
    listed["_meta"] = {"hostvars": everything["hosts"]}
    return listed


def hostvars(host: Host) -> Dict[str, Any]:
    """How Ansible reaches a host as root, and what a test may want to know of it."""
    variables: Dict[str, Any] = {
        "ansible_connection": "ssh",
        "ansible_host": host.name,
        "ansible_user": "root",
        "ansible_ssh_common_args": f"-F {_ssh_config()}",
        # Named after the container, not after the host: a new host never meets an old one's socket.
        "ansible_control_path": f"{RUN}/cp/{host.id[:12]}-%%r",
        "ansible_control_path_dir": f"{RUN}/cp",
        "slipway_image": host.image,
        "slipway_runtimes": runtimes(host),
        "slipway_youki": "youki" in host.extras,
        "slipway_rootless_user": ROOTLESS_USER if "rootless" in host.extras else "",
        "slipway_operator_password": images.OPERATOR_PASSWORD,
        "slipway_root_password": images.ROOT_PASSWORD,
    }
    if images.IMAGES[host.image].python:
        variables["ansible_python_interpreter"] = "/usr/bin/python3"
    return variables


def runtimes(host: Host) -> List[Dict[str, Any]]:
    """The real runtimes that run in the host, besides runc, as elements of the modules' `runtimes`."""
    gvisor = images.gvisor_platform(host.image)
    found: List[Dict[str, Any]] = [
        {"name": "crun", "path": "/usr/bin/crun"},
        {
            "name": "gvisor",
            "path": "/usr/bin/runsc",
            "args": [f"--platform={gvisor}", "--network=none", "--ignore-cgroups"],
        },
    ]
    if "youki" in host.extras:
        found.append({"name": "youki", "path": "/usr/local/bin/youki"})
    if host.image == "sid" and not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return [one for one in found if one["name"] == "gvisor"]
    return found


def _each(names: Sequence[str], work: Callable[[str], None]) -> None:
    """Do the work for every name, a few at a time; raises one HostsError that names each host where it failed."""

    def attempt(name: str) -> str:
        try:
            work(name)
        except HostsError as error:
            return f"{name}: {error}"
        return ""

    with ThreadPoolExecutor(max_workers=4) as pool:
        failures = [failure for failure in pool.map(attempt, names) if failure]
    if failures:
        raise HostsError("\n".join(failures))


def _is_available(extra: str) -> bool:
    """Whether the extra can be given to a host, building what it needs; says so where it cannot."""
    if extra != "youki":
        return True
    reason = programs.unbuildable("youki")
    if reason:
        say(f"youki is left out: {reason}")
        return False
    programs.build("youki")
    return True


def _up(name: str, *, image: str, group: str, extras: Sequence[str]) -> None:
    started = time.monotonic()
    with locked(f"host-{name}"):
        _remove(name, group=group)
        podman(*_run_arguments(name, image=image, group=group, extras=extras))
        ready = podman("exec", name, "/usr/local/lib/slipway-host/ready", timeout=_READY_SECONDS, check=False)
        if ready.returncode != 0:
            raise HostsError((ready.stdout + ready.stderr).strip() or "it did not boot")
        if "youki" in extras:
            podman("cp", str(programs.path("youki")), f"{name}:/usr/local/bin/youki")
        if "child-containerd" in extras:
            podman("exec", name, "/usr/local/lib/slipway-host/child-containerd", timeout=_READY_SECONDS)
        if "podman" in extras:
            podman("exec", name, "sh", "-c", packages.OFFER, timeout=_READY_SECONDS)
        if "rootless" in extras:
            podman("exec", name, "/usr/local/lib/slipway-host/rootless", ROOTLESS_USER, timeout=_READY_SECONDS)
    say(f"{name}: up ({image}{', '.join(['', *extras])}) after {time.monotonic() - started:.1f} s")


def _run_arguments(name: str, *, image: str, group: str, extras: Sequence[str]) -> List[str]:
    public_key = _key_pair().with_suffix(".pub")
    arguments = ["run", "--detach", "--replace", "--name", name, "--hostname", name]
    arguments += ["--network", "none", "--systemd", "always", "--cgroupns", "private", "--pids-limit", "-1"]
    arguments += ["--ulimit", "host", "--tz", "Etc/UTC"]
    arguments += ["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
    arguments += ["--security-opt", "label=disable", "--security-opt", "unmask=ALL"]
    arguments += ["--device-cgroup-rule", "a *:* rwm"]
    # Not --privileged: it fails as a whole where this machine lacks one capability.
    for capability in _capabilities():
        arguments += ["--cap-add", capability]
    for slot, folder in _FOLDERS.items():
        own = STATE / group / name / slot
        own.mkdir(parents=True)
        arguments += ["--volume", f"{own}:{folder}"]
    arguments += ["--volume", f"{public_key}:/etc/ssh/slipway_authorized_keys:ro"]
    for extra in extras:
        if extra in packages.PACKAGES:
            arguments += ["--volume", f"{packages.path(extra, image)}:{packages.FOLDER}:ro"]
    labels = {"group": group, "image": image, "extras": " ".join(extras)}
    for label, value in labels.items():
        arguments += ["--label", f"{_LABEL}{label}={value}"]
    return [*arguments, images.tag(image)]


def _capabilities() -> List[str]:
    """Every capability that this machine has to give."""
    status = Path("/proc/self/status").read_text()
    bits = int(re.search(r"^CapBnd:\s*(\w+)", status, re.MULTILINE).group(1), 16)  # type: ignore[union-attr]
    return [name for bit, name in enumerate(_CAPABILITIES) if bits >> bit & 1]


def _down(name: str, *, group: str) -> None:
    with locked(f"host-{name}"):
        _remove(name, group=group)
    say(f"{name}: removed")


def _remove(name: str, *, group: str) -> None:
    """Remove the host and all that was its own. Raises HostsError where the name is somebody else's."""
    listed = podman("inspect", "--type", "container", name, check=False)
    if listed.returncode == 0:
        one = json.loads(listed.stdout)[0]
        owner = one["Config"]["Labels"].get(_LABEL + "group")
        if owner != group:
            whose = f"belongs to the group {owner!r}, not to {group!r}" if owner else "is no host of ours"
            raise HostsError(f"the container {name} {whose}: left alone")
        podman("rm", "--force", "--time", "0", name)
        for socket in (RUN / "cp").glob(f"{one['Id'][:12]}-*"):
            socket.unlink()
    # Not shutil.rmtree: it would go into a mount that somebody left there.
    run(["rm", "-rf", "--one-file-system", str(STATE / group / name)])


def _key_pair() -> Path:
    """The private key that opens every host; its public half lies beside it. Made once a user."""
    key = CACHE / "ssh" / "id_ed25519"
    if key.with_suffix(".pub").exists():
        return key
    with locked("ssh-key"):
        if not key.with_suffix(".pub").exists():
            shutil.rmtree(key.parent, ignore_errors=True)
            key.parent.mkdir(parents=True, mode=0o700)
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "slipway test hosts", "-f", str(key)])
    return key


def _ssh_config() -> Path:
    """An ssh configuration that reaches a host by its name, without a network: `ssh -F THIS NAME`."""
    # The exchange of keys: the one that Debian 12's ssh prefers takes a sixth of a second of CPU a connection.
    text = f"""\
Host *
    ProxyCommand podman exec -i %h /usr/sbin/sshd -i
    IdentityFile {_key_pair()}
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    KexAlgorithms curve25519-sha256
    LogLevel ERROR
"""
    (RUN / "cp").mkdir(parents=True, exist_ok=True, mode=0o700)
    config = CACHE / "ssh" / "config"
    if not config.exists() or config.read_text() != text:
        write_atomically(config, text, mode=0o600)
    return config
