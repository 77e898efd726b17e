"""What lies beside a project in its account: other projects, the studio, and a stranger who tags nothing."""

from collections.abc import Mapping
from typing import Any

from soundstage.simulator.process import Endpoint

Facts = dict[str, Any]


def neighbours(owner: Endpoint, projects: Mapping[str, Mapping[str, Any]], studio: str, image: str) -> dict[str, Facts]:
    """What the names in a call stand for where its resource begins with one of these words."""
    kms = owner.client("kms")
    keys = {alias["AliasName"]: alias.get("TargetKeyId", "") for alias in kms.list_aliases()["Aliases"]}
    named = {name: identity for name, identity in keys.items() if name.startswith(f"alias/soundstage/{studio}/")}
    (audit,) = [identity for name, identity in named.items() if name.endswith("-audit")]
    (disks,) = [identity for name, identity in named.items() if "disks" in name]
    return {
        "other": of_project(owner, projects["feature"], studio, "feature") | _names(owner, _tags(studio, "feature")),
        "alike": of_project(owner, projects["teaser-2"], studio, "teaser-2"),
        "vault": of_project(owner, projects["vault"], studio, "vault") | _names_of_project(owner, studio, "vault"),
        "studio": {"key": audit, "schedule": "nightly", "still": f"{studio}/root-use"},
        "disk": {"key": disks},
        "stranger": _stranger(owner, image),
        "bare": {"key": kms.create_key()["KeyMetadata"]["Arn"]},
    }


def of_project(owner: Endpoint, project: Mapping[str, Any], studio: str, name: str) -> Facts:
    """What one project has, by the names that calls have for it."""
    ec2 = owner.client("ec2")
    machine = project["workstations"]["edit-1"]["instance_id"]
    found = ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"][0]
    of_network = [{"Name": "vpc-id", "Values": [found["VpcId"]]}]
    table = next(each for each in ec2.describe_route_tables(Filters=of_network)["RouteTables"] if _joined(each))
    volume = found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    role = project["roles"]["admin"]
    return {
        "alias": f"alias/soundstage/{studio}/{name}/{name}-key",
        "association": _joined(table)[0],
        "budget": f"{studio}.{name}",
        "bucket": project["bucket"],
        "endpoint": ec2.describe_vpc_endpoints(Filters=of_network)["VpcEndpoints"][0]["VpcEndpointId"],
        "group": found["SecurityGroups"][0]["GroupId"],
        "key": project["key_arn"],
        "machine": machine,
        "profile_association": _profile_of(owner, machine),
        "role": role.rpartition("/")[2],
        "role_arn": role,
        "route_table": table["RouteTableId"],
        "schedule": f"{studio}.{name}.edit-1.start",
        "snapshot": ec2.create_snapshot(VolumeId=volume)["SnapshotId"],
        "still": f"{studio}/{name}/edit-1/still",
        "subnet": found["SubnetId"],
        "volume": volume,
        "vpc": found["VpcId"],
    }


def _tags(studio: str, project: str) -> list[dict[str, str]]:
    tags = {"soundstage:studio": studio, "soundstage:project": project}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _names_of_project(owner: Endpoint, studio: str, name: str) -> Facts:
    """What a project has that says which names are resolved in its network."""
    resolver = owner.client("route53resolver")

    def of(listed: Any) -> Any:
        return next(each for each in listed if each["Name"].startswith(f"{studio}-{name}-"))

    return _named(
        of(resolver.list_firewall_domain_lists()["FirewallDomainLists"]),
        of(resolver.list_firewall_rule_groups()["FirewallRuleGroups"]),
        of(resolver.list_resolver_query_log_configs()["ResolverQueryLogConfigs"]),
        of(resolver.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"])["Id"],
    )


def _names(owner: Endpoint, tags: list[dict[str, str]]) -> Facts:
    """Somebody else's rules for names, with the tags that he gives."""
    resolver, vpc = owner.client("route53resolver"), owner.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = resolver.create_firewall_rule_group(Name="office", Tags=tags)["FirewallRuleGroup"]
    logs = f"arn:aws:logs:eu-west-1:{group['OwnerId']}:log-group:office"
    joined = resolver.associate_firewall_rule_group(
        FirewallRuleGroupId=group["Id"], VpcId=vpc, Priority=200 + len(tags), Name="office", Tags=tags
    )
    return _named(
        resolver.create_firewall_domain_list(Name="office", Tags=tags)["FirewallDomainList"],
        group,
        resolver.create_resolver_query_log_config(Name="office", DestinationArn=logs, Tags=tags)[
            "ResolverQueryLogConfig"
        ],
        joined["FirewallRuleGroupAssociation"]["Id"],
    )


def _named(domains: Any, group: Any, log: Any, association: str) -> Facts:
    return {
        "names": domains["Id"],
        "names_arn": domains["Arn"],
        "names_group": group["Id"],
        "names_group_arn": group["Arn"],
        "names_log": log["Id"],
        "names_log_arn": log["Arn"],
        "names_association": association,
    }


def _joined(table: Mapping[str, Any]) -> list[str]:
    return [each["RouteTableAssociationId"] for each in table["Associations"] if not each.get("Main")]


def _profile_of(owner: Endpoint, machine: str) -> str:
    of_machine = [{"Name": "instance-id", "Values": [machine]}]
    found = owner.client("ec2").describe_iam_instance_profile_associations(Filters=of_machine)
    listed = found["IamInstanceProfileAssociations"]
    return str(listed[0]["AssociationId"]) if listed else "iip-assoc-00000000000000000"


def _stranger(owner: Endpoint, image: str) -> Facts:
    """Somebody else's network, machine, disk and key, as they come without a tag."""
    ec2, kms = owner.client("ec2"), owner.client("kms")
    vpc = ec2.create_vpc(CidrBlock="172.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="172.20.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="office", Description="office", VpcId=vpc)["GroupId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    joined = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", RouteTableIds=[table])
    machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group])
    identity = machine["Instances"][0]["InstanceId"]
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"]
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/office", TargetKeyId=key)
    return {
        "alias": "alias/office",
        "association": joined,
        "endpoint": endpoint["VpcEndpoint"]["VpcEndpointId"],
        "group": group,
        "image": ec2.create_image(InstanceId=identity, Name="office")["ImageId"],
        "key": key,
        "machine": identity,
        "profile_association": "iip-assoc-00000000000000000",
        "route_table": table,
        "schedule": "nightly",
        "snapshot": ec2.create_snapshot(VolumeId=volume)["SnapshotId"],
        "still": "office",
        "subnet": subnet,
        "volume": volume,
        "vpc": vpc,
        **_names(owner, []),
    }
