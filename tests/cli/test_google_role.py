"""`workstation permissions` on Google Cloud: a custom role, with which a project can be brought up, used and taken down."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from soundstage.core.errors import CloudError
from soundstage.core.home import state_home
from soundstage.engines.base import ignore
from soundstage.providers.gcp.rest import GoogleProject
from soundstage.simulator import process
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT, Endpoint
from soundstage.stacks.clouds.gcp.calls import ask
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.kinds.resource_kinds import DISK, snapshot_on
from soundstage.stacks.parking.moving import back_in_zone, plan_move
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import to_wake, wake, waking
from soundstage.stacks.preflight.finding import Verdict
from soundstage.stacks.preflight.run import examine
from soundstage.stacks.restoring import plan_restore, restore

ANA = "user:ana@studio.example"
BUDGETS = "roles/billing.costsManager"
PROJECT = """
project: teaser
cloud: simulated-gcp
workstations:
  edit-1: {for: editing, user: ana, data_gib: 10, hours: Mon-Fri 09:00-19:00 Europe/Lisbon}
budget: {monthly_usd: 500, at_limit: stop}
"""


@pytest.fixture
def teaser(tmp_path: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "teaser.yaml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    process.stop(soundstage_home, save=False)


class Ana(Credentials):
    """Ana's credentials. Her right to budgets is one on the billing account, above every project, whose policy the simulated Google Cloud does
    not keep: there its owner calls for her."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(token=endpoint.google_token(ANA))  # type: ignore[no-untyped-call]
        self._owner = endpoint.google_token()

    def before_request(self, request: Any, method: str, url: str, headers: dict[str, str]) -> None:
        super().before_request(request, method, url, headers)  # type: ignore[no-untyped-call]
        if "/billingAccounts/" in url:
            headers["authorization"] = f"Bearer {self._owner}"


def _give(deployment: Deployment, role: dict[str, Any]) -> None:
    """What an administrator types: the role of the printed file, bound to Ana."""
    cloud: Any = deployment.cloud
    here = f"projects/{GOOGLE_PROJECT}"
    made = ask(cloud, "iam.projects.roles.create", parent=here, roleId="operator", role=role)
    asked = {"requestedPolicyVersion": 3}
    policy = ask(cloud, "cloudresourcemanager.projects.getIamPolicy", resource=here, options=asked)
    bindings = [*policy.get("bindings", []), {"role": made["name"], "members": [ANA]}]
    ask(cloud, "cloudresourcemanager.projects.setIamPolicy", resource=here, policy={**policy, "bindings": bindings})


def _as_ana(name: str | None = None) -> Deployment:
    """The project in Ana's hands."""
    deployment = open_project(name)
    endpoint = process.ensure(state_home(), GOOGLE_FRONT)
    for cloud in (deployment.cloud, deployment.home.cloud):
        vars(cloud)["project"] = GoogleProject(GOOGLE_PROJECT, Ana(endpoint), endpoint.url)
    return deployment


def test_the_printed_role_is_enough_for_a_whole_life(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    assert workstation("studio", "up", "--cloud", "simulated-gcp", "--yes").code == 0
    role = json.loads(workstation("permissions", "--format", "json").out)
    assert not [one for one in role["includedPermissions"] if one.startswith(("billing.", "orgpolicy."))]
    _give(open_project(), role)
    process.set_enforcement(soundstage_home, True)
    ana = _as_ana()
    assert set(ana.up().ready) == {"edit-1"}
    assert [one.name for one in ana.stop(ana.machines())] == ["edit-1"]
    assert [one.name for one in ana.start(ana.machines())] == ["edit-1"]
    assert [one.state for one in ana.status().machines] == ["running"]
    ana.down()
    assert ana.machines() == []
    (last,) = ana.snapshots()
    back = _as_ana()
    back.up()
    (disk,) = (one for one in back.engine.resources().of_type(*DISK) if one.name.endswith("-data"))
    assert snapshot_on(disk) == last.id
    back.down()


def test_the_printed_role_parks_brings_back_restores_and_moves(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    assert workstation("studio", "up", "--cloud", "simulated-gcp", "--yes").code == 0
    purposes = [word for one in ("up", "down", "daily", "change", "park") for word in ("--for", one)]
    _give(open_project(), json.loads(workstation("permissions", *purposes, "--format", "json").out))
    process.set_enforcement(soundstage_home, True)
    ana = _as_ana()
    ana.up()
    assert [one.machine for one in park(ana, plan_park(ana)).snapshots] == ["edit-1"]
    assert ana.machines() == []
    back = _as_ana()
    wake(waking(back, to_wake(back)))
    restore(back, plan_restore(back, "edit-1"))
    moving = plan_move(_as_ana(), "edit-1", "europe-west4-b")
    assert moving.parking is not None
    park(_as_ana(), moving.parking)
    there = _as_ana()
    again = plan_move(there, "edit-1", "europe-west4-b")
    wake(back_in_zone(again))
    assert [(one.name, one.zone) for one in there.machines()] == [("edit-1", "europe-west4-b")]


def test_what_somebody_lacks_is_said_before_anything_is_made(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    assert workstation("studio", "up", "--cloud", "simulated-gcp", "--yes").code == 0
    role = json.loads(workstation("permissions", "--format", "json").out)
    role["includedPermissions"].remove("compute.instances.create")
    _give(open_project(), role)
    process.set_enforcement(soundstage_home, True)
    (finding,) = [one for one in examine(_as_ana()) if one.check == "permissions"]
    assert finding.verdict is Verdict.FAILED
    assert "compute.instances.create" in finding.told
    assert "workstation permissions teaser" in finding.mend


def test_it_prints_the_file_and_how_it_is_given(teaser: Path, workstation: Callable[..., Any]) -> None:
    told = workstation("permissions").out
    for step in ("gcloud iam roles create soundstage.operator.", "--file=role.json", f"--role={BUDGETS}"):
        assert step in told
    document = workstation("permissions", "--json").document
    (role,) = document["policies"]
    assert role == json.loads(workstation("permissions", "--format", "json").out)
    assert set(role) == {"title", "description", "stage", "includedPermissions"}
    listed = {one["action"] for one in document["actions"]}
    assert listed - set(role["includedPermissions"]) == {one for one in listed if one.startswith("billing.")}
    terraform = workstation("permissions", "--format", "terraform").out
    assert terraform.startswith('resource "google_project_iam_custom_role"')
    assert all(f'"{one}"' in terraform for one in role["includedPermissions"])


def test_the_studio_has_a_role_of_its_own(teaser: Path, workstation: Callable[..., Any]) -> None:
    (role,) = workstation("permissions", "--studio", "--json").document["policies"]
    assert "logging.buckets.list" in role["includedPermissions"]
    assert not [one for one in role["includedPermissions"] if one.startswith("compute.instances.create")]


def test_nobody_is_permitted_what_is_not_there(teaser: Path, workstation: Callable[..., Any]) -> None:
    assert workstation("permissions", "--for", "notices").code == 2


def test_the_role_of_whoever_bakes_is_printed_also_before_the_studio_is_up(
    teaser: Path, workstation: Callable[..., Any]
) -> None:
    printed = workstation("permissions", "--for", "bake")
    assert printed.code == 0
    assert "gcloud iam roles create soundstage.baker." in printed.out
    assert "permissions teaser --for bake --format json" in printed.out
    (role,) = workstation("permissions", "--for", "bake", "--json").document["policies"]
    assert {"compute.images.create", "iap.tunnelInstances.accessViaIAP"} <= set(role["includedPermissions"])
    assert not [one for one in role["includedPermissions"] if one.startswith(("storage.", "iam.serviceAccounts."))]


def test_whom_the_file_names_uses_the_machines_of_one_project_and_none_of_another_whose_name_begins_alike(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    """A condition asked how a machine's name begins: that of `teaser` also fitted the machines of `teaser-2`."""
    people = "access: {people: ['user:ana@studio.example']}\n"
    for name, let_in in (("teaser", people), ("teaser-2", "")):
        (teaser / "projects" / f"{name}.yaml").write_text(
            PROJECT.replace("project: teaser", f"project: {name}") + let_in
        )
        assert workstation("up", name, "--yes", "--no-wait").code == 0
    assert "user:ana@studio.example may use its machines" in workstation("status", "teaser").out
    assert "access: {people: [user:ADDRESS]}" in workstation("status", "teaser-2").out
    (own,), (foreign,) = open_project("teaser").machines(), open_project("teaser-2").machines()
    process.set_enforcement(soundstage_home, True)
    hers = _as_ana("teaser").cloud.machines
    hers.stop(own, ignore)
    with pytest.raises(CloudError, match="the credentials may not do this"):
        hers.stop(foreign, ignore)
    with pytest.raises(CloudError, match="the credentials may not do this"):
        hers.mark_awake(own, "2099-01-01T00:00:00Z ana")


def test_the_printed_role_is_enough_to_let_somebody_in_and_to_take_it_back(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    file = teaser / "projects" / "teaser.yaml"
    file.write_text(PROJECT + "access: {people: ['user:zoe@studio.example']}\n")
    assert workstation("studio", "up", "--cloud", "simulated-gcp", "--yes").code == 0
    _give(open_project(), json.loads(workstation("permissions", "--format", "json").out))
    process.set_enforcement(soundstage_home, True)
    ana = _as_ana()
    ana.up()
    assert ana.engine.resources().of_type("gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember")
    file.write_text(PROJECT)
    ana = _as_ana()
    ana.up()
    assert not list(ana.engine.resources().of_type("gcp:iap/tunnelInstanceIAMMember:TunnelInstanceIAMMember"))


def test_what_is_rare_or_final_is_enough_where_it_is_asked_for(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    assert workstation("studio", "up", "--cloud", "simulated-gcp", "--yes").code == 0
    purposes = [word for one in ("up", "down", "daily", "change", "delete-media") for word in ("--for", one)]
    _give(open_project(), json.loads(workstation("permissions", *purposes, "--format", "json").out))
    process.set_enforcement(soundstage_home, True)
    ana = _as_ana()
    ana.up()
    file = teaser / "projects" / "teaser.yaml"
    file.write_text(PROJECT.replace("data_gib: 10,", "data_gib: 20, size: large,") + "client: northlight\n")
    ana = _as_ana()
    ana.up(refresh=True)
    assert max(one.gib for one in ana.machines()[0].disks) >= 20
    ana.down(delete_media=True)
    assert list(ana.engine.resources()) == []


def test_the_role_of_the_bill_is_enough_to_look_for_what_nothing_uses(
    teaser: Path, workstation: Callable[..., Any], soundstage_home: Path
) -> None:
    assert workstation("up", "--yes", "--no-wait").code == 0
    _give(open_project(), json.loads(workstation("permissions", "--for", "bill", "--format", "json").out))
    process.set_enforcement(soundstage_home, True)
    ana = _as_ana()
    assert ana.cloud.unused(ana.studio.studio, "teaser") == []
    assert ana.snapshots() == []
    assert [one.name for one in ana.machines()] == ["edit-1"]
    with pytest.raises(CloudError, match="may not do this"):
        ana.stop(ana.machines())
