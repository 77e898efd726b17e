"""The simulated AWS behind the server: SigV4, policies, gaps and patches around moto.

signature → policies → gaps → moto; faults and the journal are the server's.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws import expiry, gaps, refusals
from soundstage.simulator.aws.answer import error, refusal
from soundstage.simulator.aws.authorize import Authorizer, Enforcement, Situation
from soundstage.simulator.aws.caller import Caller, identify
from soundstage.simulator.aws.gateway.door import Door
from soundstage.simulator.aws.iam.enforcer import BucketPoliciesOnly, Enforcer
from soundstage.simulator.aws.moto_backend import AwsBackend
from soundstage.simulator.aws.request import AwsRequest, parse
from soundstage.simulator.aws.signature import Signature, check_signature, read_signature
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.front import Front, Turned
from soundstage.simulator.journal import Entry
from soundstage.simulator.memory import Memory
from soundstage.simulator.orders import Operator
from soundstage.simulator.process import ACCOUNT_ID

_UNREPEATABLE: Final = frozenset({"ec2:CreateKeyPair", "kms:GenerateDataKeyPair", "acm:RequestCertificate"})
"""Calls whose result holds a private key that no seed makes again."""


@dataclass(frozen=True)
class AwsCall:
    """One call and who makes it."""

    request: AwsRequest
    caller: Caller
    is_again: bool = False
    """Whether it was made before and comes from the journal: it reaches nobody outside."""

    @property
    def action(self) -> str:
        return self.request.action

    @property
    def read_only(self) -> bool:
        return self.request.read_only


@dataclass
class Clock:
    """How many seconds this cloud is ahead of the clock of this machine."""

    ahead: float = 0.0


@dataclass(frozen=True)
class Visitor:
    """Somebody who gave an access key."""

    head: Entry
    claim: Signature
    caller: Caller


class AwsFront(Front[AwsCall]):
    """See `Front`."""

    closed = ("/moto-api", "/latest/", "/favicon.ico")

    def __init__(self, port: int, operator: Operator) -> None:
        self._operator = operator
        self._memory = Memory()
        self._door: Door | None = None
        self._backend = AwsBackend(port)
        from soundstage.simulator.aws import snapshot  # after the backend has made moto's settings

        self._snapshot = snapshot

    def begin(self, folder: Path, due: Callable[[str], FaultRule | None]) -> None:
        self._door = Door(folder / "machines", due)

    def end(self) -> None:
        if self._door:
            self._door.close()

    @property
    def versions(self) -> str:
        return f"moto={version('moto')} python={sys.version_info[0]}.{sys.version_info[1]}"

    @property
    def enforcing(self) -> bool:
        return self._memory.of(Enforcement, ACCOUNT_ID).on

    @enforcing.setter
    def enforcing(self, on: bool) -> None:
        self._memory.of(Enforcement, ACCOUNT_ID).on = on

    @property
    def ahead(self) -> float:
        return self._memory.of(Clock, ACCOUNT_ID).ahead

    def turn(self, until: float, ahead: float) -> None:
        from soundstage.simulator.aws.billing import passing
        from soundstage.simulator.aws.patches import clock

        with clock.at(until):
            passing.pass_until(self._memory, ACCOUNT_ID, until)
        self._memory.of(Clock, ACCOUNT_ID).ahead = ahead

    def mail(self) -> list[dict[str, Any]]:
        from soundstage.simulator.aws.billing.spending import Mail

        return [asdict(one) for one in self._memory.of(Mail, ACCOUNT_ID).sent]

    def meet(self, head: Entry) -> Visitor:
        try:
            claim = read_signature(*_query_and_headers(head))
        except Refusal as problem:
            raise Turned(self.turned_away(problem.code, problem.message, problem.status)) from problem
        try:
            return Visitor(head, claim, self._identify(claim, head.time))
        except Refusal as problem:
            raise Turned(refusals.turned_away(_parsed(head, claim), problem)) from problem

    def read(self, visitor: Visitor, body: bytes) -> AwsCall:
        head, claim = visitor.head, visitor.claim
        query, headers = _query_and_headers(head)
        request = _parsed(head, claim, body)
        try:
            path = head.target.partition("?")[0]
            check_signature(claim, visitor.caller.secret_key, head.method, path, query, headers, body)
        except Refusal as problem:
            raise Turned(refusals.turned_away(request, problem)) from problem
        return AwsCall(request, visitor.caller)

    def again(self, entry: Entry) -> AwsCall:
        claim = read_signature(*_query_and_headers(entry))
        return AwsCall(_parsed(entry, claim, entry.body), self._identify(claim, entry.time), is_again=True)

    def denied(self, call: AwsCall) -> Answer | None:
        authorizer: Authorizer = Enforcer() if self.enforcing else BucketPoliciesOnly()
        decision = authorizer.authorize(call.request, Situation(call.caller, call.caller.account_id), self._memory)
        if decision.allowed:
            return None
        action = decision.action or call.action
        message = f"User: {call.caller.arn} is not authorized to perform: {action} {decision.reason}".strip()
        return refusal(call.request, *refusals.denial(call.request, message))

    def execute(self, call: AwsCall, entry: Entry) -> Answer:
        from moto.moto_api._internal import mock_random

        from soundstage.simulator.aws.billing import passing
        from soundstage.simulator.aws.patches import clock

        forward = partial(self._backend.execute, call.request, entry.method, entry.target, entry.headers, entry.body)
        with clock.at(entry.time):
            passing.pass_until(self._memory, call.caller.account_id, entry.time)
            if entry.number:
                mock_random.seed(entry.seed)
                expiry.forget(self._memory, call.caller.account_id, entry.time)
            door = None if call.is_again else self._door
            answer = gaps.answer(gaps.Call(call.request, call.caller, self._memory, entry.time, forward, door))
            passing.count_fetched(self._memory, call.request, call.caller, entry.time, answer)
            return answer

    def refuse(self, call: AwsCall, kind: str, message: str = "") -> Answer:
        if kind == "unavailable":
            return refusal(call.request, "ServiceUnavailable", message, 503)
        return refusals.fault(kind, call.request)

    def turned_away(self, code: str, message: str, status: int) -> Answer:
        return error("query", "", code, message, status)

    def is_unrepeatable(self, call: AwsCall) -> bool:
        if call.action == "kms:CreateKey":
            spec = str(call.request.params.get("KeySpec", "SYMMETRIC_DEFAULT"))
            return spec.startswith(("RSA", "ECC", "SM2", "ML"))
        return call.action in _UNREPEATABLE

    def pack(self, number: int) -> bytes:
        return self._snapshot.pack(number, self._memory)

    def unpack(self, content: bytes) -> int:
        number, self._memory = self._snapshot.unpack(content)
        return number

    def reset(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.s3.models import s3_backends

        BackendDict.reset()
        s3_backends.bucket_accounts.clear()
        self._memory = Memory()

    def import_services(self) -> None:
        self._backend.import_services()

    def make_services(self) -> None:
        self._backend.make_applications()

    def _identify(self, claim: Signature, at: float) -> Caller:
        return identify(claim.access_key, claim.token, self._operator, self._memory, ACCOUNT_ID, at)


def _query_and_headers(entry: Entry) -> tuple[str, Mapping[str, str]]:
    """The raw query, and the headers with their names in lower case."""
    return entry.target.partition("?")[2], {name.lower(): value for name, value in entry.headers}


def _parsed(entry: Entry, claim: Signature, body: bytes = b"") -> AwsRequest:
    query, headers = _query_and_headers(entry)
    return parse(entry.method, entry.target.partition("?")[0], query, headers, body, claim.scope)
