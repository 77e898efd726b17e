"""The command that a person typed, for whoever has to say that there is no such thing where it is asked for."""

from contextvars import ContextVar
from typing import Final

COMMAND: Final = ContextVar("soundstage_command", default="")
"""As it is typed, without `workstation`: `image bake`. Empty for whoever uses the library."""
