"""What our end does when it is ended, or has no line, against a relay that only opens connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from soundstage.core.errors import SessionError
from soundstage.sessions.iap.frames import SUBPROTOCOL, Close, Connected, TakenUp, encode
from soundstage.sessions.iap.relay import Port, Relay, Service, opened

BOUND = 60.0
PORT = Port("studio", "europe-west4-a", "edit-1", 22)


class Opens:
    """A relay that opens connections, and notes how each websocket was closed."""

    def __init__(self) -> None:
        self.address = ""
        self.here: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.closed: asyncio.Queue[int | None] = asyncio.Queue()

    async def visit(self, line: ServerConnection) -> None:
        again = line.request is not None and "/reconnect" in line.request.path
        await line.send(encode(TakenUp(0) if again else Connected(b"1")))
        self.here.put_nowait(line)
        await line.wait_closed()
        self.closed.put_nowait(line.close_code)


@contextlib.asynccontextmanager
async def relay() -> AsyncIterator[Opens]:
    made = Opens()
    async with (
        asyncio.timeout(BOUND),
        serve(made.visit, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as server,
    ):
        made.address = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v4"
        yield made


async def ignored(_content: bytes) -> None:
    return


def test_a_connection_that_was_ended_by_a_hang_up_stayed_open_at_the_machine() -> None:
    """`ssh` ends its ProxyCommand by a hang-up: each time the machine's side was left to wait for somebody to come back."""

    async def hung_up() -> int | None:
        async with relay() as there:
            made = asyncio.Event()

            async def stay() -> None:
                async with opened(Relay(Service(there.address, lambda: "token"), PORT, ignored)):
                    made.set()
                    await asyncio.Event().wait()

            staying = asyncio.create_task(stay())
            await made.wait()
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)
            return await there.closed.get()

    assert asyncio.run(hung_up()) == Close.NORMAL


def test_a_connection_was_given_up_where_no_token_could_be_fetched_while_the_line_was_away() -> None:
    """A laptop that wakes up with a token that is over asks for another before its network is back."""
    asked: list[str] = []

    def token() -> str:
        asked.append("token")
        if len(asked) == 2:
            raise ConnectionError("Google gives no new token")
        return asked[0]

    async def woken() -> None:
        async with relay() as there, opened(Relay(Service(there.address, token), PORT, ignored)):
            (await there.here.get()).transport.abort()
            await there.here.get()

    asyncio.run(woken())


@pytest.mark.parametrize("proxy", ["ana:secret@proxy.example:3128", "socks5h://ana:secret@proxy.example:1080"])
def test_a_proxy_that_cannot_be_used_ended_in_a_traceback(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WSS_PROXY", "SOCKS_PROXY", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    way = Relay(Service("wss://relay.example/v4", lambda: "token"), PORT, ignored)
    with pytest.raises(SessionError, match="proxy") as found:
        asyncio.run(way.hold())
    assert "secret" not in f"{found.value.message} {found.value.hint}"
    assert "http://HOST:PORT" in found.value.hint
