# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as CSV and as lines for a terminal. Pure."""

import csv
import io
from typing import Any, Dict, Iterator, List

from .fleet import PROBLEMS

COLUMNS = (
    "host",
    "status",
    "problems",
    "engine",
    "scope",
    "engine_version",
    "running",
    "live",
    "runtime",
    "state",
    "origin",
    "in_file",
    "loaded",
    "default",
    "version",
    "resolves_to",
    "sha256",
    "verdict",
    "kernel",
    "ms",
    "containers",
    "drift",
    "trouble",
    "docker_cli",
    "runner_host",
)

# A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(report: Dict[str, Any]) -> str:
    """The report as RFC 4180 CSV: a line for each runtime of each engine, one for a host or an engine that has none.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in _rows(report):
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
    return text.getvalue()


def _rows(report: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    for host in report["hosts"]:
        docker, runner = host["docker_cli"], host["runner_host"]
        of_host = {
            "host": host["name"],
            "status": host["status"],
            "problems": " ".join(dict.fromkeys(one["kind"] for one in host["problems"])),
            "docker_cli": docker["provider"] if docker else None,
            "runner_host": runner["url"] or " ".join(runner["files"]) if runner else None,
        }
        if not host["engines"]:
            yield of_host
        for engine in host["engines"]:
            of_engine = dict(
                of_host,
                engine=engine["engine"],
                scope=engine["scope"],
                engine_version=engine["version"],
                running=engine["running"],
                live=engine["live"],
            )
            if not engine["runtimes"]:
                yield of_engine
            for runtime in engine["runtimes"]:
                yield dict(of_engine, **_of_runtime(runtime))


def _of_runtime(runtime: Dict[str, Any]) -> Dict[str, Any]:
    proof = runtime["proof"] or {}
    users = runtime["users"]
    return dict(
        {
            key: runtime[key]
            for key in ("state", "origin", "in_file", "loaded", "default", "version", "resolves_to", "sha256")
        },
        runtime=runtime["name"],
        verdict=proof.get("verdict"),
        kernel=proof.get("kernel"),
        ms=proof.get("ms"),
        containers=None if users is None else " ".join(one["name"] or one["id"][:12] for one in users),
        drift="; ".join(runtime["drift"]),
        trouble="; ".join(runtime["trouble"]),
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def lines(report: Dict[str, Any]) -> List[str]:
    """The report in a few lines: how many hosts, what they have, and the names of those that need attention."""
    summary = report["summary"]
    found = [sentence(summary)]
    found += [
        "%-24s %5d, %d running: %s"
        % (
            one["engine"] + (" (user)" if one["scope"] == "user" else ""),
            one["count"],
            one["running"],
            spread(one["versions"]),
        )
        for one in summary["engines"]
    ]
    found += [
        "%-24s %5d, %d loaded%s: %s"
        % (
            one["name"],
            one["registered"],
            one["loaded"],
            ", %d ran" % one["proven"] if summary["proofs"]["asked"] else "",
            spread(one["versions"]),
        )
        for one in summary["runtimes"]
        if one["registered"]
    ]
    found += [
        "%s (%d): %s" % (PROBLEMS[kind], len(names), listed(names)) for kind, names in summary["problems"].items()
    ]
    return [printable(one) for one in found]


def sentence(summary: Dict[str, Any]) -> str:
    """The fleet in one sentence."""
    if not summary["hosts"]:
        return "There is no host to report of."
    return "%d of %d host%s reached, %d with an engine. %s." % (
        summary["reached"],
        summary["hosts"],
        " was" if summary["hosts"] == 1 else "s were",
        summary["with_engine"],
        (
            "None needs attention"
            if summary["sound"] == summary["hosts"]
            else "%d need%s attention"
            % (summary["hosts"] - summary["sound"], "s" if summary["hosts"] - summary["sound"] == 1 else "")
        ),
    )


def spread(versions: List[Dict[str, Any]]) -> str:
    """Versions with how often each is there."""
    return ", ".join("%s (%d)" % (one["version"], one["count"]) for one in versions) or "version not known"


def listed(names: List[str], most: int = 50) -> str:
    """Names, up to a number of them."""
    more = len(names) - most
    return ", ".join(names[:most]) + (" and %d more" % more if more > 0 else "")


def printable(text: str) -> str:
    """Text that cannot steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)
