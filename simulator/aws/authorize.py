"""The seam where IAM policies decide what a caller may do."""

from dataclasses import dataclass
from typing import Protocol

from soundstage.simulator.aws.caller import Caller
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.memory import Memory


@dataclass(frozen=True)
class Decision:
    """Whether a call is allowed. `reason` ends the refusal as AWS words it: "… because no identity-based policy …"."""

    allowed: bool
    reason: str = ""
    action: str = ""
    """The permission that is missing, where it is not named after the call: `iam:PassRole`."""


@dataclass(frozen=True)
class Situation:
    """What a policy can ask about a call beyond the request itself. Loopback counts as secure transport: no other
    machine can listen to it."""

    caller: Caller
    account_id: str
    source_ip: str = "127.0.0.1"
    secure_transport: bool = True


@dataclass
class Enforcement:
    """Whether IAM policies are enforced; part of the memory, so that a restart keeps it."""

    on: bool = False


class Authorizer(Protocol):
    """Decides calls. It may read moto's backends and the memory; it must change neither. Called under the cloud's lock."""

    def authorize(self, request: AwsRequest, situation: Situation, memory: Memory) -> Decision:
        """Whether `situation.caller` may make this call."""
