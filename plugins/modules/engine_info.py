#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: engine_info
short_description: Tell what the container engines of a host have, and what their runtimes are
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Reads the Docker and iEchor engines of a host. For each it tells its version, configuration, default runtime, features and image
    store, its runtimes, and in what the running engine differs from its file.
  - For each runtime it tells whether it is in the file and whether it is loaded, which program it resolves to on the PATH of the
    process that starts it, that program's version and digest, and which containers use it. Shims that nobody registered and that
    containerd would find are told too.
  - Whatever cannot be read is V(null), and a sentence in C(trouble) says why. A program that hangs is ended at a time limit and named.
  - Nothing is ever changed.
options:
  engine:
    description:
      - The engine. Without it, every engine that is found on the host.
      - An engine that is named is told even if it is not there, with C(installed) being V(false).
      - V(iechor) is an engine of Docker's kind with its own names, C(iechord), C(iechor.service) and C(/etc/iechor/daemon.json).
    type: str
    choices: [docker, iechor]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.attributes.looks
  - slipway.runtimes.engine
  - slipway.runtimes.engine.quick
notes:
  - The host needs no Python.
  - O(config_path), O(socket), O(unit) and O(cli) are of one engine, so they need O(engine).
  - Programs are asked for their version, runtimes by C(--version) and shims by C(-v).
  - Without root, little is known of a system engine. The daemon's PATH, its containers and what is loaded are root's to read.
seealso:
  - module: slipway.runtimes.engine_runtimes
  - module: slipway.runtimes.runtime_probe
"""

EXAMPLES = r"""
- name: Read every engine of the host
  slipway.runtimes.engine_info:
  become: true
  register: found

- name: Show which program each runtime is
  ansible.builtin.debug:
    msg: "{{ item.0.engine }}: {{ item.1.name }} is {{ item.1.resolves_to }} ({{ item.1.version }})"
  loop: "{{ found.engines | subelements('runtimes') }}"
  loop_control:
    label: "{{ item.0.engine }} {{ item.1.name }}"

- name: Fail where a running engine does not have what its file says
  ansible.builtin.assert:
    that: not item.drift
    fail_msg: "{{ item.drift | map(attribute='message') | join('; ') }}"
  loop: "{{ found.engines | selectattr('running') }}"
  loop_control:
    label: "{{ item.engine }}"

- name: Read the iEchor engine
  slipway.runtimes.engine_info:
    engine: iechor
  become: true

- name: Read the rootless Docker of the user dev
  slipway.runtimes.engine_info:
    engine: docker
    scope: user
  become: true
  become_user: dev

- name: Read a second Docker engine of the host
  slipway.runtimes.engine_info:
    engine: docker
    unit: docker-ci.service
    config_path: /etc/docker-ci/daemon.json
    socket: /run/docker-ci.sock
  become: true
"""

RETURN = r"""
engines:
  description: The engines, in the order of their names. Empty if there is none.
  type: list
  elements: dict
  returned: success
  contains:
    engine:
      description: The engine's name, as in O(engine).
      type: str
      sample: docker
    scope:
      description: Whose it is, as in O(scope).
      type: str
      sample: system
    installed:
      description: Whether it is on the host, as a program on PATH, as a unit or as a running daemon.
      type: bool
      sample: true
    running:
      description: Whether its daemon runs.
      type: bool
      sample: true
    version:
      description: Its version. If the daemon runs, the daemon's own and not that of the file on disk.
      type: str
      sample: 26.1.5+dfsg1
    unit:
      description: Its unit; V(null) if the service manager has none.
      type: str
      sample: docker.service
    socket:
      description: Its socket.
      type: str
      sample: /var/run/docker.sock
    config_path:
      description: Its configuration file, there or not.
      type: str
      sample: /etc/docker/daemon.json
    config:
      description:
        - The configuration file, as far as it is about runtimes. V(null) if it cannot be read or is broken.
        - Values of other keys are not told, because they may be secrets.
      type: dict
      contains:
        runtimes:
          description: The file's C(runtimes), if it has any.
          type: dict
        default_runtime:
          description: The file's C(default-runtime), if it has one.
          type: str
        features:
          description: The file's C(features), if it has any.
          type: dict
        other_keys:
          description: The names of all other keys.
          type: list
          elements: str
      sample: {"runtimes": {"youki": {"path": "/usr/local/bin/youki"}}, "other_keys": ["log-driver"]}
    default_runtime:
      description: The runtime of containers that ask for none.
      type: dict
      contains:
        in_file:
          description: By the file; V(null) if the file names none.
          type: str
        loaded:
          description: In the running engine.
          type: str
      sample: {"in_file": null, "loaded": "runc"}
    features:
      description: The features in the file. V(null) if it cannot be read.
      type: dict
      sample: {"containerd-snapshotter": true}
    image_store:
      description: Where the running engine keeps its images.
      type: dict
      contains:
        kind:
          description: V(containerd) for containerd's image store, V(graphdriver) for the engine's own.
          type: str
        driver:
          description: The storage driver.
          type: str
      sample: {"kind": "graphdriver", "driver": "overlay2"}
    live:
      description:
        - Whether the running engine has loaded its file. V(null) if that is not known.
        - V(false) if the daemon does not run.
      type: bool
      sample: true
    drift:
      description:
        - In what the running engine differs from its file. V(null) if the two could not be compared.
        - Engines from 25.0 do not tell what a shim was registered with, so a change of that shows only in C(live).
      type: list
      elements: dict
      contains:
        option:
          description: What differs.
          type: str
          sample: runtimes[youki]
        reason:
          description:
            - How. V(not_loaded), in the file only; V(not_in_file), loaded only; V(differs), loaded with other settings;
              V(default_differs); V(restart_required), a feature that counts from the next start.
          type: str
          sample: not_loaded
        message:
          description: Both in a sentence.
          type: str
          sample: "runtimes[youki]: in the file, and not loaded"
    runtimes:
      description: The runtimes that the engine has or would find, in the order of their names.
      type: list
      elements: dict
      contains:
        name:
          description: What containers ask for.
          type: str
          sample: youki
        origin:
          description:
            - Where it comes from. V(file), the configuration; V(flag), the daemon's command line; V(engine), it is the engine's own;
              V(shim), registered nowhere, and found by its full name; V(loaded), the engine has it and the file does not.
          type: str
          sample: file
        in_file:
          description: Whether it is in the configuration file.
          type: bool
          sample: true
        loaded:
          description:
            - Whether the running engine has it. V(null) if that is not known.
            - A shim that is registered nowhere is not loaded, and can be used all the same.
          type: bool
          sample: true
        path:
          description: The program like runc that it names.
          type: str
          sample: /usr/local/bin/youki
        args:
          description: The program's arguments.
          type: list
          elements: str
          sample: []
        shim:
          description: The full name of the shim that it names.
          type: str
          sample: io.containerd.runc.v2
        shim_path:
          description: The file of the shim that it names.
          type: str
          sample: /opt/kata/bin/containerd-shim-kata-v2
        options:
          description: What the shim is told.
          type: dict
          sample: {"BinaryName": "/usr/bin/crun"}
        engine_options:
          description: What else its entry holds.
          type: dict
          sample: {}
        resolves_to:
          description:
            - The program or shim that would run. A bare name is looked up on the PATH of the daemon, a shim on that of the
              containerd which this engine uses, and beside containerd.
            - V(null) if it is not there, or if it is not known because the daemon does not run.
          type: str
          sample: /usr/local/bin/youki
        version:
          description: What that program says of its version, in a line.
          type: str
          sample: "youki version: 0.7.0"
        sha256:
          description: The program's SHA-256 digest, in hex.
          type: str
          sample: e7d10313db61664774101457376ec466fb32f32a8642b7a6cc6bcec305e71b0b
        binary:
          description: For a shim that starts a program in its turn, by its option C(BinaryName). V(null) for every other runtime.
          type: dict
          contains:
            name:
              description: The program as the option has it. C(runc) is what runc's shim starts without one.
              type: str
            resolves_to:
              description: The program, as the shim would find it.
              type: str
            version:
              description: What it says of its version.
              type: str
            sha256:
              description: Its SHA-256 digest, in hex.
              type: str
          sample:
            name: crun
            resolves_to: /usr/bin/crun
            version: crun version 1.21
            sha256: 8c6226f9ef4f0607e3e81bcb8ba7156df93400f434b38ecd63eb38920ff3cb6b
        users:
          description: The containers that were created under it, running or not. V(null) if that is not known.
          type: list
          elements: dict
          contains:
            name:
              description: The container's name.
              type: str
            id:
              description: The container's ID.
              type: str
            running:
              description: Whether it runs.
              type: bool
          sample: [{"name": "web", "id": "f706b80ecadfbb81", "running": true}]
    trouble:
      description: What could not be read, what hangs, fails or is missing, in a sentence each.
      type: list
      elements: str
      sample: ["runtimes[kata]: there is no program containerd-shim-kata-v2 on /usr/local/bin:/usr/bin"]
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_info import EngineInfo

if __name__ == "__main__":
    main(EngineInfo())
