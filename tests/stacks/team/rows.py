"""Machines to show."""

from datetime import UTC, date, datetime, timedelta

from soundstage.stacks.clouds.base import Disk, LastSession, Machine
from soundstage.stacks.team.overview import Overview, Row
from soundstage.stacks.team.spending import spent
from soundstage.stacks.why import Told

NOW = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
NINE = NOW.replace(hour=9)
DISKS = (Disk("/dev/sda1", 100, "gp3", True, NOW - timedelta(days=90)), Disk("/dev/sdf", 200, "gp3", True, NINE))


def machine(name: str = "edit-1", project: str = "teaser", state: str = "running", **more: object) -> Machine:
    return Machine(
        name, f"i-{name}", state, "g5.2xlarge", NINE, None, None, DISKS, "ana", "eu-west-1a", "content",
        project=project, **more,
    )  # type: ignore[arg-type]  # fmt: skip


def row(one: Machine, told: Told | None = None, last: LastSession | None = None, **more: object) -> Row:
    said = {
        "studio": "northlight", "kind": "aws", "region": "eu-west-1", "state": one.state, "expires": date(2027, 3, 31),
        "image_age_days": 12, **more,
    }  # fmt: skip
    midnight = NOW.replace(hour=0)
    return Row(
        machine=one, last=last, told=told, today=spent(one, "eu-west-1", midnight, NOW, None),
        month=spent(one, "eu-west-1", midnight.replace(day=1), NOW, {NINE - timedelta(days=3): 1.0}), **said,
    )  # type: ignore[arg-type]  # fmt: skip


IDLE = Told(NOW - timedelta(minutes=3), "idle", "", 12, 30, hours_over=False)
BUSY = Told(NOW - timedelta(minutes=3), "keep", "at work: blender", 0, 30, hours_over=False)
SAMPLE = Overview(
    NOW,
    (
        row(machine("edit-1"), IDLE, LastSession("ana", NINE, is_open=True)),
        row(machine("grade-with-a-long-name-1", "documentary-in-the-north"), BUSY, LastSession("ben", NINE - timedelta(days=1), is_open=False), expires=date(2026, 11, 20)),
        row(machine("mix-1", "teaser", "stopped", stopped=NOW - timedelta(hours=2)), expires=None, image_age_days=None),
        row(machine("<script>alert(1)</script>", "teaser", "parked"), image_age_days=190),
    ),
    ("aws, eu-central-1: did not answer within 20 s.",),
)  # fmt: skip
