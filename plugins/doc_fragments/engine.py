# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment(object):
    """Which engine of a host is meant (PLACE_SPEC)."""

    DOCUMENTATION = r"""
options:
  scope:
    description:
      - Whose engine is meant.
      - V(system) is the host's own. Most of what is to be known or changed of it needs root, so C(become).
      - V(user) is the rootless engine of the user that the task runs as. Set C(become_user) to its owner; as root it is an
        error, because root has no rootless engine. The user's service manager is found without a login session.
    type: str
    choices: [system, user]
    default: system
  config_path:
    description:
      - The engine's configuration file, as an absolute path on the host.
      - Not needed as a rule. It comes from the command line of the running daemon or of its unit, otherwise it is
        C(/etc/docker/daemon.json) for Docker, C(/etc/iechor/daemon.json) for iEchor, and the same below
        C($XDG_CONFIG_HOME) for O(scope=user).
    type: str
  socket:
    description:
      - The engine's socket, as an absolute path on the host.
      - Not needed as a rule. It comes from the command line of the daemon or of its unit. E(DOCKER_HOST) and contexts of the
        engine's CLI are never looked at.
    type: str
  unit:
    description:
      - The unit of the service manager that runs the daemon, such as V(docker.service). C(.service) may be left out.
    type: str
  cli:
    description:
      - The engine's command line program, a name on PATH or an absolute path.
      - A C(docker) that is a link to Podman or nerdctl is not taken for Docker's.
    type: str
"""

    ONE = r"""
options:
  engine:
    description:
      - The engine. V(iechor) is an engine of Docker's kind with its own names, C(iechord), C(iechor.service) and
        C(/etc/iechor/daemon.json).
    type: str
    choices: [docker, iechor]
    default: docker
"""

    QUICK = r"""
options: {}
notes:
  - Where the answer can be read, the host is asked by one C(sh) script over the connection, and no module is transferred. Set the
    task variable C(slipway_quick) to V(false) to have the module run on the host every time. Both give the same result.
"""
