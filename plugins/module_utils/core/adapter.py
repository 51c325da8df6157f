# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only one that knows AnsibleModule: parameters in, result or failure out."""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from . import transaction
from .errors import SlipwayError
from .plan import render
from .subject import Subject


def main(subject: Subject, **module_options: Any) -> None:
    """Run a subject as an Ansible module. module_options: further arguments of AnsibleModule."""
    module = AnsibleModule(argument_spec=subject.spec, supports_check_mode=True, **module_options)
    failure = None
    try:
        wanted = subject.parse(module.params)
        outcome = transaction.run(
            subject.effects(wanted), check_mode=module.check_mode, reads_only=subject.reads_only)
    except SlipwayError as error:
        failure = error
    if failure is not None:  # out of the handler, else a traceback would go with it
        module.fail_json(msg=failure.message, **failure.result())
    result = render(
        outcome.plan, header=subject.diff_header(outcome.plan) if module._diff else None,
        recovered=outcome.result.get("recovered", ""))
    result.update(outcome.result)
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(**result)
