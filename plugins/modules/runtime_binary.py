#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: runtime_binary
short_description: Put the files of runtimes and shims in place, verified, and take them away again
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Installs the binaries of container runtimes from a release's archive or from a single file, verified by checksum.
    It knows
    what it installed by a receipt on the host, changes versions, and removes exactly what it installed.
  - All files of one task change together or not at all. They are unpacked beside their destinations, programs are
    asked for their
    version there, and then everything is renamed into place. A full disk, a broken archive, an error or a kill at any
    moment leaves the
    old files. What a killed run left is undone or finished by the next one, which says so in RV(recovered).
  - Running containers go on through an upgrade, and can be stopped and removed afterwards, because a path is never
    without its program.
  - Where there is nothing to do, the host is read by one short shell script and no module is transferred. A file is
    not read
    again as long as its stat is the one in the receipt.
options:
  binaries:
    required: true
  force:
    description:
      - Whether files are removed that somebody changed since they were installed. Otherwise the removal is refused,
        and nothing is
        changed. With O(binaries[].state=present) they are put back either way, with a warning.
    type: bool
    default: false
  scope:
    description:
      - Whose files these are. With V(system) the host's, and its root's. With V(user) those of the user that the task runs as, below
        the user's home; receipts are kept below C($XDG_STATE_HOME) (C(~/.local/state)).
    type: str
    choices:
      - system
      - user
    default: system
attributes:
  check_mode:
    support: full
    details: Nothing is fetched in check mode, so it is not known whether a source can be.
  diff_mode:
    support: full
    details: Versions, paths and digests are shown. The digests of what is not yet there are not known.
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.binaries
  - slipway.runtimes.engine.quick
notes:
  - The task needs root (C(become=true)) to change anything, unless O(scope=user).
  - Archives are refused as a whole that have absolute paths, C(..), links that lead out of them, devices, pipes, set-id
    bits, sparse files, encrypted members or a path twice, or that unpack to more than 200 times their size.
seealso:
  - module: slipway.runtimes.engine_runtimes
"""

EXAMPLES = r"""
- name: Install youki from its release
  slipway.runtimes.runtime_binary:
    binaries:
      - name: youki
        version: 0.7.0
        url: https://github.com/youki-dev/youki/releases/download/v0.7.0/youki-0.7.0-x86_64-musl.tar.gz
        checksum: sha256:0000000000000000000000000000000000000000000000000000000000000000
        files:
          - src: youki
            dest: /usr/local/bin/youki
  become: true

- name: Install the one that fits each host, with a configuration file
  slipway.runtimes.runtime_binary:
    binaries:
      - name: crun
        version: "1.17"
        architectures:
          x86_64:
            url: https://github.com/containers/crun/releases/download/1.17/crun-1.17-linux-amd64
            checksum: sha256:e9512a3e034e781b2396d068fd24eafcd5788e410403da886df9dc8871d504a5
          aarch64:
            url: https://github.com/containers/crun/releases/download/1.17/crun-1.17-linux-arm64
            checksum: sha256:3049017b99208f5ecd15c1366f47a77dace87f42dccf317ad40a07f1a867518c
        files:
          - dest: /usr/local/bin/crun
      - name: gvisor-config
        files:
          - dest: /etc/containerd/runsc.toml
            content: |
              [runsc_config]
              platform = "systrap"
  become: true

- name: Install a folder as one unit, fetched once for hosts without internet
  slipway.runtimes.runtime_binary:
    fetch: controller
    binaries:
      - name: gvisor
        version: "20260901"
        url: https://storage.googleapis.com/gvisor/releases/release/20260901/x86_64/gvisor.tar.bz2
        checksum: "sha512:{{ gvisor_sha512 }}"
        files:
          - src: .
            dest: /opt/gvisor
  become: true

- name: Install a single file of the controller's, over the distribution's
  slipway.runtimes.runtime_binary:
    binaries:
      - name: crun
        version: "1.29.1"
        src: crun-1.29.1-linux-amd64
        files:
          - dest: /usr/bin/crun
        replace: true
  become: true

- name: Remove it; the distribution's comes back
  slipway.runtimes.runtime_binary:
    binaries:
      - name: crun
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
recovered:
  description: What became of an earlier run that was interrupted.
  returned: when there was one
  type: str
reason:
  description:
    - What kind of failure it is, a stable code such as V(checksum_mismatch), V(download_failed), V(archive_refused)
      or V(in_the_way).
  returned: failure
  type: str
option:
  description: The option that a failure is about.
  returned: failure, where it is about one
  type: str
failed_stage:
  description: Where it failed.
  returned: failure
  type: str
rolled_back:
  description:
    - Whether something had been changed and everything is as it was before. Nothing is changed before the stage
      V(commit).
  returned: failure
  type: bool
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.subject import RuntimeBinary
from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main

if __name__ == "__main__":
    main(RuntimeBinary())
