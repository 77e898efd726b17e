"""Calls to the simulated cloud: retried where that helps, and refused in words where it does not."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from soundstage.components.errors import CloudError

ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0

THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException.Throttling",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes with which AWS asks to slow down; botocore's own retry handler knows the same (`botocore.retries.standard`)."""
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "Client.UnauthorizedOperation",
    }
)
_WRONG_KEY: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidAccessKeyId",
    }
)
_NO_CAPACITY: Final = frozenset({"InsufficientInstanceCapacity", "InsufficientCapacityException"})
_QUOTA: Final = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "AddressLimitExceeded", "VpcLimitExceeded"})


class Endpoint(Protocol):
    """Where the cloud answers (`simulator.process.Endpoint`)."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client that does not retry by itself."""


@dataclass(frozen=True)
class Caller:
    """Makes calls. Safe to use from several threads."""

    endpoint: Endpoint
    on_retry: Callable[[str], None]

    def call(
        self,
        service: str,
        region: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        action: str = "",
        absent: tuple[str, ...] = (),
        missing_ok: bool = False,
        recover: Callable[[], Any] | None = None,
    ) -> Any:
        """The cloud's answer, or `None` when it refuses with one of `absent` or, with `missing_ok`, because a thing does
        not exist.

        Throttling, 5xx, time-outs and lost connections are tried again, eight times in all, with growing pauses. After
        a failure that may have come too late to stop the call, `recover` is asked first whether it was executed; what it
        returns, unless None, is the answer.
        """
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        action = action or f"{service}:{operation}"
        method = getattr(self.endpoint.client(service, region), xform_name(operation))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = method(**params)
                failed = answer.get("Unsuccessful") or ()
                if not failed:
                    return answer
                # Some calls of EC2 answer well and say inside what they did not do.
                code = str(failed[0]["Error"].get("Code", ""))
                if code in absent or (missing_ok and is_gone(code)):
                    return None
                raise refused(action, code, str(failed[0]["Error"].get("Message", "")), attempt)
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if code in absent or (missing_ok and is_gone(code)):
                    return None
                status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
                throttled = code in THROTTLED
                passing = throttled or (status >= 500 and code not in _NO_CAPACITY)
                if not passing or attempt == ATTEMPTS:
                    raise refused(action, code, error.response.get("Error", {}).get("Message", ""), attempt) from error
                reason, unsure = code or f"HTTP {status}", not throttled
            except BotoCoreError as error:
                if not _is_passing(error):
                    raise CloudError(f"{action} cannot be called: {error}", action=action) from error
                if attempt == ATTEMPTS:
                    raise CloudError(
                        f"{action} got no answer in {attempt} attempts: {error}",
                        "Check the connection and run the same command again; it continues.",
                        action=action,
                        code=type(error).__name__,
                    ) from error
                reason, unsure = "no answer", True
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, hides nothing
            self.on_retry(f"{action}: {reason}; attempt {attempt + 1} of {ATTEMPTS} in {pause:.1f} s")
            time.sleep(pause)
            if unsure and recover:
                found = recover()
                if found is not None:
                    return found
        raise AssertionError("the last attempt returns or raises")


def refused(action: str, code: str, message: str, attempts: int = 1) -> CloudError:
    """What a person is told when the cloud refuses a call."""
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    text = f"{action} failed{tried}: {message or code}" + (f" ({code})" if message and code else "")
    return CloudError(text, _hint(action, code), action=action, code=code)


def _hint(action: str, code: str) -> str:
    if code in _EXPIRED:
        return "The credential has expired. Sign in again and run the same command; it continues."
    if code in _DENIED:
        return f"The credential may not do {action}. Ask an administrator for it, then run the same command again."
    if code in _WRONG_KEY:
        return "The credential is not accepted. Check which account and profile you use."
    if code in _NO_CAPACITY:
        return "The zone has no such machine now. Try again later, or choose another zone, size or region."
    if code in _QUOTA:
        return "The account's quota is used up. Ask AWS for a higher one, or stop what you do not need."
    if code in THROTTLED:
        return "The cloud asks to slow down. Run the same command again in a minute; it continues."
    return ""


def is_gone(code: str) -> bool:
    """Whether an error code says that the thing does not exist."""
    return code == "404" or "NotFound" in code or code.startswith("NoSuch")


def _is_passing(error: Exception) -> bool:
    from botocore.exceptions import ConnectionError as Lost
    from botocore.exceptions import HTTPClientError
    from botocore.parsers import ResponseParserError

    return isinstance(error, (HTTPClientError, Lost, ResponseParserError))
