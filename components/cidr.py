"""Address ranges: where a project's network lies, how it is cut into subnets, and who may be let in."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError, collapse_addresses
from typing import Final

from soundstage.core.errors import ArgumentError

POOL: Final = IPv4Network("10.0.0.0/8")
"""Where networks are placed when nobody says otherwise: the largest private range (RFC 1918)."""
PREFIX: Final = 20
"""A placed network's prefix length: 4,096 addresses, and room for 4,096 networks in the pool."""
WIDEST_NETWORK: Final = 16
NARROWEST_NETWORK: Final = 22
"""Below /22 the public part of a network would be smaller than /28, the smallest subnet that AWS makes."""
A_NETWORK: Final = "10.20.0.0/20"
"""What a network's range looks like, for messages."""
MOST_ZONES: Final = 3
WIDEST_SOURCE: Final = 24
"""The widest range that an allowlist may name: an office, not a provider."""
WIDEST_DESTINATION: Final = 8
"""The widest range that a program's own rule may let a machine reach: one block of addresses, not the internet in two halves."""
MOST_SOURCES: Final = 1024
"""How many addresses an allowlist may hold in all, so that many narrow ranges do not add up to the world."""

_PRIVATE: Final = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# IANA IPv4 Special-Purpose Address Registry, read 2026-11: no traffic from the internet has such a source.
_NEVER_A_SOURCE: Final = (
    *_PRIVATE,
    *(IPv4Network(cidr) for cidr in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")),
)


@dataclass(frozen=True)
class Subnets:
    """How a network is cut: one private and one public range for each zone, in the order of the zones."""

    private: tuple[str, ...]
    public: tuple[str, ...]


def parse(text: object, such_as: str = "203.0.113.7/32") -> IPv4Network:
    """An IPv4 range in exact CIDR form. `ValueError` says in a few words what is wrong with anything else, and what would
    be right, such as `such_as`."""
    strange = ValueError(f"not a range such as {such_as}")
    if not isinstance(text, str) or text.count("/") != 1:
        raise strange
    address, prefix = text.split("/")
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 2):
        raise strange
    try:
        network = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        if ":" in address:
            raise ValueError("IPv6; networks here are IPv4 only") from error
        raise strange from error
    if str(network) != text:
        raise ValueError(f"not the start of its range; {network} is")
    return network


def studio_range(studio: str, project: str, taken: Iterable[str] = ()) -> str:
    """A /20 in 10.0.0.0/8 for a project: always the same for the same names, and clear of every range in `taken`.

    The names choose the place, so that adding or removing another project moves nobody. Raises `ArgumentError` when a
    range in `taken` is malformed or no /20 is left.
    """
    occupied = _parsed("taken", taken)
    blocks = 1 << (PREFIX - POOL.prefixlen)
    size = 1 << (32 - PREFIX)
    first = int.from_bytes(hashlib.sha256(f"{studio}/{project}".encode()).digest()[:8], "big") % blocks
    for step in range(blocks):
        start = int(POOL.network_address) + (first + step) % blocks * size
        candidate = IPv4Network((start, PREFIX))
        if not any(candidate.overlaps(other) for other in occupied):
            return str(candidate)
    full = f"taken leaves no /{PREFIX} in {POOL}; give the network a cidr of its own"
    raise ArgumentError(full, faults=[full])


def subnets(cidr: str, zones: int) -> Subnets:
    """Cut a network into private and public ranges for `zones` zones (1 to 3).

    Three quarters are for private subnets, one each, and a sixteenth of the last quarter for each public one, whatever
    the number of zones: adding a zone later moves no subnet.
    """
    network = parse(cidr)
    quarters = list(network.subnets(prefixlen_diff=2))
    public = list(quarters[3].subnets(prefixlen_diff=4))
    return Subnets(
        private=tuple(str(block) for block in quarters[:zones]), public=tuple(str(block) for block in public[:zones])
    )


def network_faults(key: str, cidr: object, taken: Iterable[str] = ()) -> list[str]:
    """What is wrong with `cidr` as the range of a network; empty when nothing is."""
    try:
        network = parse(cidr, A_NETWORK)
    except ValueError as error:
        return [f"{key} is {cidr!r}: {error}"]
    faults = []
    if not WIDEST_NETWORK <= network.prefixlen <= NARROWEST_NETWORK:
        faults.append(f"{key} is {cidr}; allowed: /{WIDEST_NETWORK} to /{NARROWEST_NETWORK}")
    if not any(network.subnet_of(private) for private in _PRIVATE):
        faults.append(f"{key} is {cidr}; allowed: inside {', '.join(str(private) for private in _PRIVATE)}")
    for other in taken:
        try:
            clash = network.overlaps(parse(other))
        except ValueError as error:
            faults.append(f"taken holds {other!r}: {error}")
            continue
        if clash:
            faults.append(f"{key} is {cidr}, which overlaps {other}")
    return faults


def network_range(cidr: str | None, taken: Sequence[str], studio: str, project: str, faults: list[str]) -> str:
    """The range of a project's network: the one that is given, or the one that the names lead to; empty where there is none."""
    if cidr is not None:
        faults += network_faults("cidr", cidr, taken)
        return cidr
    try:
        return studio_range(studio, project, taken)
    except ArgumentError as error:
        faults += error.faults
        return ""


def public_source_faults(key: str, cidrs: Sequence[object]) -> list[str]:
    """What is wrong with `cidrs` as the public addresses that may reach a display port; empty when nothing is.

    Ranges are refused by their width and by their sum, so that 0.0.0.0/1 and 128.0.0.0/1 do not pass for the world.
    """
    faults, networks = _sources(key, cidrs)
    for network in networks:
        if any(network.overlaps(special) for special in _NEVER_A_SOURCE):
            faults.append(f"{key} holds {network}, which nobody on the internet has as an address")
    return faults


def own_source_faults(cidrs: Mapping[str, object]) -> list[str]:
    """What is wrong with ranges, by the argument that names each, from which a program's own rules let somebody in; empty when
    nothing is. Private ranges are those of networks that are joined to this one; public ones count together."""
    faults, public = [], []
    for key, cidr in cidrs.items():
        try:
            network = parse(cidr)
        except ValueError as error:
            faults.append(f"{key} is {cidr!r}: {error}")
            continue
        if any(network.subnet_of(private) for private in _PRIVATE):
            if network.prefixlen < WIDEST_NETWORK:
                faults.append(f"{key} is {cidr}; allowed of private ranges: /{WIDEST_NETWORK} or narrower")
        elif network.prefixlen < WIDEST_SOURCE:
            faults.append(f"{key} is {cidr}; allowed: /{WIDEST_SOURCE} or narrower, best a single address with /32")
        elif any(network.overlaps(special) for special in _NEVER_A_SOURCE):
            faults.append(f"{key} is {cidr}, which nobody on the internet has as an address")
        else:
            public.append((key, network))
    total = sum(network.num_addresses for network in collapse_addresses(network for _, network in public))
    if total > MOST_SOURCES:
        faults.append(
            f"{public[-1][0]} brings the addresses that are let in to {total}; allowed: {MOST_SOURCES} in all"
        )
    return faults


def destination_faults(key: str, cidr: object) -> list[str]:
    """What is wrong with a range that a program's own rule lets a machine reach; empty when nothing is."""
    try:
        network = parse(cidr)
    except ValueError as error:
        return [f"{key} is {cidr!r}: {error}"]
    if network.prefixlen < WIDEST_DESTINATION:
        return [f"{key} is {cidr}; allowed: /{WIDEST_DESTINATION} or narrower (for the whole web set web to True)"]
    return []


def vpn_source_faults(key: str, cidrs: Sequence[object]) -> list[str]:
    """What is wrong with `cidrs` as the addresses of VPN clients: private ranges only, /16 or narrower."""
    faults = [] if cidrs else [f"{key} is empty; name the range of the VPN's clients"]
    for cidr in cidrs:
        try:
            network = parse(cidr)
        except ValueError as error:
            faults.append(f"{key} holds {cidr!r}: {error}")
            continue
        if network.prefixlen < WIDEST_NETWORK or not any(network.subnet_of(private) for private in _PRIVATE):
            faults.append(f"{key} holds {cidr}; allowed through a VPN: private ranges, /{WIDEST_NETWORK} or narrower")
    return faults


def _sources(key: str, cidrs: Sequence[object]) -> tuple[list[str], list[IPv4Network]]:
    faults = [] if cidrs else [f"{key} is empty; name the addresses that may connect, such as 203.0.113.7/32"]
    networks = []
    for cidr in cidrs:
        try:
            network = parse(cidr)
        except ValueError as error:
            faults.append(f"{key} holds {cidr!r}: {error}")
            continue
        if network.prefixlen < WIDEST_SOURCE:
            faults.append(f"{key} holds {cidr}; allowed: /{WIDEST_SOURCE} or narrower, best a single address with /32")
            continue
        networks.append(network)
    total = sum(network.num_addresses for network in collapse_addresses(networks))
    if total > MOST_SOURCES:
        faults.append(f"{key} lets in {total} addresses; allowed: {MOST_SOURCES} in all")
    return faults, networks


def _parsed(key: str, cidrs: Iterable[str]) -> list[IPv4Network]:
    networks, faults = [], []
    for cidr in cidrs:
        try:
            networks.append(parse(cidr))
        except ValueError as error:
            faults.append(f"{key} holds {cidr!r}: {error}")
    if faults:
        raise ArgumentError("; ".join(faults), faults=faults)
    return networks
