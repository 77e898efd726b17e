"""Say what a project costs, or any plan.

An hour while its machines work, the first and the twelfth month by the project's own hours, a month with machines stopped, and a month
after `down`. What a plan does not say is assumed, shown, and set under `cost` in the project file or with --assume. --plan reads a saved
plan, `workstation preview --json`, `pulumi preview --json --show-sames` or `pulumi stack export`, ours or not; --against says what differs
from another one. What has no price is listed, and then every sum is at least so much.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


class Format(StrEnum):
    """What is printed for a person."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"


PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", show_default=False, help="Price the plan in this file.")
]
Against = Annotated[
    Path | None, typer.Option("--against", metavar="FILE", show_default=False, help="Say what differs from the plan in this file.")
]  # fmt: skip
Assume = Annotated[
    list[str] | None, typer.Option("--assume", metavar="NAME=NUMBER", help="Take this for an assumption; repeat for more.")
]  # fmt: skip
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", show_default=False, help="With --plan: where resources are that name none.")
]  # fmt: skip
FormatName = Annotated[
    Format, typer.Option("--format", help="markdown: for a pull request, with what differs from --against or from what is up.")
]  # fmt: skip
Every = Annotated[bool, typer.Option("--all", help="Also show lines of less than a dollar a month.")]


def command(
    target: Target = None,
    plan: PlanFile = None,
    against: Against = None,
    assume: Assume = None,
    region: Region = None,
    format: FormatName = Format.TERMINAL,
    every: Every = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.costing import Asked, priced

    return priced(Asked(target, plan, against, tuple(assume or ()), region, engine)).answer(format, every=every)
