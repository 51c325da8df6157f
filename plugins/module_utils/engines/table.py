# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of engines. An engine that is Docker under other names is a row here, never code.

A row only says where to look first: file, flags and socket come from the running daemon and its unit.
"""

from typing import NamedTuple

from ..core.errors import SlipwayError


class Engine(NamedTuple):
    """Where an engine is looked for first. Paths are absolute; user_* are relative to what their comment names."""

    name: str
    title: str
    family: str
    cli: str
    daemon: str  # the process name of the daemon
    unit: str
    config_path: str
    socket: str
    pidfile: str
    exec_root: str
    data_root: str
    user_config: str  # below $XDG_CONFIG_HOME
    user_socket: str  # below $XDG_RUNTIME_DIR
    user_pidfile: str  # below $XDG_RUNTIME_DIR


ENGINES = (
    Engine(
        name="docker", title="Docker", family="docker", cli="docker", daemon="dockerd", unit="docker.service",
        config_path="/etc/docker/daemon.json", socket="/var/run/docker.sock", pidfile="/var/run/docker.pid",
        exec_root="/var/run/docker", data_root="/var/lib/docker",
        user_config="docker/daemon.json", user_socket="docker.sock", user_pidfile="docker.pid"),
    Engine(
        name="iechor", title="iEchor", family="docker", cli="iechor", daemon="iechord", unit="iechor.service",
        config_path="/etc/iechor/daemon.json", socket="/var/run/iechor.sock", pidfile="/var/run/iechor.pid",
        exec_root="/var/run/iechor", data_root="/var/lib/iechor",
        user_config="iechor/daemon.json", user_socket="iechor.sock", user_pidfile="iechor.pid"),
)

NAMES = tuple(engine.name for engine in ENGINES)


def engine_named(name: str) -> Engine:
    """The row of an engine. Raises SlipwayError for a name that the table does not have."""
    for engine in ENGINES:
        if engine.name == name:
            return engine
    raise SlipwayError(
        "unknown_engine", "engine: '%s' is not known; known are %s" % (name, ", ".join(NAMES)), option="engine")
