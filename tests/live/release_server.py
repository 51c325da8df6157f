# Copyright: (c) 2026, the slipway.runtimes authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release server with good and bad manners, for tests: release_server.py FOLDER HTTPS_PORT HTTP_PORT. Python 3.6 and newer.

The first part of an address says how it is answered, the last one names a file in FOLDER: files, moved (a redirect to files), cut (half of
it, then the end), stall (half of it, then silence), to-http (a redirect to http), to-other (a redirect to another name of this server),
token (only with X-Token). FOLDER has server.pem (certificate and key); requests.log gets a line for each request.
"""

import http.server
import os
import ssl
import sys
import threading
import time

FOLDER, HTTPS, HTTP = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the first part of the path."""

    def do_GET(self):
        """The only method."""
        manner, _slash, name = self.path.lstrip("/").partition("/")
        with open(os.path.join(FOLDER, "requests.log"), "a") as log:
            log.write("%s %s %s\n" % (self.headers.get("Host"), self.path, self.headers.get("X-Token")))
        path = os.path.join(FOLDER, os.path.basename(name))
        if manner == "moved":
            self._redirect("/files/" + name)
        elif manner == "to-http":
            self._redirect("http://127.0.0.1:%d/files/%s" % (HTTP, name))
        elif manner == "to-other":
            self._redirect("https://localhost:%d/files/%s" % (HTTPS, name))
        elif manner == "token" and self.headers.get("X-Token") != "s3cr3t-token":
            self.send_error(401)
        elif manner not in ("files", "cut", "stall", "token") or not os.path.isfile(path):
            self.send_error(404)
        else:
            self._file(path, manner)

    def _redirect(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, path, manner):
        size = os.path.getsize(path)
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        with open(path, "rb") as source:
            self.wfile.write(source.read() if manner in ("files", "token") else source.read(size // 2))
        self.wfile.flush()
        if manner == "stall":
            time.sleep(30)

    def log_message(self, *args):
        """Not to the terminal."""


class Server(http.server.HTTPServer):
    """A thread a connection."""

    def process_request(self, request, client_address):
        """Without waiting for its end."""
        thread = threading.Thread(target=self._serve, args=(request, client_address))
        thread.daemon = True
        thread.start()

    def _serve(self, request, client_address):
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass
        self.shutdown_request(request)


def main():
    """Serve both until killed."""
    plain = Server(("127.0.0.1", HTTP), Handler)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    secure = Server(("127.0.0.1", HTTPS), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(FOLDER, "server.pem"))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    secure.serve_forever()


main()
