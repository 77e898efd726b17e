"""What a simulated machine tells of its start: the report of a probe, and a log, in its log group's streams `<instance>/ready` and
`<instance>/boot`.

Nothing starts and nothing is looked at, and the report says so. A machine is ready at once, unless a parameter of the account says
otherwise (`simulator.starts`): then it takes that long, by the cloud's clock, or one of its checks fails.
"""

from datetime import UTC, datetime
from typing import Any

from soundstage.components.boot.report import Report, written
from soundstage.components.naming import log_group_name
from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.agents import can_log
from soundstage.simulator.starts import Start, parameter_name, report_of, start_of


def told_by_machine(call: Call) -> list[dict[str, Any]] | None:
    """The events of a stream that a running machine writes; None for any other stream."""
    group, stream = str(call.params.get("logGroupName", "")), str(call.params.get("logStreamName", ""))
    identity, _, kind = stream.partition("/")
    machine = call.moto("ec2").get_instance_by_id(identity) if kind in ("ready", "boot") else None
    if machine is None or machine.state != "running":
        return None
    tags = {tag["key"]: tag["value"] for tag in machine.get_tags()}
    if group != log_group_name(*(tags.get(name, "") for name in (STUDIO, PROJECT, WORKSTATION))):
        return None
    logs = call.moto("logs")
    if group not in logs.groups or not can_log(call, machine, f"{logs.groups[group].arn}:log-stream:{stream}"):
        return None
    name = tags[WORKSTATION]
    kept = call.moto("ssm").get_parameter(parameter_name(tags[STUDIO], tags[PROJECT], name))
    start = start_of(kept.value) if kept else Start()
    began = machine.launch_time.replace(tzinfo=UTC)
    now = datetime.fromtimestamp(call.time, UTC)
    report = report_of(start, name, tags[PROJECT], began, (now - began).total_seconds())
    at = max(now, began) if report.ended is None else max(report.ended, began)
    lines = [written(report)] if kind == "ready" else _lines(report)
    stamp = int(at.timestamp() * 1000) + 1
    return [{"timestamp": stamp, "ingestionTime": stamp, "message": line} for line in lines]


def _lines(report: Report) -> list[str]:
    shown = [f"{phase.name}: {phase.seconds:.1f} s" for phase in report.phases]
    shown += [f"{failure.name} failed: {failure.wrong}" for failure in report.failures]
    return ["This machine is simulated: its boot script is kept and not run.", *shown]
