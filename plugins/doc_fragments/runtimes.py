# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


class ModuleDocFragment(object):
    """A runtime as every module speaks of it (RUNTIME_SPEC)."""

    DOCUMENTATION = r"""
options:
  runtimes:
    description:
      - The runtimes, each named once.
      - A runtime is given by O(runtimes[].path), a program like runc; or by O(runtimes[].shim) or O(runtimes[].shim_path), a
        shim of containerd's; or by nothing but its O(runtimes[].name), if that is a shim's full name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name that containers ask for, as in C(docker run --runtime NAME). C(runc) is the engine's own and cannot be given.
          - If it is a shim's full name, such as V(io.containerd.kata.v2), and nothing else is given, nothing has to be registered.
            The engine (23.0 or newer) resolves it by itself, and the module sees to it that the shim is found on the PATH of the
            containerd which this engine uses.
        type: str
        required: true
      path:
        description:
          - A program with runc's command line, as an absolute path, or a bare name that is on the daemon's PATH.
        type: str
      args:
        description:
          - Arguments for the program at O(runtimes[].path).
          - The engine puts them into a shell script without quotes, so only letters, digits and C(@%+=:,./-_) are taken.
        type: list
        elements: str
      shim:
        description:
          - The full name of a shim on containerd's PATH, such as V(io.containerd.runsc.v1). Docker needs to be 24.0 or newer.
        type: str
      shim_path:
        description:
          - The absolute path of a shim, for one that is not on containerd's PATH. Docker needs to be 24.0 or newer.
        type: str
      options:
        description:
          - What the shim is told. Names are written as the shim's own, for example V(BinaryName) and V(SystemdCgroup) for
            V(io.containerd.runc.v2), V(TypeUrl) and V(ConfigPath) for any other shim.
        type: dict
      engine_options:
        description:
          - Further keys of this one engine, passed on as they are.
        type: dict
      state:
        description:
          - V(absent) takes the runtime out of the configuration; only its O(runtimes[].name) is needed then.
        type: str
        choices: [present, absent]
        default: present
"""
