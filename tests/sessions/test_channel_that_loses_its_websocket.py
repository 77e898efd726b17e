"""Two ends of a channel, joined by websockets that break at every place."""

import asyncio
import random

import pytest

from soundstage.sessions.channel import Channel, Ended, Lost, closing
from soundstage.sessions.message import Kind, Message, decode

BOUND = 20.0


class Cable:
    """One websocket in memory: both ways in order, cut after so many frames, the last of them lost or not."""

    def __init__(self, life: int, *, loses_last: bool) -> None:
        self.life = life
        self.loses_last = loses_last
        self.cut = asyncio.Event()
        self.frames: dict[str, asyncio.Queue[bytes]] = {"a": asyncio.Queue(), "b": asyncio.Queue()}

    def end(self, to: str) -> "End":
        return End(self, to)

    async def pass_on(self, to: str, content: bytes) -> None:
        if self.cut.is_set():
            raise Lost
        self.life -= 1
        if self.life <= 0:
            self.cut.set()
            if self.loses_last:
                raise Lost
        self.frames[to].put_nowait(content)
        await asyncio.sleep(0)


class End:
    def __init__(self, cable: Cable, to: str) -> None:
        self.cable = cable
        self.to = to

    async def send(self, content: bytes) -> None:
        await self.cable.pass_on(self.to, content)


async def pump(cable: Cable, channel: Channel, name: str) -> None:
    """Hand an end what comes over the cable until it is cut; what was on its way arrives still."""
    frames = cable.frames[name]
    while not (cable.cut.is_set() and frames.empty()):
        getting = asyncio.create_task(frames.get())
        cutting = asyncio.create_task(cable.cut.wait())
        await asyncio.wait((getting, cutting), return_when=asyncio.FIRST_COMPLETED)
        cutting.cancel()
        if getting.done():
            await channel.feed(getting.result())
        else:
            getting.cancel()


async def exchange(lives: list[int], count: int, *, loses_last: bool, window: int = 16) -> tuple[Channel, Channel]:
    """Send numbered messages both ways over cables of these lives, the last one endless; everything must arrive once, in order."""
    arrived: dict[str, list[bytes]] = {"a": [], "b": []}

    def receiver(name: str):  # type: ignore[no-untyped-def]
        async def deliver(message: Message) -> None:
            arrived[name].append(message.payload)

        return deliver

    a = Channel(Kind.INPUT, receiver("a"), window=window)
    b = Channel(Kind.OUTPUT, receiver("b"), window=window)
    payloads = [number.to_bytes(4, "big") for number in range(count)]

    async def say(channel: Channel) -> None:
        for payload in payloads:
            await channel.send(payload)

    async def lines() -> None:
        for life in [*lives, 1 << 60]:
            cable = Cable(life, loses_last=loses_last)
            ends = (cable.end("b"), cable.end("a"))
            pumps = [asyncio.create_task(pump(cable, a, "a")), asyncio.create_task(pump(cable, b, "b"))]
            await asyncio.gather(a.attach(ends[0]), b.attach(ends[1]))
            await asyncio.gather(*pumps)
            a.detach(ends[0])
            b.detach(ends[1])

    async with asyncio.timeout(BOUND), a.working(), b.working():
        laying = asyncio.create_task(lines())
        await asyncio.gather(say(a), say(b))
        assert await a.settled(BOUND)
        assert await b.settled(BOUND)
        laying.cancel()
    assert arrived["a"] == payloads
    assert arrived["b"] == payloads
    return a, b


@pytest.mark.parametrize("loses_last", [True, False])
@pytest.mark.parametrize("life", range(1, 25))
def test_nothing_is_lost_doubled_or_out_of_order_when_cut_after_any_message(life: int, loses_last: bool) -> None:
    asyncio.run(exchange([life], 8, loses_last=loses_last))


def test_nothing_is_lost_when_cut_at_each_message() -> None:
    a, _ = asyncio.run(exchange([3] * 100, 60, loses_last=True))
    assert a.counts.websockets > 20


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_when_cut_at_random(seed: int) -> None:
    lives = [random.Random(seed * 100 + place).randint(1, 60) for place in range(12)]
    asyncio.run(exchange(lives, 120, loses_last=bool(seed % 2)))


def test_a_window_that_is_full_waits_and_goes_on() -> None:
    async def scene() -> None:
        held: list[bytes] = []

        class Line:
            async def send(self, content: bytes) -> None:
                held.append(content)

        async def deliver(_: Message) -> None:
            raise AssertionError("nothing is sent to this end")

        channel = Channel(Kind.INPUT, deliver, window=3)
        await channel.attach(Line())
        for _ in range(3):
            await channel.send(b"x")
        fourth = asyncio.create_task(channel.send(b"y"))
        await asyncio.sleep(0)
        assert not fourth.done()
        other = Channel(Kind.OUTPUT, lambda _: asyncio.sleep(0))
        told: list[bytes] = []

        class Back:
            async def send(self, content: bytes) -> None:
                told.append(content)

        async with other.working():
            await other.attach(Back())
            await other.feed(held[0])
            await other.drained()
        await channel.feed(told[0])
        await asyncio.wait_for(fourth, BOUND)
        assert [decode(each).number for each in held] == [0, 1, 2, 3]

    asyncio.run(scene())


def test_a_reader_who_is_slow_keeps_his_message_unacknowledged() -> None:
    async def scene() -> None:
        taken, told = asyncio.Event(), list[bytes]()

        class Line:
            async def send(self, content: bytes) -> None:
                told.append(content)

        async def deliver(_: Message) -> None:
            await taken.wait()

        sent = list[bytes]()

        class Out:
            async def send(self, content: bytes) -> None:
                sent.append(content)

        machine = Channel(Kind.OUTPUT, deliver)
        await machine.attach(Out())
        await machine.send(b"frame")
        slow = Channel(Kind.INPUT, deliver)
        async with asyncio.timeout(BOUND), slow.working():
            await slow.attach(Line())
            await slow.feed(sent[0])
            await slow.feed(sent[0])
            await asyncio.sleep(0)
            assert told == []
            taken.set()
            await slow.drained()
            assert [decode(each).kind for each in told] == ["acknowledge"]
            await slow.feed(sent[0])
            assert len(told) == 2  # the acknowledgement may have been lost

    asyncio.run(scene())


def test_a_session_that_the_machine_ends_says_why_and_takes_nothing_more() -> None:
    async def scene() -> None:
        channel = Channel(Kind.INPUT, lambda _: asyncio.sleep(0))
        await channel.feed(closing("s", "i-1", "the machine stops"))
        assert channel.closed_there
        with pytest.raises(Ended, match="the machine stops"):
            await channel.send(b"x")

    asyncio.run(scene())


def test_a_pause_holds_messages_back_and_any_answer_ends_it() -> None:
    async def scene() -> None:
        sent = list[bytes]()

        class Line:
            async def send(self, content: bytes) -> None:
                sent.append(content)

        from time import time
        from uuid import uuid4

        from soundstage.sessions.message import encode

        channel = Channel(Kind.INPUT, lambda _: asyncio.sleep(0))
        await channel.attach(Line())
        for kind, expected in ((Kind.PAUSE, 0), (Kind.START, 1)):
            await channel.feed(encode(Message(str(kind), 0, b"", uuid4(), int(time() * 1000))))
            await channel.send(b"x")
            assert len(sent) == expected

    asyncio.run(scene())
