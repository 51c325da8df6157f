# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment(object):
    """What is registered with an engine besides its runtimes, and how (REGISTRATION_SPEC)."""

    DOCUMENTATION = r"""
options:
  exclusive:
    description:
      - Remove every registered runtime that is not named in O(runtimes).
    type: bool
    default: false
  default_runtime:
    description:
      - The runtime of containers that ask for none. A registered runtime, one of O(runtimes), V(runc), or the full name of a shim
        that is not registered.
      - Nothing is changed if it is not given, unless the default is a runtime that goes and that this collection had made the
        default. Then what was the default before is it again. A default that somebody else has set is not taken away unasked.
      - V(runc) goes back to the engine's own default.
    type: str
  features:
    description:
      - The engine's features, V(true) or V(false) each. V(null) takes a feature out of the file, so that the engine's own
        default holds. Features that are not named stay as they are.
      - All but C(buildkit) count from the daemon's next start, see O(restart). C(containerd-snapshotter) chooses the image store, see
        O(image_store).
    type: dict
    default: {}
  image_store:
    description:
      - What to do if C(containerd-snapshotter) in O(features) switches the image store. The engine then no longer shows the images
        and containers of the other store, until it is switched back.
      - V(if_empty) switches if there is no image and no container, and fails otherwise.
      - V(switch) switches in any case.
    type: str
    choices: [if_empty, switch]
    default: if_empty
  restart:
    description:
      - When the daemon may be restarted. Only features need that; runtimes and the default runtime are loaded without it.
      - V(if_idle) restarts only if nothing would stop. What would stop is a running container without live-restore, a client
        that is connected (a build, a pull), a task of a swarm, another unit that is bound to the engine's. A warning lists it.
      - V(if_needed) restarts whatever runs.
      - V(never) does not restart.
      - If a restart is owed and not done, the file is in place. RV(restart_required) is V(true) then, in this run and in later
        ones, and a warning is given; the first run is C(changed), later ones are not.
    type: str
    choices: [if_idle, if_needed, never]
    default: if_idle
  wait_timeout:
    description:
      - How many seconds to wait until the engine reports the change. After that the change is undone.
    type: int
    default: 60
  backup:
    description:
      - Keep a copy of the file beside it before it is changed, see RV(backup_file).
    type: bool
    default: false
"""
