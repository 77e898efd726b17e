"""Networks, subnetworks, routers, addresses and routes."""

import ipaddress
from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp import operations, rules
from soundstage.simulator.gcp.generic import check_fingerprint, full_links, touched, unused
from soundstage.simulator.gcp.listing import check_place
from soundstage.simulator.gcp.refusals import Refused, invalid, precondition, wrong
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing

_FIRST_FREE: Final = 2
_PUBLIC: Final = ipaddress.ip_network("203.0.113.0/24")
"""Addresses for documentation (RFC 5737): nothing real answers there."""


def range_of(text: str, where: str) -> ipaddress.IPv4Network:
    """A range of addresses. Raises `Refused` for what is none."""
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        wrong(where, text, f"Invalid IPCidrRange: {text}.")


def network(work: Work) -> Thing:
    """A network that was made."""
    if work.body.get("IPv4Range"):
        invalid("Invalid value for field 'resource.IPv4Range': legacy networks cannot be made any more.")
    work.body.setdefault("autoCreateSubnetworks", True)
    work.body.setdefault("routingConfig", {}).setdefault("routingMode", "REGIONAL")
    work.body.setdefault("networkFirewallPolicyEnforcementOrder", "AFTER_CLASSIC_FIREWALL")
    return work.body


def subnetwork(work: Work) -> Thing:
    """A subnetwork that was made: its range must be free in its network."""
    check_place(work)
    body = work.body
    if not body.get("network"):
        invalid("Required field 'resource.network' not specified", "required")
    wanted = {"resource.ipCidrRange": range_of(body.get("ipCidrRange", ""), "resource.ipCidrRange")}
    for number, each in enumerate(body.get("secondaryIpRanges", [])):
        where = f"resource.secondaryIpRanges[{number}].ipCidrRange"
        wanted[where] = range_of(each.get("ipCidrRange", ""), where)
    if not 8 <= wanted["resource.ipCidrRange"].prefixlen <= 29:
        wrong("resource.ipCidrRange", body["ipCidrRange"], "The prefix must be from /8 to /29.")
    for where, asked in wanted.items():
        for path, other in work.world.things.items():
            if "/subnetworks/" not in path or other is body or other.get("network") != body["network"]:
                continue
            held = [other["ipCidrRange"], *(each["ipCidrRange"] for each in other.get("secondaryIpRanges", []))]
            if any(asked.overlaps(ipaddress.IPv4Network(each)) for each in held):
                invalid(
                    f"Invalid IPCidrRange: {asked} conflicts with existing subnetwork '{other['name']}' in region "
                    f"'{other['region'].rpartition('/')[2]}'. (field '{where}')"
                )
    body.setdefault("gatewayAddress", str(wanted["resource.ipCidrRange"][1]))
    body.setdefault("purpose", "PRIVATE")
    body.setdefault("stackType", "IPV4_ONLY")
    body.setdefault("privateIpGoogleAccess", False)
    rules.check_region(work, body["region"].rpartition("/")[2])
    _list_in_network(work, body)
    return body


def _list_in_network(work: Work, subnet: Thing) -> None:
    whole = work.must(work.path_of(subnet["network"]))
    whole.setdefault("subnetworks", []).append(subnet["selfLink"])


def delete_subnetwork(work: Work) -> Thing:
    """Take a subnetwork away that nothing uses. Its network, which lists it, does not use it."""
    subnet = work.must(work.call.path)
    whole = work.find(work.path_of(subnet["network"]))
    link = work.link(work.call.path)
    if whole and link in whole.get("subnetworks", []):
        whole["subnetworks"].remove(link)
        try:
            unused(work, work.call.path)
        except Refused:
            whole["subnetworks"].append(link)
            raise
    return operations.begun(work, work.call.path, "remove")


def patch_subnetwork(work: Work) -> None:
    """Change a subnetwork, by whoever knows its present state."""
    subnet = work.must(work.call.path)
    if "fingerprint" not in work.body:
        precondition("Fingerprint is required for a change of a subnetwork.")
    check_fingerprint(work.body["fingerprint"], subnet["fingerprint"], "resource")
    for fixed in ("ipCidrRange", "network", "region"):
        if fixed in work.body and work.body[fixed] != subnet.get(fixed):
            wrong(f"resource.{fixed}", work.body[fixed], "It cannot be changed.")
    subnet.update(full_links(work, {key: value for key, value in work.body.items() if key != "fingerprint"}))
    touched(work, work.call.path, subnet)


def expand(work: Work) -> None:
    """Give a subnetwork a larger range around its own."""
    subnet = work.must(work.target)
    wanted = range_of(work.body.get("ipCidrRange", ""), "ipCidrRange")
    if not wanted.supernet_of(ipaddress.IPv4Network(subnet["ipCidrRange"])):
        wrong("ipCidrRange", wanted, f"It must hold the present range {subnet['ipCidrRange']}.")
    subnet["ipCidrRange"] = str(wanted)


def private_access(work: Work) -> None:
    """Whether machines without a public address reach Google's APIs."""
    work.must(work.target)["privateIpGoogleAccess"] = work.body.get("privateIpGoogleAccess", False)


def router(work: Work) -> Thing:
    """A router that was made or changed: what it translates must be whole."""
    names = [each.get("name") for each in work.body.get("nats", [])]
    if len(set(names)) != len(names):
        invalid(
            f"Invalid value for field 'resource.nats': the names of the NATs must differ ({', '.join(map(str, names))})."
        )
    for number, nat in enumerate(work.body.get("nats", [])):
        if not nat.get("natIpAllocateOption") and not nat.get("natIps"):
            invalid(f"Required field 'resource.nats[{number}].natIpAllocateOption' not specified", "required")
        if not nat.get("sourceSubnetworkIpRangesToNat"):
            invalid(f"Required field 'resource.nats[{number}].sourceSubnetworkIpRangesToNat' not specified", "required")
    return work.body


def change_router(work: Work) -> None:
    """Change a router; lists in the body replace its own."""
    path = work.call.path
    held = work.must(path)
    router(work)
    kept = (
        held
        if work.method.name == "patch"
        else {key: held[key] for key in ("id", "name", "kind", "selfLink", "region", "network", "creationTimestamp")}
    )
    work.world.things[path] = {**kept, **full_links(work, work.body)}


def router_status(work: Work) -> Thing:
    """What a router does."""
    held = work.must(work.target)
    return {
        "kind": "compute#routerStatusResponse",
        "result": {"network": held["network"], "natStatus": [{"name": each["name"]} for each in held.get("nats", [])]},
    }


def address(work: Work) -> Thing:
    """An address that was reserved."""
    if work.body.get("addressType", "EXTERNAL") == "INTERNAL" and work.body.get("subnetwork"):
        subnet = work.must(work.path_of(work.body["subnetwork"]))
        work.body.setdefault("address", free_in(work, subnet))
    else:
        work.body.setdefault("address", free_address(work))
    work.body.setdefault("addressType", "EXTERNAL")
    work.body.setdefault("networkTier", "PREMIUM")
    return work.body


def route(work: Work) -> Thing:
    """A route that was made."""
    range_of(work.body.get("destRange", ""), "resource.destRange")
    if not any(key.startswith("nextHop") for key in work.body):
        invalid("Invalid value for field 'resource': exactly one next hop must be specified.")
    work.body.setdefault("priority", 1000)
    return work.body


def firewall(work: Work) -> Thing:
    """A firewall rule of a network that was made."""
    if not work.body.get("allowed") and not work.body.get("denied"):
        invalid("Invalid value for field 'resource': one of allowed and denied must be specified.", "required")
    for key, value in (("direction", "INGRESS"), ("priority", 1000), ("disabled", False)):
        work.body.setdefault(key, value)
    return work.body


def join(work: Work, card: Thing, region: str, number: int) -> None:
    """Give a machine's interface its place in a network."""
    where = f"resource.networkInterfaces[{number}]"
    if card.get("subnetwork"):
        path = work.path_of(card["subnetwork"])
        subnet = work.must(path)
        if f"/regions/{region}/" not in path:
            wrong(f"{where}.subnetwork", card["subnetwork"], "It must be in the region of the instance.")
        card["network"] = subnet["network"]
        asked = card.get("networkIP")
        if asked and (
            asked in _used(work, subnet)
            or ipaddress.ip_address(asked) not in ipaddress.IPv4Network(subnet["ipCidrRange"])
        ):
            wrong(f"{where}.networkIP", asked, "IP address is in use or outside of the subnetwork.")
        card["networkIP"] = asked or free_in(work, subnet)
    elif not card.get("network"):
        invalid(f"Invalid value for field '{where}': a network or a subnetwork must be specified.")
    elif not work.must(work.path_of(card["network"])).get("autoCreateSubnetworks"):
        wrong(where, "", "Subnetwork should be specified for custom subnetmode network")
    else:
        card.setdefault("networkIP", f"10.128.0.{_FIRST_FREE + len(work.world.things)}")
    card |= {"name": f"nic{number}", "kind": "compute#networkInterface", "fingerprint": work.text(12)}
    for access in card.get("accessConfigs", []):
        access.setdefault("type", "ONE_TO_ONE_NAT")
        access.setdefault("name", "External NAT")
        access["natIP"] = access.get("natIP") or free_address(work)


def _used(work: Work, subnet: Thing) -> set[str]:
    link = subnet["selfLink"]
    cards = [
        card
        for path, thing in work.world.things.items()
        if "/instances/" in path
        for card in thing.get("networkInterfaces", [])
    ]
    held = {card["networkIP"] for card in cards if card.get("subnetwork") == link}
    return held | {
        thing["address"]
        for path, thing in work.world.things.items()
        if "/addresses/" in path and thing.get("subnetwork") == link and "address" in thing
    }


def free_in(work: Work, subnet: Thing) -> str:
    """The first address of a subnetwork that nothing has."""
    held = _used(work, subnet)
    addresses = ipaddress.IPv4Network(subnet["ipCidrRange"])
    for number in range(_FIRST_FREE, addresses.num_addresses - 2):
        if str(addresses[number]) not in held:
            return str(addresses[number])
    raise Refused(400, "IP_SPACE_EXHAUSTED", f"IP space of '{named(work.path_of(subnet['selfLink']))}' is exhausted.")


def free_address(work: Work) -> str:
    """A public address, of those for documentation."""
    return str(_PUBLIC[1 + work.random.randrange(250)])


HANDLERS: Final[Mapping[str, Handler]] = {
    "compute.subnetworks.delete": delete_subnetwork,
    "compute.subnetworks.patch": patch_subnetwork,
    "compute.subnetworks.expandIpCidrRange": expand,
    "compute.subnetworks.setPrivateIpGoogleAccess": private_access,
    "compute.routers.patch": change_router,
    "compute.routers.update": change_router,
    "compute.routers.getRouterStatus": router_status,
}
MADE: Final[Mapping[str, Handler]] = {
    "compute.networks": network,
    "compute.subnetworks": subnetwork,
    "compute.routers": router,
    "compute.addresses": address,
    "compute.globalAddresses": address,
    "compute.routes": route,
    "compute.firewalls": firewall,
}
