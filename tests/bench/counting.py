# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be counted of a play on one host, and so has no noise: round trips, files, starts of Python, tasks."""

from __future__ import annotations

import re
import subprocess
from typing import Dict, List, Mapping, NamedTuple, Sequence

from figures import Bar
from lab import Lab, run, say
from plays import ADD, ALONE, FOUR, INFO, REMOVE, RUNTIMES, SHIPPED, THREE, Variant

FROM_BARE = "role, from a bare engine"

# In a host: each start of Python leaves a line, whatever name it is called by.
_WATCH = r"""
set -e
real=$(readlink -f /usr/bin/python3)
mv "$real" "$real.real"
printf '#!/bin/sh\necho started >>/run/slipway-bench-python\nexec %s.real "$@"\n' "$real" >"$real"
chmod 755 "$real"
"""
_UNWATCH = 'real=$(readlink -f /usr/bin/python3); mv "$real.real" "$real"; rm -f /run/slipway-bench-python'
_STARTS = "[ ! -e /run/slipway-bench-python ] || grep -c . /run/slipway-bench-python; rm -f /run/slipway-bench-python"


class Counters(NamedTuple):
    """Of one run of a play, on one host. `pythons`: starts of Python on the host."""

    execs: int
    puts: int
    pythons: int
    tasks: int
    changed: int


def count(lab: Lab, variants: Sequence[Variant]) -> Dict[str, Counters]:
    """One run of each on the first host, with every start of Python there noted."""
    name = lab.names[0]
    say(f"counting on {name}")
    try:
        run("podman", "exec", name, "sh", "-c", _WATCH)
        return {variant.name: _count_one(lab, variant, name) for variant in variants}
    finally:
        subprocess.run(["podman", "exec", name, "sh", "-c", _UNWATCH], stderr=subprocess.DEVNULL, check=False)


def _count_one(lab: Lab, variant: Variant, name: str) -> Counters:
    text, results = lab.record(variant, "--limit", name)
    tasks = [one for one in results if one["kind"] == "ok"]
    starts = run("podman", "exec", name, "sh", "-c", _STARTS).strip()
    return Counters(
        execs=len(re.findall(r"^<\S+> SSH: EXEC ", text, re.MULTILINE)),
        puts=len(re.findall(r"^<\S+> PUT ", text, re.MULTILINE)),
        pythons=int(starts or 0), tasks=len(tasks),
        changed=sum(bool(one["result"].get("changed")) for one in tasks))


def bars(counters: Mapping[str, Counters]) -> List[Bar]:
    """What is promised of them."""
    quick, shipped, info, first = (counters[name] for name in (RUNTIMES, SHIPPED, INFO, FROM_BARE))
    return [
        Bar("nothing to do: one EXEC a host", str(quick.execs), quick.execs == 1),
        Bar("nothing to do: no file transferred", str(quick.puts), quick.puts == 0),
        Bar("nothing to do: no Python started on the host", str(quick.pythons), quick.pythons == 0),
        Bar("nothing to do: one task that changes nothing", f"{quick.tasks}, {quick.changed}", quick[3:] == (1, 0)),
        *(Bar(f"{name}, nothing to do: one EXEC, no file, no Python", f"{one.execs}, {one.puts}, {one.pythons}",
              one == (1, 0, 0, 1, 0))
          for name, one in ((name, counters[name]) for name in ALONE)),
        Bar("engine_info: no Python, no file", f"{info.pythons}, {info.puts}", info.pythons == info.puts == 0),
        Bar("the quick way off: one module call", str(shipped.pythons), shipped.pythons == 1 and shipped.puts == 0),
        *(Bar(f"a change ({name}): one module call", f"{one.pythons} after {one.execs - 1} probe",
              (one.pythons, one.puts, one.execs, one.changed) == (1, 0, 2, 1))
          for name, one in ((name, counters[name]) for name in (ADD, REMOVE))),
        *(Bar(f"{name}: one EXEC, no file, no Python", f"{one.execs}, {one.puts}, {one.pythons}", one[:3] == (1, 0, 0))
          for name, one in ((name, counters[name]) for name in (THREE, FOUR))),
        *(Bar(f"{name}: its argument specs and one task", f"{one.tasks}, {one.changed}", one[3:] == (2, 0))
          for name, one in ((name, counters[name]) for name in (THREE, FOUR))),
        Bar("from a bare engine to three proven runtimes: at most 3 module calls", str(first.pythons),
            1 <= first.pythons <= 3 and first.puts == 0 and first.changed == 1),
    ]
