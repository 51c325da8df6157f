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
    description:
      - What is wanted, an element for each runtime.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the receipt. Letters, digits, V(.), V(_) and V(-).
        type: str
        required: true
      version:
        description:
          - The version, as a note in the receipt and in results. Another version is an upgrade, or a downgrade.
        type: str
        default: ''
      url:
        description:
          - Where the archive or file is fetched from. It has to be V(https) unless O(allow_http=true), and so has
            every address that
            it redirects to.
          - A user and a password in it are refused. Give them by O(headers).
        type: str
      src:
        description:
          - The archive or file, on the controller (looked for as P(ansible.builtin.file#lookup) would) or, with
            O(binaries[].remote_src=true), on the host. One of O(binaries[].url) and O(binaries[].src) has to be given
            where
            O(binaries[].state=present).
        type: str
      remote_src:
        description:
          - Whether O(binaries[].src) lies on the host.
        type: bool
        default: false
      checksum:
        description:
          - V(sha256:) or V(sha512:) and the digest of the archive or file. It is verified before anything is unpacked.
          - Required with O(binaries[].url).
          - Without it, O(binaries[].src) is taken as it is, and its own digest tells whether it changed.
        type: str
      files:
        description:
          - What goes where. Required where O(binaries[].state=present).
        type: list
        elements: dict
        default: []
        suboptions:
          src:
            description:
              - The path of a file or folder in the archive. V(.) is all of it. A folder is one unit, with everything
                in it.
              - Left out where the source is no archive but the file itself.
              - The archive may be tar, plain or compressed with gzip, bzip2, xz or zstd, or zip. What it is is seen
                from its content.
                For zstd the host needs the program C(zstd), or Python 3.14.
            type: str
            default: ''
          dest:
            description:
              - The absolute path that it gets. Missing folders above it are made, and removed when nothing of ours is
                in them.
            type: str
            required: true
          mode:
            description:
              - The mode of a file, as octal digits in quotes. V("0755") without it. No set-id or sticky bits.
              - The files of a folder have the archive's modes, without set-id bits and without write permission for
                group and others.
            type: raw
          owner:
            description:
              - A user's name or number; the task's user without it. What the archive says is never taken over.
            type: str
            default: ''
          group:
            description:
              - A group's name or number; that of the task's user without it.
            type: str
            default: ''
      replace:
        description:
          - Whether a file that was there before may be replaced. It is set aside with everything that belongs to it,
            below
            C(/var/lib/slipway-runtimes/kept), and comes back on removal.
        type: bool
        default: false
      verify:
        description:
          - Whether executable files are asked for C(--version) before they are put in place. They have to come to an
            end in 10 seconds,
            with any exit code. A missing shared library or another architecture is then told, and the old files stay.
          - Of a folder only the architecture of its programs is looked at.
        type: bool
        default: true
      state:
        description:
          - Whether the files are there. V(absent) removes what the receipt lists and gives back what was there before;
            of the other
            options only the name counts then.
        type: str
        choices:
          - present
          - absent
        default: present
  fetch:
    description:
      - Who fetches O(binaries[].url). With V(controller), the controller fetches and verifies it once a run for all
        hosts, and
        hands it on to those that need it. O(proxy), O(ca_path) and the environment are then the controller's.
    type: str
    choices:
      - host
      - controller
    default: host
  integrity:
    description:
      - How it is seen that files are still what was installed. V(stat) reads a file only where its stat (inode, size,
        times, mode and
        owner) is not the one in the receipt. V(digest) reads every file each time.
    type: str
    choices:
      - stat
      - digest
    default: stat
  force:
    description:
      - Whether files are removed that somebody changed since they were installed. Otherwise the removal is refused,
        and nothing is
        changed. With O(binaries[].state=present) they are put back either way, with a warning.
    type: bool
    default: false
  headers:
    description:
      - Headers for every download, such as C(Authorization) for a private mirror. They are told to no other server
        that it may
        redirect to. They are never shown.
    type: dict
    default: {}
  proxy:
    description:
      - The address of a proxy for downloads. Never shown. An empty string is none. Without it, the environment
        variables
        C(https_proxy), C(http_proxy) and C(no_proxy) count.
    type: str
  mirror:
    description:
      - A base address that takes the place of scheme, host and port in every O(binaries[].url), with its path in
        front. C({host}) in
        it stands for the host that was replaced.
      - With V(https://mirror.example/{host}), V(https://github.com/a/b.tar.gz) is fetched from
        V(https://mirror.example/github.com/a/b.tar.gz).
    type: str
  allow_http:
    description:
      - Whether O(binaries[].url) and O(mirror) may be V(http). A redirect from V(https) to V(http) is refused all the
        same.
    type: bool
    default: false
  timeout:
    description:
      - How many seconds a server may be silent.
    type: int
    default: 30
  ca_path:
    description:
      - A file of PEM certificates, or a folder of them with hashed names, of authorities that are trusted besides
        those of the system.
    type: str
  max_size:
    description:
      - The most bytes that a download may have.
    type: int
    default: 2147483648
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
  - slipway.runtimes.engine.quick
notes:
  - The task needs root (C(become=true)) to change anything.
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
