"""The one program that a session document names: run, and what it printed."""

import asyncio
from dataclasses import dataclass
from typing import Final

from soundstage.core.errors import SessionError
from soundstage.sessions.message import Payload
from soundstage.sessions.session import Calls, Request, Tell, opened, silent

_MOST_OUTPUT: Final = 1 << 20
_PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Printed:
    """What a program printed. `exit_code` is None where the agent does not tell it."""

    output: bytes
    errors: bytes
    exit_code: int | None


async def run_program(calls: Calls, request: Request, *, seconds: float = 60.0, tell: Tell = silent) -> Printed:
    """Run it, for at most so many seconds. `SessionError` when it takes longer or prints more than a mebibyte."""
    printed = {Payload.OUTPUT: bytearray(), Payload.STDERR: bytearray(), Payload.EXIT_CODE: bytearray()}

    async def receive(type: Payload, data: bytes) -> None:
        if type in printed:
            printed[type] += data
            if len(printed[type]) > _MOST_OUTPUT:
                session.channel.end("The program on the machine prints without end.")

    async with opened(calls, request, receive, tell=tell, patience=_PATIENCE) as session:
        await session.ready()
        try:
            async with asyncio.timeout(seconds):
                await session.channel.ended.wait()
                await session.channel.drained()
        except TimeoutError as error:
            raise SessionError(f"The program on the machine did not end within {seconds:.0f} seconds.") from error
    code = bytes(printed[Payload.EXIT_CODE]).strip()
    return Printed(
        bytes(printed[Payload.OUTPUT]), bytes(printed[Payload.STDERR]), int(code) if code.isdigit() else None
    )
