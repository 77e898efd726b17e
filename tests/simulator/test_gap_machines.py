"""Machines, disks and networks behave as EC2's do where moto does not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.components.images import images
from soundstage.images.index import shipped_index
from soundstage.simulator.process import Endpoint


@pytest.fixture
def ec2(cloud: Endpoint) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def place(ec2: Any) -> dict[str, Any]:
    """A network to launch into, as arguments of RunInstances."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-west-1a")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="machines", Description="machines", VpcId=vpc)["GroupId"]
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    return {
        "ImageId": image, "InstanceType": "g5.xlarge", "SubnetId": subnet, "SecurityGroupIds": [group],
        "MinCount": 1, "MaxCount": 1,
    }  # fmt: skip


@pytest.fixture
def large(ec2: Any, place: dict[str, Any]) -> dict[str, Any]:
    """Machines of which eight fill their quota, in a zone that offers them."""
    vpc = ec2.describe_subnets(SubnetIds=[place["SubnetId"]])["Subnets"][0]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="eu-west-1c")["Subnet"]
    return {**place, "SubnetId": subnet["SubnetId"], "InstanceType": "p4d.24xlarge"}


def launch(ec2: Any, place: dict[str, Any], **more: Any) -> str:
    identity: str = ec2.run_instances(**{**place, **more})["Instances"][0]["InstanceId"]
    return identity


def shown(ec2: Any, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    return found


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "il-central-1"])
def test_exactly_the_pinned_images_and_one_of_each_recipe_exist_in_every_region(cloud: Endpoint, region: str) -> None:
    every = cloud.client("ec2", region).describe_images()["Images"]
    own = [image for image in every if image["OwnerId"] == cloud.account_id]
    assert {image["Name"] for image in own} == {f"soundstage/{recipe}/simulated" for recipe in shipped_index()}
    assert all(image["Description"].startswith("Simulated: ") and not image["Public"] for image in own)
    offered = [image for image in every if image not in own]
    assert {(image["Name"], image["OwnerId"], image["RootDeviceName"]) for image in offered} == {
        (image.name, image.owner, image.root_device) for image in images().values()
    }
    assert {image["RootDeviceType"] for image in offered} == {"ebs"}
    assert len({image["ImageId"] for image in offered}) == len(images())


def test_images_are_found_by_the_filters_that_programs_use(ec2: Any) -> None:
    wanted = next(iter(images().values()))
    filters = {
        "name": wanted.name, "root-device-type": "ebs", "virtualization-type": "hvm", "architecture": "x86_64",
        "state": "available",
    }  # fmt: skip
    found = ec2.describe_images(
        Owners=[wanted.owner], Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()]
    )["Images"]
    assert [image["Name"] for image in found] == [wanted.name]
    assert found[0]["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == wanted.smallest_disk_gib


def test_a_launch_keeps_all_that_it_was_told(ec2: Any, place: dict[str, Any]) -> None:
    disk = {"VolumeSize": 100, "VolumeType": "gp3", "Iops": 6000, "Throughput": 500}
    identity = launch(
        ec2, place, DisableApiTermination=True, Monitoring={"Enabled": True},
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk}],
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"},
    )  # fmt: skip
    machine = shown(ec2, identity)
    assert machine["Monitoring"]["State"] == "enabled"
    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    assert machine["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"] is True
    volume = ec2.describe_volumes()["Volumes"][0]
    assert {key: volume[key] for key in ("Size", "Iops", "Throughput", "VolumeType")} == {
        "Size": 100, "Iops": 6000, "Throughput": 500, "VolumeType": "gp3",
    }  # fmt: skip
    with refused("OperationNotPermitted"):
        ec2.terminate_instances(InstanceIds=[identity])


def test_a_machine_has_a_root_disk_also_when_only_others_are_named(ec2: Any, place: dict[str, Any]) -> None:
    scratch = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 500, "VolumeType": "gp3"}}
    machine = shown(ec2, launch(ec2, place, BlockDeviceMappings=[scratch]))
    assert {mapping["DeviceName"] for mapping in machine["BlockDeviceMappings"]} == {"/dev/sda1", "/dev/sdf"}


def test_a_repeated_launch_with_the_same_token_makes_one_machine(ec2: Any, place: dict[str, Any]) -> None:
    first = launch(ec2, place, ClientToken="t-1")
    assert launch(ec2, place, ClientToken="t-1") == first
    assert launch(ec2, place, ClientToken="t-2") != first
    with refused("IdempotentParameterMismatch"):
        launch(ec2, place, ClientToken="t-1", InstanceType="g5.2xlarge")
    found = ec2.describe_instances(Filters=[{"Name": "client-token", "Values": ["t-1"]}])["Reservations"]
    assert [machine["InstanceId"] for one in found for machine in one["Instances"]] == [first]


def test_a_refused_call_does_not_use_up_its_token(ec2: Any, place: dict[str, Any]) -> None:
    with refused("InvalidSubnetID.NotFound"):
        launch(ec2, place, ClientToken="t-1", SubnetId="subnet-0000000000000000f")
    with refused("InvalidSubnetID.NotFound"):
        launch(ec2, place, ClientToken="t-1", SubnetId="subnet-0000000000000000f")


def test_tokens_hold_for_disks_gateways_and_endpoints(ec2: Any, place: dict[str, Any]) -> None:
    vpc = ec2.describe_subnets(SubnetIds=[place["SubnetId"]])["Subnets"][0]["VpcId"]
    disk = {"AvailabilityZone": "eu-west-1a", "Size": 10, "ClientToken": "t"}
    assert ec2.create_volume(**disk)["VolumeId"] == ec2.create_volume(**disk)["VolumeId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = {"SubnetId": place["SubnetId"], "AllocationId": address, "ClientToken": "t"}
    made = [ec2.create_nat_gateway(**nat)["NatGateway"]["NatGatewayId"] for _ in range(2)]
    assert made[0] == made[1]
    endpoint = {"VpcId": vpc, "ServiceName": "com.amazonaws.eu-west-1.s3", "ClientToken": "t"}
    made = [ec2.create_vpc_endpoint(**endpoint)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("create_vpc", {"CidrBlock": "10.9.0.0/16"}), ("create_volume", {"AvailabilityZone": "eu-west-1a", "Size": 1})],
)
def test_a_dry_run_changes_nothing(ec2: Any, method: str, arguments: dict[str, Any]) -> None:
    before = (len(ec2.describe_vpcs()["Vpcs"]), len(ec2.describe_volumes()["Volumes"]))
    with refused("DryRunOperation"):
        getattr(ec2, method)(**arguments, DryRun=True)
    assert (len(ec2.describe_vpcs()["Vpcs"]), len(ec2.describe_volumes()["Volumes"])) == before


def test_what_is_in_use_cannot_be_deleted_and_then_can(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    vpc = shown(ec2, machine)["VpcId"]
    subnet, group = place["SubnetId"], place["SecurityGroupIds"][0]
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=vpc)["GroupId"]
    pair = [{"GroupId": group}]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": pair}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    deletions = [
        lambda: ec2.delete_subnet(SubnetId=subnet),
        lambda: ec2.delete_security_group(GroupId=group),
        lambda: ec2.delete_vpc(VpcId=vpc),
    ]
    for delete in deletions:
        with refused("DependencyViolation"):
            delete()
    ec2.terminate_instances(InstanceIds=[machine])
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.delete_security_group(GroupId=other)
    for delete in deletions:
        delete()


def test_endpoints_and_gateways_hold_their_subnet_until_they_are_gone(ec2: Any, place: dict[str, Any]) -> None:
    subnet, group = place["SubnetId"], place["SecurityGroupIds"][0]
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Interface", ServiceName="com.amazonaws.eu-west-1.ssm", SubnetIds=[subnet],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=address)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.release_address(AllocationId=address)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_a_gateway_endpoint_whose_route_tables_changed_can_be_deleted(ec2: Any, place: dict[str, Any]) -> None:
    """Its routes are where its route tables are. One that did not follow had its delete refused for want of a route."""
    vpc = ec2.describe_subnets(SubnetIds=[place["SubnetId"]])["Subnets"][0]["VpcId"]
    first, second, gone = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(3))
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", RouteTableIds=[first, gone]
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip

    def lead() -> set[str]:
        tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
        return {
            table["RouteTableId"]
            for table in tables
            if any(way.get("GatewayId") == endpoint for way in table["Routes"])
        }

    assert lead() == {first, gone}
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    assert lead() == {second, gone}
    ec2.delete_route_table(RouteTableId=gone)
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert lead() == set()


def test_the_address_of_a_terminated_machine_is_free_again(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=machine)
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=address)
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.release_address(AllocationId=address)


def test_a_machine_that_is_terminated_twice_is_still_described(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    for _ in range(2):
        ec2.terminate_instances(InstanceIds=[machine])
    (found,) = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"]
    assert found["State"]["Name"] == "terminated"


def test_a_gateway_cannot_leave_a_network_that_has_public_addresses(ec2: Any, place: dict[str, Any]) -> None:
    vpc = ec2.describe_subnets(SubnetIds=[place["SubnetId"]])["Subnets"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    machine = launch(ec2, place)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=machine)
    with refused("DependencyViolation"):
        ec2.detach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    ec2.terminate_instances(InstanceIds=[machine])
    ec2.detach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)


def test_states_forbid_what_makes_no_sense_in_them(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    with refused("IncorrectInstanceState"):
        ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "g5.2xlarge"})
    ec2.stop_instances(InstanceIds=[machine])
    ec2.modify_instance_attribute(InstanceId=machine, InstanceType={"Value": "g5.2xlarge"})
    ec2.start_instances(InstanceIds=[machine])
    ec2.terminate_instances(InstanceIds=[machine])
    for call in (ec2.start_instances, ec2.stop_instances):
        with refused("IncorrectInstanceState"):
            call(InstanceIds=[machine])


def test_monitoring_is_switched(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    ec2.monitor_instances(InstanceIds=[machine])
    assert shown(ec2, machine)["Monitoring"]["State"] == "enabled"
    ec2.unmonitor_instances(InstanceIds=[machine])
    assert shown(ec2, machine)["Monitoring"]["State"] == "disabled"
    with refused("InvalidInstanceID.NotFound"):
        ec2.monitor_instances(InstanceIds=["i-0000000000000000f"])


def test_changing_one_metadata_option_keeps_the_others(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1})
    ec2.modify_instance_metadata_options(InstanceId=machine, InstanceMetadataTags="enabled")
    options = shown(ec2, machine)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    assert (options["InstanceMetadataTags"], options["HttpEndpoint"]) == ("enabled", "enabled")


def test_the_account_s_metadata_defaults_apply_to_new_machines(ec2: Any, place: dict[str, Any]) -> None:
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=2)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == "required"
    assert shown(ec2, launch(ec2, place))["MetadataOptions"]["HttpTokens"] == "required"
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpPutResponseHopLimit=-1)
    assert "HttpTokens" not in ec2.get_instance_metadata_defaults()["AccountLevel"]


def test_disks_are_encrypted_by_default_where_the_account_says_so(
    cloud: Endpoint, ec2: Any, place: dict[str, Any]
) -> None:
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == key
    launch(ec2, place)
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10)
    assert {(volume["Encrypted"], volume["KmsKeyId"]) for volume in ec2.describe_volumes()["Volumes"]} == {(True, key)}


def test_public_sharing_is_blocked_where_the_account_says_so(ec2: Any) -> None:
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"
    assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"
    with refused("OperationNotPermitted"):
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )
    image = ec2.describe_images()["Images"][0]["ImageId"]
    with refused("OperationNotPermitted"):
        ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"VolumeType": "zz9", "Size": 1}, "InvalidParameterValue"), ({"Size": 0}, "InvalidParameterValue")],
)
def test_impossible_disks_are_refused(ec2: Any, arguments: dict[str, Any], code: str) -> None:
    with refused(code):
        ec2.create_volume(AvailabilityZone="eu-west-1a", **arguments)


def test_disks_neither_shrink_nor_cross_zones(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    disk = ec2.create_volume(AvailabilityZone="eu-west-1b", Size=20)["VolumeId"]
    with refused("New size cannot be smaller"):
        ec2.modify_volume(VolumeId=disk, Size=10)
    with refused("InvalidVolume.ZoneMismatch"):
        ec2.attach_volume(VolumeId=disk, InstanceId=machine, Device="/dev/sdf")


def test_a_second_disk_took_the_device_of_the_first(ec2: Any, place: dict[str, Any]) -> None:
    machine = launch(ec2, place)
    first, second = (ec2.create_volume(AvailabilityZone="eu-west-1a", Size=20)["VolumeId"] for _ in range(2))
    ec2.attach_volume(VolumeId=first, InstanceId=machine, Device="/dev/sdh")
    with refused("/dev/sdh is already in use"):
        ec2.attach_volume(VolumeId=second, InstanceId=machine, Device="/dev/sdh")
    ec2.detach_volume(VolumeId=first)
    ec2.attach_volume(VolumeId=second, InstanceId=machine, Device="/dev/sdh")


def test_launches_are_held_to_the_quota_of_their_family(cloud: Endpoint, ec2: Any, large: dict[str, Any]) -> None:
    quotas = cloud.client("service-quotas")
    asked = {"ServiceCode": "ec2", "QuotaCode": "L-417A185B"}
    limit = quotas.get_service_quota(**asked)["Quota"]["Value"]
    too_many = int(limit // 96) + 1
    with refused("VcpuLimitExceeded"):
        launch(ec2, large, MinCount=too_many, MaxCount=too_many)
    assert ec2.describe_instances()["Reservations"] == []
    with refused("IllegalArgumentException"):
        quotas.request_service_quota_increase(**asked, DesiredValue=1)
    quotas.request_service_quota_increase(**asked, DesiredValue=limit * 2)
    launch(ec2, large, MinCount=too_many, MaxCount=too_many)
    assert quotas.get_service_quota(**asked)["Quota"]["Value"] == limit * 2
    assert quotas.get_aws_default_service_quota(**asked)["Quota"]["Value"] == 0
    assert "L-DB2E81BA" in {quota["QuotaCode"] for quota in quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]}
    with refused("NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-00000000")


def test_machines_that_are_started_together_are_held_to_the_quota_together(ec2: Any, large: dict[str, Any]) -> None:
    four = ec2.run_instances(**{**large, "MinCount": 4, "MaxCount": 4})["Instances"]
    ids = [each["InstanceId"] for each in four]
    ec2.stop_instances(InstanceIds=ids)
    launch(ec2, large, MinCount=6, MaxCount=6)
    with refused("VcpuLimitExceeded"):
        ec2.start_instances(InstanceIds=ids)
    ec2.start_instances(InstanceIds=ids[:2])


def test_a_start_is_not_held_to_the_quota_of_spot_machines(ec2: Any, large: dict[str, Any]) -> None:
    identity = launch(ec2, large)
    ec2.stop_instances(InstanceIds=[identity])
    launch(ec2, large, MinCount=8, MaxCount=8, InstanceMarketOptions={"MarketType": "spot"})
    ec2.start_instances(InstanceIds=[identity])
    assert shown(ec2, identity)["State"]["Name"] == "running"


def test_a_machine_without_a_public_address_is_shown_without_an_association(ec2: Any, place: dict[str, Any]) -> None:
    inside = {"DeviceIndex": 0, "SubnetId": place.pop("SubnetId"), "Groups": place.pop("SecurityGroupIds")}
    closed = launch(ec2, place, NetworkInterfaces=[{**inside, "AssociatePublicIpAddress": False}])
    interface = shown(ec2, closed)["NetworkInterfaces"][0]
    assert "Association" not in interface
    assert "Association" not in interface["PrivateIpAddresses"][0]
    seen = launch(ec2, place, NetworkInterfaces=[{**inside, "AssociatePublicIpAddress": True}])
    assert shown(ec2, seen)["NetworkInterfaces"][0]["Association"]["PublicIp"]


def test_a_spot_machine_names_its_request_which_ends_with_it(ec2: Any, place: dict[str, Any]) -> None:
    market = {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.9", "InstanceInterruptionBehavior": "terminate"}}
    identity = launch(ec2, place, InstanceMarketOptions=market)
    request = shown(ec2, identity)["SpotInstanceRequestId"]

    def told() -> dict[str, Any]:
        found: dict[str, Any] = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request])
        return dict(found["SpotInstanceRequests"][0])

    assert (told()["InstanceId"], told()["State"], told()["SpotPrice"]) == (identity, "active", "0.9")
    ec2.terminate_instances(InstanceIds=[identity])
    assert told()["State"] == "closed"


def test_a_cancelled_spot_request_leaves_its_machine_running(ec2: Any, place: dict[str, Any]) -> None:
    identity = launch(ec2, place, InstanceMarketOptions={"MarketType": "spot"})
    request = shown(ec2, identity)["SpotInstanceRequestId"]
    assert ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[request])["CancelledSpotInstanceRequests"] == [
        {"SpotInstanceRequestId": request, "State": "cancelled"}
    ]
    assert shown(ec2, identity)["State"]["Name"] == "running"
    with refused("InvalidSpotInstanceRequestID.NotFound"):
        ec2.describe_spot_instance_requests(SpotInstanceRequestIds=["sir-00000000"])


def test_what_a_machine_does_at_shutdown_is_changed_without_taking_its_groups(ec2: Any, place: dict[str, Any]) -> None:
    identity = launch(ec2, place)
    groups = shown(ec2, identity)["SecurityGroups"]
    assert groups
    ec2.modify_instance_attribute(InstanceId=identity, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    assert shown(ec2, identity)["SecurityGroups"] == groups
    told = ec2.describe_instance_attribute(InstanceId=identity, Attribute="instanceInitiatedShutdownBehavior")
    assert told["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}
