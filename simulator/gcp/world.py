"""What the simulated Google Cloud holds, as plain values: one dictionary by path, so that it is saved as JSON."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from soundstage.simulator.bodies import Body, Content, shelf

Thing = dict[str, Any]


@dataclass
class World:
    """Paths are those of the API's address, such as `/compute/v1/projects/p/global/networks/n`."""

    things: dict[str, Thing] = field(default_factory=dict)
    policies: dict[str, Thing] = field(default_factory=dict)
    """What is bound to a path."""
    operations: dict[str, Thing] = field(default_factory=dict)
    pending: list[list[Any]] = field(default_factory=list)
    """What happens by itself: when (seconds since the epoch), what (`operations.EFFECTS`), to which path, with which words. By time."""
    asked: dict[str, str] = field(default_factory=dict)
    """`requestId` with its method and path → the operation that answered it."""
    blobs: dict[str, Content] = field(default_factory=dict)
    """Contents of objects, and of uploads that are under way."""
    uploads: dict[str, Thing] = field(default_factory=dict)
    enforcing: bool = False
    ahead: float = 0.0
    quotas: dict[str, float] = field(default_factory=dict)
    """Limits that somebody set, by metric."""

    def below(self, path: str, collection: str) -> list[Thing]:
        """What is directly in a collection of a path, in the order of names."""
        start = f"{path}/{collection}/" if collection else f"{path}/"
        return [
            self.things[key] for key in sorted(self.things) if key.startswith(start) and "/" not in key[len(start) :]
        ]


def pack(world: World) -> bytes:
    """As bytes."""
    told = dict(vars(world))
    told["blobs"] = {key: _told(content) for key, content in world.blobs.items()}
    return json.dumps(told, separators=(",", ":")).encode()


def unpack(content: bytes) -> World:
    """What `pack` packed."""
    told = json.loads(content)
    told["blobs"] = {key: _held(text) for key, text in told["blobs"].items()}
    return World(**told)


def _told(content: Content) -> str | list[Any]:
    return shelf().told(content) if isinstance(content, Body) else base64.b64encode(content).decode()


def _held(told: str | list[Any]) -> Content:
    return base64.b64decode(told) if isinstance(told, str) else shelf().as_told(told)
