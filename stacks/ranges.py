"""Address ranges that a file may open a door to or build a network in."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final, TypeAlias

from soundstage.stacks.words import shown

AddressRange: TypeAlias = IPv4Network | IPv6Network

# RFC 1918. A cloud network is built in one of these.
PRIVATE: Final = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# IANA special-purpose address registries, read 2026-11: never the source of a packet from the internet. The ranges
# reserved for documentation are left out, so that examples can use them.
_NOT_ROUTED: Final[tuple[AddressRange, ...]] = (
    *PRIVATE,
    *(
        IPv4Network(text)
        for text in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
    ),
    *(IPv6Network(text) for text in ("::/3", "fc00::/7", "fe80::/10", "ff00::/8")),
)

WIDEST: Final = {4: 16, 6: 40}
"""The prefix length that all ranges of one IP version together may cover. Who needs more is not a known place."""

_FORM = re.compile(r"[0-9a-fA-F:.]{2,45}(?:/[0-9]{1,3})?", re.ASCII)


class RangeError(ValueError):
    """The text is no address range. `allowed` and `nearest` are for the person who wrote it and may be empty."""

    def __init__(self, problem: str, allowed: str = "", nearest: str = "") -> None:
        super().__init__(problem)
        self.allowed = allowed
        self.nearest = nearest


def parse_range(text: str) -> AddressRange:
    """The range that a text such as `203.0.113.0/24` names. Raises `RangeError`, also for bits set after the prefix."""
    form = "a range such as 203.0.113.7/32 or 2001:db8:1::/48"
    if not _FORM.fullmatch(text):
        raise RangeError(f"is {shown(text)}", form)
    try:
        meant = ip_network(text, strict=False)
    except ValueError as error:
        raise RangeError(f"is {shown(text)}, which is no address range", form) from error
    try:
        return ip_network(text)
    except ValueError as error:
        raise RangeError(f"is {shown(text)}, which has bits set after its prefix", form, str(meant)) from error


def is_private(addresses: AddressRange) -> bool:
    """Whether the whole range is private IPv4."""
    return isinstance(addresses, IPv4Network) and any(addresses.subnet_of(block) for block in PRIVATE)


def is_routed(addresses: AddressRange) -> bool:
    """Whether no address of the range is private, local or reserved. Ranges that reach beyond those count as routed."""
    return not any(
        addresses.version == other.version and addresses.subnet_of(other)  # type: ignore[arg-type]
        for other in _NOT_ROUTED
    )


def too_wide(ranges: Sequence[AddressRange]) -> str:
    """Why these ranges together are no list of known places; empty when they are.

    Taken together, because 0.0.0.0/1 and 128.0.0.0/1 are everyone. Overlaps count once.
    """
    for version, prefix in WIDEST.items():
        alike = [addresses for addresses in ranges if addresses.version == version]
        if any(addresses.prefixlen == 0 for addresses in _merged(alike)):
            return "lets everyone on the internet in"
        bits = 32 if version == 4 else 128
        if sum(addresses.num_addresses for addresses in _merged(alike)) > 2 ** (bits - prefix):
            return f"covers more than an IPv{version} /{prefix} in sum"
    return ""


def _merged(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    return list(collapse_addresses(ranges))  # type: ignore[type-var]
