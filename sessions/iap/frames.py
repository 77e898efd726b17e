"""The frames of Identity-Aware Proxy's relay, version 4: one in each binary message, big endian, a tag of 16 bits first."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from soundstage.core.errors import SessionError

SUBPROTOCOL: Final = "relay.tunnel.cloudproxy.app"
ORIGIN: Final = "bot:iap-tunneler"
"""What programs say in the place of a web page's origin."""
LARGEST: Final = 16384
"""Bytes of data in a frame."""
_TAG: Final = struct.Struct(">H")
_COUNT: Final = struct.Struct(">Q")
_LENGTH: Final = struct.Struct(">I")


class Tag(IntEnum):
    CONNECTED = 1
    """`CONNECT_SUCCESS_SID`: the connection is made; its id follows."""
    TAKEN_UP = 2
    """`RECONNECT_SUCCESS_ACK`: it goes on; how many bytes the other end has follows."""
    DATA = 4
    ACKNOWLEDGE = 7
    """How many bytes have arrived in all."""


class Close(IntEnum):
    """Why the relay closes a websocket (`SshRelayCloseCode`)."""

    NORMAL = 1000
    UNKNOWN = 4000
    NO_SUCH_CONNECTION = 4001
    NOTHING_ANSWERS = 4003
    SIGN_IN_AGAIN = 4004
    WRONG_COUNT = 4005
    WRITE_FAILED = 4009
    READ_FAILED = 4010
    WRONG_DATA = 4013
    NOT_ALLOWED = 4033
    NO_MACHINE = 4047
    NO_MACHINE_ANY_MORE = 4051
    FORBIDDEN_BY_ORGANISATION = 4054


class Malformed(SessionError):
    """A frame that is none."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection is made; `id` takes it up again."""

    id: bytes


@dataclass(frozen=True, slots=True)
class TakenUp:
    """The connection goes on; `total` bytes have arrived at the other end."""

    total: int


@dataclass(frozen=True, slots=True)
class Data:
    content: bytes


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`total` bytes have arrived."""

    total: int


Frame: TypeAlias = Connected | TakenUp | Data | Acknowledge


def encode(frame: Frame) -> bytes:
    """The frame as it travels. `Malformed` for more data than a frame holds."""
    match frame:
        case Connected(id):
            return _TAG.pack(Tag.CONNECTED) + _LENGTH.pack(len(id)) + id
        case TakenUp(total):
            return _TAG.pack(Tag.TAKEN_UP) + _COUNT.pack(total)
        case Data(content):
            if len(content) > LARGEST:
                raise Malformed(f"A frame holds at most {LARGEST} bytes, not {len(content)}.")
            return _TAG.pack(Tag.DATA) + _LENGTH.pack(len(content)) + content
        case Acknowledge(total):
            return _TAG.pack(Tag.ACKNOWLEDGE) + _COUNT.pack(total)


def decode(message: bytes) -> Frame | None:
    """What a message says; None for one with a tag that is not known, which says nothing. What stands behind a frame is left out, as
    Google's own client leaves it out. `Malformed` for one that is too short."""
    try:
        (tag,) = _TAG.unpack_from(message)
        match tag:
            case Tag.CONNECTED:
                return Connected(_bytes(message))
            case Tag.TAKEN_UP:
                return TakenUp(_COUNT.unpack_from(message, _TAG.size)[0])
            case Tag.DATA:
                return Data(_bytes(message))
            case Tag.ACKNOWLEDGE:
                return Acknowledge(_COUNT.unpack_from(message, _TAG.size)[0])
    except struct.error as error:
        raise Malformed(f"The relay sent a frame that is too short ({len(message)} bytes).") from error
    return None


def _bytes(message: bytes) -> bytes:
    (length,) = _LENGTH.unpack_from(message, _TAG.size)
    begin = _TAG.size + _LENGTH.size
    if len(message) < begin + length:
        raise Malformed(f"The relay sent a frame of {length} bytes of which {len(message) - begin} are there.")
    return message[begin : begin + length]
