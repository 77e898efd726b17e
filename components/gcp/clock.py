"""Working hours on Google Cloud: an instance schedule, and what lets Google's own account act on it."""

import re

import pulumi
import pulumi_gcp as gcp

from soundstage.components.closed_days import DAYS
from soundstage.components.gcp.naming import role_id
from soundstage.components.gcp.place import Place
from soundstage.components.hours import Hours, HoursArgs
from soundstage.components.naming import fingerprint

_CRON = re.compile(r"cron\((\d+) (\d+) \? \* ([A-Z,]+) \*\)")
_SUNDAY_FIRST = ("SUN", *DAYS[:-1])
PERMISSIONS = ("compute.instances.start", "compute.instances.stop")


def clock_faults(key: str, hours: HoursArgs) -> list[str]:
    """What of working hours an instance schedule cannot say; empty when it can say all. It has one start and one stop, and no
    holidays."""
    faults = []
    if hours.get("more"):
        faults.append(f"{key}.more is given, and a machine of Google Cloud has one stretch of hours; leave it out")
    if hours.get("closed"):
        faults.append(f"{key}.closed is given, and a schedule of Google Cloud knows no holidays; leave it out")
    return faults


def unix_cron(expression: str) -> str:
    """`0 9 * * 1,5` of `cron(0 9 ? * MON,FRI *)`, as instance schedules write times."""
    found = _CRON.fullmatch(expression)
    assert found is not None, expression  # noqa: S101 - made by `resolve_hours`
    days = sorted(_SUNDAY_FIRST.index(day) for day in found[3].split(","))
    return f"{found[1]} {found[2]} * * {','.join(map(str, days))}"


def instance_schedule(
    component: pulumi.Resource,
    name: str,
    hours: Hours,
    *,
    whose: tuple[str, str, str],
    place: pulumi.Output[Place],
    zone: str,
    region: str,
    project_id: str | None,
) -> gcp.compute.ResourcePolicy:
    """The schedule, made after Google's account may start and stop the machine and nothing else: it refuses a machine with a schedule
    that it could not keep (Compute Engine, "Scheduling a VM to start and stop", read 2026-11)."""
    studio, project, workstation = whose
    window = hours.windows[0]
    role = gcp.projects.IAMCustomRole(
        f"{name}-clock",
        role_id=role_id("", "clock", fingerprint(*whose, name)),
        title=f"Clock of {workstation}",
        description=f"Starts and stops {workstation} of {project}, {studio}, by the clock",
        permissions=list(PERMISSIONS),
        project=project_id,
        opts=pulumi.ResourceOptions(parent=component),
    )
    member = gcp.projects.IAMMember(
        f"{name}-clock",
        project=place.apply(lambda known: known.project_id),
        role=role.name,
        member=place.apply(lambda known: known.agent("compute")),
        condition={
            "title": f"only-{workstation}",
            "description": f"The machine {workstation} and no other",
            "expression": place.apply(
                lambda known: (
                    'resource.type == "compute.googleapis.com/Instance" && '
                    f'resource.name.startsWith("projects/{known.project_id}/zones/{zone}/instances/{name}-instance-")'
                )
            ),
        },
        opts=pulumi.ResourceOptions(parent=component),
    )
    schedule: gcp.compute.ResourcePolicyInstanceSchedulePolicyArgsDict = {
        "time_zone": hours.timezone,
        "vm_stop_schedule": {"schedule": unix_cron(window.stop)},
    }
    if window.start:
        schedule["vm_start_schedule"] = {"schedule": unix_cron(window.start)}
    return gcp.compute.ResourcePolicy(
        f"{name}-hours",
        description=f"Working hours of {workstation}",
        region=region,
        instance_schedule_policy=schedule,
        project=project_id,
        opts=pulumi.ResourceOptions(parent=component, depends_on=[member]),
    )
