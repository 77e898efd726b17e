"""Who stands behind a range of addresses, and ports in words."""

import ipaddress
from typing import Final

from soundstage.plan.diagram.facts import Reach

_WORLD: Final = ("0.0.0.0/0", "::/0")
_PRIVATE: Final = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)  # RFC 1918, RFC 6598, RFC 4193
_PORTS: Final = {22: "SSH", 80: "HTTP", 443: "HTTPS", 3389: "remote desktop", 8443: "the display"}
EVERY_PORT: Final = "every port"
OUTSIDE: Final = (Reach.WORLD, Reach.ADDRESSES)
"""What is on the internet."""


def reach(cidr: str) -> Reach:
    """Who stands behind a range of addresses."""
    if cidr in _WORLD:
        return Reach.WORLD
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return Reach.UNKNOWN
    private = any(network.version == one.version and network.subnet_of(one) for one in _PRIVATE)  # type: ignore[arg-type]
    return Reach.PRIVATE if private else Reach.ADDRESSES


def ports(first: int, last: int) -> str:
    """`the display (port 8443)`, `ports 5000-5010`."""
    if first != last:
        return f"ports {first}-{last}"
    return f"{_PORTS[first]} (port {first})" if first in _PORTS else f"port {first}"
