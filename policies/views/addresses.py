"""Arithmetic over address and port ranges. Pure; a range that cannot be read raises `ValueError`."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
"""Ranges that the internet does not route (IANA special-purpose address registries, 2026-11)."""

GCP_IAP: Final = "35.235.240.0/20"
"""Where Identity-Aware Proxy connects from (Google Cloud documentation, “Using IAP for TCP forwarding”, 2026-11)."""


class Ports(NamedTuple):
    """A range of ports of one protocol; `protocol` is `tcp`, `udp`, `any`, or the name of one that has none."""

    first: int
    last: int
    protocol: str

    def meets(self, other: "Ports") -> bool:
        """Whether the two have a port in common."""
        protocols = "any" in (self.protocol, other.protocol) or self.protocol == other.protocol
        return protocols and self.first <= other.last and other.first <= self.last

    def within(self, others: Iterable["Ports"]) -> bool:
        """Whether one of `others` holds all of this range."""
        return any(
            other.first <= self.first and self.last <= other.last and other.protocol in ("any", self.protocol)
            for other in others
        )


@cache
def ports(text: str) -> Ports:
    """`8443`, `5900-5999` or `4172/udp` as a range."""
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    return Ports(int(first), int(last or first), protocol or "any")


@cache
def network(text: str) -> Network:
    """A CIDR; host bits are ignored and a bare address is a network of one."""
    return ipaddress.ip_network(text.strip(), strict=False)


@cache
def private(text: str) -> bool:
    """Whether the whole range lies inside one that the internet does not route."""
    wanted = network(text)
    return any(wanted.version == known.version and wanted.subnet_of(known) for known in _PRIVATE)  # type: ignore[arg-type]


@cache
def wide(text: str, prefix_v4: int, prefix_v6: int) -> bool:
    """Whether a range is public and broader than the given prefix."""
    wanted = network(text)
    return not private(text) and wanted.prefixlen < (prefix_v4 if wanted.version == 4 else prefix_v6)


def union_size(texts: Sequence[str]) -> int:
    """How many public IPv4 addresses these ranges cover together; overlaps count once."""
    ranges = [network(text) for text in texts]
    public = [item for item in ranges if isinstance(item, ipaddress.IPv4Network) and not private(str(item))]
    return sum(item.num_addresses for item in ipaddress.collapse_addresses(public))
