"""MonthlyPatching: machines that no fresh image replaces and that nobody patched."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from soundstage.components.aws.monthly_patching import MonthlyPatching, third_saturday
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]


def patching(deploy: Deploy, **changes: Any) -> Any:
    args: Any = {"studio": "home", "project": "teaser", "tags": base_tags("home", "teaser"), **changes}
    return deploy(lambda: MonthlyPatching("teaser-patching", args)).one("Association").inputs


def test_the_machines_of_this_studio_and_project_alone_are_patched(deploy: Deploy) -> None:
    made = patching(deploy, at="03:00")
    assert made["name"] == "AWS-RunPatchBaseline"
    assert made["targets"] == [
        {"key": "tag:soundstage:studio", "values": ["home"]},
        {"key": "tag:soundstage:project", "values": ["teaser"]},
    ]
    assert made["scheduleExpression"] == "cron(0 3 ? * SAT#3 *)"
    assert re.fullmatch(r"[a-zA-Z0-9_\-.]{3,128}", made["associationName"])  # as the API allows it


def test_nobody_was_to_be_thrown_out_by_a_patch(deploy: Deploy) -> None:
    """Neither by a restart, nor by an installation that begins the moment that the machine is made."""
    made = patching(deploy)
    assert made["parameters"] == {"Operation": "Install", "RebootOption": "NoReboot"}
    assert made["applyOnlyAtCronInterval"] is True


def test_it_is_done_in_the_night_of_the_region(deploy: Deploy) -> None:
    assert patching(deploy, region="us-east-1")["scheduleExpression"] == third_saturday("09:00")


@pytest.mark.parametrize("at", ["3:00", "24:00", "03:30"])
def test_an_hour_that_is_none_is_refused(deploy: Deploy, at: str) -> None:
    with pytest.raises(ArgumentError, match="a whole hour of the day in UTC"):
        patching(deploy, at=at)
