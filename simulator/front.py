"""What a simulated cloud is to the server that all of them share (`simulator.cloud`): the server carries, keeps and disturbs calls, a
front understands them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from soundstage.core.errors import SimulatorError
from soundstage.simulator.answer import Answer
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.journal import Entry
from soundstage.simulator.orders import Operator


class Call(Protocol):
    """One call, read and with its caller proved."""

    @property
    def action(self) -> str:
        """`<service>:<operation>`, by which faults are set."""

    @property
    def read_only(self) -> bool:
        """Whether it changes nothing, so that it need not be written down."""


class Turned(Exception):
    """Raised where somebody is turned away, with what is answered."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


C = TypeVar("C", bound=Call)


class Front(ABC, Generic[C]):
    """One cloud. All but `read`, `refuse` and `turned_away` happen under the server's lock, one call at a time."""

    closed: tuple[str, ...] = ()
    """Beginnings of paths on which nobody is answered."""
    enforcing: bool = False
    """Whether the cloud's own policies decide what a caller may do. Part of the world."""

    @abstractmethod
    def __init__(self, port: int, operator: Operator) -> None:
        """`operator` are the owner's credentials; the server listens on `port` of loopback."""

    @property
    def ahead(self) -> float:
        """How many seconds this cloud is ahead of the clock of this machine. Part of the world."""
        return 0.0

    def turn(self, until: float, ahead: float) -> None:  # noqa: ARG002
        """Let time pass until `until`, seconds since the epoch; from then on the cloud is `ahead`. Raises `SimulatorError` for a cloud
        whose clock cannot be turned."""
        raise SimulatorError("The clock of this simulated cloud cannot be turned.")

    def mail(self) -> list[dict[str, Any]]:
        """What the cloud sent to people, oldest first: `time`, `to`, `subject`, `text`."""
        return []

    def begin(self, folder: Path, due: Callable[[str], FaultRule | None]) -> None:
        """Called once, when the server is about to answer. `folder` is where files may be kept; `due` says which fault gets what is
        no call, by an action of its own."""

    def end(self) -> None:
        """Called once, when the server ends: let go of what was begun."""

    @property
    @abstractmethod
    def versions(self) -> str:
        """What a world and a journal were made by, and can be read by again."""

    @abstractmethod
    def meet(self, head: Entry) -> Any:
        """Who calls, as far as can be told without the body, which `head` does not have yet. Raises `Turned`."""

    @abstractmethod
    def read(self, visitor: Any, body: bytes) -> C:
        """The call of whom `meet` met. Raises `Turned`."""

    @abstractmethod
    def again(self, entry: Entry) -> C:
        """A call that was executed before, from the journal."""

    @abstractmethod
    def denied(self, call: C) -> Answer | None:
        """The refusal of a call that no policy allows."""

    @abstractmethod
    def execute(self, call: C, entry: Entry) -> Answer:
        """Do it, with ids made from `entry.seed` and at `entry.time`: done again, it gives the same cloud. What changes nothing has
        the number 0."""

    @abstractmethod
    def refuse(self, call: C, kind: str, message: str = "") -> Answer:
        """A refusal in the cloud's words: of a kind of fault, or `unavailable` for the reason given."""

    @abstractmethod
    def turned_away(self, code: str, message: str, status: int) -> Answer:
        """The answer to a request of which nothing is known."""

    def is_unrepeatable(self, call: C) -> bool:  # noqa: ARG002
        """Whether the journal cannot make again what this call made."""
        return False

    @abstractmethod
    def pack(self, number: int) -> bytes:
        """The whole world, up to call `number`."""

    @abstractmethod
    def unpack(self, content: bytes) -> int:
        """Put back what was packed. Returns the number of the last call included."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything."""

    @abstractmethod
    def import_services(self) -> None:
        """Import what most projects need. Not under the lock."""

    @abstractmethod
    def make_services(self) -> None:
        """Make what most projects need, so that their first calls do not wait for it."""


def front_named(name: str) -> type[Front[Any]]:
    """The front that `module:Class` names."""
    from importlib import import_module

    module, _, word = name.partition(":")
    found: type[Front[Any]] = getattr(import_module(module), word)
    return found
