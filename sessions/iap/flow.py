"""What one end keeps of a connection through the relay, so that no byte is lost and none comes twice when its websocket breaks."""

import asyncio
from collections import deque
from typing import Final

from soundstage.sessions.iap.frames import LARGEST, Acknowledge, Close, Data, encode

MOST_UNCONFIRMED: Final = 8 << 20
"""Bytes that may be on their way: what is kept in memory to be sent again."""
ACKNOWLEDGE_AFTER: Final = 2 * LARGEST
"""Bytes after which an end says how many it has (Google Cloud CLI 528, `iap_tunnel_websocket.py`, `_MaybeSendAck`)."""


class WrongCount(Exception):
    """The other end acknowledged what cannot be: `code` says it to the other end, the message to people."""

    def __init__(self, message: str, code: Close = Close.WRONG_COUNT) -> None:
        super().__init__(message)
        self.code = code


class Flow:
    """One end. Nothing here sends: it says what is to be sent."""

    def __init__(self, most: int = MOST_UNCONFIRMED) -> None:
        self.confirmed = 0
        """Bytes of ours that the other end has."""
        self.received = 0
        """Bytes of the other end that were delivered."""
        self._most = most
        self._acknowledged = 0
        self._kept: deque[bytes] = deque()
        self._unconfirmed = 0
        self._changed = asyncio.Event()

    @property
    def sent(self) -> int:
        """Bytes of ours that were sent at least once."""
        return self.confirmed + self._unconfirmed

    async def room(self) -> None:
        """Wait until more may be sent."""
        while self._unconfirmed >= self._most:
            self._changed.clear()
            await self._changed.wait()

    async def settled(self) -> None:
        """Wait until the other end has everything."""
        while self._unconfirmed:
            self._changed.clear()
            await self._changed.wait()

    def send(self, content: bytes) -> bytes:
        """Keep at most `LARGEST` bytes until they are confirmed. Returns their frame."""
        self._kept.append(content)
        self._unconfirmed += len(content)
        return encode(Data(content))

    def again(self) -> list[bytes]:
        """The frames of everything that is not confirmed, in order."""
        return [encode(Data(content)) for content in self._kept]

    def confirm(self, total: int) -> None:
        """The other end has `total` bytes. Raises `WrongCount`."""
        if not self.confirmed <= total <= self.sent:
            raise WrongCount(
                f"The other end says that it has {total} bytes; {self.sent} were sent, of which it had {self.confirmed}."
            )
        fresh = total - self.confirmed
        self.confirmed, self._unconfirmed = total, self._unconfirmed - fresh
        while fresh:
            first = self._kept.popleft()
            if len(first) > fresh:
                self._kept.appendleft(first[fresh:])
                break
            fresh -= len(first)
        self._changed.set()

    def take(self, count: int) -> None:
        """So many bytes were delivered."""
        self.received += count

    def due(self, *, all: bool = False) -> bytes | None:
        """The frame that says what was delivered, where it is time to say it; with `all`, where there is anything to say."""
        if self.received - self._acknowledged <= (0 if all else ACKNOWLEDGE_AFTER):
            return None
        self._acknowledged = self.received
        return encode(Acknowledge(self.received))

    def attach(self) -> None:
        """Over another websocket: what was acknowledged is said by its address."""
        self._acknowledged = self.received
