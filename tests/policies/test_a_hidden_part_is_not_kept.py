"""Parts of a document, and zones of a subnet, that a preview hides: what rests on them is not judged, and never kept."""

from typing import Any

from soundstage import policies
from soundstage.policies.example import plan_of
from soundstage.policies.settings import Settings


def judged(resources: dict[str, Any]) -> tuple[set[str], set[str]]:
    report = policies.run(plan_of(resources), "studio", Settings.model_validate({"today": "2026-11-21"}))
    return {item.policy.id for item in report.findings}, {item.policy.id for item in report.blind}


def test_a_policy_as_an_object_with_a_hidden_resource_was_taken_for_kept() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${?}"}
    every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"type": "aws:iam/policy:Policy", "properties": {"policy": {"Statement": [statement, every]}}}
    found, blind = judged({"p": policy})
    assert "IAM-01" in found
    assert "IAM-11" in blind | found
    assert "IAM-03" in blind | found


def test_a_route_of_a_subnet_whose_zone_is_hidden_was_taken_for_kept() -> None:
    found, blind = judged(
        {
            "g": {"type": "aws:ec2/internetGateway:InternetGateway", "properties": {}},
            "s": {"type": "aws:ec2/subnet:Subnet", "properties": {"vpcId": "vpc-1", "tags": "${?}"}},
            "t": {"type": "aws:ec2/routeTable:RouteTable", "properties": {"vpcId": "vpc-1"}},
            "j": {
                "type": "aws:ec2/routeTableAssociation:RouteTableAssociation",
                "properties": {"subnetId": "${s}", "routeTableId": "${t}"},
            },
            "r": {
                "type": "aws:ec2/route:Route",
                "properties": {"routeTableId": "${t}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "${g}"},
            },
        }
    )
    assert "NET-09" in blind
    assert "NET-09" not in found
