"""A connection of the server's that somebody else of this process goes on with: what came in goes out again, and back."""

import contextlib
import socket
import threading
from typing import Any, Final

_PIECE: Final = 65536


def carry(connection: socket.socket, arrived: Any, head: bytes, port: int) -> None:
    """Pass `head` and everything after it on to a port of loopback, and what comes back to `connection`, until either end closes.
    `arrived` reads what the connection has brought, also what was read ahead."""
    with socket.create_connection(("127.0.0.1", port)) as other:
        other.sendall(head)
        back = threading.Thread(target=_copy, args=(other.recv, connection, other), daemon=True)
        back.start()
        _copy(arrived.read1, other, connection)
        back.join()


def _copy(read: Any, to: socket.socket, source: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while piece := read(_PIECE):
            to.sendall(piece)
    for end in (to, source):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
