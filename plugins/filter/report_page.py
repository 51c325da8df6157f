# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: report_page
short_description: Make a page of a report
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Makes one HTML page of a report of P(slipway.runtimes.report#filter), with its style and script in it. It loads
    nothing.
  - The page filters, searches and sorts, and tells a host's whole story. It can be read in the dark, on a phone, by keyboard
    and by screen reader, and it can be printed.
  - Every value is escaped, and the page's own content security policy allows its one script and nothing else.
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
- name: Write the page
  ansible.builtin.copy:
    content: "{{ report | slipway.runtimes.report_page }}"
    dest: fleet.html
    mode: "0644"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from typing import Any, Callable, Dict

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.page import page


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"report_page": page}
