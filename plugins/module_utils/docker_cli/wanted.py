# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docker_cli is asked for: the value, the argument spec, and the rules that need no host. Pure."""

import posixpath
import re
from typing import Any, Dict, NamedTuple, Tuple

from ..core.errors import SlipwayError

SPEC = dict(
    provider=dict(type="str", choices=["podman", "nerdctl"]),
    via=dict(type="str", choices=["direct", "lima"], default="direct"),
    lima_instance=dict(type="str"),
    target=dict(type="str"),
    path=dict(type="str", default="/usr/local/bin/docker"),
    wrapper_path=dict(type="str", default="/usr/local/bin/nerdctl"),
    replace=dict(type="bool", default=False),
    require=dict(type="bool", default=True),
    probe=dict(type="str", choices=["never", "changed", "always"], default="never"),
    probe_user=dict(type="str"),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)

DEFAULT_INSTANCE = "default"
# As lima itself takes the names of instances.
_INSTANCE = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*\Z")
_LONGEST_INSTANCE = 76
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?\Z")
_UNSAID = re.compile(r"[\x00-\x1f\x7f]")


class Wanted(NamedTuple):
    """One link that answers as docker. provider: podman or nerdctl, '' where it is to be absent. lima: through a lima
    instance, by a script at wrapper_path. target: '' where it is to be found on PATH. require: the target has to
    answer. probe: when a container has to prove it, never, changed or always; probe_user: whose, '' for the task's
    user."""

    path: str
    provider: str = ""
    lima: bool = False
    instance: str = DEFAULT_INSTANCE
    target: str = ""
    wrapper_path: str = ""
    replace: bool = False
    require: bool = True
    present: bool = True
    probe: str = "never"
    probe_user: str = ""

    @property
    def programs(self) -> Tuple[str, ...]:
        """By which names the program is looked for, the best one first."""
        return ("limactl", "lima") if self.lima else (self.provider,)

    @property
    def usual(self) -> str:
        """Where the program will be on a host that gets it later."""
        return {"podman": "/usr/bin/podman", "nerdctl": "/usr/local/bin/nerdctl"}[self.provider]


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    path = _path(params.get("path") or "", "path")
    if params.get("state") == "absent":
        return Wanted(path=path, present=False)
    provider = params.get("provider") or ""
    if not provider:
        raise _bad("provider", "say whether podman or nerdctl is to answer as docker", "provider_missing")
    lima = params.get("via") == "lima"
    if lima and provider != "nerdctl":
        raise _bad("via", "lima brings nerdctl, so this needs 'provider: nerdctl'", "bad_via")
    instance = params.get("lima_instance") or ""
    if instance and not lima:
        raise _bad("lima_instance", "it is about 'via: lima'", "bad_instance")
    if instance and (not _INSTANCE.match(instance) or len(instance) > _LONGEST_INSTANCE):
        raise _bad(
            "lima_instance", "letters and digits, with single '.', '_' and '-' between them, at most %d; got '%s'" % (
                _LONGEST_INSTANCE, instance), "bad_instance")
    target = _path(params["target"], "target") if params.get("target") else ""
    wrapper_path = _path(params.get("wrapper_path") or "", "wrapper_path") if lima else ""
    if wrapper_path == path:
        raise _bad("wrapper_path", "it is the same as 'path'; the link has to lead to the script", "bad_path")
    if target and target in (path, wrapper_path):
        raise _bad("target", "it is the path that is to be written", "bad_path")
    if lima and target and posixpath.basename(target) not in ("limactl", "lima"):
        raise _bad("target", "with 'via: lima' it is the path of limactl; got '%s'" % target, "bad_path")
    return Wanted(
        path=path, provider=provider, lima=lima, instance=instance or DEFAULT_INSTANCE, target=target,
        wrapper_path=wrapper_path, replace=bool(params.get("replace")), require=params.get("require") is not False,
        probe=params.get("probe") or "never", probe_user=_user(params))


def _user(params: Dict[str, Any]) -> str:
    name = params.get("probe_user") or ""
    if name and not _USER.match(name):
        raise _bad("probe_user", "'%s' is no name of a user" % name, "bad_user")
    return name


def _path(path: str, option: str) -> str:
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//") or path == "/":
        raise _bad(option, "'%s' is no plain absolute path" % path, "bad_path")
    if _UNSAID.search(path):
        raise _bad(option, "no control characters in a path", "bad_path")
    return path


def _bad(option: str, message: str, reason: str) -> SlipwayError:
    return SlipwayError(reason, "%s: %s" % (option, message), option=option)
