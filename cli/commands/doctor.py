"""Check what is in the way of `up`, and say how to mend it.

Changes nothing. It looks at the credentials, the permissions that this project takes, the account's quotas, machine types, images, the
display's licence, cost tag and budget, the clock, the disk and the engine, all at once. `up` makes the same checks before it asks.
Exit code 4 when one fails. A check that these credentials may not make is shown as not checked.

`--request-quota` asks AWS for as much as the project needs where a quota is too small, and `--watch` waits for the answer.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import EngineName, Target

Request = Annotated[bool, typer.Option("--request-quota", help="Ask for more where a quota is too small.")]
Watch = Annotated[bool, typer.Option("--watch", help="Wait until requests for more are answered.")]


def command(
    target: Target = None, request_quota: Request = False, watch: Watch = False, engine: EngineName = None
) -> Answer:
    from soundstage.cli.display.doctor import findings_document, findings_text
    from soundstage.cli.progress import Progress
    from soundstage.projectfile.cloud_limits import refuse_command
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.preflight import waiting
    from soundstage.stacks.preflight.finding import failed
    from soundstage.stacks.preflight.run import examine

    deployment = open_project(target, engine=engine)
    if request_quota:
        refuse_command(deployment.project.cloud, "doctor --request-quota")
    found = examine(deployment)
    short, filed = waiting.short(found), []
    if request_quota and short:
        filed = waiting.request(deployment.cloud.quotas, short)
    if watch and short:
        with Progress(len(short)) as progress:
            waiting.wait(deployment, short, progress)
    if short and (request_quota or watch):
        found = examine(deployment)
    return Answer(
        subject(deployment.stack) | findings_document(found, filed),
        lambda screen: findings_text(found, filed, deployment, screen),
        exit_code=4 if failed(found) else 0,
    )
