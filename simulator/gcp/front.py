"""The simulated Google Cloud behind the server: who calls, may they, and what the method does.

token → API, billing, permissions → checking → handler; faults and the journal are the server's.
"""

import json
import random
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from soundstage.providers.gcp import discovery
from soundstage.simulator.answer import Answer
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.front import Front, Turned
from soundstage.simulator.gcp import (
    alerts,
    boundaries,
    checking,
    compute,
    generic,
    operations,
    permits,
    policies,
    routes,
    rules,
    seeds,
    services,
    storage,
)
from soundstage.simulator.gcp.caller import caller_of
from soundstage.simulator.gcp.refusals import FAULTS, JSON, Refused, invalid, not_counted, wrong
from soundstage.simulator.gcp.tunnels import admission
from soundstage.simulator.gcp.tunnels.door import Door
from soundstage.simulator.gcp.tunnels.methods import METHODS
from soundstage.simulator.gcp.work import GoogleCall, Handler, Work, named
from soundstage.simulator.gcp.world import World, pack, unpack
from soundstage.simulator.journal import Entry
from soundstage.simulator.orders import Operator

_HANDLERS: Final[Mapping[str, Handler]] = {**compute.HANDLERS, **services.HANDLERS, **storage.HANDLERS}
_MADE: Final[Mapping[str, Handler]] = {**compute.MADE, **services.MADE}
_FORMAT: Final = "google=1"
_COUNTS: Final = "serviceusage.services.use"
"""Lets somebody have calls counted in a project (System parameters, `X-Goog-User-Project`, read 2026-11)."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who showed a token, and what they want."""

    head: Entry
    call: GoogleCall


class GcpFront(Front[GoogleCall]):
    """See `Front`."""

    def __init__(self, port: int, operator: Operator) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._operator = operator
        self._world = World(things=seeds.first_things())
        self._door: Door | None = None

    def begin(self, folder: Path, due: Callable[[str], FaultRule | None]) -> None:
        self._door = Door(folder / "machines", due)

    def end(self) -> None:
        if self._door:
            self._door.close()

    @property
    def versions(self) -> str:
        return _FORMAT

    @property
    def enforcing(self) -> bool:
        return self._world.enforcing

    @enforcing.setter
    def enforcing(self, on: bool) -> None:
        self._world.enforcing = on

    @property
    def ahead(self) -> float:
        return self._world.ahead

    def turn(self, until: float, ahead: float) -> None:
        operations.settle(self._world, until)
        self._world.ahead = ahead

    def mail(self) -> list[dict[str, Any]]:
        return alerts.told(self._world)

    def meet(self, head: Entry) -> Visitor:
        try:
            return Visitor(head, self._call(head))
        except Refused as problem:
            raise Turned(problem.answer) from problem

    def read(self, visitor: Visitor, body: bytes) -> GoogleCall:
        return _with_body(visitor.call, body)

    def again(self, entry: Entry) -> GoogleCall:
        return _with_body(self._call(entry), entry.body)

    def _call(self, entry: Entry) -> GoogleCall:
        """What a request means. Raises `Refused`."""
        headers = {name.lower(): value for name, value in entry.headers}
        raw, _, text = entry.target.partition("?")
        query = parse_qs(text, keep_blank_values=True)
        token = headers.get("authorization", "").removeprefix("Bearer ").strip() or query.pop("access_token", [""])[0]
        found = routes.matched(entry.method, raw)
        told = "" if found and found[0].id == boundaries.METHOD else caller_of(self._operator.secret_key, token)
        caller, boundary = boundaries.parted(told or "")
        if told is None or self._is_gone(caller):
            raise Refused(
                401, "authError", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other "
                "valid authentication credential.",
            )  # fmt: skip
        if found is None:
            raise Refused(404, "notFound", f"The requested URL {raw} was not found on this server.")
        method, params = found
        path = unquote(raw)
        for project, number in self._projects.items():
            path = re.sub(rf"(?<=/projects/){re.escape(number)}(?=[/:]|$)", project, path)
        path = services.known_path(path, self._world)
        return GoogleCall(method, params, path, query, headers, b"", caller, self._base, entry.method, boundary)

    @property
    def _projects(self) -> dict[str, str]:
        """The id of each project and its number."""
        things = self._world.things
        return {
            key.rpartition("/")[2]: things[key]["name"].partition("/")[2]
            for key in things
            if key.startswith("/v3/projects/") and key.count("/") == 3
        }

    def _is_gone(self, caller: str) -> bool:
        """Whether the caller is a service account of one of our projects that is not there or switched off."""
        kind, _, email = caller.partition(":")
        project = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
        if kind != "serviceAccount" or f"/v3/projects/{project}" not in self._world.things:
            return False
        held = self._world.things.get(f"/v1/projects/{project}/serviceAccounts/{email}")
        return held is None or held.get("disabled", False)

    def denied(self, call: GoogleCall) -> Answer | None:
        if call.boundary:
            try:
                if permission := self._outside(call):
                    return _may_not(call, permission, call.path)
            except Refused as problem:
                return problem.answer
        if not self._world.enforcing or call.method.id == boundaries.METHOD:
            return None
        counted = call.headers.get("x-goog-user-project", "")
        if counted and not permits.may(
            self._world, call.caller, _COUNTS, f"/v3/projects/{counted}", operations.now_of(self._world)
        ):
            return not_counted(counted).answer
        body = storage.told_of(call, self._world)
        permission = permits.refused(self._world, call, body, operations.now_of(self._world))
        if not permission:
            return None
        name = named(permits.target(call, permission, body))
        return _may_not(call, permission, name)

    def _outside(self, call: GoogleCall) -> str:
        """The permission that is outside of the boundary of a token; empty for none."""
        told = storage.told_of(call, self._world)
        return boundaries.refused(self._world, call, told, operations.now_of(self._world))

    def execute(self, call: GoogleCall, entry: Entry) -> Answer:
        operations.settle(self._world, entry.time)
        chance = random.Random(entry.seed if entry.number else entry.time)  # noqa: S311 - ids, made again by the journal
        work = Work(self._world, call, entry.time, chance, self._door)
        try:
            rules.check_project(work)
            answer = self._answer(work)
        except Refused as problem:
            return problem.answer
        except Exception as problem:  # noqa: BLE001 - one call that is not understood must not end the cloud, nor its next start
            print(f"{call.method.id} failed: {problem!r}", flush=True)
            return Refused(500, "backendError", f"Internal error encountered by {call.method.id}: {problem!r}").answer
        return answer if isinstance(answer, Answer) else Answer(200, json.dumps(answer).encode(), JSON)

    def _answer(self, work: Work) -> Any:
        method, call = work.method, work.call
        if method.id == boundaries.METHOD:
            return boundaries.exchange(work, self._operator.secret_key)
        if call.path in METHODS and work.door:
            return admission.answer(work, work.door, lambda: self._world)
        if call.path.startswith(("/upload/", "/resumable/", "/download/")) or call.one("alt") == "media":
            return storage.medium(work)
        _check_query(call)
        given = _json_of(call.body)
        if call.body and given is None:
            invalid("Invalid JSON payload received. Parse Error", "parseError")
        if method.request:
            work.body = checking.checked(work.document, method.request, given if given is not None else {}, method.id)
        if method.name in policies.METHODS:
            return policies.serve(work)
        if again := operations.asked_before(work):
            return dict(again)
        handler = _HANDLERS.get(method.id)
        if handler is None:
            return generic.serve(work, _MADE)
        told = handler(work)
        return operations.begun(work, work.target) if told is None else told

    def refuse(self, call: GoogleCall, kind: str, message: str = "") -> Answer:
        if kind == "unavailable":
            return Refused(503, "backendError", message).answer
        code, reason, words = FAULTS[kind]
        if kind == "no-capacity":
            zone = named(call.path).partition("/instances")[0]
            words = words.format(zone=zone)
            if call.method.response == "Operation":
                return Answer(200, json.dumps(self._without_capacity(call, words)).encode(), JSON)
        return Refused(code, reason, words).answer

    def _without_capacity(self, call: GoogleCall, words: str) -> dict[str, Any]:
        """The operation of a machine for which a zone has no room: it is made, and fails."""
        zone = call.path.partition("/instances")[0]
        name = f"operation-{zlib.crc32(call.path.encode() + call.body):x}"
        operation = {
            "kind": "compute#operation", "id": "1", "name": name, "operationType": call.method.name, "status": "DONE", "progress": 100,
            "selfLink": f"{self._base}{zone}/operations/{name}", "targetLink": self._base + call.path, "zone": self._base + zone,
            "error": {"errors": [{"code": "ZONE_RESOURCE_POOL_EXHAUSTED", "message": words}]}, "httpErrorStatusCode": 503,
            "httpErrorMessage": "SERVICE UNAVAILABLE",
        }  # fmt: skip
        self._world.operations[f"{zone}/operations/{name}"] = operation
        return operation

    def turned_away(self, code: str, message: str, status: int) -> Answer:
        return Refused(status, code, message).answer

    def pack(self, number: int) -> bytes:
        return f"{number}\n".encode() + pack(self._world)

    def unpack(self, content: bytes) -> int:
        number, _, rest = content.partition(b"\n")
        self._world = unpack(rest)
        return int(number)

    def reset(self) -> None:
        self._world = World(things=seeds.first_things())

    def import_services(self) -> None:
        routes.matched("GET", "/")
        for api in discovery.apis():
            discovery.document(api)

    def make_services(self) -> None:
        permits.testable()


def _may_not(call: GoogleCall, permission: str, name: str) -> Answer:
    """What is said to whoever lacks a permission for something."""
    if call.method.api == "storage.v1":
        message = f"{call.caller.partition(':')[2]} does not have {permission} access to the Google Cloud Storage resource. Permission '{permission}' denied on resource (or it may not exist)."
    elif call.method.api == "compute.v1":
        message = f"Required '{permission}' permission for '{name}'"
    else:
        message = f"Permission '{permission}' denied on resource '//{call.method.api.partition('.')[0]}.googleapis.com/{name}' (or it may not exist)."
    return Refused(403, "forbidden", message).answer


def _with_body(call: GoogleCall, body: bytes) -> GoogleCall:
    return GoogleCall(**{**vars(call), "body": body})


def _json_of(body: bytes) -> Any:
    """What a body says; None for one that is no JSON."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


_STILL_TAKEN: Final = frozenset({"returnPartialSuccess"})
"""Query parameters that the published documents have no more and Google's own clients send (gcloud 528, lists of Compute Engine)."""


def _check_query(call: GoogleCall) -> None:
    """Raise `Refused` for a query parameter that the method does not have, or lacks."""
    known = call.method.parameters
    taken = {*known, *discovery.document(call.method.api).parameters, *_STILL_TAKEN}
    for name, values in call.query.items():
        if name not in taken and not name.startswith("$"):
            invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
        about = known.get(name)
        if about is None:
            continue
        if about.enum and values[0] and values[0] not in about.enum and not values[0].isdecimal():
            invalid(f"Invalid value for field '{name}': '{values[0]}'.")
        whole = about.type == "integer" or about.format in ("int64", "uint64")
        if whole and not re.fullmatch(r"-?\d+", values[0]):
            wrong(name, values[0], "A whole number is expected.")
    for name, about in known.items():
        if about.required and about.location == "query" and not call.one(name):
            invalid(f"Required parameter: {name}", "required")
