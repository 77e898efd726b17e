"""A finding leads to the line of the project or studio file where it can be mended."""

import pytest

from soundstage.core.yamlfile import Place, parse
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.projectfile.spec import Project, Studio
from soundstage.stacks.written import COMPONENTS, PROPERTIES, line_of

FILE = parse(
    """project: cut
access:
  via: allowlist
workstations:
  edit-1: {for: editing}
  edit-10:
    for: editing
    instance_type: g5.xlarge
  cut-1:
    for: vfx
    size: small
budget:
  monthly_usd: 400
""",
    "cut.yaml",
)


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:cut::soundstage::{kind}::{name}"


def planned(kind: str, name: str, parent: str | None = None, *, custom: bool = True) -> PlannedResource:
    return PlannedResource(urn(kind, name), kind, name, Operation.CREATE, custom=custom, parent=parent)


STACK = planned("pulumi:pulumi:Stack", "soundstage-cut", custom=False)
TOP = [
    planned(f"soundstage:aws:{kind}", name, STACK.urn, custom=False)
    for kind, name in (
        ("Workstation", "cut-edit-1"),
        ("Workstation", "cut-edit-10"),
        ("Workstation", "cut-cut-1"),
        ("ProjectBudget", "cut-budget"),
        ("MediaBucket", "cut-media"),
        ("EncryptionKey", "cut-key"),
    )
]
BACKUP_KEY = planned("soundstage:aws:EncryptionKey", "cut-media-backup", TOP[4].urn, custom=False)
PARTS = [planned("aws:x/part:Part", f"{one.name}-part", one.urn) for one in (*TOP, BACKUP_KEY)]
PLAN = Plan("soundstage", "cut", (STACK, *TOP, BACKUP_KEY, *PARTS))


@pytest.mark.parametrize(
    ("name", "path", "key", "line"),
    [
        ("cut-edit-1-part", "", (), 5),
        ("cut-edit-10-part", "", (), 6),  # begins like the machine above it
        ("cut-cut-1-part", "", (), 9),  # begins like its project
        ("cut-edit-10-part", "instanceType", (), 8),
        ("cut-cut-1-part", "instanceType", (), 11),
        ("cut-edit-1-part", "instanceType", (), 5),  # neither is written: the machine
        ("cut-edit-10-part", "instanceTypes", (), 6),  # another property that begins alike
        ("cut-edit-1-part", "", ("access", "via"), 3),
        ("cut-cut-1-part", "", ("workstations", "*", "size"), 11),
        ("cut-budget-part", "limitAmount", (), 13),
        ("cut-budget-part", "", (), 12),
        ("cut-media-part", "", (), 1),  # no `storage` is written
        ("cut-key-part", "", (), 1),
        ("cut-media-backup-part", "", (), 1),
        ("gone", "", (), 1),
    ],
)
def test_every_finding_pointed_at_line_1_of_a_file_that_nobody_has(name: str, path: str, key: Place, line: int) -> None:
    assert line_of(FILE, PLAN, urn("aws:x/part:Part", name), path, key) == line


def test_the_stack_itself_is_where_its_name_stands() -> None:
    assert line_of(parse("client: x\nproject: cut\n", "cut.yaml"), PLAN, "") == 2
    assert line_of(parse("account: '123456789012'\nstudio: acme\n", "studio.yaml"), PLAN, "") == 2


def test_parents_that_lead_in_a_circle_end() -> None:
    around = Plan(
        "p", "cut", (planned("a:b:C", "one", urn("a:b:C", "two")), planned("a:b:C", "two", urn("a:b:C", "one")))
    )
    assert line_of(FILE, around, urn("a:b:C", "one")) == 1


def test_each_key_that_is_pointed_at_is_one_that_a_file_can_have() -> None:
    known = {field.alias or name for model in (Project, Studio) for name, field in model.model_fields.items()}
    places = [*COMPONENTS.values(), *(place for listed in PROPERTIES.values() for place in listed)]
    assert {place[0] for place in places} <= known
