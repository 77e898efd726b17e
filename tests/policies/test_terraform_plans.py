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
        ("aws_appsync_graphql_api", "aws:appsync/graphQLApi:GraphQLApi"),
        ("aws_db_parameter_group", "aws:rds/parameterGroup:ParameterGroup"),
        ("google_apikeys_key", "gcp:projects/apiKey:ApiKey"),
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


def test_a_plan_that_failed_is_refused_for_it_leaves_resources_out(document: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="did not finish this plan"):
        plan_from(document | {"errored": True})


def test_an_address_that_a_gateway_may_use_by_a_local_value_is_not_left_behind(document: dict[str, Any]) -> None:
    gateway = {"allocation_id": {"references": ["local.addresses"]}, "subnet_id": {"constant_value": "subnet-1"}}
    for type, after, unknown, said in (
        ("aws_eip", {}, {"id": True}, {}),
        ("aws_nat_gateway", {"subnet_id": "subnet-1"}, {"allocation_id": True, "id": True}, gateway),
    ):
        change = {
            "actions": ["create"],
            "before": None,
            "after": after,
            "after_unknown": unknown,
            "after_sensitive": {},
        }
        head = {"address": f"{type}.it", "mode": "managed", "type": type, "name": "it"}
        document["resource_changes"].append({**head, "change": change})
        document["configuration"]["root_module"]["resources"].append({**head, "expressions": said})
    assert ("STO-18", "aws_eip.it") not in found(judged(document))


EVERYONE = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}}'


def taking_in(document: dict[str, Any], listed: Any, unknown: Any, references: list[str]) -> dict[str, Any]:
    """The plan in which the policy for everybody takes in others instead of saying something itself."""
    item = next(each for each in document["resource_changes"] if each["address"] == "data.aws_iam_policy_document.pub")
    item["change"]["after"] |= {"statement": None, "source_policy_documents": listed}
    item["change"]["after_unknown"] |= {"source_policy_documents": unknown}
    said = document["configuration"]["root_module"]["resources"]
    source = next(each for each in said if each["address"] == "data.aws_iam_policy_document.pub")
    source["expressions"] = {"source_policy_documents": {"references": references}}
    return document


def test_a_policy_that_takes_in_another_one_says_what_that_says(document: dict[str, Any]) -> None:
    assert ("STO-10", "aws_s3_bucket_policy.p") in found(judged(taking_in(document, [EVERYONE], False, [])))


def test_a_policy_that_takes_in_another_data_source_says_what_that_says(document: dict[str, Any]) -> None:
    other = copy.deepcopy(
        next(item for item in document["resource_changes"] if item["address"].endswith("document.pub"))
    )
    document["resource_changes"].append(other | {"address": "data.aws_iam_policy_document.other", "name": "other"})
    whole = taking_in(
        document, None, True, ["data.aws_iam_policy_document.other.json", "data.aws_iam_policy_document.other"]
    )
    assert ("STO-10", "aws_s3_bucket_policy.p") in found(judged(whole))


def test_a_text_that_is_taken_in_beside_another_data_source_is_read_too(document: dict[str, Any]) -> None:
    other = copy.deepcopy(
        next(item for item in document["resource_changes"] if item["address"].endswith("document.pub"))
    )
    other["change"]["after"] |= {"statement": None}
    document["resource_changes"].append(other | {"address": "data.aws_iam_policy_document.other", "name": "other"})
    whole = taking_in(
        document,
        [EVERYONE, None],
        [False, True],
        ["data.aws_iam_policy_document.other.json", "data.aws_iam_policy_document.other"],
    )
    assert ("STO-10", "aws_s3_bucket_policy.p") in found(judged(whole))


def test_a_statement_that_another_one_of_its_name_takes_the_place_of_does_not_count(document: dict[str, Any]) -> None:
    harmless = EVERYONE.replace('"*", "Action"', '{"AWS": "123456789012"}, "Action"')
    named = [text.replace('{"Effect"', '{"Sid": "Write", "Effect"') for text in (EVERYONE, harmless)]
    assert ("STO-10", "aws_s3_bucket_policy.p") not in found(judged(taking_in(document, named, False, [])))
    assert ("STO-10", "aws_s3_bucket_policy.p") in found(judged(taking_in(document, named[::-1], False, [])))


def test_a_policy_that_takes_in_what_is_not_known_is_not_judged(document: dict[str, Any]) -> None:
    report = judged(taking_in(document, None, True, ["local.everything"]))
    assert not {id for id, name in found(report) if name == "aws_s3_bucket_policy.p"}
    assert {"STO-03", "STO-10"} <= {item.policy.id for item in report.blind if item.name == "aws_s3_bucket_policy.p"}


def test_a_damaged_plan_says_so() -> None:
    with pytest.raises(UsageError, match="is damaged"):
        plan_from({"format_version": "1.2", "resource_changes": [{"change": {"actions": ["create"]}}]})
