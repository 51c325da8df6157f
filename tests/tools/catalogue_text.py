# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes a file of the catalogue where a version and its digests stand, and leaves every other byte. Pure."""

from typing import NamedTuple

import yaml


class Noted(NamedTuple):
    """The digests of one source of one layout, by architecture: 'sha256:...' or 'sha512:...'."""

    layout: int
    source: int
    checksums: dict[str, str]


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def with_version(text: str, version: str, noted: list[Noted]) -> str:
    """The file with a new default version above the older ones, and the digests of it.

    Raises ValueError where the file is not of the form that can be changed so.
    """
    top = yaml.compose(text, Loader=yaml.SafeLoader)
    edits = [_version_edit(top, version)]
    for one in noted:
        source = _value(_value(top, "layouts").value[one.layout], "sources").value[one.source]
        edits.append(_checksums_edit(source, version, one.checksums))
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    _check(text, version, noted)
    return text


def _version_edit(top: yaml.MappingNode, version: str) -> _Edit:
    for key, value in top.value:
        if key.value == "version":
            return _Edit(value.start_mark.index, value.end_mark.index, scalar(version))
    path = _key(top, "path").start_mark.index
    return _Edit(path, path, f"version: {scalar(version)}\n")


def _checksums_edit(source: yaml.MappingNode, version: str, checksums: dict[str, str]) -> _Edit:
    files = _key(source, "files").start_mark
    margin = " " * files.column
    lines = [f"{margin}    {machine}: {checksum}\n" for machine, checksum in checksums.items()]
    block = f"{margin}  {scalar(version)}:\n" + "".join(lines)
    for key, value in source.value:
        if key.value == "checksums":
            if value.flow_style or value.start_mark.column != files.column + 2:
                raise ValueError(f"line {value.start_mark.line + 1}: its versions are to stand on lines of their own")
            place = value.start_mark.index - value.start_mark.column
            return _Edit(place, place, block)
    place = files.index - files.column
    return _Edit(place, place, f"{margin}checksums:\n{block}")


def _key(node: yaml.MappingNode, name: str) -> yaml.Node:
    return next(key for key, _value in node.value if key.value == name)


def _value(node: yaml.MappingNode, name: str) -> yaml.Node:
    return next(value for key, value in node.value if key.value == name)


def scalar(text: str) -> str:
    """A text as YAML, in quotes where it would be read as anything else."""
    return text if yaml.safe_load(text) == text else f"'{text}'"


def _check(text: str, version: str, noted: list[Noted]) -> None:
    """What was written is what is read."""
    entry = yaml.safe_load(text)
    good = entry["version"] == version and all(
        entry["layouts"][one.layout]["sources"][one.source]["checksums"][version] == one.checksums for one in noted
    )
    if not good:
        raise ValueError("the file is not of the form that can be changed")
