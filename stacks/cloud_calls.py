"""One call to AWS: tried again where that helps, and refused in words that say what to do."""

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.components.errors import CloudError, OperationError, PreflightRefused
from soundstage.stacks.engines.base import Event, EventKind, OnEvent, ignore

MOST_TRIES: Final = 5
_FIRST_PAUSE: Final = 0.2
# Botocore's own list of passing errors (user guide "Retries", standard mode, read 2026-11).
_PASSING: Final = frozenset(
    {
        "BandwidthLimitExceeded", "EC2ThrottledException", "InternalError", "InternalFailure", "InternalServerError",
        "LimitExceededException", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
        "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "RequestTimeout",
        "RequestTimeoutException", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException",
        "ThrottledException", "TooManyRequestsException", "TransactionInProgressException", "Unavailable",
    }
)  # fmt: skip
_CAPACITY: Final = frozenset({"InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity"})
_QUOTA: Final = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"})
_DENIED: Final = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "AuthFailure", "InvalidClientTokenId",
     "UnrecognizedClientException"}
)  # fmt: skip


def call(client: Any, operation: str, subject: str, on_event: OnEvent = ignore, **arguments: Any) -> Any:
    """Make one boto3 call that is safe to repeat. `operation` is AWS's name (`StartInstances`), `subject` what a person
    knows it by (a machine's name). Throttling, server errors and lost connections are tried `MOST_TRIES` times.

    Raises `CloudError` with the action and AWS's code, `PreflightRefused` when the credentials are no longer accepted.
    """
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

    action = f"{client.meta.service_model.signing_name}:{operation}"
    method = getattr(client, xform_name(operation))
    for attempt in range(1, MOST_TRIES + 1):
        try:
            return method(**arguments)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if attempt == MOST_TRIES or not _passes(code, status):
                raise _refusal(
                    action, subject, code, str(error.response.get("Error", {}).get("Message", ""))
                ) from error
            reason = code or f"HTTP {status}"
        except (HTTPClientError, ConnectionError) as error:
            if attempt == MOST_TRIES:
                raise _unreachable(action, str(error)) from error
            reason = type(error).__name__
        except BotoCoreError as error:
            raise PreflightRefused(f"AWS cannot be asked: {error}", "Check the credentials and the region.") from error
        pause = _FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
        on_event(Event(EventKind.RETRY, name=subject, message=f"{action}: {reason}; again in {pause:.1f} s"))
        time.sleep(pause)
    raise AssertionError("unreachable: the last try returns or raises")


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    """Every item of a paged answer: `pages(ec2, "DescribeVolumes", "Volumes")`. Raises as `call` does."""
    while True:
        answer = call(client, operation, "", **arguments)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        arguments["NextToken"] = answer["NextToken"]


def _passes(code: str, status: int) -> bool:
    # Without capacity AWS answers 500 as well, and means it for minutes, not for seconds.
    return code in _PASSING or (status >= 500 and code not in _CAPACITY)


def _refusal(action: str, subject: str, code: str, message: str) -> OperationError | PreflightRefused:
    whose = f"{subject}: " if subject else ""
    if code in _EXPIRED:
        return PreflightRefused(
            f"AWS no longer accepts the credentials ({code}).", "Sign in again (`aws sso login`), then run this again."
        )
    if code in _CAPACITY:
        words = "the zone has no such machine free right now"
        hint = "Try again in some minutes, or choose another `size` in the project file."
    elif code in _QUOTA:
        words = "the account's quota for this kind of machine is used up"
        hint = "Stop a machine, or ask for more under Service Quotas, Amazon EC2, in the AWS console."
    elif code in _DENIED:
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
