# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook as AWX runs it: ansible-runner on a private data directory, extra variables that are no templates, an inventory
that is a script, and what AWX says of the job among the variables."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import ansible_runner

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {
    Path(one["playbook"]).stem: one
    for one in json.loads((ROOT / "extensions" / "awx" / "slipway.json").read_text(encoding="utf-8"))["job_templates"]
}


class Job(NamedTuple):
    """What came of a job. artifacts: what set_stats passed on; events: by host, how many of it there were."""

    status: str
    text: str
    artifacts: Dict[str, Any]
    events: Dict[str, int]
    largest: int  # bytes of the largest event
    project: Path

    @property
    def table(self) -> List[str]:
        """The lines of the table at the end."""
        return [line.strip() for line in self.text.split("FLEET *")[-1].splitlines()[1:] if line.strip()]


def answers(playbook: str) -> Dict[str, Any]:
    """What a survey that is sent off as it is answers, by AWX's rules: every default that is of the question's type."""
    found = {}
    for one in TEMPLATES[playbook]["related"]["survey_spec"]["spec"]:
        if "default" in one and one["type"] != "multiselect":
            found[one["variable"]] = one["default"]
    return found


def _unsafe(value: Any) -> str:
    """YAML in which no string is a template, as AWX writes it."""
    if isinstance(value, str):
        return "!unsafe " + json.dumps(value)
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(_unsafe, value))
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (_unsafe(key), _unsafe(one)) for key, one in value.items())
    return json.dumps(value)


def run(folder: Path, playbook: str, hostvars: Dict[str, Any], *, check: bool = False, **extra: Any) -> Job:
    """Launch a job template on hosts. check: as a check, with changes shown."""
    for name in ("project/extensions", "inventory", "env"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(ROOT / "extensions" / "patterns", folder / "project" / "extensions" / "patterns")
    inventory = {
        "all": {"hosts": list(hostvars), "children": []},
        "_meta": {
            "hostvars": {
                name: dict(one, remote_tower_enabled="true", remote_tower_id=number)
                for number, (name, one) in enumerate(hostvars.items())
            }
        },
    }
    script = folder / "inventory" / "hosts"
    script.write_text(
        "#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint(%r)\n" % json.dumps(inventory), encoding="utf-8"
    )
    script.chmod(0o700)
    template = TEMPLATES[playbook]
    said = {
        "%s_%s" % (prefix, key): value
        for prefix in ("awx", "tower")
        for key, value in {
            "job_id": 7,
            "job_launch_type": "manual",
            "job_template_id": 3,
            "job_template_name": template["name"],
            "user_name": "admin",
            "inventory_id": 1,
            "inventory_name": "Fleet",
            "project_revision": "0" * 40,
        }.items()
    }
    variables = {
        **answers(playbook),
        **extra,
        **said,
        **{key: one for key, one in extra.items() if key.startswith("awx_")},
    }
    lines = ["%s: %s" % (_unsafe(key), _unsafe(value)) for key, value in variables.items()]
    (folder / "env" / "extravars").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = ansible_runner.run(
        private_data_dir=str(folder),
        playbook=template["playbook"],
        quiet=True,
        cmdline="--check --diff" if check else None,
        envvars={
            # What ansible-core is about to make the rule.
            "ANSIBLE_ALLOW_EMBEDDED_TEMPLATES": "False",
            "ANSIBLE_INJECT_FACT_VARS": "False",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_CALLBACKS_ENABLED": "slipway.runtimes.fleet",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_FORCE_COLOR": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "True",
        },
    )
    events = list(done.events)
    artifacts = [one["event_data"].get("artifact_data") for one in events if one["event"] == "playbook_on_stats"]
    by_host = Counter(one["event_data"]["host"] for one in events if one.get("event_data", {}).get("host"))
    with done.stdout as output:
        text = output.read()
    assert "[DEPRECATION WARNING]" not in text, text
    return Job(
        done.status,
        text,
        artifacts[0] or {} if artifacts else {},
        dict(by_host),
        max(len(json.dumps(one)) for one in events),
        folder / "project",
    )
