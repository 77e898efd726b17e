"""Many connections in one channel: version 1 of smux, which the agent speaks behind a forwarded port.

A frame is version 1, a command, 16 bits of length and 32 of the stream's number, little endian, and the data; frames are cut at
messages wherever it falls. Closing is whole: no half of a connection outlives the other (smux in aws/session-manager-plugin at
61cf128, `vendor/src/github.com/xtaci/smux`, read 2026-11).
"""

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from soundstage.core.errors import SessionError
from soundstage.sessions.channel import PAYLOAD, Ended

_HEAD: Final = struct.Struct("<BBHI")
_VERSION: Final = 1
LARGEST: Final = 0xFFFF
"""Bytes of data in a frame."""
_MOST_HELD: Final = 4 << 20
"""Bytes that may wait for connections that are slow: as much as smux itself holds for a session."""
_READ: Final = 16384
_FAREWELL: Final = 1.0
"""Seconds in which what the other end still sends may arrive after our end has closed."""


class Command(IntEnum):
    OPEN = 0
    CLOSE = 1
    DATA = 2
    NOTHING = 3
    """Keeps the connection alive."""


@dataclass(frozen=True, slots=True)
class Frame:
    command: Command
    stream: int
    data: bytes = b""


def frame_bytes(frame: Frame) -> bytes:
    """The frame as it travels. `SessionError` for more data than a frame holds."""
    if len(frame.data) > LARGEST:
        raise SessionError(f"A frame holds at most {LARGEST} bytes, not {len(frame.data)}.")
    return _HEAD.pack(_VERSION, frame.command, len(frame.data), frame.stream) + frame.data


class Frames:
    """Puts frames together out of pieces of any size."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that are whole now. `SessionError` for what is no frame of version 1."""
        self._pending += piece
        place, found = 0, []
        while len(self._pending) - place >= _HEAD.size:
            version, command, size, stream = _HEAD.unpack_from(self._pending, place)
            if version != _VERSION or command > Command.NOTHING:
                raise SessionError(f"The machine's agent speaks another protocol (frame version {version}).")
            end = place + _HEAD.size + size
            if len(self._pending) < end:
                break
            found.append(Frame(Command(command), stream, bytes(self._pending[place + _HEAD.size : end])))
            place = end
        del self._pending[:place]
        yield from found


class Stream:
    """One connection."""

    def __init__(self, streams: "Streams", number: int) -> None:
        self.number = number
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        """What arrived; an empty piece is its end."""
        self._streams = streams
        self._closed = False

    async def write(self, data: bytes) -> None:
        for start in range(0, len(data), LARGEST):
            await self._streams.put(Frame(Command.DATA, self.number, data[start : start + LARGEST]))

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._streams.put(Frame(Command.CLOSE, self.number))


class Streams:
    """All connections of a channel. `send` sends one message; `accept` is told of streams that the other end opens."""

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        accept: Callable[[Stream], None] | None = None,
        payload: int = PAYLOAD,
    ) -> None:
        self._send = send
        self._accept = accept
        self._payload = payload
        self._open: dict[int, Stream] = {}
        self._last = 1
        self._frames = Frames()
        self._writing = asyncio.Lock()
        self._held = 0
        self._lighter = asyncio.Event()

    async def open(self) -> Stream:
        """A new stream: 3, 5, 7 …, as a smux client counts."""
        self._last += 2
        stream = self._open[self._last] = Stream(self, self._last)
        await self.put(Frame(Command.OPEN, stream.number))
        return stream

    async def put(self, frame: Frame) -> None:
        """Send a frame whole. A frame takes several messages: if its writer is cancelled half-way, the rest still goes, or every
        stream would wait for it."""
        await asyncio.shield(self._put(frame_bytes(frame)))

    async def _put(self, content: bytes) -> None:
        async with self._writing:
            for start in range(0, len(content), self._payload):
                await self._send(content[start : start + self._payload])

    async def feed(self, piece: bytes) -> None:
        """What arrived in one message. Waits while too much is held for connections that are slow."""
        for frame in self._frames.feed(piece):
            stream = self._open.get(frame.stream)
            if frame.command is Command.OPEN and stream is None and self._accept is not None:
                stream = self._open[frame.stream] = Stream(self, frame.stream)
                self._accept(stream)
            elif frame.command is Command.DATA and stream is not None and frame.data:
                self._held += len(frame.data)
                stream.inbox.put_nowait(frame.data)
            elif frame.command is Command.CLOSE and stream is not None:
                stream.inbox.put_nowait(b"")
        while self._held > _MOST_HELD:
            self._lighter.clear()
            await self._lighter.wait()

    def close(self) -> None:
        """The channel is over, and with it every connection."""
        for stream in self._open.values():
            stream.inbox.put_nowait(b"")

    async def carry(self, stream: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one TCP connection over one stream until either end closes."""
        outward = asyncio.create_task(self._outward(stream, reader))
        inward = asyncio.create_task(self._inward(stream, writer))
        try:
            await asyncio.wait((outward, inward), return_when=asyncio.FIRST_COMPLETED)
            if not inward.done():
                await asyncio.wait((inward,), timeout=_FAREWELL)
        finally:
            for task in (outward, inward):
                task.cancel()
            await asyncio.gather(outward, inward, return_exceptions=True)
            with contextlib.suppress(Ended):
                await stream.close()
            self._open.pop(stream.number, None)
            while not stream.inbox.empty():
                self._let_go(stream.inbox.get_nowait())
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _outward(self, stream: Stream, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, Ended):
            while data := await reader.read(_READ):
                await stream.write(data)
            await stream.close()

    async def _inward(self, stream: Stream, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await stream.inbox.get():
                writer.write(data)
                await writer.drain()
                self._let_go(data)

    def _let_go(self, data: bytes) -> None:
        self._held -= len(data)
        self._lighter.set()
