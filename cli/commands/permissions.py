"""Print the smallest IAM policy for working with a project.

With it the project can be brought up, used and torn down, and nothing else. `--for up`, `--for down` and `--for daily`
(status, stop, start) print a part of it; `--for change` adds what a changed project file and `up --refresh` need, `--for park` what
`park` needs besides, and `--for delete-media` what `down --delete-media` needs. The studio is not included: add `--studio` for the
person who brings it up. `--for bake` prints the policy of whoever bakes the studio's images, which reaches no project, and
`--for notices` that of the job that tells people what happened; `--for bill` adds what `cost --advice` and `cost --actual` need, and whoever
has that on AWS sees the bill of the whole account. `--for orphans` adds what `orphans` asks of the account, and lets `orphans --clean` delete what is tagged
as this project's.

Where one policy would be longer than IAM allows, `json` prints a list of policies and `terraform` several resources. Roles can be
written only under the boundary that the studio's stack makes, so the studio has to be up first.

On Google Cloud it is a custom role: `json` prints the file that `gcloud iam roles create --file` takes, and the table says what to type.
Budgets and organisation policies belong to what is above the project, and take a role there.
"""

from enum import StrEnum
from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, Target


class Purpose(StrEnum):
    """What the policy is for."""

    UP = "up"
    DOWN = "down"
    DAILY = "daily"
    CHANGE = "change"
    PARK = "park"
    DELETE_MEDIA = "delete-media"
    BAKE = "bake"
    BILL = "bill"
    NOTICES = "notices"
    ORPHANS = "orphans"


class Form(StrEnum):
    """How the policy is printed."""

    TABLE = "table"
    JSON = "json"
    TERRAFORM = "terraform"


Purposes = Annotated[
    list[Purpose] | None,
    typer.Option("--for", show_default=False, help="Only this; repeat for more. Left out: up, down and daily."),
]
Format = Annotated[Form, typer.Option("--format", help="The actions and their reasons, or the policy to attach.")]
OfStudio = Annotated[bool, typer.Option("--studio", help="The permissions for the studio's own stack instead.")]


def command(
    target: Target = None,
    for_: Purposes = None,
    format: Format = Form.TABLE,
    studio: OfStudio = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.display.permissions import permissions_document, permissions_text
    from soundstage.core.errors import UsageError
    from soundstage.projectfile.cloud_limits import refuse_command
    from soundstage.stacks.account.permissions import BAKE, NOTICES, PURPOSES, permissions_of
    from soundstage.stacks.deployment import open_project

    purposes = [purpose.value for purpose in for_ or ()] or PURPOSES
    alone = next((word for word in (BAKE, NOTICES) if word in purposes), "")
    if alone and len(set(purposes)) > 1:
        raise UsageError(
            f"`--for {alone}` is another person's policy, and cannot be printed together with that of a project's operator.",
            f"Print it alone: `workstation permissions --for {alone}`.",
        )
    deployment = open_project(target, engine=engine, allow_expired=True)
    for word in purposes:
        refuse_command(deployment.project.cloud, word)
        refuse_command(deployment.project.cloud, f"permissions --for {word}")
    found = permissions_of(deployment, purposes, studio=studio)
    stack = deployment.home.stack if studio or alone else deployment.stack
    return Answer(
        subject(stack) | permissions_document(found),
        lambda screen: permissions_text(found, format, screen, deployment.typed),
    )
