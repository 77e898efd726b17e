"""What the tests of the command share: calling it, plans to draw, and comparing with stored text."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.core.values import UNKNOWN, Properties, Secret
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource

SNAPSHOTS = Path(__file__).with_name("snapshots")


@dataclass(frozen=True)
class Ran:
    """One command line, run in this process."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def workstation(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`workstation("up", "teaser", "--yes")`."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def same_as_stored() -> Callable[[str, str], None]:
    """Compare text with `snapshots/<name>.txt`. `UPDATE_SNAPSHOTS=1` writes it anew, for the diff to be read."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        assert text + "\n" == path.read_text(encoding="utf-8")

    return compare


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:teaser::soundstage::{type}::{name}"


def resource(
    type: str,
    name: str,
    operation: Operation = Operation.SAME,
    *,
    parent: PlannedResource | None = None,
    changes: Sequence[Change] = (),
    inputs: Properties | None = None,
    id: str | None = None,
) -> PlannedResource:
    """A planned resource; a type of ours is a component."""
    return PlannedResource(
        urn=urn(type, name),
        type=type,
        name=name,
        operation=operation,
        custom=not type.startswith(("soundstage:", "pulumi:pulumi:")),
        parent=parent.urn if parent else None,
        id=id,
        inputs=inputs or {},
        changes=tuple(changes),
    )


def plan_of(*resources: PlannedResource, recorded_only: frozenset[str] = frozenset()) -> Plan:
    return Plan("soundstage", "teaser", resources, recorded_only=recorded_only)


@pytest.fixture
def first_plan() -> Plan:
    """A project that is made for the first time."""
    create = Operation.CREATE
    root = resource("pulumi:pulumi:Stack", "soundstage-teaser", create)
    network = resource("soundstage:aws:StudioNetwork", "teaser", create, parent=root)
    machine = resource("soundstage:aws:Workstation", "edit-1", create, parent=root)
    budget = resource("soundstage:aws:ProjectBudget", "teaser-budget", create, parent=root)
    return plan_of(
        root,
        resource("pulumi:providers:aws", "default", create),
        network,
        resource("aws:ec2/vpc:Vpc", "teaser-vpc", create, parent=network),
        resource("aws:ec2/subnet:Subnet", "teaser-private-a", create, parent=network),
        machine,
        resource("aws:ec2/instance:Instance", "edit-1-instance", create, parent=machine),
        budget,
        resource("aws:budgets/budget:Budget", "teaser-budget-monthly", create, parent=budget),
        recorded_only=frozenset({"aws:budgets/budget:Budget", "aws:not/used:NotUsed"}),
    )


@pytest.fixture
def later_plan() -> Plan:
    """A project in which some things change, in every way that a property can."""
    update, replace = Operation.UPDATE, Operation.REPLACE
    root = resource("pulumi:pulumi:Stack", "soundstage-teaser")
    network = resource("soundstage:aws:StudioNetwork", "teaser", parent=root)
    machine = resource("soundstage:aws:Workstation", "edit-1", parent=root)
    media = resource("soundstage:aws:MediaBucket", "teaser-media", parent=root)
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"]}]})
    stricter = json.dumps({"Statement": [{"Effect": "Deny", "Action": ["s3:GetObject"]}], "Version": "2012-10-17"})
    return plan_of(
        root,
        network,
        resource("aws:ec2/vpc:Vpc", "teaser-vpc", parent=network),
        machine,
        resource(
            "aws:ec2/instance:Instance",
            "edit-1-instance",
            update,
            parent=machine,
            changes=[
                Change("instanceType", "g5.2xlarge", "g5.4xlarge"),
                Change("tags.soundstage:owner", None, "ana@tinyorange.example"),
                Change("userDataBase64", Secret("old"), Secret("new")),
                Change("privateIp", "10.0.0.4", UNKNOWN),
                Change("vpcSecurityGroupIds", ["sg-1"], ["sg-1", "sg-2"]),
            ],
        ),
        resource(
            "aws:ebs/volume:Volume",
            "edit-1-scratch",
            replace,
            parent=machine,
            changes=[Change("availabilityZone", "eu-west-1a", "eu-west-1b", replaces=True)],
        ),
        media,
        resource(
            "aws:s3/bucketPolicy:BucketPolicy",
            "teaser-media-policy",
            update,
            parent=media,
            changes=[Change("policy", policy, stricter)],
        ),
        resource("aws:ec2/eip:Eip", "edit-1-address", Operation.DELETE, parent=machine),
        resource("aws:ebs/snapshot:Snapshot", "edit-1-last", Operation.FORGET, parent=machine),
    )


@pytest.fixture(scope="session")
def make_resource() -> Callable[..., PlannedResource]:
    """`make_resource(type, name, operation, parent=…, changes=…)`."""
    return resource


@pytest.fixture(scope="session")
def make_plan() -> Callable[..., Plan]:
    """`make_plan(*resources)`."""
    return plan_of
