"""Looking through a simulated project of Google Cloud, and cleaning up, with no more than the printed role permits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from soundstage.components.labels import labels_of
from soundstage.components.naming import last_snapshot_name
from soundstage.components.tags import PROJECT, STUDIO, SYSTEM_DISK
from soundstage.core.home import state_home
from soundstage.providers.gcp.rest import GoogleProject
from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT
from soundstage.stacks.clouds.estate import Kind
from soundstage.stacks.clouds.gcp.calls import ask
from soundstage.stacks.clouds.gcp.estate import NOBODY
from soundstage.stacks.orphans import finding
from soundstage.stacks.orphans.looking import clean, look
from soundstage.stacks.studio_deployment import StudioDeployment, open_studio

R, Z = "europe-west4", "europe-west4-a"
ANA = "user:ana@studio.example"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StudioDeployment]:
    """A studio named `home`, of which nothing is on record."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "x.yaml").write_text("project: x\ncloud: simulated-gcp\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(finding, "YOUNG", finding.YOUNG * 0)
    yield open_studio(None, cloud="simulated-gcp")
    process.stop(state_home(), save=False)


def labels(project: str, studio: str = "home", **more: str) -> dict[str, str]:
    return labels_of({STUDIO: studio, PROJECT: project, **more})


def lose_a_project(cloud: Any, project: str, studio: str = "home") -> None:
    """What a lost project leaves: an address and the router that uses it, a disk and its last snapshot, the image of a parked machine."""
    name, said = f"{project}-{studio}", labels(project, studio)
    ask(cloud, "compute.addresses.insert", region=R, name=name, labels=said)
    ask(cloud, "compute.networks.insert", name=name, autoCreateSubnetworks=False)
    nat = {
        "name": "nat", "natIpAllocateOption": "MANUAL_ONLY", "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        "natIps": [f"projects/{GOOGLE_PROJECT}/regions/{R}/addresses/{name}"],
    }  # fmt: skip
    network = f"projects/{GOOGLE_PROJECT}/global/networks/{name}"
    ask(cloud, "compute.routers.insert", region=R, name=name, network=network, nats=[nat])
    ask(cloud, "compute.disks.insert", zone=Z, name=name, sizeGb="20", labels=said)
    last = f"{last_snapshot_name(studio, project, 'edit-1')}-20261120-180000"
    ask(cloud, "compute.disks.createSnapshot", zone=Z, disk=name, name=last)
    parked = labels(project, studio, **{SYSTEM_DISK: "edit-1"})
    source = f"projects/{GOOGLE_PROJECT}/zones/{Z}/disks/{name}"
    ask(cloud, "compute.images.insert", name=f"parked-{name}", sourceDisk=source, storageLocations=[R], labels=parked)


def test_what_is_lost_on_google_cloud_goes_by_its_project_alone_with_the_printed_role(
    home: StudioDeployment, workstation: Callable[..., Any]
) -> None:
    cloud: Any = home.cloud
    for project in ("tea", "tea-2"):
        lose_a_project(cloud, project)
    lose_a_project(cloud, "tea", "another")
    ask(cloud, "compute.disks.insert", zone="europe-west1-b", name="far", sizeGb="10", labels=labels("tea"))
    stranger = f"{last_snapshot_name('gone', 'gone', 'edit-1')}-20261120-180000"
    ask(cloud, "compute.disks.createSnapshot", zone=Z, disk="tea-home", name=stranger)

    role = json.loads(workstation("permissions", "x", "--for", "orphans", "--format", "json").out)
    here = f"projects/{GOOGLE_PROJECT}"
    made = ask(cloud, "iam.projects.roles.create", parent=here, roleId="sweeper", role=role)
    policy = ask(cloud, "cloudresourcemanager.projects.getIamPolicy", resource=here)
    bound = [*policy.get("bindings", []), {"role": made["name"], "members": [ANA]}]
    ask(cloud, "cloudresourcemanager.projects.setIamPolicy", resource=here, policy={**policy, "bindings": bound})
    process.set_enforcement(state_home(), True)
    endpoint = process.ensure(state_home(), GOOGLE_FRONT)
    as_ana = Credentials(token=endpoint.google_token(ANA))  # type: ignore[no-untyped-call]
    vars(cloud)["project"] = GoogleProject(GOOGLE_PROJECT, as_ana, endpoint.url)

    assert R in cloud.estate.regions()
    found = look(home, [R, "europe-west1"])
    kinds = sorted((str(one.thing.kind), one.thing.project, one.thing.region) for one in found.orphans)
    each = [Kind.ADDRESS, Kind.DISK, Kind.GATEWAY, Kind.SNAPSHOT, Kind.SNAPSHOT]
    expected = [(str(kind), project, R) for project in ("tea", "tea-2") for kind in each]
    assert kinds == sorted([*expected, ("disk", "tea", "europe-west1")])
    assert dict(found.others) == {"another": 5, NOBODY: 1}
    assert all(one.monthly_usd is not None for one in found.orphans)
    assert {one.thing.kind for one in found.orphans if not one.monthly_usd} == {Kind.GATEWAY}
    assert found.to_clean(work=True) == [], "a colleague may have it up, and nobody named it"

    named = look(home, [R, "europe-west1"], ["tea"])
    assert [one.thing.kind for one in named.to_clean(work=False)] == [Kind.GATEWAY, Kind.ADDRESS]
    gone = clean(home, named.to_clean(work=True), look(home, [R, "europe-west1"], ["tea"]))
    assert len(gone) == 6
    left = look(home, [R, "europe-west1"], ["tea"])
    assert {one.thing.project for one in left.orphans} == {"tea-2"}
    assert dict(left.others) == {"another": 5, NOBODY: 1}
    for one in gone:
        cloud.estate.delete(one.thing)  # gone already: no error


def test_a_project_that_is_up_and_one_that_is_parked_were_taken_for_orphans(
    home: StudioDeployment, workstation: Callable[..., Any]
) -> None:
    file = "project: x\ncloud: simulated-gcp\nnetwork: {zone: io, nat: true}\nworkstations:\n  a: {for: audio, size: small, data_gib: 10}\n"
    Path("projects/x.yaml").write_text(file)
    assert workstation("up", "x", "--yes", "--no-wait").code == 0
    assert look(home, [R], ["x"]).orphans == ()
    assert workstation("park", "x", "--yes").code == 0
    assert look(home, [R], ["x"]).orphans == ()
    assert workstation("down", "x", "--yes").code == 0
    assert look(home, [R], ["x"]).orphans == ()
