"""Draw who gets in, what they reach, and where the media are.

The picture shows what `up` would make, with its budget and hours, for people who do not read clouds. Without --output it goes to stdout, as SVG; a terminal gets it in words.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target
from soundstage.plan.diagram import Format

FormatName = Annotated[
    Format | None, typer.Option("--format", show_default=False, help="Left out: by the ending of FILE, or else svg.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", show_default=False, help="Write here: .svg, .html or .mmd (Mermaid)."
    ),
]
State = Annotated[bool, typer.Option("--state", help="What is recorded as it is, instead of what `up` would make.")]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        show_default=False,
        help="Draw a saved preview, also one of `pulumi preview --json --show-sames`.",
    ),
]


def command(
    target: Target = None,
    format: FormatName = None,
    output: Output = None,
    state: State = False,
    plan: PlanFile = None,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.drawings import drawn, format_of, plan_to_draw

    wanted = format_of(output, format)
    return drawn(*plan_to_draw(target, plan, state=state, engine=engine), wanted, output)
