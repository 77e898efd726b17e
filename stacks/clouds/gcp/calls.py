"""One call to Google Cloud: tried again where that helps, and refused in words that say what to do."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol, TypeVar

from soundstage.core.errors import CloudError, OperationError, PreflightRefused
from soundstage.core.wrong_clock import HINT, wrong_clock
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.providers.calls import Declined, Unanswered, is_gone, repeated
from soundstage.providers.cloud_codes import (
    DENIED,
    NO_CAPACITY,
    QUOTA,
    WRONG_KEY,
    forbidden_by_organisation,
    no_capacity,
)
from soundstage.providers.gcp.rest import GoogleAccount, called
from soundstage.providers.gcp.signing_in import SIGN_IN

MOST_TRIES: Final = 5
_FIRST_PAUSE: Final = 0.2
_SWITCHED_OFF: Final = ("accessNotConfigured", "SERVICE_DISABLED")
"""Codes of an API that nobody switched on in the project (Service Usage, "Enabling and disabling services", read 2026-11)."""

Answer = TypeVar("Answer")


class Projects(Protocol):
    """What the ports of Google Cloud need of an account."""

    @property
    def project(self) -> GoogleAccount:
        """The project of Google Cloud, which can be called."""


def ask(cloud: Projects, method: str, subject: str = "", on_event: OnEvent = ignore, /, **params: Any) -> Any:
    """Make one call that is safe to repeat. `method` is Google's own name (`compute.instances.stop`), `subject` what a person knows it
    by. Calls of Compute Engine and others that are about the project get it by themselves.

    Raises `CloudError` with the permission and Google's code, `PreflightRefused` when the credentials are no longer accepted.
    """
    project = cloud.project
    if method.startswith("compute."):
        params.setdefault("project", project.account_id)
    return asked(cloud, method, subject, lambda: called(project, method, params), on_event)


def asked(cloud: Projects, method: str, subject: str, once: Callable[[], Answer], on_event: OnEvent = ignore) -> Answer:
    """What `once` gives, which makes the call `method` and is safe to repeat. Raises as `ask` does."""
    project = cloud.project

    def again(reason: str, _attempt: int, pause: float) -> None:
        on_event(Event(EventKind.RETRY, name=subject, message=f"{method}: {reason}; again in {pause:.1f} s"))

    try:
        return repeated(once, MOST_TRIES, _FIRST_PAUSE, again)
    except Declined as error:
        if clock := wrong_clock(error.code, error.message, error.date):
            raise PreflightRefused(clock, HINT) from error
        raise _refusal(method, subject, error, project.account_id) from error
    except Unanswered as error:
        raise CloudError(
            f"The cloud does not answer ({method}: {error})",
            "Check the network; on the simulated cloud run `workstation simulator status`.",
            action=method,
        ) from error


def found(cloud: Projects, method: str, **params: Any) -> Mapping[str, Any] | None:
    """What a call answers; None where there is no such thing."""
    try:
        answer: Mapping[str, Any] = ask(cloud, method, **params)
    except CloudError as error:
        if is_gone(error.code):
            return None
        raise
    return answer


def is_switched_off(code: str, message: str) -> bool:
    """Whether a refusal says that nobody switched the API on in the project."""
    return code in _SWITCHED_OFF or any(word in message for word in _SWITCHED_OFF)


def pages(cloud: Projects, method: str, key: str = "items", **params: Any) -> Iterator[Any]:
    """Every item of a list, page by page."""
    for answer in _answers(lambda **more: ask(cloud, method, **params, **more)):
        yield from answer.get(key) or ()


def everywhere(cloud: Projects, collection: str, **params: Any) -> Iterator[Any]:
    """Every item of a collection (`instances`) in all zones of the project."""
    for answer in _answers(lambda **more: ask(cloud, f"compute.{collection}.aggregatedList", **params, **more)):
        for scope in (answer.get("items") or {}).values():
            yield from scope.get(collection) or ()


def _answers(once: Callable[..., Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    more: dict[str, Any] = {}
    while True:
        answer = once(**more)
        yield answer
        if not answer.get("nextPageToken"):
            return
        more = {"pageToken": answer["nextPageToken"]}


def _refusal(method: str, subject: str, error: Declined, project: str) -> OperationError | PreflightRefused:
    code, message = error.code, error.message
    whose = f"{subject}: " if subject else ""
    if code in WRONG_KEY:
        said = message if error.mend else f"Google Cloud does not accept the credentials ({code})."
        return PreflightRefused(said, error.mend or f"Sign in again (`{SIGN_IN}`), then run this again.")
    hint = ""
    if is_switched_off(code, message):
        service = f"{method.partition('.')[0]}.googleapis.com"
        words, hint = "this API is switched off in the project", f"gcloud services enable {service} --project {project}"
    elif forbidden := forbidden_by_organisation(message):
        words, hint = "an organisation policy forbids this", forbidden
    elif code in NO_CAPACITY:
        words, _, hint = no_capacity(message).partition(". ")
    elif code in QUOTA:
        words = "the project's quota for this is used up"
        hint = "Stop a machine, or ask for more under IAM & Admin, Quotas, in the Google Cloud console."
    elif code in DENIED:
        words, hint = "the credentials may not do this", f"Let whoever administers {project} allow {method}."
    else:
        words = "Google Cloud refused"
    return CloudError(f"{whose}{words} ({method}: {code}: {message})", hint, action=method, code=code)
