"""Plans of Terraform are judged like those of Pulumi: `data/terraform/plan.json` is what the genuine Terraform 1.13 and its AWS provider 5.100
say of the program beside it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from soundstage import policies
from soundstage.core.errors import UsageError
from soundstage.plan.terraform import terraform_plan
from soundstage.policies.report import Report
from soundstage.policies.settings import Settings
from soundstage.policies.sources import plan_from
from soundstage.policies.terraform import token_of

FILE = Path(__file__).parent / "data/terraform/plan.json"
TODAY = Settings.model_validate({"today": "2026-11-21"})


def judged(document: Any) -> Report:
    return policies.run(plan_from(document), "studio", TODAY)


def found(report: Report) -> set[tuple[str, str]]:
    return {(item.policy.id, item.name) for item in report.findings}


@pytest.fixture
def document() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(FILE.read_text())
    return whole


@pytest.mark.parametrize(
    ("policy", "address"),
    [
        ("NET-01", "aws_security_group.sg"),
        ("NET-02", "aws_security_group.sg"),
        ("NET-02", 'aws_vpc_security_group_ingress_rule.r["a"]'),
        ("STO-10", "aws_s3_bucket_policy.p"),
        ("IAM-01", "aws_iam_policy.admin"),
        ("WS-01", "aws_instance.ws"),
        ("WS-02", "aws_instance.ws"),
        ("WS-04", "aws_instance.ws"),
        ("NET-25", "aws_db_instance.db"),
        ("STO-21", "aws_db_instance.db"),
        ("STO-12", "module.media[1].aws_s3_bucket.b"),
        ("GOV-02", "aws_lambda_function_url.u"),
        ("GOV-06", "outputs"),
        ("GOV-06", "aws_vpc.v"),
    ],
)
def test_what_is_wrong_in_a_program_is_found(document: dict[str, Any], policy: str, address: str) -> None:
    assert (policy, address) in found(judged(document))


@pytest.mark.parametrize("policy", ["STO-01", "STO-02", "STO-04", "KMS-01"])
def test_what_parts_of_a_module_say_of_its_bucket_is_read(document: dict[str, Any], policy: str) -> None:
    report = judged(document)
    assert not {name for id, name in found(report) if id == policy}
    assert not [item for item in report.blind if item.policy.id == policy]


def test_what_is_left_out_of_a_configuration_is_left_to_the_cloud_and_not_unknown(document: dict[str, Any]) -> None:
    resources = {item.name: item for item in plan_from(document)}
    assert "kmsKeyId" not in resources["aws_instance.ws"].inputs["rootBlockDevice"]
    assert "associatePublicIpAddress" not in resources["aws_instance.ws"].inputs


def test_a_type_that_nobody_knows_is_listed_and_refused_by_a_strict_run(document: dict[str, Any]) -> None:
    report = judged(document)
    assert "aws:aws_quicksight_group" in {type for type, _ in report.unjudged}
    assert report.refuses(strict=True)


def test_what_is_deleted_or_only_read_is_not_judged(document: dict[str, Any]) -> None:
    for item in document["resource_changes"]:
        item["change"]["actions"] = ["delete"]
        item["change"]["after"] = None
    assert {name for _, name in found(judged(document))} == {"outputs"}


def test_a_sensitive_output_is_no_finding(document: dict[str, Any]) -> None:
    document["planned_values"]["outputs"]["dbpw"]["sensitive"] = True
    assert ("GOV-06", "outputs") not in found(judged(document))


def test_without_a_configuration_nothing_that_is_unknown_is_taken_for_absent(document: dict[str, Any]) -> None:
    del document["configuration"]
    report = judged(document)
    assert ("NET-01", "aws_security_group.sg") in found(report)
    assert ("WS-02", "aws_instance.ws") not in found(report)
    assert {"WS-02"} <= {item.policy.id for item in report.blind}


GOOGLE: dict[str, Any] = {
    "google_compute_firewall": {
        "network": "n",
        "allow": [{"protocol": "tcp", "ports": ["22"]}],
        "source_ranges": ["0.0.0.0/0"],
    },
    "google_sql_database_instance": {
        "settings": [{"ip_configuration": [{"authorized_networks": [{"name": "all", "value": "0.0.0.0/0"}]}]}]
    },
    "google_storage_bucket_iam_member": {"bucket": "b", "role": "roles/storage.objectViewer", "member": "allUsers"},
    "google_pubsub_topic_iam_binding": {
        "topic": "t",
        "role": "roles/pubsub.subscriber",
        "members": ["allAuthenticatedUsers"],
    },
    "google_project_iam_member": {"project": "p", "role": "roles/owner", "member": "user:x@studio.example"},
    "google_service_account_key": {"service_account_id": "s"},
    "google_compute_instance": {
        "network_interface": [{"network": "default", "access_config": [{}]}],
        "machine_type": "e2-small",
    },
}


@pytest.mark.parametrize(
    ("type", "policy"),
    [
        ("google_compute_firewall", "NET-01"),
        ("google_sql_database_instance", "NET-25"),
        ("google_storage_bucket_iam_member", "STO-10"),
        ("google_pubsub_topic_iam_binding", "STO-10"),
        ("google_project_iam_member", "IAM-09"),
        ("google_service_account_key", "IAM-07"),
        ("google_compute_instance", "NET-11"),
    ],
)
def test_a_plan_for_google_is_read(type: str, policy: str) -> None:
    changes = [
        {
            "address": f"{type}.it", "mode": "managed", "type": type, "name": "it",
            "change": {"actions": ["create"], "before": None, "after": GOOGLE[type], "after_unknown": {}, "after_sensitive": {}},
        }
    ]  # fmt: skip
    assert (policy, f"{type}.it") in found(judged({"format_version": "1.2", "resource_changes": changes}))


@pytest.mark.parametrize(
    ("type", "token"),
    [
        ("aws_lb", "aws:lb/loadBalancer:LoadBalancer"),
        ("aws_s3_object", "aws:s3/bucketObjectv2:BucketObjectv2"),
        ("google_project_iam_member", "gcp:projects/iAMMember:IAMMember"),
        ("google_kms_key_ring_iam_policy", "gcp:kms/kmsKeyRingIAMPolicy:KmsKeyRingIAMPolicy"),
        ("azurerm_linux_virtual_machine", "azurerm:azurerm_linux_virtual_machine"),
    ],
)
def test_types_are_called_as_pulumi_calls_them(type: str, token: str) -> None:
    assert token_of(type) == token


def test_our_own_export_is_read_back_without_a_new_violation(tmp_path: Path) -> None:
    from soundstage.stacks.deployment import open_project

    path = tmp_path / "teaser.yaml"
    path.write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    plan = open_project(str(path)).preview().plan
    report = judged(copy.deepcopy(terraform_plan(plan).document))
    assert [(item.policy.id, item.name, item.message) for item in report.violations(mandatory=True)] == []


def test_a_damaged_plan_says_so() -> None:
    with pytest.raises(UsageError, match="is damaged"):
        plan_from({"format_version": "1.2", "resource_changes": [{"change": {"actions": ["create"]}}]})
