"""A park during which the laptop slept, and a start during which the account's quota was lowered: neither loses a disk."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from soundstage.core.errors import CloudError
from soundstage.plan.plan import PreviewResult
from soundstage.simulator import process
from soundstage.simulator.account_quotas import AccountQuotas, text_of
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import parked_now, to_wake, wake, waking

pytestmark = [pytest.mark.slow]

PROJECT: Final = "project: rest\nworkstations:\n  mix-1: {for: audio, size: small, data_gib: 20}\n"
STANDARD: Final = "L-1216C47A"
"""Quota of vCPUs of standard machines on demand."""
LONGEST: Final = 120.0
"""Seconds after which a command that does not end has failed."""


@pytest.fixture
def cloud(studio_that_is_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.chdir(tmp_path)
    Path("rest.yaml").write_text(PROJECT)
    with simulated_cloud(studio_that_is_up) as cloud:
        opened().up()
        yield cloud


def opened() -> Deployment:
    return open_project("rest.yaml")


def typed(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "import sys; from soundstage.cli.main import main; sys.exit(main())", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ})


def ended(running: "subprocess.Popen[str]") -> tuple[int, str]:
    _, said = running.communicate(timeout=LONGEST)
    return running.returncode, said


def images(ec2: Any) -> list[Any]:
    return [one for one in ec2.describe_images(Owners=["self"])["Images"] if one["Name"].startswith("parked/")]


def test_a_laptop_that_slept_for_a_night_during_a_park_woke_to_a_lost_disk(cloud: Any, soundstage_home: Path) -> None:
    ec2 = cloud.client("ec2")
    (disk,) = ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["soundstage:work-disks"]}])["Volumes"]
    # It sleeps in the middle of a call: the image is there, and nothing is deleted yet.
    process.set_faults(soundstage_home, [FaultRule("ec2:TerminateInstances", "latency", seconds=3)])
    with contextlib.ExitStack() as ends:
        laptop = typed("park", "rest.yaml", "--yes")
        ends.callback(laptop.kill)
        deadline = time.monotonic() + LONGEST
        while not images(ec2) and laptop.poll() is None:
            assert time.monotonic() < deadline
        if laptop.poll() is None:
            laptop.send_signal(signal.SIGSTOP)
        process.turn_clock(soundstage_home, 13 * 3600.0)
        process.set_faults(soundstage_home, [FaultRule("*:*", "expired-credential", times=1)])
        if laptop.poll() is None:
            laptop.send_signal(signal.SIGCONT)
        code, said = ended(laptop)
    assert "Traceback" not in said
    assert code in (0, 1, 4), said
    process.set_faults(soundstage_home, [])
    assert ended(typed("park", "rest.yaml", "--yes"))[0] == 0
    assert list(parked_now(opened())) == ["mix-1"]
    assert opened().machines() == []
    assert len(images(ec2)) == 1
    kept = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert disk["VolumeId"] in {one["VolumeId"] for one in kept}
    wake(waking(opened(), to_wake(opened())))
    assert [one.state for one in opened().machines()] == ["running"]
    assert not opened().preview().plan.changes_anything


def test_a_quota_that_was_lowered_while_a_machine_came_back_lost_what_was_parked(cloud: Any) -> None:
    park(opened(), plan_park(opened()))
    asked = waking(opened(), to_wake(opened()))
    look_alike = asked.cloud.look_alike
    assert look_alike

    def lowered(_: PreviewResult) -> bool:  # after the preflight has found that there is enough
        look_alike.have_quotas(text_of(AccountQuotas(False, {STANDARD: 0}, 0.0, False)))
        return False

    with pytest.raises(CloudError) as refused:
        wake(asked, confirm=lowered)
    assert "Service Quotas" in f"{refused.value.message} {refused.value.hint}" or "quota" in refused.value.hint
    assert list(parked_now(opened())) == ["mix-1"]
    assert len(images(cloud.client("ec2"))) == 1
    look_alike.have_quotas(text_of(AccountQuotas(False, {}, 0.0, False)))
    wake(waking(opened(), to_wake(opened())))
    assert [one.state for one in opened().machines()] == ["running"]
    assert not opened().preview().plan.changes_anything


def test_a_quota_that_was_lowered_during_a_park_stopped_it_half_way(cloud: Any) -> None:
    deployment = opened()
    wanted = plan_park(deployment)
    assert deployment.cloud.look_alike
    deployment.cloud.look_alike.have_quotas(text_of(AccountQuotas(False, {STANDARD: 0}, 0.0, False)))
    park(deployment, wanted)  # a park starts nothing
    assert list(parked_now(opened())) == ["mix-1"]
    assert opened().machines() == []
