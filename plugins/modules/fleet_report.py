#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: fleet_report
short_description: Write what the container engines of a fleet have as a page, JSON and CSV
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Puts together what other tasks registered on each host of the play, and writes it on the controller. It tells what each
    host has, sums the fleet up, and names the hosts that need attention.
  - The page is one file that loads nothing. It filters, searches and sorts, and tells a host's whole story. It can be read in
    the dark, on a phone, by keyboard and by screen reader, and it can be printed. Every value in it is escaped, and its own
    content security policy lets nothing run but its one script.
  - The role P(slipway.runtimes.report#role) and the playbook C(slipway.runtimes.report) do all of it.
options:
  engines:
    description: The name of the variable that M(slipway.runtimes.engine_info) was registered as.
    type: str
    required: true
  probes:
    description: The name of the variable that M(slipway.runtimes.runtime_probe) was registered as, in a loop or not.
    type: str
  docker_cli:
    description: The name of the variable that M(slipway.runtimes.docker_cli) was registered as.
    type: str
  runner_host:
    description: The name of the variable that M(slipway.runtimes.runner_host) was registered as.
    type: str
  folder:
    description:
      - The folder on the controller. It is made where it is missing.
      - A relative path begins where C(ansible-playbook) was started.
    type: path
    required: true
  name:
    description: The name of the files in it, without the suffix.
    type: str
    default: fleet
  title:
    description: The page's title.
    type: str
    default: Container runtimes
  formats:
    description: Which files are written.
    type: list
    elements: str
    choices: [html, json, csv]
    default: [html, json, csv]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
  idempotent:
    support: none
    details: The files tell when they were written, so each run writes them anew.
extends_documentation_fragment:
  - slipway.runtimes.attributes
notes:
  - Run it once for all hosts, by C(run_once=true). It runs on the controller and needs no connection.
  - A result that has not the shape it should have counts as not said. One host cannot spoil the report of the others.
  - A cell of the CSV that a spreadsheet would take for a formula begins with an apostrophe.
seealso:
  - module: slipway.runtimes.engine_info
  - module: slipway.runtimes.runtime_probe
"""

EXAMPLES = r"""
- name: Read every host
  slipway.runtimes.engine_info:
  become: true
  register: found
  ignore_unreachable: true

- name: Write the report
  slipway.runtimes.fleet_report:
    engines: found
    folder: reports
  run_once: true
"""

RETURN = r"""
files:
  description: The files that were written, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/srv/reports/fleet.html, /srv/reports/fleet.json, /srv/reports/fleet.csv]
lines:
  description: The report in a few lines for a terminal.
  type: list
  elements: str
  returned: success
  sample: ["12 of 12 hosts were reached, 12 with an engine. None needs attention."]
summary:
  description: The fleet in numbers. The JSON file has it too, with the hosts beside it.
  type: dict
  returned: success
  contains:
    hosts:
      description: How many hosts there are.
      type: int
    reached:
      description: How many of them were reached.
      type: int
    with_engine:
      description: How many have an engine.
      type: int
    sound:
      description: How many are without findings.
      type: int
    problems:
      description:
        - The names of hosts by the kind of finding, V(unreachable), V(unread), V(no_engine), V(other_engine), V(stopped),
          V(failed), V(unproven), V(drift), V(not_live), V(other_digest) or V(trouble).
      type: dict
    engines:
      description: The kinds of engines, with how many there are of each, how many run, and their versions.
      type: list
      elements: dict
    runtimes:
      description: The runtimes, with how many engines have each registered and loaded, and their versions.
      type: list
      elements: dict
    proofs:
      description: Whether containers were run, and how many proved their runtime.
      type: dict
  sample:
    hosts: 12
    reached: 12
    with_engine: 12
    sound: 11
    problems: {"drift": ["node-3"]}
"""
