"""Who may do what on Google Cloud, tried for real: every row is one call by one caller, against the simulated cloud with permissions
enforced. Two projects of a studio are up in one Google Cloud project, with a project of another studio and a stranger's machine
beside them; `google_rows.yaml` has the rows.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from soundstage.components.gcp import AccessRoles, AccessRolesArgs
from soundstage.providers.calls import Declined
from soundstage.providers.gcp.rest import GoogleProject, called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_FRONT, GOOGLE_PROJECT
from soundstage.stacks.deployment import open_project
from soundstage.stacks.programs.gcp import project as program

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "google_rows.yaml").read_text("utf-8"))
COLUMNS: list[str] = TABLE["columns"]
ROWS = [
    pytest.param(who, action, column, letter == "y", id=f"{who}-{action}-{column}")
    for who, actions in TABLE["rows"].items()
    for action, letters in actions.items()
    for column, letter in zip(COLUMNS, letters, strict=False)
    if letter != "-"
]
PEOPLE = {who: f"user:{who}@studio.example" for who in ("admin", "artist", "reviewer", "nobody")}
PROJECT = """
project: {name}
cloud: simulated-gcp
workstations:
  edit-1: {{for: editing, user: ana, data_gib: 10}}
budget: {{monthly_usd: 500, at_limit: stop}}
"""
PLACES = {"own": ("home", "teaser"), "alike": ("home", "teaser-2"), "other-studio": ("away", "teaser")}
FILES = ("footage/a.mov", "masters/a.mov", "exports/a.mov", "masters/gone.mov")


class Scene:
    """What the calls are about, and who makes them."""

    def __init__(self, owner: GoogleProject, facts: Mapping[str, dict[str, str]], callers: dict[str, GoogleProject]):
        self.owner, self.facts, self.callers = owner, facts, callers
        self._tried = 0

    def attempt(self, who: str, action: str, column: str) -> int:
        """The status of the refusal that a row's call ends with; 0 when it succeeds."""
        method, params = TABLE["calls"][action]
        self._tried += 1
        facts = {**self.facts["own"], **self.facts[column], "unique": f"try-{self._tried}", "role": f"try{self._tried}"}
        facts["account_id"] = f"try-{self._tried:06}"
        sent = _filled(params, facts)
        if method.startswith("compute."):
            sent["project"] = GOOGLE_PROJECT
        try:
            called(self.callers[who], method, sent)
        except Declined as error:
            return error.status
        finally:
            if action == "delete-master":
                _put(self.owner, facts["bucket"], "masters/gone.mov")
        return 0


def _filled(value: Any, facts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**facts) if "{" in value else value
    if isinstance(value, dict):
        return {key: _filled(inner, facts) for key, inner in value.items()}
    return [_filled(inner, facts) for inner in value] if isinstance(value, list) else value


def _put(owner: GoogleProject, bucket: str, name: str) -> None:
    called(owner, "storage.objects.insert", {"bucket": bucket, "name": name, "media": "film"})


def _up(folder: Path, studio: str, name: str) -> dict[str, str]:
    """Bring a project up; what the rows need to know of it."""
    file = folder / studio / "projects" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    (folder / studio / "studio.yaml").write_text(f"studio: {studio}\nhome_region: europe-west4\n")
    file.write_text(PROJECT.format(name=name))
    deployment = open_project(str(file))
    outputs: dict[str, Any] = deployment.up().outputs
    (machine,) = outputs["workstations"].values()
    _, _, _, zone, _, label = machine["instance_id"].split("/")
    (disk,) = (one for one in deployment.engine.resources() if one.type.endswith(":Disk"))
    accounts = {
        kind: str(one.outputs["email"])
        for kind in ("stop", "build")
        for one in deployment.engine.resources()
        if one.type.endswith("account:Account") and one.name.endswith(f"-{kind}")
    }
    return {
        "project": GOOGLE_PROJECT, "zone": zone, "machine": label, "disk": str(disk.id).rpartition("/")[2],
        "bucket": outputs["bucket"], "key": outputs["key_arn"], "account": machine["role_arn"], **accounts,
    }  # fmt: skip


def _strangers(owner: GoogleProject, like: Mapping[str, str]) -> dict[str, str]:
    """A machine and a disk that somebody made by hand, without a label."""
    place = {"project": GOOGLE_PROJECT, "zone": like["zone"]}
    mine = called(owner, "compute.instances.get", {**place, "instance": like["machine"]})
    disk = {"boot": True, "autoDelete": True, "initializeParams": {"diskSizeGb": "20", "sourceImage": "projects/debian-cloud/global/images/family/debian-12"}}  # fmt: skip
    body = {key: mine[key] for key in ("machineType", "scheduling", "guestAccelerators", "shieldedInstanceConfig")}
    cards = [{"subnetwork": mine["networkInterfaces"][0]["subnetwork"]}]
    named = {"name": "teaser-edit-1-instance", "disks": [disk], "networkInterfaces": cards}
    called(owner, "compute.instances.insert", {**place, **body, **named})
    called(owner, "compute.disks.insert", {**place, "name": "teaser-edit-1-data", "sizeGb": "10"})
    return {"zone": like["zone"], "machine": "teaser-edit-1-instance", "disk": "teaser-edit-1-data"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home, folder = tmp_path_factory.mktemp("google-home"), tmp_path_factory.mktemp("google-files")

    def with_people(name: str, args: AccessRolesArgs, options: pulumi.ResourceOptions) -> AccessRoles:
        own = args["studio"] == "home" and args.get("project") == "teaser"
        people = {f"{who}s": [PEOPLE[who]] for who in ("admin", "artist", "reviewer")} if own else {}
        return AccessRoles(name, {**args, **people}, options)  # type: ignore[typeddict-item]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(home))
        patch.setattr(program, "AccessRoles", with_people)
        try:
            facts = {column: _up(folder, *place) for column, place in PLACES.items()}
            endpoint = process.ensure(home, GOOGLE_FRONT)
            owner = simulated_project(endpoint)
            facts["stranger"] = _strangers(owner, facts["own"])
            for column in PLACES:
                for name in FILES:
                    _put(owner, facts[column]["bucket"], name)
            named = {
                **PEOPLE,
                "machine": f"serviceAccount:{facts['own']['account']}",
                "budget-function": f"serviceAccount:{facts['own']['stop']}",
                "budget-builder": f"serviceAccount:{facts['own']['build']}",
            }
            process.set_enforcement(home, True)
            yield Scene(owner, facts, {who: simulated_project(endpoint, caller) for who, caller in named.items()})
        finally:
            process.stop(home, save=False)


@pytest.mark.parametrize(("who", "action", "column", "permitted"), ROWS)
def test_each_role_can_do_exactly_its_work_on_google_cloud(
    scene: Scene, who: str, action: str, column: str, permitted: bool
) -> None:
    refused = scene.attempt(who, action, column)
    # A machine that is stopped already is not stopped again; that is no refusal of the caller.
    assert refused in (0, 400) if permitted else refused == 403


def test_there_are_rows_enough() -> None:
    assert len(ROWS) >= 150
    assert {row.values[1] for row in ROWS} == set(TABLE["calls"])
