# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a thing at a path is: whose engine it calls, and how a user is told. Pure."""

import posixpath

from .seen import There

UNKNOWN = "unknown"
_ALTERNATIVES = ("/etc/alternatives/", "/var/lib/alternatives/")


def provider_of(thing: There) -> str:
    """docker, podman, nerdctl or unknown: by the name of what is behind it, or by what a script calls."""
    if thing.dead:
        return UNKNOWN
    name = posixpath.basename(thing.real or thing.path)
    if thing.content is not None and thing.content.startswith("#!"):
        for one in ("podman", "nerdctl"):
            if one in thing.content:
                return one
        return UNKNOWN
    for one in ("podman", "nerdctl", "docker"):
        if name == one or name.startswith((one + "-", one + ".")):
            return one
    return UNKNOWN


def described(thing: There) -> str:
    """What it is, with an article; the path is the sentence's own."""
    if thing.kind == "link":
        what = "a link to %s" % thing.text
        if thing.dead:
            what += ", where nothing is"
        elif thing.text.startswith(_ALTERNATIVES):
            what = "a link into the alternatives (%s), which leads to %s" % (thing.text, thing.real)
        elif thing.real not in (thing.text, thing.path):
            what += " (%s)" % thing.real
    elif thing.kind == "folder":
        what = "a folder"
    elif thing.kind == "other":
        what = "a device, a pipe or a socket"
    elif thing.content is not None and thing.content.startswith("#!"):
        called = provider_of(thing)
        what = "a script" if called == UNKNOWN else "a script that calls %s" % called
    else:
        what = "a file" if thing.stat.endswith(" closed") else "a program"
    if thing.package is None:
        return what
    return what + (", of the package %s" % thing.package if thing.package else ", of no package")
