"""One message of the data channel, as it travels: pure, bytes in and values out.

Source: aws/session-manager-plugin at 61cf128, `src/message/clientmessage.go` and `messageparser.go`, read 2026-11. Big endian:

| offset | size | field |
|---|---|---|
| 0 | 4 | length of the header: 116, counted up to but without the payload's length |
| 4 | 32 | kind, ASCII, filled up with spaces |
| 36 | 4 | schema version, 1 |
| 40 | 8 | when it was made, ms since 1970; 0 is refused |
| 48 | 8 | number in its direction, from 0 |
| 56 | 8 | flags: 1 begins the stream, 2 ends it |
| 64 | 16 | id, a UUID with its two halves exchanged |
| 80 | 32 | SHA-256 of the payload |
| 112 | 4 | type of the payload |
| 116 | 4 | length of the payload |
| 120 | | payload |
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID

from soundstage.core.errors import SessionError

SCHEMA: Final = 1
BEGINS: Final = 1
ENDS: Final = 2
_HEADER: Final = struct.Struct("!I32sIQqQ16s32sII")
_LENGTH: Final = _HEADER.size - 4
_EARLIER_AGENTS_SEND_MORE: Final = 4 << 20
"""No payload comes near to it."""


class Kind(StrEnum):
    """What a message is. An unknown kind is passed over, as the genuine ends do."""

    INPUT = "input_stream_data"
    """From the client to the agent."""
    OUTPUT = "output_stream_data"
    """From the agent to the client."""
    ACKNOWLEDGE = "acknowledge"
    CLOSED = "channel_closed"
    PAUSE = "pause_publication"
    START = "start_publication"


class Payload(IntEnum):
    """What the payload of a data message is."""

    NONE = 0
    OUTPUT = 1
    ERROR = 2
    SIZE = 3
    PARAMETER = 4
    HANDSHAKE_REQUEST = 5
    HANDSHAKE_RESPONSE = 6
    HANDSHAKE_COMPLETE = 7
    CHALLENGE_REQUEST = 8
    CHALLENGE_RESPONSE = 9
    FLAG = 10
    STDERR = 11
    EXIT_CODE = 12


class Flag(IntEnum):
    """What a payload of type `FLAG` says, in four bytes."""

    DISCONNECT = 1
    """The client closed its one connection."""
    TERMINATE = 2
    """The client ends the session."""
    CONNECT_FAILED = 3
    """Nothing listens on the machine's port."""

    @property
    def content(self) -> bytes:
        return self.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `number` counts in each direction by itself; `created` are milliseconds since 1970."""

    kind: str
    number: int
    payload: bytes
    id: UUID
    created: int
    payload_type: int = Payload.NONE
    flags: int = 0
    schema: int = SCHEMA


class Malformed(SessionError):
    """Bytes that are no message."""


def encode(message: Message) -> bytes:
    """The message as bytes. `Malformed` for a kind that has no room and for a time of 0."""
    kind = message.kind.encode("ascii", "replace")
    if not kind or len(kind) > 32 or message.created <= 0:
        raise Malformed(f"A message of kind {message.kind!r} made at {message.created} cannot be sent.")
    digest = hashlib.sha256(message.payload).digest()
    header = _HEADER.pack(
        _LENGTH, kind.ljust(32), message.schema, message.created, message.number, message.flags, _swapped(message.id.bytes),
        digest, message.payload_type, len(message.payload),
    )  # fmt: skip
    return header + message.payload


def decode(content: bytes) -> Message:
    """The message that `content` is. `Malformed` for what is too short, of another length or with another digest."""
    if len(content) < _HEADER.size:
        raise Malformed(f"A message of {len(content)} bytes is shorter than its header of {_HEADER.size}.")
    length, kind, schema, created, number, flags, id_, digest, payload_type, size = _HEADER.unpack_from(content)
    if not _LENGTH <= length <= len(content) - 4 or size > _EARLIER_AGENTS_SEND_MORE:
        raise Malformed(f"A message says that its header has {length} bytes and its payload {size}.")
    payload = content[length + 4 :]
    if len(payload) != size:
        raise Malformed(f"A message says that its payload has {size} bytes, and it has {len(payload)}.")
    if size and hashlib.sha256(payload).digest() != digest:
        raise Malformed("The payload of a message is not the one that its digest is of.")
    named = kind.decode("ascii", "replace").strip(" \0")
    return Message(named, number, payload, UUID(bytes=_swapped(id_)), created, payload_type, flags, schema)


def read_opening(content: str | bytes) -> str:
    """The token that the first frame of a websocket shows. `Malformed` when it shows none."""
    try:
        token = json.loads(content)["TokenValue"]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("A websocket was opened without a token.") from error
    if not isinstance(token, str) or not token:
        raise Malformed("A websocket was opened without a token.")
    return token


def _swapped(id: bytes) -> bytes:
    return id[8:] + id[:8]
