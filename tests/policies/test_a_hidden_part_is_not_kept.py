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


def test_a_hidden_entry_of_two_was_taken_to_refer_to_what_the_other_refers_to() -> None:
    disk = {"deviceName": "/dev/sdf", "encrypted": True, "kmsKeyId": "${k}"}
    machine = {"type": "aws:ec2/instance:Instance", "properties": {"ebsBlockDevices": [disk, "${?}"]}}
    found, blind = judged({"k": {"type": "aws:kms/key:Key", "properties": {}}, "m": machine})
    assert "WS-02" in blind - found


def test_the_policy_of_a_bucket_whose_name_is_hidden_was_told_to_be_missing() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*"}
    found, blind = judged(
        {
            "b": {"type": "aws:s3/bucket:Bucket", "properties": {"bucket": "${?}"}},
            "p": {
                "type": "aws:s3/bucketPolicy:BucketPolicy",
                "properties": {"bucket": "acme-media", "policy": {"Statement": [statement]}},
            },
        }
    )
    assert "STO-03" in blind - found


def test_two_halves_of_the_internet_for_a_group_of_another_stack_were_not_added_up() -> None:
    rules = {
        name: {
            "type": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            "properties": {
                "securityGroupId": "sg-1",
                "cidrIpv4": half,
                "ipProtocol": "tcp",
                "fromPort": 9000,
                "toPort": 9000,
            },
        }
        for name, half in (("low", "0.0.0.0/5"), ("high", "128.0.0.0/5"))
    }
    assert "NET-07" in judged(rules)[0]


def test_a_machine_of_a_template_from_elsewhere_was_taken_to_have_a_role() -> None:
    template = {"id": "lt-1", "version": "1"}
    found, blind = judged({"m": {"type": "aws:ec2/instance:Instance", "properties": {"launchTemplate": template}}})
    assert "WS-03" in blind - found


def test_a_password_that_is_hidden_was_taken_for_marked_as_secret() -> None:
    found, blind = judged({"d": {"type": "aws:rds/instance:Instance", "properties": {"password": "${?}"}}})
    assert "GOV-06" in blind - found


def test_a_copy_into_a_bucket_from_elsewhere_was_taken_to_stay_in_the_agreed_regions() -> None:
    rule = {"status": "Enabled", "destination": {"bucket": "arn:aws:s3:::elsewhere"}}
    copy = {"type": "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "properties": {"rules": [rule]}}
    settings = {"today": "2026-11-21", "residency": ["eu-"]}
    report = policies.run(plan_of({"c": copy}), "studio", Settings.model_validate(settings))
    assert "STO-11" in {item.policy.id for item in report.blind}
