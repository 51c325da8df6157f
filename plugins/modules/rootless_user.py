#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: rootless_user
short_description: Give a user what containers without root need
version_added: 0.2.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Podman, containerd and Docker run a user's containers without root where the user has ranges of subordinate ids, a service
    manager that runs without a login, and control groups to set limits in. The module checks for all of it, sets what is missing,
    and takes back exactly what it set.
  - It also says what it cannot mend, before it changes anything. That is a kernel that lets no user make namespaces, or C(newuidmap) that
    is not installed.
options:
  user:
    description:
      - The name of the user, who has to exist.
    type: str
    required: true
  subids:
    description:
      - Whether the user has a range in C(/etc/subuid) and in C(/etc/subgid). A range of at least O(subid_count) ids that is there already
        stays. Otherwise the user gets the first one that overlaps no other.
      - Where C(/etc/nsswitch.conf) says that ranges come from a directory (C(subid:) without C(files)), nothing is written.
    type: bool
    default: true
  subid_count:
    description:
      - How many ids a range has. Images use ids up to 65535.
    type: int
    default: 65536
  delegate:
    description:
      - The control group controllers that the user's service manager may use, by a drop-in of C(user@UID.service). Without them limits of
        containers cannot be set.
      - They are written where the host has one tree of control groups (cgroup v2) and the running manager lacks one of them. V([]) leaves
        it as it is.
    type: list
    elements: str
    choices: [cpu, cpuset, io, memory, pids]
    default: [cpu, cpuset, io, memory, pids]
  linger:
    description:
      - Whether the user's service manager runs without a login, from boot on (C(loginctl enable-linger)). The task waits until it can be
        talked to.
    type: bool
    default: true
  require:
    description:
      - Whether C(newuidmap) and C(newgidmap) have to be there. V(false) is for hosts that get them later; then it is a warning.
    type: bool
    default: true
  state:
    description:
      - V(absent) takes back what the module set for O(user). Of the other options only O(user) counts then.
      - Ranges stay while the user has a folder of containers (C(.local/share/containers), C(.local/share/containerd) or
        C(.local/share/docker)), because files in it belong to them. The service manager goes on running while it starts a unit of the
        user's own. Both are told, and a later removal takes them.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.engine.quick
notes:
  - Changes need root (C(become=true)).
seealso:
  - module: slipway.runtimes.docker_cli
  - name: subuid(5)
    description: The form of the files of ranges.
    link: https://man7.org/linux/man-pages/man5/subuid.5.html
"""

EXAMPLES = r"""
- name: Let ci run containers without root
  slipway.runtimes.rootless_user:
    user: ci
  become: true

- name: Give a range alone, on a host without systemd
  slipway.runtimes.rootless_user:
    user: ci
    linger: false
    delegate: []
  become: true

- name: Take back what was set
  slipway.runtimes.rootless_user:
    user: ci
    state: absent
  become: true
"""

RETURN = r"""
user:
  description: The user's name.
  returned: success
  type: str
  sample: ci
uid:
  description: The user's number, null where the host does not know the user.
  returned: success
  type: int
  sample: 1002
subuid:
  description: The line of C(/etc/subuid) that counts for the user, null where there is none. With O(state=absent), the one that stays of ours.
  returned: success
  type: str
  sample: ci:165536:65536
subgid:
  description: The same of C(/etc/subgid).
  returned: success
  type: str
  sample: ci:165536:65536
linger:
  description: Whether the user's service manager runs without a login.
  returned: success
  type: bool
recovered:
  description: What became of an earlier run that was interrupted.
  returned: when there was one
  type: str
reason:
  description:
    - What kind of failure it is, a stable code such as V(user_missing), V(program_missing), V(no_namespaces), V(no_systemd) or V(no_range).
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
  description: Whether something had been changed and everything is as it was before. Nothing is changed before the stage V(commit).
  returned: failure
  type: bool
"""

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.rootless_user.subject import RootlessUser

if __name__ == "__main__":
    main(RootlessUser())
