"""The look-alike of Nimbus. JSON in and out; a key in a header; every change answers an operation that has to be waited for, and an
update names the fingerprint of what it changes."""

import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from soundstage.simulator.answer import Answer
from soundstage.simulator.front import Front, Turned
from soundstage.simulator.journal import Entry
from soundstage.simulator.orders import Operator

_FAULTS = {"throttle": ("TooManyRequestsException", 429), "unavailable": ("Unavailable", 503)}


def signed(secret: str, target: str, body: bytes) -> str:
    """The `Authorization` header of a call, without the key's name."""
    return hmac.new(secret.encode(), target.encode() + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class NimbusCall:
    """One call."""

    operation: str
    params: Mapping[str, Any]

    @property
    def action(self) -> str:
        return f"nimbus:{self.operation}"

    @property
    def read_only(self) -> bool:
        return self.operation.startswith(("Get", "List"))


class NimbusFront(Front[NimbusCall]):
    """Things by their ids, each with its kind, state, tags and fingerprint."""

    versions = "nimbus=1"

    def __init__(self, port: int, operator: Operator) -> None:
        self._operator = operator
        self._things: dict[str, dict[str, Any]] = {}

    def meet(self, head: Entry) -> Entry:
        if f"Nimbus {self._operator.access_key}:" not in dict(head.headers).get("Authorization", ""):
            raise Turned(self.turned_away("UnknownKey", "Nobody has this key.", 401))
        return head

    def read(self, visitor: Entry, body: bytes) -> NimbusCall:
        told = dict(visitor.headers)["Authorization"].rpartition(":")[2]
        if not hmac.compare_digest(told, signed(self._operator.secret_key, visitor.target, body)):
            raise Turned(self.turned_away("WrongSignature", "The call is signed with another key.", 401))
        return self._parsed(visitor.target, body)

    def again(self, entry: Entry) -> NimbusCall:
        return self._parsed(entry.target, entry.body)

    def denied(self, call: NimbusCall) -> Answer | None:
        return None

    def execute(self, call: NimbusCall, entry: Entry) -> Answer:
        if call.operation == "GetOperation":
            return _json(200, {"operation": {**call.params, "done": True}})
        kind = _kind(call.operation)
        draw = random.Random(entry.seed)
        match call.operation.removesuffix(kind):
            case "List":
                found = [one for one in self._things.values() if one["kind"] == kind]
                return _json(200, {"things": [one for one in found if call.params.items() <= one["tags"].items()]})
            case "Create":
                id = f"{kind.lower()}-{draw.randrange(16**8):08x}"
                state = "STARTING" if kind == "Machine" else "READY"
                self._things[id] = {
                    "tags": {},
                    **call.params,
                    "id": id,
                    "kind": kind,
                    "state": state,
                    "fingerprint": "0",
                }
                return _json(200, {"operation": {"target": id, "done": False}})
        thing = self._things.get(str(call.params.get("id")))
        if thing is None:
            return _error("ThingNotFound", f"There is no {call.params.get('id')}.", 404)
        match call.operation.removesuffix(kind):
            case "Get":
                # Whoever asks a second time finds the machine further on its way.
                shown, thing["state"] = (
                    dict(thing),
                    {"STARTING": "RUNNING", "STOPPING": "STOPPED"}.get(thing["state"], thing["state"]),
                )
                return _json(200, shown)
            case "Update":
                if call.params["fingerprint"] != thing["fingerprint"]:
                    return _error("Conflict", "Somebody else has changed it meanwhile.", 409)
                thing |= {name: call.params[name] for name in call.params["mask"]}
                thing["fingerprint"] = str(int(thing["fingerprint"]) + 1)
            case "Delete":
                if users := [one["id"] for one in self._things.values() if thing["id"] in _links(one)]:
                    return _error("InUse", f"{users[0]} uses it.", 409)
                del self._things[thing["id"]]
            case "Stop" | "Start" as verb:
                thing["state"] = "STOPPING" if verb == "Stop" else "STARTING"
        return _json(200, {"operation": {"target": thing["id"], "done": False}})

    def refuse(self, call: NimbusCall, kind: str, message: str = "") -> Answer:
        code, status = _FAULTS.get(kind, ("InternalError", 500))
        return _error(code, message or kind, status)

    def turned_away(self, code: str, message: str, status: int) -> Answer:
        return _error(code, message, status)

    def pack(self, number: int) -> bytes:
        return json.dumps([number, self._things]).encode()

    def unpack(self, content: bytes) -> int:
        number, self._things = json.loads(content)
        return int(number)

    def reset(self) -> None:
        self._things = {}

    def import_services(self) -> None:
        """There is nothing to import."""

    def make_services(self) -> None:
        """There is nothing to make."""

    @staticmethod
    def _parsed(target: str, body: bytes) -> NimbusCall:
        return NimbusCall(target.strip("/"), json.loads(body or b"{}"))


def _kind(operation: str) -> str:
    """What a call is about: `Disk` of `CreateDisk`."""
    return next(kind for kind in ("Network", "Disk", "Machine") if operation.endswith(kind))


def _links(thing: Mapping[str, Any]) -> list[str]:
    return [*thing.get("disks", ()), str(thing.get("network"))]


def _json(status: int, content: Any) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def _error(code: str, message: str, status: int) -> Answer:
    return _json(status, {"code": code, "message": message})
