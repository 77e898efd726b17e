"""The way from the simulated cloud's calls to the gateway, which is loaded and started when somebody first comes in."""

from pathlib import Path
from typing import TYPE_CHECKING

from soundstage.simulator.answer import Onward

if TYPE_CHECKING:
    from soundstage.simulator.gcp.tunnels.gateway import Gateway, Opening, Resumption
    from soundstage.simulator.stand_in.serving import Due


class Door:
    """See `Gateway`, which it stands before. Called under the cloud's lock."""

    def __init__(self, folder: Path, due: "Due") -> None:
        self._folder = folder
        self._due = due
        self._gateway: Gateway | None = None

    @property
    def _opened(self) -> "Gateway":
        if self._gateway is None:
            from soundstage.simulator.gcp.tunnels.gateway import Gateway

            self._gateway = Gateway(self._folder, self._due)
        return self._gateway

    def admit(self, asked: "Opening | Resumption | tuple[int, str]") -> Onward:
        """Where a websocket goes on that asks for this: a connection, one that was lost, or why there is none."""
        return self._opened.admit(asked)

    def host_keys(self, machine: str) -> list[tuple[str, str]]:
        """The keys by which a machine proves itself by SSH: kind and base64."""
        return self._opened.host_keys(machine)

    def close(self) -> None:
        if self._gateway:
            self._gateway.close()
