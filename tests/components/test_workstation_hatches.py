"""What a program adds to a workstation of its own, under mocks: rules, policies, disks, commands, a network and an image."""

from collections.abc import Callable
from random import Random
from typing import Any

import pulumi
import pytest
from tests.components.test_workstation import BUCKET, KEY, PLACED, machine

from soundstage.components.aws import Workstation
from soundstage.components.boot.user_data import opened
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
BARE = {key: PLACED[key] for key in ("user", "vpc_id", "subnet_id", "availability_zone", "key_arn")}
LICENCES = {"port": 27000, "to_port": 27009, "cidr": "10.9.0.0/24"}


def own_rules(made: Any, kind: str) -> dict[str, dict[str, Any]]:
    return {each.name: each.inputs for each in made.all(kind) if "-extra-" in each.name}


# Rules


def test_a_licence_server_a_file_server_and_a_farm_are_reached(deploy: Deploy) -> None:
    made = machine(
        deploy,
        extra_outbound={
            "licences": LICENCES,
            "files": {"port": 445, "security_group_id": "sg-fsx", "description": "Projects on FSx"},
            "farm": {"port": 4433, "protocol": "udp", "prefix_list_id": "pl-farm"},
        },
    )
    rules = own_rules(made, "SecurityGroupEgressRule")
    assert {
        name: (
            rule["ipProtocol"],
            rule["fromPort"],
            rule["toPort"],
            rule.get("cidrIpv4") or rule.get("referencedSecurityGroupId") or rule["prefixListId"],
            rule["description"],
        )
        for name, rule in rules.items()
    } == {
        "edit-1-extra-out-licences": ("tcp", 27000, 27009, "10.9.0.0/24", "licences"),
        "edit-1-extra-out-files": ("tcp", 445, 445, "sg-fsx", "Projects on FSx"),
        "edit-1-extra-out-farm": ("udp", 4433, 4433, "pl-farm", "farm"),
    }


def test_somebody_else_is_let_in_by_address_and_by_group(deploy: Deploy) -> None:
    made = machine(
        deploy,
        extra_inbound={
            "review": {"port": 5000, "cidr": "203.0.113.0/28"},
            "farm": {"port": 22, "security_group_id": "sg-farm"},
        },
    )
    rules = own_rules(made, "SecurityGroupIngressRule")
    assert rules["edit-1-extra-in-review"]["cidrIpv4"] == "203.0.113.0/28"
    assert rules["edit-1-extra-in-farm"]["referencedSecurityGroupId"] == "sg-farm"
    assert {rule["securityGroupId"] for rule in rules.values()} == {"edit-1-group-id"}


def test_a_rule_of_ones_own_stays_where_only_these_rules_may_be(deploy: Deploy) -> None:
    made = machine(
        deploy,
        exclusive=True,
        extra_outbound={"licences": LICENCES},
        extra_inbound={"farm": {"port": 22, "security_group_id": "sg-farm"}},
    )
    held = made.one("VpcSecurityGroupRulesExclusive").inputs
    assert "edit-1-extra-out-licences-id" in held["egressRuleIds"]
    assert held["ingressRuleIds"] == ["edit-1-extra-in-farm-id"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"cidr": "0.0.0.0/0"}, "cidr is 0.0.0.0/0; allowed: /24 or narrower"),
        ({"cidr": "::/0"}, "IPv6"),
        ({"cidr": "128.0.0.0/1"}, "/24 or narrower"),
        ({"cidr": "203.0.0.0/16"}, "/24 or narrower"),
        ({"cidr": "10.0.0.0/8"}, "allowed of private ranges: /16 or narrower"),
        ({"cidr": "127.0.0.0/24"}, "nobody on the internet"),
        ({"cidr": "203.0.113.7"}, "not a range"),
        ({"cidr": "203.0.113.7/32", "security_group_id": "sg-1"}, "exactly one of cidr, security_group_id"),
        ({}, "exactly one of cidr, security_group_id"),
        ({"cidr": "203.0.113.7/32", "port": 0}, "port is 0"),
        ({"cidr": "203.0.113.7/32", "port": 100, "to_port": 99}, "to_port is 99"),
        ({"cidr": "203.0.113.7/32", "protocol": "icmp"}, "protocol is 'icmp'"),
        ({"cidr": "203.0.113.7/32", "description": "für alle"}, "description is"),
        ({"prefix_list_id": "pl-1"}, "prefix_list_id is not known"),
    ],
)  # fmt: skip
def test_the_world_came_in_through_a_rule_of_ones_own(deploy: Deploy, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, extra_inbound={"review": {"port": 5000, **rule}})
    assert message in str(refused.value)


def test_many_narrow_ranges_add_up_to_too_many_addresses(deploy: Deploy) -> None:
    rules = {f"r{third}": {"port": 5000, "cidr": f"203.0.{third}.0/24"} for third in range(5)}
    with pytest.raises(ArgumentError, match="brings the addresses that are let in to 1280"):
        machine(deploy, extra_inbound=rules)


@pytest.mark.parametrize("hatch", ["extra_inbound", "extra_outbound"])
def test_the_world_came_in_through_an_output(deploy: Deploy, hatch: str) -> None:
    """What is not known before the update is judged when it is, before the rule is made."""

    def program() -> None:
        args: Any = {**PLACED, hatch: {"all": {"port": 22, "cidr": pulumi.Output.from_input("0.0.0.0/0")}}}
        Workstation("edit-1", args)

    with pytest.raises(Exception, match=rf'Workstation "edit-1": {hatch}\.all\.cidr is 0\.0\.0\.0/0'):
        deploy(program)


def test_an_address_of_another_resource_is_taken_as_it_comes(deploy: Deploy) -> None:
    def program() -> None:
        rule = {"port": 27000, "cidr": pulumi.Output.concat("10.9.0.4", "/32")}
        args: Any = {**PLACED, "extra_outbound": {"licences": rule}}
        Workstation("edit-1", args)

    rules = own_rules(deploy(program), "SecurityGroupEgressRule")
    assert rules["edit-1-extra-out-licences"]["cidrIpv4"] == "10.9.0.4/32"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"cidr": "0.0.0.0/0"}, "for the whole web set web to True"),
        ({"cidr": "128.0.0.0/1"}, "/8 or narrower"),
        ({"cidr": "10.0.0.0/8", "prefix_list_id": "pl-1"}, "exactly one of"),
    ],
)
def test_the_internet_is_no_destination_of_ones_own(deploy: Deploy, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, extra_outbound={"all": {"port": 443, **rule}})
    assert message in str(refused.value)


# Disks


def test_a_third_disk_is_encrypted_attached_and_found_by_the_machine(deploy: Deploy) -> None:
    made = machine(deploy, extra_disks={"cache": {"size_gib": 500, "device": "/dev/sdh", "mib_per_second": 1000}})
    disk = made.one("Volume", "edit-1-disk-cache").inputs
    assert (disk["size"], disk["throughput"], disk["iops"], disk["encrypted"], disk["kmsKeyId"]) == (
        500,
        1000,
        4000,
        True,
        KEY,
    )
    assert disk["finalSnapshot"] is True
    attachment = made.one("VolumeAttachment", "edit-1-disk-cache-attachment").inputs
    assert (attachment["deviceName"], attachment["volumeId"]) == ("/dev/sdh", "edit-1-disk-cache-id")
    instance = made.one("Instance").inputs
    assert instance["tags"]["soundstage:disk-cache"] == "edit-1-disk-cache-id"
    assert "own_disks" in (opened(instance["userDataBase64"]) or "")
    assert made.outputs["edit-1"]["diskVolumeIds"] == {"cache": "edit-1-disk-cache-id"}


def test_another_disk_moved_none_of_those_that_are_there(deploy: Deploy) -> None:
    """A disk on another device is detached first, and the machine stopped for it."""
    cache = {"cache": {"size_gib": 500, "device": "/dev/sdi"}}
    before = {each.name: dict(each.inputs) for each in machine(deploy, extra_disks=cache).all("VolumeAttachment")}
    more = {"audio": {"size_gib": 100, "device": "/dev/sdh"}, **cache}
    after = {each.name: dict(each.inputs) for each in machine(deploy, extra_disks=more).all("VolumeAttachment")}
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("disks", "message"),
    [
        ({"cache": {"size_gib": 500, "device": "/dev/sdf"}}, "device is '/dev/sdf'"),
        ({"cache": {"size_gib": 500, "device": "/dev/sdm"}}, "device is '/dev/sdm'"),
        ({"a": {"size_gib": 5, "device": "/dev/sdh"}, "b": {"size_gib": 5, "device": "/dev/sdh"}}, "which another disk has too"),
        ({"Cache": {"size_gib": 500, "device": "/dev/sdh"}}, "extra_disks has 'Cache'"),
        ({"cache": {"size_gib": 0, "device": "/dev/sdh"}}, "size_gib is 0"),
        ({"cache": {"size_gib": 500}}, "extra_disks.cache.device is missing"),
        ({"cache": {"size_gib": 500, "device": "/dev/sdh", "mib_per_second": 100}}, "mib_per_second is 100"),
        ({"cache": {"size_gib": 500, "device": "/dev/sdh", "mib_per_second": 1000, "iops": 3000}}, "need at least 4000"),
        ({"cache": {"size_gib": 7, "device": "/dev/sdh", "mib_per_second": 2000}}, "iops is 8000, too many for 7 GiB"),
        ({"cache": {"size_gib": 4, "device": "/dev/sdh", "iops": 3500}}, "iops is 3500, too many for 4 GiB"),
    ],
)  # fmt: skip
def test_a_disk_that_cannot_be_is_refused(deploy: Deploy, disks: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, extra_disks=disks)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, 250),
        ({"size": "large"}, 500),
        ({"size": "small"}, 125),
        ({"role": "audio"}, None),
        ({"instance_type": "g5.2xlarge"}, None),
        ({"data_mib_per_second": 400}, 400),
        ({"instance_type": "g5.2xlarge", "data_mib_per_second": 300}, 300),
    ],
)
def test_a_data_volume_was_too_slow_for_a_cut_in_uhd(
    deploy: Deploy, changes: dict[str, Any], wanted: int | None
) -> None:
    """Two streams of ProRes 422 HQ in UHD at 29.97 frames are 211 MiB a second, and a gp3 volume has 125 unless it is told."""
    volume = machine(deploy, **changes).one("Volume", "edit-1-data").inputs
    assert volume.get("throughput") == wanted
    assert "iops" not in volume


def test_root_and_scratch_are_as_quick_as_they_are_told(deploy: Deploy) -> None:
    made = machine(deploy, scratch_gib=8000, scratch_mib_per_second=1000, disk_iops=6000, disk_mib_per_second=500)
    root, scratch = made.one("Instance").inputs["rootBlockDevice"], made.one("Volume", "edit-1-scratch").inputs
    assert (root["iops"], root["throughput"]) == (6000, 500)
    assert (scratch["iops"], scratch["throughput"]) == (4000, 1000)


# Commands


@pytest.mark.parametrize(("os", "step"), [("linux", "own_commands"), ("windows", "Step 'own_commands'")])
def test_commands_of_ones_own_run_last(deploy: Deploy, os: str, step: str) -> None:
    def script(**more: Any) -> str:
        return opened(machine(deploy, os=os, **more).one("Instance").inputs["userDataBase64"]) or ""

    own = script(boot_commands=["echo one", "echo two"])
    assert "echo one" in own
    assert own.index(step) > 0
    assert step not in script()


def test_a_command_may_hold_what_another_resource_gives(deploy: Deploy) -> None:
    def program() -> None:
        mount = pulumi.Output.concat("mount -t nfs ", "fs-1.efs.eu-west-1.amazonaws.com", ":/ /mnt/projects")
        args: Any = {**PLACED, "boot_commands": [mount]}
        Workstation("edit-1", args)

    script = opened(deploy(program).one("Instance").inputs["userDataBase64"]) or ""
    assert "mount -t nfs fs-1.efs" in script


def test_a_secret_stood_in_user_data(deploy: Deploy) -> None:
    """Whoever may describe a machine reads its user data."""

    def program() -> None:
        args: Any = {**PLACED, "boot_commands": ["true", pulumi.Output.secret("login hunter2")]}
        Workstation("edit-1", args)

    with pytest.raises(Exception, match=r"boot_commands\[1\] is a secret") as refused:
        deploy(program)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("command", ["", " \n", "echo \x00", "echo \x1b[0m"])
def test_a_command_that_is_none_is_refused(deploy: Deploy, command: str) -> None:
    with pytest.raises(ArgumentError, match="boot_commands"):
        machine(deploy, boot_commands=[command])


def test_a_command_that_is_none_came_in_through_an_output(deploy: Deploy) -> None:
    def program() -> None:
        args: Any = {**PLACED, "boot_commands": ["true", pulumi.Output.concat("echo one", "\r\n", "echo two")]}
        Workstation("edit-1", args)

    with pytest.raises(Exception, match=r'Workstation "edit-1": boot_commands\[1\] .* with \\n between its lines'):
        deploy(program)


def test_commands_that_do_not_fit_are_refused_with_the_bytes_too_many(deploy: Deploy) -> None:
    with pytest.raises(Exception, match="longer than EC2 accepts") as refused:
        machine(deploy, boot_commands=[f"echo {Random(1).randbytes(4000).hex()}"])  # which no compression shortens
    assert "let them fetch a longer script" in str(refused.value)


@pytest.mark.parametrize(
    ("hatch", "entry", "longest"),
    [
        ("extra_inbound", {"port": 22, "security_group_id": "sg-farm"}, 40),
        ("extra_outbound", LICENCES, 40),
        ("extra_policies", '{"Statement": []}', 40),
        ("extra_disks", {"size_gib": 5, "device": "/dev/sdh"}, 20),
    ],
)
def test_hyphens_made_a_name_twice_as_long_as_allowed(deploy: Deploy, hatch: str, entry: Any, longest: int) -> None:
    fits = "a-" * (longest // 2 - 1) + "ab"
    machine(deploy, **{hatch: {fits: entry}})
    with pytest.raises(ArgumentError, match=rf"{hatch} has '{fits}c'; allowed: .* at most {longest}"):
        machine(deploy, **{hatch: {f"{fits}c": entry}})


def test_the_last_port_was_blamed_for_the_first(deploy: Deploy) -> None:
    with pytest.raises(ArgumentError) as refused:
        machine(deploy, extra_outbound={"licences": {**LICENCES, "port": 70_000, "to_port": 70_009}})
    assert refused.value.faults == ("extra_outbound.licences.port is 70000; allowed: whole numbers from 1 to 65535",)


# A network, a bucket and an image of one's own


def test_a_network_of_ones_own_needed_dummies(deploy: Deploy) -> None:
    """An id of an endpoint's group and of a prefix list had to be made up."""
    made = deploy(lambda: Workstation("edit-1", {**BARE, "web": True}))  # type: ignore[typeddict-item]
    rules = {rule.name: rule.inputs for rule in made.all("SecurityGroupEgressRule")}
    assert set(rules) == {"edit-1-out-s3", "edit-1-out-web", "edit-1-out-archives"}
    assert rules["edit-1-out-s3"]["prefixListId"] == "pl-looked-up"


def test_a_bucket_of_ones_own_is_known_by_its_name(deploy: Deploy) -> None:
    statements = machine(deploy, bucket_arn=None).one("RolePolicy").policy()
    assert statements["UseMedia"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/*"]


def test_an_image_of_ones_own_passed_for_a_pinned_one(deploy: Deploy) -> None:
    """The tag that tells an image's maker and age named the default, whatever the id was."""
    instance = machine(deploy, image_id="ami-of-mine", image="cutting-room-7").one("Instance").inputs
    assert instance["ami"] == "ami-of-mine"
    assert "soundstage:image" not in instance["tags"]


def test_two_stacks_of_one_program_shared_their_names(deploy: Deploy) -> None:
    made = deploy(lambda: Workstation("edit-1", {**BARE, "studio": "home"}))  # type: ignore[typeddict-item]
    assert made.one("LogGroup").inputs["name"] == "/soundstage/home/soundstage-teaser/edit-1"
    assert made.one("Role").inputs["path"] == "/soundstage/home/soundstage-teaser/"
    assert made.one("Instance").inputs["tags"]["soundstage:project"] == "soundstage-teaser"


def test_what_was_made_is_handed_out(deploy: Deploy) -> None:
    seen: list[Any] = []
    made = deploy(lambda: seen.append(Workstation("edit-1", {**PLACED, "scratch_gib": 8000})))  # type: ignore[typeddict-item]
    given = made.outputs["edit-1"]
    assert given["scratchVolumeId"] == "edit-1-scratch-id"
    assert given["availabilityZone"] == "eu-west-1a"
    assert given["roleName"].startswith("edit-1-role")
    assert given["instanceArn"].endswith("edit-1-instance")
    (station,) = seen
    children = (station.instance, station.role, station.security_group, station.data_volume, station.log_group)
    assert all(isinstance(each, pulumi.CustomResource) for each in children)
