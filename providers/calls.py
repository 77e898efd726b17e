"""Calls to a cloud: retried where that helps, and refused in words where it does not."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from soundstage.core.errors import CloudError
from soundstage.core.wrong_clock import HINT, WRONG_CLOCK, wrong_clock
from soundstage.providers.cloud_codes import (
    DENIED,
    DISK_QUOTA,
    DISK_QUOTA_HINT,
    EXPIRED,
    GOOGLE_QUOTA,
    NO_CAPACITY,
    QUOTA,
    THROTTLED,
    WRONG_KEY,
    forbidden_by_organisation,
    no_capacity,
    passes,
)

ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_PAGES: Final = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("nextPageToken", "pageToken"),
    ("NextPageToken", "NextPageToken"),
    ("Marker", "Marker"),
    ("NextMarker", "Marker"),
    ("PaginationToken", "PaginationToken"),
)
"""Where an answer says how it goes on, and the parameter that asks for that."""


class Account(Protocol):
    """An account of a cloud, simulated or real. What it takes to reach it is known to a `Send`."""

    @property
    def account_id(self) -> str:
        """Its number or name."""


class Failed(Exception):
    """A call that gave nothing."""

    attempts = 1
    """How often it was tried."""


class Declined(Failed):
    """The cloud answered that it will not do it."""

    def __init__(self, code: str, message: str, status: int, date: str = "", mend: str = "") -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status
        self.date = date
        """The HTTP header `Date` of the answer."""
        self.mend = mend
        """What to do, where whoever asked knows more than the code tells."""


class Unanswered(Failed):
    """No answer came that can be read, though the call may have been carried out."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(str(problem))
        self.kind = type(problem).__name__


Answer = TypeVar("Answer")


def repeated(
    once: Callable[[], Answer],
    tries: int,
    first_pause: float,
    on_retry: Callable[[str, int, float], None],
    recover: Callable[[], Answer | None] | None = None,
) -> Answer:
    """What `once` gives. What it is declined for a passing reason, and what has no answer, is tried `tries` times in all, after
    pauses that grow from `first_pause` seconds; then `Failed` is raised.

    `on_retry` hears of the reason, the number of the next attempt and the pause. After a failure that may have come too late to stop
    the call, `recover` is asked first whether it was executed; what it returns, unless None, is the answer.
    """
    for attempt in range(1, tries + 1):
        try:
            return once()
        except Failed as error:
            error.attempts = attempt
            if attempt == tries or (isinstance(error, Declined) and not passes(error.code, error.status)):
                raise
            reason, unsure = "no answer", True
            if isinstance(error, Declined):
                reason, unsure = error.code or f"HTTP {error.status}", error.code not in THROTTLED
        pause = min(_LONGEST_PAUSE, first_pause * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
        on_retry(reason, attempt + 1, pause)
        time.sleep(pause)
        if unsure and recover:
            found = recover()
            if found is not None:
                return found
    raise AssertionError("the last attempt returns or raises")


Send: TypeAlias = Callable[[Any, str, str, str, Mapping[str, Any]], Any]
"""Makes one call, once: `Account` (each way needs more of one), service, region, operation, parameters. Returns the answer as the
table reads it; raises `Declined`, `Unanswered`, or `CloudError` where the call cannot be made at all."""


@dataclass(frozen=True)
class Caller:
    """Makes calls. Safe to use from several threads."""

    endpoint: Account
    on_retry: Callable[[str], None]
    send: Send
    action_of: Callable[[str, str], str]
    """The permission that a call asks for first of all, by service and operation; a refusal names it."""

    def call(
        self,
        service: str,
        region: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        absent: tuple[str, ...] = (),
        missing_ok: bool = False,
        recover: Callable[[], Any] | None = None,
    ) -> Any:
        """The cloud's answer, or `None` when it refuses with one of `absent` or, with `missing_ok`, because a thing does
        not exist.

        Throttling, 5xx, time-outs and lost connections are tried again, eight times in all (`repeated`).
        """
        action = self.action_of(service, operation)

        def once() -> Any:
            try:
                return self.send(self.endpoint, service, region, operation, params)
            except Declined as error:
                if error.code in absent or (missing_ok and is_gone(error.code)):
                    return None
                raise

        def again(reason: str, attempt: int, pause: float) -> None:
            self.on_retry(f"{action}: {reason}; attempt {attempt} of {ATTEMPTS} in {pause:.1f} s")

        try:
            return repeated(once, ATTEMPTS, _FIRST_PAUSE, again, recover)
        except Declined as error:
            raise refused(action, error.code, error.message, error.attempts, error.date, error.mend) from error
        except Unanswered as error:
            raise CloudError(
                f"{action} got no answer in {error.attempts} attempts: {error}",
                "Check the connection and run the same command again; it continues.",
                action=action,
                code=error.kind,
            ) from error


def refused(action: str, code: str, message: str, attempts: int = 1, date: str = "", mend: str = "") -> CloudError:
    """What a person is told when the cloud refuses a call."""
    if clock := wrong_clock(code, message, date):
        return CloudError(clock, HINT, action=action, code=WRONG_CLOCK)
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    text = f"{action} failed{tried}: {message or code}" + (f" ({code})" if message and code else "")
    return CloudError(text, mend or _hint(action, code, message), action=action, code=code)


def _hint(action: str, code: str, message: str) -> str:
    if forbidden := forbidden_by_organisation(message):
        return forbidden
    if code in EXPIRED:
        return "The credential has expired. Sign in again and run the same command; it continues."
    if code in DENIED:
        return f"The credential may not do {action}. Ask an administrator for it, then run the same command again."
    if code in WRONG_KEY:
        return "The credential is not accepted. Check which account and profile you use."
    if code in NO_CAPACITY:
        return no_capacity(message)
    if code in GOOGLE_QUOTA:
        return "The project's quota is used up. `workstation doctor` says by how much and how to ask Google for more; or stop what you do not need."
    if code in QUOTA:
        return "The account's quota is used up. `workstation doctor` says by how much and asks AWS for more; or stop what you do not need."
    if code in DISK_QUOTA:
        return DISK_QUOTA_HINT
    if code in THROTTLED:
        return "The cloud asks to slow down. Run the same command again in a minute; it continues."
    return ""


def is_gone(code: str) -> bool:
    """Whether an error code says that the thing does not exist."""
    return code in ("404", "notFound", "NOT_FOUND") or "NotFound" in code or code.startswith("NoSuch")


def next_page(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The parameter that asks for how an answer goes on; None where it does not."""
    return next(({name: answer[token]} for token, name in _PAGES if answer.get(token)), None)
