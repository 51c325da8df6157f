# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook as AWX does, by ansible-runner, and prints how many events there were, as a line of JSON.

Usage: events.py FOLDER, with {"playbook", "hostvars", "variables"} as JSON on stdin. PYTHONPATH leads to ansible-runner
and to the tests of the playbooks, which know how AWX runs one.
"""

import json
import sys
from pathlib import Path

from jobs import run


def main(folder):
    """0 where the job was successful."""
    asked = json.load(sys.stdin)
    job = run(Path(folder), asked["playbook"], asked["hostvars"], **asked["variables"])
    print(json.dumps({"events": job.events, "largest": job.largest, "table": job.table}))
    if job.status != "successful":
        print(job.text, file=sys.stderr)
    return job.status != "successful"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
