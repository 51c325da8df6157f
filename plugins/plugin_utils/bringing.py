# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick way of a module that takes 'binaries': the controller brings what it has, or fetches for all hosts."""

import os
from typing import Any, Dict, List, Optional, Tuple

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.slipway.runtimes.plugins.module_utils.binaries.wanted import Binary, Wanted, from_source
from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan
from ansible_collections.slipway.runtimes.plugins.plugin_utils.quick import QuickAction


class BringingAction(QuickAction):
    """An action plugin of such a module is this class with a subject."""

    def binaries_in(self, wanted: Any) -> Wanted:
        """What the subject's wanted says of binaries."""
        return wanted

    def prepare(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Dict[str, Any]:
        """A source on the controller that has no checksum is known by its content's."""
        if not _may_bring(args):
            return args
        wanted, params = self._parsed(args)
        if wanted is None:
            return args
        found: Dict[int, Dict[str, Any]] = {}
        for index, binary in enumerate(wanted.binaries):
            if binary.src and self._unknown(binary, binary.src, binary.checksum):
                found[index] = {"checksum": self._checksum(binary, binary.src)}
            sums = {
                machine: self._checksum(binary, source.src) for machine, source in binary.architectures.items()
                if source.src and self._unknown(binary, source.src, source.checksum)}
            if sums:
                given = params["binaries"][index]["architectures"]
                found[index] = {"architectures": {
                    machine: dict(one, checksum=sums.get(machine, one.get("checksum"))) for machine, one in given.items()}}
        return _with(args, params, found)

    def hand_over(self, args: Dict[str, Any], plan: Optional[Plan]) -> Dict[str, Any]:
        """What the controller has, or fetches for all hosts, goes to the host where it is needed there."""
        if not _may_bring(args):
            return args
        wanted, params = self._parsed(args)
        if wanted is None or self._task.check_mode:
            return args
        machine = self._machine() if wanted.by_machine else ""
        found: Dict[int, Dict[str, Any]] = {}
        for index, binary in enumerate(wanted.binaries):
            if plan is None or binary.name in [step.target for step in plan.steps]:
                path, checksum = self._brought(binary, machine, wanted)
                if path:
                    found[index] = {
                        "url": None, "architectures": {}, "checksum": checksum and str(checksum), "signature": None,
                        "src": self._transferred(path, index), "remote_src": True}
        args = _with(args, params, found)
        if wanted.fetching.controller:
            for option in ("headers", "proxy"):  # the host has no use for these secrets
                args.pop(option, None)
        return args

    def _parsed(self, args: Dict[str, Any]) -> Tuple[Optional[Wanted], Dict[str, Any]]:
        validation = ModuleArgumentSpecValidator(self.subject.spec).validate(args)
        if validation.error_messages:
            return None, {}
        try:
            params = validation.validated_parameters
            return self.binaries_in(self.subject.parse(params)), params
        except SlipwayError:
            return None, {}

    @staticmethod
    def _unknown(binary: Binary, src: str, checksum: Any) -> bool:
        return bool(src) and not binary.remote_src and checksum is None

    def _checksum(self, binary: Binary, src: str) -> str:
        # Only tasks that have such a source pay for its import.
        from ansible_collections.slipway.runtimes.plugins.plugin_utils import sources

        return "sha256:" + sources.sha256_of(self._found(binary, src))

    def _brought(self, binary: Binary, machine: str, wanted: Wanted) -> Tuple[str, Any]:
        """The path on the controller of what this host needs, '' where it needs nothing of the controller; its
        checksum."""
        from ansible_collections.slipway.runtimes.plugins.plugin_utils import sources

        if binary.architectures:
            if machine not in binary.architectures:
                return "", None  # the module says so
            binary = from_source(binary, binary.architectures[machine])
        fetches = bool(binary.url) and wanted.fetching.controller
        if not fetches and (not binary.src or binary.remote_src):
            return "", None
        signature = binary.signature
        if signature is not None and signature.src:
            binary = binary._replace(signature=signature._replace(src=self._found(binary, signature.src)))
        if fetches:
            return sources.downloaded(binary, wanted.fetching), binary.checksum
        path = self._found(binary, binary.src)
        sources.verify(binary, wanted.fetching, path)
        return path, binary.checksum

    def _machine(self) -> str:
        answer = self._low_level_execute_command("uname -m")
        return (answer.get("stdout") or "").strip()

    def _found(self, binary: Binary, src: str) -> str:
        try:
            path = self._find_needle("files", src)
        except AnsibleError as error:
            raise SlipwayError(
                "source_missing", "%s.src: %s is not found on the controller: %s" % (binary.option, src, error),
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


def _may_bring(args: Dict[str, Any]) -> bool:
    """Whether the controller may have to do with a source at all: looked at before anything is validated."""
    if args.get("fetch", "host") != "host":
        return True
    binaries: List[Any] = args["binaries"] if isinstance(args.get("binaries"), list) else []
    return not all(isinstance(one, dict) and _of_the_host(one) for one in binaries)


def _of_the_host(one: Dict[str, Any]) -> bool:
    sources = [one]
    if isinstance(one.get("architectures"), dict):
        sources.extend(source for source in one["architectures"].values() if isinstance(source, dict))
    return one.get("remote_src") is True or not any(source.get("src") for source in sources)


def _with(args: Dict[str, Any], params: Dict[str, Any], found: Dict[int, Dict[str, Any]]) -> Dict[str, Any]:
    """The arguments with some keys of some binaries replaced. params: the validated arguments."""
    if not found:
        return args
    binaries = [dict(one, **found.get(index, {})) for index, one in enumerate(params["binaries"])]
    return dict(args, binaries=binaries)
