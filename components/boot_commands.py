"""Boot commands of a program's own, and what is wrong with them, whichever cloud the machine is in."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import pulumi

from soundstage.components.arguments import refuse

_TEXT: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


def command_faults(key: str, commands: Sequence[pulumi.Input[str]]) -> list[str]:
    """What is wrong with boot commands, as far as it shows before anything is made."""
    return [
        fault
        for place, command in enumerate(commands)
        if isinstance(command, str)
        for fault in _command_faults(f"{key}[{place}]", command)
    ]


def _command_faults(at: str, command: str) -> list[str]:
    if command.strip() and _TEXT.fullmatch(command):
        return []
    return [f"{at} is empty or holds control characters; allowed: a command, with \\n between its lines"]


def open_commands(name: str, commands: Sequence[pulumi.Input[str]]) -> pulumi.Output[list[str]]:
    """The commands of the workstation `name`, once none of them is a secret: whoever may describe the machine can read its user
    data.

    `ArgumentError` for a secret comes with the value, and its text is in no message.
    """
    return pulumi.Output.all(
        *[_open(name, f"boot_commands[{place}]", command) for place, command in enumerate(commands)]
    )


def judged(name: str, value: pulumi.Input[str], faults: Callable[[str], list[str]]) -> pulumi.Output[str]:
    """A value of the workstation `name`, refused with `ArgumentError` as soon as it is known and has faults."""

    def judge(known: str) -> str:
        refuse("Workstation", name, faults(known))
        return known

    return pulumi.Output.from_input(value).apply(judge)


def _open(name: str, at: str, command: pulumi.Input[str]) -> pulumi.Output[str]:
    given = pulumi.Output.from_input(command)

    async def judge() -> bool:
        if await given.is_secret():
            shown = f"{at} is a secret, which the machine's user data would show; fetch it on the machine"
            refuse("Workstation", name, [shown])
        return True

    open_text = pulumi.Output.all(given, judge()).apply(lambda known: str(known[0]))
    return judged(name, open_text, lambda known: _command_faults(at, known))
