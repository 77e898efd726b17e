"""Stands in for the display server: its page on 8443, where dcv.conf says."""

import http.server
import re
import ssl
from pathlib import Path

conf = Path("/etc/dcv/dcv.conf").read_text()
host, port = re.search(r"web-listen-endpoints=\['(.+):(\d+)'\]", conf).groups()  # type: ignore[union-attr]
server = http.server.ThreadingHTTPServer((host, int(port)), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/srv/standin/c.pem", "/srv/standin/k.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
