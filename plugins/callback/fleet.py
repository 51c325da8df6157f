# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: fleet
type: aggregate
short_description: Tell at the end of a run what came of each host, in one short table
version_added: 0.1.0
author:
  - slipway.runtimes maintainers (@slipway)
description:
  - Tells at the end which hosts changed and in what, which had nothing to do, which failed and why, which could not be reached,
    which have no engine, and which a rollout did not begin. Hosts of whom the same is true are told together, so the table is
    as short for a thousand hosts as for ten.
  - In check mode it tells what would be.
requirements:
  - Enable it, by C(callbacks_enabled = slipway.runtimes.fleet) in C(ansible.cfg) or by E(ANSIBLE_CALLBACKS_ENABLED).
"""

from typing import Any, Dict, Set

from ansible.plugins.callback import CallbackBase

from ansible_collections.slipway.runtimes.plugins.plugin_utils.outcome import Seen, joined, lines, of_result


class CallbackModule(CallbackBase):
    """What ansible-core calls."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "slipway.runtimes.fleet"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen: Dict[str, Seen] = {}
        self._targeted: Set[str] = set()
        self._check_mode = False

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note whom a play is for, the hosts of its later waves too."""
        variables = play.get_variable_manager().get_vars(play=play)
        self._targeted.update(variables.get("ansible_play_hosts_all", ()))
        self._check_mode = bool(variables.get("ansible_check_mode"))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note what a task did on a host. What it did on the controller in the host's name is not the host's."""
        if not result._result.get("_ansible_delegated_vars") and not result._task.delegate_to and not _own(result):
            self._note(result, of_result(result._result))

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note that it was begun."""
        if not _own(result):
            self._note(result, Seen("unchanged"))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note why it failed."""
        if not ignore_errors:
            self._note(result, of_result(result._result, failed=True))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Note that it was not reached."""
        self._note(result, of_result(result._result, unreachable=True))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Tell it."""
        if self._targeted:
            self._display.banner("FLEET")
            for line in lines(self._seen, self._targeted, check_mode=self._check_mode):
                self._display.display(line)

    def _note(self, result: Any, seen: Seen) -> None:
        host = str(result._host.get_name())
        self._seen[host] = joined(self._seen.get(host), seen)


def _own(result: Any) -> bool:
    """Whether a task says nothing of its host: it was run once for all."""
    return bool(result._task.run_once)
