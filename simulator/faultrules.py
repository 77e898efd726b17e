"""Faults that the simulated cloud makes on request, as data. What each does is in `simulator.faults`."""

from dataclasses import dataclass
from typing import Final

from soundstage.core.errors import UsageError

KINDS: Final = {
    "throttle": "refused because too many calls were made",
    "server-error": "refused with an internal error",
    "timeout": "never answered: the connection closes after `seconds`",
    "latency": "answered `seconds` later",
    "no-capacity": "refused because the zone has no machine of that type",
    "connection-lost": "the connection closes before the call is executed",
    "lost-answer": "executed, but the connection closes before the answer",
    "expired-credential": "refused because the credential has expired",
    "denied": "refused because no policy allows it",
}
"""Kind of fault → what a caller sees."""


@dataclass(frozen=True)
class FaultRule:
    """`operation` is `<service>:<operation>` and may hold `*` and `?`, such as `ec2:Run*`; upper and lower case are one.

    The first `after` matching calls go through, the next `times` get the fault (0: all of them).
    """

    operation: str
    kind: str
    times: int = 1
    after: int = 0
    seconds: float = 1.0

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in KINDS:
            problems.append(f"the kind of fault {self.kind!r} is unknown (allowed: {', '.join(KINDS)})")
        if ":" not in self.operation:
            problems.append(f"{self.operation!r} is not an operation; write it like ec2:RunInstances or s3:*")
        if self.times < 0 or self.after < 0 or not 0 <= self.seconds <= 300:
            problems.append("times and after count from 0, seconds go from 0 to 300")
        if problems:
            raise UsageError("A fault cannot be set: " + "; ".join(problems) + ".")
