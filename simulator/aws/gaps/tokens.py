"""Client tokens: a call repeated with the same token after a lost answer gets the first answer, and nothing is made twice.

moto reads tokens and ignores them. Source: AWS EC2 User Guide, "Ensuring idempotency in Amazon EC2 API requests" (2026-11).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from soundstage.simulator.answer import Answer, Refusal

if TYPE_CHECKING:
    from soundstage.simulator.aws.gaps import Call

_HONOURED: Final = frozenset(
    {
        "ec2:AllocateHosts", "ec2:CreateFlowLogs", "ec2:CreateLaunchTemplate", "ec2:CreateManagedPrefixList", "ec2:CreateNatGateway",
        "ec2:CreateNetworkInterface", "ec2:CreateRouteTable", "ec2:CreateVolume", "ec2:CreateVpcEndpoint", "ec2:RunInstances",
        "scheduler:CreateSchedule", "scheduler:CreateScheduleGroup",
    }
)  # fmt: skip


@dataclass
class Tokens:
    """The answer that each token got, and a digest of what was asked with it."""

    answers: dict[tuple[str, str], tuple[str, Answer]] = field(default_factory=dict)
    given: dict[tuple[str, str], float] = field(default_factory=dict)
    """When each was first seen to count (`simulator.aws.expiry`)."""


def once(call: "Call", made: Callable[[], Answer]) -> Answer:
    """The answer that is made, or the first one when the call's token was seen before."""
    token = call.params.get("ClientToken") or call.params.get("clientToken")
    if not token or call.request.action not in _HONOURED:
        return made()
    known = call.own(Tokens).answers
    key = call.request.operation, str(token)
    asked = hashlib.sha256(json.dumps(call.params, sort_keys=True, default=str).encode()).hexdigest()
    if key in known:
        before, answer = known[key]
        if before != asked:
            raise Refusal("IdempotentParameterMismatch", "The client token was used before with other parameters.", 400)
        return answer
    answer = made()
    if answer.status < 300:
        known[key] = asked, answer
    return answer
