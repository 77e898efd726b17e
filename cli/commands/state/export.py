"""Print the state in Pulumi's own deployment format.

It can be read by `pulumi stack import`. Secrets in it stay encrypted.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


def command(target: Target = None, engine: EngineName = None) -> Answer:
    import json

    from soundstage.stacks.deployment import open_project

    document = open_project(target, engine=engine, allow_expired=True).engine.export()
    return Answer(document, lambda _screen: json.dumps(document, indent=2))
