# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick way: one POSIX sh probe over the connection, planned on the controller; the module only where that is not enough.

An answer is given here only where the Snapshot is complete, nothing that counts is unknown, and the Plan is empty (or it
is check mode). Everything else ships the module: async, a connection that takes no stdin, any doubt, any error. So every
message that a user reads comes from one place, the module.
"""

import binascii
import os
from typing import Any, Dict, Optional, Sequence, Tuple

from ansible import constants as C
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

from ansible_collections.slipway.runtimes.plugins.module_utils.core.errors import SlipwayError
from ansible_collections.slipway.runtimes.plugins.module_utils.core.plan import Plan, render
from ansible_collections.slipway.runtimes.plugins.module_utils.core.snapshot import Question, Snapshot, parse, script
from ansible_collections.slipway.runtimes.plugins.module_utils.core.subject import Subject

# The task variable that turns the quick way off.
SWITCH = "slipway_quick"


class QuickAction(ActionBase):
    """An action plugin of a module below this is this class with a subject."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True
    subject: Subject = None

    def run(self, tmp: Any = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """What ansible-core calls: the quick answer, or the module's."""
        task_vars = task_vars or {}
        result = super().run(tmp, task_vars)
        try:
            # A copy: _execute_module writes into what it is given, and 'until' comes here again with the same task.
            args = self.prepare(dict(self._task.args), task_vars)
            quick, plan = self._quick(args, task_vars)
            if quick is None:
                quick = self._ship(self.hand_over(args, plan), task_vars)
        except SlipwayError as error:  # of what lies on the controller, which no module can say
            quick = dict(error.result(), failed=True, msg=error.message)
        return merge_hash(result, quick)

    def prepare(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Dict[str, Any]:
        """The arguments as they are planned with: what a subject has to know of files on the controller is filled in.

        task_vars: the task's variables, not templated. Returns wrong arguments as they are: the module says what is wrong.
        Raises SlipwayError.
        """
        return args

    def hand_over(self, args: Dict[str, Any], plan: Optional[Plan]) -> Dict[str, Any]:
        """The arguments as the module gets them: what it needs of the controller is on the host when this returns.

        plan: what the controller made of the host; None where it could not plan. Raises SlipwayError.
        """
        return args

    def _ship(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Dict[str, Any]:
        wrap_async = bool(self._task.async_val and not self._connection.has_native_async)
        result = self._execute_module(module_args=args, task_vars=task_vars, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _quick(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Tuple[Optional[Dict[str, Any]], Optional[Plan]]:
        """The answer and the plan; None for either where there is none."""
        try:
            if self._task.async_val or not self._can_probe() or not self._wanted(task_vars):
                return None, None
            return self._answer(args, task_vars)
        except AnsibleConnectionFailure:
            raise
        except Exception:  # whatever it is, the module meets it too and says it as modules do
            return None, None

    def _wanted(self, task_vars: Dict[str, Any]) -> bool:
        return SWITCH not in task_vars or boolean(self._templar.template(task_vars[SWITCH]), strict=True)

    def _can_probe(self) -> bool:
        """Whether a script can go to sh by stdin: by command line it would be limited, quoted and logged."""
        connection = self._connection
        if getattr(connection._shell, "SHELL_FAMILY", "sh") != "sh" or not connection.has_pipelining:
            return False
        become = connection.become
        if not become:
            return True
        if not getattr(become, "pipelining", True):
            return False
        # The local connection gives the password's prompt the stdin that the script needs.
        return not (connection.transport == "local" and become.expect_prompt())

    def _answer(self, args: Dict[str, Any], task_vars: Dict[str, Any]) -> Tuple[Optional[Dict[str, Any]], Optional[Plan]]:
        subject = self.subject
        validation = ModuleArgumentSpecValidator(subject.spec).validate(plain(args))
        if validation.error_messages or validation._deprecations or validation._warnings:
            return None, None
        params = validation.validated_parameters
        check_mode = bool(self._task.check_mode)
        wanted = subject.parse(params)
        snapshot = self._read(wanted, check_mode=check_mode)
        # The module asks with the same script and the same rights: where nothing is planned it would learn no more.
        if snapshot is None or not (snapshot.complete or subject.reads_only):
            return None, None
        plan = subject.plan(wanted, snapshot, check_mode=check_mode)
        if not answerable(plan, check_mode=check_mode):
            return None, plan
        result = render(plan, header=subject.diff_header(plan) if self._task.diff else None)
        if plan.warnings:
            result["warnings"] = list(plan.warnings)
        if tells_invocation(task_vars):
            result["invocation"] = {"module_args": params}
        return remove_values(result, validation._no_log_values), plan

    def _read(self, wanted: Any, *, check_mode: bool) -> Optional[Snapshot]:
        snapshot = self._ask(self.subject.questions(wanted, check_mode=check_mode))
        more = self.subject.follow_up(wanted, snapshot) if snapshot is not None else ()
        if snapshot is None or not more:
            return snapshot
        second = self._ask(more)
        return snapshot.joined(second) if second is not None else None

    def _ask(self, questions: Sequence[Question]) -> Optional[Snapshot]:
        nonce = binascii.hexlify(os.urandom(8)).decode("ascii")
        return parse(self._run(script(questions, nonce=nonce)), nonce=nonce)

    def _run(self, text: str) -> str:
        play_context = self._connection._play_context
        silent = play_context.no_log
        # What the probe prints holds whole files; at -vvv connections log what comes back.
        play_context.no_log = True
        try:
            answer = self._low_level_execute_command(
                ("%s /bin/sh" % self._compute_environment_string()).strip(),
                in_data=text.encode("utf-8", "surrogateescape"))
        finally:
            play_context.no_log = silent
        return answer.get("stdout") or ""


def plain(value: Any) -> Any:
    """A value without what ansible-core notes of its origin: so it reaches a module, and so it is quick to copy."""
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str.__str__(value) if isinstance(value, str) else value


def tells_invocation(task_vars: Dict[str, Any]) -> bool:
    """Whether modules return their arguments: always before ansible-core 2.21, since then where the setting says so."""
    try:
        return bool(C.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:  # the setting is not known
        return True


def answerable(plan: Plan, *, check_mode: bool) -> bool:
    """Whether a plan that was made on the controller may be the answer."""
    return not plan.unknown and (plan.empty or check_mode)
