"""What the programs of Google Cloud make of a project file and a studio file, asked for from mocks: no cloud is there."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.components.conftest import Created, deploy

from soundstage.components.labels import tags_of
from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import UsageError
from soundstage.projectfile.spec import Project, Studio
from soundstage.stacks.clouds.base import Singletons
from soundstage.stacks.programs.gcp.made import project_program, studio_program
from soundstage.stacks.programs.nobody import BILLING_ACCOUNT
from soundstage.stacks.programs.placement import Placement
from soundstage.stacks.programs.studio_outputs import Shared

__all__ = ["deploy"]

IMAGE = "projects/tinyorange-film/global/images/edit-linux-1"
STUDIO_FILE = Studio(studio="tinyorange", home_region="europe-west4")
SHARED = Shared({"europe-west4": "tinyorange-access-logs"}, boundary_arns={})
Deploy = Callable[..., Any]


def project(**more: Any) -> Project:
    return Project.model_validate(
        {
            "project": "teaser",
            "region": "europe-west4",
            "client": "northlight",
            "workstations": {"edit-1": {"for": "editing", "user": "ana", "image": IMAGE}},
            **more,
        }
    )


def made(deploy: Deploy, asked: Project, **more: Any) -> Any:
    place = Placement(("europe-west4-a",), dict.fromkeys(asked.workstations, "europe-west4-a"))
    return deploy(project_program(asked, STUDIO_FILE, SHARED, place, **more))


def test_a_project_has_its_network_media_machine_budget_and_roles(deploy: Deploy) -> None:
    found = made(deploy, project())
    machine = found.one("gcp:compute/instance:Instance")
    assert (machine.inputs["machineType"], machine.inputs["zone"]) == ("g2-standard-8", "europe-west4-a")
    assert machine.inputs["guestAccelerators"] == [{"type": "nvidia-l4-vws", "count": 1}]
    assert machine.inputs["bootDisk"]["initializeParams"]["image"] == IMAGE
    assert {"Bucket", "Network", "Budget", "CryptoKey", "Disk", "Account"} <= {one.kind for one in found.resources}
    assert found.one("Budget").inputs["billingAccount"] == BILLING_ACCOUNT
    assert found.one("Bucket", "teaser-media-bucket").inputs["logging"]["logBucket"] == "tinyorange-access-logs"


def test_labels_of_the_project_say_what_its_tags_say_on_aws(deploy: Deploy) -> None:
    found = made(deploy, project())
    for one in (found.one("Instance"), found.one("Disk"), *found.all("Bucket")):
        tags = tags_of(one.inputs["labels"])
        assert (tags[STUDIO], tags[PROJECT], tags["soundstage:client"]) == ("tinyorange", "teaser", "northlight")
    assert tags_of(found.one("Instance").inputs["labels"])[WORKSTATION] == "edit-1"


def test_media_are_guarded_and_can_be_let_go(deploy: Deploy) -> None:
    def guarded(resources: list[Created]) -> set[str]:
        return {one.kind for one in resources if one.protect}

    assert {"Bucket", "CryptoKey", "KeyRing"} <= guarded(made(deploy, project()).resources)
    assert not {"Bucket", "CryptoKey", "KeyRing"} & guarded(made(deploy, project(), keep_media=False).resources)


def test_a_disk_comes_back_from_its_snapshot(deploy: Deploy) -> None:
    from soundstage.stacks.media.snapshots import Source
    from soundstage.stacks.programs.disk_sources import Sources

    asked = project()
    place = Placement((), {"edit-1": "europe-west4-b"}, disks=Sources({"edit-1": Source("teaser-last", None)}))
    found = deploy(project_program(asked, STUDIO_FILE, SHARED, place))
    assert found.one("Disk").inputs["snapshot"] == "teaser-last"
    assert found.one("Disk").inputs["zone"] == "europe-west4-b"


def test_windows_machines_reach_the_server_that_activates_them(deploy: Deploy) -> None:
    asked = project(workstations={"edit-1": {"for": "editing", "os": "windows", "image": IMAGE, "disk_gib": 100}})
    names = {one.name for one in made(deploy, asked).all("Route")}
    assert "teaser-network-activation" in names


def test_a_machine_without_an_image_is_refused_and_told_what_to_write(deploy: Deploy) -> None:
    asked = project(workstations={"edit-1": {"for": "editing"}})
    with pytest.raises(Exception, match="there is no image") as refused:
        made(deploy, asked)
    assert isinstance(refused.value, UsageError)


def test_a_studio_has_a_trail_and_an_archive_in_each_region(deploy: Deploy) -> None:
    program = studio_program(STUDIO_FILE, CLOUDS["simulated-gcp"], ["europe-west1"])
    found = deploy(program)
    buckets = {one.inputs["location"] for one in found.all("gcp:storage/bucket:Bucket")}
    assert buckets == {"EUROPE-WEST4", "EUROPE-WEST1"}
    assert found.one("IAMAuditConfig").inputs["service"] == "allServices"
    assert found.all("gcp:orgpolicy/policy:Policy") == []


def test_a_studio_below_an_organisation_has_its_policies(deploy: Deploy) -> None:
    program = studio_program(STUDIO_FILE, CLOUDS["simulated-gcp"], [], Singletons(has_organisation=True))
    assert deploy(program).all("gcp:orgpolicy/policy:Policy")


def test_a_studio_whose_alarms_nobody_hears_is_refused_on_google_cloud_itself() -> None:
    with pytest.raises(UsageError, match="no alert_emails"):
        studio_program(STUDIO_FILE, CLOUDS["gcp"], [])
