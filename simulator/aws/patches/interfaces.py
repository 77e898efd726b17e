"""A network interface without a public address has no association at all; moto answers an empty one, which a client that
looks whether it is there takes for an address."""

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface

_told: Any = vars(NetworkInterface)["association"]


def _association(self: Any) -> dict[str, Any] | None:
    return _told.fget(self) or None


def apply() -> None:
    """Answer no association where there is none."""
    interface: Any = NetworkInterface
    interface.association = property(_association)
