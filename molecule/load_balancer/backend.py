# Copyright: identityops.wso2is contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS server on port 9443 that answers with its name and with what it was asked: backend.py NAME CERTIFICATE.

CERTIFICATE is the path of a .crt and a .key file, without the ending.
"""

from __future__ import annotations

import http.server
import json
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every request with JSON: `node`, `path` and `headers` (lower case)."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"node": sys.argv[1], "path": self.path, "headers": headers}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{sys.argv[2]}.crt", f"{sys.argv[2]}.key")
server = http.server.ThreadingHTTPServer(("", 9443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
