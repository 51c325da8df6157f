#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: docker_cli
short_description: Make podman or nerdctl answer as docker, and never hide a real one
version_added: 0.2.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Tools that call C(docker), Dagger and CI scripts among them, reach Podman or nerdctl by a symbolic link of that name. The
    module makes the link, keeps it, and removes exactly what it made.
  - Nothing that was there before is overwritten at any path that is written. What is in the way is told, with the package that
    owns it. With O(replace=true) it is moved aside, and comes back on removal with all that belongs to it.
  - A link that leads to nothing is worse than none, because programs that look for an engine stop at it. So the program has to
    answer C(version) before anything is written, and once more by its new name.
  - A file is exchanged in one step. A run that was killed is undone or finished by the next one, which says so in
    RV(recovered).
options:
  provider:
    description:
      - The program that answers as C(docker). Required where O(state=present).
    type: str
    choices: [podman, nerdctl]
  via:
    description:
      - How it is reached.
      - V(direct) links to the program on this host.
      - V(lima) links to a shell script at O(wrapper_path) that runs C(nerdctl) in a lima instance, with the caller's arguments,
        environment, signals and exit code. It needs O(provider=nerdctl). The script needs nothing but a POSIX C(sh) and
        lima, on Linux and on macOS.
    type: str
    choices: [direct, lima]
    default: direct
  lima_instance:
    description:
      - The instance that the script enters, V(default) without it. E(LIMA_INSTANCE) in the caller's environment names another,
        as it does for C(lima) itself.
    type: str
  target:
    description:
      - The program as an absolute path. Without it, it is found on E(PATH). With O(via=lima) it is the path of C(limactl).
    type: str
  path:
    description:
      - Where the link is. A folder that is missing is made, and removed with the link.
    type: str
    default: /usr/local/bin/docker
  wrapper_path:
    description:
      - Where the script is with O(via=lima). nerdctl's own full archive has its program here.
    type: str
    default: /usr/local/bin/nerdctl
  replace:
    description:
      - Whether what is in the way is moved aside, below C(/var/lib/slipway-runtimes/kept), until the link is removed.
      - It also says that the link may hide a Docker client in another folder, which stays where it is.
    type: bool
    default: false
  require:
    description:
      - Whether the program has to be there and to answer. V(false) is for hosts that get it later; then it is a warning.
      - With O(via=lima), root asks as the user that it became root from by C(sudo), because lima does not run as root.
    type: bool
    default: true
  probe:
    description:
      - Whether a container is run by the link, as the user of the task or O(probe_user). It is of the collection's own tiny image, without network,
        and nothing of it stays.
      - V(changed) runs one where the link was made or changed, and takes that back where no container runs. V(always) runs one every
        time, so the module runs on the host every time.
      - With O(via=lima), root cannot.
    type: str
    choices: [never, changed, always]
    default: never
  probe_user:
    description:
      - Who runs the container, where that is not the user of the task. It takes root.
    type: str
  state:
    description:
      - Whether the link is there. V(absent) removes what the module made for O(path), the script included, and gives back what
        was moved aside. Of the other options only O(path) counts then.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    details: The program is asked whether it answers, and not by its new name. No container is run.
  diff_mode:
    support: full
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.engine.quick
notes:
  - The task needs root (C(become=true)) for paths of the system. A user can have a link of their own, below their home.
  - It warns where the link will not be what runs, because another C(docker) comes before it on the E(PATH) of logins, services or
    sudo (C(secure_path)), or because one of these does not look in its folder. Functions and aliases of shells are not looked for.
  - It warns of a Docker daemon that runs beside it.
seealso:
  - module: slipway.runtimes.runtime_binary
  - module: slipway.runtimes.engine_runtimes
"""

EXAMPLES = r"""
- name: Let podman answer as docker
  slipway.runtimes.docker_cli:
    provider: podman
  become: true

- name: Let a nerdctl that was unpacked elsewhere answer as docker, whatever is there
  slipway.runtimes.docker_cli:
    provider: nerdctl
    target: /opt/nerdctl/bin/nerdctl
    replace: true
  become: true

- name: Let the nerdctl of a lima instance answer as docker
  slipway.runtimes.docker_cli:
    provider: nerdctl
    via: lima
    lima_instance: build
  become: true

- name: Give a user a docker of their own
  slipway.runtimes.docker_cli:
    provider: podman
    path: /home/ada/.local/bin/docker
  become: true
  become_user: ada

- name: Take it away; what was there before comes back
  slipway.runtimes.docker_cli:
    state: absent
  become: true
"""

RETURN = r"""
link:
  description: The path of the link.
  returned: success
  type: str
  sample: /usr/local/bin/docker
action:
  description:
    - What was done, or would be in check mode. V(relinked) stands for any change of a link that the module had made.
  returned: success
  type: str
  choices: [none, linked, relinked, removed]
docker:
  description:
    - What answers as C(docker) for the user of the task, on the E(PATH) of the task. Null where nothing does.
  returned: success
  type: dict
  contains:
    path:
      description: The path by which it is found.
      type: str
    program:
      description: The program behind it, at the end of all links.
      type: str
    provider:
      description: Whose program it is.
      type: str
      choices: [docker, podman, nerdctl, unknown]
    via:
      description: V(lima) where it runs in an instance of lima.
      type: str
      choices: [direct, lima]
    version:
      description: Its version, null where it did not say or was not asked.
      type: str
    socket:
      description: The socket of its API, or of containerd for nerdctl. Null where there is none, or none outside of a namespace.
      type: str
    rootless:
      description: Whether the user's containers run without root. Null where that is not known.
      type: bool
  sample:
    path: /usr/local/bin/docker
    program: /usr/bin/podman
    provider: podman
    via: direct
    version: 5.4.2
    socket: /run/podman/podman.sock
    rootless: false
set_aside:
  description: The paths that had something else before, which comes back on removal.
  returned: success
  type: list
  elements: str
recovered:
  description: What became of an earlier run that was interrupted.
  returned: when there was one
  type: str
reason:
  description:
    - What kind of failure it is, a stable code such as V(in_the_way), V(docker_present), V(target_missing),
      V(target_not_executable), V(target_broken), V(target_hangs) or V(not_proven).
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
from ansible_collections.slipway.runtimes.plugins.module_utils.docker_cli.subject import DockerCli

if __name__ == "__main__":
    main(DockerCli())
