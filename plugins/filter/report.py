# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: report
short_description: Make one report of what modules said of each host
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Puts the results of M(slipway.runtimes.engine_info) and M(slipway.runtimes.runtime_probe) of many hosts together.
    It tells what each host has, sums the fleet up, and names the hosts that somebody should see to.
  - The role P(slipway.runtimes.report#role) uses it. It is for playbooks that want another form of the same.
options:
  _input:
    description: The names of the hosts.
    type: list
    elements: str
    required: true
  engines:
    description:
      - For each host, in the order of O(_input), the result of M(slipway.runtimes.engine_info). It may have failed, or be
        unreachable.
      - V(null) where there is none.
    type: list
    elements: dict
    required: true
  probes:
    description: For each host the results of M(slipway.runtimes.runtime_probe), one for each engine that was probed.
    type: list
    elements: list
  groups:
    description: For each host the names of its groups.
    type: list
    elements: list
  docker_cli:
    description: For each host the result of P(slipway.runtimes.docker_cli#module).
    type: list
    elements: dict
  runner_host:
    description: For each host Dagger's runner host, by C(url).
    type: list
    elements: dict
  generated:
    description: When the hosts were read, as ISO 8601.
    type: str
    required: true
  title:
    description: The report's title.
    type: str
    default: Container runtimes
notes:
  - A result that has not the shape it should have counts as not said. One host cannot spoil the report of the others.
seealso:
  - plugin: slipway.runtimes.report_page
    plugin_type: filter
  - plugin: slipway.runtimes.report_csv
    plugin_type: filter
  - plugin: slipway.runtimes.report_lines
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read every host
  slipway.runtimes.engine_info:
  become: true
  register: found
  ignore_unreachable: true

- name: Show the fleet in a few lines
  ansible.builtin.debug:
    msg: "{{ report | slipway.runtimes.report_lines }}"
  vars:
    report: "{{ ansible_play_hosts_all | slipway.runtimes.report(engines=engines, generated=now(utc=true).isoformat()) }}"
    engines: "{{ ansible_play_hosts_all | map('extract', hostvars, 'found') }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The report.
  type: dict
  contains:
    schema:
      description: The version of this shape. It counts up where a key goes or changes its meaning.
      type: int
    title:
      description: As in O(title).
      type: str
    generated:
      description: As in O(generated).
      type: str
    summary:
      description:
        - Numbers of the fleet, C(hosts), C(reached), C(with_engine) and C(sound) (without findings), and its C(engines) and
          C(runtimes), each with how many there are in which version.
        - C(problems) has the names of hosts by the kind of finding, with the keys V(unreachable), V(unread), V(no_engine),
          V(other_engine), V(stopped), V(failed), V(unproven), V(drift), V(not_live), V(other_digest), V(trouble).
      type: dict
    hosts:
      description:
        - The hosts, by name. Each has C(name), C(status) (V(ok), V(unreachable), V(unread) or V(no_engine)), C(message),
          C(groups), C(engines), C(docker_cli), C(runner_host) and C(problems).
        - An engine is what M(slipway.runtimes.engine_info) returns. Its runtimes have C(state), C(default), C(drift),
          C(trouble) and C(proof) besides.
      type: list
      elements: dict
"""

from typing import Any, Callable, Dict, Optional, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build


def report(
    hosts: Sequence[Any],
    engines: Sequence[Any],
    generated: str,
    *,
    title: str = "Container runtimes",
    probes: Optional[Sequence[Any]] = None,
    groups: Optional[Sequence[Any]] = None,
    docker_cli: Optional[Sequence[Any]] = None,
    runner_host: Optional[Sequence[Any]] = None,
) -> Dict[str, Any]:
    """The filter. Raises AnsibleFilterError where there are not as many results as hosts."""
    names = [str(name) for name in hosts]
    said = {
        "engines": engines,
        "probes": probes,
        "groups": groups,
        "docker_cli": docker_cli,
        "runner_host": runner_host,
    }
    given = {key: list(values) for key, values in said.items() if values is not None}
    for key, values in given.items():
        if len(values) != len(names):
            raise AnsibleFilterError(
                "slipway.runtimes.report: %s: %d results for %d hosts; one for each host is needed"
                % (key, len(values), len(names))
            )
    results = {name: {key: values[place] for key, values in given.items()} for place, name in enumerate(names)}
    return build(results, generated=str(generated), title=str(title))


class FilterModule:
    """What ansible-core loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"report": report}
