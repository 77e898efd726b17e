"""Whom alarms of logs tell what: each entry of the log that an alarm names, and no more often than the alarm says.

Source: Cloud Monitoring, "Configure log-based alerting policies" and "Using variables in documentation templates" (read 2026-11). Of filters,
those are understood that name one log.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from soundstage.simulator.gcp.work import seconds_of
from soundstage.simulator.gcp.world import Thing, World

_ONE_LOG: Final = re.compile(r'logName="([^"]+)"')
_EXTRACT: Final = re.compile(r"EXTRACT\((?:jsonPayload\.)?(\w+)\)")
_LEAST_SECONDS: Final = 300.0


def told(world: World) -> list[dict[str, Any]]:
    """What was sent to people, oldest first."""
    entries = [thing for key, thing in sorted(world.things.items()) if key.startswith("/entries/")]
    alarms = [thing for key, thing in world.things.items() if "/alertPolicies/" in key]
    return sorted((one for alarm in alarms for one in _of(world, alarm, entries)), key=lambda one: float(one["time"]))


def _of(world: World, alarm: Thing, entries: list[Thing]) -> Iterator[dict[str, Any]]:
    conditions: list[Thing] = alarm.get("conditions") or [{}]
    condition = conditions[0].get("conditionMatchedLog") or {}
    log = _ONE_LOG.fullmatch(condition.get("filter", ""))
    if log is None or not alarm.get("enabled", True):
        return
    period = (alarm.get("alertStrategy") or {}).get("notificationRateLimit", {}).get("period", "")
    pause, last = float(period.removesuffix("s") or _LEAST_SECONDS), 0.0
    for entry in entries:
        at = seconds_of(entry["receiveTimestamp"])
        if entry.get("logName") != log[1] or at - last < pause:
            continue
        last = at
        for address in _addresses(world, alarm):
            yield {"time": at, "to": address, "subject": alarm["displayName"], "text": _text(alarm, condition, entry)}


def _addresses(world: World, alarm: Thing) -> Iterator[str]:
    for name in alarm.get("notificationChannels") or ():
        channel = world.things.get(f"/v3/{name}", {})
        if channel.get("type") == "email" and channel.get("enabled", True):
            yield channel["labels"]["email_address"]


def _text(alarm: Thing, condition: Thing, entry: Thing) -> str:
    """What the alarm says, with what it takes out of the entry."""
    text = str((alarm.get("documentation") or {}).get("content", ""))
    for label, rule in (condition.get("labelExtractors") or {}).items():
        field = _EXTRACT.fullmatch(rule)
        found = (entry.get("jsonPayload") or {}).get(field[1], "") if field else ""
        text = text.replace(f"${{log.extracted_label.{label}}}", str(found))
    return text
