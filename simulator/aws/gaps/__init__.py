"""What AWS does and moto 5.2 does not, one file per service.

A handler is named after its operation, as boto3 names it (`create_budget`); one that serves several operations stands in its
file's `HANDLERS`. It answers a call itself, in the shape that the API documents, or lets moto answer (`call.forward()`) and adds
what is missing before or after.
"""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, Final, TypeAlias, TypeVar, cast
from urllib.parse import parse_qsl

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.answer import refusal, success
from soundstage.simulator.aws.caller import Caller
from soundstage.simulator.aws.gateway.door import Door
from soundstage.simulator.aws.moto_state import backends
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.memory import Kind, Memory

_T = TypeVar("_T")


@dataclass(frozen=True)
class Call:
    """One call on its way to moto."""

    request: AwsRequest
    caller: Caller
    memory: Memory
    time: float
    """Seconds since the epoch at which the call counts as made."""
    forward: Callable[[], Answer]
    """Let moto answer."""
    door: Door | None = None
    """The way to sessions with machines; None for a call that was made before and is made again."""

    def pass_on(self) -> Answer:
        """What moto answers."""
        return self.forward()

    @property
    def now(self) -> datetime:
        """`time` as a moment in UTC."""
        return datetime.fromtimestamp(self.time, UTC)

    @property
    def params(self) -> Mapping[str, Any]:
        return self.request.params

    def moto(self, service: str, region: str | None = None) -> Any:
        """moto's backend of a service in the call's account and region; `aws` is the region of global services."""
        return backends(service)[self.caller.account_id][region or self.request.region]

    def repeated(self, name: str) -> list[str]:
        """Every value of a query parameter that may be given several times."""
        return [value for key, value in parse_qsl(self.request.query) if key == name]

    def own(self, kind: type[Kind], region: str | None = None) -> Kind:
        """What is remembered of `kind` for the caller's account in the call's region, or in the one named."""
        return self.memory.of(kind, self.caller.account_id, region or self.request.region)


def held(kept: Mapping[str, _T], name: str, code: str, message: str, status: int = 400) -> _T:
    """What is kept under a name; `Refusal` where nothing is."""
    if name not in kept:
        raise Refusal(code, message, status)
    return kept[name]


Shape: TypeAlias = Mapping[str, Any]
"""The members of a successful answer."""
Reply: TypeAlias = Answer | Shape | None
"""What a handler gives: `None` where the API answers without members."""
Handler: TypeAlias = Callable[[Call], Reply]

_SERVICES: Final[dict[str, tuple[str, ...]]] = {
    "accessanalyzer": ("accessanalyzer",),
    "budgets": ("budgets",),
    "ce": ("cost_and_usage", "costexplorer"),
    "dlm": ("dlm",),
    "ec2": (
        "ec2_account",
        "ec2_deletion",
        "ec2_endpoints",
        "ec2_groups",
        "ec2_images",
        "ec2_machines",
        "ec2_spot",
        "ec2_volumes",
    ),
    "iam": ("iam",),
    "kms": ("kms",),
    "logs": ("logs",),
    "route53resolver": ("query_logs", "route53resolver"),
    "s3": ("s3", "s3_lifecycle", "s3_objects"),
    "scheduler": ("scheduler",),
    "service-quotas": ("quotas",),
    "sns": ("sns",),
    "ssm": ("ssm", "ssm_associations", "ssm_parameters"),
    "sts": ("sts",),
}
"""botocore's service → the modules of this package that complete it."""


def answer(call: Call) -> Answer:
    """The answer to a call, by the handler that completes moto or by moto itself."""
    from soundstage.simulator.aws import limits
    from soundstage.simulator.aws.gaps import tokens

    handler = handler_of(call.request.service, call.request.operation)
    try:
        limits.check(call.request)
        if call.params.get("DryRun") == "true":
            raise Refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        return tokens.once(call, lambda: _answered(call.request, handler(call)))
    except Refusal as problem:
        return refusal(call.request, problem.code, problem.message, problem.status)
    except Exception as problem:  # noqa: BLE001 - a strange request must not end the connection without an answer
        traceback.print_exc()
        return refusal(call.request, "InternalFailure", f"The simulated cloud failed: {problem!r}", 500)


def _answered(request: AwsRequest, reply: Reply) -> Answer:
    return reply if isinstance(reply, Answer) else success(request, reply)


@cache
def handler_of(service: str, operation: str) -> Handler:
    """What answers an operation: its handler, or moto alone."""
    from botocore import xform_name
    from moto.core.utils import get_service_model

    names = _SERVICES.get(service, ())
    # Whoever asks chooses the operation's name; what the service does not have must not find some other function here.
    for name in names if names and operation in get_service_model(service).operation_names else ():
        module = import_module(f"soundstage.simulator.aws.gaps.{name}")
        found = getattr(module, "HANDLERS", {}).get(operation) or getattr(module, xform_name(operation), None)
        if found is not None:
            return cast("Handler", found)
    return Call.pass_on
