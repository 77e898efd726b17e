"""The process of a simulated cloud: `python -m soundstage.simulator.server FOLDER PORT FRONT` (`simulator.process` starts it).

It serves HTTP on 127.0.0.1 until it is told to stop or gets SIGTERM, and holds a lock on its folder for as long.

Every user of the machine can connect. A connection on which nobody has proved who they are is closed after a few seconds,
and there are never many of them, so that a stranger who opens them and says nothing does not use up the files that this
process may have open.
"""

import contextlib
import errno
import fcntl
import json
import os
import resource
import secrets
import select
import signal
import socket
import string
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import SimulatorError
from soundstage.simulator import onward
from soundstage.simulator.answer import Answer
from soundstage.simulator.bodies import steps_of
from soundstage.simulator.cloud import Cloud
from soundstage.simulator.front import Front, front_named
from soundstage.simulator.orders import ORDERS, Operator
from soundstage.simulator.sealed import write_private

_IDLE_SECONDS: Final = 300
_KEEP_SECONDS: Final = 0.5
_STRANGER_SECONDS: Final = 10.0
_MOST_STRANGERS: Final = 512
"""More than a command opens at once that asks ten things in each of 34 regions."""
_ENOUGH_FILES: Final = 4096
_COURTESY_BYTES: Final = 64 * 1024
_KEY_LETTERS: Final = string.ascii_uppercase + "234567"


@dataclass
class _Heard:
    """How long a stranger was listened to. While they wait for an answer no time runs: a large answer takes long, and those before it."""

    since: float | None
    """When listening began; None while they wait for this server."""
    seconds: float = 0.0
    """Before that."""

    def turn(self, *, ours: bool) -> None:
        """It is this server's turn to answer, or theirs to speak."""
        now = time.monotonic()
        if self.since is not None:
            self.seconds += now - self.since
        self.since = None if ours else now

    @property
    def over(self) -> bool:
        return self.since is not None and self.seconds + time.monotonic() - self.since >= _STRANGER_SECONDS


class Listener(ThreadingHTTPServer):
    """Accepts connections on loopback, one thread each."""

    daemon_threads = True
    request_queue_size = 128
    cloud: Cloud

    def __init__(self, *arguments: Any) -> None:
        self._strangers: dict[socket.socket, _Heard] = {}
        self._changing = threading.Lock()
        super().__init__(*arguments)

    def get_request(self) -> tuple[socket.socket, Any]:
        """A new connection. It belongs to a stranger until `knows` is told otherwise."""
        try:
            connection, address = super().get_request()
        except OSError as problem:
            if problem.errno in (errno.EMFILE, errno.ENFILE):
                print(f"no connection can be accepted: {problem.strerror}", flush=True)
                self._close_strangers(every=True)
            raise
        with self._changing:
            self._strangers[connection] = _Heard(time.monotonic())
            silent = [stranger for stranger, heard in self._strangers.items() if heard.since is not None]
            surplus = silent[: max(0, len(self._strangers) - _MOST_STRANGERS)]
        for one in surplus:
            self._close(one)
        return connection, address

    def knows(self, connection: socket.socket) -> None:
        """Whoever speaks on this connection has proved who they are."""
        with self._changing:
            self._strangers.pop(connection, None)

    def service_actions(self) -> None:
        """Called twice a second: close the connections of strangers who had their time."""
        self._close_strangers(every=False)

    def turn(self, connection: socket.socket, *, ours: bool) -> None:
        """It is this server's turn on a connection, or that of whoever made it. Time runs for a stranger who is to speak."""
        with self._changing:
            if heard := self._strangers.get(connection):
                heard.turn(ours=ours)

    def _close_strangers(self, *, every: bool) -> None:
        with self._changing:
            late = [connection for connection, heard in self._strangers.items() if every or heard.over]
        for connection in late:
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        """Wake the thread that waits for this connection; it ends, and closes it."""
        self.knows(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def shutdown_request(self, request: Any) -> None:
        self.knows(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        problem = sys.exception()
        if not isinstance(problem, (ConnectionError, TimeoutError)):
            print(f"a connection failed: {problem!r}", flush=True)


class Connection(BaseHTTPRequestHandler):
    """Reads HTTP requests off one connection and writes the cloud's answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE_SECONDS
    server: Listener
    _unread: bool
    """Whether the body of the present request is still on the wire."""

    def _any(self) -> None:
        headers = tuple((name, value) for name, value in self.headers.items())
        self._unread = True
        self.server.turn(self.connection, ours=True)
        try:
            answer = self.server.cloud.handle(self.command, self._target, headers, self._asked_for)
        except ValueError as problem:
            self.close_connection = True
            self._write(self.server.cloud.malformed(str(problem)))
            return
        if self._unread:
            self._hear_out()
        if answer.drop:
            self.close_connection = True
            return
        if answer.onward:
            self.server.knows(self.connection)
            self.close_connection = True
            self.connection.settimeout(None)
            onward.carry(self.connection, self.rfile, self._head(answer.onward.headers), answer.onward.port)
            return
        if answer.status == HTTPStatus.OK:
            self.server.knows(self.connection)
        self.server.turn(self.connection, ours=False)
        self._write(answer)
        if self._target.partition("?")[0] == f"{ORDERS}stop" and answer.status == 200:
            os.kill(os.getpid(), signal.SIGTERM)

    @property
    def _target(self) -> str:
        """Path and query. A client that takes this server for its proxy sends the whole address, and the host in it must be
        the one of the header (RFC 9112, 3.2.2)."""
        own = f"http://{self.headers.get('Host', '')}/"
        return self.path.removeprefix(own[:-1]) if self.path.startswith(own) else self.path

    def _head(self, more: Mapping[str, str]) -> bytes:
        """The head of the request as it came, and with more headers."""
        lines = [f"{name}: {value}" for name, value in (*self.headers.items(), *more.items())]
        return "\r\n".join([self.requestline, *lines, "", ""]).encode("latin-1")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any

    def handle_expect_100(self) -> bool:
        """Let the body come. Unlike the base class, at once: clients wait a second for it."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def _hear_out(self) -> None:
        """Read what is left of a request that was turned away: a client that is cut off while it sends misses the answer."""
        try:
            self._body(_COURTESY_BYTES)
        except ValueError:
            self.close_connection = True

    def _asked_for(self, most: int) -> bytes:
        """The body, which the cloud asks for once it knows the caller; of an order to the server itself, before."""
        if not self._target.startswith(ORDERS):
            self.server.knows(self.connection)
        return self._body(most)

    def _body(self, most: int) -> bytes:
        """The request's body. `ValueError` when its length is unclear or more than `most` bytes."""
        self._unread = False
        self.server.turn(self.connection, ours=False)
        body = self._sent(most)
        self.server.turn(self.connection, ours=True)
        return body

    def _sent(self, most: int) -> bytes:
        encoding = self.headers.get("Transfer-Encoding", "").lower()
        lengths = set(self.headers.get_all("Content-Length") or ())
        if len(lengths) > 1 or (encoding and lengths):
            raise ValueError("The length of the body is given twice.")
        if encoding:
            if encoding != "chunked":
                raise ValueError("Of transfer encodings only chunked is known.")
            return self._chunks(most)
        length = int(next(iter(lengths), "0"))
        if not 0 <= length <= most:
            raise ValueError(f"A body may have at most {most} bytes.")
        return self._exactly(length)

    def _chunks(self, most: int) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(32).partition(b";")[0], 16):
            if size < 0 or len(body) + size > most:
                raise ValueError(f"A body may have at most {most} bytes.")
            body += self._exactly(size)
            self.rfile.readline(8)
        while self.rfile.readline(1024).strip():
            pass
        return bytes(body)

    def _exactly(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) != size:
            raise ConnectionResetError("the client went away")
        return content

    def _write(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        names = {name.lower() for name in answer.headers}
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        if "content-length" not in names and answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status != 204:
            for step in steps_of(answer.body):
                self.wfile.write(step)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the log is for failures, and a request line can hold a presigned secret."""


def serve(folder: Path, port: int, front: type[Front[Any]]) -> None:
    """Serve the simulated cloud of `folder` behind `front` until told to stop. `SimulatorError` when it cannot begin."""
    os.umask(0o077)
    _open_many_files()
    alone = (folder / "serving").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SimulatorError(f"Another server already serves {folder}.") from None
    try:
        listener = Listener(("127.0.0.1", port), Connection)
    except OSError as problem:
        raise SimulatorError(
            f"Port {port} of 127.0.0.1 cannot be used: {problem.strerror}.",
            "Set SOUNDSTAGE_SIMULATOR_PORT to a free port, or leave it out and a free one is found.",
        ) from problem
    instance = secrets.token_hex(16)
    listener.cloud = cloud = Cloud(folder, listener.server_port, _operator(folder), instance, front)
    # A signal wakes the loop below through a pipe: a handler could find any lock taken.
    signalled, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What the caller ignores, as `nohup` does, stays ignored; `simulator stop` says SIGTERM.
        if number is signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    threading.Thread(target=listener.serve_forever, name="listener", daemon=True).start()
    where = {"pid": os.getpid(), "port": listener.server_port, "instance": instance, "started": time.time()}
    write_private(folder / "server.json", json.dumps(where).encode())
    threading.Thread(target=cloud.warm_up, name="warm-up", daemon=True).start()
    while not select.select([signalled], [], [], _KEEP_SECONDS)[0]:
        cloud.keep()
    (folder / "server.json").unlink(missing_ok=True)
    cloud.close()


def _open_many_files() -> None:
    """Raise the limit of open files, which is 256 on some systems and one for each connection."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if most == resource.RLIM_INFINITY else min(most, _ENOUGH_FILES)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _operator(folder: Path) -> Operator:
    """The owner's credentials, made at random once per folder."""
    path = folder / "operator.json"
    try:
        kept = json.loads(path.read_text())
        return Operator(kept["access_key"], kept["secret_key"], kept["token"])
    except (OSError, ValueError, KeyError, TypeError):
        operator = Operator(
            "AKIA" + "".join(secrets.choice(_KEY_LETTERS) for _ in range(16)),
            secrets.token_urlsafe(30),
            secrets.token_urlsafe(32),
        )
        write_private(path, json.dumps(vars(operator)).encode())
        return operator


def main() -> int:
    """Serve, and print what went wrong for the log."""
    folder, port, front = sys.argv[1:4]
    try:
        serve(Path(folder), int(port), front_named(front))
    except SimulatorError as problem:
        print(problem, flush=True)
        return problem.exit_code
    except OSError as problem:
        print(f"{problem.filename or folder}: {problem.strerror}", flush=True)
        return SimulatorError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
