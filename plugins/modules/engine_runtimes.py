#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: engine_runtimes
short_description: Register OCI runtimes with a running container engine
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Registers any OCI runtime with a Docker or iEchor engine, sets the default runtime and the engine's features, and makes it all live.
  - Everything that is wanted of one engine is one transaction. The engine's rules are held and its validator is asked before
    anything is written; the file is replaced in one step; the least is done that makes the change live, which is nothing, a reload
    or a restart; the module waits until the engine itself reports the change. If it does not, the old file is put back and made live
    again, and the error says so.
  - Only the entries that are named are touched. Every other key of the file, their order, the indentation, the file's owner, mode,
    labels and link stay as they are. Values of keys that are not named appear in no diff, result or error.
  - A file that says the right thing and was never loaded, because it was edited by hand or restored, is made live too.
  - If a run was killed, the next one undoes or finishes it before it does anything else, and says so in RV(recovered).
options:
  force:
    description:
      - Remove a runtime even if containers were created under it. They could not be started again.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details: The engine's validator is not asked in check mode, see RV(validated). A host without Python can be planned for.
  diff_mode:
    support: full
    details: Only what is named is shown. Values of other keys are not.
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.engine
  - slipway.runtimes.engine.quick
  - slipway.runtimes.engine.one
  - slipway.runtimes.registration
  - slipway.runtimes.runtimes
notes:
  - The host needs Python 3.6 or newer to be changed, and none where there is nothing to do.
  - A daemon that does not run is not started. The file is written, and RV(live) is V(false).
  - A runtime's program and shim have to be on the host already. Programs that are registered anew are asked for C(--version) and
    C(features) with a time limit first, because the engine asks the same at each reload, without one.
seealso:
  - module: slipway.runtimes.engine_info
  - module: slipway.runtimes.runtime_probe
"""

EXAMPLES = r"""
- name: Register youki with Docker
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: youki
        path: /usr/local/bin/youki

- name: Register several runtimes at once, and make one of them the default
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: crun
        path: /usr/bin/crun
      - name: gvisor
        path: /usr/bin/runsc
        args: [--platform=systrap, --network=host]
      - name: crun-systemd
        shim: io.containerd.runc.v2
        options:
          BinaryName: /usr/bin/crun
          SystemdCgroup: true
    default_runtime: crun

- name: Register gVisor by its shim
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: runsc
        shim: io.containerd.runsc.v1
        options:
          TypeUrl: io.containerd.runsc.v1.options
          ConfigPath: /etc/containerd/runsc.toml

- name: Register a shim that is not on containerd's PATH
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: kata
        shim_path: /opt/kata/bin/containerd-shim-kata-v2
        options:
          ConfigPath: /opt/kata/share/defaults/kata-containers/configuration.toml

- name: See to it that the Wasmtime shim is found; it needs no registration, but containerd's image store
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: io.containerd.wasmtime.v1
    features:
      containerd-snapshotter: true

- name: Switch the image store although images are there, and restart whatever runs
  slipway.runtimes.engine_runtimes:
    features:
      containerd-snapshotter: true
    image_store: switch
    restart: if_needed

- name: Make a shim that is registered nowhere the default
  slipway.runtimes.engine_runtimes:
    default_runtime: io.containerd.kata.v2

- name: Register youki with the iEchor engine
  slipway.runtimes.engine_runtimes:
    engine: iechor
    runtimes:
      - name: youki
        path: /usr/local/bin/youki

- name: Register crun with the rootless Docker of the user dev
  slipway.runtimes.engine_runtimes:
    scope: user
    runtimes:
      - name: crun
        path: /usr/bin/crun
  become: true
  become_user: dev

- name: Remove a runtime, and go back to the engine's own default
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: youki
        state: absent
    default_runtime: runc

- name: Have these runtimes and no other
  slipway.runtimes.engine_runtimes:
    runtimes:
      - name: crun
        path: /usr/bin/crun
    exclusive: true
    backup: true

- name: Tell why a change failed
  block:
    - name: Register a runtime
      slipway.runtimes.engine_runtimes:
        runtimes:
          - name: youki
            path: /opt/youki
      register: youki
  rescue:
    - name: Go on if it is only not installed yet
      ansible.builtin.assert:
        that: youki.reason == 'program_not_found'
"""

RETURN = r"""
action:
  description: What was done to make the change live, or would be in check mode.
  type: str
  returned: success
  choices: [none, reload, restart]
  sample: reload
backup_file:
  description: The copy that O(backup) kept; empty if there is none.
  type: str
  returned: success
  sample: /etc/docker/daemon.json.4711.2026-11-22@10:00:00~
config_path:
  description: The engine's configuration file.
  type: str
  returned: success
  sample: /etc/docker/daemon.json
default_runtime:
  description: The runtime of containers that ask for none.
  type: str
  returned: success
  sample: runc
live:
  description:
    - Whether the running engine has loaded all that its file says.
    - V(false) if the daemon does not run, or if a restart is owed. In check mode it is what would be.
  type: bool
  returned: success
  sample: true
recovered:
  description: What was found of an earlier run that was killed, and what was done about it.
  type: str
  returned: if there was such a run
  sample: "An earlier run was interrupted at 'apply'; it was undone: /etc/docker/daemon.json is as it was before it."
restart_required:
  description: Whether a restart is owed before the engine has all that its file says.
  type: bool
  returned: success
  sample: false
runtimes:
  description: The names of the runtimes that the engine has, its own C(runc) and those of its command line among them.
  type: list
  elements: str
  returned: success
  sample: [crun, runc, youki]
validated:
  description: Whether the engine's own validator (23.0 and newer) has accepted the file in this run.
  type: bool
  returned: success
  sample: true
version:
  description: The engine's version; empty if it is not known.
  type: str
  returned: success
  sample: 26.1.5+dfsg1
failed_stage:
  description:
    - Where it failed. Nothing has been written before V(commit).
    - One of V(recover), V(plan), V(check), V(commit), V(apply), V(observe), V(settle).
  type: str
  returned: failure, unless a parameter was refused
  sample: observe
option:
  description: The parameter that is wrong.
  type: str
  returned: failure, where a parameter is the cause
  sample: runtimes[youki].path
reason:
  description:
    - A code for the failure that stays the same from release to release, for playbooks to test.
    - For example C(engine_not_found), C(engine_refused), C(program_not_found), C(program_hangs), C(runtime_in_use),
      C(image_store_not_empty), C(broken_config), C(config_changed), C(no_permission), C(not_observed).
  type: str
  returned: failure
  sample: runtime_in_use
rolled_back:
  description: Whether something had been changed and was put back. The message says what is true now.
  type: bool
  returned: failure, unless a parameter was refused
  sample: true
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.engines.engine_runtimes import EngineRuntimes

if __name__ == "__main__":
    main(EngineRuntimes())
