"""Looking through a simulated account, and cleaning up."""

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.cli import cleaning
from soundstage.core.errors import Interrupted
from soundstage.core.home import state_home
from soundstage.simulator import process
from soundstage.stacks.clouds.estate import Kind, Thing
from soundstage.stacks.journal import keeping
from soundstage.stacks.orphans import finding, looking


@pytest.fixture
def ec2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(finding, "YOUNG", finding.YOUNG * 0)
    yield process.ensure(state_home()).client("ec2", "eu-west-1")
    process.stop(state_home(), save=False)


def _tags(kind: str, project: str, studio: str = "home") -> list[dict[str, Any]]:
    said = {"soundstage:studio": studio, "soundstage:project": project, "Name": f"{project}-lost"}
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in said.items()]}]


def test_what_is_lost_is_found_in_each_region_and_goes_by_its_name_alone(
    ec2: Any, workstation: Callable[..., Any]
) -> None:
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=_tags("elastic-ip", "tea"))["AllocationId"]
    ec2.allocate_address(Domain="vpc", TagSpecifications=_tags("elastic-ip", "teaser"))
    ec2.allocate_address(Domain="vpc", TagSpecifications=_tags("elastic-ip", "x", "other"))
    made = {"Size": 10, "VolumeType": "gp3", "TagSpecifications": _tags("volume", "tea")}
    disk = ec2.create_volume(AvailabilityZone="eu-west-1a", **made)["VolumeId"]
    far = process.ensure(state_home()).client("ec2", "ap-southeast-2")
    far.create_volume(AvailabilityZone="ap-southeast-2a", **made)

    def run(*arguments: str) -> Any:
        return workstation("orphans", *arguments, "--json").document

    seen = run()
    assert {(one["kind"], one["project"]) for one in seen["orphans"]} == {
        ("address", "tea"), ("address", "teaser"), ("disk", "tea"),
    }  # fmt: skip
    assert (seen["others"], seen["shared"], seen["deleted"]) == ({"other": 1}, False, [])
    assert len(run("--all-regions")["orphans"]) == 4
    assert run("--clean", "--yes")["deleted"] == []
    assert run("--clean", "--yes", "--project", "tea")["deleted"] == [address]
    assert run("--clean", "--yes", "--with-work", "--project", "tea")["deleted"] == [disk]
    assert [one["project"] for one in run()["orphans"]] == ["teaser"]


def test_asking_for_work_without_cleaning_is_refused(workstation: Callable[..., Any]) -> None:
    assert workstation("orphans", "--with-work").code == 2


def test_without_a_terminal_and_without_yes_nothing_is_deleted(ec2: Any, workstation: Callable[..., Any]) -> None:
    ec2.allocate_address(Domain="vpc", TagSpecifications=_tags("elastic-ip", "tea"))
    ran = workstation("orphans", "--clean", "--project", "tea")
    assert ran.code == 2
    assert len(ec2.describe_addresses()["Addresses"]) == 1


def _orphan(id: str, kind: Kind) -> finding.Orphan:
    return finding.Orphan(Thing(id, kind, "eu-west-1", "home", "tea"), 1.0, "project tea is down", "")


@pytest.mark.parametrize(
    ("things", "disks_too", "deleted"),
    [
        ({"eipalloc-1": Kind.ADDRESS, "vol-1": Kind.DISK}, False, ["eipalloc-1"]),
        ({"eipalloc-1": Kind.ADDRESS, "vol-1": Kind.DISK}, True, ["eipalloc-1", "vol-1"]),
        ({"vol-1": Kind.DISK}, True, ["vol-1"]),
        ({"vol-1": Kind.DISK}, False, None),
    ],
)
def test_a_no_to_the_disks_keeps_the_yes_to_the_rest(
    monkeypatch: pytest.MonkeyPatch, things: dict[str, Kind], disks_too: bool, deleted: list[str] | None
) -> None:
    orphans = tuple(_orphan(id, kind) for id, kind in things.items())
    found = looking.Found(("eu-west-1",), orphans, {}, (), shared=True, silent=(), told=())
    note = SimpleNamespace(detail="")
    monkeypatch.setattr(looking, "look", lambda *_: found)
    monkeypatch.setattr(looking, "clean", lambda _, chosen, __, on_event: list(chosen))
    monkeypatch.setattr(keeping, "journaled", lambda *_, **__: nullcontext(note))
    monkeypatch.setattr(cleaning, "confirm", lambda *_, **__: None)
    monkeypatch.setattr(cleaning, "agreed", lambda *_, **__: disks_too)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    studio: Any = None
    if deleted is None:
        with pytest.raises(Interrupted):
            cleaning.cleaned(studio, found, (), with_work=False, yes=False)
    else:
        done = cleaning.cleaned(studio, found, (), with_work=False, yes=False)
        assert [one.thing.id for one in done] == deleted
        assert note.detail == ", ".join(deleted)


def test_who_may_not_list_is_told_which_permission_is_missing(ec2: Any, workstation: Callable[..., Any]) -> None:
    assert workstation("simulator", "faults", "add", "ec2:DescribeAddresses", "--kind", "denied").code == 0
    ran = workstation("orphans")
    assert ran.code == 1
    assert "Allow ec2:DescribeAddresses" in ran.err


def test_the_refusal_of_a_service_that_signs_by_another_name_is_of_the_action_that_iam_knows() -> None:
    from botocore.exceptions import ClientError

    from soundstage.core.errors import CloudError
    from soundstage.stacks.clouds.aws.calls import call

    def refused(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetResources")

    model = SimpleNamespace(signing_name="tagging")
    client = SimpleNamespace(meta=SimpleNamespace(service_model=model), get_resources=refused)
    with pytest.raises(CloudError) as told:
        call(client, "GetResources", "tagged resources")
    assert told.value.action == "tag:GetResources"
