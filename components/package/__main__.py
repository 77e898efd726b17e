"""Serves the components to the Pulumi engine, which starts this as a plugin."""

import sys
from importlib.metadata import version

from pulumi.provider import main

from soundstage.components.package.provider import SoundstageProvider
from soundstage.components.package.schema import PACKAGE


def serve() -> None:
    """Answer the engine, whose address is the first argument, until it ends."""
    main(SoundstageProvider(version(PACKAGE)), sys.argv[1:])


if __name__ == "__main__":
    serve()
