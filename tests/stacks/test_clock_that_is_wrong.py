"""`down` on a machine whose clock is wrong says so once, however many resources there are."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.auth
import pytest

from soundstage.cli.progress import Progress
from soundstage.core import wrong_clock
from soundstage.core.errors import CloudError, PreflightRefused
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.aws.calls import call
from soundstage.stacks.deployment import open_project

pytestmark = [pytest.mark.slow]


@pytest.fixture
def cloud(soundstage_home: Path) -> Iterator[Any]:
    with simulated_cloud(soundstage_home) as cloud:
        yield cloud


def turn_back(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Set this process's idea of the time back; the simulated cloud is another one and keeps its own."""
    true, ours = botocore.auth.get_current_datetime, wrong_clock._now
    late = timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *given, **named: true(*given, **named) - late)
    monkeypatch.setattr(wrong_clock, "_now", lambda: ours() - late)


def test_down_said_a_hundred_times_that_the_clock_is_wrong(
    cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "late.yaml"
    file.write_text("project: late\nworkstations:\n  edit-1: {for: editing}\n")
    deployment = open_project(str(file))
    deployment.up()
    turn_back(monkeypatch, 20)
    capsys.readouterr()
    with pytest.raises(CloudError) as refused, Progress() as progress:
        deployment.down(on_event=progress)
    assert refused.value.message.count("clock is 20 minutes behind AWS's") == 1
    assert "timedatectl" in refused.value.hint
    assert len(refused.value.message.splitlines()) == 1
    assert capsys.readouterr().err.count("minutes behind") <= 2  # the first, and how many more
    assert deployment.preview_down().changes_anything


def test_a_call_says_how_wrong_the_clock_is(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_back(monkeypatch, 26)
    with pytest.raises(PreflightRefused, match="26 minutes behind AWS's"):
        call(cloud.client("ec2", "eu-west-1"), "DescribeVpcs", "VPCs")
