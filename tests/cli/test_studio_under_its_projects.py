"""The studio cannot be taken from under a project, nor the guard-rails of an account from under another studio."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import PreflightRefused
from soundstage.simulator import process
from soundstage.stacks.account.tenants import other_studios, refuse_while_projects_are_up
from soundstage.stacks.deployment import open_project
from soundstage.stacks.state.last_run import last_run

Workstation = Callable[..., Any]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soundstage_home: Path) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for studio in ("tinyorange", "northlight"):
        (tmp_path / studio / "projects").mkdir(parents=True)
        (tmp_path / studio / "studio.yaml").write_text(f"studio: {studio}\n")
        (tmp_path / studio / "projects" / "film.yaml").write_text("project: film\n")
    yield tmp_path
    process.stop(soundstage_home, save=False)


def test_a_studio_is_not_taken_from_under_a_project(workstation: Workstation, soundstage_home: Path) -> None:
    film, studio = "tinyorange/projects/film.yaml", "tinyorange/studio.yaml"
    assert workstation("up", film, "--yes").code == 0
    refused = workstation("studio", "down", studio, "--yes")
    assert refused.code == 4
    assert f"film ({film})" in refused.err
    assert f"workstation down {film}" in refused.err
    # Brought up from another machine, it is known by its roles.
    record = soundstage_home / "studios" / "tinyorange" / "soundstage"
    record.rename(record.with_name("away"))
    refused = workstation("studio", "down", studio, "--yes")
    assert refused.code == 4
    assert "film (brought up from another machine)" in refused.err
    record.with_name("away").rename(record)
    assert workstation("status", film, "--json").document["up"] is True

    assert workstation("down", film, "--yes").code == 0
    assert workstation("studio", "down", studio, "--yes").code == 0


def test_a_down_and_a_studio_that_were_stopped_could_not_say_of_how_many_steps(
    workstation: Workstation, soundstage_home: Path
) -> None:
    """What there is to do is noted before it begins; an interruption reads it there."""
    film, studio = "tinyorange/projects/film.yaml", "tinyorange/studio.yaml"
    of_studio = soundstage_home / "studios/tinyorange"

    def noted(folder: Path) -> int | None:
        run = last_run(folder)
        assert run is not None
        return run.wanted

    made = workstation("studio", "up", studio, "--yes", "--json").document
    assert noted(of_studio) == made["changes"]["create"]
    assert workstation("up", film, "--yes").code == 0
    (of_project,) = of_studio.glob("soundstage/*/last-run.json")
    gone = workstation("down", film, "--yes", "--json").document
    assert noted(of_project.parent) == len(gone["deleted"])
    gone = workstation("studio", "down", studio, "--yes", "--json").document
    assert noted(of_studio) == len(gone["deleted"])


def test_a_project_named_as_what_stays_of_a_second_copy_was_taken_for_down(workstation: Workstation) -> None:
    assert workstation("studio", "up", "tinyorange/studio.yaml", "--yes").code == 0
    cloud = open_project("tinyorange/projects/film.yaml").home.cloud
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "s3.amazonaws.com"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    for name, project in (("film-media-replication-0abc123", "film"), ("day-replication-edit-1-role-0abc123", "day")):
        path = f"/soundstage/tinyorange/{project}/"
        cloud.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
    with pytest.raises(PreflightRefused, match=r"these are up: day \(brought up from another machine\)\."):
        refuse_while_projects_are_up(cloud.account, "simulated", "tinyorange")


def test_what_a_studio_keeps_is_no_studio_that_is_up(workstation: Workstation) -> None:
    film, studio = "tinyorange/projects/film.yaml", "tinyorange/studio.yaml"
    assert workstation("up", film, "--yes").code == 0
    assert workstation("down", film, "--yes").code == 0
    assert workstation("studio", "down", studio, "--yes").code == 0
    status = workstation("studio", "status", studio, "--json").document
    assert (status["up"], status["state"], status["outputs"]) == (False, "kept", {})
    assert "is down, and its logs are kept" in workstation("studio", "status", studio).out
    assert "is down. What it keeps is as recorded" in workstation("studio", "drift", studio).out

    ran = workstation("up", film, "--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["studio_changes"]["create"] > 20
    cloud = open_project(film).home.cloud
    assert cloud.client("cloudtrail").describe_trails()["trailList"]
    assert cloud.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    topic = workstation("studio", "status", studio, "--json").document["outputs"]["alert_topic_arn"]
    assert topic in {one["TopicArn"] for one in cloud.client("sns").list_topics()["Topics"]}


def test_guard_rails_go_with_the_last_studio_of_an_account(workstation: Workstation) -> None:
    mine, theirs = "tinyorange/studio.yaml", "northlight/studio.yaml"
    assert workstation("studio", "up", mine, "--yes").code == 0
    assert workstation("studio", "up", theirs, "--yes").code == 0
    cloud = open_project("tinyorange/projects/film.yaml").home.cloud
    assert other_studios(cloud.account, "tinyorange") == ["northlight"]
    down = workstation("studio", "down", mine, "--yes", "--json")
    assert down.code == 0, down.err
    assert not any("guardrails-public-buckets" in one["urn"] for one in down.document["deleted"])
    account = cloud.client("s3control").get_public_access_block(AccountId=cloud.account_id)
    assert account["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    assert cloud.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert len(cloud.client("accessanalyzer").list_analyzers()["analyzers"]) == 1
    assert cloud.client("ce").get_anomaly_monitors()["AnomalyMonitors"]
    assert cloud.client("iam").get_account_password_policy()["PasswordPolicy"]
    assert workstation("studio", "drift", theirs).code == 0

    assert workstation("studio", "up", mine, "--yes").code == 0
    for last in (theirs, mine):
        down = workstation("studio", "down", last, "--yes", "--json")
        assert down.code == 0, down.err
    assert any("guardrails-public-buckets" in one["urn"] for one in down.document["deleted"])
    assert not cloud.client("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert cloud.client("accessanalyzer").list_analyzers()["analyzers"] == []
