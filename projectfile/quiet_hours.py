"""The hours in which nobody wants to be told of what can wait: `20:00-08:00 Europe/Lisbon`."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from soundstage.components.timezones import FORM as ZONE
from soundstage.components.timezones import is_zone, zone_meant
from soundstage.core.strict import is_a, refuse
from soundstage.core.words import shown

FORM: Final = "two different times and a time zone, such as 20:00-08:00 Europe/Lisbon"
PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9] [A-Za-z0-9_+/-]+$"


@dataclass(frozen=True)
class QuietHours:
    """From `start` to `end`, every day, by the clocks of `zone`. An end before the start is the next morning."""

    start: time
    end: time
    zone: str

    def holds(self, now: datetime) -> bool:
        """Whether it is quiet at a time."""
        at = now.astimezone(ZoneInfo(self.zone)).time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone}"


def _quiet(value: object) -> QuietHours:
    if isinstance(value, QuietHours):
        return value
    if not isinstance(value, str) or not re.fullmatch(PATTERN, value, re.ASCII):
        raise refuse(is_a(value), FORM)
    times, _, zone = value.partition(" ")
    start, end = map(time.fromisoformat, times.split("-"))
    if start == end:
        raise refuse(is_a(value), FORM)
    if not is_zone(zone):
        raise refuse(f"has the time zone {shown(zone)}", ZONE, zone_meant(zone))
    return QuietHours(start, end, zone)


Quiet = Annotated[
    QuietHours,
    PlainValidator(_quiet),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]
