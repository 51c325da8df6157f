# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What host_runtimes is asked for: the parts of other modules put together, and its own rules. Pure."""

import re
from typing import Any, Dict, NamedTuple, Tuple

from ..binaries import wanted as binaries
from ..core.errors import SlipwayError
from ..engines.docker import wanted as engine
from ..engines.docker.questions import Place
from ..engines.engine_runtimes import PLACE_SPEC, REGISTRATION_SPEC
from ..packages import wanted as packages
from . import requirements
from .requirements import REQUIREMENT_SPEC, Requirement

SPEC: Dict[str, Any] = dict(
    PLACE_SPEC,
    catalogue=dict(type="list", elements="raw", default=[]),
    catalogue_state=dict(type="str", choices=["present", "absent"]),
    catalogue_only=dict(type="str", choices=["files", "registration"]),
    files_for=dict(type="str"),
    variables=dict(type="str"),
    force=dict(type="bool", default=False),
    requirements=dict(type="list", elements="dict", options=REQUIREMENT_SPEC, default=[]),
    probe=dict(type="str", choices=["changed", "always", "never"], default="changed"),
    probe_timeout=dict(type="int", default=30),
    prune=dict(type="str", choices=["none", "managed"], default="none"),
    **dict(REGISTRATION_SPEC, **dict(binaries.BINARIES_SPEC, **packages.SPEC))
)

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\$?\Z")


class Wanted(NamedTuple):
    """All that is wanted of one host and one engine. speaks: whether anything is wanted of the engine itself. files_for:
    the user whose own engine root's files are for, '' for the host's."""

    place: Place
    binaries: binaries.Wanted
    packages: packages.Wanted
    engine: engine.Wanted
    speaks: bool
    requirements: Tuple[Requirement, ...] = ()
    probe: str = "changed"
    probe_timeout: int = 30
    prune: bool = False
    files_for: str = ""

    @property
    def claim_key(self) -> str:
        """The name of the claim to what this puts on the host."""
        return "%s@%s" % (self.place.engine.name, self.files_for) if self.files_for else self.place.key

    @property
    def installs(self) -> bool:
        """Whether anything but the engine is spoken of."""
        return bool(self.binaries.binaries or self.packages.packages)


def parse(params: Dict[str, Any]) -> Wanted:
    """The value of validated parameters. Raises SlipwayError that names the option."""
    for option in ("catalogue", "variables"):
        if params.get(option):
            raise SlipwayError(
                "catalogue_elsewhere", "%s: it is read on the controller, by the action plugin of host_runtimes; call the "
                "module by that name" % option, option=option)
    registration = engine.parse(params)
    timeout = params.get("probe_timeout", 30)
    if timeout < 1:
        raise SlipwayError("bad_timeout", "probe_timeout: give at least 1 second", option="probe_timeout")
    wanted = Wanted(
        place=registration.place,
        binaries=binaries.parse(params),
        packages=packages.parse(params),
        engine=registration,
        speaks=_speaks(registration),
        requirements=requirements.parse(params.get("requirements") or ()),
        probe=params.get("probe") or "changed",
        probe_timeout=timeout,
        prune=params.get("prune") == "managed",
        files_for=params.get("files_for") or "")
    if registration.place.scope == "user":
        if any(one.present for one in wanted.packages.packages):
            raise SlipwayError(
                "user_scope", "scope: packages are the host's, and root's to install; do that in a task of its own, and register "
                "what they bring with a user's engine in another", option="scope")
        # A runtime that may come from a package has none here.
        wanted = wanted._replace(packages=packages.Wanted())
    if wanted.files_for:
        _check_files_for(wanted)
    return wanted


def _check_files_for(wanted: Wanted) -> None:
    """Raises SlipwayError where the option has no meaning."""
    if not _USER.match(wanted.files_for):
        raise SlipwayError("bad_user", "files_for: '%s' is no user's name" % wanted.files_for, option="files_for")
    if wanted.place.scope == "user" or wanted.speaks:
        raise SlipwayError(
            "bad_files_for", "files_for: it is about files that root installs for a user's own engine, in a task that asks "
            "nothing of the engine: catalogue_only: files, without 'scope: user'", option="files_for")


def _speaks(registration: engine.Wanted) -> bool:
    return bool(
        registration.runtimes or registration.features or registration.exclusive
        or registration.default_runtime is not None)
