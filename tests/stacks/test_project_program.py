"""What the project's program makes of a project file, and what it does not make for nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import open_project
from soundstage.stacks.verdict import verdict

ROOT = Path(__file__).resolve().parents[2]
NAT = "aws:ec2/natGateway:NatGateway"
MACHINE = "workstations:\n  edit-1: {for: editing}\n"
NETWORK = "network: {zone: io, nat: true}\n"
ALLOWLIST = "access: {via: allowlist, from: [203.0.113.7/32]}\n"


@pytest.fixture(autouse=True)
def cloud(studio_that_is_up: Path) -> Iterator[None]:
    """The simulated cloud that every preview asks; it ends with the test."""
    with simulated_cloud(studio_that_is_up):
        yield


def gateways(file: Path) -> list[str]:
    return [resource.name for resource in open_project(str(file)).preview().plan.resources if resource.type == NAT]


def test_the_full_example_pays_for_no_nat_gateway() -> None:
    """Its machines have addresses of their own, so that nothing would ever pass through one."""
    assert gateways(ROOT / "examples" / "feature.yaml") == []


@pytest.mark.parametrize(
    ("rest", "made"),
    [
        pytest.param(NETWORK + MACHINE, ["cap-network-nat"], id="machines-without-an-address"),
        pytest.param(NETWORK + ALLOWLIST + MACHINE, [], id="machines-with-addresses-of-their-own"),
        pytest.param(NETWORK, [], id="no-machine"),
        pytest.param(MACHINE, [], id="not-asked-for"),
    ],
)
def test_a_nat_gateway_is_made_only_where_a_machine_leaves_through_it(
    rest: str, made: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "cap.yaml"
    file.write_text(f"project: cap\n{rest}")
    assert gateways(file) == made


@pytest.mark.parametrize(
    ("machine", "held"),
    [
        pytest.param("  edit-1: {for: editing, purchase: spot}\nallow_spot: [edit-1]\n", True, id="spot"),
        pytest.param("  edit-1: {for: editing}\n", False, id="on-demand"),
    ],
)
def test_the_role_of_spot_machines_holds_a_projects_key_only_where_a_machine_is_spot(
    machine: str, held: bool, tmp_path: Path
) -> None:
    file = tmp_path / "cap.yaml"
    file.write_text(f"project: cap\nworkstations:\n{machine}")
    resources = open_project(str(file)).preview().plan.resources
    (key,) = (each for each in resources if each.name == "cap-key-key")
    sids = {statement["Sid"] for statement in json.loads(key.inputs["policy"])["Statement"]}
    assert ("SpotMachinesUse" in sids, "SpotMachinesHoldGrants" in sids) == (held, held)


GUARDS = ("aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",)
LOGS = ("aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",)


@pytest.mark.parametrize(
    ("rest", "made"),
    [
        pytest.param("profile: content\n", {*GUARDS, *LOGS}, id="content"),
        pytest.param("profile: studio\n", set(), id="studio"),
        pytest.param("", set(), id="no-profile"),
        pytest.param("profile: content\nnetwork: {dns_firewall: false}\n", {*LOGS}, id="content-without-firewall"),
        pytest.param("profile: content\nnetwork: {dns_query_log: false}\n", {*GUARDS}, id="content-without-log"),
        pytest.param("network: {dns_firewall: true}\n", {*GUARDS}, id="firewall-asked-for"),
        pytest.param("network: {dns_query_log: true}\n", {*LOGS}, id="log-asked-for"),
        pytest.param(
            "profile: content\nnetwork: {dns_domains: [licences.example.com]}\n",
            {*GUARDS, *LOGS},
            id="content-with-names-of-its-own",
        ),
    ],
)
def test_names_of_content_projects_are_guarded_and_recorded_unless_the_file_says_otherwise(
    rest: str, made: set[str], tmp_path: Path
) -> None:
    file = tmp_path / "cap.yaml"
    file.write_text(f"project: cap\n{rest}{MACHINE}")
    types = {resource.type for resource in open_project(str(file)).preview().plan.resources}
    assert types & {*GUARDS, *LOGS} == made


@pytest.mark.parametrize(
    ("patching", "advised"), [("", True), ("patching: {monthly: true}\n", False)], ids=["left-alone", "patched"]
)
def test_machines_were_patched_by_nothing_that_a_project_file_could_say(
    patching: str, advised: bool, tmp_path: Path
) -> None:
    file = tmp_path / "cap.yaml"
    file.write_text(f"project: cap\n{NETWORK}{patching}{MACHINE}")
    plan = open_project(str(file)).preview().plan
    found = {finding.policy.id for finding in verdict(plan, file, "studio").report.violations()}
    assert ("WS-19" in found) is advised
    associations = [each for each in plan.resources if each.type == "aws:ssm/association:Association"]
    assert [each.name for each in associations] == ([] if advised else ["cap-patching-monthly"])
