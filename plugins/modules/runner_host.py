#!/usr/bin/python
# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: runner_host
short_description: Have Dagger's CLI use the engine that the owner of the host chose
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Sets E(_EXPERIMENTAL_DAGGER_RUNNER_HOST) for login shells, for services and for CI runners, and takes it away again.
  - The address is held to the rules of Dagger's own drivers before anything is written. Dagger itself finds most
    mistakes only when it connects, and then tries again for minutes.
  - Which forms an address may have depends on the release of the CLI. V(podman-container://) ended with 0.18.15, where
    V(container+podman://) began. The CLI on the host is asked for its version, once for each file that it is.
  - All files of one task change together or not at all. What a killed run left is undone or finished by the next one,
    which says so in RV(recovered).
  - Where there is nothing to do, the host is read by one short shell script and no module is transferred.
options:
  url:
    description:
      - The address of the engine. Give it, or O(scheme) and its parts.
      - No password may be in it. Every process could read it.
    type: str
  scheme:
    description:
      - The form of the address, where it is put together from parts. The parts are quoted as an address needs it.
      - The forms of containers (V(container) and its kin) take O(name), and before 0.18.15 V(docker-container) takes
        O(context). Those of images take O(name) and O(container).
      - V(unix) takes O(path); V(tcp) O(host) and O(port); V(tls) O(host), O(port), O(cert_path), O(key_path) and
        O(ca_path); V(ssh) O(host), O(user), O(port) and O(path).
      - V(kube-pod) takes O(name), O(context), O(namespace) and O(container); V(dagger-cloud) nothing.
    type: str
    choices:
      - docker-container
      - podman-container
      - container
      - container+docker
      - container+podman
      - container+nerdctl
      - container+finch
      - container+apple
      - docker-image
      - image
      - image+docker
      - image+podman
      - image+nerdctl
      - image+finch
      - image+apple
      - unix
      - tcp
      - tls
      - ssh
      - kube-pod
      - dagger-cloud
  name:
    description:
      - The name of a container or a pod, or an image with its registry.
    type: str
  path:
    description:
      - The absolute path of a socket.
    type: str
  host:
    description:
      - A host's name or address. An IPv6 address gets its brackets.
    type: str
  port:
    description:
      - A port.
    type: int
  user:
    description:
      - The user at the other end of O(scheme=ssh).
    type: str
  context:
    description:
      - The context of kubectl, or of Docker's CLI.
    type: str
  namespace:
    description:
      - The namespace of a pod.
    type: str
  container:
    description:
      - The container in a pod; or the name that the CLI gives to the container of an image.
    type: str
  cert_path:
    description:
      - The client's certificate for O(scheme=tls), an absolute path on the host. It goes with O(key_path).
    type: str
  key_path:
    description:
      - The key of O(cert_path), an absolute path on the host.
    type: str
  ca_path:
    description:
      - The authority that signed the engine's certificate, an absolute path on the host.
    type: str
  scopes:
    description:
      - Who shall see the setting. Required with O(state=present).
      - With O(state=absent) it is taken from the scopes that are named, or from all of them where none is. Scopes
        that are not named stay as they are otherwise.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description:
          - V(login) is every login shell. A file in C(/etc/profile.d), and where they are installed, fish and zsh get
            one of their own.
          - V(unit) is named services, by a drop-in of each. They have to be restarted to see it, which
            RV(restart_units) says.
          - V(manager) is every service, by C(DefaultEnvironment=) in C(/etc/systemd/system.conf.d).
          - V(user) is one user, by C(~/.config/environment.d), which the user's services read, and the profiles of
            the user's shells.
          - V(file) is whoever reads a file of C(KEY=value) lines, such as the C(.env) of a runner, a file of Docker's
            C(--env-file) or of systemd's C(EnvironmentFile=), or C(/etc/environment). The value stands there without
            quotes, as those readers want it. All other lines stay as they are.
        type: str
        choices:
          - login
          - unit
          - manager
          - user
          - file
        required: true
      units:
        description:
          - The services, for O(scopes[].kind=unit). C(.service) may be left out.
        type: list
        elements: str
      user:
        description:
          - The user, for O(scopes[].kind=user), and the one who writes the file for O(scopes[].kind=file). Files of a
            user are written with that user's rights.
        type: str
      path:
        description:
          - The file, for O(scopes[].kind=file), as an absolute path. Its folder has to be there.
        type: str
  cli:
    description:
      - Dagger's CLI, a name on PATH or an absolute path on the host.
    type: str
    default: dagger
  cli_version:
    description:
      - The release that will read the address, such as V(0.18.19). With V(auto), O(cli) is asked. Where it is not on
        the host, or with V(unknown), every form that some release speaks is taken, with a warning where not all do.
    type: str
    default: auto
  translate:
    description:
      - Whether an address that this release does not speak is written in the form that means the same to it.
        Otherwise it is an error that names the form.
    type: bool
    default: false
  reachable:
    description:
      - Whether the engine has to answer, and not only to listen. It is tried before anything is written, as every
        user that O(scopes) names, and the error says which step failed, in RV(step).
      - The module then runs on the host each time.
    type: bool
    default: false
  timeout:
    description:
      - How many seconds each step of O(reachable) may take.
    type: int
    default: 10
  replace:
    description:
      - Whether a line of another's hand in a file of O(scopes[].kind=file) may be replaced. It comes back with
        O(state=absent).
    type: bool
    default: false
  state:
    description:
      - Whether the setting is there.
    type: str
    choices:
      - present
      - absent
    default: present
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Only the module's own lines are shown.
  idempotent:
    support: full
extends_documentation_fragment:
  - slipway.runtimes.attributes
  - slipway.runtimes.engine.quick
notes:
  - O(scopes[].kind=login), V(unit) and V(manager) need root (C(become=true)). V(user) and V(file) can do without
    where the task's user is theirs.
  - A container with a name that begins with C(dagger-engine-) is removed by the CLI of whoever uses an V(image)
    address.
seealso:
  - name: Dagger's custom runner
    description: What the variable is, in Dagger's own words.
    link: https://docs.dagger.io/reference/deployment/custom-runner/
"""

EXAMPLES = r"""
- name: Have everybody use the engine on this host's socket
  slipway.runtimes.runner_host:
    url: unix:///run/dagger/engine.sock
    reachable: true
    scopes:
      - kind: login
      - kind: unit
        units: [ci-runner]
  become: true

- name: Have one user use an engine in a container of Podman's, in the form that the installed CLI speaks
  slipway.runtimes.runner_host:
    scheme: container+podman
    name: engine
    translate: true
    scopes:
      - kind: user
        user: builder
  become: true

- name: Have a CI runner use an engine in a cluster
  slipway.runtimes.runner_host:
    scheme: kube-pod
    name: dagger-engine-0
    context: arn:aws:eks:eu-central-1:123456789012:cluster/builds
    namespace: dagger
    scopes:
      - kind: file
        path: /home/runner/actions-runner/.env
        user: runner
  become: true

- name: Take it away from wherever it was set
  slipway.runtimes.runner_host:
    state: absent
  become: true
"""

RETURN = r"""
url:
  description: The address as it is written. Null with O(state=absent).
  returned: success
  type: str
  sample: container+podman://engine
translated_from:
  description: The address that was asked for, where O(translate) changed it; null otherwise.
  returned: success
  type: str
cli_version:
  description: The release of the CLI that the address was held to; null where it is not known.
  returned: success
  type: str
  sample: 0.18.19
files:
  description: The files that hold the setting, or with O(state=absent) that held it.
  returned: success
  type: list
  elements: str
  sample: [/etc/profile.d/dagger-runner-host.sh]
restart_required:
  description: Whether services run without this change until they are restarted.
  returned: success
  type: bool
restart_units:
  description: Those services.
  returned: success
  type: list
  elements: str
seen_after:
  description: What has to happen until the change of this run is seen, a sentence each.
  returned: success
  type: list
  elements: str
reachable:
  description: V(true) where the engine answered.
  returned: with O(reachable=true)
  type: bool
recovered:
  description: What became of an earlier run that was interrupted.
  returned: when there was one
  type: str
reason:
  description:
    - What kind of failure it is, a stable code such as V(bad_address), V(unknown_scheme), V(unsupported_scheme),
      V(unreachable) or V(in_the_way).
  returned: failure
  type: str
option:
  description: The option that a failure is about.
  returned: failure, where it is about one
  type: str
step:
  description:
    - Where trying the engine failed, one of V(path), V(socket), V(resolve), V(connect), V(certificates),
      V(handshake), V(program), V(engine), V(container) and V(pod).
  returned: failure, where O(reachable) was tried
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

from ansible_collections.slipway.runtimes.plugins.module_utils.core.adapter import main
from ansible_collections.slipway.runtimes.plugins.module_utils.runner_host.subject import RunnerHost

if __name__ == "__main__":
    main(RunnerHost())
