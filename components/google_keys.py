"""Which services of Google Cloud encrypt with a key of ours."""

from typing import Final

AGENT_SERVICES: Final = ("compute", "storage", "pubsub", "secretmanager", "logging")
"""Each acts in a project as an account of its own, to which the key must be open."""
