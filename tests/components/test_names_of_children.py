"""The types and names of every component's children are a contract: who renames one replaces what is up.

`children/COMPONENT.txt` holds them as the components make them with everything asked for. The engine finds a resource
under a new name only by an alias, and a bucket or a machine that it does not find is deleted and made anew.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.components.test_every_component import NAME, PROGRAMS, TAGS

from soundstage.components import aws
from soundstage.components.aws.endpoints import DOORS
from soundstage.components.component import Component

STORED = Path(__file__).with_name("children")
FULL: dict[str, dict[str, Any]] = {
    "StudioNetwork": {
        "zones": 3,
        "endpoint_zones": 2,
        "nat_per_zone": True,
        "endpoints": [door.service for door in DOORS],
    },
    "Workstation": {"scratch_gib": 4000, "web": True, "workstation": "edit-1"},
}
"""What is asked for besides the sample programs, so that every child is made."""
HOW_TO_CARRY_ONE = """
{gone} of {component} has no successor. Whoever has it up would lose it at the next `up`.
If it was renamed, give the new resource the old name as an alias, and run this test with UPDATE_SNAPSHOTS=1 afterwards:

    opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=f"{{name}}-OLD")])

An alias may also carry `type_=` or `parent=`. If the resource is to go for good, delete its line from {file} and say so in
CHANGELOG.md. See "Names of child resources" in CONTRIBUTING.md."""


def contract(made: Any) -> list[str]:
    """A line for each child: its type below those of its parents, its name, and the names under which it is found too."""
    return sorted(
        " ".join((f"{_parents(each)}${each.type}", each.name, *(f"(was {alias})" for alias in each.aliases)))
        for each in made.resources
    )


def _parents(child: Any) -> str:
    """The types of a child's parents, which are a part of its URN as well."""
    types: str = child.parent.split("::")[2]
    return types.removeprefix("pulumi:pulumi:Stack$")


def lost(component: str, now: list[str], before: list[str], file: Path) -> list[str]:
    """What is said of each child that nobody would find any more."""
    found = {(type, name) for line in now for type, name in _findable(line)}
    missing = [line for line in before if not set(_findable(line)) <= found]
    return [
        HOW_TO_CARRY_ONE.format(gone=" ".join(line.split()[:2]), component=component, file=file.name)
        for line in missing
    ]


def _findable(line: str) -> list[tuple[str, str]]:
    """The type and name of a line, and those of its aliases."""
    type, name, *rest = line.split()
    return [(type, name), *((type, word.strip("()")) for word in rest if word != "(was")]


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_no_child_is_renamed_without_an_alias(component: str, deploy: Callable[..., Any]) -> None:
    args = {**PROGRAMS[component], **FULL.get(component, {}), "tags": TAGS}
    build: type[Component] = getattr(aws, component)
    now = contract(deploy(lambda: build(NAME, args, None)))
    file = STORED / f"{component}.txt"
    before = file.read_text().splitlines() if file.exists() else []
    gone = lost(component, now, before, file)
    assert not gone, "\n".join(gone)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(now) + "\n")
    assert now == file.read_text().splitlines(), "new children: UPDATE_SNAPSHOTS=1 adds them to the contract"


def test_a_child_that_is_renamed_without_an_alias_is_said() -> None:
    before = ["aws:s3/bucket:Bucket some-bucket", "aws:kms/key:Key some-key"]
    (said,) = lost("MediaBucket", ["aws:s3/bucket:Bucket some-bucket", "aws:kms/key:Key some-cmk"], before, STORED)
    assert "aws:kms/key:Key some-key of MediaBucket" in said
    assert "aliases=[pulumi.Alias(name=" in said


def test_a_child_that_carries_its_old_name_as_an_alias_is_found() -> None:
    now = ["aws:kms/key:Key some-cmk (was some-key)"]
    assert lost("MediaBucket", now, ["aws:kms/key:Key some-key"], STORED) == []


def test_an_alias_that_is_taken_away_again_is_said() -> None:
    """Who has not been up since the renaming still has the old name."""
    before = ["aws:kms/key:Key some-cmk (was some-key)"]
    assert lost("MediaBucket", ["aws:kms/key:Key some-cmk"], before, STORED) != []
