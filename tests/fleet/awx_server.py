# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as `awx import` asks, in memory: AWX itself takes a cluster."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Tuple
from urllib.parse import parse_qs, urlsplit

RESOURCES = (
    "users",
    "organizations",
    "teams",
    "credential_types",
    "credentials",
    "notification_templates",
    "projects",
    "inventory",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "execution_environments",
    "applications",
    "schedules",
)
PATHS = {name: "inventories" if name == "inventory" else name for name in RESOURCES}
# What else the root of the API lists: awxkit orders its work by the classes of all of it.
MORE = (
    "instances",
    "instance_groups",
    "project_updates",
    "hosts",
    "groups",
    "inventory_updates",
    "jobs",
    "ad_hoc_commands",
    "system_job_templates",
    "system_jobs",
    "roles",
    "notifications",
    "labels",
    "unified_job_templates",
    "unified_jobs",
    "activity_stream",
    "workflow_jobs",
    "workflow_approvals",
    "workflow_job_template_nodes",
    "workflow_job_nodes",
    "credential_input_sources",
    "tokens",
)
KINDS = {
    "organizations": "organization",
    "projects": "project",
    "execution_environments": "execution_environment",
    "job_templates": "job_template",
}
# The fields that AWX takes, as far as ours go; an id is what awxkit resolves from a natural key.
FIELDS: Dict[str, Dict[str, str]] = {
    "projects": {
        "name": "string",
        "description": "string",
        "organization": "id",
        "scm_type": "choice",
        "scm_url": "string",
        "scm_branch": "string",
        "scm_update_on_launch": "boolean",
    },
    "execution_environments": {
        "name": "string",
        "description": "string",
        "organization": "id",
        "image": "string",
        "pull": "choice",
    },
    "job_templates": {
        "name": "string",
        "description": "string",
        "job_type": "choice",
        "inventory": "id",
        "project": "id",
        "playbook": "string",
        "execution_environment": "id",
        "job_slice_count": "integer",
        "survey_enabled": "boolean",
        "allow_simultaneous": "boolean",
        **{
            "ask_%s_on_launch" % one: "boolean"
            for one in (
                "inventory",
                "credential",
                "limit",
                "job_type",
                "diff_mode",
                "variables",
                "verbosity",
                "forks",
                "job_slice_count",
            )
        },
    },
}


class Awx:
    """The server. objects: by resource, what there is; surveys: by job template's name."""

    def __init__(self) -> None:
        self.objects: Dict[str, List[Dict[str, Any]]] = {name: [] for name in RESOURCES}
        self.surveys: Dict[str, Any] = {}
        self.add("organizations", {"name": "Default"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"awx": self}))
        self.url = "http://127.0.0.1:%d" % self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def add(self, resource: str, fields: Dict[str, Any]) -> Dict[str, Any]:
        """A new object, as AWX returns it."""
        number = len(self.objects[resource]) + 1
        path = "/api/v2/%s/%d/" % (PATHS[resource], number)
        found = {
            "id": number,
            "type": KINDS.get(resource, resource),
            "url": path,
            "status": "successful",
            **fields,
            "related": {},
        }
        found["summary_fields"] = {"organization": {"name": "Default"}}
        found["related"] = {"organization": "/api/v2/organizations/1/"} if resource != "organizations" else {}
        if resource == "job_templates":
            found["related"]["survey_spec"] = path + "survey_spec/"
        self.objects[resource].append(found)
        return found


class _Handler(BaseHTTPRequestHandler):
    awx: Awx
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def _answer(self, value: Any, code: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Allow", "GET, POST, PUT, PATCH, HEAD, OPTIONS")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _place(self) -> Tuple[str, List[str]]:
        words = [word for word in urlsplit(self.path).path.split("/") if word][2:]
        resource = next((name for name, path in PATHS.items() if words and path == words[0]), "")
        return resource, words[1:]

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_OPTIONS(self) -> None:
        resource, _rest = self._place()
        fields = {name: {"type": kind, "required": name == "name"} for name, kind in FIELDS.get(resource, {}).items()}
        self._answer({"description": "", "actions": {"POST": fields}, "search_fields": ["name"]})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/api/":
            return self._answer({"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}})
        if parts.path == "/api/v2/":
            paths = {**PATHS, **{name: name for name in MORE}}
            return self._answer({name: "/api/v2/%s/" % path for name, path in paths.items()})
        if parts.path in ("/api/v2/me/", "/api/v2/config/", "/api/v2/ping/"):
            return self._answer({"count": 1, "results": [{"username": "admin"}], "version": "24.6.1"})
        resource, rest = self._place()
        if not resource:
            return self._answer({"detail": "Not found."}, 404)
        if rest:
            return self._answer(self.awx.objects[resource][int(rest[0]) - 1])
        names = parse_qs(parts.query).get("name", [])
        found = [one for one in self.awx.objects[resource] if not names or one.get("name") in names]
        return self._answer({"count": len(found), "next": None, "previous": None, "results": found})

    def do_POST(self) -> None:
        resource, rest = self._place()
        body = self._body()
        if rest[1:] == ["survey_spec"]:
            self.awx.surveys[self.awx.objects[resource][int(rest[0]) - 1]["name"]] = body
            return self._answer({})
        unknown = sorted(set(body) - set(FIELDS.get(resource, {})))
        if unknown:
            return self._answer({"detail": "unknown fields %s" % unknown}, 400)
        return self._answer(self.awx.add(resource, body), 201)

    def do_PUT(self) -> None:
        resource, rest = self._place()
        self.awx.objects[resource][int(rest[0]) - 1].update(self._body())
        self._answer(self.awx.objects[resource][int(rest[0]) - 1])
