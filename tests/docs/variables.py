# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the documentation, held to the argument specs of the roles and playbooks that take them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.plugin_utils.catalogue.resolve import resolve
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import SWITCH

# What a reader has to fill in.
_OPEN = {"sha256:...": "sha256:" + "0" * 64, "sha512:...": "sha512:" + "0" * 128}


def specs(root: Path) -> dict[str, dict[str, Any]]:
    """Each variable that a role or a playbook takes, and its spec. Where two take it, the first one's."""
    found: dict[str, dict[str, Any]] = {SWITCH: {"type": "bool"}}
    for file in [*sorted(root.glob("roles/*/meta/argument_specs.yml")), *sorted(root.glob("playbooks/*.meta.yml"))]:
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values():
            found = {**entry.get("options", {}), **found}
    return found


def faults(known: dict[str, dict[str, Any]], name: str, value: Any) -> Iterator[str]:
    """What is wrong with a variable: there is none of that name, or its value does not fit."""
    if name not in known:
        yield f"{name}: no role and no playbook has such a variable"
        return
    value = _filled(value)
    if _has_template(value):
        return
    spec = {**known[name], "required": False}
    yield from ArgumentSpecValidator({name: _plain(spec)}).validate({name: value}).error_messages
    if name == "runtimes_wanted":
        try:
            resolve(value)
        except SlipwayError as error:
            yield f"{name}: {error.message}"


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    """A spec as the validator takes it: without what is for readers."""
    kept = {key: value for key, value in spec.items() if key not in ("description", "short_description", "version_added")}
    if "options" in kept:
        kept["options"] = {name: _plain(one) for name, one in kept["options"].items()}
    return kept


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one) for one in value]
    return _OPEN.get(value, value) if isinstance(value, str) else value


def _has_template(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_template, value.values()))
    if isinstance(value, list):
        return any(map(_has_template, value))
    return isinstance(value, str) and bool(re.search(r"\{[{%]", value))
