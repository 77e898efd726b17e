"""What `down` deletes and what it keeps, said before it is done."""

from collections.abc import Mapping, Sequence
from typing import Final

from soundstage.cli.display.operations import mark, resources, short_type
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count, fit, spoken
from soundstage.cli.display.tree import tree
from soundstage.components.tags import WORKSTATION
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.kinds.resource_kinds import BUCKET, DISK, leaves_snapshot, tags_on

_MOST_SHOWN: Final = 20
_KEY: Final = ("aws:kms/key:Key", "gcp:kms/cryptoKey:CryptoKey")
_SETTINGS: Final = ("aws:s3/", "aws:kms/", "gcp:storage/", "gcp:kms/")
_BUCKETS: Final = {
    "MediaBucket": "the media bucket",
    "AccessLogBucket": "the bucket of access logs",
    "AuditTrail": "the bucket of the audit trail",
    "StateBucket": "the bucket of the state",
}
"""What a bucket is called, by the component that made it."""
_HELD: Final = {
    "AccessLogBucket": "access logs",
    "AuditTrail": "the audit trail",
    "StateBucket": "the state of the studio's stacks",
}
"""What the kept parts of a studio hold, by the component that made them."""


def teardown(plan: Plan, screen: Screen, snapshots: Mapping[str, str] | None = None, *, title: str = "") -> str:
    """The tree of what goes, the last snapshots that go with it (id, and whose disk it was), then what is kept.

    Without `snapshots` a last snapshot of each work disk is kept; with them, of whatever number, none is. `title` as in `tree`."""
    if not len(plan) and not snapshots:
        return screen.paint(f"{title or plan.stack}: nothing is up.", "bold")
    also = [screen.lines(deleted_snapshots(snapshots))] if snapshots else []
    return "\n\n".join(
        filter(
            None,
            [
                tree(plan, screen, title=title) if going(plan) else "",
                *also,
                kept_text(plan, screen, snapshots_stay=snapshots is None),
            ],
        )
    )


def deleted_snapshots(snapshots: Mapping[str, str]) -> str:
    """`The last snapshot of edit-1's work disk is deleted too.`"""
    machines = sorted(set(snapshots.values()))
    if len(snapshots) == 1:
        return f"The last snapshot of {machines[0]}'s work disk is deleted too."
    return f"{len(snapshots)} snapshots of {_disks(machines)} are deleted too."


def kept_text(plan: Plan, screen: Screen, *, snapshots_stay: bool = True) -> str:
    """What is kept, in a sentence, and the names of the buckets and keys; empty when nothing is."""
    line = kept_line(plan, _snapshotted(plan) if snapshots_stay else ())
    if not line:
        return ""
    lines = [screen.paint(line, "bold")]
    shown = [resource for resource in staying(plan) if resource.type in (*BUCKET, *_KEY) or not _is_setting(resource)]
    for resource in shown[:_MOST_SHOWN]:
        words = f" {resource.name}  {short_type(resource.type)}  {resource.id or ''}".rstrip()
        lines.append(mark(resource.operation, screen) + screen.plain(fit(words, screen.width - 1)))
    if len(shown) > _MOST_SHOWN:
        lines.append(screen.paint(f"  and {len(shown) - _MOST_SHOWN} more", "dim"))
    return "\n".join(lines)


def kept_line(plan: Plan, snapshots: Sequence[str] = ()) -> str:
    """`Kept: the media bucket, its key and 1 snapshot of edit-1's work disk.` Empty when nothing is kept. `snapshots` are the machines
    whose snapshots stay, each as often as it has one."""
    left = staying(plan)
    words = [_bucket(resource) for resource in left if resource.type in BUCKET]
    if keys := sum(resource.type in _KEY for resource in left):
        whose = "its" if len(words) == 1 else "their"
        words.append(count(keys, "key") if not words else f"{whose} key" if keys == 1 else f"{whose} {keys} keys")
    if snapshots:
        words.append(f"{count(len(snapshots), 'snapshot')} of {_disks(snapshots)}")
    others = [r for r in left if r.type not in (*BUCKET, *_KEY) and not _is_setting(r)]
    words += [count(len(others), "other resource" if words else "resource")] if others else []
    if not words and left:  # settings of a bucket or a key that is gone from the record
        words = [resources(len(left))]
    return f"Kept: {spoken(list(dict.fromkeys(words)))}." if words else ""


def _bucket(resource: PlannedResource) -> str:
    for component, words in _BUCKETS.items():
        if f":{component}$" in resource.urn:
            return f"the backup of {words}" if resource.name.endswith("-backup-bucket") else words
    return f"the bucket {resource.id or resource.name}"


def _is_setting(resource: PlannedResource) -> bool:
    """Whether it is a part of a bucket or a key and says nothing to a person."""
    return resource.type.startswith(_SETTINGS) and resource.type not in (*BUCKET, *_KEY)


def _snapshotted(plan: Plan) -> list[str]:
    """The machines whose work disk is deleted and leaves a last snapshot."""
    return sorted(
        str(tags_on(resource).get(WORKSTATION, "a machine"))
        for resource in plan
        if resource.type in DISK and resource.operation is Operation.DELETE and leaves_snapshot(resource)
    )


def _disks(machines: Sequence[str]) -> str:
    """`edit-1's work disk`, `the work disks of edit-1 and mix`."""
    names = list(dict.fromkeys(machines))
    return f"{names[0]}'s work disk" if len(names) == 1 else f"the work disks of {spoken(names)}"


def held(plan: Plan) -> list[str]:
    """What a studio's resources that stay hold: the reason why they stay."""
    left = staying(plan)
    return [what for kind, what in _HELD.items() if any(f":{kind}$" in resource.urn for resource in left)]


def going(plan: Plan) -> list[PlannedResource]:
    """The cloud resources that are deleted or let go."""
    return [r for r in _in_cloud(plan) if r.operation in (Operation.DELETE, Operation.FORGET)]


def staying(plan: Plan) -> list[PlannedResource]:
    """The cloud resources that are left afterwards."""
    return [r for r in _in_cloud(plan) if r.operation is not Operation.DELETE]


def _in_cloud(plan: Plan) -> list[PlannedResource]:
    return [r for r in plan if r.custom and not r.type.startswith("pulumi:")]
