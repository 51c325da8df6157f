# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is registered and removed again leaves the file as it was, to the byte, and the engine too."""

import json
from typing import Optional

import pytest

from hosts_under_test import CRUN, ENGINES, SLIP, Host

CONFIG = ENGINES["docker"]["config"]

FILES = {
    "missing": None,
    "empty": b"",
    "a newline": b"\n",
    "object": b"{}\n",
    "object, no newline": b"{}",
    "object with space": b"{\n}\n",
    "null": b"null\n",
    "4 spaces": b'{\n    "debug": false,\n    "log-level": "info"\n}\n',
    "tabs": b'{\n\t"debug": false,\n\t"labels": ["a=b"]\n}\n',
    "CRLF": b'{\r\n  "debug": false\r\n}\r\n',
    "compact": b'{"debug":false,"labels":["a=b"]}',
    "blank lines": b'\n{\n\n  "debug": false,\n\n  "labels": []\n\n}\n\n',
    "own runtimes": b'{\n  "runtimes": {\n    "mine": {"path": "/usr/bin/crun"}\n  },\n  "debug": false\n}\n',
    "runtimes of ours too": b'{"runtimes": {"mine": {"path": "/usr/bin/crun", "runtimeArgs": ["--debug"]}}, "debug": false}\n',
    "no runtimes": b'{\n  "runtimes": {},\n  "debug": false\n}\n',
    "runtimes null": b'{"runtimes": null}\n',
    "a default": b'{\n  "default-runtime": "mine",\n  "runtimes": {"mine": {"path": "/usr/bin/crun"}}\n}\n',
    "a default that is runc": b'{\n  "default-runtime": "runc"\n}\n',
    "an empty default": b'{"default-runtime": ""}\n',
    "features": b'{\n  "features": {"buildkit": true}\n}\n',
    "no features": b'{\n  "features": {}\n}\n',
    "escapes": b'{"labels": ["\\u00e9=\\/"], "debug": false}\n',
    "byte order mark": b'\xef\xbb\xbf{\n  "debug": false\n}\n',
    "UTF-16": '{"debug": false}\n'.encode("utf-16"),
}


@pytest.mark.parametrize("name", FILES)
def test_add_and_remove(host: Host, name: str) -> None:
    """Add two runtimes and a default, take them back: bytes, owner, mode and engine are as before."""
    original: Optional[bytes] = FILES[name]
    host.sh("rm -rf /etc/docker/*")
    host.forget()
    host.write(CONFIG, original)
    if original is not None:
        host.sh("chown 4321:1234 {0} && chmod 0640 {0}".format(CONFIG))
    first = host.drive()  # makes the engine live with the file, whatever the test before left
    assert first.error is None, first.text
    before = host.info()
    assert host.read(CONFIG) == original
    default = before["DefaultRuntime"]

    added = host.drive(runtimes=[CRUN, SLIP], default_runtime="crun")
    assert added.error is None and added.changed, added.text
    info = host.info()
    assert {"crun", "slip"} <= set(info["Runtimes"]) and info["DefaultRuntime"] == "crun"
    if original is not None:
        assert host.sh("stat -c '%%u:%%g %%a' %s" % CONFIG) == "4321:1234 640"

    gone = [dict(CRUN, state="absent"), dict(SLIP, state="absent")]
    removed = host.drive(runtimes=gone, default_runtime=default)
    assert removed.error is None and removed.changed, removed.text
    assert host.read(CONFIG) == original
    if original is not None:
        assert host.sh("stat -c '%%u:%%g %%a' %s" % CONFIG) == "4321:1234 640"
    after = host.info()
    assert sorted(after["Runtimes"]) == sorted(before["Runtimes"])
    assert after["DefaultRuntime"] == default
    assert host.leftovers() == []


# u::rw-, u:4321:r--, g::r--, m::r--, o::---
ACL = "0200000001000600ffffffff02000400e110000004000400ffffffff10000400ffffffff20000000ffffffff"


def test_attributes(host: Host) -> None:
    """An access control list and the user's own attributes stay with the file."""
    host.sh("rm -rf /etc/docker/*")
    host.forget()
    host.write(CONFIG, b"{}\n")
    attributes = {"system.posix_acl_access": ACL, "user.comment": b"kept".hex()}
    for name, value in attributes.items():
        host.run("python3", "-c", "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]))", CONFIG, name, value)

    def attributes_now() -> dict:
        text = "import os, json; print(json.dumps({n: os.getxattr('%s', n).hex() for n in os.listxattr('%s')}))" % (CONFIG, CONFIG)
        found = json.loads(host.run("python3", "-c", text).stdout.decode())
        return {name: found.get(name) for name in attributes}

    assert attributes_now() == attributes
    assert host.drive(runtimes=[CRUN]).changed
    assert b"crun" in host.read(CONFIG) and attributes_now() == attributes
    assert host.drive(runtimes=[dict(CRUN, state="absent")]).changed
    assert host.read(CONFIG) == b"{}\n" and attributes_now() == attributes
