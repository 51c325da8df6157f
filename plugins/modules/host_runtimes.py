#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: host_runtimes
short_description: Install, register and prove the OCI runtimes of a host, in one transaction
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Brings runtimes from nothing to containers that ran under them. It installs their files, verified, or their packages; registers
    them with the engine; makes that live; and runs a container under each runtime that it touched, with evidence that this runtime
    ran it.
  - All of it is one transaction. Where a download, an engine or a proof fails, everything is as it was before, files, packages and
    registration, and the error quotes the engine.
  - Runtimes are named as the collection's catalogue knows them, in O(catalogue), or described in O(binaries), O(packages),
    O(runtimes) and O(requirements) directly. What a runtime needs of its host is told before anything is changed.
  - Where there is nothing to do, the host is asked once, by one short shell script, however many runtimes are wanted.
  - A runtime's files serve every engine of a host. What another engine's task installed them for as well is kept when one lets go,
    and so is what another runtime uses that stays registered.
options:
  catalogue:
    description:
      - Runtimes by their names in the collection's catalogue, such as V(youki), V(gvisor), V(kata), V(wasmtime), V(crun). An element is
        a name, or a dictionary with C(name) and settings.
      - The settings are C(state), C(version), C(checksum) (of a version that the catalogue has no digest of; one, or a map by
        architecture), C(signature) (C(key), the armored public key of whoever signs it, and C(url) or C(src) where the catalogue knows
        no address of the signature), C(variant) (of releases that come in several), C(install_from) (V(release), V(package), V(file), V(build),
        V(none)), C(url) or C(src) with C(remote_src), C(path) (where its program goes), C(via) (V(path), V(shim), V(shim_path), where it
        has several ways), C(as) (the name that it is registered under), C(register) (V(auto), V(always), V(never)), C(args),
        C(options) (its own configuration) and C(replace).
      - A runtime that the catalogue does not know is given with C(describe), which has the form of the catalogue's files.
      - It is read on the controller. What O(binaries), O(packages), O(runtimes) and O(features) name themselves counts before it.
    type: list
    elements: raw
    default: []
  catalogue_state:
    description:
      - One state for everything in O(catalogue), whatever it says itself.
    type: str
    choices: [present, absent]
  catalogue_only:
    description:
      - Take only a part of what O(catalogue) comes to. With V(files) nothing is asked of the engine; with V(registration) what the
        engine is told of has to be in place.
      - A user's own engine needs both, in two tasks, the files by root and the registration by the user, see O(scope); or none of
        this, where the files go below the user's home.
    type: str
    choices: [files, registration]
  files_for:
    description:
      - The user whose own engine the files are for, in a task of root's with O(catalogue_only=files). They are then claimed for that
        engine, so that it and the engines of the host let go of them each for itself.
    type: str
  variables:
    description:
      - A prefix of variables, for roles. With V(ours_) the variable C(ours_probe) gives O(probe), and so on for every option;
        C(ours_wanted) gives O(catalogue), C(ours_state) O(catalogue_state), C(ours_default) O(default_runtime).
      - A variable that is set counts before the option of the task. One that is empty is not set, but for the one that gives
        O(proxy).
      - Only what is set is templated, so that a role may have a variable for each option, and none of them costs a host anything.
    type: str
  default_runtime:
    description:
      - The runtime of containers that ask for none. One of O(catalogue) by its name there, whatever it is registered under; a
        registered runtime, one of O(runtimes), V(runc), or the full name of a shim that is not registered.
      - Nothing is changed if it is not given, unless the default is a runtime that goes and that this collection had made the
        default. Then what was the default before is it again. A default that somebody else has set is not taken away unasked.
      - V(runc) goes back to the engine's own default, and so does one of O(catalogue) that is to be absent.
    type: str
  binaries:
    default: []
  packages:
    description:
      - Packages of the host's distribution that bring a runtime's program.
      - What was not there before is removed again when it is wanted no more; a package that was there already is left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the receipt, a runtime's.
        type: str
        required: true
      packages:
        description:
          - The names of the packages, a list for each family of distributions, V(debian), V(redhat) and V(suse). Required where
            O(packages[].state=present).
        type: dict
        default: {}
      program:
        description:
          - What has to be there afterwards, an absolute path or a name on PATH. Required where O(packages[].state=present).
        type: str
        default: ''
      state:
        description: Whether they are there.
        type: str
        choices: [present, absent]
        default: present
  requirements:
    description:
      - What runtimes need of the host. Whatever is not met is told in one error, before anything is changed.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The runtime.
        type: str
        required: true
      option:
        description: What messages call it.
        type: str
      device:
        description: A file that has to be there, such as V(/dev/kvm).
        type: str
      kernel:
        description: The least version of Linux, such as V("5.3").
        type: str
      engine:
        description: The least version of the engine, such as V("26.0").
        type: str
      engine_below:
        description: The first version of the engine that is too new, such as V("29.0").
        type: str
      image_store:
        description: Whether it needs containerd's image store.
        type: bool
        default: false
      architectures:
        description: Machines that it can be had for, as C(uname -m) says them. None is any.
        type: list
        elements: str
        default: []
  probe:
    description:
      - Which runtimes a container is run under. It is a container of the collection's own tiny image, without network or rights.
      - V(changed) proves those that this task changes, be it their entry, their files, or the daemon that runs them.
      - V(always) proves each of O(runtimes) every time, so the module runs on the host every time.
      - V(never) proves none.
      - A runtime that runs no container, or whose container was run by another, fails the task, and everything is put back.
    type: str
    choices: [changed, always, never]
    default: changed
  probe_timeout:
    description: How many seconds each container may take.
    type: int
    default: 30
  prune:
    description:
      - V(managed) takes away what this module once put there for this engine and nobody asks for any more, files, packages and
        registrations. It never touches what others put there, or an entry that somebody changed since.
    type: str
    choices: [none, managed]
    default: none
  force:
    description:
      - Remove a runtime even if containers were created under it, and files that somebody changed since they were installed.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details: Nothing is fetched, asked of the engine's validator or proven in check mode.
  diff_mode:
    support: full
    details: Only what is named is shown.
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.binaries
  - slipway.runtimes.engine
  - slipway.runtimes.engine.quick
  - slipway.runtimes.engine.one
  - slipway.runtimes.registration
  - slipway.runtimes.runtimes
notes:
  - The task needs root (C(become=true)) to change anything. With O(scope=user) it is the user's own, and so are its files, which have
    to go below the user's home, and its notes, below C($XDG_STATE_HOME). Packages are the host's.
  - A daemon that does not run is not started. Nothing is proven then, and a warning says so.
seealso:
  - module: slipway.runtimes.runtime_binary
  - module: slipway.runtimes.engine_runtimes
  - module: slipway.runtimes.runtime_probe
"""

EXAMPLES = r"""
- name: Install, register and prove youki, gVisor and crun
  slipway.runtimes.host_runtimes:
    catalogue: [youki, gvisor, crun]
  become: true

- name: Make crun of the distribution the default, and take away what was there before
  slipway.runtimes.host_runtimes:
    catalogue:
      - name: crun
        install_from: package
    default_runtime: crun
    prune: managed
  become: true

- name: gVisor by its shim, with settings of its own, from a mirror, on the iEchor engine
  slipway.runtimes.host_runtimes:
    engine: iechor
    mirror: https://mirror.example/{host}
    catalogue:
      - name: gvisor
        via: shim
        options:
          runsc_config:
            platform: systrap
  become: true

- name: A runtime that the catalogue does not know
  slipway.runtimes.host_runtimes:
    binaries:
      - name: other
        version: "1.0"
        src: other-1.0.tar.gz
        files:
          - src: bin/other
            dest: /usr/local/bin/other
    runtimes:
      - name: other
        path: /usr/local/bin/other
    requirements:
      - name: other
        kernel: "5.10"
  become: true

- name: Take youki away again, its files and its registration
  slipway.runtimes.host_runtimes:
    catalogue:
      - name: youki
        state: absent
  become: true
"""

RETURN = r"""
binaries:
  description: What is in place now, in the order of O(binaries).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the receipt.
      type: str
    version:
      description: The version that was asked for.
      type: str
    action:
      description:
        - What was done, or would be in check mode. V(upgraded) stands for any change of version or source, V(repaired)
          for files that
          were changed or missing, or that other places or modes were asked for.
      type: str
      choices:
        - installed
        - upgraded
        - repaired
        - removed
        - unchanged
    files:
      description: The files.
      type: list
      elements: dict
      contains:
        dest:
          description: The path.
          type: str
        sha256:
          description:
            - The digest of a file, or of a folder's listing with its contents. Null where it is not known yet.
          type: str
  sample:
    - name: youki
      version: 0.7.0
      action: installed
      files:
        - dest: /usr/local/bin/youki
          sha256: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
action:
  description: What was done to make the change live, or would be in check mode.
  type: str
  returned: success, where something is wanted of the engine
  choices: [none, reload, restart]
  sample: reload
backup_file:
  description: The copy that O(backup) kept; empty if there is none.
  type: str
  returned: success, where something is wanted of the engine
  sample: /etc/docker/daemon.json.4711.2026-11-22@10:00:00~
config_path:
  description: The engine's configuration file.
  type: str
  returned: success, where something is wanted of the engine
  sample: /etc/docker/daemon.json
default_runtime:
  description: The runtime of containers that ask for none.
  type: str
  returned: success, where something is wanted of the engine
  sample: runc
live:
  description:
    - Whether the running engine has loaded all that its file says.
    - V(false) if the daemon does not run, or if a restart is owed. In check mode it is what would be.
  type: bool
  returned: success, where something is wanted of the engine
  sample: true
restart_required:
  description: Whether a restart is owed before the engine has all that its file says.
  type: bool
  returned: success, where something is wanted of the engine
  sample: false
runtimes:
  description: The names of the runtimes that the engine has, its own C(runc) and those of its command line among them.
  type: list
  elements: str
  returned: success, where something is wanted of the engine
  sample: [crun, runc, youki]
validated:
  description: Whether the engine's own validator (23.0 and newer) has accepted the file in this run.
  type: bool
  returned: success, where something is wanted of the engine
  sample: true
version:
  description: The engine's version; empty if it is not known.
  type: str
  returned: success, where something is wanted of the engine
  sample: 26.1.5+dfsg1
kept:
  description:
    - What was not removed, with the reason. That is the name of another engine's claim, or a runtime that stays registered and uses
      it, such as V(runtimes[gvisor]).
  type: dict
  returned: success
  sample: {}
packages:
  description: What is in place now, in the order of O(packages).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the receipt.
      type: str
    packages:
      description: The packages of this host's family.
      type: list
      elements: str
    action:
      description: What was done, or would be in check mode.
      type: str
      choices: [installed, removed, unchanged]
    program:
      description: Where the program is.
      type: str
  sample: []
probes:
  description: What came of the containers, as M(slipway.runtimes.runtime_probe) returns it. Empty where none was run.
  returned: always
  type: list
  elements: dict
  sample: []
pruned:
  description: What was taken away by O(prune), names by kind.
  type: dict
  returned: success
  sample: {}
recovered:
  description: What became of an earlier run that was interrupted.
  returned: when there was one
  type: str
reason:
  description:
    - A code for the failure that stays the same from release to release, such as V(checksum_mismatch), V(device_missing),
      V(runtime_failed), V(runtime_unproven), V(in_the_way) or V(engine_refused).
  returned: failure
  type: str
option:
  description: The option that a failure is about.
  returned: failure, where it is about one
  type: str
failed_stage:
  description: Where it failed. Nothing is changed before V(commit).
  returned: failure
  type: str
rolled_back:
  description: Whether something had been changed and everything is as it was before.
  returned: failure
  type: bool
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.host_runtimes.subject import HostRuntimes

if __name__ == "__main__":
    main(HostRuntimes())
