"""What a project takes from its studio, and when the studio has to come up again first."""

import pytest

from soundstage.core.values import Properties
from soundstage.stacks.programs.studio_outputs import Shared

ARN = "arn:aws:iam::123456789012:policy/soundstage/home/home-services-boundary"
OUTPUTS: Properties = {
    "log_buckets": {"eu-west-1": "home-access-logs-1"},
    "alert_topic_arn": "arn:aws:sns:eu-west-1:123456789012:home-alerts",
    "boundary_arns": {"people": "arn:aws:iam::123456789012:policy/p", "services": ARN},
}


def test_a_project_finds_boundary_and_archive_of_its_studio() -> None:
    shared = Shared.from_outputs(OUTPUTS)
    assert shared.boundary("services") == ARN
    assert shared.log_bucket("eu-west-1") == "home-access-logs-1"
    assert shared.covers({"eu-west-1"})


@pytest.mark.parametrize(
    ("outputs", "regions"),
    [
        pytest.param(OUTPUTS, {"eu-west-1", "eu-central-1"}, id="no-archive-in-a-region"),
        pytest.param({**OUTPUTS, "boundary_arns": None}, {"eu-west-1"}, id="up-since-before-there-were-boundaries"),
    ],
)
def test_a_studio_that_lacks_something_comes_up_again_first(outputs: Properties, regions: set[str]) -> None:
    assert not Shared.from_outputs(outputs).covers(regions)
