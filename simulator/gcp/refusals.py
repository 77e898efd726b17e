"""What Google says when it refuses, as one JSON form for all of its APIs."""

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from soundstage.simulator.answer import Answer

JSON: Final = {"Content-Type": "application/json; charset=UTF-8"}
_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_STATUS_OF: Final = {
    "aborted": "ABORTED", "failedPrecondition": "FAILED_PRECONDITION", "quotaExceeded": "RESOURCE_EXHAUSTED",
}  # fmt: skip
"""Reasons that say more than their code."""


class Refused(Exception):
    """Raised anywhere while a call is answered. `reason` is that of the older APIs (`notFound`); the newer ones have a status."""

    def __init__(self, code: int, reason: str, message: str, *, details: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.status = _STATUS_OF.get(reason) or _STATUS.get(code, "UNKNOWN")
        self.details = details or []

    @property
    def answer(self) -> Answer:
        told: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
            "errors": [{"message": self.message, "domain": "global", "reason": self.reason}],
        }
        if self.details:
            told["details"] = self.details
        return Answer(self.code, json.dumps({"error": told}).encode(), JSON)


def invalid(message: str, reason: str = "invalid") -> NoReturn:
    """Refuse what was asked for as wrong in itself."""
    raise Refused(400, reason, message)


def wrong(field: str, value: object, why: str, reason: str = "invalid") -> NoReturn:
    """Refuse the value of a field."""
    invalid(f"Invalid value for field '{field}': '{value}'. {why}", reason)


def not_found(name: str) -> NoReturn:
    """Refuse to speak of what is not there. `name` without the API's own beginning, such as `projects/p/zones/z/instances/i`."""
    raise Refused(404, "notFound", f"The resource '{name}' was not found")


def precondition(message: str) -> NoReturn:
    """Refuse a change of what somebody else has changed."""
    raise Refused(412, "conditionNotMet", message)


def unmet() -> NoReturn:
    """Refuse what was asked for on a condition of Cloud Storage's that does not hold."""
    precondition("At least one of the pre-conditions you specified did not hold.")


def unfit(message: str) -> NoReturn:
    """Refuse what does not go in the state in which things are."""
    invalid(message, "failedPrecondition")


def aborted(message: str) -> NoReturn:
    """Refuse a change of what somebody else is changing, in the words of the newer APIs."""
    raise Refused(409, "aborted", message)


def in_use(kind: str, name: str, user: str) -> NoReturn:
    """Refuse to take away, or to give to another, what something uses. Names as for `not_found`."""
    invalid(f"The {kind} resource '{name}' is already being used by '{user}'", "resourceInUseByAnotherResource")


def disabled(service: str, title: str, number: str) -> Refused:
    """The refusal of a call to an API that is switched off, with what switches it on."""
    address = f"https://console.developers.google.com/apis/api/{service}/overview?project={number}"
    message = (
        f"{title} has not been used in project {number} before or it is disabled. Enable it by visiting {address} then retry. "
        "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
    )
    about: Mapping[str, Any] = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"service": service, "consumer": f"projects/{number}", "activationUrl": address},
    }
    return Refused(403, "accessNotConfigured", message, details=[dict(about)])


def not_counted(project: str) -> Refused:
    """The refusal of a call that is to be counted in a project whose services the caller may not use."""
    message = (
        f"Caller does not have required permission to use project {project}. Grant the caller the roles/serviceusage.serviceUsageConsumer "
        "role, or a custom role with the serviceusage.services.use permission, and then retry. Propagation of the new permission may take "
        "a few minutes."
    )
    about: Mapping[str, Any] = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "USER_PROJECT_DENIED",
        "domain": "googleapis.com",
        "metadata": {"service": "serviceusage.googleapis.com", "consumer": f"projects/{project}"},
    }
    return Refused(403, "forbidden", message, details=[dict(about)])


FAULTS: Final[Mapping[str, tuple[int, str, str]]] = {
    "throttle": (429, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'."),
    "server-error": (500, "backendError", "Internal error encountered."),
    "expired-credential": (401, "authError", "Request had invalid authentication credentials."),
    "denied": (403, "forbidden", "Permission denied on this resource (or it may not exist)."),
    "no-capacity": (
        503,
        "ZONE_RESOURCE_POOL_EXHAUSTED",
        "The zone '{zone}' does not have enough resources available to fulfill the request. Try a different zone, or try again later.",
    ),
}
"""Kind of fault → code, reason and words (`simulator.faultrules`; Compute Engine, "Troubleshoot resource availability", read 2026-11)."""
