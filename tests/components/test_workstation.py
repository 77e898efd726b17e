"""Workstation under mocks: who can reach it, what it can reach, what it may do, and what remains of it."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from soundstage.components.aws import Workstation
from soundstage.components.aws.workstation import _WORN
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0"
BUCKET = "home-media-teaser-0a1b2c3d"
TAGS = base_tags("home", "teaser")
PLACED: dict[str, Any] = {
    "project": "teaser",
    "user": "ana",
    "vpc_id": "vpc-0",
    "subnet_id": "subnet-0",
    "availability_zone": "eu-west-1a",
    "endpoint_security_group_id": "sg-doors",
    "s3_prefix_list_id": "pl-s3",
    "key_arn": KEY,
    "tags": TAGS,
}
MEDIA = {"bucket_name": BUCKET, "bucket_arn": f"arn:aws:s3:::{BUCKET}"}
OFFICE = {"access": "allowlist", "allowed_cidrs": ["203.0.113.7/32", "198.51.100.0/28"]}


def machine(deploy: Any, **changes: Any) -> Any:
    args: Any = {**PLACED, **MEDIA, **changes}
    return deploy(lambda: Workstation("edit-1", args))


def inbound(made: Any) -> set[tuple[str, int, str]]:
    rules = [rule.inputs for rule in made.all("SecurityGroupIngressRule")]
    assert all(rule["fromPort"] == rule["toPort"] and rule["description"] for rule in rules)
    return {(rule["ipProtocol"], rule["fromPort"], rule["cidrIpv4"]) for rule in rules}


# Who can reach it


def test_session_access_opens_no_port_and_gives_no_address(deploy: Callable[..., Any]) -> None:
    made = machine(deploy)
    assert inbound(made) == set()
    assert made.all("Eip") == []
    assert made.one("Instance").inputs["associatePublicIpAddress"] is False
    assert made.outputs["edit-1"]["displayUrl"] == "https://localhost:8443"


def test_an_allowlist_opens_the_display_to_exactly_the_listed_addresses(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, **OFFICE)
    assert inbound(made) == {
        (protocol, 8443, cidr) for protocol in ("tcp", "udp") for cidr in ("203.0.113.7/32", "198.51.100.0/28")
    }
    assert made.one("Eip").inputs["instance"] == "edit-1-instance-id"


def test_vpn_access_opens_the_display_to_private_ranges_without_an_address(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, access="vpn", allowed_cidrs=["10.250.0.0/22"])
    assert inbound(made) == {("tcp", 8443, "10.250.0.0/22"), ("udp", 8443, "10.250.0.0/22")}
    assert made.all("Eip") == []


def test_adding_an_address_touches_no_other_rule(deploy: Callable[..., Any]) -> None:
    def rules(*cidrs: str) -> dict[str, Any]:
        made = machine(deploy, access="allowlist", allowed_cidrs=list(cidrs))
        return {rule.name: dict(rule.inputs) for rule in made.all("SecurityGroupIngressRule")}

    before, after = rules("203.0.113.7/32"), rules("198.51.100.4/32", "203.0.113.7/32")
    assert before.items() <= after.items()


# What it can reach


def test_it_reaches_only_the_doors_and_storage(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, **OFFICE)
    rules = {rule.name: rule.inputs for rule in made.all("SecurityGroupEgressRule")}
    assert set(rules) == {"edit-1-out-endpoints", "edit-1-out-s3"}
    assert rules["edit-1-out-endpoints"]["referencedSecurityGroupId"] == "sg-doors"
    assert rules["edit-1-out-s3"]["prefixListId"] == "pl-s3"
    for rule in rules.values():
        assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 443, 443)
        assert "cidrIpv4" not in rule
    assert "egress" not in made.one("SecurityGroup").inputs


def test_the_web_is_opened_only_when_asked_for(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, web=True)
    rules = [rule.inputs for rule in made.all("SecurityGroupEgressRule") if "cidrIpv4" in rule.inputs]
    assert {(rule["ipProtocol"], rule["fromPort"], rule["toPort"]) for rule in rules} == {
        ("tcp", 443, 443),
        ("tcp", 80, 80),
    }


# The machine


def test_metadata_needs_a_token_and_stays_on_the_machine(deploy: Callable[..., Any]) -> None:
    options = machine(deploy).one("Instance").inputs["metadataOptions"]
    assert options == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
        "httpProtocolIpv6": "disabled",
        "instanceMetadataTags": "enabled",
    }


def test_every_disk_is_encrypted_with_the_given_key(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, scratch_gib=8000)
    disks = [made.one("Instance").inputs["rootBlockDevice"], *(volume.inputs for volume in made.all("Volume"))]
    assert len(disks) == 3
    assert all(disk["encrypted"] is True and disk["kmsKeyId"] == KEY for disk in disks)
    assert made.one("LogGroup").inputs["kmsKeyId"] == KEY


def test_the_data_volume_leaves_a_last_snapshot_and_scratch_does_not(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, scratch_gib=8000)
    kept = {volume.name: volume.inputs["finalSnapshot"] for volume in made.all("Volume")}
    assert kept == {"edit-1-data": True, "edit-1-scratch": False}


def test_local_disks_serve_as_scratch_before_a_volume_is_bought(deploy: Callable[..., Any]) -> None:
    assert [volume.name for volume in machine(deploy, scratch_gib=400).all("Volume")] == ["edit-1-data"]


def test_no_data_volume_is_made_when_none_is_wanted(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, data_gib=0)
    assert made.all("Volume") == []
    assert made.outputs["edit-1"].get("dataVolumeId") is None


def test_the_machine_learns_its_volumes_from_its_tags(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, scratch_gib=8000)
    tags = made.one("Instance").inputs["tags"]
    assert tags["soundstage:data-volume"] == "edit-1-data-id"
    assert tags["soundstage:scratch-volume"] == "edit-1-scratch-id"


def test_it_stops_and_is_not_ended_by_a_shutdown_or_by_mistake(deploy: Callable[..., Any]) -> None:
    instance = machine(deploy).one("Instance").inputs
    assert instance["instanceInitiatedShutdownBehavior"] == "stop"
    assert instance["disableApiTermination"] is True
    assert instance["forceDestroy"] is True
    assert instance["disableApiStop"] is False
    assert instance["userDataReplaceOnChange"] is False


def test_an_image_is_looked_up_by_exact_name_and_owner(deploy: Callable[..., Any]) -> None:
    assert machine(deploy).one("Instance").inputs["ami"] == "ami-0123456789abcdef0"


def test_a_pinned_image_is_named_on_the_machine(deploy: Callable[..., Any]) -> None:
    pinned = machine(deploy, image="ubuntu-24.04-gpu-2026-10").one("Instance").inputs["tags"]
    assert pinned["soundstage:image"] == "ubuntu-24.04-gpu-2026-10"
    own = machine(deploy, image="edit (linux)", image_owner="123456789012").one("Instance").inputs["tags"]
    assert "soundstage:image" not in own


def test_spot_must_be_allowed_and_stops_instead_of_ending(deploy: Callable[..., Any]) -> None:
    instance = machine(deploy, purchase="spot", allow_spot=True).one("Instance").inputs
    assert instance["instanceMarketOptions"] == {
        "marketType": "spot",
        "spotOptions": {"spotInstanceType": "persistent", "instanceInterruptionBehavior": "stop"},
    }
    assert instance["disableApiTermination"] is False


# What it may do


def statements(made: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for policy in made.all("RolePolicy"):
        if "clock" not in policy.name:
            found.update(policy.policy())
    return found


def test_the_role_does_nothing_but_its_work(deploy: Callable[..., Any]) -> None:
    found = statements(machine(deploy))
    assert set(found) == {
        "SessionManagerAgent",
        "OwnLogs",
        "LicencesAndDrivers",
        "ListMedia",
        "FindMedia",
        "UseMedia",
        "KeepMasters",
        "KeepEveryVersion",
        "UseKeyThroughStorage",
    }
    allowed = [action for s in found.values() if s["Effect"] == "Allow" for action in s["Action"]]
    assert not [action for action in allowed if action.endswith("*")]
    assert not [action for action in allowed if action.startswith(("iam:", "sts:"))]


def test_only_the_agent_is_allowed_on_everything(deploy: Callable[..., Any]) -> None:
    found = statements(machine(deploy))
    everywhere = {sid for sid, s in found.items() if s["Effect"] == "Allow" and s["Resource"] == ["*"]}
    assert everywhere == {"SessionManagerAgent"}
    assert "ssm:GetParameter" not in found["SessionManagerAgent"]["Action"]


def test_masters_and_versions_cannot_be_deleted(deploy: Callable[..., Any]) -> None:
    found = statements(machine(deploy, prefix="footage/"))
    assert found["KeepMasters"]["Effect"] == "Deny"
    assert f"arn:aws:s3:::{BUCKET}/masters/*" in found["KeepMasters"]["Resource"]
    assert "s3:DeleteObjectVersion" in found["KeepEveryVersion"]["Action"]
    assert found["KeepEveryVersion"]["Effect"] == "Deny"


def test_a_prefix_limits_what_is_seen(deploy: Callable[..., Any]) -> None:
    found = statements(machine(deploy, prefix="footage/day-1/"))
    assert found["UseMedia"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/footage/day-1/*"]
    assert found["ListMedia"]["Condition"]["StringLike"] == {"s3:prefix": ["footage/day-1/", "footage/day-1/*"]}


def test_media_open_to_the_role_from_inside_the_network_alone(deploy: Callable[..., Any]) -> None:
    found = statements(machine(deploy))
    for sid in ("ListMedia", "FindMedia", "UseMedia"):
        assert found[sid]["Condition"]["StringEquals"] == {"aws:SourceVpc": "vpc-0"}


def test_the_key_works_only_through_storage(deploy: Callable[..., Any]) -> None:
    use = statements(machine(deploy))["UseKeyThroughStorage"]
    assert use["Resource"] == [KEY]
    assert use["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_a_machine_without_media_has_no_rights_to_any(deploy: Callable[..., Any]) -> None:
    made = deploy(lambda: Workstation("edit-1", PLACED))  # type: ignore[arg-type]
    assert {sid for sid in statements(made) if "Media" in sid or "Key" in sid} == set()


def test_the_machines_role_asks_ec2_for_nothing_that_ec2_is_not_known_to_send(deploy: Callable[..., Any]) -> None:
    (statement,) = json.loads(machine(deploy).one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
    assert "Condition" not in statement


# Rest and hours


@pytest.mark.parametrize(("type_name", "threshold"), [("g5.xlarge", 12.5), ("g5.16xlarge", 0.78)])
def test_an_alarm_stops_a_still_machine_whose_watcher_failed(
    deploy: Callable[..., Any], type_name: str, threshold: float
) -> None:
    alarm = machine(deploy, instance_type=type_name).one("MetricAlarm").inputs
    assert alarm["alarmActions"] == ["arn:aws:automate:eu-west-1:ec2:stop"]
    assert alarm["dimensions"] == {"InstanceId": "edit-1-instance-id"}
    assert (alarm["statistic"], alarm["comparisonOperator"]) == ("Maximum", "LessThanThreshold")
    assert alarm["threshold"] == threshold
    assert alarm["period"] * alarm["evaluationPeriods"] == 6 * 3600
    assert alarm["treatMissingData"] == "notBreaching"


def test_without_hours_nothing_runs_by_the_clock(deploy: Callable[..., Any]) -> None:
    assert machine(deploy).all("Schedule") == []


def test_hours_start_one_machine_and_tell_it_their_end_under_a_role_of_their_own(deploy: Callable[..., Any]) -> None:
    hours = {"days": ["MON", "FRI"], "start": "09:00", "stop": "19:30", "timezone": "Europe/Lisbon"}
    made = machine(deploy, hours=hours)
    schedules = {s.name: s.inputs for s in made.all("Schedule")}
    assert schedules["edit-1-start"]["scheduleExpression"] == "cron(0 9 ? * MON,FRI *)"
    assert schedules["edit-1-begin"]["scheduleExpression"] == "cron(0 9 ? * MON,FRI *)"
    assert schedules["edit-1-stop"]["scheduleExpression"] == "cron(30 19 ? * MON,FRI *)"
    told = {
        "start": ("startInstances", {"InstanceIds": ["edit-1-instance-id"]}),
        # A machine that is up since the stretch before must not take its hours for over in the next.
        "begin": (
            "createTags",
            {"Resources": ["edit-1-instance-id"], "Tags": [{"Key": "soundstage:hours-over", "Value": "no"}]},
        ),
        "stop": (
            "createTags",
            {
                "Resources": ["edit-1-instance-id"],
                "Tags": [{"Key": "soundstage:hours-over", "Value": "<aws.scheduler.scheduled-time>"}],
            },
        ),
    }
    for verb, (call, sent) in told.items():
        schedule = schedules[f"edit-1-{verb}"]
        assert schedule["scheduleExpressionTimezone"] == "Europe/Lisbon"
        assert schedule["target"]["arn"] == f"arn:aws:scheduler:::aws-sdk:ec2:{call}"
        assert json.loads(schedule["target"]["input"]) == sent
    policy = made.one("RolePolicy", "edit-1-clock-policy").policy()
    assert policy["StartThisMachine"]["Resource"] == [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:edit-1-instance"]
    assert policy["EndItsHours"]["Resource"] == policy["StartThisMachine"]["Resource"]
    assert policy["EndItsHours"]["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": "soundstage:hours-over"}
    assert policy["OpenItsDisks"]["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_each_stretch_of_work_has_schedules_of_its_own_and_the_first_keeps_their_names(
    deploy: Callable[..., Any],
) -> None:
    afternoon = {"days": ["MON"], "start": "13:00", "stop": "18:00"}
    made = machine(deploy, hours={"days": ["MON"], "start": "09:00", "stop": "12:00", "more": [afternoon]})
    assert {each.name for each in made.all("Schedule")} == {
        "edit-1-start",
        "edit-1-begin",
        "edit-1-stop",
        "edit-1-start-2",
        "edit-1-begin-2",
        "edit-1-stop-2",
    }


def test_tags_that_come_and_go_while_a_machine_is_up_are_no_change_of_it() -> None:
    assert {'tags["soundstage:keep-awake"]', 'tags["soundstage:hours-over"]'} <= set(_WORN)


# Everything


def test_everything_that_can_be_tagged_is(deploy: Callable[..., Any]) -> None:
    made = machine(deploy, hours={"days": ["MON"], "stop": "19:00"}, **OFFICE)
    untaggable = {"RolePolicy", "VolumeAttachment", "Schedule"}
    for created in made.resources:
        if created.kind not in untaggable and not created.kind.endswith("Exclusive"):
            assert TAGS.items() <= created.inputs.get("tags", {}).items(), created.name
    tags = made.one("Instance").inputs["tags"]
    assert (tags["soundstage:workstation"], tags["soundstage:user"], tags["Name"]) == ("edit-1", "ana", "edit-1")
    assert TAGS.items() <= made.one("Instance").inputs["volumeTags"].items()


def test_every_regional_resource_is_told_its_region(deploy: Callable[..., Any]) -> None:
    hours = {"days": ["MON"], "start": "09:00", "stop": "19:00"}
    made = machine(deploy, region="eu-central-1", scratch_gib=16000, hours=hours, **OFFICE)
    for created in made.resources:
        if not created.type.startswith("aws:iam/"):
            assert created.inputs.get("region") == "eu-central-1", created.name


def test_the_machine_follows_role_size_and_region(deploy: Callable[..., Any]) -> None:
    assert machine(deploy).outputs["edit-1"]["instanceType"] == "g5.2xlarge"
    assert machine(deploy, region="eu-central-1").outputs["edit-1"]["instanceType"] == "g6.2xlarge"
    assert machine(deploy, role="audio", size="large").outputs["edit-1"]["instanceType"] == "m7i.4xlarge"
    assert machine(deploy, instance_type="g4dn.xlarge").outputs["edit-1"]["instanceType"] == "g4dn.xlarge"


def _below(provider: pulumi.ProviderResource) -> pulumi.ResourceOptions:
    above = pulumi.ComponentResource("a:b:C", "above", {}, pulumi.ResourceOptions(providers=[provider]))
    return pulumi.ResourceOptions(parent=above)


PLACES: tuple[Callable[[pulumi.ProviderResource], pulumi.ResourceOptions], ...] = (
    lambda provider: pulumi.ResourceOptions(provider=provider),
    lambda provider: pulumi.ResourceOptions(providers=[provider]),
    lambda provider: pulumi.ResourceOptions(providers={"aws": provider}),
    _below,
)
"""The ways in which a program names the provider of a component."""


def test_without_a_region_the_machine_is_one_of_the_providers_region(deploy: Callable[..., Any]) -> None:
    """It was chosen for eu-west-1 wherever it was made."""

    def program(options: Callable[[pulumi.ProviderResource], pulumi.ResourceOptions]) -> Callable[[], object]:
        def declare() -> None:
            provider = aws.Provider("aws", region="eu-central-1")
            args: Any = PLACED
            Workstation("edit-1", args, options(provider))

        return declare

    for options in PLACES:
        assert deploy(program(options)).one("Instance").inputs["instanceType"] == "g6.2xlarge"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"project": "Teaser"}, "project is 'Teaser'"),
        ({"workstation": "edit_1"}, "workstation is 'edit_1'"),
        ({"user": "ana; rm -rf /"}, "user is"),
        ({"user": "Ana"}, "user is"),
        ({"user": "root"}, "user is 'root', which the machine needs for itself"),
        ({"disk_gib": 100.5}, "disk_gib is 100.5; allowed: a whole number"),
        ({"disk_gib": True}, "disk_gib is True; allowed: a whole number"),
        ({"idle": {"stop_after_minutes": 20.5}}, "idle.stop_after_minutes is 20.5"),
        ({"role": "editting"}, "role is 'editting'"),
        ({"size": "huge"}, "size is 'huge'"),
        ({"instance_type": "g6.xlarg"}, 'did you mean "g6.xlarge"'),
        (
            {"instance_type": "g6.xlarge", "region": "eu-west-1"},
            "instance_type is g6.xlarge, which eu-west-1 does not offer",
        ),
        ({"instance_type": "g5.xlarge", "size": "large"}, "give one of the two"),
        ({"os": "macos"}, "os is 'macos'"),
        ({"image": "ubuntu"}, "image_owner is missing"),
        ({"image": "windows-2022-2026-09"}, "is for windows, and os is linux"),
        ({"image": "mine", "image_owner": "me"}, "image_owner is 'me'"),
        ({"image_owner": "self"}, "image_owner is given without image"),
        ({"profile": "secret"}, "profile is 'secret'"),
        ({"purchase": "spot"}, "spot without allow_spot"),
        ({"purchase": "reserved"}, "purchase is 'reserved'"),
        ({"access": "open"}, "access is 'open'"),
        ({"access": "allowlist"}, "allowed_cidrs is empty"),
        ({"allowed_cidrs": ["203.0.113.7/32"]}, "opens no port"),
        ({"access": "allowlist", "allowed_cidrs": ["0.0.0.0/0"]}, "/24 or narrower"),
        ({"access": "allowlist", "allowed_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "/24 or narrower"),
        ({"access": "allowlist", "allowed_cidrs": ["::/0"]}, "IPv6"),
        ({"access": "allowlist", "allowed_cidrs": ["192.168.1.4/32"]}, "nobody on the internet"),
        ({"access": "vpn", "allowed_cidrs": ["203.0.113.7/32"]}, "private ranges"),
        ({"bucket_name": None}, "bucket_arn is given without bucket_name"),
        ({"prefix": "../other/"}, "prefix is '../other/'"),
        ({"prefix": "footage"}, "end in /"),
        ({"disk_gib": 20}, "disk_gib is 20; allowed: whole numbers from 65"),
        ({"data_gib": -1}, "data_gib is -1"),
        ({"scratch_gib": 20000}, "scratch_gib is 20000"),
        ({"idle": {"stop_after_minutes": 0}}, "idle.stop_after_minutes is 0; allowed: whole numbers from 5 to 480"),
        ({"idle": {"stop_after": 30}}, 'did you mean "stop_after_minutes"'),
        ({"idle": {"keep_while": ["$(reboot)"]}}, "keep_while holds"),
        ({"hours": {"days": ["MON"], "stop": "25:00"}}, "expected HH:MM"),
        ({"hours": {"days": [], "stop": "19:00"}}, "name each day once"),
        ({"hours": {"days": ["MON"], "stop": "19:00", "timezone": "Mars/Base"}}, "hours.timezone"),
        ({"log_days": 30}, "log_days is 30"),
        ({"sise": "large"}, 'did you mean "size"'),
    ],
)
def test_what_a_workstation_cannot_be_is_refused(
    deploy: Callable[..., Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, **changes)
    assert message in str(refused.value)


def test_all_faults_are_told_at_once(deploy: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, user="A", profile="x", purchase="spot", disk_gib=1, access="allowlist")
    for word in ("user is", "profile is", "allow_spot", "disk_gib is", "allowed_cidrs is empty"):
        assert word in str(refused.value)
