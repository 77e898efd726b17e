"""How a project stands, in words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.status import status_document, status_text
from soundstage.stacks.clouds.aws.account import SimulatedAws
from soundstage.stacks.clouds.base import Disk, Machine
from soundstage.stacks.machines import ways
from soundstage.stacks.results import StatusReport
from soundstage.stacks.state.last_run import Unfinished

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PURPOSES = {"edit-1": "editing", "grade": "color", "vfx-1": "vfx"}
EDIT = Machine(
    name="edit-1", instance_id="i-0a1b2c3d4e5f60718", state="running", instance_type="g6.2xlarge",
    launched=datetime(2026, 11, 21, 8, 30, tzinfo=UTC), private_ip="10.20.0.5", public_ip="203.0.113.9",
    disks=(Disk("/dev/sda1", 100, "gp3", True), Disk("/dev/sdf", 500, "gp3", False)), user="ana", zone="eu-west-1a",
    network_zone="content",
)  # fmt: skip
GRADE = replace(EDIT, name="grade", instance_id="i-1", state="stopped", disks=(), user="")
REPORT = StatusReport(
    title="teaser",
    project="teaser", typed="teaser", is_up=True, kept=(), kept_buckets=(), cloud="the simulated cloud, eu-west-1", machines=(EDIT, GRADE), outputs={},
    created=datetime(2026, 11, 18, 10, 0, tzinfo=UTC), expires=date(2026, 11, 28),
)  # fmt: skip


def draw(report: StatusReport, via: str = "session", width: int = 120) -> str:
    return status_text(reached(report, via), PURPOSES, NOW, Screen(width=width))


def reached(report: StatusReport, via: str = "session") -> StatusReport:
    """The report, with the ways to its machines in eu-west-1."""
    return replace(report, ways=ways(SimulatedAws("eu-west-1").machines, report.machines, via))


def test_a_project_that_is_up(same_as_stored: Callable[[str, str], None]) -> None:
    same_as_stored("status", draw(REPORT))


@pytest.mark.parametrize(
    ("wanted", "said"), [(77, "30 of 77 resources are"), (20, "30 resources are"), (None, "30 resources are")]
)
def test_more_resources_were_there_than_the_number_that_they_were_said_to_be_of(wanted: int | None, said: str) -> None:
    """After an edit that takes a machine out, what is to go is still there."""
    drawn = draw(replace(REPORT, unfinished=Unfinished("up", 30, wanted)))
    assert f"teaser is half up on the simulated cloud, eu-west-1: {said} there." in drawn


def test_a_listed_address_reaches_the_display_directly() -> None:
    assert "Reach edit-1 at https://203.0.113.9:8443" in draw(REPORT, "allowlist").splitlines()
    assert "Reach edit-1 at https://10.20.0.5:8443" in draw(REPORT, "vpn").splitlines()


def test_a_simulated_machine_was_said_to_be_reached_at_an_address_where_nobody_listens() -> None:
    drawn = status_text(replace(REPORT, is_simulated=True), PURPOSES, NOW, Screen(width=120))
    assert "Open the display of edit-1:\n  workstation connect edit-1 --project teaser\n" in drawn
    assert "https://" not in drawn
    assert "connect grade" not in drawn


def test_a_display_of_windows_is_opened_as_every_other() -> None:
    drawn = draw(replace(REPORT, machines=(replace(EDIT, is_windows=True),)))
    assert "Open the display of edit-1:\n  workstation connect edit-1 --project teaser\n" in drawn


def test_each_machine_has_a_local_port_of_its_own() -> None:
    running = replace(GRADE, state="running")
    machines = status_document(reached(replace(REPORT, machines=(EDIT, running))), PURPOSES, "simulated", "eu-west-1")[
        "machines"
    ]
    assert [machine["reach"]["url"] for machine in machines] == ["https://localhost:8443", "https://localhost:8444"]


def test_what_does_not_run_cannot_be_reached() -> None:
    assert status_document(reached(REPORT), PURPOSES, "simulated", "eu-west-1")["machines"][1]["reach"] is None


def test_the_way_in_is_never_cut() -> None:
    narrow = draw(REPORT, width=40)
    assert "  workstation connect edit-1 --project teaser" in narrow.splitlines()


def test_nothing_up_says_so_and_how_to_begin() -> None:
    gone = replace(REPORT, is_up=False, machines=(), created=None)
    assert draw(gone) == (
        "teaser is not up: nothing of it exists (the simulated cloud, eu-west-1).\n"
        "Bring it up with `workstation up teaser`."
    )


def test_what_a_colleague_has_up_from_another_computer_was_said_not_to_exist() -> None:
    gone = replace(REPORT, is_up=False, machines=(), created=None, cloud="aws", here_alone=True)
    said = " ".join(draw(gone).split())
    assert said.startswith("teaser is not up from this computer, which has no state of it (aws). Bring it up with")
    assert "`workstation orphans --cloud aws` finds what a colleague has up" in said


def test_after_down_the_media_that_stayed_are_named() -> None:
    down = replace(REPORT, is_up=False, machines=(), created=None, kept=("teaser-media", "teaser-key"))
    assert draw(replace(down, kept_buckets=("home-media-teaser-1f",))) == (
        "teaser is down. Its media are kept in home-media-teaser-1f: 2 resources in all.\n"
        "`workstation up teaser` uses them again; `workstation down teaser --delete-media` deletes them."
    )
    assert draw(down).startswith("teaser is down. Some of it is kept: 2 resources in all.\n")


@pytest.mark.parametrize(
    ("expires", "words"),
    [
        (date(2026, 11, 21), "Expires on 2026-11-21, today."),
        (date(2026, 11, 22), "Expires on 2026-11-22, in 1 day."),
        (date(2026, 11, 19), "It expired on 2026-11-19, 2 days ago."),
    ],
)
def test_expiry_is_told_in_days(expires: date, words: str) -> None:
    assert words in draw(replace(REPORT, expires=expires))


def test_the_table_of_machines_was_unreadable_at_46_columns() -> None:
    drawn = status_text(reached(REPORT), PURPOSES, NOW, Screen(width=46))
    for machine in REPORT.machines:
        assert f"machine  {machine.name}" in drawn
        assert f"type     {machine.instance_type}" in drawn


def test_machines_that_someone_terminated_are_missed() -> None:
    assert "vfx-1 is missing." in draw(REPORT)
    assert status_document(reached(REPORT), PURPOSES, "simulated", "eu-west-1")["missing"] == ["vfx-1"]


def test_the_document_holds_what_the_text_shows() -> None:
    machine = status_document(reached(REPORT), PURPOSES, "simulated", "eu-west-1")["machines"][0]
    assert machine["reach"]["command"].startswith(
        "aws ssm start-session --region eu-west-1 --target i-0a1b2c3d4e5f60718"
    )
    assert machine["disks"][1] == {"device": "/dev/sdf", "gib": 500, "kind": "gp3", "encrypted": False}
    assert (machine["for"], machine["launched"]) == ("editing", "2026-11-21T08:30:00+00:00")
