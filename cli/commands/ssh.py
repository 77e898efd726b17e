"""Open a shell on a machine, or run a command there.

For example: workstation ssh edit-1 -- df -h /data. The computer's own ssh does it, through a session: the machine needs no open
port, its host key is known beforehand, and the key that is used counts for one minute.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Machine, OfProject, Yes

Command = Annotated[
    list[str] | None,
    typer.Argument(metavar="COMMAND", show_default=False, help="What to run there, after `--`. Left out: a shell."),
]
Stdio = Annotated[
    bool, typer.Option("--stdio", help="Be the connection on standard input and output: for `ssh-config`.")
]


def command(
    machine: Machine = None,
    words: Command = None,
    project: OfProject = None,
    yes: Yes = False,
    stdio: Stdio = False,
) -> Answer:
    from soundstage.cli.answer import say, subject
    from soundstage.cli.entering import door_to
    from soundstage.stacks.entry.shell import carry_standard_streams, run_ssh
    from soundstage.stacks.entry.ssh_config import key_folder

    code = 0
    with door_to(project, machine, yes=yes) as (deployment, door):
        if stdio:
            carry_standard_streams(door, key_folder(deployment, door.machine.name))
        else:
            code = run_ssh(door, words or ())
    return Answer(
        subject(deployment.stack) | {"machine": door.machine.name, "exit_code": code}, say(""), exit_code=code
    )
