"""An image or a snapshot that kept a disk of a parked machine was deleted by hand: nothing said so until `start`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.base import Snapshot
from soundstage.stacks.parking.lost import Lost, lost, put_away, sentences, told_of
from soundstage.stacks.parking.record import Parked

ONE = Parked("2026-11-01T20:00:00+00:00", "ana", "i-1", "ami-1", "edit-linux", "vol-1")
DAY = datetime(2026, 11, 1, tzinfo=UTC)
LAST = Snapshot(
    "snap-1", "edit-1", DAY, "completed", "100%", gib=20, stored_bytes=None, daily=False, os="linux", disk="vol-1"
)
EARLIER = replace(LAST, id="snap-0", disk="vol-0", taken=DAY - timedelta(days=9))


@pytest.mark.parametrize(
    ("images", "snapshots", "found"),
    [
        (["ami-1"], [LAST], []),
        ([], [LAST], [Lost("edit-1", "ami-1")]),
        (["ami-1"], [], [Lost("edit-1", work=True)]),
        (["ami-1"], [EARLIER], [Lost("edit-1", work=True, instead=EARLIER)]),
        (["ami-1"], [EARLIER, replace(LAST, state="error")], [Lost("edit-1", work=True, instead=EARLIER)]),
        (["ami-1"], [replace(LAST, state="pending")], []),
        (["ami-1"], [replace(LAST, machine="edit-10")], [Lost("edit-1", work=True)]),
        (["ami-1"], [replace(LAST, machine="cut-1")], []),
    ],
)
def test_what_is_gone_is_found_and_nothing_else(images: list[str], snapshots: list[Any], found: list[Lost]) -> None:
    assert lost({"edit-1": ONE}, images, snapshots, {"edit-1": {"edit-1", "cut-1"}}) == found


def test_a_park_that_was_cut_off_has_lost_nothing_yet() -> None:
    assert lost(put_away({"edit-1": ONE}, {"i-1", "vol-1"}), [], [], {}) == []
    assert lost(put_away({"edit-1": ONE}, {"vol-1"}), [], [], {}) == [Lost("edit-1", "ami-1")]


def test_what_is_said_names_what_to_type() -> None:
    gone = [Lost("edit-1", "ami-1"), Lost("mix-1", work=True, instead=EARLIER), Lost("vfx-1", work=True)]
    system, earlier, work = sentences(gone, "workstation start teaser")
    assert system.startswith(
        "edit-1 is parked, and ami-1, which kept its system disk, is gone: `workstation start teaser"
    )
    assert "as snap-0 holds it, of 2026-10-23" in earlier
    assert "set `data_gib: 0`" in work


def test_credentials_that_may_not_look_are_said_and_hide_no_machine() -> None:
    def refuse(*_: object) -> None:
        raise CloudError("no", code="UnauthorizedOperation", action="ec2:DescribeImages")

    cloud = SimpleNamespace(images=SimpleNamespace(found=refuse), region="eu-west-1")
    found, (told,) = told_of(cloud, "northlight", "teaser", {"edit-1": ONE}, "workstation start teaser")  # type: ignore[arg-type]
    assert found == []
    assert "may not read it (ec2:DescribeImages)" in told
