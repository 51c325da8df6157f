# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task's result, as callbacks see it, as a line of JSON each to the file that SLIPWAY_RECORD names."""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: slipway_record
type: aggregate
short_description: Results as lines of JSON
description: For the tests on live hosts.
"""


class CallbackModule(CallbackBase):
    """One line a result: kind, host, task, result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "slipway_record"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, kind, result, **more):
        facts = {"kind": kind, "host": result._host.get_name(), "task": result._task.get_name(), "result": result._result}
        with open(os.environ["SLIPWAY_RECORD"], "a", encoding="utf-8") as out:
            out.write(json.dumps(dict(facts, **more), default=str) + "\n")

    def v2_runner_on_ok(self, result):
        self._write("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._write("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._write("skipped", result)

    def v2_runner_item_on_ok(self, result):
        self._write("item_ok", result)

    def v2_runner_item_on_failed(self, result):
        self._write("item_failed", result)
