# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: kernel_module_state
short_description: Tell whether a kernel has a module, could have it, or needs none
version_added: 0.2.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Takes what was found on a host, a word a line, and says what that means for one kernel module.
options:
  _input:
    description:
      - The words. V(loaded), it is in C(/proc/modules); V(builtin), it is in C(modules.builtin); V(active), what it brings is there;
        V(modules), the kernel can load modules; V(folder), the running kernel has a folder of modules; V(loadable), C(modprobe) finds
        it there.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Tell it
  ansible.builtin.debug:
    msg: "{{ found.stdout | slipway.runtimes.kernel_module_state }}"
"""

RETURN = r"""
_value:
  description:
    - What is so.
    - V(missing) is a kernel that could load it and does not have it; V(no_modules) one that cannot load any, so that either it is built
      in or nothing helps.
  type: str
  choices: [loaded, builtin, loadable, missing, no_modules]
"""

from typing import Any, Callable, Dict


def kernel_module_state(found: str) -> str:
    """The state that the words come to."""
    words = set(found.split())
    if "loaded" in words:
        return "loaded"
    if words & {"builtin", "active"}:
        return "builtin"
    if not {"modules", "folder"} <= words:
        return "no_modules"
    return "loadable" if "loadable" in words else "missing"


class FilterModule:
    """What ansible-core looks for."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """By name."""
        return {"kernel_module_state": kernel_module_state}
