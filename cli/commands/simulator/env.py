"""Print the variables that point AWS tools at it.

It is started when it is not running. Use it as: eval "$(workstation simulator env)". In fish: workstation simulator env --shell fish | source.
"""

from enum import StrEnum
from typing import Annotated

import typer

from soundstage.cli.answer import Answer


class Shell(StrEnum):
    SH = "sh"
    FISH = "fish"


ShellName = Annotated[Shell, typer.Option("--shell", help="Whose syntax to print: sh (bash, zsh) or fish.")]
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", show_default=False, help="Left out: eu-west-1.")
]


def command(shell: ShellName = Shell.SH, region: Region = None) -> Answer:
    from soundstage.cli.display.simulator import exports
    from soundstage.core.home import state_home
    from soundstage.simulator import process

    environment = process.ensure(state_home()).environment()
    if region:
        environment |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return Answer(environment, lambda _screen: exports(environment, shell))
