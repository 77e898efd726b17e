"""One call to AWS: tried again where that helps, and refused in words that say what to do."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from soundstage.core.errors import CloudError, OperationError, PreflightRefused
from soundstage.core.wrong_clock import HINT, wrong_clock
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.providers.aws.boto3_calls import asked
from soundstage.providers.calls import Declined, Unanswered, repeated
from soundstage.providers.cloud_codes import (
    DENIED,
    DISK_QUOTA,
    DISK_QUOTA_HINT,
    EXPIRED,
    NO_CAPACITY,
    QUOTA,
    WRONG_KEY,
    no_capacity,
)

MOST_TRIES: Final = 5
_FIRST_PAUSE: Final = 0.2
_PREFIXES: Final = {"monitoring": "cloudwatch", "tagging": "tag"}
"""The name that a service signs with → the one that IAM knows its actions by, where that is another (Service Authorization Reference,
read 2026-11)."""


class Clients(Protocol):
    """What the ports of AWS need of an account."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for this account. It never retries: `call` does, once for all, and says so."""

    def ask(self, service: str, operation: str, arguments: Mapping[str, Any], region: str | None = None) -> Any:
        """Make one call that only reads, once. Raises as `calls.Send`."""


def call(client: Any, operation: str, subject: str, on_event: OnEvent = ignore, **arguments: Any) -> Any:
    """Make one boto3 call that is safe to repeat. `operation` is AWS's name (`StartInstances`), `subject` what a person
    knows it by (a machine's name). Throttling, server errors and lost connections are tried `MOST_TRIES` times in all: the
    client must not retry by itself (those of `account` do not).

    Raises `CloudError` with the action and AWS's code, `PreflightRefused` when the credentials are no longer accepted.
    """
    name = client.meta.service_model.signing_name
    action = f"{_PREFIXES.get(name, name)}:{operation}"
    return _tried(action, subject, lambda: by_client(client, operation, arguments), on_event)


def by_client(client: Any, operation: str, arguments: Mapping[str, Any]) -> Any:
    """Make one boto3 call, once. Raises as `calls.Send`, and `PreflightRefused` where the call cannot be made at all."""
    from botocore.exceptions import BotoCoreError

    try:
        return asked(client, operation, arguments)
    except BotoCoreError as error:
        raise PreflightRefused(f"AWS cannot be asked: {error}", "Check the credentials and the region.") from error


def read(
    clients: Clients, service: str, operation: str, subject: str, region: str | None = None, **arguments: Any
) -> Any:
    """Ask what a preview needs to know, on the simulated cloud without boto3. Tried again and refused as `call`."""
    return _tried(f"{service}:{operation}", subject, lambda: clients.ask(service, operation, arguments, region))


def _tried(action: str, subject: str, once: Callable[[], Any], on_event: OnEvent = ignore) -> Any:
    def again(reason: str, _attempt: int, pause: float) -> None:
        on_event(Event(EventKind.RETRY, name=subject, message=f"{action}: {reason}; again in {pause:.1f} s"))

    try:
        return repeated(once, MOST_TRIES, _FIRST_PAUSE, again)
    except Declined as error:
        refuse_wrong_clock(error)
        raise _refusal(action, subject, error.code, error.message) from error
    except Unanswered as error:
        raise _unreachable(action, str(error)) from error


def refuse_wrong_clock(error: Declined) -> None:
    """Raise `PreflightRefused` when a refusal is about this machine's clock."""
    if clock := wrong_clock(error.code, error.message, error.date):
        raise PreflightRefused(clock, HINT) from error


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    """Every item of a paged answer: `pages(ec2, "DescribeVolumes", "Volumes")`. Raises as `call` does."""
    return all_pages(functools.partial(call, client, operation, ""), key, **arguments)


def all_pages(once: Callable[..., Any], key: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    """Every item of what `once` answers, page by page."""
    while True:
        answer = once(**arguments)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        arguments["NextToken"] = answer["NextToken"]


def _refusal(action: str, subject: str, code: str, message: str) -> OperationError | PreflightRefused:
    whose = f"{subject}: " if subject else ""
    if code in EXPIRED | WRONG_KEY:
        return PreflightRefused(
            f"AWS no longer accepts the credentials ({code}).", "Sign in again (`aws sso login`), then run this again."
        )
    if code in NO_CAPACITY:
        words, _, hint = no_capacity(message).partition(". ")
    elif code in QUOTA:
        words = "the account's quota for this kind of machine is used up"
        hint = "Stop a machine, or ask for more under Service Quotas, Amazon EC2, in the AWS console."
    elif code in DISK_QUOTA:
        words, hint = "the account's quota of disks and snapshots is used up", DISK_QUOTA_HINT
    elif code in DENIED:
        words = "the credentials may not do this"
        hint = f"Allow {action} for whoever runs this."
    else:
        words, hint = "AWS refused", ""
    return CloudError(f"{whose}{words} ({action}: {code}: {message})", hint, action=action, code=code)


def _unreachable(action: str, reason: str) -> CloudError:
    return CloudError(
        f"The cloud does not answer ({action}: {reason})",
        "Check the network; on the simulated cloud run `workstation simulator status`.",
        action=action,
    )
