# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstream's servers: the last part of an address names a file in FOLDER/files. FOLDER/server.pem is certificate and key.

release_server.py FOLDER        https on port 443 of a host that takes it for upstream
release_server.py FOLDER proxy  a proxy that answers in upstream's place; it prints its port
"""

import http.server
import os
import ssl
import sys

FOLDER = sys.argv[1]
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(os.path.join(FOLDER, "server.pem"))


class Handler(http.server.SimpleHTTPRequestHandler):
    """Whatever the server and the path, the file counts."""

    def translate_path(self, path):
        """The file of an address."""
        return os.path.join(FOLDER, "files", os.path.basename(path))

    def do_CONNECT(self):
        """What a client asks of a proxy: from here on it speaks to that server, so to us."""
        self.send_response(200)
        self.end_headers()
        self.request = CONTEXT.wrap_socket(self.request, server_side=True)
        self.setup()
        self.close_connection = False


def main():
    """Serve until killed."""
    proxy = len(sys.argv) > 2
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0 if proxy else 443), Handler)
    if proxy:
        print(server.server_port, flush=True)
    else:
        server.socket = CONTEXT.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
