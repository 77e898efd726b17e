"""A project's network on Google Cloud: who gets in, what gets out, and that the policies find nothing in it and everything in its bad twins."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.components.gcp.conftest import Findings, plan_of, without

from soundstage.components.gcp import StudioNetwork
from soundstage.components.gcp.network_args import resolve
from soundstage.components.gcp.network_firewall import rules
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home", "teaser", owner="ana@studio.example")
CLOSED: dict[str, Any] = {"project": "teaser", "tags": TAGS}
OPEN: dict[str, Any] = {**CLOSED, "zone": "io", "nat": True, "windows": True, "dns_query_log": True}


def made(deploy: Deploy, args: dict[str, Any]) -> Any:
    build: Any = StudioNetwork
    return deploy(lambda: build("teaser-net", args))


def admitted(args: dict[str, Any], direction: str) -> dict[str, tuple[str, ...]]:
    build: Any = resolve
    return {
        rule.range: rule.ports
        for rule in rules(build("net", args))
        if rule.direction == direction and rule.action == "allow"
    }


def test_people_come_in_through_identity_aware_proxy_alone() -> None:
    assert admitted(OPEN, "INGRESS") == {"35.235.240.0/20": ("22", "3389", "8443")}


def test_from_a_content_network_only_googles_services_are_reached() -> None:
    assert admitted(CLOSED, "EGRESS") == {"199.36.153.4/30": ("443",)}


def test_with_nat_the_web_is_reached_and_nothing_else() -> None:
    assert admitted({**CLOSED, "zone": "mgmt", "nat": True}, "EGRESS") == {
        "199.36.153.4/30": ("443",),
        "0.0.0.0/0": ("80", "443"),
    }


@pytest.mark.parametrize("args", [CLOSED, OPEN], ids=["content", "io"])
def test_the_last_rules_deny_everything_both_ways(args: dict[str, Any]) -> None:
    build: Any = resolve
    found = rules(build("net", args))
    assert found == sorted(found, key=lambda rule: rule.priority)
    last = {(rule.direction, rule.action, rule.range, rule.protocol, rule.ports) for rule in found[-2:]}
    assert last == {("INGRESS", "deny", "0.0.0.0/0", "all", ()), ("EGRESS", "deny", "0.0.0.0/0", "all", ())}


def test_nothing_of_the_network_that_google_would_make_is_there(deploy: Deploy) -> None:
    network = made(deploy, CLOSED).one("Network").inputs
    assert network["autoCreateSubnetworks"] is False
    assert network["deleteDefaultRoutesOnCreate"] is True
    assert network["networkFirewallPolicyEnforcementOrder"] == "BEFORE_CLASSIC_FIREWALL"


def test_a_closed_network_has_no_way_to_the_internet(deploy: Deploy) -> None:
    closed = made(deploy, CLOSED)
    assert [each.inputs["destRange"] for each in closed.all("Route")] == ["199.36.153.4/30"]
    assert not closed.all("RouterNat")
    assert not closed.all("Address")
    names = {each.inputs["name"]: each.inputs["rrdatas"] for each in closed.all("RecordSet")}
    assert names["restricted.googleapis.com."] == [f"199.36.153.{last}" for last in (4, 5, 6, 7)]
    assert names["*.googleapis.com."] == ["restricted.googleapis.com."]


def test_nothing_stands_in_the_network_before_its_policy_is_in_force(deploy: Deploy) -> None:
    closed = made(deploy, CLOSED)
    subnet, guard = closed.one("Subnetwork"), closed.one("NetworkFirewallPolicyAssociation")
    assert guard.urn in subnet.waits_for
    assert {each.urn for each in closed.all("NetworkFirewallPolicyRule")} <= set(guard.waits_for)


def test_traffic_is_kept_for_a_year_under_a_key(deploy: Deploy) -> None:
    closed = made(deploy, CLOSED)
    bucket = closed.one("ProjectBucketConfig").inputs
    assert bucket["retentionDays"] == 365
    assert bucket["cmekSettings"]["kmsKeyName"] == "teaser-net-logs-key-id"
    wanted = closed.one("ProjectSink").inputs["filter"]
    assert 'resource.labels.subnetwork_name="teaser-net-private-1234567"' in wanted
    member = closed.one("CryptoKeyIAMMember").inputs["member"]
    assert member == "serviceAccount:cmek-p123456789012@gcp-sa-logging.iam.gserviceaccount.com"


def test_addresses_of_ones_own_are_not_made_anew(deploy: Deploy) -> None:
    network = made(deploy, {**OPEN, "nat_address_ids": ["projects/p/regions/r/addresses/mine"]})
    assert not network.all("Address")
    assert network.one("RouterNat").inputs["natIps"] == ["projects/p/regions/r/addresses/mine"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"nat": True}, 'nat is True in zone content, whose machines must not reach the internet; use zone "io"'),
        ({"nat_address_ids": ["a"]}, "nat_address_ids is given without nat; set nat to True"),
        ({"zone": "contnet"}, 'did you mean "content"?'),
        ({"region": "eu-west-1"}, "region is 'eu-west-1'; allowed: a region of Google Cloud, such as europe-west4"),
        ({"project_id": "123456789012"}, "project_id is '123456789012'; allowed: the id of a Google Cloud project"),
        ({"cidr": "8.8.0.0/20"}, "cidr is 8.8.0.0/20; allowed: inside 10.0.0.0/8"),
        ({"tags": {"soundstage:owner": "A" * 30}}, "takes 90 characters as a label of Google Cloud"),
        ({"access": "session"}, "access is not known"),
    ],
)  # fmt: skip
def test_what_a_network_cannot_be_is_refused(args: dict[str, Any], said: str) -> None:
    build: Any = resolve
    with pytest.raises(ArgumentError) as refused:
        build("net", {"project": "teaser", **args})
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["Teaser", "1st", "a" * 42, "teaser_net"])
def test_a_name_that_its_children_could_not_carry_is_refused(name: str) -> None:
    build: Any = resolve
    with pytest.raises(ArgumentError, match="name is"):
        build(name, CLOSED)


def test_all_faults_are_said_at_once() -> None:
    build: Any = resolve
    with pytest.raises(ArgumentError) as refused:
        build("Net", {"project": "Teaser", "nat": True, "flow_log_days": 3, "region": "mars"})
    assert [fault.partition(" ")[0] for fault in refused.value.faults] == [
        "name", "region", "project", "nat", "flow_log_days",
    ]  # fmt: skip


@pytest.mark.parametrize("profile", ["studio", "content"])
def test_the_policies_find_nothing_in_a_closed_network(deploy: Deploy, findings: Findings, profile: str) -> None:
    assert findings(plan_of(made(deploy, CLOSED)), profile) == set()


def test_the_policies_find_nothing_in_an_open_network(deploy: Deploy, findings: Findings) -> None:
    assert findings(plan_of(made(deploy, OPEN)), "studio") == set()


BAD: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "ssh-for-everyone": (
        {"teaser-net-in-iap": {"match": {"srcIpRanges": ["0.0.0.0/0"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["22"]}]}}},
        "NET-01 teaser-net-in-iap",
    ),
    "rdp-past-iap": (
        {"teaser-net-in-iap": {"match": {"srcIpRanges": ["203.0.113.0/24"], "layer4Configs": [{"ipProtocol": "tcp", "ports": ["3389"]}]}}},
        "NET-22 teaser-net-in-iap",
    ),
    "subnets-by-themselves": ({"teaser-net-vpc": {"autoCreateSubnetworks": True}}, "NET-12 teaser-net-vpc"),
    "default-routes-stay": ({"teaser-net-vpc": {"deleteDefaultRoutesOnCreate": False}}, "NET-09 teaser-net-vpc"),
    "no-flow-log": ({"teaser-net-private": {"logConfig": None}}, "NET-13 teaser-net-private"),
    "no-private-access": ({"teaser-net-private": {"privateIpGoogleAccess": False}}, "NET-14 teaser-net-private"),
    "a-month-of-logs": ({"teaser-net-logs": {"retentionDays": 30}}, "LOG-02 teaser-net-logs"),
    "a-key-that-never-rotates": ({"teaser-net-logs-key": {"rotationPeriod": None}}, "KMS-01 teaser-net-logs-key"),
    "egress-is-allowed": ({"teaser-net-deny-out": {"action": "allow"}}, "NET-23 teaser-net-vpc"),
}  # fmt: skip


@pytest.mark.parametrize("twin", BAD)
def test_the_policies_find_the_bad_twin(deploy: Deploy, findings: Findings, twin: str) -> None:
    changes, found = BAD[twin]
    assert found in findings(plan_of(made(deploy, CLOSED), **changes), "content")


def test_a_policy_that_is_bound_to_no_network_denies_nothing(deploy: Deploy, findings: Findings) -> None:
    plan = without(plan_of(made(deploy, CLOSED)), "teaser-net-guard")
    assert "NET-23 teaser-net-vpc" in findings(plan, "content")
