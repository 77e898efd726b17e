"""What a command prints as the next step on Google Cloud is a command that Google Cloud has."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.projectfile.cloud_limits import has_command
from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project

CLOUD = "simulated-gcp"
PROJECT = (
    f"project: teaser\ncloud: {CLOUD}\nexpires: {{day}}\nworkstations:\n  edit-1: {{{{for: editing, user: ana}}}}\n"
)
_STEP = re.compile(r"workstation ([a-z-]+(?: [a-z-]+)?)")


@pytest.fixture
def teaser(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "projects").mkdir()
    file = tmp_path / "projects" / "teaser.yaml"
    file.write_text(PROJECT.format(day="2099-12-31"))
    monkeypatch.chdir(tmp_path)
    yield file
    process.stop(soundstage_home, save=False)


def test_every_next_step_is_there(teaser: Path, workstation: Callable[..., Any]) -> None:
    typed = (
        "validate", "doctor", "preview", "up --yes", "status --why", "list", "check", "snapshots", "resize teaser edit-1 large --yes",
        "stop", "status", "history", "down --yes", "snapshots", "status", "list", "up --engine pulumi --yes",
    )  # fmt: skip
    wrong = []
    for line in typed:
        ran = workstation(*line.split())
        wrong += [f"{line}: {step}" for step in _STEP.findall(f"{ran.out}{ran.err}") if not has_command(CLOUD, step)]
    assert wrong == []


def test_an_image_that_is_not_there_was_looked_for_on_the_other_cloud(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    """`workstation image list` stood there, which shows the images of AWS."""
    gone = "image: projects/tinyorange/global/images/gone"
    teaser.write_text(PROJECT.format(day="2099-12-31").replace("user: ana", gone))
    ran = workstation("up", "--yes")
    assert ran.code == 4
    assert "there is no image projects/tinyorange/global/images/gone" in ran.err
    assert f"`workstation image list --cloud {CLOUD}`" in ran.err


def test_more_of_a_quota_is_not_asked_for_even_where_nothing_is_short(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    """Docs say that such a command exits with 2 and does nothing; this one said that nothing was in the way."""
    ran = workstation("doctor", "--request-quota")
    assert ran.code == 2
    assert "`workstation doctor --request-quota` is not for the simulated Google Cloud" in ran.err


def test_a_studio_without_a_file_is_up_on_another_cloud_and_that_is_said(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    """`studio status` said that it is not up, and `studio down` that there is nothing to take down."""
    workstation("up", "--yes", "--no-wait")
    there = "On the simulated Google Cloud it is up: add `--cloud simulated-gcp`."
    assert there in workstation("studio", "status").out
    assert there in workstation("studio", "down", "--yes").out
    assert there not in workstation("studio", "status", "--cloud", CLOUD).out


def test_no_role_is_printed_that_holds_nothing(teaser: Path, workstation: Callable[..., Any]) -> None:
    """The bill is read from a file: the commands made a role without a permission. What saves money is asked of the project."""
    ran = workstation("permissions", "--for", "bill")
    assert ran.code == 0
    assert "compute.addresses.list" in ran.out
    assert "compute.instances.start" in workstation("permissions", "--for", "daily").out


def test_advice_knew_nothing_of_what_is_there(
    teaser: Path, soundstage_home: Path, workstation: Callable[..., Any]
) -> None:
    """It was refused. What nothing uses is looked for in the cloud: a disk of a machine that is out of the file, and an address."""
    workstation("up", "--yes", "--no-wait")
    google = simulated_project(process.ensure(soundstage_home, process.GOOGLE_FRONT))
    labels = {"soundstage-studio": "home", "soundstage-project": "teaser"}
    zone, region = (
        {"project": google.account_id, "zone": "europe-west4-a"},
        {"project": google.account_id, "region": "europe-west4"},
    )
    called(google, "compute.disks.insert", {**zone, "body": {"name": "left", "sizeGb": "500", "labels": labels}})
    called(google, "compute.disks.insert", {**zone, "body": {"name": "of-nobody", "sizeGb": "500"}})
    called(google, "compute.addresses.insert", {**region, "body": {"name": "free", "labels": labels}})
    document = workstation("cost", "--advice", "--json").document
    subjects = {one["subject"] for one in document["advice"]}
    assert {"left", "free"} <= subjects
    assert "of-nobody" not in subjects
    assert all(one["monthly_usd"] >= 1 for one in document["advice"])


def test_what_stays_and_how_it_comes_back_was_told_as_on_aws_or_not_at_all(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    """`down` told of 13 resources, and neither of media nor of a snapshot; `data_gib: 0` makes a snapshot of the disk as it is, and brings
    that back; a rate at which disks are read, at a price, is AWS's."""
    workstation("up", "--yes", "--no-wait")
    ran = workstation("down", "--yes")
    kept = "Kept: the media bucket, its key and 1 snapshot of edit-1's work disk."
    assert kept in ran.out
    assert kept in ran.err
    listed = workstation("snapshots").out
    assert "data_gib" not in listed
    assert "`workstation restore teaser MACHINE SNAPSHOT`" in listed
    ran = workstation("up", "--yes", "--no-wait")
    assert "edit-1's work disk comes back as it was on" in ran.err
    assert "MiB a second" not in ran.err


def test_park_was_not_for_google_cloud_and_what_it_keeps_was_not_told(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    workstation("up", "--yes", "--no-wait")
    (parked,) = workstation("park", "--yes", "--json").document["parked"]
    assert parked["image"].startswith("projects/simulated-studio/global/images/parked-")
    assert parked["snapshot"], "the last snapshot was taken for one of another disk"
    assert "Parked: edit-1" in workstation("status").out
    assert workstation("start", "--yes", "--json").document["brought_back"] == ["edit-1"]
    assert "nothing to change" in workstation("preview").out


def test_a_lost_state_has_a_way_on(teaser: Path, soundstage_home: Path, workstation: Callable[..., Any]) -> None:
    """`workstation adopt` stood there as if it were for every cloud, and was refused where a person typed it."""
    workstation("up", "--yes", "--no-wait")
    (state,) = soundstage_home.glob("studios/*/soundstage.simulated-gcp/teaser/state.db")
    state.write_bytes(b"spoilt")
    assert "`workstation adopt`" in workstation("status").err
    assert workstation("state", "repair").code == 0
    ran = workstation("adopt", "--yes", "--json")
    assert ran.document["made"] == 0
    assert "nothing to change" in workstation("preview").out
