"""A simulated cloud: every request on its way from the wire to the front that understands it, and back.

guard → front (who calls) → faults → front (may he) → journal → front (do it). One lock makes calls follow each other, so that the
journal tells the order in which they happened; waiting (latency, time-outs) is outside of it.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import SoundstageError
from soundstage.simulator import bodies, faults, guard, world
from soundstage.simulator.answer import DROPPED, Answer, Refusal
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.front import Call, Front, Turned
from soundstage.simulator.journal import Entry, Journal
from soundstage.simulator.orders import ORDERS, Operator, signature
from soundstage.simulator.sealed import Seal, own_key

MOST_SECONDS_AT_ONCE: Final = 366 * 86400
_QUIET_SECONDS: Final = 10.0
"""A command at work pauses for seconds, and each snapshot takes as long as some dozens of calls. What is not in one is in the journal."""
_QUIET_TIMES: Final = 10
"""And so many times what the last snapshot took: nobody gets an answer meanwhile."""
_MOST_ENTRIES: Final = 20_000
_MOST_JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""Or as many as the last snapshot has: while much is put into it, each byte is kept about twice and not once for each 64 MiB."""


class Cloud:
    """One simulated cloud, kept in `folder`. `handle` may be called from several threads."""

    def __init__(self, folder: Path, port: int, operator: Operator, instance: str, front: type[Front[Any]]) -> None:
        self._folder = folder
        self._port = port
        self._operator = operator
        self._instance = instance
        self._lock = threading.RLock()
        self._front = front(port, operator)
        self._seal = Seal(own_key(folder / "key"))
        self._faults = faults.Faults()
        self._closed = False
        self._started = time.time()
        self._requests = 0
        self._last_change = 0.0
        self._kept_bytes = 0
        self._snapshot_seconds = 0.0
        self._shelf = bodies.Shelf(folder / "bodies", self._seal)
        bodies.use(self._shelf)
        kept = world.load(self._world, self._seal, self._front.versions)
        self._number = self._front.unpack(kept) if kept is not None else 0
        self._journal = Journal(folder / "journal", self._seal, self._front.versions, self._shelf)
        for entry in self._journal.read(self._number):
            self._number = entry.number
            self._front.execute(self._front.again(entry), entry)
        self._front.begin(folder, self._faults.due)

    @property
    def _world(self) -> Path:
        return self._folder / "world"

    @property
    def _now(self) -> float:
        """The cloud's own clock, in seconds since the epoch."""
        return time.time() + self._front.ahead

    def handle(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], read: Callable[[int], bytes]
    ) -> Answer:
        """The answer to one HTTP request. `target` is the raw path and query.

        `read` gives the body, of at most so many bytes, and is called only for those who may have anything to say: a
        stranger cannot fill the memory.
        """
        head = Entry(0, 0, self._now, method, target, tuple(headers), b"")
        lower = {name.lower(): value for name, value in headers}
        path = target.partition("?")[0]
        try:
            guard.check_origin(lower, self._port)
            if path.startswith(ORDERS):
                return self._administer(method, path.removeprefix(ORDERS), lower, read(guard.LARGEST_ORDER))
            if self._front.closed and path.startswith(self._front.closed):
                raise Refusal("NotFound", "There is no such page.", 404)
        except Refusal as problem:
            return self._front.turned_away(problem.code, problem.message, problem.status)
        try:
            with self._lock:
                self._requests += 1
                visitor = self._front.meet(head)
            body = read(guard.LARGEST_BODY)
            call = self._front.read(visitor, body)
        except Turned as turned:
            return turned.answer
        rule = self._faults.due(call.action)
        if rule and (instead := faults.before(rule)):
            return instead
        if rule and faults.is_refusal(rule):
            return self._front.refuse(call, rule.kind)
        answer = self._serve(call, replace(head, time=self._now, body=body))
        return faults.after(rule, answer) if rule else answer

    def malformed(self, message: str) -> Answer:
        """The answer to a request that cannot be read."""
        return self._front.turned_away("InvalidRequest", message, 413)

    def _serve(self, call: Call, entry: Entry) -> Answer:
        with self._lock:
            if self._closed:
                return DROPPED
            if denied := self._front.denied(call):
                return denied
            if call.read_only:
                return self._front.execute(call, entry)
            entry = replace(entry, number=self._number + 1, seed=int.from_bytes(os.urandom(8), "big"))
            try:
                self._journal.append(entry)
            except OSError as problem:
                print(f"call {entry.number} was refused: the journal cannot be written: {problem}", flush=True)
                return self._front.refuse(
                    call, "unavailable",
                    f"The simulated cloud cannot save what it is told ({problem.strerror}); nothing was changed.",
                )  # fmt: skip
            self._number = entry.number
            self._last_change = time.monotonic()
            answer = self._front.execute(call, entry)
            too_long = self._journal.entries > _MOST_ENTRIES or self._journal.size > max(
                _MOST_JOURNAL_BYTES, self._kept_bytes
            )
            if too_long or self._front.is_unrepeatable(call):
                self.save()
            return answer

    def save(self) -> None:
        """Take a snapshot and begin the journal anew. What cannot be saved stays in the journal."""
        with self._lock:
            if not self._journal.entries:
                return
            try:
                self._snapshot()
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
            quiet = max(_QUIET_SECONDS, _QUIET_TIMES * self._snapshot_seconds)
            if self._journal.entries and time.monotonic() - self._last_change > quiet:
                self.save()

    def warm_up(self) -> None:
        """Load what nearly every project needs, so that its first calls do not wait for it."""
        self._front.import_services()
        with self._lock:
            self._front.make_services()

    def close(self) -> None:
        """Save everything. A call that follows gets no answer."""
        self._front.end()
        with self._lock:
            self._closed = True
            self.save()
            self._journal.flush()
            self._journal.close()

    def _snapshot(self) -> None:
        began = time.monotonic()
        self._shelf.named.clear()
        world.save(self._world, self._seal, self._front.versions, self._front.pack(self._number))
        self._journal.clear()
        self._shelf.forget_others()
        self._kept_bytes, self._snapshot_seconds = self._world.stat().st_size, time.monotonic() - began

    def _enforce(self, enforcing: bool) -> None:
        with self._lock:
            self._front.enforcing = enforcing
            self._snapshot()

    def _turn(self, seconds: float) -> None:
        if not 0 <= seconds <= MOST_SECONDS_AT_ONCE:
            raise ValueError(f"the clock turns forward, by at most {MOST_SECONDS_AT_ONCE} seconds at once")
        with self._lock:
            self._front.turn(self._now + seconds, self._front.ahead + seconds)
            try:
                self._snapshot()
            except Exception as problem:  # noqa: BLE001 - the journal holds the rest; only the clock is lost with this process
                print(f"the clock was turned and no snapshot was taken: {problem!r}", flush=True)

    def _reset(self) -> None:
        with self._lock:
            self._front.reset()
            self._faults.replace([])
            self._snapshot()

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
            case "GET", "clock":
                return {"now": self._now, "ahead": self._front.ahead}
            case "POST", "clock":
                self._turn(float(told["forward"]))
            case "GET", "mail":
                with self._lock:
                    return self._front.mail()
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
                "enforcing": self._front.enforcing,
                "faults": [asdict(rule) for rule in self._faults.rules()],
            }


def _json(status: int, content: Any) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
