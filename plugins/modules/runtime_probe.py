#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: runtime_probe
short_description: Run a container under each runtime and prove which runtime ran it
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Runs a container under each runtime of a Docker or iEchor engine, and looks at the host while it runs, to see which runtime
    really runs it. An engine may quietly run something else than what it was asked for.
  - The container's image is a part of this collection. It is one static program of a few hundred bytes, or a WASI module for Wasm
    runtimes. There is no registry, no network, no volume, no capability and no log file.
  - The container and the image are removed afterwards, and a runtime that hangs is ended at O(timeout). What a probe that was killed
    left behind is removed by the next one.
options:
  runtimes:
    description:
      - The names of the runtimes, registered or not. A shim that is not registered is given by its full name, such as
        V(io.containerd.kata.v2).
      - Without it, every runtime that the engine has loaded.
    type: list
    elements: str
  timeout:
    description:
      - How many seconds each runtime has, from the creation of its container to its end.
    type: int
    default: 30
  platform:
    description:
      - The platform of the container, such as V(linux/arm64), V(wasi/wasm) or V(wasi/wasm32). The engine's own by default.
      - For Wasm, Docker needs its containerd image store, the feature C(containerd-snapshotter).
    type: str
  require:
    description:
      - What is required of each runtime for the task to succeed.
      - V(proven), a container ran, and this runtime ran it.
      - V(ran), a container ran.
      - V(none), nothing; the task only reports.
    type: str
    choices: [proven, ran, none]
    default: proven
attributes:
  check_mode:
    support: full
    details: No container is run in check mode, so RV(probes) is empty.
  diff_mode:
    support: N/A
    details: The module leaves nothing behind.
  idempotent:
    support: full
    details: It leaves nothing behind and is never C(changed). It runs a container each time.
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.engine
  - slipway.runtimes.engine.one
notes:
  - The host needs Python 3.6 or newer. This module always runs on the host.
seealso:
  - module: slipway.runtimes.engine_info
  - module: slipway.runtimes.engine_runtimes
"""

EXAMPLES = r"""
- name: Prove every runtime that Docker has loaded
  slipway.runtimes.runtime_probe:
  become: true
  register: found

- name: Show what each container saw
  ansible.builtin.debug:
    msg: "{{ item.runtime }}: {{ item.verdict }}, kernel {{ item.kernel }}, {{ item.ms }} ms"
  loop: "{{ found.probes }}"
  loop_control:
    label: "{{ item.runtime }}"

- name: Prove gVisor, and a shim that is registered nowhere
  slipway.runtimes.runtime_probe:
    runtimes:
      - gvisor
      - io.containerd.kata.v2
    timeout: 60
  become: true

- name: Run a Wasm module under the Wasmtime shim
  slipway.runtimes.runtime_probe:
    runtimes:
      - io.containerd.wasmtime.v1
    platform: wasi/wasm
  become: true

- name: Prove crun in the rootless Docker of the user dev
  slipway.runtimes.runtime_probe:
    scope: user
    runtimes:
      - crun
  become: true
  become_user: dev

- name: Only report, on the iEchor engine
  slipway.runtimes.runtime_probe:
    engine: iechor
    require: none
  become: true
"""

RETURN = r"""
engine:
  description: The engine that was probed, as in O(engine).
  type: str
  returned: success, or where a runtime did not do what was required
  sample: docker
runtimes:
  description: The runtimes that were probed.
  type: list
  elements: str
  returned: success, or where a runtime did not do what was required
  sample: [crun, io.containerd.runc.v2, runc]
probes:
  description: What became of each runtime's container, in the order of RV(runtimes).
  type: list
  elements: dict
  returned: success, or where a runtime did not do what was required
  contains:
    runtime:
      description: The runtime's name.
      type: str
      sample: crun
    verdict:
      description:
        - V(proven), a container ran, and this runtime ran it.
        - V(unproven), a container ran, and it is not shown that this runtime ran it, or something else did.
        - V(failed), it did not run, or not to its end.
        - V(timeout), it hung and was ended.
      type: str
      sample: proven
    ran:
      description: Whether the container's program said what it saw.
      type: bool
      sample: true
    exit_code:
      description: The container's exit code. V(null) if it did not end by itself.
      type: int
      sample: 0
    output:
      description: What the container printed.
      type: str
    kernel:
      description: The release of the kernel that the container saw. V(null) from a Wasm module. gVisor shows its own.
      type: str
      sample: 4.4.0
    ms:
      description: Milliseconds from the request to start the container to its last word.
      type: int
      sample: 210
    expected:
      description: What should have run it, by the engine's configuration.
      type: str
    actual:
      description: What ran it, as far as that was seen.
      type: str
    evidence:
      description: What speaks for that or against it, a sentence each.
      type: list
      elements: str
    error:
      description: The engine's own words, or what was waited for in vain.
      type: str
    left:
      description: What could not be removed. Empty, unless the engine itself hangs.
      type: list
      elements: str
      sample: []
option:
  description: The parameter that is wrong.
  type: str
  returned: failure, where a parameter is the cause
  sample: runtimes
reason:
  description:
    - A code for the failure that stays the same from release to release, for playbooks to test.
    - V(runtime_unproven), V(runtime_failed) or V(runtime_timeout) by the first runtime that did not do what was required; others are
      V(engine_not_found), V(engine_down), V(engine_unreachable).
  type: str
  returned: failure
  sample: runtime_unproven
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.runtime_probe import RuntimeProbe

if __name__ == "__main__":
    main(RuntimeProbe())
