"""What a cloud tells about whoever asks and about the account, before anything is changed: the facts that `stacks.preflight` judges."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from soundstage.plan.plan import Plan
from soundstage.projectfile.studio_file import Studio


class Kind(StrEnum):
    """What credentials are."""

    ROOT = "root"
    LONG_LIVED = "long-lived"
    """An access key without an end."""
    SESSION = "session"
    """They end by themselves."""
    RENEWED = "renewed"
    """They end by themselves, and are renewed while a command runs."""
    PERSON_AWAY = "person away"
    """A person's, where nobody is who could sign in again: in a pipeline."""


@dataclass(frozen=True)
class Caller:
    """Whose the credentials are."""

    name: str
    """As the cloud names it: an ARN."""
    kind: Kind = Kind.SESSION
    expires: datetime | None = None
    """When they end, in UTC; None where nobody can tell, and for those that do not end."""
    clock_ahead: float | None = None
    """Seconds that this machine's clock is ahead of the cloud's; None where it did not tell."""
    advice: str = ""
    """What to use instead, in this cloud's words; empty for AWS's."""


PAYER: Final = "who-pays"
"""Stands among the resources of a question for the account that pays, where that is none of the cloud's own resources."""


@dataclass(frozen=True)
class Question:
    """Whether actions are allowed on resources, in a context (key of a condition → its values)."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """An action that the account's policies do not allow."""

    action: str
    explicit: bool = False
    """Whether a policy denies it by name, and not only none allows it."""
    unsure: tuple[str, ...] = ()
    """Keys of conditions that decide and that only the call itself has, such as `aws:SourceIp`. A policy that denies whoever signed in
    without a second factor, or from elsewhere, denies by name where these are missing."""


class Filing(StrEnum):
    """How a request for more stands."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Filed:
    """A request for a larger quota."""

    quota: tuple[str, str]
    wanted: int
    standing: Filing
    status: str
    """In the cloud's own word: `PENDING`, `CASE_OPENED` …"""
    since: datetime | None = None
    """When it was made, in UTC."""


@dataclass(frozen=True)
class Seen:
    """What was seen of an account that every plan needs: that somebody pays for it, that what is called is switched on."""

    told: str
    mend: str = ""
    """What is to be done; empty where nothing is wrong."""


Looks: TypeAlias = Mapping[str, Callable[[Studio, Plan], Iterable[Seen]]]
"""What is looked at, by a word for it (`billing`). The plan is empty before anything is planned. Each raises `CloudError` for what may not be
asked."""


class Facts(Protocol):
    """Every call raises `CloudError` for what the cloud refuses, with its code."""

    looks: Looks

    def caller(self) -> Caller:
        """Whose the credentials are. Raises `PreflightRefused` when they are not accepted."""

    def refused(self, caller: Caller, questions: Sequence[Question]) -> list[Refused]:
        """Which actions of the questions are not allowed; one that any of them finds allowed is."""

    def licence_bucket(self, region: str) -> str:
        """The bucket by which the display of a machine in a region is licensed; empty where it needs none."""

    def cost_tag(self) -> str:
        """How the tag that project budgets count by stands: `Active`, `Inactive`; empty where the cloud has not seen it yet."""
