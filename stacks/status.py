"""How a project stands: what is up, whether its machines are ready, how they are reached, and what is kept where nothing is up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from soundstage.core.values import Properties
from soundstage.plan.plan import Operation
from soundstage.projectfile.cloud_limits import has_command, has_key
from soundstage.stacks.clock.next_start import next_starts
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.kinds.resource_kinds import BUCKET
from soundstage.stacks.machines import Way, ways
from soundstage.stacks.parking.lost import lost_of
from soundstage.stacks.parking.waking import parked_now
from soundstage.stacks.readiness import reports
from soundstage.stacks.results import StatusReport, created_at
from soundstage.stacks.state.last_run import unfinished


def status_of(deployment: Deployment) -> StatusReport:
    """Asks the cloud only when there is something on record."""
    teardown = deployment.preview_down()
    kept = [r for r in teardown if r.custom and not r.type.startswith("pulumi:")]
    is_up = any(resource.operation is not Operation.SAME for resource in teardown)
    machines, outputs = tuple(deployment.machines()) if is_up else (), deployment.engine.outputs()
    project, cloud = deployment.project, deployment.cloud
    parked = parked_now(deployment) if is_up else {}
    lost, told_lost = lost_of(deployment, parked, deployment.engine.resources()) if parked else ((), ())
    return StatusReport(
        project=project.project,
        title=project.title,
        typed=deployment.typed,
        is_up=is_up,
        kept=() if is_up else tuple(r.name for r in kept),
        kept_buckets=() if is_up else tuple(r.id or r.name for r in kept if r.type in BUCKET),
        cloud=cloud.describe() if is_up else project.cloud,
        machines=machines,
        unfinished=unfinished(deployment.folder, deployment.engine.resources()) if is_up else None,
        outputs=outputs,
        created=created_at(deployment.engine.export()) if is_up else None,
        expires=project.expires,
        reports=reports(cloud.machines, machines),
        is_simulated=not cloud.name.is_real,
        here_alone=cloud.name.is_real and not deployment.studio.state.backend,
        ways=_ways(deployment, machines, outputs),
        starts=next_starts(project, datetime.now(UTC)) if is_up else {},
        parked=parked,
        lost=tuple(lost),
        told_lost=tuple(told_lost),
        connects=has_command(project.cloud, "connect"),
        people=project.access.people if machines and has_key(project.cloud, "access.people") else None,
    )


def _ways(deployment: Deployment, machines: Sequence[Machine], outputs: Properties) -> Mapping[str, Way]:
    via = deployment.project.access.via
    # A simulated machine has an address at which nobody listens; a session leads somewhere.
    if via != "session" and not deployment.cloud.name.is_real:
        return {}
    return ways(deployment.cloud.machines, machines, via, str(outputs.get("display_document") or ""))
