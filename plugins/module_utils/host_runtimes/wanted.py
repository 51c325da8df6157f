# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What host_runtimes is asked for: the parts of other modules put together, and its own rules. Pure."""

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
    variables=dict(type="str"),
    force=dict(type="bool", default=False),
    requirements=dict(type="list", elements="dict", options=REQUIREMENT_SPEC, default=[]),
    probe=dict(type="str", choices=["changed", "always", "never"], default="changed"),
    probe_timeout=dict(type="int", default=30),
    prune=dict(type="str", choices=["none", "managed"], default="none"),
    **dict(REGISTRATION_SPEC, **dict(binaries.BINARIES_SPEC, **packages.SPEC))
)


class Wanted(NamedTuple):
    """All that is wanted of one host and one engine. speaks: whether anything is wanted of the engine itself."""

    place: Place
    binaries: binaries.Wanted
    packages: packages.Wanted
    engine: engine.Wanted
    speaks: bool
    requirements: Tuple[Requirement, ...] = ()
    probe: str = "changed"
    probe_timeout: int = 30
    prune: bool = False

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
        prune=params.get("prune") == "managed")
    if registration.place.scope == "user" and wanted.installs:
        raise SlipwayError(
            "user_scope", "scope: binaries and packages are the host's, and root's to install; do that in a task of its own, "
            "and register them with a user's engine in another", option="scope")
    return wanted


def _speaks(registration: engine.Wanted) -> bool:
    return bool(
        registration.runtimes or registration.features or registration.exclusive
        or registration.default_runtime is not None)
