"""Terraform's genuine AWS provider lives with what we export, by nothing but the printed permissions.

`make provider` runs these. They take minutes, since the provider waits as it would for AWS; `make test` leaves them out.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.provider import calls, facts
from tests.provider.accounts import Account
from tests.provider.cases import CASES, EXAMPLES
from tests.provider.configuration import configuration
from tests.provider.terraform import Folder, Terraform

from soundstage.plan.plan import Plan
from soundstage.plan.terraform import addresses_of, terraform_plan
from soundstage.plan.terraform_names import provider_version
from soundstage.plan.terraform_names import table as names
from soundstage.simulator.process import Endpoint
from soundstage.stacks.account.operator_policy import documents
from soundstage.stacks.account.permissions import MORE_PURPOSES, PURPOSES, permissions_of, staying
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.parking.parking import park, plan_park
from soundstage.stacks.parking.waking import to_wake, wake, waking
from soundstage.stacks.programs.aws.project import project_program

pytestmark = pytest.mark.provider
RECORDING = bool(os.environ.get("SOUNDSTAGE_RECORD_CALLS"))
"""Whether calls that are not on record are added to it, and not an error."""
CHANGED = {"owner": "bea@tinyorange.example", "budget": {"monthly_usd": 4500, "alert_at_percent": [50, 90]}}
"""What a person changes in a project that is up; besides, whatever it says about its machines, disks, names and sources."""
CAME: Final = {"allowlist": "198.51.100.64/28", "vpn": "10.201.0.0/16"}
"""Where people come from afterwards."""

RESTING: Final = """\
project: rest
workstations:
  edit-1: {for: audio, size: small, data_gib: 20}
  edit-2: {for: editing, size: small, scratch_gib: 30}
network: {zone: io, nat: true}
"""


@dataclass(frozen=True)
class Scene:
    """A stack, as it first is and as it is once it was changed."""

    first: Plan
    exported: Mapping[str, Any]
    """What `workstation export` writes of the change."""
    second: Plan
    last: Plan
    """As it is once its media may be deleted."""
    usual: list[Mapping[str, Any]]
    """The policies that are printed without being asked for more."""
    more: list[Mapping[str, Any]]
    """Those for changing it and deleting its media."""
    home: str
    owners: bool = False
    """Whether only the account's owner takes away what `down` leaves: no command of ours deletes a studio's archives."""


def changed(project: Path) -> None:
    """Edit a project file."""
    said = yaml.safe_load(project.read_text())
    for machine in said["workstations"].values():
        machine["idle"] = {"stop_after_minutes": 60}
        if "instance_type" not in machine:
            machine["size"] = "small" if machine.get("size") == "large" else "large"
        for disk in {"disk_gib", "data_gib"} & machine.keys():
            machine[disk] += 100
        if "hours" in machine:
            machine["hours"] = "Mon-Sat 07:30-21:00 Europe/Lisbon"
    if "patching" in said:
        said["patching"]["at"] = "14:00"
    if "dns_domains" in said.get("network", {}):
        said["network"]["dns_domains"] = ["licences.northlight.example", "fonts.tinyorange.example"]
    if "from" in said.get("access", {}):
        said["access"]["from"] = [*said["access"]["from"][:-1], CAME[said["access"]["via"]]]
    said |= {**CHANGED, "budget": {**said.get("budget", {}), **CHANGED["budget"]}}
    # JSON is YAML as well, and its texts have quotes: what PyYAML leaves bare, others read as numbers.
    project.write_text(json.dumps(said, default=str))


def printed(deployment: Deployment, *purposes: str, studio: bool = False) -> list[Mapping[str, Any]]:
    return list(documents(permissions_of(deployment, purposes, studio=studio)))


@pytest.mark.parametrize("name", CASES)
def test_a_project_lives_under_the_genuine_provider(
    terraform: Terraform, account: Account, folder: Path, name: str
) -> None:
    project = folder / f"{name}.yaml"
    project.write_text(CASES[name].read_text())
    waivers = CASES[name].with_suffix(".policy.yaml")
    if waivers.exists():
        project.with_suffix(".policy.yaml").write_text(waivers.read_text())
    deployment = open_project(str(project))
    # Before it is up: the genuine provider makes another network than ours did, and the policies name one that there is.
    usual, more = printed(deployment, *PURPOSES), printed(deployment, *PURPOSES, *MORE_PURPOSES)
    deployment.up()
    first = deployment.engine.resources()
    changed(project)
    deployment = open_project(str(project))
    exported = terraform_plan(deployment.preview().plan, first).document
    deployment.up()
    second = deployment.engine.resources()
    shared = deployment.home.shared()
    assert shared is not None
    deployment.engine.up(project_program(deployment.project, deployment.studio, shared, keep_media=False))
    last = deployment.engine.resources()
    deployment.down(delete_media=True)
    live(terraform, account, folder, Scene(first, exported, second, last, usual, more, deployment.project.region))


@pytest.mark.parametrize("names", [("edit-1",), ()], ids=["one of two", "all"])
def test_a_project_with_parked_machines_and_with_those_that_came_back_is_valid_for_the_genuine_provider(
    terraform: Terraform, account: Account, folder: Path, names: tuple[str, ...]
) -> None:
    file = folder / "rest.yaml"
    file.write_text(RESTING)
    open_project(str(file)).up()
    park(open_project(str(file)), plan_park(open_project(str(file)), names))
    deployment = open_project(str(file))
    work = terraform.folder(folder / "work", configuration(deployment.engine.resources(), account.owner, "eu-west-1"))
    assert planned(work)
    waking_up = waking(deployment, to_wake(deployment, names))
    exported = configuration(waking_up.preview().plan, account.owner, "eu-west-1")
    assert findings(terraform.folder(folder / "exported", exported)) == []
    wake(waking_up)
    work.write(configuration(open_project(str(file)).engine.resources(), account.owner, "eu-west-1"))
    assert {"aws_instance.rest-edit-1-instance", "aws_instance.rest-edit-2-instance"} <= planned(work)


def planned(work: Folder) -> set[str]:
    """What a valid configuration makes of an account that holds none of it."""
    assert findings(work) == []
    work.run("plan", "-no-color", "-out=whole")
    return {each["address"] for each in work.shown("whole")["resource_changes"]}


def test_a_studio_lives_under_the_genuine_provider(terraform: Terraform, account: Account, folder: Path) -> None:
    project = folder / "feature.yaml"
    project.write_text((EXAMPLES / "feature.yaml").read_text())
    regions = {"eu-west-1", "eu-central-1"}
    deployment = open_project(str(project))
    deployment.home.apply(regions)
    first = deployment.home.engine.resources()
    usual = printed(deployment, "up", "down", studio=True)
    more = printed(deployment, "up", "down", "change", studio=True)
    studio = folder / "studio.yaml"
    said = yaml.safe_load(studio.read_text())
    said |= {"log_retention_days": 400, "budget": {"monthly_usd": 7000}, "alert_emails": ["bea@tinyorange.example"]}
    studio.write_text(yaml.safe_dump(said))
    deployment = open_project(str(project))
    exported = terraform_plan(deployment.home.preview(regions), first).document
    deployment.home.apply(regions)
    second = deployment.home.engine.resources()
    account.empty()
    scene = Scene(first, exported, second, second, usual, more, deployment.studio.home_region, owners=True)
    live(terraform, account, folder, scene)


def live(terraform: Terraform, account: Account, folder: Path, scene: Scene) -> None:
    """Up, nothing to do, changed, nothing to do, down, and everything gone."""
    operator, keeper = account.owner, account.owner
    if not RECORDING:
        operator, keeper = account.user("operator", scene.usual), account.user("keeper", scene.more)
    logs = {phase: folder / f"{phase}.log" for phase in ("create", "update", "delete", "keep", "rest")}
    lived: calls.Calls = {}
    try:
        _live(terraform, folder, logs, scene, operator, keeper, account.owner if scene.owners else keeper)
        lived = calls.lived(json.loads((folder / "work" / "main.tf.json").read_text())["resource"])
    finally:
        kinds = {"create": "create", "update": "update", "delete": "delete", "keep": "update", "rest": "delete"}
        made = calls.merged(*(calls.made(log, kinds[name]) for name, log in logs.items() if log.exists()))
        if RECORDING:
            calls.record(calls.merged(made, lived), terraform.version)
    assert calls.missing(made) == []


def _live(
    terraform: Terraform,
    folder: Path,
    logs: Mapping[str, Path],
    scene: Scene,
    operator: Endpoint,
    keeper: Endpoint,
    last: Endpoint,
) -> None:
    work = terraform.folder(folder / "work", configuration(scene.first, operator, scene.home))
    assert findings(work) == []
    work.run("apply", "-auto-approve", "-no-color", log=logs["create"])
    left = differences(work)
    assert left == [], "\n".join(left)

    work.write(configuration(scene.second, keeper, scene.home))
    assert findings(work) == []
    work.run("plan", "-no-color", "-out=change")
    assert resizes(work.shown("change")) == resizes(scene.exported)
    work.run("apply", "-no-color", "change", log=logs["update"])
    left = differences(work)
    assert left == [], "\n".join(left)

    gone, kept = addresses(scene.second)
    work.write(configuration(scene.second, operator, scene.home))
    take_down(work, targets(gone), logs["delete"])
    work.write(deletable(configuration(scene.last, last, scene.home)))
    work.run("apply", "-auto-approve", "-no-color", *targets(kept), log=logs["keep"])
    work.run("destroy", "-auto-approve", "-no-color", log=logs["rest"])
    assert json.loads((work.path / "terraform.tfstate").read_text())["resources"] == []


def take_down(work: Folder, gone: list[str], log: Path) -> None:
    """Delete what `down` deletes, by the smallest permissions.

    Of an address that a NAT gateway held, the provider first ends the association, which went with the gateway. An association that
    is not there leads to no address whose tags a policy could ask for. No document says whether AWS answers that it is gone, which
    the provider takes, or that it may not be touched; ours answers the latter. The same command looks anew and goes on.
    """
    arguments = ("-auto-approve", "-no-color", *gone)
    done = work.run("destroy", *arguments, good=(0, 1), log=log)
    if done.returncode:
        refused = [line for line in (done.stdout + done.stderr).splitlines() if "Error: " in line]
        assert len(refused) == 1, refused
        assert "DisassociateAddress" in refused[0]
        work.run("destroy", *arguments, log=log.with_name("delete-again.log"))


def findings(work: Folder) -> list[str]:
    """What `validate` has against a configuration, warnings included."""
    said = json.loads(work.run("validate", "-json", good=(0, 1)).stdout)
    return [f"{each['summary']}: {each.get('detail')} {each.get('snippet')}" for each in said["diagnostics"]]


def differences(work: Folder) -> list[str]:
    """What a plan would change, right after an apply: one line for each attribute."""
    done = work.run("plan", "-no-color", "-detailed-exitcode", "-out=again", good=(0, 2))
    if done.returncode == 0:
        return []
    found = []
    for each in work.shown("again")["resource_changes"]:
        change = each["change"]
        before, after = change["before"] or {}, change["after"] or {}
        if change["actions"] not in (["no-op"], ["read"]):
            found += [
                f"{each['address']} {change['actions']} {name}: {before.get(name)!r} -> {after.get(name)!r}"
                for name in sorted({*before, *after})
                if before.get(name) != after.get(name)
            ]
    return found


def resizes(plan: Mapping[str, Any]) -> dict[str, tuple[str, str, list[str]]]:
    """The old and the new type of each machine whose type a plan changes, and how."""
    found = {}
    for each in plan["resource_changes"]:
        change = each["change"]
        if each["type"] == "aws_instance" and change["before"] and change["after"]:
            old, new = change["before"]["instance_type"], change["after"]["instance_type"]
            if old != new:
                found[each["address"]] = (old, new, change["actions"])
    return found


def deletable(found: dict[str, Any]) -> dict[str, Any]:
    """Buckets that may be deleted with what is in them; the log archives of a studio say so nowhere."""
    for bucket in found["resource"].get("aws_s3_bucket", {}).values():
        bucket["force_destroy"] = True
    return found


def addresses(plan: Plan) -> tuple[list[str], list[str]]:
    """What `down` takes, and what it leaves."""
    kept = staying(plan)
    known = [each for each in plan if each.custom and each.type in names().types]
    present = [each for each in known if names().types[each.type] not in names().newer_types]
    found = addresses_of(present)
    return (
        [found[each.urn] for each in present if each.urn not in kept],
        [found[each.urn] for each in present if each.urn in kept],
    )


def targets(named: list[str]) -> list[str]:
    return [f"-target={each}" for each in named]


def test_the_facts_are_those_of_the_provider_that_is_here(terraform: Terraform, tmp_path: Path) -> None:
    if terraform.version != provider_version():
        pytest.skip(f"the facts are those of {provider_version()}; `make provider-facts` writes them anew")
    found = facts.facts(terraform.schemas(tmp_path / "schemas"), set(names().types.values()))
    assert found == json.loads(facts.FACTS.read_text())["types"]


def test_the_genuine_schema_has_nothing_against_an_export(terraform: Terraform, account: Account, folder: Path) -> None:
    project = folder / "feature.yaml"
    project.write_text((EXAMPLES / "feature.yaml").read_text())
    preview = open_project(str(project)).preview()
    assert preview.studio_plan is not None
    for name, plan in (("project", preview.plan), ("studio", preview.studio_plan)):
        assert findings(terraform.folder(folder / name, configuration(plan, account.owner, "eu-west-1"))) == []
