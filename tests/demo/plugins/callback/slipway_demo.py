# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what a task did with an engine in one line, and writes every result as a line of JSON to SLIPWAY_DEMO_RECORD."""

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: slipway_demo
type: stdout
short_description: What a task did with an engine, in one line
description: For the demo.
"""


class CallbackModule(CallbackBase):
    """A line a task, a line an engine."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "slipway_demo"

    def __init__(self):
        super().__init__()
        self._started = {}

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._display.display(f"  {task.get_name()}")

    def v2_runner_on_start(self, host, task):
        self._started[host.get_name()] = time.monotonic()

    def v2_runner_item_on_ok(self, result):
        facts = result._result
        self._tell(result, "item", _said(facts))

    def v2_runner_item_on_failed(self, result):
        self._tell(result, "item", f"FAILED: {result._result.get('msg')}")

    def v2_runner_on_ok(self, result):
        self._write(result, "ok", 0.0)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._write(result, "failed", 0.0)
        if not result._result.get("results"):
            self._display.display(f"    {result._host.get_name()}  FAILED: {result._result.get('msg')}")

    def v2_runner_on_unreachable(self, result):
        self._write(result, "unreachable", 0.0)
        self._display.display(f"    {result._host.get_name()}  UNREACHABLE: {result._result.get('msg')}")

    def _tell(self, result, kind, said):
        name = result._host.get_name()
        now = time.monotonic()
        seconds = now - self._started.get(name, now)
        self._started[name] = now
        self._write(result, kind, seconds)
        self._display.display(f"    {name:8}{result._result.get('item', ''):8}{seconds:5.1f} s  {said}")
        self._handle_warnings(result._result)

    def _write(self, result, kind, seconds):
        facts = {"kind": kind, "host": result._host.get_name(), "task": result._task.get_name(), "seconds": seconds}
        with open(os.environ["SLIPWAY_DEMO_RECORD"], "a", encoding="utf-8") as record:
            record.write(json.dumps({**facts, "result": result._result}, default=str) + "\n")


def _said(facts):
    """What a module's result means, in a few words."""
    if "probes" in facts:
        proven = sum(one["verdict"] == "proven" for one in facts["probes"])
        return f"{proven} of {len(facts['probes'])} containers ran under the runtime that was asked for"
    if not facts.get("changed"):
        return "nothing to do"
    return f"changed, {facts['action']}"
