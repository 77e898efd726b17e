"""Messages and frames as bytes, against the published layout and against each other."""

import contextlib
import hashlib
import struct
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.core.errors import SessionError
from soundstage.sessions.message import Kind, Malformed, Message, decode, encode
from soundstage.sessions.streams import LARGEST, Command, Frame, Frames, frame_bytes

MESSAGES = st.builds(
    Message,
    kind=st.sampled_from([str(kind) for kind in Kind]),
    number=st.integers(-(2**63), 2**63 - 1),
    payload=st.binary(max_size=3000),
    id=st.uuids(),
    created=st.integers(1, 2**63 - 1),
    payload_type=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 2**64 - 1),
    schema=st.integers(0, 2**32 - 1),
)
FRAMES = st.builds(Frame, st.sampled_from(Command), st.integers(0, 2**32 - 1), st.binary(max_size=2000))


@given(MESSAGES)
def test_a_message_survives_the_wire(message: Message) -> None:
    assert decode(encode(message)) == message


@given(MESSAGES)
def test_each_field_lies_where_the_layout_says(message: Message) -> None:
    raw = encode(message)
    assert struct.unpack_from("!I", raw, 0) == (116,)
    assert raw[4:36] == message.kind.encode().ljust(32)
    assert struct.unpack_from("!IQqQ", raw, 36) == (message.schema, message.created, message.number, message.flags)
    assert raw[64:72] == message.id.bytes[8:]
    assert raw[72:80] == message.id.bytes[:8]
    assert raw[80:112] == hashlib.sha256(message.payload).digest()
    assert struct.unpack_from("!II", raw, 112) == (message.payload_type, len(message.payload))
    assert raw[120:] == message.payload


@given(MESSAGES, st.data())
def test_a_payload_that_was_altered_or_cut_is_refused(message: Message, data: st.DataObject) -> None:
    raw = bytearray(encode(message))
    with pytest.raises(Malformed):
        decode(bytes(raw[: data.draw(st.integers(0, len(raw) - 1))]))
    if message.payload:
        raw[data.draw(st.integers(120, len(raw) - 1))] ^= 0xFF
        with pytest.raises(Malformed):
            decode(bytes(raw))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_refused_in_words(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(raw)


def test_a_message_made_at_no_time_is_not_sent() -> None:
    with pytest.raises(Malformed):
        encode(Message("acknowledge", 0, b"", UUID(int=1), created=0))


def test_a_name_filled_up_with_zero_bytes_is_read_too() -> None:
    raw = bytearray(encode(Message("acknowledge", 0, b"", UUID(int=1), created=1)))
    raw[4:36] = b"acknowledge".ljust(32, b"\0")
    assert decode(bytes(raw)).kind == Kind.ACKNOWLEDGE


@given(st.lists(FRAMES, max_size=8), st.integers(1, 700))
def test_frames_cut_anywhere_come_together_again(frames: list[Frame], piece: int) -> None:
    raw = b"".join(map(frame_bytes, frames))
    reader = Frames()
    found = [frame for start in range(0, len(raw), piece) for frame in reader.feed(raw[start : start + piece])]
    assert found == frames


@given(st.binary(min_size=8, max_size=60))
def test_any_bytes_are_frames_or_refused_in_words(raw: bytes) -> None:
    with contextlib.suppress(SessionError):
        list(Frames().feed(raw))


def test_a_frame_is_little_endian_as_smux_has_it() -> None:
    assert frame_bytes(Frame(Command.DATA, 3, b"abc")) == bytes([1, 2, 3, 0, 3, 0, 0, 0]) + b"abc"


def test_a_frame_that_would_not_fit_is_not_sent() -> None:
    with pytest.raises(SessionError):
        frame_bytes(Frame(Command.DATA, 3, bytes(LARGEST + 1)))
