"""The simulated cloud: every request on its way from the wire to moto and back.

guard → signature → faults → authorization → journal → gaps → moto. One lock makes calls follow each other, so that the
journal tells the order in which they happened; waiting (latency, time-outs) is outside of it.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import SoundstageError
from soundstage.simulator import faults, guard
from soundstage.simulator.aws import expiry, gaps
from soundstage.simulator.aws.answer import Answer, Refusal, error, refusal
from soundstage.simulator.aws.authorize import Authorizer, Enforcement, Situation
from soundstage.simulator.aws.caller import Caller, Operator, identify
from soundstage.simulator.aws.iam.enforcer import BucketPoliciesOnly, Enforcer
from soundstage.simulator.aws.moto_backend import AwsBackend
from soundstage.simulator.aws.request import AwsRequest, parse
from soundstage.simulator.aws.signature import check_signature, read_signature
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.journal import Entry, Journal
from soundstage.simulator.memory import Memory
from soundstage.simulator.orders import ORDERS, signature
from soundstage.simulator.process import ACCOUNT_ID
from soundstage.simulator.sealed import Seal, own_key

_CLOSED: Final = ("/moto-api", "/latest/", "/favicon.ico")
_QUIET_SECONDS: Final = 1.0
_MOST_ENTRIES: Final = 20_000
_MOST_JOURNAL_BYTES: Final = 64 * 1024 * 1024
_UNREPEATABLE: Final = frozenset({"ec2:CreateKeyPair", "kms:GenerateDataKeyPair", "acm:RequestCertificate"})
"""Calls whose result holds a private key that no seed makes again: they are followed by a snapshot."""


class Cloud:
    """One simulated cloud, kept in `folder`. `handle` may be called from several threads."""

    def __init__(self, folder: Path, port: int, operator: Operator, instance: str) -> None:
        self._folder = folder
        self._port = port
        self._operator = operator
        self._instance = instance
        self._lock = threading.RLock()
        self._backend = AwsBackend(port)
        from soundstage.simulator import snapshot  # after the backend has made moto's settings

        self._snapshot = snapshot
        self._versions = f"moto={version('moto')} python={sys.version_info[0]}.{sys.version_info[1]}"
        self._seal = Seal(own_key(folder / "key"))
        self._faults = faults.Faults()
        self._closed = False
        self._started = time.time()
        self._requests = 0
        self._last_change = 0.0
        self._number, self._memory = snapshot.load(self._world, self._seal, self._versions)
        self._authorizer = _authorizer(self._memory.of(Enforcement, ACCOUNT_ID).on)
        self._journal = Journal(folder / "journal", self._seal, self._versions)
        for entry in self._journal.read():
            if entry.number > self._number:
                self._number = entry.number
                self._repeat(entry)

    @property
    def _world(self) -> Path:
        return self._folder / "world"

    def handle(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], read: Callable[[int], bytes]
    ) -> Answer:
        """The answer to one HTTP request. `target` is the raw path and query.

        `read` gives the body, of at most so many bytes, and is called only for those who may have anything to say: a
        stranger cannot fill the memory.
        """
        lower = {name.lower(): value for name, value in headers}
        path, _, query = target.partition("?")
        try:
            guard.check_origin(lower, self._port)
            if path.startswith(ORDERS):
                return self._administer(method, path.removeprefix(ORDERS), lower, read(guard.LARGEST_ORDER))
            if path.startswith(_CLOSED):
                raise Refusal("NotFound", "There is no such page.", 404)
            claim = read_signature(query, lower)
        except Refusal as problem:
            return error("query", "", problem.code, problem.message, problem.status)
        body = b""
        try:
            with self._lock:
                self._requests += 1
                caller = self._identify(claim.access_key, claim.token, time.time())
            body = read(guard.LARGEST_BODY)
            check_signature(claim, caller.secret_key, method, path, query, lower, body)
        except Refusal as problem:
            return guard.turned_away(parse(method, path, query, lower, body, claim.scope), problem)
        request = parse(method, path, query, lower, body, claim.scope)
        rule = self._faults.due(request)
        instead = faults.before(rule, request) if rule else None
        if instead:
            return instead
        answer = self._serve(request, caller, Entry(0, 0, time.time(), method, target, tuple(headers), body))
        return faults.after(rule, answer) if rule else answer

    def _identify(self, access_key: str, token: str, at: float) -> Caller:
        return identify(access_key, token, self._operator, self._memory, ACCOUNT_ID, at)

    def _serve(self, request: AwsRequest, caller: Caller, entry: Entry) -> Answer:
        with self._lock:
            if self._closed:
                return faults.DROPPED
            decision = self._authorizer.authorize(request, Situation(caller, caller.account_id), self._memory)
            if not decision.allowed:
                message = f"User: {caller.arn} is not authorized to perform: {decision.action or request.action} {decision.reason}".strip()
                return refusal(request, *faults.denial(request, message))
            if request.read_only:
                return self._execute(request, caller, entry)
            seed = int.from_bytes(os.urandom(8), "big")
            entry = Entry(self._number + 1, seed, entry.time, entry.method, entry.target, entry.headers, entry.body)
            try:
                self._journal.append(entry)
            except OSError as problem:
                print(f"call {entry.number} was refused: the journal cannot be written: {problem}", flush=True)
                return refusal(
                    request, "ServiceUnavailable",
                    f"The simulated cloud cannot save what it is told ({problem.strerror}); nothing was changed.", 503,
                )  # fmt: skip
            self._number = entry.number
            self._last_change = time.monotonic()
            answer = self._execute(request, caller, entry)
            too_long = self._journal.entries > _MOST_ENTRIES or self._journal.size > _MOST_JOURNAL_BYTES
            if too_long or _is_unrepeatable(request):
                self.save()
            return answer

    def _execute(self, request: AwsRequest, caller: Caller, entry: Entry) -> Answer:
        from moto.moto_api._internal import mock_random

        from soundstage.simulator.aws.patches import clock

        forward = partial(self._backend.execute, request, entry.method, entry.target, entry.headers, entry.body)
        with clock.at(entry.time):
            if entry.number:
                mock_random.seed(entry.seed)
                expiry.forget(self._memory, caller.account_id, entry.time)
            return gaps.answer(gaps.Call(request, caller, self._memory, entry.time, forward))

    def _repeat(self, entry: Entry) -> None:
        """Execute an entry of the journal again."""
        headers = {name.lower(): value for name, value in entry.headers}
        path, _, query = entry.target.partition("?")
        claim = read_signature(query, headers)
        request = parse(entry.method, path, query, headers, entry.body, claim.scope)
        self._execute(request, self._identify(claim.access_key, claim.token, entry.time), entry)

    def save(self) -> None:
        """Take a snapshot and begin the journal anew. What cannot be saved stays in the journal."""
        with self._lock:
            if not self._journal.entries:
                return
            try:
                self._snapshot.save(self._world, self._seal, self._versions, self._number, self._memory)
                self._journal.clear()
            except Exception as problem:  # noqa: BLE001 - the journal holds everything; serving goes on
                print(f"no snapshot was taken; the journal is kept: {problem!r}", flush=True)
                self._last_change = time.monotonic() + 60

    def keep(self) -> None:
        """What is due now and then: have the disk hold the journal, and take a snapshot when all is quiet."""
        with self._lock:
            try:
                self._journal.flush()
            except OSError as problem:
                print(f"the journal cannot be flushed: {problem}", flush=True)
            if self._journal.entries and time.monotonic() - self._last_change > _QUIET_SECONDS:
                self.save()

    def warm_up(self) -> None:
        """Load what nearly every project needs, so that its first calls do not wait for it."""
        self._backend.import_services()
        with self._lock:
            self._backend.make_applications()

    def close(self) -> None:
        """Save everything. A call that follows gets no answer."""
        with self._lock:
            self._closed = True
            self.save()
            self._journal.flush()
            self._journal.close()

    def _enforce(self, enforcing: bool) -> None:
        with self._lock:
            self._authorizer = _authorizer(enforcing)
            self._memory.of(Enforcement, ACCOUNT_ID).on = enforcing
            self._snapshot.save(self._world, self._seal, self._versions, self._number, self._memory)
            self._journal.clear()

    def _reset(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.s3.models import s3_backends

        with self._lock:
            BackendDict.reset()
            s3_backends.bucket_accounts.clear()
            self._memory = Memory()
            self._authorizer = BucketPoliciesOnly()
            self._faults.replace([])
            self._snapshot.save(self._world, self._seal, self._versions, self._number, self._memory)
            self._journal.clear()

    def _administer(self, method: str, verb: str, headers: dict[str, str], body: bytes) -> Answer:
        """The server's own interface: JSON in and out, for whoever has the owner's token."""
        guard.check_order(headers, signature(self._operator.token, self._instance, method, verb, body))
        try:
            told = json.loads(body) if body else None
            return _json(200, self._obey(method, verb, told))
        except SoundstageError as problem:
            return _json(400, {"error": str(problem)})
        except (TypeError, ValueError, KeyError) as problem:
            return _json(400, {"error": f"The request is malformed: {problem}"})

    def _obey(self, method: str, verb: str, told: Any) -> Any:
        match method, verb:
            case "GET", "health":
                return {"instance": self._instance}
            case "GET", "status":
                return self._status()
            case "POST", "reset":
                self._reset()
            case "POST", "snapshot":
                self.save()
            case "POST", "stop":
                pass  # the connection ends the process once this is answered
            case "PUT", "enforcement":
                self._enforce(bool(told["enforcing"]))
            case "GET", "faults":
                return [asdict(rule) for rule in self._faults.rules()]
            case "PUT", "faults":
                self._faults.replace([FaultRule(**rule) for rule in told])
            case "POST", "faults":
                self._faults.add([FaultRule(**rule) for rule in told])
            case _:
                raise KeyError(f"{method} {verb}")
        return {}

    def _status(self) -> dict[str, Any]:
        with self._lock:
            return {
                "url": f"http://127.0.0.1:{self._port}",
                "pid": os.getpid(),
                "started": self._started,
                "requests": self._requests,
                "journal_entries": self._journal.entries,
                "journal_bytes": self._journal.size,
                "world_bytes": self._world.stat().st_size if self._world.exists() else 0,
                "enforcing": self._memory.of(Enforcement, ACCOUNT_ID).on,
                "faults": [asdict(rule) for rule in self._faults.rules()],
            }


def _authorizer(enforcing: bool) -> Authorizer:
    return Enforcer() if enforcing else BucketPoliciesOnly()


def _is_unrepeatable(request: AwsRequest) -> bool:
    if request.action == "kms:CreateKey":
        return str(request.params.get("KeySpec", "SYMMETRIC_DEFAULT")).startswith(("RSA", "ECC", "SM2", "ML"))
    return request.action in _UNREPEATABLE


def _json(status: int, content: Any) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
