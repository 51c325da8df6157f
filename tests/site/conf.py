# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site, see tests/tools/docs.py. It reads a copy of the checkout, so links among its pages hold."""

import re
from typing import Any

from docutils import nodes

project = "slipway.runtimes"
author = "slipway.runtimes maintainers"
copyright = "2026, the slipway.runtimes authors"  # pylint: disable=redefined-builtin

extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "index"
include_patterns = [
    "index.md", "docs/*.md", "roles/*/README.md", "extensions/awx/README.md", "tests/hosts/README.md", "CONTRIBUTING.md", "SECURITY.md",
    "collections/**"]
default_role = "any"
highlight_language = "none"
myst_heading_anchors = 4

html_theme = "furo"
html_title = project
html_static_path = ["tests/site/static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False

# Where Ansible's own pages are. They are linked to, and nothing of them is fetched.
_ANSIBLE = "https://docs.ansible.com/ansible/latest/"
_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_BUILTIN = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+)")


def _of_ansible(_app: Any, _env: Any, node: Any, text: Any) -> Any:
    """A link to what is Ansible's own; None for anything else, which is then a broken reference."""
    target = node["reftarget"]
    builtin = _BUILTIN.match(target)
    if builtin:
        page = f"collections/ansible/builtin/{builtin[1]}.html"
    elif node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"{_LABELS['ansible_configuration_settings']}#envvar-{target}"
    else:
        page = _LABELS.get(target)
    return nodes.reference("", "", text, internal=False, refuri=_ANSIBLE + page) if page else None


def _without_contents(_app: Any, page: Any) -> None:
    """Takes a page's own table of contents out: the theme has one beside it, and shows another one as an error."""
    for topic in list(page.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)


def setup(app: Any) -> None:
    """What Sphinx calls."""
    app.connect("missing-reference", _of_ansible)
    app.connect("doctree-read", _without_contents)
