"""What travels through Google's relay, and what either end keeps of it."""

import random
import struct

import pytest

from soundstage.sessions.iap.flow import ACKNOWLEDGE_AFTER, Flow, WrongCount
from soundstage.sessions.iap.frames import (
    LARGEST,
    Acknowledge,
    Connected,
    Data,
    Frame,
    Malformed,
    TakenUp,
    decode,
    encode,
)


@pytest.mark.parametrize(
    ("frame", "packed"),
    [
        (Connected(b"sid"), struct.pack(">HI3s", 1, 3, b"sid")),
        (TakenUp(2**40), struct.pack(">HQ", 2, 2**40)),
        (Data(b"hello"), struct.pack(">HI5s", 4, 5, b"hello")),
        (Acknowledge(17), struct.pack(">HQ", 7, 17)),
    ],
)
def test_a_frame_is_packed_as_googles_own_client_packs_it(frame: Frame, packed: bytes) -> None:
    assert encode(frame) == packed
    assert decode(packed) == frame


def test_what_stands_behind_a_frame_is_left_out() -> None:
    assert decode(encode(Data(b"film")) + b"more") == Data(b"film")


def test_a_tag_that_nobody_knows_says_nothing() -> None:
    assert decode(struct.pack(">HI", 10, 4001)) is None


@pytest.mark.parametrize("message", [b"", b"\0", b"\0\4\0\0\0\5hell", b"\0\4\0\0", b"\0\7\0\0\0\1"])
def test_a_frame_that_is_too_short_is_refused(message: bytes) -> None:
    with pytest.raises(Malformed, match="bytes"):
        decode(message)


def test_more_than_a_frame_holds_is_not_sent() -> None:
    with pytest.raises(Malformed, match="at most 16384"):
        encode(Data(bytes(LARGEST + 1)))


def _content(frames: list[bytes]) -> bytes:
    return b"".join(frame.content for frame in map(decode, frames) if isinstance(frame, Data))


def test_no_byte_is_lost_or_doubled_wherever_the_line_is_cut() -> None:
    """What is sent again begins behind the last byte that the other end has, in the middle of a frame as well."""
    chance = random.Random(7)
    sent = bytes(chance.randrange(256) for _ in range(300))
    for arrived in range(len(sent) + 1):
        flow, place = Flow(), 0
        while place < len(sent):
            size = chance.randrange(1, 60)
            flow.send(sent[place : place + size])
            place += size
        flow.confirm(arrived)
        assert _content(flow.again()) == sent[arrived:]
        assert (flow.confirmed, flow.sent) == (arrived, len(sent))


@pytest.mark.parametrize("total", [3, 11], ids=["less-than-before", "more-than-was-sent"])
def test_an_acknowledgement_that_cannot_be_is_refused(total: int) -> None:
    flow = Flow()
    flow.send(b"0123456789")
    flow.confirm(4)
    with pytest.raises(WrongCount, match=f"{total} bytes"):
        flow.confirm(total)


def test_what_has_arrived_is_told_once_and_in_time() -> None:
    flow = Flow()
    flow.take(ACKNOWLEDGE_AFTER)
    assert flow.due() is None
    flow.take(1)
    assert flow.due() == encode(Acknowledge(ACKNOWLEDGE_AFTER + 1))
    assert flow.due(all=True) is None
    flow.take(1)
    assert flow.due(all=True) == encode(Acknowledge(ACKNOWLEDGE_AFTER + 2))
