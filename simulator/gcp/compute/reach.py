"""Whether firewall rules let somebody reach a port of a machine: classic rules of its network, and the network's firewall policy."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from soundstage.simulator.gcp.world import Thing, World


def reaches(world: World, machine: Thing, source: str, port: int) -> bool:
    """Whether TCP from an address comes in. Classic rules are asked first, unless the network says otherwise (Cloud NGFW, "Policy
    and rule evaluation order", read 2026-11); what no rule allows is denied."""
    network = machine["networkInterfaces"][0].get("network", "")
    known = world.things.get("/compute/" + network.partition("/compute/")[2], {})
    orders = [_classic(world, machine, network), _policy(world, machine, network)]
    if known.get("networkFirewallPolicyEnforcementOrder") == "BEFORE_CLASSIC_FIREWALL":
        orders.reverse()
    address = IPv4Address(source)
    for rules in orders:
        for action, ranges, layers in rules:
            if any(ip_address(address) in ip_network(one) for one in ranges if ":" not in one) and _takes(layers, port):
                if action == "goto_next":
                    break
                return action == "allow"
    return False


def _classic(world: World, machine: Thing, network: str) -> Iterator[tuple[str, list[str], list[Any]]]:
    """The network's rules that are about a machine: action, where from, protocols and ports. By priority, denials first."""
    held = [one for path, one in world.things.items() if "/global/firewalls/" in path and one.get("network") == network]
    for rule in sorted(held, key=lambda one: (one.get("priority", 1000), "denied" not in one)):
        if rule.get("disabled") or rule.get("direction", "INGRESS") != "INGRESS" or not _is_target(rule, machine):
            continue
        action = "denied" if "denied" in rule else "allowed"
        sources = rule.get("sourceRanges") or ([] if rule.get("sourceTags") else ["0.0.0.0/0"])
        layers = [{"ipProtocol": one.get("IPProtocol"), "ports": one.get("ports")} for one in rule.get(action, ())]
        yield ("deny" if action == "denied" else "allow"), sources, layers


def _policy(world: World, machine: Thing, network: str) -> Iterator[tuple[str, list[str], list[Any]]]:
    for path, policy in world.things.items():
        bound = (one.get("attachmentTarget") for one in policy.get("associations", ()))
        if "/firewallPolicies/" not in path or network not in bound:
            continue
        for rule in sorted(policy.get("rules", ()), key=lambda one: int(one.get("priority", 0))):
            if rule.get("disabled") or rule.get("direction") != "INGRESS" or not _is_target(rule, machine):
                continue
            match = rule.get("match", {})
            yield rule["action"], match.get("srcIpRanges", []), match.get("layer4Configs", [])


def _is_target(rule: Mapping[str, Any], machine: Thing) -> bool:
    """Whether a rule is about a machine. One for secure tags is about none here: they are not simulated."""
    tags, accounts = rule.get("targetTags"), rule.get("targetServiceAccounts")
    if rule.get("targetSecureTags"):
        return False
    if tags and not set(tags) & set(machine.get("tags", {}).get("items", ())):
        return False
    return not accounts or bool(set(accounts) & {one.get("email") for one in machine.get("serviceAccounts", ())})


def _takes(layers: Iterable[Mapping[str, Any]], port: int) -> bool:
    for layer in layers:
        if str(layer.get("ipProtocol", "")).lower() not in ("all", "tcp", "6"):
            continue
        ports = layer.get("ports") or ["0-65535"]
        for one in ports:
            first, _, last = str(one).partition("-")
            if int(first) <= port <= int(last or first):
                return True
    return False
