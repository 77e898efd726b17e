"""Data sources: what a program may ask the cloud before it creates anything."""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, Value
from soundstage.providers.aws.table.policy_document import policy_document
from soundstage.providers.entry import Cloud, Invoke

_PARTITION: Final = {"partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def _filters(args: Properties, **more: Any) -> list[dict[str, Any]]:
    """EC2's filters: those of the arguments, their tags, and `more`, in whose names underscores stand for hyphens. What has no value is
    left out."""
    listed = [(item["name"], list(item["values"])) for item in args.get("filters") or ()]
    listed += [(f"tag:{key}", [value]) for key, value in (args.get("tags") or {}).items()]
    listed += [(name.replace("_", "-"), [value]) for name, value in more.items() if value]
    return [{"Name": name, "Values": values} for name, values in listed]


def _plain(found: Mapping[str, Any], *names: str) -> dict[str, Value]:
    """Members that a data source calls as EC2 does, but for the capital; empty where there is none."""
    return {name: found.get(f"{name[0].upper()}{name[1:]}", "") for name in names}


def _given(**params: Any) -> dict[str, Any]:
    return {key: value for key, value in params.items() if value not in (None, [], "")}


def _one(found: list[dict[str, Any]], what: str, action: str) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    problem = "matches nothing" if not found else f"matches {len(found)} of them"
    raise CloudError(f"The search for {what} {problem}.", "Change its filters.", action=action)


def _tags(found: Mapping[str, Any]) -> dict[str, str]:
    return {item["Key"]: item["Value"] for item in found.get("Tags") or ()}


def _caller(cloud: Cloud, _args: Properties) -> Properties:
    found = cloud.call("sts", "GetCallerIdentity", {})
    account = found["Account"]
    return {"accountId": account, "arn": found["Arn"], "userId": found["UserId"], "id": account}


def _region(cloud: Cloud, args: Properties) -> Properties:
    name = args.get("region") or args.get("name") or cloud.region
    return {"region": name, "name": name, "id": name, "endpoint": f"ec2.{name}.amazonaws.com", "description": name}


def _partition(_cloud: Cloud, _args: Properties) -> Properties:
    return {**_PARTITION, "id": _PARTITION["partition"]}


def _zones(cloud: Cloud, args: Properties) -> Properties:
    filters = _filters(args, state=args.get("state"))
    params = _given(Filters=filters, AllAvailabilityZones=args.get("allAvailabilityZones"))
    found = cloud.call("ec2", "DescribeAvailabilityZones", params)["AvailabilityZones"]
    kept = [
        zone
        for zone in found
        if zone["ZoneName"] not in (args.get("excludeNames") or ())
        and zone["ZoneId"] not in (args.get("excludeZoneIds") or ())
    ]
    kept.sort(key=lambda zone: str(zone["ZoneName"]))
    return {
        **args,
        "names": [zone["ZoneName"] for zone in kept],
        "zoneIds": [zone["ZoneId"] for zone in kept],
        "groupNames": sorted({zone.get("GroupName", cloud.region) for zone in kept}),
        "region": cloud.region,
        "id": cloud.region,
    }


_OF_IMAGE: Final = (
    "imageId", "architecture", "creationDate", "deprecationTime", "description", "hypervisor", "imageLocation", "imageOwnerAlias",
    "imageType", "name", "ownerId", "platform", "platformDetails", "rootDeviceName", "rootDeviceType", "sriovNetSupport", "state",
    "usageOperation", "virtualizationType",
)  # fmt: skip


def _image(cloud: Cloud, args: Properties) -> Properties:
    params = _given(
        Owners=args.get("owners"),
        ExecutableUsers=args.get("executableUsers"),
        Filters=_filters(args),
        IncludeDeprecated=args.get("includeDeprecated"),
    )
    found = cloud.call("ec2", "DescribeImages", params)["Images"]
    if args.get("nameRegex"):
        import re

        pattern = re.compile(args["nameRegex"])
        found = [image for image in found if pattern.search(image.get("Name", ""))]
    if args.get("mostRecent"):
        found = sorted(found, key=lambda image: str(image.get("CreationDate", "")))[-1:]
    wanted = ", ".join(str(item["values"]) for item in args.get("filters") or ()) or "any"
    image = _one(found, f"a machine image ({wanted}) in {cloud.region}", "ec2:DescribeImages")
    return {
        **args,
        "id": image.get("ImageId", ""),
        **_plain(image, *_OF_IMAGE),
        "arn": f"arn:aws:ec2:{cloud.region}::image/{image['ImageId']}",
        "public": bool(image.get("Public")),
        "enaSupport": bool(image.get("EnaSupport")),
        "tags": _tags(image),
        "blockDeviceMappings": [],
        "productCodes": [],
        "stateReason": {},
        "region": cloud.region,
    }


def _machines(cloud: Cloud, args: Properties) -> Properties:
    states = args.get("instanceStateNames") or ["running"]
    filters = [*_filters({**args, "tags": args.get("instanceTags")}), {"Name": "instance-state-name", "Values": states}]
    found = [
        machine
        for reservation in cloud.call("ec2", "DescribeInstances", {"Filters": filters})["Reservations"]
        for machine in reservation["Instances"]
    ]
    return {
        **args,
        "ids": [machine["InstanceId"] for machine in found],
        "privateIps": [machine["PrivateIpAddress"] for machine in found if machine.get("PrivateIpAddress")],
        "publicIps": [machine["PublicIpAddress"] for machine in found if machine.get("PublicIpAddress")],
        "region": cloud.region,
        "id": cloud.region,
    }


def _machine(cloud: Cloud, args: Properties) -> Properties:
    filters = _filters({**args, "tags": args.get("instanceTags")})
    params = _given(Filters=filters, InstanceIds=[args["instanceId"]] if args.get("instanceId") else None)
    listed = cloud.call("ec2", "DescribeInstances", params)["Reservations"]
    machine = _one([each for one in listed for each in one["Instances"]], "a machine", "ec2:DescribeInstances")
    renamed = {
        "id": "InstanceId", "ami": "ImageId", "privateDns": "PrivateDnsName", "privateIp": "PrivateIpAddress",
        "publicDns": "PublicDnsName", "publicIp": "PublicIpAddress",
    }  # fmt: skip
    return {
        **args,
        **{name: machine.get(key, "") for name, key in renamed.items()},
        **_plain(machine, "instanceType", "keyName", "subnetId"),
        "arn": f"arn:aws:ec2:{cloud.region}:{cloud.account}:instance/{machine['InstanceId']}",
        "availabilityZone": machine["Placement"]["AvailabilityZone"],
        "instanceState": machine["State"]["Name"],
        "vpcSecurityGroupIds": [group["GroupId"] for group in machine.get("SecurityGroups") or ()],
        "tags": _tags(machine),
        "region": cloud.region,
    }


def _vpcs(cloud: Cloud, args: Properties) -> Properties:
    found = cloud.call("ec2", "DescribeVpcs", _given(Filters=_filters(args)))["Vpcs"]
    return {**args, "ids": [vpc["VpcId"] for vpc in found], "region": cloud.region, "id": cloud.region}


def _vpc(cloud: Cloud, args: Properties) -> Properties:
    default = args.get("default")
    filters = _filters(
        args,
        cidr=args.get("cidrBlock"),
        state=args.get("state"),
        dhcp_options_id=args.get("dhcpOptionsId"),
        is_default=None if default is None else str(default).lower(),
    )
    params = _given(Filters=filters, VpcIds=[args["id"]] if args.get("id") else None)
    vpc = _one(cloud.call("ec2", "DescribeVpcs", params)["Vpcs"], "a network", "ec2:DescribeVpcs")
    return {
        **args,
        "id": vpc["VpcId"],
        "arn": f"arn:aws:ec2:{cloud.region}:{cloud.account}:vpc/{vpc['VpcId']}",
        "cidrBlock": vpc["CidrBlock"],
        "default": vpc["IsDefault"],
        "state": vpc["State"],
        "instanceTenancy": vpc["InstanceTenancy"],
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "ownerId": cloud.account,
        "tags": _tags(vpc),
        "region": cloud.region,
    }


def _prefix_list(cloud: Cloud, args: Properties) -> Properties:
    filters = _filters(args, prefix_list_name=args.get("name"))
    params = _given(Filters=filters, PrefixListIds=[args["prefixListId"]] if args.get("prefixListId") else None)
    found = cloud.call("ec2", "DescribePrefixLists", params)["PrefixLists"]
    listed = _one(found, "a prefix list", "ec2:DescribePrefixLists")
    return {
        **args,
        "id": listed["PrefixListId"],
        "prefixListId": listed["PrefixListId"],
        "name": listed["PrefixListName"],
        "cidrBlocks": sorted(listed.get("Cidrs") or ()),
        "region": cloud.region,
    }


def _managed_prefix_list(cloud: Cloud, args: Properties) -> Properties:
    filters = _filters(args, prefix_list_name=args.get("name"))
    params = _given(Filters=filters, PrefixListIds=[args["id"]] if args.get("id") else None)
    found = cloud.call("ec2", "DescribeManagedPrefixLists", params)["PrefixLists"]
    listed = _one(found, "a managed prefix list", "ec2:DescribeManagedPrefixLists")
    entries = cloud.call("ec2", "GetManagedPrefixListEntries", {"PrefixListId": listed["PrefixListId"]})["Entries"]
    return {
        **args,
        "id": listed["PrefixListId"],
        "arn": listed["PrefixListArn"],
        "name": listed["PrefixListName"],
        "addressFamily": listed.get("AddressFamily", "IPv4"),
        "maxEntries": listed.get("MaxEntries", 0),
        "ownerId": listed.get("OwnerId", ""),
        "version": listed.get("Version", 0),
        "entries": [{"cidr": item["Cidr"], "description": item.get("Description", "")} for item in entries],
        "tags": _tags(listed),
        "region": cloud.region,
    }


def _default_key(cloud: Cloud, _args: Properties) -> Properties:
    found = cloud.call("ec2", "GetEbsDefaultKmsKeyId", {})
    return {"keyArn": found["KmsKeyId"], "id": cloud.region, "region": cloud.region}


def _document(_cloud: Cloud, args: Properties) -> Properties:
    return policy_document(args)


LOOKUPS: Final[Mapping[str, Invoke]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:ebs/getDefaultKmsKey:getDefaultKmsKey": _default_key,
    "aws:ec2/getAmi:getAmi": _image,
    "aws:ec2/getInstance:getInstance": _machine,
    "aws:ec2/getInstances:getInstances": _machines,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": _managed_prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": _prefix_list,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getVpcs:getVpcs": _vpcs,
    "aws:iam/getPolicyDocument:getPolicyDocument": _document,
}
