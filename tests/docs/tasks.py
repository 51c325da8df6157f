# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of the documentation, played in one run: a play a page or module, in which whatever fails the others go on."""

import json
from itertools import groupby
from typing import Any

import yaml
from blocks import Block
from collected import TABLE
from stage import CALLBACKS, Played, Running, Stage

# What a task, an item of its loop, or the role's argument spec said.
_FAILED = (
    "{{ [ansible_failed_result.msg | default('')] + ansible_failed_result.argument_errors | default([]) + "
    "ansible_failed_result.results | default([]) | selectattr('failed', 'defined') | selectattr('failed') | map(attribute='msg') }}")


class Tasks:
    """A run that has begun."""

    def __init__(self, stage: Stage, blocks: list[Block]) -> None:
        self.stage = stage
        self.blocks = blocks
        self.running: Running | None = None
        self.played: Played | None = None
        if not blocks:
            return
        for block in self.blocks:
            stage.have(TABLE.of(block).here)
        self.record = stage.folder / "record.jsonl"
        (stage.folder / "tasks.yml").write_text(stage.sums.replace(self._book()))
        self.running = stage.start(
            "tasks.yml", SLIPWAY_RECORD=str(self.record), ANSIBLE_CALLBACK_PLUGINS=str(CALLBACKS), ANSIBLE_CALLBACKS_ENABLED="slipway_record")

    def stop(self) -> None:
        """End it, where nobody waited for its end."""
        if self.running and self.running.process.poll() is None:
            self.running.process.terminate()
            self.running.process.wait()

    def _book(self) -> str:
        """The plays."""
        plays = []
        for file, blocks in groupby(self.blocks, key=lambda block: block.file):
            tasks = [task for block in blocks for task in self._of(block)]
            plays.append({"name": file, "hosts": "all", "gather_facts": False, "tasks": tasks})
        return yaml.safe_dump(plays, sort_keys=False)

    def _of(self, block: Block) -> list[dict[str, Any]]:
        row = TABLE.of(block)
        if row.skip:
            return []
        number = self.blocks.index(block)
        before = [{"name": f"before {number}", "ansible.builtin.raw": row.before}] if row.before else []
        return [{
            "vars": row.vars,
            "block": [*before, *yaml.safe_load(block.text), {"name": f"end {number}", "ansible.builtin.meta": "noop"}],
            "rescue": [{"name": f"failed {number}", "ansible.builtin.debug": {"msg": _FAILED}}]}]

    def failure(self, block: Block) -> str | None:
        """Why a block failed; None where it did not. Waits for the end of the run."""
        if self.played is None:
            assert self.running
            self.played = self.stage.finish(self.running)
        assert self.played.code == 0, self.played.text
        results = [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines()]
        said = [one["result"]["msg"] for one in results if one["task"] == f"failed {self.blocks.index(block)}"]
        return "\n".join(map(str, said[0])) if said else None
