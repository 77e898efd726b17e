"""The simulated clouds behind one server: which of them a request is for. Each is made when it is first called or when it was kept, so
that whoever uses one does not wait for the other.

A request that is signed as AWS signs is for AWS; of every other one the path decides.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from soundstage.simulator.answer import Answer
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.front import Call, Front, front_named
from soundstage.simulator.gcp.front import GcpFront
from soundstage.simulator.gcp.routes import GOOGLE
from soundstage.simulator.journal import Entry
from soundstage.simulator.orders import Operator

_AWS: Final = "soundstage.simulator.aws.front:AwsFront"
_MARK: Final = b"soundstage-clouds 1\n"


@dataclass(frozen=True)
class CloudCall:
    """A call to one of the clouds."""

    front: Front[Any]
    call: Call

    @property
    def action(self) -> str:
        return self.call.action

    @property
    def read_only(self) -> bool:
        return self.call.read_only


class BothClouds(Front[CloudCall]):
    """See `Front`. AWS is there from the start."""

    closed = ("/moto-api", "/latest/", "/favicon.ico")
    first = True
    """Whether AWS is there from the start."""

    def __init__(self, port: int, operator: Operator) -> None:
        self._port = port
        self._operator = operator
        self._google = GcpFront(port, operator)
        self._aws: Front[Any] | None = None
        self._begun: tuple[Path, Callable[[str], FaultRule | None]] | None = None
        if self.first:
            self._of_aws()

    def _of_aws(self) -> Front[Any]:
        if self._aws is None:
            self._aws = front_named(_AWS)(self._port, self._operator)
            self._aws.enforcing = self._google.enforcing
            if self._google.ahead:
                self._aws.turn(time.time() + self._google.ahead, self._google.ahead)
            if self._begun:
                self._aws.begin(*self._begun)
        return self._aws

    @property
    def _fronts(self) -> list[Front[Any]]:
        return [self._google, *([self._aws] if self._aws else [])]

    def _for(self, head: Entry) -> Front[Any]:
        headers = {name.lower(): value for name, value in head.headers}
        said = headers.get("authorization", "")
        signed = said.startswith("AWS") or "X-Amz-" in head.target or "AWSAccessKeyId=" in head.target
        bears = said.startswith("Bearer ") and self._aws is None
        return self._google if bears or (not signed and GOOGLE.match(head.target)) else self._of_aws()

    @property
    def versions(self) -> str:
        try:
            python = f"{sys.version_info[0]}.{sys.version_info[1]}"
            return f"moto={version('moto')} python={python} {self._google.versions}"
        except PackageNotFoundError:
            return self._google.versions

    @property
    def enforcing(self) -> bool:
        return self._google.enforcing

    @enforcing.setter
    def enforcing(self, on: bool) -> None:
        for front in self._fronts:
            front.enforcing = on

    @property
    def ahead(self) -> float:
        return self._google.ahead

    def turn(self, until: float, ahead: float) -> None:
        for front in self._fronts:
            front.turn(until, ahead)

    def mail(self) -> list[dict[str, Any]]:
        return [one for front in self._fronts for one in front.mail()]

    def begin(self, folder: Path, due: Callable[[str], FaultRule | None]) -> None:
        self._begun = folder, due
        for front in self._fronts:
            front.begin(folder, due)

    def end(self) -> None:
        for front in self._fronts:
            front.end()

    def meet(self, head: Entry) -> tuple[Front[Any], Any]:
        front = self._for(head)
        return front, front.meet(head)

    def read(self, visitor: tuple[Front[Any], Any], body: bytes) -> CloudCall:
        front, met = visitor
        return CloudCall(front, front.read(met, body))

    def again(self, entry: Entry) -> CloudCall:
        front = self._for(entry)
        return CloudCall(front, front.again(entry))

    def denied(self, call: CloudCall) -> Answer | None:
        return call.front.denied(call.call)

    def execute(self, call: CloudCall, entry: Entry) -> Answer:
        return call.front.execute(call.call, entry)

    def refuse(self, call: CloudCall, kind: str, message: str = "") -> Answer:
        return call.front.refuse(call.call, kind, message)

    def turned_away(self, code: str, message: str, status: int) -> Answer:
        return (self._aws or self._google).turned_away(code, message, status)

    def is_unrepeatable(self, call: CloudCall) -> bool:
        return call.front.is_unrepeatable(call.call)

    def pack(self, number: int) -> bytes:
        parts = {"google": self._google.pack(number)} | ({"aws": self._aws.pack(number)} if self._aws else {})
        sizes = json.dumps({name: len(content) for name, content in parts.items()})
        return _MARK + sizes.encode() + b"\n" + b"".join(parts.values())

    def unpack(self, content: bytes) -> int:
        sizes, _, rest = content.removeprefix(_MARK).partition(b"\n")
        parts: Mapping[str, int] = json.loads(sizes)
        numbers, place = [], 0
        for name, size in parts.items():
            front = self._google if name == "google" else self._of_aws()
            numbers.append(front.unpack(rest[place : place + size]))
            place += size
        return max(numbers)

    def reset(self) -> None:
        for front in self._fronts:
            front.reset()

    def import_services(self) -> None:
        for front in self._fronts[::-1]:
            front.import_services()

    def make_services(self) -> None:
        for front in self._fronts[::-1]:
            front.make_services()


class GoogleFirst(BothClouds):
    """The same, without AWS until it is called."""

    first = False
