"""A plan as Terraform-plan JSON: complete for what we create, connected, and silent about secrets."""

import functools
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.plan import Operation, Options, Plan, PlannedResource
from soundstage.plan.terraform import addresses_of, terraform_plan
from soundstage.plan.terraform_names import Block, content_of, faults, name_of, schema, table
from soundstage.providers.aws.provider import TYPES
from soundstage.simulator import process
from soundstage.stacks.deployment import Deployment, open_project

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


def test_blocks_of_google_have_terraforms_names() -> None:
    instance = planned(
        "gcp:compute/instance:Instance",
        "edit",
        attachedDisks=[{"source": "work", "deviceName": "work"}],
        scratchDisks=[{"interface": "NVME"}],
        networkInterfaces=[{"subnetwork": "s", "ipv6AccessConfigs": [], "aliasIpRanges": [{"ipCidrRange": "/24"}]}],
        params={"resourceManagerTags": {"tagKeys/1": "tagValues/2"}},
    )
    assert one(instance)["change"]["after"] == {
        "attached_disk": [{"source": "work", "device_name": "work"}],
        "scratch_disk": [{"interface": "NVME"}],
        "network_interface": [
            {"subnetwork": "s", "ipv6_access_config": [], "alias_ip_range": [{"ip_cidr_range": "/24"}]}
        ],
        "params": [{"resource_manager_tags": {"tagKeys/1": "tagValues/2"}}],
    }


PLURAL_IN_TERRAFORM = frozenset(
    {
        "advertisedGroups", "advertisedIpRanges", "aggregations", "allowedAccessReasons", "allowedIpCidrRanges",
        "allowedPersistenceRegions", "allowedValues", "conditions", "cors", "creditTypes", "dataLocations", "dayOfWeeks",
        "defaultKeySpecs", "deniedValues", "denominatorAggregations", "destAddressGroups", "destFqdns", "destIpRanges",
        "destRegionCodes", "destThreatIntelligences", "destinationRanges", "drainNatIps", "endpointTypes", "exclusions",
        "exemptedMembers", "externalEndpoints", "gkeClusters", "groupByFields", "guestOsFeatures", "indexConfigs", "initialNatIps",
        "internalLoadBalancers", "layer4Configs", "licenses", "links", "messageTransforms", "metadataFields",
        "monitoringNotificationChannels", "natIps", "networks", "nodeAffinities", "notificationChannelNames", "notificationChannels",
        "notificationPrompts", "permissions", "ports", "projects", "replicaZones", "resourceAncestors", "resourcePolicies",
        "rrdatas", "rules", "scopes", "secondaryIpRangeNames", "services", "sourceNatActiveIps", "sourceNatActiveRanges",
        "sourceNatDrainIps", "sourceNatDrainRanges", "sourceRanges", "sourceServiceAccounts", "sourceTags", "srcAddressGroups",
        "srcFqdns", "srcIpRanges", "srcNetworks", "srcRegionCodes", "srcSecureTags", "srcThreatIntelligences", "subaccounts", "tags",
        "targetForwardingRules", "targetNameServers", "targetSecureTags", "targetServiceAccounts", "targetTags", "thresholdRules",
        "values", "vpcNetworkSources",
    }
)  # fmt: skip
"""Lists of Google's types that Terraform's provider calls as Pulumi's does (terraform-provider-google `website/docs/r`, read 2026-11)."""
ONLY_THE_CLOUD_SAYS = frozenset(
    {
        "asLists", "asPaths", "creationRecords", "datas", "effectiveLabels", "nameServers", "primaries", "pulumiLabels", "users", "warnings",
    }
)  # fmt: skip
WORDS_ALONE = frozenset(
    {
        "google_cloud_run_v2_service_iam_member", "google_compute_instance_iam_member", "google_iap_tunnel_instance_iam_member",
    }
)  # fmt: skip
"""Types that hold words and one condition, and neither list nor map."""


def shapes_of(fields: Any) -> Iterator[tuple[str, str]]:
    """Each property and its kind, down to the innermost, of what the Pulumi SDK declares."""
    for key, about in fields.items():
        kind, below = (about, {}) if isinstance(about, str) else about
        yield key, kind
        yield from shapes_of(below)


def test_every_list_and_map_of_an_exported_type_of_google_has_a_name_that_was_looked_up() -> None:
    declared = json.loads((ROOT / "policies/data/terraform.json").read_text(encoding="utf-8"))["types"]
    shapes = {
        shape
        for kind in table().types.values()
        if kind.startswith("google_") and kind not in WORDS_ALONE
        for shape in shapes_of(declared[kind][1])
        if shape[0] not in ONLY_THE_CLOUD_SAYS
    }
    lists = {key for key, kind in shapes if kind == "l"}
    assert lists - set(table().names) == PLURAL_IN_TERRAFORM
    assert {key for key, kind in shapes if kind == "m"} <= table().maps
    assert set(table().names) <= lists


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
    assert said["rule"][0][default][0]["kms_master_key_id"] == {
        "references": ["aws_kms_key.key.arn", "aws_kms_key.key"]
    }
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


@pytest.fixture(scope="module")
def full_deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        try:
            yield open_project(str(ROOT / "examples" / "feature.yaml"))
        finally:
            process.stop(home, save=False)


@pytest.fixture(scope="module")
def full_plans(full_deployment: Deployment) -> list[Plan]:
    preview = full_deployment.preview()
    assert preview.studio_plan is not None
    return [preview.plan, preview.studio_plan]


def test_everything_that_we_create_has_a_terraform_name(full_plans: list[Plan]) -> None:
    for plan in full_plans:
        assert terraform_plan(plan).omitted == {}


def together(known: Any, unknown: Any) -> Any:
    """Values with what is marked as not known yet."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict):
        return {key: together((known or {}).get(key), unknown.get(key)) for key in {**(known or {}), **unknown}}
    if isinstance(unknown, list) and unknown:
        return [together(a, b) for a, b in itertools.zip_longest(known or [], unknown)]
    return known


def faults_of(document: dict[str, Any]) -> list[str]:
    """What the provider's schema has against the values of the resources."""
    found = []
    for item in document["resource_changes"]:
        content = content_of(item["type"])
        if isinstance(content, Block):
            values = together(item["change"]["after"], item["change"]["after_unknown"])
            found += [f"{item['address']}.{each}" for each in faults(values, content, item["type"])]
    return found


def test_an_export_has_nothing_that_the_provider_does_not_know(full_plans: list[Plan]) -> None:
    for plan in full_plans:
        assert faults_of(terraform_plan(plan).document) == []


def test_what_the_provider_does_not_know_is_found() -> None:
    document = terraform_plan(
        Plan(
            "p",
            "s",
            (
                planned(
                    "aws:cloudwatch/metricAlarm:MetricAlarm", "a", comparisonOperator="x", nonsense=1, period="long"
                ),
                planned("aws:sns/topicSubscription:TopicSubscription", "b", topic="arn", protocol="email"),
                planned(
                    "aws:s3/bucketVersioning:BucketVersioning", "c", bucket="m", versioningConfiguration={"state": "on"}
                ),
            ),
        )
    ).document
    assert faults_of(document) == [
        "aws_cloudwatch_metric_alarm.a.nonsense: there is no such argument",
        "aws_cloudwatch_metric_alarm.a.period: 'long' is not \"number\"",
        "aws_cloudwatch_metric_alarm.a.alarm_name: it is required",
        "aws_cloudwatch_metric_alarm.a.evaluation_periods: it is required",
        "aws_sns_topic_subscription.b.endpoint: it is required",
        "aws_s3_bucket_versioning.c.versioning_configuration.state: there is no such argument",
        "aws_s3_bucket_versioning.c.versioning_configuration.status: it is required",
    ]


@pytest.mark.parametrize(
    ("type", "inputs", "expected"),
    [
        ("cloudwatch/metricAlarm:MetricAlarm", {"name": "still"}, {"alarm_name": "still"}),
        ("sns/topicSubscription:TopicSubscription", {"topic": "arn:x"}, {"topic_arn": "arn:x"}),
        ("lambda/function:Function", {"name": "clock"}, {"function_name": "clock"}),
        ("budgets/budget:Budget", {"plannedLimits": [{"amount": "1"}]}, {"planned_limit": [{"amount": "1"}]}),
        ("ec2/launchTemplate:LaunchTemplate", {"networkInterfaces": [{"deviceIndex": 0}]}, {"network_interfaces": [{"device_index": 0}]}),
        ("dlm/lifecyclePolicy:LifecyclePolicy", {"policyDetails": {"schedules": [{"name": "a"}]}}, {"policy_details": [{"schedule": [{"name": "a"}]}]}),
        ("secretsmanager/secret:Secret", {"replicas": [{"region": "eu-west-1"}]}, {"replica": [{"region": "eu-west-1"}]}),
        ("cloudwatch/eventTarget:EventTarget", {"inputTransformer": {"inputPaths": {"A": "$.a"}}}, {"input_transformer": [{"input_paths": {"A": "$.a"}}]}),
    ],
)  # fmt: skip
def test_a_property_that_terraform_calls_otherwise_has_its_name_there(
    type: str, inputs: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert one(planned(f"aws:{type}", "x", **inputs))["change"]["after"] == expected


def test_the_schema_of_every_type_is_known_or_only_newer_providers_have_it() -> None:
    types = {name for name in table().types.values() if name.startswith("aws_")}
    assert {name for name in types if schema(name) is None} == set(table().newer_types)


def test_a_property_that_no_example_sets_was_unknown_to_the_provider() -> None:
    """Such as the rate at which a disk is filled from its snapshot, which only a machine that comes back has."""
    newer, unknown = table().newer_names, []
    for entry in TYPES.values():
        kind = table().types.get(entry.token, "")
        content = content_of(kind) if kind else None
        if isinstance(content, Block):
            known = {*content.names, *newer["*"], *newer.get(kind, {})}
            names = {name_of(field.name, content, kind) for field in entry.fields}
            unknown += [f"{kind}.{name}" for name in sorted(names - known)]
    assert unknown == []


def test_a_schemas_version_is_the_providers(full_plans: list[Plan]) -> None:
    resources = terraform_plan(full_plans[0]).document["planned_values"]["root_module"]["resources"]
    versions = {item["type"]: item["schema_version"] for item in resources}
    assert versions["aws_instance"] == versions["aws_security_group"] == 1
    assert versions["aws_s3_bucket"] == 0


def test_a_resize_shows_the_old_and_the_new_type() -> None:
    old = planned("aws:ec2/instance:Instance", "edit", Operation.SAME, instanceType="g5.xlarge")
    new = planned("aws:ec2/instance:Instance", "edit", Operation.UPDATE, instanceType="g5.4xlarge")
    renamed = replace(new, urn="urn:new", options=Options(aliases=(old.urn,)))
    for after in (new, renamed):
        change = terraform_plan(Plan("p", "s", (after,)), Plan("p", "s", (old,))).document["resource_changes"][0][
            "change"
        ]
        assert change["actions"] == ["update"]
        assert change["before"] == {"instance_type": "g5.xlarge"}
        assert change["after"] == {"instance_type": "g5.4xlarge"}


def test_what_belongs_to_a_bucket_refers_to_it(full_plans: list[Plan]) -> None:
    for plan in full_plans:
        for item in terraform_plan(plan).document["configuration"]["root_module"]["resources"]:
            if item["type"].startswith("aws_s3_bucket_"):
                assert item["expressions"]["bucket"]["references"][1].startswith("aws_s3_bucket."), item["address"]


def leaves(expression: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], list[str]]]:
    """The references of an expression and where they stand."""
    if isinstance(expression, dict) and isinstance(expression.get("references"), list):
        yield path, expression["references"][::2]
    elif isinstance(expression, (dict, list)):
        items = expression.items() if isinstance(expression, dict) else enumerate(expression)
        for key, item in items:
            yield from leaves(item, (*path, key))


@pytest.mark.slow
def test_a_reference_names_the_attribute_whose_value_the_argument_has_once_it_is_up(
    full_plans: list[Plan], full_deployment: Deployment
) -> None:
    full_deployment.up()
    wrong = []
    for before, after in zip(full_plans, (full_deployment.engine, full_deployment.home.engine), strict=True):
        recorded = after.resources()
        addresses = addresses_of([item for item in recorded if item.custom and item.type in table().types])
        held = {
            f"{addresses[item.urn]}.{name_of(key, None)}": value
            for item in recorded
            if item.urn in addresses
            for key, value in {**item.inputs, **item.outputs, "id": item.id}.items()
        }
        values = {
            item["address"]: item["change"]["after"] for item in terraform_plan(recorded).document["resource_changes"]
        }
        for item in terraform_plan(before).document["configuration"]["root_module"]["resources"]:
            for path, references in leaves(item["expressions"]):
                value = functools.reduce(lambda found, key: found[key], path, values[item["address"]])
                # A value that another one is part of, such as a document, is not any attribute as a whole.
                if not any(str(held.get(each)) in str(value) for each in references) and path[-1] not in (
                    "policy",
                    "input",
                ):
                    wrong.append(f"{item['address']} {path}: {references} and not {value}")
    assert wrong == []
