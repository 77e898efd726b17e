"""StudioNetwork under mocks: which names machines resolve, and what is recorded of it."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws import StudioNetwork
from soundstage.components.aws.dns import needed_names
from soundstage.components.aws.endpoints import DOORS
from soundstage.components.aws.network_args import StudioNetworkArgs
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

TAGS = base_tags("home", "teaser")
USUAL = [door for door in DOORS if door.always]
GUARDED = {"dns_firewall": True, "dns_domains": ["licences.example.com"]}


def network(deploy: Any, **changes: Any) -> Any:
    args: StudioNetworkArgs = {"project": "teaser", "tags": TAGS, **changes}
    return deploy(lambda: StudioNetwork("teaser", args))


def test_a_network_without_a_way_out_let_names_carry_data_out(deploy: Callable[..., Any]) -> None:
    """Whatever is not on the list has no answer, and so reaches no server of a stranger."""
    made = network(deploy, **GUARDED)
    rules = {rule.inputs["name"]: rule.inputs for rule in made.all("ResolverFirewallRule")}
    lists = {f"{each.name}-id": each.inputs["domains"] for each in made.all("ResolverFirewallDomainList")}
    allow, block = rules["allow"], rules["block"]
    assert (allow["action"], block["action"], block["blockResponse"]) == ("ALLOW", "BLOCK", "NXDOMAIN")
    assert allow["priority"] < block["priority"]
    assert lists[block["firewallDomainListId"]] == ["*."]
    allowed = lists[allow["firewallDomainListId"]]
    assert set(allowed) == {f"{name}." for name in (*needed_names("eu-west-1", USUAL), "licences.example.com")}
    assert len(rules) == 2
    assert {rule["firewallRuleGroupId"] for rule in rules.values()} == {
        f"{made.one('ResolverFirewallRuleGroup').name}-id"
    }


def test_only_names_that_amazon_answers_for_are_needed() -> None:
    """A wildcard under a name that anybody can have would be the way out that the firewall closes."""
    names = needed_names("eu-west-1", USUAL)
    assert all(name.endswith((".amazonaws.com", ".compute.internal")) for name in names)
    assert not {"*.amazonaws.com", "*.eu-west-1.amazonaws.com", "*.com", "*"} & set(names)
    assert {f"{door.service}.eu-west-1.amazonaws.com" for door in USUAL} <= set(names)
    assert {"s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com"} <= set(names)


def test_the_first_regions_own_names_are_spelled_as_its_vpcs_spell_them() -> None:
    assert "*.ec2.internal" in needed_names("us-east-1", USUAL)


def test_names_are_refused_while_the_firewall_does_not_answer(deploy: Callable[..., Any]) -> None:
    made = network(deploy, **GUARDED)
    assert made.one("ResolverFirewallConfig").inputs["firewallFailOpen"] == "DISABLED"
    assert made.one("ResolverFirewallConfig").inputs["resourceId"] == f"{made.one('Vpc').name}-id"


def test_down_is_not_refused_by_a_protected_association(deploy: Callable[..., Any]) -> None:
    association = network(deploy, **GUARDED).one("ResolverFirewallRuleGroupAssociation").inputs
    assert association["mutationProtection"] == "DISABLED"
    assert association["priority"] > 100  # AWS keeps the smaller ones


def test_every_question_is_kept_encrypted_as_long_as_the_flow_logs(deploy: Callable[..., Any]) -> None:
    made = network(deploy, dns_query_log=True, flow_log_days=400, key_arn="arn:aws:kms:eu-west-1:123456789012:key/k")
    (group,) = [each for each in made.all("LogGroup") if each.name == "teaser-queries"]
    assert group.inputs["name"] == "/soundstage/home/teaser/teaser/queries"
    assert group.inputs["retentionInDays"] == 400
    assert group.inputs["kmsKeyId"] == "arn:aws:kms:eu-west-1:123456789012:key/k"
    association = made.one("ResolverQueryLogConfigAssociation").inputs
    assert association["resourceId"] == f"{made.one('Vpc').name}-id"
    assert association["resolverQueryLogConfigId"] == f"{made.one('ResolverQueryLogConfig').name}-id"


def test_a_query_log_without_a_key_is_encrypted_with_one_of_its_own(deploy: Callable[..., Any]) -> None:
    made = network(deploy, dns_query_log=True)
    assert {"teaser-queries-key-key", "teaser-traffic-key-key"} == {key.name for key in made.all("Key")}


def test_nothing_of_it_is_paid_for_unless_asked_for(deploy: Callable[..., Any]) -> None:
    assert not [each.name for each in network(deploy).resources if "Resolver" in each.kind]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"dns_domains": ["licences.example.com"]}, "without dns_firewall"),
        ({"zone": "io", "nat": True, "dns_firewall": True}, "nothing on the internet has a name"),
        ({"dns_firewall": True, "dns_domains": ["*"]}, "a domain in lower case"),
        ({"dns_firewall": True, "dns_domains": ["Example.com"]}, "a domain in lower case"),
        ({"dns_firewall": True, "dns_domains": ["a.example.com\n"]}, "a domain in lower case"),
        ({"dns_firewall": True, "dns_domains": ["a.example.com", "a.example.com"]}, "more than once"),
        ({"dns_firewall": True, "dns_domains": [f"a{number}.example.com" for number in range(901)]}, "at most 900"),
    ],
)
def test_names_that_cannot_be_meant_are_refused(
    deploy: Callable[..., Any], changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ArgumentError, match=complaint):
        network(deploy, **changes)
