# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import os
from typing import Any, Dict, Optional, Tuple

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.subject import RuntimeBinary
from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, Wanted
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan
from ansible_collections.slipway.runtimes.plugins.plugin_utils import sources
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import QuickAction


class ActionModule(QuickAction):
    """The quick way of runtime_binary, and the sources that the controller brings."""

    subject = RuntimeBinary()

    def prepare(self, args: Dict[str, Any]) -> Dict[str, Any]:
        """A source on the controller that has no checksum is known by its content's."""
        wanted, params = self._parsed(args)
        if wanted is None:
            return args
        found = {}
        for index, binary in enumerate(wanted.binaries):
            if binary.src and not binary.remote_src and binary.checksum is None:
                found[index] = {"checksum": "sha256:" + sources.sha256_of(self._found(binary))}
        return _with(args, params, found)

    def hand_over(self, args: Dict[str, Any], plan: Optional[Plan]) -> Dict[str, Any]:
        """What the controller has, or fetches for all hosts, goes to the host where it is needed there."""
        wanted, params = self._parsed(args)
        if wanted is None or self._task.check_mode:
            return args
        brought = {
            index: self._brought(binary, wanted) for index, binary in enumerate(wanted.binaries)
            if plan is None or binary.name in [step.target for step in plan.steps]}
        args = _with(args, params, {
            index: {"url": None, "src": self._transferred(path, index), "remote_src": True}
            for index, path in brought.items() if path})
        if wanted.fetching.controller:
            for option in ("headers", "proxy"):  # the host has no use for these secrets
                args.pop(option, None)
        return args

    def _parsed(self, args: Dict[str, Any]) -> Tuple[Optional[Wanted], Dict[str, Any]]:
        validation = ModuleArgumentSpecValidator(self.subject.spec).validate(args)
        if validation.error_messages:
            return None, {}
        try:
            return self.subject.parse(validation.validated_parameters), validation.validated_parameters
        except SlipwayError:
            return None, {}

    def _brought(self, binary: Binary, wanted: Wanted) -> str:
        """The path on the controller of what this host needs, '' where it needs nothing of the controller."""
        if binary.url and wanted.fetching.controller:
            return sources.downloaded(binary, wanted.fetching)
        return self._found(binary) if binary.src and not binary.remote_src else ""

    def _found(self, binary: Binary) -> str:
        try:
            path = self._find_needle("files", binary.src)
        except AnsibleError as error:
            raise SlipwayError(
                "source_missing", "%s.src: %s is not found on the controller: %s" % (binary.option, binary.src, error),
                option=binary.option + ".src")
        if not os.path.isfile(path) or not os.access(path, os.R_OK):
            raise SlipwayError(
                "source_missing", "%s.src: %s is no file that the controller can read" % (binary.option, path),
                option=binary.option + ".src")
        return path

    def _transferred(self, path: str, index: int) -> str:
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(folder, "source-%d" % index)
        self._transfer_file(path, remote)
        self._fixup_perms2((folder, remote), execute=False)
        return remote


def _with(args: Dict[str, Any], params: Dict[str, Any], found: Dict[int, Dict[str, Any]]) -> Dict[str, Any]:
    """The arguments with some keys of some binaries replaced. params: the validated arguments."""
    if not found:
        return args
    binaries = [dict(one, **found.get(index, {})) for index, one in enumerate(params["binaries"])]
    return dict(args, binaries=binaries)
