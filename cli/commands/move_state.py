"""Move a project's state to another engine or backend.

On the simulated cloud: from the embedded engine to Pulumi with --engine pulumi, or back. On a real one: change `state` in
studio.yaml and give the old backend with --from. The move is proved by a preview with no changes; otherwise nothing is moved.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import EngineName, Target

From = Annotated[
    str | None, typer.Option("--from", metavar="URL", show_default=False, help="The backend that has the state now.")
]
Secrets = Annotated[str, typer.Option("--secrets", metavar="WAY", help="What encrypts the secrets there.")]


def command(
    target: Target = None, engine: EngineName = None, source: From = None, secrets: Secrets = "passphrase"
) -> Answer:
    from soundstage.components.errors import UsageError
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.moving import move_to_backend, move_to_engine

    deployment = open_project(target, allow_expired=True)
    if (engine is None) == (source is None):
        raise UsageError("Say where to, or where from.", "Give `--engine pulumi`, `--engine embedded` or `--from URL`.")
    if engine is not None:
        moved = move_to_engine(deployment, engine)
    else:
        moved = move_to_backend(deployment, source or "", secrets)
    words = f"{deployment.stack.stack} moved from {moved.source} to {moved.target}: {len(moved.plan)} resources, nothing to change."
    return Answer({"source": moved.source, "target": moved.target, "resources": len(moved.plan)}, say(words))
