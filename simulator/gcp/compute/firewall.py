"""Network firewall policies: their rules, and the networks that they are associated with."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp import operations
from soundstage.simulator.gcp.checking import merged
from soundstage.simulator.gcp.generic import full_links, touched
from soundstage.simulator.gcp.refusals import Refused, in_use, invalid, not_found, wrong
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing


def _rule(work: Work, policy: Thing) -> Thing:
    priority = work.call.one("priority", "0")
    found: Thing | None = next(
        (each for each in policy.get("rules", []) if str(each.get("priority")) == priority), None
    )
    return found or not_found(f"{named(work.target)}/rules/{priority}")


def add_rule(work: Work) -> None:
    """Add a rule, whose priority must be free."""
    policy = work.must(work.target)
    rule = full_links(work, work.body)
    if not isinstance(rule.get("priority"), int) or not 0 <= rule["priority"] <= 2147483647:
        wrong("resource.priority", rule.get("priority", ""), "Must be from 0 to 2147483647.")
    if any(each.get("priority") == rule["priority"] for each in policy.get("rules", [])):
        wrong("resource.priority", rule["priority"], "Rule priorities must be unique in a policy.")
    if rule.get("action") not in ("allow", "deny", "goto_next", "apply_security_profile_group"):
        wrong("resource.action", rule.get("action", ""), "Allowed: allow, deny, goto_next.")
    if not rule.get("match", {}).get("layer4Configs"):
        invalid("Required field 'resource.match.layer4Configs' not specified", "required")
    rule = {"kind": "compute#firewallPolicyRule", "disabled": False, "ruleTupleCount": 2, **rule}
    policy["rules"] = sorted([*policy.get("rules", []), rule], key=lambda each: each.get("priority", 0))
    touched(work, work.target, policy)


def patch_rule(work: Work) -> None:
    """Change a rule."""
    policy = work.must(work.target)
    rule = _rule(work, policy)
    changed = merged(rule, full_links(work, work.body))
    policy["rules"] = [changed if each is rule else each for each in policy["rules"]]
    touched(work, work.target, policy)


def remove_rule(work: Work) -> None:
    """Take a rule away."""
    policy = work.must(work.target)
    found = _rule(work, policy)
    policy["rules"].remove(found)
    touched(work, work.target, policy)


def get_rule(work: Work) -> Thing:
    """One rule."""
    policy = work.must(work.target)
    return dict(_rule(work, policy))


def add_association(work: Work) -> None:
    """Let a policy hold in a network, which can have one."""
    policy = work.must(work.target)
    body = full_links(work, work.body)
    target, name = body.get("attachmentTarget", ""), body.get("name", "")
    if not target or not name:
        invalid("Required field 'resource.attachmentTarget' not specified", "required")
    work.must(work.path_of(target))
    held = [
        (other, each)
        for other, thing in work.world.things.items()
        if "/firewallPolicies/" in other
        for each in thing.get("associations", [])
    ]
    if any(other == work.target and each.get("name") == name for other, each in held):
        raise Refused(409, "alreadyExists", f"The resource '{named(work.target)}/associations/{name}' already exists")
    if any(each.get("attachmentTarget") == target for _, each in held) and not work.call.flag(
        "replaceExistingAssociation"
    ):
        invalid(
            "Invalid value for field 'resource.attachmentTarget': the network already has a firewall policy associated with it."
        )
    for _, each in held:
        if each.get("attachmentTarget") == target:
            _drop(work, each)
    body |= {"displayName": policy["name"], "firewallPolicyId": policy["id"], "shortName": policy["name"]}
    policy["associations"] = [*policy.get("associations", []), body]


def _drop(work: Work, association: Thing) -> None:
    for path, thing in work.world.things.items():
        if "/firewallPolicies/" in path and association in thing.get("associations", []):
            thing["associations"].remove(association)


def _association(work: Work) -> tuple[Thing, Thing]:
    policy = work.must(work.target)
    name = work.call.one("name")
    found = next((each for each in policy.get("associations", []) if each.get("name") == name), None)
    return policy, found or not_found(f"{named(work.target)}/associations/{name}")


def remove_association(work: Work) -> None:
    """Let a policy no longer hold in a network."""
    policy, found = _association(work)
    policy["associations"].remove(found)


def get_association(work: Work) -> Thing:
    """One association."""
    return dict(_association(work)[1])


def delete(work: Work) -> Thing:
    """Take a policy away that holds nowhere."""
    policy = work.must(work.call.path)
    if policy.get("associations"):
        target = named(work.path_of(policy["associations"][0].get("attachmentTarget", "")))
        in_use("firewall_policy", named(work.call.path), target)
    return operations.begun(work, work.call.path, "remove")


_START: Final = "compute.networkFirewallPolicies."
HANDLERS: Final[Mapping[str, Handler]] = {
    _START + "addRule": add_rule,
    _START + "patchRule": patch_rule,
    _START + "removeRule": remove_rule,
    _START + "getRule": get_rule,
    _START + "addAssociation": add_association,
    _START + "removeAssociation": remove_association,
    _START + "getAssociation": get_association,
    _START + "delete": delete,
}
