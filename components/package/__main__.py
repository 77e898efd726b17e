"""Serves the components to the Pulumi engine, which starts this folder as a plugin."""

import json
import sys
from importlib.metadata import version

from pulumi.provider import main
from pulumi.provider.experimental.component import ComponentProvider

from soundstage.components import aws
from soundstage.components.package.schema import PACKAGE, finished


def provider() -> ComponentProvider:
    """Every component of `soundstage.components.aws`, with the schema that is inferred from it."""
    components = [getattr(aws, name) for name in aws.__all__ if not name.endswith("Args")]
    served = ComponentProvider(components, PACKAGE, version=version(PACKAGE))
    served.schema = json.dumps(finished(json.loads(served.schema or "{}")))
    return served


if __name__ == "__main__":
    main(provider(), sys.argv[1:])
