"""Faults on request: the server side of `simulator.faultrules`."""

import dataclasses
import threading
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from soundstage.simulator.aws.answer import Answer, refusal
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.faultrules import FaultRule

_THROTTLES: Final = {
    "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "s3control": ("SlowDown", "Please reduce your request rate.", 503),
    "iam": ("Throttling", "Rate exceeded", 400),
    "sts": ("Throttling", "Rate exceeded", 400),
    "sns": ("Throttling", "Rate exceeded", 400),
    "cloudwatch": ("Throttling", "Rate exceeded", 400),
}
_OTHER_THROTTLE: Final = ("ThrottlingException", "Rate exceeded", 400)
_EXPIRED: Final = {
    "ec2": ("RequestExpired", "Request has expired.", 400),
    "s3": ("ExpiredToken", "The provided token has expired.", 400),
}
_OTHER_EXPIRED_JSON: Final = ("ExpiredTokenException", "The security token included in the request is expired", 400)
_OTHER_EXPIRED: Final = ("ExpiredToken", "The security token included in the request is expired", 403)
DROPPED: Final = Answer(0, drop=True)


class Faults:
    """The rules that are set and how often each still acts. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def replace(self, rules: Iterable[FaultRule]) -> None:
        with self._lock:
            self._rules = list(rules)

    def add(self, rules: Iterable[FaultRule]) -> None:
        with self._lock:
            self._rules += rules

    def rules(self) -> list[FaultRule]:
        with self._lock:
            return list(self._rules)

    def due(self, request: AwsRequest) -> FaultRule | None:
        """The fault that this call gets. Counts it; a rule that is used up is dropped."""
        action = request.action.lower()
        with self._lock:
            for place, rule in enumerate(self._rules):
                if not fnmatchcase(action, rule.operation.lower()):
                    continue
                if rule.after:
                    self._rules[place] = dataclasses.replace(rule, after=rule.after - 1)
                    continue
                if rule.times == 1:
                    del self._rules[place]
                elif rule.times:
                    self._rules[place] = dataclasses.replace(rule, times=rule.times - 1)
                return rule
        return None


def before(rule: FaultRule, request: AwsRequest) -> Answer | None:
    """What is answered instead of executing the call; None to execute it."""
    match rule.kind:
        case "latency":
            time.sleep(rule.seconds)
            return None
        case "timeout":
            time.sleep(rule.seconds)
            return DROPPED
        case "connection-lost":
            return DROPPED
        case "lost-answer":
            return None
        case _:
            return refusal(request, *_told(rule.kind, request))


def after(rule: FaultRule, answer: Answer) -> Answer:
    """What a caller gets of an executed call's answer."""
    return DROPPED if rule.kind == "lost-answer" else answer


def _told(kind: str, request: AwsRequest) -> tuple[str, str, int]:
    json = request.protocol in ("json", "rest-json", "cbor")
    service = request.service
    match kind:
        case "throttle":
            return _THROTTLES.get(service, _OTHER_THROTTLE)
        case "server-error":
            return (
                "InternalError" if service in ("ec2", "s3") else "InternalFailure",
                "An internal error occurred.",
                500,
            )
        case "no-capacity":
            type, zone = _wanted(request)
            return (
                "InsufficientInstanceCapacity",
                f"We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}).",
                500,
            )
        case "expired-credential":
            return _EXPIRED.get(service, _OTHER_EXPIRED_JSON if json else _OTHER_EXPIRED)
    return denial(request, f"User is not authorized to perform: {request.action}")


def _wanted(request: AwsRequest) -> tuple[str, str]:
    """Type and zone of the machine that a call is about, as far as they are known: of a launch, or of a machine that is there."""
    from moto.backends import get_backend

    params = request.params
    type, zone = params.get("InstanceType", "the requested type"), params.get("Placement.AvailabilityZone", "")
    subnet = params.get("SubnetId") or params.get("NetworkInterface.1.SubnetId")
    of_accounts: Any = get_backend("ec2")
    for regions in of_accounts.values():
        there = regions[request.region]
        zone = next((str(one[subnet].availability_zone) for one in there.subnets.values() if subnet in one), zone)
        machine = there.get_instance_by_id(params.get("InstanceId.1", ""))
        if machine:
            type, zone = machine.instance_type, machine.availability_zone
    return type, zone or f"{request.region}a"


def denial(request: AwsRequest, message: str) -> tuple[str, str, int]:
    """Code, message and status of a call that no policy allows, as the service names it."""
    if request.service == "ec2":
        return ("UnauthorizedOperation", message, 403)
    if request.service == "sns":
        return ("AuthorizationError", message, 403)
    json = request.protocol in ("json", "rest-json", "cbor")
    return ("AccessDeniedException", message, 400) if json else ("AccessDenied", message, 403)
