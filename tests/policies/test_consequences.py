"""What follows from another fault is told below it; what only looks alike is a fault of its own."""

import json
from typing import Any

import pytest

from soundstage import policies
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.policies.report import Report, Status
from soundstage.policies.settings import Settings

OUTSIDER = {"AWS": "arn:aws:iam::999999999999:root"}


def judged(*resources: tuple[str, str, dict[str, Any]]) -> Report:
    planned = tuple(
        PlannedResource(f"urn:pulumi:dev::demo::{type}::{name}", type, name, Operation.CREATE, inputs=inputs)
        for type, name, inputs in resources
    )
    return policies.run(Plan("demo", "dev", planned), settings=Settings(accounts=["111111111111"]))


def document(*who: Any) -> str:
    listed = [{"Effect": "Allow", "Principal": one, "Action": "s3:GetObject", "Resource": "*"} for one in who]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


def everything_open() -> Report:
    rule = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    return judged(("aws:ec2/securityGroup:SecurityGroup", "door", {"ingress": [rule]}))


def open_ones(report: Report) -> set[tuple[str, str]]:
    return {(item.policy.id, item.type) for item in report.findings if item.status is Status.OPEN}


def test_a_fault_of_another_resource_of_the_same_name_is_no_consequence() -> None:
    bucket, topic = "aws:s3/bucketPolicy:BucketPolicy", "aws:sns/topicPolicy:TopicPolicy"
    report = judged(
        (bucket, "main", {"bucket": "b", "policy": document("*")}),
        (topic, "main", {"arn": "t", "policy": document(OUTSIDER)}),
    )
    assert {("STO-10", bucket), ("IAM-12", topic)} <= open_ones(report)


def test_a_fault_of_another_statement_of_the_same_document_is_no_consequence() -> None:
    bucket = "aws:s3/bucketPolicy:BucketPolicy"
    report = judged((bucket, "main", {"bucket": "b", "policy": document("*", OUTSIDER)}))
    assert {("STO-10", bucket), ("IAM-12", bucket)} <= open_ones(report)


def test_two_faults_of_one_statement_are_one_and_its_consequence() -> None:
    bucket = "aws:s3/bucketPolicy:BucketPolicy"
    report = judged((bucket, "main", {"bucket": "b", "policy": document({"AWS": ["*", OUTSIDER["AWS"]]})}))
    assert ("STO-10", bucket) in open_ones(report)
    assert [(item.policy.id, item.reason) for item in report.consequences] == [("IAM-12", "STO-10")]


def test_what_follows_stood_far_from_what_it_follows_from() -> None:
    page = everything_open().render("html")
    card = page[page.index('id="NET-01"') : page.index("</article>")]
    assert all(item.policy.title in card for item in everything_open().consequences)
    assert page.count("<article") == len({item.policy.id for item in everything_open().violations()})


@pytest.mark.parametrize("format", ["terminal", "html", "markdown", "junit"])
def test_what_follows_was_counted_and_shown_to_nobody(format: str) -> None:
    report = everything_open()
    text = report.render(format)
    assert {item.policy.id for item in report.consequences} == {"NET-02", "NET-04", "NET-05", "NET-06", "NET-07"}
    assert all(item.policy.id in text for item in report.consequences)
    assert "follows from NET-01" in text
