"""What moto holds: the backends of its services, and the machines of one of EC2."""

import sys
from collections.abc import Iterator
from typing import Any


def backends(service: str) -> Any:
    """moto's backends of a service, by account and region; `aws` is the region of global services. One is made when it is asked for."""
    from moto.backends import get_backend

    find: Any = get_backend
    return find(service)


def used(service: str, account: str) -> Iterator[tuple[str, Any]]:
    """The backends of a service that somebody used by now, by region."""
    if f"moto.{service}.models" in sys.modules:
        every = backends(service)
        if dict.__contains__(every, account):
            yield from list(dict.items(every[account]))


def machines(ec2: Any) -> Iterator[Any]:
    """Every machine of a region, also those that are terminated and still shown."""
    for reservation in ec2.reservations.values():
        yield from reservation.instances
