"""Machines that were parked, or projects that were taken down, too early or never because this computer's clock was wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.simulator import process
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.deployment import open_project
from soundstage.stacks.expiring.expire import look
from soundstage.stacks.parking.due import due_of


@pytest.mark.parametrize("ahead", [timedelta(days=40), timedelta(days=-3), timedelta()])
def test_a_computer_whose_clock_is_wrong_says_another_day(ahead: timedelta) -> None:
    caller = SimpleNamespace(clock_ahead=ahead.total_seconds())
    cloud: Any = SimpleNamespace(facts=SimpleNamespace(caller=lambda: caller))
    assert abs(Cloud.now(cloud) + ahead - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_cloud_that_tells_no_time_is_believed_to_have_ours() -> None:
    cloud: Any = SimpleNamespace(facts=SimpleNamespace(caller=lambda: SimpleNamespace(clock_ahead=None)))
    assert abs(Cloud.now(cloud) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.slow
def test_what_is_due_by_the_clock_of_the_cloud_was_not_due_by_that_of_this_computer(
    tmp_path: Path, soundstage_home: Path
) -> None:
    file = tmp_path / "teaser.yaml"
    last = datetime.now(UTC).date() + timedelta(days=10)
    file.write_text(
        f"project: teaser\nexpires: {last}\npark_after_days: 7\n"
        "workstations:\n  mix-1: {for: audio, size: small, data_gib: 0}\n"
    )
    with simulated_cloud(soundstage_home):
        deployment = open_project(str(file))
        assert look([file], "down").due == ()  # nothing of it is there
        deployment.up()
        deployment.stop(deployment.machines())
        assert due_of(deployment, ()) == []
        process.turn_clock(soundstage_home, 8 * 86400)
        assert due_of(deployment, ()) == ["mix-1"]
        assert [one.what for one in look([file], "down").due] == ["park"]
        process.turn_clock(soundstage_home, 4 * 86400)
        assert [(one.what, one.reason) for one in look([file], "down").due] == [("down", f"its day was {last}")]
