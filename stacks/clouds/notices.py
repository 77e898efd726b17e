"""How a cloud tells people something, and keeps the address of their chat."""

from typing import Protocol


class Notices(Protocol):
    """How a studio's people are told something."""

    def publish(self, topic: str, subject: str, text: str) -> None:
        """Tell everybody who reads a topic. `subject` is ASCII, at most 100 characters."""

    def readers(self, topic: str) -> dict[str, bool]:
        """The e-mail addresses that a topic goes to, and whether each has confirmed that it wants to read it."""

    def webhook(self, studio: str) -> str:
        """The secret address of the studio's chat; empty where none is set."""

    def keep_webhook(self, studio: str, topic: str, address: str) -> None:
        """Keep it, encrypted with the key of the studio's topic; empty forgets it."""

    def spent(self, budget: str) -> tuple[float, float] | None:
        """US dollars that a budget has counted this month, and its limit; None where there is no such budget."""
