# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what AWX and Automation Platform import of the argument specs: job templates with their surveys.

Usage: tests/tools/env python tests/tools/awx.py [--check]

Writes extensions/awx/slipway.json, which `awx import` takes, and extensions/patterns/runtimes/meta/pattern.json. With
--check nothing is written, and the exit code is 1 where a file is not what it would be.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "extensions" / "awx" / "slipway.json"
PATTERN = ROOT / "extensions" / "patterns" / "runtimes" / "meta" / "pattern.json"
PLAYBOOKS = "extensions/patterns/runtimes/playbooks"

ORGANIZATION = {"name": "Default", "type": "organization"}
PROJECT = "slipway.runtimes"
ENVIRONMENT = "slipway.runtimes"
IMAGE = "slipway-runtimes-ee:latest"
LABEL = "container runtimes"
WHAT = "Puts any OCI runtime under a running container engine, and proves that it runs there"


class Template(NamedTuple):
    """A job template: a playbook, and what its survey asks beside the playbook's own options."""

    playbook: str
    name: str
    role: str = ""
    options: tuple[str, ...] = ()  # of the role, in the order of the survey
    required: tuple[str, ...] = ()


RUNTIMES = ("runtimes_wanted", "runtimes_engine")
TEMPLATES = (
    Template(
        "site",
        "Container runtimes: have them",
        "runtimes",
        (
            *RUNTIMES,
            "runtimes_default",
            "runtimes_prune",
            "runtimes_probe",
            "runtimes_restart",
            "runtimes_image_store",
            "runtimes_fetch",
            "runtimes_mirror",
        ),
        ("runtimes_wanted",),
    ),
    Template(
        "remove",
        "Container runtimes: take them away",
        "runtimes",
        (*RUNTIMES, "runtimes_restart", "runtimes_force"),
        ("runtimes_wanted",),
    ),
    Template(
        "dagger",
        "Container runtimes: Dagger",
        "runner_host",
        (
            "runner_host_url",
            "runner_host_cli",
            "runner_host_cli_version",
            "runner_host_translate",
            "runner_host_reachable",
        ),
    ),
    Template("probe", "Container runtimes: prove them"),
    Template(
        "report",
        "Container runtimes: report",
        "report",
        (
            "report_folder",
            "report_name",
            "report_title",
            "report_formats",
            "report_scope",
            "report_become",
            "report_docker_cli",
            "report_runner_host",
            "report_prove",
            "report_prove_timeout",
            "report_fail_on",
        ),
    ),
)


def specs(template: Template) -> dict[str, dict[str, Any]]:
    """The options that a template's survey asks, by variable: those of its role, then the playbook's own."""
    found = {}
    if template.role:
        path = ROOT / "roles" / template.role / "meta" / "argument_specs.yml"
        of_role = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
        found.update({name: of_role[name] for name in template.options})
    meta = yaml.safe_load((ROOT / "playbooks" / f"{template.playbook}.meta.yml").read_text(encoding="utf-8"))
    return {**found, **meta["argument_specs"][template.playbook]["options"]}


def plain(description: Any) -> str:
    """A description as a person reads it in a form: without Ansible's markup."""
    text = " ".join(description) if isinstance(description, list) else description
    return re.sub(r"\b[A-Z]\(([^)]*)\)", r"\1", " ".join(text.split()))


def question(
    variable: str, spec: dict[str, Any], *, required: bool, choices: list[str] | None = None
) -> dict[str, Any]:
    """A survey's question for one option.

    choices: of an option whose spec names none.
    """
    kind, default = spec["type"], spec.get("default")
    choices = [str(one) for one in spec.get("choices") or choices or ()]
    found: dict[str, Any] = {
        "variable": variable,
        "question_name": variable.replace("_", " ").capitalize(),
        "question_description": plain(spec["description"]),
        "required": required,
    }
    if spec.get("no_log"):
        return {**found, "type": "password", "min": 0, "max": 1024}
    if kind == "list" and choices:
        found.update(type="multiselect", choices=choices)
        answer: Any = "\n".join(default or ())
    elif kind == "bool":
        found.update(type="multiplechoice", choices=["true", "false"])
        answer = "true" if default else "false"
    elif choices:
        found.update(type="multiplechoice", choices=choices)
        answer = default
    elif kind == "int":
        found.update(type="integer", min=0, max=None)
        answer = default
    else:
        found.update(type="text", min=0, max=1024)
        answer = ",".join(default) if isinstance(default, list) else default
    # Without a default a question that is left blank does not become an empty answer.
    return found if answer in (None, "") else {**found, "default": answer}


def catalogue() -> list[str]:
    """The runtimes that can be named."""
    return sorted(path.stem for path in (ROOT / "catalogue").glob("*.yml"))


def survey(template: Template) -> dict[str, Any]:
    """A template's survey, by AWX's rules."""
    asked = specs(template)
    named = {"runtimes_wanted": catalogue()}
    return {
        "name": "",
        "description": "",
        "spec": [
            question(name, spec, required=name in template.required, choices=named.get(name))
            for name, spec in asked.items()
        ],
    }


def simple(asked: dict[str, Any]) -> dict[str, Any]:
    """A question as patterns know them: text and multiplechoice alone, with defaults that are strings."""
    found = {key: asked[key] for key in ("question_name", "question_description", "variable", "required")}
    default = str(asked.get("default", ""))
    if asked["type"] == "multiplechoice":
        found.update(type="multiplechoice", choices=asked["choices"])
    else:
        found["type"] = "text"
    if asked["type"] == "multiselect":
        found["question_description"] += " Any of %s, with commas between." % ", ".join(asked["choices"])
        default = default.replace("\n", ",")
    return {**found, "default": default} if default else found


def description(template: Template) -> str:
    """What a template does."""
    meta = yaml.safe_load((ROOT / "playbooks" / f"{template.playbook}.meta.yml").read_text(encoding="utf-8"))
    return " ".join(meta["description"].split())


def assets() -> dict[str, Any]:
    """What `awx import` takes: a project, an execution environment and the job templates."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    project = {"organization": ORGANIZATION, "name": PROJECT, "type": "project"}
    environment = {"name": ENVIRONMENT, "type": "execution_environment"}
    templates = []
    for one in TEMPLATES:
        templates.append(
            {
                "name": one.name,
                "description": description(one),
                "job_type": "run",
                "project": project,
                "playbook": f"{PLAYBOOKS}/{one.playbook}.yml",
                "execution_environment": environment,
                "inventory": None,
                "ask_inventory_on_launch": True,
                "ask_credential_on_launch": True,
                "ask_limit_on_launch": True,
                "ask_job_type_on_launch": one.playbook in ("site", "remove", "dagger"),
                "ask_diff_mode_on_launch": True,
                "ask_variables_on_launch": True,
                "ask_verbosity_on_launch": True,
                "ask_forks_on_launch": True,
                # Slices would cut a rollout's waves apart.
                "job_slice_count": 1,
                "ask_job_slice_count_on_launch": False,
                "allow_simultaneous": False,
                "survey_enabled": True,
                "natural_key": {"organization": ORGANIZATION, "name": one.name, "type": "job_template"},
                "related": {"survey_spec": survey(one)},
            }
        )
    return {
        "projects": [
            {
                "name": PROJECT,
                "description": WHAT,
                "organization": ORGANIZATION,
                "scm_type": "git",
                "scm_url": galaxy["repository"],
                "scm_branch": "",
                "scm_update_on_launch": False,
                "natural_key": project,
            }
        ],
        "execution_environments": [
            {
                "name": ENVIRONMENT,
                "description": "What the playbooks of slipway.runtimes run in",
                "organization": ORGANIZATION,
                "image": IMAGE,
                "pull": "missing",
                "natural_key": environment,
            }
        ],
        "job_templates": templates,
    }


def pattern() -> dict[str, Any]:
    """The pattern's definition."""
    return {
        "schema_version": "1.0",
        "name": "runtimes",
        "title": "Container runtimes",
        "description": WHAT + ", on any number of hosts.",
        "short_description": WHAT,
        "tags": ["containers", "runtimes", "docker", "linux"],
        "aap_resources": {
            "controller_project": {"name": PROJECT, "description": WHAT},
            "controller_execution_environment": {
                "name": ENVIRONMENT,
                "description": "What the playbooks of slipway.runtimes run in",
                "image_name": IMAGE,
                "pull": "missing",
            },
            "controller_labels": [LABEL],
            "controller_job_templates": [
                {
                    "name": one.name,
                    "description": description(one),
                    "playbook": f"{one.playbook}.yml",
                    "primary": one.playbook == "site",
                    "execution_environment": ENVIRONMENT,
                    "fields_required_at_launch": ["inventory", "credential"],
                    "labels": [LABEL],
                    "survey": {**survey(one), "spec": [simple(asked) for asked in survey(one)["spec"]]},
                }
                for one in TEMPLATES
            ],
        },
    }


def text(value: Any) -> str:
    """JSON as it is kept."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    """Each file's text as it should be."""
    return {ASSETS: text(assets()), PATTERN: text(pattern())}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    stale = [
        path for path, wanted in files().items() if not path.exists() or path.read_text(encoding="utf-8") != wanted
    ]
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'is not what the argument specs say' if arguments else 'written'}")
        if not arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files()[path], encoding="utf-8")
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
