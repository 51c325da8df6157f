# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as the tests of runtime_binary see it: releases, a server for them, and the module's own code."""

import shlex
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional

from hosts_under_test import DRIVER, Driven, Host, until

HERE = Path(__file__).resolve().parent
FOLDER = "/srv/releases"
HTTPS, HTTP = 8443, 8080
KILL = 'kill -s KILL "$DRIVER"'
# Where tests put things, and where the collection keeps its notes.
WATCHED = "/usr/local/bin /opt/tool* /var/lib/slipway-runtimes"
EVERYTHING = "/usr/local /opt /etc /root /var/lib/slipway-runtimes /usr/bin /usr/sbin"


def make_certificates(folder: Path) -> None:
    """ca.pem, and server.pem (certificate and key) for 127.0.0.1 and localhost, signed by it."""
    (folder / "san").write_text(
        "subjectAltName=IP:127.0.0.1,DNS:localhost\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    for words in (
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=tests -addext keyUsage=critical,keyCertSign",
            "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile san"):
        subprocess.run(["openssl"] + words.split(), cwd=str(folder), check=True, stderr=subprocess.DEVNULL)
    (folder / "server.pem").write_bytes((folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes())


class Releases:
    """A host that has a release server of its own, with three releases of 'tool'.

    tool-1.tar.gz and tool-2.tar.gz hold tool-N/bin/tool (prints its version), tool-N/bin/helper, and tool-N/lib with a few files and
    a link.
    """

    subject = "runtime_binary"

    def __init__(self, host: Host, certificates: Path) -> None:
        self.host = host
        host.sh("rm -rf {0}; mkdir -p {0}".format(FOLDER))
        for name in ("ca.pem", "server.pem"):
            host.write("%s/%s" % (FOLDER, name), (certificates / name).read_bytes())
        host.write(DRIVER + "/release_server.py", (HERE / "release_server.py").read_bytes())
        for version in "123":
            host.sh("""
set -e
cd {folder}
mkdir -p build/tool-{v}/bin build/tool-{v}/lib/deep
printf '#!/bin/sh\\necho tool {v}\\n' >build/tool-{v}/bin/tool
printf '#!/bin/sh\\necho helper {v}\\n' >build/tool-{v}/bin/helper
echo {v} >build/tool-{v}/lib/version
echo deep {v} >build/tool-{v}/lib/deep/file
ln -sf deep/file build/tool-{v}/lib/link
chmod 755 build/tool-{v}/bin/*
tar -czf tool-{v}.tar.gz -C build tool-{v}
cp build/tool-{v}/bin/tool tool-{v}
""".format(folder=FOLDER, v=version))
        self._serve()

    def _serve(self) -> None:
        self.host.sh("systemctl stop slipway-releases 2>/dev/null; systemd-run -q --unit slipway-releases --collect python3 %s/release_server.py %s %d %d" % (
            DRIVER, FOLDER, HTTPS, HTTP))
        until(lambda: self.host.sh("ss -ltn | grep -c ':%d '" % HTTPS, check=False) == "1")

    def close(self) -> None:
        """Stop the server."""
        self.host.sh("systemctl stop slipway-releases", check=False)

    def checksum(self, name: str, kind: str = "sha256") -> str:
        """Of a release."""
        return "%s:%s" % (kind, self.host.sh("%ssum <%s/%s" % (kind, FOLDER, name)).split()[0])

    def url(self, name: str, manner: str = "files") -> str:
        """Where the server has it."""
        return "https://127.0.0.1:%d/%s/%s" % (HTTPS, manner, name)

    def binary(self, version: str = "1", *, manner: str = "files", files: Optional[List[Dict[str, Any]]] = None, **more: Any) -> Dict[str, Any]:
        """A release of 'tool', as an element of 'binaries'."""
        name = "tool-%s.tar.gz" % version
        if files is None:
            files = [
                {"src": "tool-%s/bin/tool" % version, "dest": "/usr/local/bin/tool"},
                {"src": "tool-%s/lib" % version, "dest": "/opt/tool/lib"}]
        found = {"name": "tool", "version": version, "url": self.url(name, manner), "checksum": self.checksum(name), "files": files}
        return {key: value for key, value in dict(found, **more).items() if value is not None}

    def drive(self, *binaries: Dict[str, Any], hooks: Optional[Dict[str, str]] = None, check_mode: bool = False,
              environment: Optional[Dict[str, str]] = None, **params: Any) -> Driven:
        """Run the module's code; see driver.py."""
        return self.host.drive_subject(
            self.subject, dict({"binaries": list(binaries), "ca_path": FOLDER + "/ca.pem", "timeout": 3}, **params),
            hooks=hooks, check_mode=check_mode, environment=environment)

    def forget(self) -> None:
        """Nothing of ours is on the host."""
        self.host.sh(
            "rm -rf /usr/local/bin/tool* /usr/local/bin/helper /opt/tool /opt/alien /usr/local/bin/.slipway* /opt/.slipway* "
            "/var/lib/slipway-runtimes")

    def listing(self, where: str = WATCHED) -> str:
        """Every path with type, mode, owner, digest, target and time: not the times of folders, which any change below touches."""
        return self.host.sh(
            "find {0} -path {1} -prune -o -type d -printf '%p %y %m %U %G\\n' -o -printf '%p %y %m %U %G %s %T@ %l\\n' 2>/dev/null | sort; "
            "find {0} -path {1} -prune -o -type f -exec sha256sum {{}} + 2>/dev/null | sort -k2".format(where, DRIVER))

    def leftovers(self) -> str:
        """What an unfinished run leaves: nothing, ever, after one that came to its end."""
        return self.host.sh("find /usr/local /opt /var/lib/slipway-runtimes \\( -name '.slipway-*' -o -name '*.slipway-*' -o -name '.unfinished-*' -o -name "
                            "'binaries.journal' \\) 2>/dev/null; :")

    def says(self, path: str = "/usr/local/bin/tool") -> str:
        """What a program prints; '' where it is not there."""
        return self.host.sh("[ -e {0} ] && {0}; :".format(shlex.quote(path)))
