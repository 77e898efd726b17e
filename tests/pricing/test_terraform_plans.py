"""Plans of Terraform, which are priced as ours are; a region that stands in a variable left everything without a price."""

from typing import Any

import pytest

from soundstage.core.values import UNKNOWN
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.plan.terraform import terraform_plan
from soundstage.policies.sources import plan_from
from soundstage.policies.terraform import plan_of_terraform
from soundstage.pricing.estimate import estimate

STATE: dict[str, Any] = {
    "format_version": "1.0",
    "terraform_version": "1.9.8",
    "values": {
        "outputs": {"password": {"sensitive": True, "value": "hunter2", "type": "string"}},
        "root_module": {
            "resources": [
                {
                    "address": "aws_instance.desk", "mode": "managed", "type": "aws_instance", "name": "desk", "schema_version": 2,
                    "provider_name": "registry.terraform.io/hashicorp/aws",
                    "values": {
                        "id": "i-1", "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", "instance_type": "g5.2xlarge",
                        "availability_zone": "eu-west-1a", "root_block_device": [{"volume_size": 100, "volume_type": "gp3"}],
                        "ebs_block_device": [], "tags": {"team": "edit"},
                    },
                    "sensitive_values": {},
                },
                {"address": "data.aws_ami.this", "mode": "data", "type": "aws_ami", "values": {"id": "ami-1"}},
            ],
            "child_modules": [
                {
                    "address": "module.media",
                    "resources": [
                        {
                            "address": "module.media.aws_nat_gateway.out[0]", "mode": "managed", "type": "aws_nat_gateway", "index": 0,
                            "values": {"id": "nat-1", "arn": "arn:aws:ec2:eu-central-1:123456789012:natgateway/nat-1", "region": None},
                        },
                        {"address": "module.media.aws_lightsail_instance.ci", "mode": "managed", "type": "aws_lightsail_instance", "values": {}},
                    ],
                }
            ],
        },
    },
}  # fmt: skip
VALUES: dict[str, Any] = {
    "aws_instance.desk[0]": (
        {
            "instance_type": "g5.2xlarge", "tags": {"team": "edit"}, "availability_zone": None,
            "root_block_device": [{"volume_size": 100, "volume_type": "gp3", "tags": None}], "ebs_block_device": [],
        },
        {"ami": True, "id": True, "root_block_device": [{"volume_id": True}]},
    ),
    'module.media.aws_s3_bucket.raw["a"]': ({"bucket": "raw", "force_destroy": False}, {"arn": True}),
    "aws_ebs_volume.work": ({"availability_zone": "eu-central-1a", "size": 500, "type": "gp3", "throughput": 500, "iops": 3000}, {}),
    "aws_cloudwatch_metric_alarm.still": ({"alarm_name": "still", "period": 300, "evaluation_periods": 1}, {}),
    "aws_lightsail_instance.ci": ({"name": "ci"}, {}),
    "google_compute_instance.desk": (
        {
            "machine_type": "g2-standard-8", "zone": "europe-west4-a", "labels": {"team": "edit"},
            "boot_disk": [{"auto_delete": True, "initialize_params": [{"size": 80, "type": "pd-balanced", "image": "debian-12"}]}],
            "network_interface": [{"network": "default", "access_config": [{"nat_ip": ""}]}],
            "guest_accelerator": [{"type": "nvidia-l4-vws", "count": 1}],
            "scheduling": [{"provisioning_model": "STANDARD", "preemptible": False}],
        },
        {},
    ),
}  # fmt: skip


def shown() -> dict[str, Any]:
    """What `terraform show -json` prints of a plan of two clouds with a module, a count and a region in a variable."""
    root: list[Any] = []
    child: list[Any] = []
    changes = []
    for address, (values, unknown) in VALUES.items():
        type = address.removeprefix("module.media.").partition(".")[0]
        one = {"address": address, "mode": "managed", "type": type, "values": values}
        (child if address.startswith("module.") else root).append(one)
        changes.append(
            {**one, "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": unknown}}
        )
    root.append({"address": "data.aws_ami.this", "mode": "data", "type": "aws_ami", "values": {}})
    attached = {"device_name": "/dev/sdf"}
    work = {"address": "aws_volume_attachment.work", "mode": "managed", "type": "aws_volume_attachment"}
    made = {"actions": ["create"], "before": None, "after": attached, "after_unknown": {"volume_id": True, "id": True}}
    changes.append({**work, "change": made})
    made_of = {"volume_id": {"references": ["aws_ebs_volume.work.id", "aws_ebs_volume.work"]}}
    return {
        "format_version": "1.2",
        "variables": {"region": {"value": "eu-west-1"}},
        "planned_values": {"root_module": {"resources": root, "child_modules": [{"address": "module.media", "resources": child}]}},
        "resource_changes": changes,
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}},
                "aws.far": {"name": "aws", "alias": "far", "expressions": {"region": {"constant_value": "us-west-2"}}},
            },
            "root_module": {
                "resources": [
                    {"address": "aws_volume_attachment.work", "provider_config_key": "aws", "expressions": made_of},
                    *(
                        {"address": bare, "provider_config_key": bare.partition("_")[0], "expressions": {key: {} for key in unknown}}
                        for bare, (_, unknown) in ((one.partition("[")[0], said) for one, said in VALUES.items() if one[:6] != "module")
                    ),
                ],
                "module_calls": {
                    "media": {"module": {"resources": [{"address": "aws_s3_bucket.raw", "provider_config_key": "aws.far"}]}}
                },
            },
        },
    }  # fmt: skip


def test_a_region_in_a_variable_left_a_plan_of_terraform_without_a_price() -> None:
    plan = plan_from(shown())
    found = estimate(plan)
    lines = {(one.resource, one.kind): one for one in found.lines}
    desk = lines["aws_instance.desk[0]", "machine"]
    where = {key: one.instead_of or one.region for key, one in lines.items()}
    assert (desk.what, desk.region) == ("g5.2xlarge, Linux, on demand", "eu-west-1")
    assert lines["aws_instance.desk[0]", "disk"].what == "system disk gp3, 100 GiB"
    assert where['module.media.aws_s3_bucket.raw["a"]', "storage"] == "us-west-2"
    assert where["aws_ebs_volume.work", "disk"] == "eu-central-1"
    assert where["google_compute_instance.desk", "disk"] == "europe-west4"
    assert lines["google_compute_instance.desk", "disk"].month(0).typical == pytest.approx(80 * 0.11, rel=0.05)
    assert [one.type for one in found.unpriced] == ["aws:lightsail/instance:Instance"]
    (attached,) = [one for one in plan if one.name == "aws_volume_attachment.work"]
    assert attached.property_dependencies["volumeId"] == (
        next(one.urn for one in plan if one.name == "aws_ebs_volume.work"),
    )
    machine = next(one for one in plan if one.name == "aws_instance.desk[0]")
    assert (machine.inputs["ami"], machine.operation) == (UNKNOWN, Operation.CREATE)


def test_what_was_written_for_terraform_costs_what_it_cost() -> None:
    """Our own plans, through the export and back."""

    def one(type: str, name: str, **inputs: Any) -> PlannedResource:
        return PlannedResource(f"urn::{name}", type, name, Operation.CREATE, inputs=inputs)

    ours = Plan(
        "p",
        "s",
        (
            one(
                "aws:ec2/instance:Instance", "a", instanceType="g5.4xlarge", region="eu-west-1",
                rootBlockDevice={"volumeSize": 120, "volumeType": "gp3", "throughput": 400},
                ebsBlockDevices=[{"deviceName": "/dev/sdb", "volumeSize": 50, "volumeType": "gp3"}], tags={"soundstage:os": "linux", "soundstage:workstation": "a"},
            ),
            one("aws:ec2/natGateway:NatGateway", "n", region="eu-west-1", subnetId="s"),
            one("aws:ec2/vpcEndpoint:VpcEndpoint", "e", region="eu-west-1", vpcEndpointType="Interface", subnetIds=["a", "b"], serviceName="x"),
            one("aws:kms/key:Key", "k", region="eu-west-1"),
            one(
                "gcp:compute/instance:Instance", "g", machineType="n1-standard-8", zone="us-east4-a",
                guestAccelerators=[{"type": "nvidia-tesla-t4-vws", "count": 1}], scratchDisks=[{"interface": "NVME"}],
                bootDisk={"initializeParams": {"size": 60, "type": "pd-ssd"}}, scheduling={"preemptible": True, "provisioningModel": "SPOT"},
                networkInterfaces=[{"network": "n", "accessConfigs": [{"natIp": "1.2.3.4"}]}], labels={"team": "edit"},
            ),
            one("gcp:storage/bucket:Bucket", "b", location="us-east4", lifecycleRules=[{"action": {"type": "SetStorageClass", "storageClass": "COLDLINE"}, "condition": {"age": 90}}]),
        ),
    )  # fmt: skip
    back = plan_of_terraform(terraform_plan(ours).document)
    for plan_month in (0, 11):
        for was, now in zip(ours, [one for one in back if not one.type.startswith("pulumi:")], strict=True):
            before = estimate(Plan("p", "s", (was,))).month(plan_month)
            after = estimate(Plan("p", "s", (now,)), region="eu-west-1").month(plan_month)
            assert after.typical == pytest.approx(before.typical), was.name
            assert before.typical > 0, was.name


def test_a_state_was_refused_though_it_says_what_is_billed() -> None:
    """What `terraform show -json` prints without a plan: everything that is there, modules too, each where its own name says that it is."""
    plan = plan_from(STATE)
    assert {one.operation for one in plan if one.custom} == {Operation.SAME}
    found = estimate(plan)
    priced = {line.resource: line for line in found.lines}
    assert {"aws_instance.desk", "module.media.aws_nat_gateway.out[0]"} <= set(priced)
    assert "lightsail" in str(found.unpriced)
    assert "hunter2" not in str(plan)
    assert not plan_from({"format_version": "1.0"}).resources


def test_a_state_costs_what_its_plan_costs() -> None:
    changes = [
        {**one, "change": {"actions": ["create"], "before": None, "after": one["values"], "after_unknown": {}}}
        for one in STATE["values"]["root_module"]["resources"]
    ]
    providers = {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}
    planned = estimate(
        plan_from(
            {"format_version": "1.2", "resource_changes": changes, "configuration": {"provider_config": providers}}
        )
    )
    alone = {**STATE, "values": {"root_module": {"resources": STATE["values"]["root_module"]["resources"]}}}
    assert estimate(plan_from(alone)).month() == planned.month()
    assert planned.month().typical > 0
