# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: report_lines
short_description: Tell a report in a few lines
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Tells a report of P(slipway.runtimes.report#filter) in a few lines for a terminal. They are the fleet in a sentence, its
    engines and runtimes with their versions, and the names of the hosts that need attention.
options:
  _input:
    description: What P(slipway.runtimes.report#filter) made.
    type: dict
    required: true
seealso:
  - plugin: slipway.runtimes.report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the fleet in a few lines
  ansible.builtin.debug:
    msg: "{{ report | slipway.runtimes.report_lines }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from typing import Any, Callable, Dict

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.formats import lines


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"report_lines": lines}
