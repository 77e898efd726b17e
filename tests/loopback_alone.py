"""Keeps what the tests do in this process on this machine: a connection to another, or the question for its address, fails the test.

What tests start has no credentials, and neither AWS's metadata nor Google's (`soundstage_home`).
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

_OURS: Final = ("", "localhost", "ip6-localhost", socket.gethostname())


class ReachedOut(AssertionError):
    """A test reached for another machine."""


@contextmanager
def sealed() -> Iterator[None]:
    """Until the end nothing in this process reaches another machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _checked(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", _asked(socket.getaddrinfo))
        yield


def _checked(real: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(address[0])
        return real(self, address)

    return connect


def _asked(real: Any) -> Any:
    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        _refuse(host)
        return real(host, *rest, **more)

    return getaddrinfo


def _refuse(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name in _OURS:
        return
    try:
        inside = ipaddress.ip_address(name).is_loopback
    except ValueError:
        inside = False
    if not inside and name not in ("0.0.0.0", "::"):
        raise ReachedOut(f"a test reached for {name}")
