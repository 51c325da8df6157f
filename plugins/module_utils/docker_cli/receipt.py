# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we once put on a host for a link: a line of JSON, and where it lies. Pure."""

import hashlib
import json
import posixpath
from typing import NamedTuple, Optional, Tuple

from ..core.errors import SlipwayError

LIB_DIR = "/var/lib/slipway-runtimes"
RUN_DIR = "/run/slipway-runtimes"
# Below LIB_DIR, or below a user's own state folder.
RECEIPTS = "docker_cli"
KEPT = "kept/docker_cli"
JOURNAL = "docker_cli.journal"
LOCK = "docker_cli.lock"

_FORMAT = 1


class Placed(NamedTuple):
    """A path that we put in place. kind: link or file. text: where the link leads, or the file's content. kept: where
    that lies which was there before us, or ''."""

    path: str
    kind: str
    text: str
    kept: str = ""


class Program(NamedTuple):
    """The program behind, when it answered last. stat: as the probe prints it. version: '' where it did not say. form:
    how lima is called, '' for none."""

    path: str = ""
    stat: str = ""
    version: str = ""
    form: str = ""


class Receipt(NamedTuple):
    """What we put on a host for the link at path. folders: what we made on the way, the outer ones first."""

    path: str
    provider: str
    placed: Tuple[Placed, ...]
    program: Program = Program()
    folders: Tuple[str, ...] = ()


def name_of(path: str) -> str:
    """The file name of the receipt for a link."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return "%s-%s.json" % (posixpath.basename(path), digest[:12])


def encode(receipt: Receipt) -> str:
    """The receipt's one line, with its newline."""
    value = dict(
        receipt._asdict(), format=_FORMAT, placed=[dict(one._asdict()) for one in receipt.placed],
        program=dict(receipt.program._asdict()))
    return json.dumps(value, sort_keys=True) + "\n"


def decode(line: str, path: str) -> Optional[Receipt]:
    """The receipt in a line; None for an empty line. Raises SlipwayError where it is none of ours."""
    if not line:
        return None
    try:
        value = json.loads(line)
        if value["format"] != _FORMAT or value["path"] != path:
            raise ValueError("another format or path")
        placed = tuple(Placed(**one) for one in value["placed"])
        for one in placed:
            if one.kind not in ("link", "file") or not one.path.startswith("/"):
                raise ValueError("a path of no kind")
        return Receipt(
            path=path, provider=value["provider"], placed=placed, program=Program(**value["program"]),
            folders=tuple(value["folders"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SlipwayError(
            "receipt_broken", "%s/%s is no receipt of this collection; what it stood for is not known. Move it away, "
            "and what is in place counts as another's" % (RECEIPTS, name_of(path)))
