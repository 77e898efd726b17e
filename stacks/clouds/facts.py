"""What a cloud tells about whoever asks and about the account, before anything is changed: the facts that `stacks.preflight` judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What credentials are."""

    ROOT = "root"
    LONG_LIVED = "long-lived"
    """An access key without an end."""
    SESSION = "session"
    """They end by themselves."""


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


class Facts(Protocol):
    """Every call raises `CloudError` for what the cloud refuses, with its code."""

    def caller(self) -> Caller:
        """Whose the credentials are. Raises `PreflightRefused` when they are not accepted."""

    def refused(self, caller: Caller, questions: Sequence[Question]) -> list[Refused]:
        """Which actions of the questions are not allowed; one that any of them finds allowed is."""

    def licence_bucket(self, region: str) -> str:
        """The bucket by which the display of a machine in a region is licensed; empty where it needs none."""

    def cost_tag(self) -> str:
        """How the tag that project budgets count by stands: `Active`, `Inactive`; empty where the cloud has not seen it yet."""
