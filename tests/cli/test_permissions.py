"""`workstation permissions`: what a project takes, for people, for IAM and for Terraform."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.commands.permissions import Purpose
from soundstage.simulator import process
from soundstage.stacks.account.permissions import BAKE, MORE_PURPOSES, NOTICES, PURPOSES

PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"


@pytest.fixture
def teaser(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the shortest project."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    process.stop(soundstage_home, save=False)


def test_each_form_says_the_same(teaser: Path, workstation: Callable[..., Any]) -> None:
    document = workstation("permissions", "--json").document
    printed = json.loads(workstation("permissions", "--format", "json").out)
    policies = printed if isinstance(printed, list) else [printed]
    listed = workstation("permissions").out
    terraform = workstation("permissions", "--format", "terraform").out

    actions = {item["action"] for item in document["actions"]}
    assert policies == document["policies"]
    assert {action for policy in policies for one in policy["Statement"] for action in one["Action"]} == actions
    assert {line.split()[0] for line in listed.splitlines()[1:]} == actions
    assert actions <= set(re.findall(r'"([a-z0-9-]+:[A-Za-z]+)"', terraform))
    assert terraform.startswith('resource "aws_iam_policy"')


def test_a_part_is_smaller_than_the_whole(teaser: Path, workstation: Callable[..., Any]) -> None:
    def actions(*arguments: str) -> set[str]:
        return {item["action"] for item in workstation("permissions", "--json", *arguments).document["actions"]}

    up, down, daily = (actions("--for", purpose) for purpose in ("up", "down", "daily"))
    assert up | down | daily == actions()
    assert actions("--for", "up", "--for", "daily") == up | daily
    assert "ec2:RunInstances" in up - down - daily
    assert "ec2:TerminateInstances" in down - up - daily
    assert "ec2:StopInstances" in daily - up


@pytest.mark.parametrize(
    ("purpose", "action"),
    [
        ("change", "iam:UpdateAssumeRolePolicy"),
        ("park", "ec2:DeregisterImage"),
        ("delete-media", "s3:DeleteObjectVersion"),
        ("delete-media", "kms:ScheduleKeyDeletion"),
    ],
)
def test_what_is_rare_or_final_is_asked_for_by_name(
    teaser: Path, workstation: Callable[..., Any], purpose: str, action: str
) -> None:
    def actions(*arguments: str) -> set[str]:
        return {item["action"] for item in workstation("permissions", "--json", *arguments).document["actions"]}

    assert action in actions("--for", purpose)
    assert action not in actions()


def test_every_purpose_that_there_is_can_be_asked_for() -> None:
    assert {*Purpose} == {*PURPOSES, *MORE_PURPOSES, BAKE, NOTICES}


def test_a_working_day_needs_no_power_over_roles_buckets_or_networks(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    daily = workstation("permissions", "--for", "daily", "--json").document["actions"]
    assert {item["action"].split(":")[0] for item in daily} == {"cloudwatch", "ec2", "kms", "logs", "ssm"}
    assert {item["action"] for item in daily if "cloudwatch" in item["action"]} == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
    }


def test_the_studio_has_a_policy_of_its_own(teaser: Path, workstation: Callable[..., Any]) -> None:
    studio = {item["action"] for item in workstation("permissions", "--studio", "--json").document["actions"]}
    assert "cloudtrail:CreateTrail" in studio
    assert "ec2:RunInstances" not in studio


def test_what_it_prints_changes_nothing(teaser: Path, workstation: Callable[..., Any]) -> None:
    assert workstation("permissions").code == 0
    assert workstation("outputs", "--json").document == {}


def test_another_purpose_or_form_is_refused(teaser: Path, workstation: Callable[..., Any]) -> None:
    assert workstation("permissions", "--for", "everything").code == 2
    assert workstation("permissions", "--format", "xml").code == 2


def test_whoever_bakes_gets_a_policy_of_their_own_and_not_an_operators_with_it(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    document = workstation("permissions", "--for", "bake", "--json").document
    assert (document["purposes"], document["studio"]) == (["bake"], "home")
    assert "ec2:CreateImage" in {item["action"] for item in document["actions"]}
    assert "soundstage:project" not in json.dumps(
        [each.get("Resource") for each in document["policies"][0]["Statement"]]
    )
    both = workstation("permissions", "--for", "bake", "--for", "up")
    assert both.code == 2
    assert "another person's policy" in both.err
    assert "workstation permissions --for bake" in both.err
