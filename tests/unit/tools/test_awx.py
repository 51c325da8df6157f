# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX imports, held to its rules."""

import re
from pathlib import Path
from typing import Any

import awx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}
TEMPLATES = {one["name"]: one for one in awx.assets()["job_templates"]}
PATTERN = awx.pattern()["aap_resources"]["controller_job_templates"]


def test_the_files_are_what_the_specs_say() -> None:
    """Mended by: tests/tools/env python tests/tools/awx.py"""
    assert awx.main(["--check"]) == 0


def broken_rule(spec: dict[str, Any]) -> str:
    """The rule of AWX for surveys that one breaks; '' where none is."""
    if not isinstance(spec.get("name"), str) or not isinstance(spec.get("description"), str) or not spec.get("spec"):
        return "name, description and questions"
    seen: set[str] = set()
    for one in spec["spec"]:
        if not all(isinstance(one.get(key), str) for key in ("type", "question_name", "variable")):
            return "texts"
        if not isinstance(one.get("required"), bool):
            return "required"
        if one["variable"] in seen or one["type"] not in TYPES:
            return "variable or type"
        seen.add(one["variable"])
        default = one.get("default", "")
        if default != "" and not isinstance(default, TYPES[one["type"]]):
            return "default's type"
        if any(one.get(key) is not None and not isinstance(one[key], int) for key in ("min", "max")):
            return "limits"
        if one["type"] in ("multiplechoice", "multiselect"):
            answers = default.splitlines()
            if not one.get("choices") or not set(answers) <= set(one["choices"]):
                return "choices"
            if one["type"] == "multiplechoice" and len(answers) > 1:
                return "one default"
        if str(default).startswith("$encrypted$") or (one["type"] == "password" and default):
            return "secrets"
    return ""


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_survey_keeps_the_rules_of_awx(name: str) -> None:
    assert broken_rule(TEMPLATES[name]["related"]["survey_spec"]) == ""


@pytest.mark.parametrize(
    "change, rule",
    [
        ({"required": "yes"}, "required"),
        ({"type": "list"}, "variable or type"),
        ({"default": 5}, "default's type"),
        ({"choices": []}, "choices"),
        ({"default": "other"}, "choices"),
        ({"min": "1"}, "limits"),
    ],
)
def test_the_rules_are_rules(change: dict[str, Any], rule: str) -> None:
    asked = awx.question(
        "a", {"type": "str", "choices": ["x", "y"], "default": "x", "description": "A"}, required=False
    )
    assert broken_rule({"name": "", "description": "", "spec": [asked]}) == ""
    assert broken_rule({"name": "", "description": "", "spec": [dict(asked, **change)]}) == rule


@pytest.mark.parametrize(
    "spec, found",
    [
        ({"type": "str"}, {"type": "text", "min": 0, "max": 1024}),
        ({"type": "str", "default": "a"}, {"type": "text", "min": 0, "max": 1024, "default": "a"}),
        ({"type": "str", "choices": ["a", "b"]}, {"type": "multiplechoice", "choices": ["a", "b"]}),
        (
            {"type": "bool", "default": False},
            {"type": "multiplechoice", "choices": ["true", "false"], "default": "false"},
        ),
        ({"type": "int", "default": 0}, {"type": "integer", "min": 0, "max": None, "default": 0}),
        ({"type": "list", "default": ["a", "b"]}, {"type": "text", "min": 0, "max": 1024, "default": "a,b"}),
        (
            {"type": "list", "choices": ["a", "b"], "default": ["a", "b"]},
            {"type": "multiselect", "choices": ["a", "b"], "default": "a\nb"},
        ),
        ({"type": "str", "no_log": True, "default": "secret"}, {"type": "password", "min": 0, "max": 1024}),
    ],
)
def test_a_question(spec: dict[str, Any], found: dict[str, Any]) -> None:
    asked = awx.question("some_option", dict(spec, description=["An option, C(true) or not.", "Two."]), required=True)
    assert asked == {
        "variable": "some_option",
        "question_name": "Some option",
        "question_description": "An option, true or not. Two.",
        "required": True,
        **found,
    }


@pytest.mark.parametrize("template", awx.TEMPLATES, ids=lambda one: one.playbook)
def test_a_template_is_a_playbook_that_awx_finds(template: awx.Template) -> None:
    """AWX lists files with such a line, outside of folders of roles and tasks."""
    path = ROOT / TEMPLATES[template.name]["playbook"]
    assert re.search(
        r"(?m)^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook):", path.read_text(encoding="utf-8")
    )
    assert not {"roles", "tasks"} & set(Path(TEMPLATES[template.name]["playbook"]).parts)
    assert "import_playbook: slipway.runtimes.%s\n" % template.playbook in path.read_text(encoding="utf-8")
    assert (ROOT / "playbooks" / (template.playbook + ".yml")).exists()


def test_a_playbook_uses_what_its_spec_names() -> None:
    for template in awx.TEMPLATES:
        meta = yaml.safe_load((ROOT / "playbooks" / f"{template.playbook}.meta.yml").read_text(encoding="utf-8"))
        texts = "".join(
            (ROOT / "playbooks" / name).read_text(encoding="utf-8")
            for name in (f"{template.playbook}.yml", "rules.yml", "tasks/waves.yml", "vars/fleet.yml")
        )
        for option in meta["argument_specs"][template.playbook]["options"]:
            assert option in texts, (template.playbook, option)


def test_the_pattern_asks_what_the_templates_ask() -> None:
    assert [one["name"] for one in PATTERN if one["primary"]] == ["Container runtimes: have them"]
    for one in PATTERN:
        questions = one["survey"]["spec"]
        full = TEMPLATES[one["name"]]["related"]["survey_spec"]["spec"]
        assert [asked["variable"] for asked in questions] == [asked["variable"] for asked in full]
        assert {asked["type"] for asked in questions} <= {"text", "multiplechoice"}
        assert all(isinstance(asked.get("default", ""), str) for asked in questions)


def test_the_playbooks_know_every_role() -> None:
    values = yaml.safe_load((ROOT / "playbooks" / "vars" / "fleet.yml").read_text(encoding="utf-8"))
    roles = {path.parent.name for path in (ROOT / "roles").glob("*/tasks")}
    assert set(values["__slipway_roles"]) == roles - {"report"}
    text = (ROOT / "playbooks" / "remove.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^ +([a-z_]+)_state: absent$", text)) == roles - {"report"}
