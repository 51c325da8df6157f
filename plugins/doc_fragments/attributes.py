# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment(object):
    """What every module of the collection supports, and what those support that only look."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/slipway.runtimes.all) in C(module_defaults) to set defaults for every module of this collection.
    support: full
    membership:
      - slipway.runtimes.all
  async:
    description: Supports being used with the C(async) keyword.
    support: full
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description: A second run in a row with the same parameters changes nothing.
  platform:
    description: Target OS and families that can be operated against.
    support: full
    platforms: linux
"""

    LOOKS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: The module only looks.
  diff_mode:
    support: N/A
    details: The module changes nothing.
  idempotent:
    support: full
    details: The module changes nothing.
"""
