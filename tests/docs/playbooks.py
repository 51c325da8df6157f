# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the documentation, each a file as it stands there, many in one run of ansible-playbook.

A run ends with the first file that fails; the next one begins behind that block. So there are about as many runs as there are blocks
that fail, or that need variables of their own.
"""

import re
from typing import Any, NamedTuple

import yaml
from blocks import Block
from sections import AGAIN, AWAY, DONE, FORETOLD, Section, sections
from stage import Stage, absent
from table import Table

_BEFORE, _AFTER = "before", "after"
# What a playbook of modules leaves, and the image store, which another runtime may need. No restart where a reload does.
_CLEAN = """
rm -rf /var/lib/slipway-runtimes /run/slipway-runtimes
docker image prune --all --force
for engine in docker iechor; do
    file=/etc/$engine/daemon.json
    ! cmp -s $file /srv/before/$engine.json || continue
    how=reload
    ! grep -qs containerd-snapshotter $file || how=restart
    cat /srv/before/$engine.json >$file
    systemctl reset-failed $engine
    systemctl $how $engine
done
own=/home/dev/.config/docker/daemon.json
if [ -e $own ]; then
    rm -rf $own /home/dev/.local/state/slipway-runtimes /run/user/1002/slipway-runtimes
    systemctl --user -M dev@ reset-failed docker
    systemctl --user -M dev@ restart docker
fi
"""
# An engine without a file reads an empty one alike.
NOTE = """
mkdir -p /srv/before
for engine in docker iechor; do
    mkdir -p /etc/$engine
    [ -e /etc/$engine/daemon.json ] || echo '{}' >/etc/$engine/daemon.json
    cat /etc/$engine/daemon.json >/srv/before/$engine.json
done
"""


class Item(NamedTuple):
    """A file in a run."""

    block: Block
    part: str
    file: str


class Plays:
    """What came of each block: by part, what was said and how much was changed. The last part of a block that failed has failed=1.

    once: nothing is foretold, and nothing done again.
    """

    def __init__(self, stage: Stage, blocks: list[Block], table: Table, *, once: bool) -> None:
        self.stage = stage
        self.table = table
        self.outcomes: dict[Block, dict[str, Section]] = {block: {} for block in blocks}
        self._absent = absent(stage.collection)
        stage.host.sh(NOTE)
        (stage.folder / "clean.yml").write_text(_raw(_CLEAN))
        played = [block for block in blocks if not table.of(block).skip]
        for number, block in enumerate(played):
            self._write(number, block)
        alike = [[block for block in played if not table.of(block).vars]]
        for some in [*alike, *([block] for block in played if table.of(block).vars)]:
            if not once:
                self._run([item for block in some for item in self._files(played.index(block), block, FORETOLD)], "--check")
            parts = (DONE, AWAY, _AFTER) if once else (DONE, AGAIN, AWAY, _AFTER)
            self._run([
                item for block in some if not self._failed(block)
                for part in parts for item in self._files(played.index(block), block, part)])

    def _write(self, number: int, block: Block) -> None:
        row, folder = self.table.of(block), self.stage.folder
        self.stage.have(row.here)
        (folder / f"{number}.yml").write_text(self.stage.sums.replace(block.text))
        (folder / f"{number}-before.yml").write_text(_raw(row.before))
        away = {"ansible.builtin.import_playbook": f"{number}.yml", "vars": self._absent}
        (folder / f"{number}-away.yml").write_text(yaml.safe_dump([away]))

    def _files(self, number: int, block: Block, part: str) -> list[Item]:
        if part == _AFTER:
            return [Item(block, part, "clean.yml")]
        if part == AWAY:
            has_roles = re.search(r"\b(roles|import_role|include_role):", block.text)
            return [Item(block, part, f"{number}-away.yml")] if has_roles else []
        before = [Item(block, _BEFORE, f"{number}-before.yml")] if self.table.of(block).before and part != AGAIN else []
        return [*before, Item(block, part, f"{number}.yml")]

    def _failed(self, block: Block) -> bool:
        return any(section.failed for section in self.outcomes[block].values())

    def _run(self, items: list[Item], *words: str) -> None:
        """Play the files to the end of the last one; what follows of a block that failed is left out, but what cleans up after it."""
        while items:
            played = self.stage.play(*(item.file for item in items), *words, variables=self.table.of(items[0].block).vars)
            found, rest = sections(played.text)
            if played.code and not (found and found[-1].failed):
                found.append(Section(rest, 0, 1))  # it could not be read
            assert len(found) == len(items) or played.code and len(found) <= len(items), played.text
            for item, section in zip(items, found):
                self.outcomes[item.block][item.part] = section
            last = items[len(found) - 1].block
            items = [item for item in items[len(found):] if item.block != last or item.part == _AFTER]


def _raw(script: str) -> str:
    raw = {"ansible.builtin.raw": script, "check_mode": False, "changed_when": False}
    tasks: list[dict[str, Any]] = [raw, {"ansible.builtin.meta": "clear_facts"}]
    return yaml.safe_dump([{"hosts": "all", "gather_facts": False, "become": True, "tasks": tasks}], sort_keys=False)
