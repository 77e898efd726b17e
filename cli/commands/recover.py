"""Settle what a killed command left in the middle.

Finds the operations that were begun and never answered, asks the cloud what became of them, and puts it on record. On the
simulated cloud the next `up` or `down` does this by itself. On a real one, look in its console for each resource that was being
made, and say what you found with --made or --not-made.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Target

Made = Annotated[
    list[str] | None,
    typer.Option("--made", metavar="NAME=ID", help="A resource that is there, with its id; repeat for more."),
]
NotMade = Annotated[bool, typer.Option("--not-made", help="All others that were being made are not there.")]


def command(target: Target = None, made: Made = None, not_made: NotMade = False) -> Answer:
    from dataclasses import asdict

    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.recovering import recover

    done = recover(open_project(target, allow_expired=True), made or [], not_made=not_made)
    words = [f"{one.name} {one.told}." for one in done] or ["Nothing was left in the middle."]
    return Answer([asdict(one) for one in done], say("\n".join(words)))
