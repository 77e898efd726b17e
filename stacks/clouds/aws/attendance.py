"""Who was on the machines of AWS, and when the machines were on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.stacks.clouds.aws.calls import Clients, pages
from soundstage.stacks.clouds.base import LastSession, Machine

_MOST_METRICS: Final = 500
"""In one call (Amazon CloudWatch API reference, GetMetricData, read 2026-11)."""
_SAMPLES: Final = 60
"""An hour, with the detailed monitoring that workstations have."""


def last_sessions(clients: Clients) -> dict[str, LastSession]:
    """See `Machines`."""
    found: dict[str, LastSession] = {}
    for state in ("History", "Active"):
        for one in pages(clients.client("ssm"), "DescribeSessions", "Sessions", State=state, MaxResults=200):
            started, target = one.get("StartDate"), str(one.get("Target", ""))
            if started is None:
                continue
            who = str(one.get("Owner", "")).rpartition("/")[2] or "somebody"
            session = LastSession(who, started.astimezone(UTC), state == "Active")
            before = found.get(target)
            if before is None or (session.is_open, session.at) >= (before.is_open, before.at):
                found[target] = session
    return found


def hours_on(
    clients: Clients, found: Sequence[Machine], since: datetime, until: datetime
) -> dict[str, dict[datetime, float]]:
    """See `Machines`. A machine sends its processor's load to CloudWatch once a minute while it is on: so many numbers, so many minutes."""
    hours: dict[str, dict[datetime, float]] = {}
    for start in range(0, len(found), _MOST_METRICS):
        chosen = found[start : start + _MOST_METRICS]
        queries = [_query(f"m{number}", machine) for number, machine in enumerate(chosen)]
        asked: dict[str, Any] = {"MetricDataQueries": queries, "StartTime": since, "EndTime": until}
        for one in pages(clients.client("cloudwatch"), "GetMetricData", "MetricDataResults", **asked):
            machine = chosen[int(str(one["Id"])[1:])]
            into = hours.setdefault(machine.instance_id, {})
            for at, samples in zip(one["Timestamps"], one["Values"], strict=True):
                into[at.astimezone(UTC)] = min(1.0, float(samples) / _SAMPLES)
    return {id: each for id, each in hours.items() if each}


def _query(id: str, machine: Machine) -> dict[str, Any]:
    dimensions = [{"Name": "InstanceId", "Value": machine.instance_id}]
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "SampleCount"}}
