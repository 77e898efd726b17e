"""A reliable stream of numbered messages over websockets that come and go.

What was not acknowledged is kept, and is sent again in order over the next websocket; what arrives is delivered once, in order, and
counts as received before its acknowledgement is sent, so that a cut between the two delivers nothing twice. The genuine ends
acknowledge each message by itself, have no window, and send the oldest again when its time is up.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from soundstage.core.errors import SessionError
from soundstage.sessions.message import BEGINS, ENDS, Flag, Kind, Malformed, Message, Payload, decode, encode

MOST_UNACKNOWLEDGED: Final = 256
"""How many messages may be on their way: our back-pressure, for the service has none."""
PAYLOAD: Final = 1024
"""Bytes of data in a message. The genuine ends send 1,024; larger ones are not proven against the service."""
_MOST_WAITING: Final = 4096
"""How many messages may wait for a reader who is slow. More are left unacknowledged: the other end sends them again."""
_TICK: Final = 0.1
_LONGEST_RTO: Final = 1.0
_FIRST_RTO: Final = 0.2


class Lost(Exception):
    """The websocket is gone, with or without a farewell."""


class Ended(SessionError):
    """The session is over; the message says why."""


class Wire(Protocol):
    """One websocket."""

    async def send(self, content: bytes) -> None:
        """Send one binary frame. Raises `Lost`."""


@dataclass
class Carried:
    """What went through websockets, one after another."""

    websockets: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass
class Counts(Carried):
    """What went through a channel."""

    sent: int = 0
    sent_again: int = 0
    received: int = 0
    received_again: int = 0


@dataclass(slots=True)
class _Sent:
    content: bytes
    at: float
    again: bool = False


class Channel:
    """One end. `deliver` gets every data message of the other end in order and may take its time: nothing is acknowledged before it
    returns. Use it as an asynchronous context: it works only inside."""

    def __init__(
        self,
        sends: Kind,
        deliver: Callable[[Message], Awaitable[None]],
        *,
        window: int = MOST_UNACKNOWLEDGED,
        cumulative: bool = False,
    ) -> None:
        """`cumulative`: the other end never repeats an acknowledgement that was lost, so that a later one stands for it."""
        self.counts = Counts()
        self.round_trip: float | None = None
        """Seconds from a message to its acknowledgement, smoothed."""
        self.ended = asyncio.Event()
        self.reason = ""
        """Why it ended, in the words of the other end or ours."""
        self.closed_there = False
        """Whether the other end said that it is over."""
        self._sends = sends
        self._receives = Kind.OUTPUT if sends is Kind.INPUT else Kind.INPUT
        self._deliver = deliver
        self._window = window
        self._cumulative = cumulative
        self._wire: Wire | None = None
        self._paused = False
        self._variation = 0.0
        self._next = 0
        self._unacknowledged: dict[int, _Sent] = {}
        self._room = asyncio.Event()
        self._expected = 0
        self._delivered = 0
        self._early: dict[int, Message] = {}
        self._waiting: asyncio.Queue[Message] = asyncio.Queue()

    @property
    def carried(self) -> int:
        """Messages that are over, in both directions."""
        return self.counts.received + self._next - len(self._unacknowledged)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator["Channel"]:
        """Deliver and send again for as long as the context lasts."""
        tasks = [asyncio.create_task(self._hand_out()), asyncio.create_task(self._repeat())]
        try:
            yield self
        finally:
            self.end("")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def attach(self, wire: Wire) -> None:
        """Go on over this websocket: everything unacknowledged is sent again."""
        self._wire = wire
        self.counts.websockets += 1
        for number in sorted(self._unacknowledged):
            if (sent := self._unacknowledged.get(number)) is not None:
                await self._send_again(sent)

    def detach(self, wire: Wire) -> None:
        """This websocket is gone."""
        if self._wire is wire:
            self._wire = None

    async def send(self, payload: bytes, type: Payload = Payload.OUTPUT) -> None:
        """Send one data message, as soon as the window has room. Returns before it has arrived. Raises `Ended`."""
        while len(self._unacknowledged) >= self._window and not self.ended.is_set():
            self._room.clear()
            await self._room.wait()
        if self.ended.is_set():
            raise Ended(self.reason or "The session is over.")
        number, self._next = self._next, self._next + 1
        content = _message(self._sends, number, payload, type, BEGINS if number == 0 else 0)
        self._unacknowledged[number] = _Sent(content, time.monotonic())
        self.counts.sent += 1
        self.counts.sent_bytes += len(payload)
        if not self._paused:
            await self._put(content)

    async def send_flag(self, flag: Flag) -> None:
        await self.send(flag.content, Payload.FLAG)

    async def settled(self, seconds: float) -> bool:
        """Wait until the other end has everything, for at most so long. Whether it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unacknowledged and not self.ended.is_set():
                    self._room.clear()
                    await self._room.wait()
        return not self._unacknowledged

    async def drained(self) -> None:
        """Wait until everything that has arrived is delivered."""
        await self._waiting.join()

    def end(self, reason: str) -> None:
        """No more of it. The first reason stays."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()
            self._room.set()

    async def feed(self, content: bytes) -> None:
        """One binary frame of the other end. Raises `Malformed`."""
        message = decode(content)
        if message.kind == Kind.ACKNOWLEDGE:
            self._acknowledged(_number(message.payload))
        elif message.kind == self._receives:
            self._paused = False
            await self._receive(message)
        elif message.kind == Kind.CLOSED:
            self.closed_there = True
            self.end(_text(message.payload) or "The machine ended the session.")
        elif message.kind in (Kind.PAUSE, Kind.START):
            self._paused = message.kind == Kind.PAUSE

    async def _receive(self, message: Message) -> None:
        if message.number < self._expected:
            self.counts.received_again += 1
            if message.number < self._delivered:
                await self._acknowledge(message)
            return
        if message.number - self._delivered >= _MOST_WAITING:
            return
        self._early[message.number] = message
        while (due := self._early.pop(self._expected, None)) is not None:
            self._expected += 1
            self._waiting.put_nowait(due)

    async def _hand_out(self) -> None:
        while True:
            message = await self._waiting.get()
            await self._deliver(message)
            self._delivered = message.number + 1
            self.counts.received += 1
            self.counts.received_bytes += len(message.payload)
            await self._acknowledge(message)
            self._waiting.task_done()

    async def _acknowledge(self, message: Message) -> None:
        about = {
            "AcknowledgedMessageType": message.kind,
            "AcknowledgedMessageId": str(message.id),
            "AcknowledgedMessageSequenceNumber": message.number,
            "IsSequentialMessage": True,
        }
        await self._put(_message(Kind.ACKNOWLEDGE, 0, json.dumps(about).encode(), Payload.NONE, BEGINS | ENDS))

    def _acknowledged(self, number: int) -> None:
        self._paused = False
        if (sent := self._unacknowledged.pop(number, None)) is not None and not sent.again:
            self._measure(time.monotonic() - sent.at)
        if self._cumulative:
            for earlier in [one for one in self._unacknowledged if one < number]:
                del self._unacknowledged[earlier]
        self._room.set()

    def _measure(self, seconds: float) -> None:
        """RFC 6298, 2: smoothed round trip and its variation."""
        if self.round_trip is None:
            self.round_trip, self._variation = seconds, seconds / 2
        else:
            self._variation += (abs(seconds - self.round_trip) - self._variation) / 4
            self.round_trip += (seconds - self.round_trip) / 8

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            if self._paused or self._wire is None or not self._unacknowledged:
                continue
            oldest = next(iter(self._unacknowledged.values()))
            if time.monotonic() - oldest.at > self._patience:
                await self._send_again(oldest)

    @property
    def _patience(self) -> float:
        if self.round_trip is None:
            return max(_FIRST_RTO, _TICK)
        return min(_LONGEST_RTO, self.round_trip + max(0.01, 4 * self._variation))

    async def _send_again(self, sent: _Sent) -> None:
        sent.at, sent.again = time.monotonic(), True
        self.counts.sent_again += 1
        await self._put(sent.content)

    async def _put(self, content: bytes) -> None:
        """Send, if there is a websocket. What is lost with it is sent again over the next."""
        wire = self._wire
        if wire is not None:
            try:
                await wire.send(content)
            except Lost:
                self.detach(wire)


def closing(session: str, target: str, output: str) -> bytes:
    """What an agent says last. `output` is for people."""
    now = int(time.time() * 1000)
    about = {
        "MessageId": str(uuid4()),
        "CreatedDate": str(now),
        "DestinationId": target,
        "SessionId": session,
        "MessageType": str(Kind.CLOSED),
        "SchemaVersion": 1,
        "Output": output,
    }
    return _message(Kind.CLOSED, 0, json.dumps(about).encode(), Payload.NONE, 0)


def _message(kind: Kind, number: int, payload: bytes, type: Payload, flags: int) -> bytes:
    return encode(Message(str(kind), number, payload, _new_id(), int(time.time() * 1000), int(type), flags))


def _new_id() -> UUID:
    return uuid4()


def read_json(payload: bytes) -> dict[str, Any]:
    """The JSON object that a payload is. `Malformed` for anything else."""
    try:
        found = json.loads(payload or b"{}")
    except ValueError as error:
        raise Malformed(f"A message holds no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Malformed("A message holds JSON that is no object.")
    return found


def _number(payload: bytes) -> int:
    number = read_json(payload).get("AcknowledgedMessageSequenceNumber")
    if not isinstance(number, int):
        raise Malformed("An acknowledgement does not say of which message it is.")
    return number


def _text(payload: bytes) -> str:
    return str(read_json(payload).get("Output") or "")
