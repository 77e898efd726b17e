"""Write the plan for other tools to read.

`tfplan` is Terraform's plan JSON, which Checkov, Trivy, Infracost and OPA read; `plan` is Soundstage's own, which
`workstation check --plan` reads.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.arguments import EngineName, Target


class Format(StrEnum):
    """What can be written."""

    TFPLAN = "tfplan"
    PLAN = "plan"


FormatName = Annotated[Format, typer.Option("--format", help="The format.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", show_default=False, help="Write here, not to stdout.")
]
State = Annotated[bool, typer.Option("--state", help="What is recorded as it is, instead of what `up` would do.")]


def command(
    target: Target = None,
    format: FormatName = Format.TFPLAN,
    output: Output = None,
    state: State = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.exports import exported, saved, written
    from soundstage.stacks.deployment import open_project

    deployment = open_project(target, engine=engine)
    plan = None if state else deployment.preview().plan
    recorded = deployment.engine.resources()
    document = exported(plan or recorded, format, recorded)
    if output is None:
        return Answer(document, lambda _screen: saved(document))
    written(output, saved(document) + "\n")
    return Answer(subject(deployment.stack) | {"file": str(output)}, say(f"{output}: written."))
