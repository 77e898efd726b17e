"""The images of AWS, with the same code on AWS and on the simulated cloud."""

import base64
import functools
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.core.errors import CloudError, UsageError
from soundstage.stacks.clouds.aws.calls import Clients, all_pages, call, pages, read
from soundstage.stacks.clouds.machine_images import MachineImage


class AwsImages:
    """See `Images`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        # By a filter: asked by id, AWS refuses all when one is gone.
        wanted = [{"Name": "image-id", "Values": sorted(ids)}]
        return {one.id: one for one in self._described(region, Filters=wanted)} if ids else {}

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        return self._described(region, Owners=[owner], Filters=[{"Name": "name", "Values": [name]}])

    def make(self, instance_id: str, name: str, tags: Mapping[str, str]) -> str:
        ec2 = self._clients.client("ec2")
        answer = call(ec2, "DescribeInstances", name, InstanceIds=[instance_id])
        instance = answer["Reservations"][0]["Instances"][0]
        root = instance.get("RootDeviceName")
        others = [one["DeviceName"] for one in instance.get("BlockDeviceMappings", ()) if one["DeviceName"] != root]
        try:
            made = call(
                ec2, "CreateImage", name, InstanceId=instance_id, Name=name, NoReboot=True,
                BlockDeviceMappings=[{"DeviceName": one, "NoDevice": ""} for one in others],
                TagSpecifications=_specifications(tags),
            )  # fmt: skip
        except CloudError as error:
            # A command beside this one has made it since this one looked, or the answer to this very call was lost.
            there = self.named(name, "self", ec2.meta.region_name) if error.code == "InvalidAMIName.Duplicate" else []
            if not there:
                raise
            return there[0].id
        return str(made["ImageId"])

    def copy(self, image: MachineImage, region: str, key: str, tags: Mapping[str, str]) -> str:
        made = call(
            self._clients.client("ec2", region), "CopyImage", image.name, Name=image.name, SourceImageId=image.id,
            SourceRegion=image.region, Encrypted=True, KmsKeyId=key, TagSpecifications=_specifications(tags),
        )  # fmt: skip
        return str(made["ImageId"])

    def in_use(self, ids: Collection[str], region: str) -> dict[str, tuple[str, ...]]:
        if not ids:
            return {}
        wanted = [
            {"Name": "image-id", "Values": sorted(ids)},
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
        ]
        users: dict[str, tuple[str, ...]] = {}
        for reservation in pages(
            self._clients.client("ec2", region), "DescribeInstances", "Reservations", Filters=wanted
        ):
            for instance in reservation["Instances"]:
                users[instance["ImageId"]] = (*users.get(instance["ImageId"], ()), instance["InstanceId"])
        return users

    def delete(self, id: str, region: str) -> None:
        call(self._clients.client("ec2", region), "DeregisterImage", id, ImageId=id, DeleteAssociatedSnapshots=True)

    key_of_others: Final = (
        "The key's policy must let that account use it: kms:Decrypt, kms:DescribeKey, kms:ReEncrypt*, kms:GenerateDataKey* and "
        "kms:CreateGrant for its root. Until then a machine made of the image does not start there."
    )

    def share(self, id: str, region: str, account: str) -> None:
        permission = {"Add": [{"UserId": account}]}
        call(self._clients.client("ec2", region), "ModifyImageAttribute", id, ImageId=id, LaunchPermission=permission)

    def refuse_stranger(self, account: str) -> None:
        if not (len(account) == 12 and account.isascii() and account.isdigit()):
            raise UsageError(f'"{account}" is no account of AWS.', "Give its 12 digits.")

    def disk_key(self, region: str, studio: str) -> str:  # noqa: ARG002 - an account has one for each region
        found = call(self._clients.client("ec2", region), "GetEbsDefaultKmsKeyId", region).get("KmsKeyId", "")
        return "" if found.endswith("alias/aws/ebs") else str(found)

    def link(self, bucket: str, key: str, seconds: int) -> str:
        s3 = self._clients.client("s3")
        call(s3, "HeadObject", key, Bucket=bucket, Key=key)
        return str(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, seconds))

    def machine_state(self, instance_id: str) -> str:
        answer = call(self._clients.client("ec2"), "DescribeInstances", instance_id, InstanceIds=[instance_id])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    def halt(self, instance_id: str) -> None:
        call(self._clients.client("ec2"), "StopInstances", instance_id, InstanceIds=[instance_id])

    def host_keys(self, instance_id: str) -> tuple[str, ...]:
        # Of Nitro machines alone the newest output can be asked for; cloud-init prints its keys between two marks.
        answer = call(self._clients.client("ec2"), "GetConsoleOutput", instance_id, InstanceId=instance_id, Latest=True)
        return told_keys(base64.b64decode(answer.get("Output", "")).decode("utf-8", "replace"))

    def _described(self, region: str, **arguments: Any) -> list[MachineImage]:
        ask = functools.partial(read, self._clients, "ec2", "DescribeImages", "images", region)
        found = all_pages(ask, "Images", IncludeDeprecated=True, **arguments)
        return sorted((_image(one, region) for one in found), key=lambda one: (one.made, one.id))


def told_keys(console: str) -> tuple[str, ...]:
    """The host keys on a console (cloud-init, module `keys_to_console`, read 2026-11)."""
    told = re.findall(r"-----BEGIN SSH HOST KEY KEYS-----\r?\n(.*?)-----END SSH HOST KEY KEYS-----", console, re.DOTALL)
    lines = (line.strip() for line in told[-1].splitlines()) if told else ()
    return tuple(" ".join(line.split()[:2]) for line in lines if line.startswith(("ssh-", "ecdsa-")))


def _image(found: Mapping[str, Any], region: str) -> MachineImage:
    disks = [one["Ebs"] for one in found.get("BlockDeviceMappings", ()) if "Ebs" in one]
    return MachineImage(
        id=found["ImageId"],
        name=found.get("Name", ""),
        region=region,
        state=found["State"],
        made=datetime.fromisoformat(found["CreationDate"]).astimezone(UTC),
        owner=found.get("OwnerId", ""),
        disk_gib=max((int(one.get("VolumeSize", 0)) for one in disks), default=0),
        tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
        reason=str(found.get("StateReason", {}).get("Message", "")),
    )


def _specifications(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return [{"ResourceType": kind, "Tags": listed} for kind in ("image", "snapshot")]
