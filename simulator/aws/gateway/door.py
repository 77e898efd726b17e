"""The way from the simulated cloud's calls to the gateway, which is loaded and started when the first session is opened."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from soundstage.simulator.faultrules import FaultRule

if TYPE_CHECKING:
    from soundstage.simulator.aws.gateway.gateway import Gateway, Opening


class Door:
    """See `Gateway`, which it stands before. Called under the cloud's lock."""

    def __init__(self, folder: Path, due: Callable[[str], FaultRule | None]) -> None:
        self._folder = folder
        self._due = due
        self._gateway: Gateway | None = None

    def admit(self, opening: "Opening") -> tuple[str, str]:
        """Open a session: the token and the address of its websocket."""
        if self._gateway is None:
            from soundstage.simulator.aws.gateway.gateway import Gateway

            self._gateway = Gateway(self._folder, self._due)
        return self._gateway.admit(opening)

    def again(self, session: str) -> tuple[str, str] | None:
        """Another token of a session; None when it is over."""
        return self._gateway.again(session) if self._gateway else None

    def is_open(self, session: str) -> bool:
        return self._gateway is not None and self._gateway.is_open(session)

    def end(self, session: str) -> None:
        if self._gateway:
            self._gateway.end(session)

    def close(self) -> None:
        if self._gateway:
            self._gateway.close()
