"""What AWS does and moto 5.2 does not, one file per service.

Each file has a table `HANDLERS` from operation to function. A handler answers a call itself, or lets moto answer
(`call.forward()`) and adds what is missing before or after.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal, refusal
from soundstage.simulator.caller import Caller
from soundstage.simulator.memory import Kind, Memory
from soundstage.simulator.request import AwsRequest


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

    @property
    def params(self) -> Mapping[str, Any]:
        return self.request.params

    def own(self, kind: type[Kind], region: str | None = None) -> Kind:
        """What is remembered of `kind` for the caller's account in the call's region, or in the one named."""
        return self.memory.of(kind, self.caller.account_id, region or self.request.region)


Handler = Callable[[Call], Answer]

_SERVICES: Final[dict[str, tuple[str, ...]]] = {}
"""botocore's service → the modules of this package that complete it."""


def answer(call: Call) -> Answer:
    """The answer to a call, by the handler that completes moto or by moto itself."""
    handler = _handlers(call.request.service).get(call.request.operation)
    if handler is None:
        return call.forward()
    try:
        return handler(call)
    except Refusal as problem:
        return refusal(call.request, problem.code, problem.message, problem.status)


@cache
def _handlers(service: str) -> dict[str, Handler]:
    found: dict[str, Handler] = {}
    for name in _SERVICES.get(service, ()):
        found |= import_module(f"soundstage.simulator.gaps.{name}").HANDLERS
    return found
