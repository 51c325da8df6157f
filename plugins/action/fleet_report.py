# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fleet_report: what was registered on each host of a play, as files on the controller.

It is an action because a filter would be handed every host's variables anew for each use, and there a thousand hosts take
minutes: here each host's are looked up once.
"""

import os
from datetime import datetime, timezone
from typing import Any, Dict, Optional

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.files import FORMATS, write
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.fleet import build
from ansible_collections.slipway.runtimes.plugins.plugin_utils.report.formats import lines

SPEC: Dict[str, Any] = dict(
    engines=dict(type="str", required=True),
    probes=dict(type="str"),
    docker_cli=dict(type="str"),
    runner_host=dict(type="str"),
    folder=dict(type="path", required=True),
    name=dict(type="str", default="fleet"),
    title=dict(type="str", default="Container runtimes"),
    formats=dict(type="list", elements="str", choices=list(FORMATS), default=list(FORMATS)),
)

# The options that name a variable, and what of it is meant.
_SOURCES = ("engines", "probes", "docker_cli", "runner_host")


class ActionModule(ActionBase):
    """What ansible-core calls."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Read what was registered, and write the files. Raises AnsibleActionFail."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        validation = ArgumentSpecValidator(SPEC).validate(self._task.args)
        if validation.error_messages:
            raise AnsibleActionFail("; ".join(validation.error_messages))
        params = validation.validated_parameters
        if os.path.basename(params["name"]) != params["name"]:
            raise AnsibleActionFail("name: '%s' is no file name; 'folder' says where the files are" % params["name"])
        hosts, hostvars = task_vars["ansible_play_hosts_all"], task_vars["hostvars"]
        said = {str(host): _said(params, hostvars.raw_get(host)) for host in hosts}
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        report = build(said, generated=now, title=params["title"])
        files = [os.path.join(os.path.abspath(params["folder"]), "%s.%s" % (params["name"], one)) for one in params["formats"]]
        if not self._task.check_mode:
            for path, form in zip(files, params["formats"]):
                try:
                    write(path, FORMATS[form](report))
                except OSError as error:
                    raise AnsibleActionFail("folder: %s cannot be written: %s" % (path, error.strerror)) from error
        result.update(changed=bool(files), files=files, summary=report["summary"], lines=lines(report))
        return result


def _said(params: Dict[str, Any], variables: Dict[str, Any]) -> Dict[str, Any]:
    """What was registered on one host."""
    said = {key: variables.get(params[key]) for key in _SOURCES if params[key]}
    probes = said.get("probes")
    if isinstance(probes, dict):  # of one task, or of a loop
        said["probes"] = probes.get("results", [probes])
    return dict(said, groups=variables.get("group_names"))
