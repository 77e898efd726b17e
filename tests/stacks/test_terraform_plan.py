"""A plan as Terraform-plan JSON: complete for what we create, connected, and silent about secrets."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundstage.components.values import UNKNOWN, Secret
from soundstage.stacks.plan import Operation, Plan, PlannedResource
from soundstage.stacks.tfplan import table, terraform_plan

ROOT = Path(__file__).resolve().parents[2]
KEY = "urn:pulumi:s::p::aws:kms/key:Key::key"
BUCKET = "urn:pulumi:s::p::aws:s3/bucket:Bucket::media"


def planned(type: str, name: str, operation: Operation = Operation.CREATE, /, **inputs: Any) -> PlannedResource:
    return PlannedResource(f"urn:pulumi:s::p::{type}::{name}", type, name, operation, inputs=inputs)


def one(resource: PlannedResource) -> dict[str, Any]:
    change: dict[str, Any] = terraform_plan(Plan("p", "s", (resource,))).document["resource_changes"][0]
    return change


def test_blocks_lists_and_maps_have_terraforms_shape() -> None:
    instance = planned(
        "aws:ec2/instance:Instance",
        "edit",
        instanceType="g5.xlarge",
        metadataOptions={"httpTokens": "required"},
        ebsBlockDevices=[{"deviceName": "/dev/sdf", "encrypted": True}],
        vpcSecurityGroupIds=["sg-1"],
        tags={"Name": "edit", "soundstage:zone": "content"},
        __defaults=[],
    )
    assert one(instance)["change"]["after"] == {
        "instance_type": "g5.xlarge",
        "metadata_options": [{"http_tokens": "required"}],
        "ebs_block_device": [{"device_name": "/dev/sdf", "encrypted": True}],
        "vpc_security_group_ids": ["sg-1"],
        "tags": {"Name": "edit", "soundstage:zone": "content"},
    }


def test_what_is_not_known_is_marked_and_refers_to_what_it_is_made_of() -> None:
    key = planned("aws:kms/key:Key", "key", enableKeyRotation=True)
    encryption = replace(
        planned(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "sse",
            bucket="studio-media",
            rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": UNKNOWN}}],
        ),
        property_dependencies={"rules": (KEY,)},
    )
    bucket = planned("aws:s3/bucket:Bucket", "media", bucket="studio-media")
    document = terraform_plan(Plan("p", "s", (key, bucket, encryption))).document
    change = document["resource_changes"][2]["change"]
    default = "apply_server_side_encryption_by_default"
    assert change["after"]["rule"] == [{default: [{"sse_algorithm": "aws:kms"}]}]
    assert change["after_unknown"] == {"rule": [{default: [{"kms_master_key_id": True}]}]}
    said = document["configuration"]["root_module"]["resources"][2]["expressions"]
    assert said["rule"][0][default][0]["kms_master_key_id"] == {"references": ["aws_kms_key.key.id", "aws_kms_key.key"]}
    assert said["bucket"] == {"references": ["aws_s3_bucket.media.id", "aws_s3_bucket.media"]}


def test_a_secret_is_marked_and_never_written() -> None:
    parameter = planned("aws:ssm/parameter:Parameter", "licence", name="licence", value=Secret("hunter2"))
    document = terraform_plan(Plan("p", "s", (parameter,))).document
    assert document["resource_changes"][0]["change"]["after_sensitive"] == {"value": True}
    assert "hunter2" not in json.dumps(document)


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_has_its_actions(operation: Operation) -> None:
    change = one(planned("aws:s3/bucket:Bucket", "media", operation, bucket="m"))["change"]
    gone = operation in (Operation.DELETE, Operation.FORGET)
    assert (change["after"] is None) is gone
    assert (change["before"] is None) is (operation is Operation.CREATE)
    assert change["actions"]


def test_a_type_without_a_terraform_name_is_left_out_and_counted() -> None:
    cat = planned("aws:quantum/cat:Cat", "cat")
    component = replace(planned("soundstage:aws:Workstation", "edit"), custom=False)
    converted = terraform_plan(Plan("p", "s", (cat, component)))
    assert converted.document["resource_changes"] == []
    assert converted.omitted == {"aws:quantum/cat:Cat": 1}


def test_addresses_are_valid_and_no_two_are_the_same() -> None:
    names = ("media", "media", "9 lives", "a.b")
    resources = tuple(
        replace(planned("aws:s3/bucket:Bucket", name), urn=f"urn:{number}") for number, name in enumerate(names)
    )
    changes = terraform_plan(Plan("p", "s", resources)).document["resource_changes"]
    assert [item["address"].partition(".")[2] for item in changes] == ["media", "media_2", "_9_lives", "a_b"]


def values(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from values(item)
    elif isinstance(value, list):
        for item in value:
            yield from values(item)


@pytest.fixture(scope="module")
def full_plans(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    from soundstage.stacks.deployment import open_project

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(tmp_path_factory.mktemp("home")))
        preview = open_project(str(ROOT / "examples" / "feature.yaml")).preview()
    assert preview.studio_plan is not None
    return [preview.plan, preview.studio_plan]


def test_everything_that_we_create_has_a_terraform_name(full_plans: list[Plan]) -> None:
    for plan in full_plans:
        assert terraform_plan(plan).omitted == {}


def test_every_repeated_block_that_we_use_is_in_the_table(full_plans: list[Plan]) -> None:
    import yaml

    same = set(yaml.safe_load((ROOT / "stacks" / "data" / "terraform.yaml").read_text())["same"])
    blocks = {
        key
        for plan in full_plans
        for resource in plan
        if resource.type in table().types
        for key, item in values(resource.inputs)
        if isinstance(item, list) and any(isinstance(part, dict) for part in item)
    }
    assert blocks - set(table().names) - same == set()


def test_what_belongs_to_a_bucket_refers_to_it(full_plans: list[Plan]) -> None:
    for plan in full_plans:
        for item in terraform_plan(plan).document["configuration"]["root_module"]["resources"]:
            if item["type"].startswith("aws_s3_bucket_"):
                assert item["expressions"]["bucket"]["references"][1].startswith("aws_s3_bucket."), item["address"]
