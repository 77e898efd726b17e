"""What a project costs on the other cloud: what of its file carries over, and the command that shows both."""

from typing import Any

import pytest

from soundstage.core.errors import UsageError
from soundstage.pricing.comparing import regions_of
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.projectfile.spec import Project, Studio
from soundstage.stacks.billing.counterpart import Counterpart, counterpart

STUDIO = Studio(studio="home", regions=("eu-west-1", "eu-central-1"), account="123456789012")


def other(machine: dict[str, Any], *, region: str | None = None, **more: Any) -> Counterpart:
    file = {
        "project": "pilot",
        "region": "eu-west-1",
        "workstations": {"edit-1": {"for": "editing", **machine}},
        **more,
    }
    return counterpart(Project.model_validate(file), STUDIO, region)


def test_a_plain_project_is_the_same_on_the_other_cloud_in_a_region_that_is_near() -> None:
    found = other({})
    assert (found.project.cloud, found.project.region) == ("simulated-gcp", "europe-west2")
    assert (found.studio.home_region, found.studio.regions, found.studio.account) == ("europe-west2", (), None)
    assert found.told == ()


def test_and_from_google_cloud_to_aws() -> None:
    file = {
        "project": "pilot",
        "cloud": "simulated-gcp",
        "region": "europe-west4",
        "workstations": {"edit-1": {"for": "editing"}},
    }
    found = counterpart(Project.model_validate(file), STUDIO.model_copy(update={"home_region": "europe-west4"}))
    assert (found.project.cloud, found.project.region, found.studio.home_region) == (
        "simulated",
        "eu-central-1",
        "eu-central-1",
    )


@pytest.mark.parametrize("region", sorted(CATALOGUES["gcp"].regions - {"me-central2", "me-west1"}))
def test_every_region_of_google_cloud_with_one_of_aws_near_it_is_compared(region: str) -> None:
    aws, google = regions_of(region)
    assert google == region
    assert aws in CATALOGUES["aws"].regions


def test_a_machine_type_becomes_the_smallest_that_has_no_less() -> None:
    found = other({"instance_type": "g5.4xlarge"})
    assert found.project.workstations["edit-1"].machine_type("europe-west2") == "g2-standard-16"
    (told,) = found.told
    assert told.startswith(
        "edit-1: the file names g5.4xlarge (A10G, 16 vCPUs, 64 GiB); g2-standard-16 (L4, 16 vCPUs, 64 GiB) is"
    )


@pytest.mark.parametrize(
    ("type", "taken"),
    [
        ("g2-standard-4", "g6.xlarge"),
        ("g2-standard-12", "g6.4xlarge"),
        ("g2-standard-96", "g6.48xlarge"),
        ("n1-standard-8", "g4dn.2xlarge"),
        ("g4-standard-48", "g7e.12xlarge"),
    ],
)
def test_a_machine_type_of_google_cloud_became_the_largest_size_of_aws(type: str, taken: str) -> None:
    """Google tells 24 GB of the L4 of which AWS tells 22.4 GiB: no size had as much."""
    file = {
        "project": "pilot",
        "cloud": "simulated-gcp",
        "region": "us-east4",
        "workstations": {"edit-1": {"for": "editing", "instance_type": type}},
    }
    found = counterpart(Project.model_validate(file), STUDIO.model_copy(update={"home_region": "us-east4"}))
    assert found.project.workstations["edit-1"].machine_type("us-east-1") == taken


def test_a_machine_without_a_gpu_became_one_with_a_gpu() -> None:
    found = other({"instance_type": "m7i.2xlarge"})
    assert found.project.workstations["edit-1"].machine_type("europe-west2") == "n2-standard-8"


def test_a_machine_that_nothing_is_like_was_taken_for_one_with_less() -> None:
    found = other({"instance_type": "g6e.12xlarge"}, region="us-central1")
    assert found.project.workstations["edit-1"].instance_type == "g4-standard-192"
    less = other({"instance_type": "g6e.48xlarge"}, region="europe-west3")
    assert less.project.workstations == {}
    assert (
        "europe-west3 offers no machine that has no less than g6e.48xlarge (8 x L40S, 192 vCPUs, 1536 GiB)"
        in less.told[0]
    )


def test_a_project_that_may_not_leave_the_union_was_compared_in_london() -> None:
    found = other({}, residency="eu")
    assert found.project.region == "europe-west1"
    assert found.project.residency == "eu"
    assert found.told[0] == 'europe-west2 is nearest and lies outside the residency "eu"; europe-west1 is taken.'
    with pytest.raises(UsageError, match=r"europe-west2 lies outside the residency .eu"):
        other({}, region="europe-west2", residency="eu")
    with pytest.raises(UsageError, match=r"Google Cloud has no region within the residency .ie"):
        other({}, residency="ie")


def test_what_the_other_cloud_has_no_word_for_is_left_out_and_said() -> None:
    found = other(
        {"scratch_gib": 800, "availability_zone": "eu-west-1b"},
        storage={"backup_region": "eu-central-1", "object_lock_days": 5},
    )
    assert found.project.workstations["edit-1"].scratch_gib == 375
    assert found.project.storage.object_lock_days is None or found.project.storage.object_lock_days == 0
    assert [one.partition(":")[0] for one in found.told] == [
        "storage.backup_region",
        "edit-1",
        "storage.object_lock_days",
    ]


def test_a_machine_that_the_other_region_does_not_have_is_left_out_and_said() -> None:
    found = other({}, region="europe-north1")
    assert found.project.workstations == {}
    assert found.told[0].startswith("edit-1 is left out: europe-north1 offers no machine")


def test_a_region_of_the_own_cloud_is_refused() -> None:
    with pytest.raises(UsageError, match='"us-east-1" is no region of Google Cloud'):
        other({}, region="us-east-1")
