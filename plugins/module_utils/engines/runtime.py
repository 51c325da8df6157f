# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A runtime as every module speaks of it, whatever the engine: the value, its argument spec, its own rules.

Pure. How an engine writes it down is the engine's matter (engines/docker/entries.py).
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError

# One element of 'runtimes' in every module that takes them.
RUNTIME_SPEC = dict(
    name=dict(type="str", required=True),
    path=dict(type="str"),
    args=dict(type="list", elements="str"),
    shim=dict(type="str"),
    shim_path=dict(type="str"),
    options=dict(type="dict"),
    engine_options=dict(type="dict"),
    state=dict(type="str", choices=["present", "absent"], default="present"),
)


class Runtime(NamedTuple):
    """One runtime that is wanted or not. Exactly one of path, shim/shim_path, or neither: then name is a shim's own
    full name, which engines resolve by themselves (see unregistered)."""

    name: str
    path: str = ""
    args: Tuple[str, ...] = ()
    shim: str = ""
    shim_path: str = ""
    options: Dict[str, Any] = {}
    engine_options: Dict[str, Any] = {}
    present: bool = True

    @property
    def unregistered(self) -> bool:
        """Wanted, and nothing to write: the name is the shim's full name, and it has no settings."""
        return (self.present and not (self.path or self.shim_path or self.options or self.engine_options)
                and self.shim in ("", self.name))


def is_shim_name(text: str) -> bool:
    """Whether an engine takes this for a shim's full name, such as io.containerd.runsc.v1: no '/', a dot, and something
    before the first dot."""
    return "/" not in text and "." in text and not text.startswith(".")


def shim_binary(name: str) -> str:
    """The program that containerd looks up for a shim's full name: its last two components.

    >>> shim_binary("io.containerd.kata.v2")
    'containerd-shim-kata-v2'
    """
    parts = name.split(".")
    return "containerd-shim-%s-%s" % (parts[-2], parts[-1])


# Whose shims are for Wasm modules.
_WASM = ("wasmedge", "wasmer", "wasmtime")


def is_wasm_shim(name: str) -> bool:
    """Whether a shim, by its full name or its file, runs Wasm modules: its containers are of the platform wasi/wasm."""
    if "/" not in name and not is_shim_name(name):
        return False
    program = name.rpartition("/")[2] if "/" in name else shim_binary(name)
    return program.startswith(tuple("containerd-shim-%s-" % one for one in _WASM))


def parse_runtimes(values: Optional[List[Dict[str, Any]]], *, option: str = "runtimes") -> Tuple[Runtime, ...]:
    """The runtimes in a module's parameter, checked against what holds on any engine.

    Raises SlipwayError that names the option, what is wrong and what would be right.
    """
    runtimes = tuple(_parse_one(value, option) for value in values or ())
    seen: Dict[str, Runtime] = {}
    for runtime in runtimes:
        if runtime.name in seen:
            raise SlipwayError(
                "duplicate_runtime",
                "%s: '%s' is named more than once; an engine keeps one entry a name" % (option, runtime.name),
                option=option)
        seen[runtime.name] = runtime
    return runtimes


def _parse_one(value: Dict[str, Any], option: str) -> Runtime:
    name = value.get("name") or ""
    here = "%s[%s]" % (option, name)

    def wrong(reason: str, key: str, what: str) -> SlipwayError:
        place = "%s.%s" % (here, key) if key else here
        return SlipwayError(reason, "%s: %s" % (place, what), option=place)

    if not name or name != name.strip() or any(ord(char) < 32 for char in name):
        raise wrong("bad_runtime_name", "name", "a name has at least one character, no space around it and no control "
                    "characters; got %r" % str(name))
    runtime = Runtime(
        name=name,
        path=value.get("path") or "",
        args=tuple(str(word) for word in value.get("args") or ()),
        shim=value.get("shim") or "",
        shim_path=value.get("shim_path") or "",
        options=dict(value.get("options") or {}),
        engine_options=dict(value.get("engine_options") or {}),
        present=value.get("state") != "absent")
    if not runtime.present:
        return runtime
    if runtime.path and (runtime.shim or runtime.shim_path):
        raise wrong("path_and_shim", "", "'path' (a program like runc) and 'shim'/'shim_path' (a containerd shim) are "
                    "two ways to name one runtime; give one of them")
    if runtime.path and runtime.options:
        raise wrong("options_with_path", "options", "options go to a shim; a program given by 'path' takes 'args'")
    if runtime.args and not runtime.path:
        raise wrong("args_without_path", "args", "args go to a program given by 'path'; a shim takes 'options'")
    if runtime.shim and not is_shim_name(runtime.shim):
        raise wrong("bad_shim_name", "shim", "'%s' is no shim's full name; it looks like io.containerd.runsc.v1 (a dot, "
                    "no slash). A shim's file goes into 'shim_path'" % runtime.shim)
    if runtime.shim_path and not runtime.shim_path.startswith("/"):
        raise wrong("bad_shim_path", "shim_path", "'%s' is not an absolute path; a shim on PATH is named by 'shim'"
                    % runtime.shim_path)
    for key in ("path", "shim", "shim_path"):
        text = getattr(runtime, key)
        if text != text.strip() or any(ord(char) < 32 for char in text):
            raise wrong("bad_path", key, "%r has space around it or control characters" % str(text))
    if runtime.path and "/" in runtime.path and not runtime.path.startswith("/"):
        raise wrong("bad_path", "path", "'%s' is relative; give an absolute path, or the bare name of a program on the "
                    "daemon's PATH" % runtime.path)
    if not (runtime.path or runtime.shim or runtime.shim_path) and not is_shim_name(name):
        raise wrong("neither_path_nor_shim", "", "give 'path' (a program like runc), 'shim' or 'shim_path'; only a shim's "
                    "full name, such as io.containerd.kata.v2, stands for itself")
    return runtime
