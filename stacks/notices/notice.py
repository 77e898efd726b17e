"""One thing that people are told."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["stop", "preemption", "guard", "snapshot", "expiry", "limit", "bake", "webhook", "test"]
URGENT: Final[frozenset[Kind]] = frozenset({"limit", "webhook", "test"})
"""What is told in quiet hours too: it goes on costing money meanwhile, or somebody waits for it."""


@dataclass(frozen=True)
class Notice:
    """`key` names what happened, so that it is told once. `text` is one or two sentences."""

    kind: Kind
    key: str
    text: str

    @property
    def is_urgent(self) -> bool:
        return self.kind in URGENT
