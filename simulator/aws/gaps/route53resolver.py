"""Route 53 Resolver: DNS Firewall, which moto lacks, and tags. No name is resolved or blocked.

Source: Amazon Route 53 API Reference, Route 53 Resolver actions (2026-11).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from moto.moto_api._internal import mock_random

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Shape
from soundstage.simulator.aws.gaps.tagging import given, handlers

_KINDS: Final = {
    "firewall-domain-list": ("rslvr-fdl", "FirewallDomainList"),
    "firewall-rule-group": ("rslvr-frg", "FirewallRuleGroup"),
    "firewall-rule-group-association": ("rslvr-frgassoc", "FirewallRuleGroupAssociation"),
}
"""What has an ARN: the beginning of its id, and its name in the API."""
_NAMED: Final = {name: kind for kind, (_, name) in _KINDS.items()}


@dataclass
class Firewall:
    """What DNS Firewall holds in a region."""

    known: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By kind and id, as the API shows it."""
    domains: dict[str, list[str]] = field(default_factory=dict)
    """What each domain list names."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was said of a network, by its id."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """By ARN."""


def _missing(what: str, identity: str) -> Refusal:
    return Refusal(
        "ResourceNotFoundException", f"[RSLVR-02025] Can't find the resource with ID '{identity}' ({what}).", 400
    )


def _find(call: Call, kind: str, identity: str) -> dict[str, Any]:
    try:
        return call.own(Firewall).known[kind][identity]
    except KeyError:
        raise _missing(kind, identity) from None


def _network(call: Call, identity: str) -> None:
    if identity not in call.moto("ec2").vpcs:
        raise _missing("vpc", identity)


def _make(call: Call, kind: str, **shown: Any) -> Shape:
    """Make one, or give the one that was made by a call with the same `CreatorRequestId`."""
    kept = call.own(Firewall)
    begins, name = _KINDS[kind]
    request = str(call.params.get("CreatorRequestId", ""))
    before = next((each for each in kept.known.get(kind, {}).values() if each["CreatorRequestId"] == request), None)
    if before is not None:
        return {name: before}
    identity = f"{begins}-{mock_random.get_random_hex(16)}"
    arn = f"arn:aws:route53resolver:{call.request.region}:{call.caller.account_id}:{kind}/{identity}"
    made = {
        "Id": identity,
        "Arn": arn,
        "Name": call.params.get("Name", ""),
        "Status": "COMPLETE",
        "StatusMessage": "",
        "CreatorRequestId": request,
        "CreationTime": call.now.isoformat(),
        "ModificationTime": call.now.isoformat(),
        **shown,
    }
    kept.known.setdefault(kind, {})[identity] = made
    kept.tags[arn] = given(call)
    return {name: made}


def _end(call: Call, kind: str, identity: str) -> Shape:
    found = _find(call, kind, identity)
    kept = call.own(Firewall)
    del kept.known[kind][identity]
    kept.tags.pop(found["Arn"], None)
    return {_KINDS[kind][1]: {**found, "Status": "DELETING"}}


def _get(call: Call) -> Shape:
    name = call.request.operation.removeprefix("Get")
    return {name: _find(call, _NAMED[name], call.params[f"{name}Id"])}


def _list(call: Call) -> Shape:
    name = call.request.operation.removeprefix("List").removesuffix("s")
    wanted = {key: call.params[key] for key in ("FirewallRuleGroupId", "VpcId") if key in call.params}
    listed = _all(call, _NAMED[name])
    return {f"{name}s": [each for each in listed if all(each[key] == value for key, value in wanted.items())]}


def create_firewall_domain_list(call: Call) -> Shape:
    return _make(call, "firewall-domain-list", DomainCount=0)


def update_firewall_domains(call: Call) -> Shape:
    identity, given = call.params["FirewallDomainListId"], list(call.params.get("Domains") or ())
    found, kept = _find(call, "firewall-domain-list", identity), call.own(Firewall)
    before = kept.domains.get(identity, [])
    kept.domains[identity] = {
        "ADD": [*before, *(name for name in given if name not in before)],
        "REMOVE": [name for name in before if name not in given],
        "REPLACE": given,
    }[call.params["Operation"]]
    found |= {"DomainCount": len(kept.domains[identity]), "ModificationTime": call.now.isoformat()}
    return {key: found[key] for key in ("Id", "Name", "Status", "StatusMessage")}


def list_firewall_domains(call: Call) -> Shape:
    identity = _find(call, "firewall-domain-list", call.params["FirewallDomainListId"])["Id"]
    # AWS shows names with the dot at their end that stands for the root.
    return {"Domains": [f"{name.removesuffix('.')}." for name in call.own(Firewall).domains.get(identity, [])]}


def delete_firewall_domain_list(call: Call) -> Shape:
    identity = call.params["FirewallDomainListId"]
    if any(rule["FirewallDomainListId"] == identity for rule in call.own(Firewall).rules):
        raise Refusal("ConflictException", "[RSLVR-02107] The domain list is in use by a firewall rule.", 400)
    call.own(Firewall).domains.pop(identity, None)
    return _end(call, "firewall-domain-list", identity)


def create_firewall_rule_group(call: Call) -> Shape:
    return _make(call, "firewall-rule-group", RuleCount=0, OwnerId=call.caller.account_id, ShareStatus="NOT_SHARED")


def delete_firewall_rule_group(call: Call) -> Shape:
    identity = call.params["FirewallRuleGroupId"]
    if any(each["FirewallRuleGroupId"] == identity for each in _all(call, "firewall-rule-group-association")):
        raise Refusal("ConflictException", "[RSLVR-02201] The rule group is associated with a VPC.", 400)
    if any(rule["FirewallRuleGroupId"] == identity for rule in call.own(Firewall).rules):
        raise Refusal("ConflictException", "[RSLVR-02202] The rule group has rules. Delete them first.", 400)
    return _end(call, "firewall-rule-group", identity)


_RULE: Final = (
    "Name", "Priority", "Action", "BlockResponse", "BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl",
    "FirewallDomainRedirectionAction", "Qtype",
)  # fmt: skip


def _is_rule(call: Call, rule: dict[str, Any]) -> bool:
    return all(rule[key] == call.params.get(key) for key in ("FirewallRuleGroupId", "FirewallDomainListId"))


def _rule(call: Call) -> dict[str, Any]:
    for rule in call.own(Firewall).rules:
        if _is_rule(call, rule):
            return rule
    raise _missing("firewall rule", str(call.params.get("FirewallDomainListId")))


def create_firewall_rule(call: Call) -> Shape:
    group = _find(call, "firewall-rule-group", call.params["FirewallRuleGroupId"])
    domains = _find(call, "firewall-domain-list", call.params.get("FirewallDomainListId", ""))
    of_group = [each for each in call.own(Firewall).rules if each["FirewallRuleGroupId"] == group["Id"]]
    same = next((each for each in of_group if each["CreatorRequestId"] == call.params.get("CreatorRequestId")), None)
    if same is not None:
        return {"FirewallRule": same}
    if any(each["Priority"] == call.params["Priority"] for each in of_group):
        raise Refusal("ValidationException", "[RSLVR-02121] Another rule of the group has this priority.", 400)
    if any(each["FirewallDomainListId"] == domains["Id"] for each in of_group):
        raise Refusal("ValidationException", "[RSLVR-02120] The group has a rule with this domain list.", 400)
    _check_block(call)
    made = {
        "FirewallRuleGroupId": group["Id"],
        "FirewallDomainListId": domains["Id"],
        "CreatorRequestId": call.params.get("CreatorRequestId", ""),
        "CreationTime": call.now.isoformat(),
        "ModificationTime": call.now.isoformat(),
        "FirewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN",
        **{key: call.params[key] for key in _RULE if key in call.params},
    }
    call.own(Firewall).rules.append(made)
    group["RuleCount"] += 1
    return {"FirewallRule": made}


def _check_block(call: Call) -> None:
    if call.params.get("Action") == "BLOCK" and not call.params.get("BlockResponse"):
        raise Refusal("ValidationException", "[RSLVR-02109] BlockResponse is needed with the action BLOCK.", 400)


def update_firewall_rule(call: Call) -> Shape:
    rule = _rule(call)
    _check_block(call)
    rule |= {key: call.params[key] for key in _RULE if key in call.params} | {"ModificationTime": call.now.isoformat()}
    return {"FirewallRule": rule}


def list_firewall_rules(call: Call) -> Shape:
    group = _find(call, "firewall-rule-group", call.params["FirewallRuleGroupId"])["Id"]
    found = [rule for rule in call.own(Firewall).rules if rule["FirewallRuleGroupId"] == group]
    return {"FirewallRules": sorted(found, key=lambda rule: int(rule["Priority"]))}


def delete_firewall_rule(call: Call) -> Shape:
    rule = _rule(call)
    call.own(Firewall).rules.remove(rule)
    _find(call, "firewall-rule-group", rule["FirewallRuleGroupId"])["RuleCount"] -= 1
    return {"FirewallRule": rule}


def associate_firewall_rule_group(call: Call) -> Shape:
    group, network = call.params["FirewallRuleGroupId"], call.params["VpcId"]
    _find(call, "firewall-rule-group", group)
    _network(call, network)
    return _make(
        call,
        "firewall-rule-group-association",
        FirewallRuleGroupId=group,
        VpcId=network,
        Priority=call.params["Priority"],
        MutationProtection=call.params.get("MutationProtection", "DISABLED"),
    )


def _association(call: Call) -> dict[str, Any]:
    return _find(call, "firewall-rule-group-association", call.params["FirewallRuleGroupAssociationId"])


def _unprotected(call: Call) -> dict[str, Any]:
    found = _association(call)
    if found["MutationProtection"] == "ENABLED" and call.params.get("MutationProtection") != "DISABLED":
        raise Refusal(
            "ValidationException",
            "[RSLVR-02307] The DNS Firewall rule group association is under mutation protection. "
            "Remove the mutation protection and try again.",
            400,
        )
    return found


def update_firewall_rule_group_association(call: Call) -> Shape:
    found = _unprotected(call)
    found |= {key: call.params[key] for key in ("Name", "Priority", "MutationProtection") if key in call.params}
    return {"FirewallRuleGroupAssociation": found}


def disassociate_firewall_rule_group(call: Call) -> Shape:
    return _end(call, "firewall-rule-group-association", _unprotected(call)["Id"])


def _config(call: Call, network: str) -> dict[str, Any]:
    """What is said of a network; every network has something said of it from the first look on."""
    _network(call, network)
    made = {
        "Id": f"rslvr-fc-{mock_random.get_random_hex(16)}",
        "ResourceId": network,
        "OwnerId": call.caller.account_id,
        "FirewallFailOpen": "DISABLED",
    }
    return call.own(Firewall).configs.setdefault(network, made)


def get_firewall_config(call: Call) -> Shape:
    return {"FirewallConfig": _config(call, call.params["ResourceId"])}


def list_firewall_configs(call: Call) -> Shape:
    networks = call.moto("ec2").vpcs
    found = [each for network, each in call.own(Firewall).configs.items() if network in networks]
    return {"FirewallConfigs": found}


def update_firewall_config(call: Call) -> Shape:
    found = _config(call, call.params["ResourceId"])
    found["FirewallFailOpen"] = call.params["FirewallFailOpen"]
    return {"FirewallConfig": found}


def _all(call: Call, kind: str) -> Iterator[dict[str, Any]]:
    yield from call.own(Firewall).known.get(kind, {}).values()


def _tags(call: Call) -> dict[str, str] | None:
    """The tags of what is meant; moto's of a query log, and None for what is neither."""
    arn, kept = call.params["ResourceArn"], call.own(Firewall).tags
    if arn in kept:
        return kept[arn]
    backend = call.moto("route53resolver")
    tags: dict[str, dict[str, str]] = backend.tagger.tags
    return tags.setdefault(arn, {}) if arn in {log.arn for log in backend.resolver_query_log_configs.values()} else None


HANDLERS = {
    **{f"Get{name}": _get for name in _NAMED},
    **{f"List{name}s": _list for name in _NAMED},
    **handlers(_tags),
}
