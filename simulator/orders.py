"""How the server's own interface is addressed: orders that are signed with its token, which never goes over the wire.

A server that was killed leaves its port behind, and another user of the machine may listen there next. What arrives at
that listener must not open the true server: an order is good for one server's life, one verb and one body.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

ORDERS: Final = "/_soundstage/"
"""The path under which orders come; the verb follows."""


@dataclass(frozen=True)
class Operator:
    """The owner's credentials, made at random for each state folder. They may do everything."""

    access_key: str
    secret_key: str
    token: str
    """What orders to the server itself are signed with."""


def signature(token: str, instance: str, method: str, verb: str, body: bytes) -> str:
    """The `Authorization` header of an order to the server whose life has the random name `instance`."""
    told = "\n".join((instance, method, verb, hashlib.sha256(body).hexdigest()))
    return f"Soundstage {hmac.new(token.encode(), told.encode(), hashlib.sha256).hexdigest()}"
