"""The snapshots of work disks: a list, and what a restore did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from soundstage.cli.display.results import superseded_line
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.cli.display.text import duration
from soundstage.pricing.facts import as_of, snapshot_month, snapshot_source
from soundstage.projectfile.cloud_limits import next_step
from soundstage.stacks.clouds.base import Snapshot
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.restoring import Restoring


def snapshots_text(deployment: Deployment, found: Sequence[Snapshot], now: datetime, screen: Screen) -> str:
    """A row for each, the newest of a machine first, and what all of them cost."""
    name, region = deployment.project.title, deployment.project.region
    if not found:
        return screen.plain(f"There is no snapshot of a work disk of {name}.")
    ordered = sorted(found, key=lambda one: (one.machine, -one.taken.timestamp(), one.id))
    rows = [
        (
            one.machine, one.id, f"{one.taken:%Y-%m-%d %H:%M}", duration((now - one.taken).total_seconds()),
            "daily" if one.daily else "last", _state(one), f"{one.gib} GiB", f"{snapshot_month(one.stored_gib, region):.2f}",
        )
        for one in ordered
    ]  # fmt: skip
    usd = snapshot_month(sum(one.stored_gib for one in found), region)
    return "\n".join(
        [
            table(("machine", "snapshot", "taken (UTC)", "age", "kind", "state", "disk", "USD a month"), rows, screen),
            "",
            screen.lines(
                f"At the most {usd:.2f} USD a month ({as_of([snapshot_source(region)])}): of what several snapshots of a disk have in common, one copy is stored."
            ),
            screen.lines(
                next_step(
                    deployment.project.cloud,
                    "restore",
                    f"`workstation restore {deployment.typed} MACHINE SNAPSHOT` puts a disk back.",
                )
            ),
        ]
    )


def snapshots_document(deployment: Deployment, found: Sequence[Snapshot]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "project": deployment.project.project,
        "region": deployment.project.region,
        "snapshots": [_document(one, deployment.project.region) for one in found],
        "monthly_usd_at_most": round(
            snapshot_month(sum(one.stored_gib for one in found), deployment.project.region), 2
        ),
    }


def restored_text(deployment: Deployment, wanted: Restoring, deleted: Sequence[Snapshot], screen: Screen) -> str:
    """From when the disk is now, and what to type for what was on it."""
    taken = f"{wanted.snapshot.taken:%Y-%m-%d %H:%M}"
    lines = [
        screen.paint(f"{wanted.machine}'s work disk is as it was on {taken} UTC.", "bold", "green"),
        screen.lines(f"What was on it before is in a snapshot: `workstation snapshots {deployment.typed}` lists it."),
    ]
    if deleted:
        lines.append(screen.lines(superseded_line(deleted, deployment)))
    return "\n".join(lines)


def restored_document(wanted: Restoring, deleted: Sequence[Snapshot], region: str) -> dict[str, Any]:
    """What `--json` prints after `restore`."""
    return {
        "machine": wanted.machine,
        "snapshot": _document(wanted.snapshot, region),
        "deleted_snapshots": [one.id for one in deleted],
    }


def _document(one: Snapshot, region: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "machine": one.machine,
        "taken": one.taken.isoformat(),
        "kind": "daily" if one.daily else "last",
        "state": one.state,
        "gib": one.gib,
        "monthly_usd_at_most": round(snapshot_month(one.stored_gib, region), 2),
    }


def _state(one: Snapshot) -> str:
    return f"{one.state} {one.progress}".rstrip() if not one.is_complete else one.state
