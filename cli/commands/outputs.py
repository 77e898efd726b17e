"""Print what the last `up` made.

Ids, addresses, bucket names. Secrets are masked.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    from soundstage.cli.display.results import outputs_text
    from soundstage.core.values import masked
    from soundstage.stacks.deployment import open_project

    outputs = masked(open_project(target, engine=engine, allow_expired=True).outputs())
    return Answer(outputs, lambda screen: outputs_text(outputs, screen) or "Nothing is up, so there are no outputs.")
