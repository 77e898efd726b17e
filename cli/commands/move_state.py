"""Move a project's state to another engine or backend.

On the simulated cloud: from the embedded engine to Pulumi with --engine pulumi, or back. On a real one: change `state` in
studio.yaml and give the old backend with --from; move the studio's own state first (`workstation studio move-state`). The move
is checked by a preview with no changes; otherwise nothing is moved.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, From, SecretsThere, Target


def command(
    target: Target = None, engine: EngineName = None, source: From = None, secrets: SecretsThere = "passphrase"
) -> Answer:
    from soundstage.cli.stack_answers import moved
    from soundstage.stacks.deployment import open_project

    return moved(open_project(target, allow_expired=True), engine, source, secrets)
