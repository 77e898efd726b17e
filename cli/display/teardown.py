"""What `down` deletes and what it leaves, so that nobody finds out afterwards."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from soundstage.cli.display.operations import mark, resources, short_type
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count, fit, spoken
from soundstage.cli.display.tree import tree
from soundstage.stacks.plan import Operation, Plan, PlannedResource

_MOST_STAYING: Final = 20
_HELD: Final = {
    "soundstage:aws:AccessLogBucket": "access logs",
    "soundstage:aws:AuditTrail": "the audit trail",
    "soundstage:aws:StateBucket": "the state of the studio's stacks",
}
"""What the kept parts of a studio hold, by the component that made them."""


def teardown(plan: Plan, screen: Screen, snapshots: int = 0) -> str:
    """The tree of what goes, the number of last snapshots that go, then the list of what stays."""
    if not len(plan) and not snapshots:
        return screen.paint(f"{plan.stack}: nothing is up.", "bold")
    also = (
        f"{count(snapshots, 'last snapshot')} of data disks {'goes' if snapshots == 1 else 'go'}." if snapshots else ""
    )
    return "\n\n".join(filter(None, [tree(plan, screen) if going(plan) else "", also, staying_text(plan, screen)]))


def staying_text(plan: Plan, screen: Screen) -> str:
    """What is left, resource by resource; empty when nothing is."""
    left = staying(plan)
    if not left:
        return ""
    lines = [screen.paint(staying_line(plan), "bold")]
    for resource in left[:_MOST_STAYING]:
        words = f" {resource.name}  {short_type(resource.type)}  {resource.id or ''}".rstrip()
        lines.append(mark(resource.operation, screen) + screen.plain(fit(words, screen.width - 1)))
    if len(left) > _MOST_STAYING:
        lines.append(screen.paint(f"  and {len(left) - _MOST_STAYING} more", "dim"))
    return "\n".join(lines)


def staying_line(plan: Plan) -> str:
    """`Stays: 3 resources (kms Key and 2 s3 Bucket).`"""
    left = staying(plan)
    return f"Stays: {resources(len(left))} ({spoken(_kinds(left))})."


def held(plan: Plan) -> list[str]:
    """What a studio's resources that stay hold: the reason why they stay."""
    left = staying(plan)
    return [what for kind, what in _HELD.items() if any(f"{kind}$" in resource.urn for resource in left)]


def going(plan: Plan) -> list[PlannedResource]:
    """The cloud resources that are deleted or let go."""
    return [r for r in _in_cloud(plan) if r.operation in (Operation.DELETE, Operation.FORGET)]


def staying(plan: Plan) -> list[PlannedResource]:
    """The cloud resources that are left afterwards."""
    return [r for r in _in_cloud(plan) if r.operation is not Operation.DELETE]


def _in_cloud(plan: Plan) -> list[PlannedResource]:
    return [r for r in plan if r.custom and not r.type.startswith("pulumi:")]


def _kinds(left: Sequence[PlannedResource]) -> list[str]:
    numbers = Counter(short_type(resource.type) for resource in left)
    return [kind if number == 1 else f"{number} {kind}" for kind, number in sorted(numbers.items())]
