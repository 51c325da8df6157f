# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: report_csv
short_description: Make CSV of a report
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Makes CSV of a report of P(slipway.runtimes.report#filter), a line for each runtime of each engine of each host. A host
    or an engine without any has a line of its own.
  - A cell that a spreadsheet would take for a formula begins with an apostrophe.
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
- name: Write the CSV
  ansible.builtin.copy:
    content: "{{ report | slipway.runtimes.report_csv }}"
    dest: fleet.csv
    mode: "0644"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The CSV, with a line of names first.
  type: str
"""

from typing import Any, Callable, Dict

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.formats import csv_text


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"report_csv": csv_text}
