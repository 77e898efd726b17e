"""Stands in, inside a root that boots, for what the network of a machine must give: the metadata service, the log group's service, the
host of downloads, and the display's own page. Files under /srv/standin say what each answers."""

import functools
import http.server
import json
import ssl
import threading
import time
from pathlib import Path

TOLD = json.loads(Path("/srv/standin/told.json").read_text())
SENT = Path("/srv/out/sent.jsonl")
STREAMS: set[str] = set()


class Metadata(http.server.BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        self.give("TOKEN")

    def do_GET(self) -> None:
        if self.path != "/" and self.headers.get("X-aws-ec2-metadata-token") != "TOKEN":
            self.send_response(401)
            self.end_headers()
            return
        self.give(TOLD["metadata"].get(self.path.removeprefix("/latest/meta-data/")))

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + TOLD["clock_off"])

    def give(self, text: str | None) -> None:
        self.send_response(404 if text is None else 200)
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        pass


class Documents(http.server.BaseHTTPRequestHandler):
    """The documents of Systems Manager: the one of the tools."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"Content": TOLD["tools"]}).encode())

    def log_message(self, *_: object) -> None:
        pass


class Logs(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stream, action = told["logStreamName"], self.headers["X-Amz-Target"].rpartition(".")[2]
        if action == "PutLogEvents" and stream not in STREAMS:
            return self.give(400, {"__type": "ResourceNotFoundException"})
        STREAMS.add(stream)
        with SENT.open("a") as out:
            out.write(json.dumps({"action": action, **told}) + "\n")
        return self.give(200, {})

    def give(self, status: int, shape: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(shape).encode())

    def log_message(self, *_: object) -> None:
        pass


def serve(address: tuple[str, int], handler: object, *, tls: bool = True) -> None:
    server = http.server.ThreadingHTTPServer(address, handler)  # type: ignore[arg-type]
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("/srv/standin/c.pem", "/srv/standin/k.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()


files = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/srv/www")
serve(("169.254.169.254", 80), Metadata, tls=False)
serve(("127.0.0.2", 443), Logs)
serve(("127.0.0.3", 443), files)
serve(("127.0.0.4", 443), Documents)
