"""WorkDiskSnapshots: work that was lost between one day and the next because nobody took a snapshot while the machine was there."""

from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.work_disk_snapshots import WorkDiskSnapshots, night
from soundstage.components.sizes import regions
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def snapshots(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {"studio": "home", "project": "teaser", "key_arn": KEY, "tags": base_tags("home", "teaser"), **changes}
    return deploy(lambda: WorkDiskSnapshots("teaser-snapshots", args))


def test_the_disks_of_this_studio_and_project_alone_are_meant_every_day(deploy: Deploy) -> None:
    details = snapshots(deploy, keep_days=14, at="03:00").one("LifecyclePolicy").inputs["policyDetails"]
    assert details["resourceTypes"] == ["VOLUME"]
    assert details["targetTags"] == {"soundstage:work-disks": "home.teaser"}
    (schedule,) = details["schedules"]
    assert schedule["createRule"] == {"interval": 24, "intervalUnit": "HOURS", "times": "03:00"}
    # By age: kept by their number, those of a disk that has gone would stay for ever.
    assert schedule["retainRule"] == {"interval": 14, "intervalUnit": "DAYS"}
    assert schedule["copyTags"] is True
    assert schedule["tagsToAdd"] == {"soundstage:taken": "daily"}


@pytest.mark.parametrize("region", sorted(regions()))
def test_every_region_has_an_hour_of_the_night(region: str) -> None:
    assert night(region) != night("eu-west-1") or region.startswith("eu-")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"keep_days": 0}, "keep_days"),
        ({"keep_days": 366}, "keep_days"),
        ({"at": "3 in the night"}, "at is '3 in the night'"),
        ({"at": "24:00"}, "at is '24:00'"),
        ({"at": "03:30"}, "at is '03:30'"),
        ({"project": "Teaser"}, "project"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(
    deploy: Deploy, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        snapshots(deploy, **changes)
    assert complaint in str(refused.value)
