"""The clouds' error codes, by what they mean for whoever waits for a call.

Source: botocore's own list of passing errors (`botocore.retries.standard`, 1.44) and the "Error codes" pages of Amazon EC2,
AWS KMS and Amazon S3 (read 2026-11). `LimitExceededException` is left out of the passing ones: IAM, KMS and CloudWatch Logs
say so when a quota is used up, which no second try changes. Google's reasons and statuses: Compute Engine, "Handle API errors" and
"Troubleshoot resource availability"; Cloud Storage, "HTTP status and error codes"; AIP-193 (read 2026-11).
"""

import re
from typing import Final

THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "SlowDown", "Throttling", "ThrottlingException", "ThrottledException",
        "TooManyRequestsException", "TransactionInProgressException",
        "rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED",
    }
)  # fmt: skip
"""The call was not carried out, and may be tried again after a pause."""
TAKEN_BACK: Final = "IncorrectSpotRequestState"
NO_CAPACITY: Final = frozenset(
    {
        "InsufficientCapacity", "InsufficientCapacityException", "InsufficientHostCapacity",
        "InsufficientInstanceCapacity", TAKEN_BACK,
        "ZONE_RESOURCE_POOL_EXHAUSTED", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
    }
)  # fmt: skip
"""`IncorrectSpotRequestState` is the answer to a start of a spot machine whose capacity AWS has taken back: AWS starts it itself. AWS answers 500 as well, and means it for minutes, not for seconds."""
NOT_SOLD: Final = frozenset({"Unsupported"})
"""EC2 says so of a launch whose type the zone does not offer, or no longer."""
GOOGLE_QUOTA: Final = frozenset({"quotaExceeded", "QUOTA_EXCEEDED"})
QUOTA: Final = GOOGLE_QUOTA | {
    "AddressLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "VcpuLimitExceeded",
    "VpcLimitExceeded",
}  # fmt: skip
DISK_QUOTA: Final = frozenset(
    {
        "ConcurrentSnapshotLimitExceeded", "MaxIOPSLimitExceeded", "PendingSnapshotLimitExceeded",
        "SnapshotLimitExceeded", "VolumeLimitExceeded",
    }
)  # fmt: skip
"""Of disks and snapshots: nothing that could be stopped makes room."""
DISK_QUOTA_HINT: Final = (
    "Nothing was deleted. Ask for more under Service Quotas, Amazon Elastic Block Store, in the AWS console, or delete snapshots that "
    "nobody needs; where too many are being taken at once, wait for those. Then run the same command again; it continues."
)
DENIED: Final = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "AuthorizationError", "Client.UnauthorizedOperation",
        "UnauthorizedOperation", "forbidden", "PERMISSION_DENIED", "IAM_PERMISSION_DENIED",
    }
)  # fmt: skip
EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
WRONG_KEY: Final = frozenset(
    {
        "AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch",
        "UnrecognizedClientException", "authError", "UNAUTHENTICATED",
    }
)  # fmt: skip
_UNDER_OTHER_STATUS: Final = frozenset(
    {
        "InternalError", "InternalFailure", "InternalServerError", "RequestTimeout", "RequestTimeoutException",
        "ServiceUnavailable", "Unavailable",
    }
)  # fmt: skip
"""Faults of the cloud that some services answer with a status below 500."""


_SHORT: Final = re.compile(
    r"sufficient (?P<type>[a-z0-9.-]+) capacity in the Availability Zone you requested(?: \((?P<zone>[a-z0-9-]+)\))?"
)
"""AWS's own sentence (Amazon EC2 User Guide, "Troubleshoot instance launch issues", read 2026-11)."""
_GOOGLE_SHORT: Final = re.compile(r"zones/(?P<zone>[a-z0-9-]+)' does not have enough resources")
"""Google's (Compute Engine, "Troubleshoot resource availability", read 2026-11)."""


def no_capacity(message: str) -> str:
    """What a person is told when a zone has no machine free. `message` is the cloud's own, which names the zone."""
    if of_google := _GOOGLE_SHORT.search(message):
        return f"Google Cloud has no such machine free in {of_google['zone']} now. Try later, or set size, availability_zone or region."
    told = _SHORT.search(message)
    type = told["type"] if told else "such machine"
    zone = told["zone"] if told and told["zone"] else "this zone"
    return f"AWS has no {type} free in {zone} now. Try later, or set size, availability_zone or region."


_FORBIDDEN: Final = re.compile(r"constraints/(?P<policy>[a-z]+\.[A-Za-z.]+)")
"""How Google names the organisation policy that forbids something (Resource Manager, "Organization policy constraints", read 2026-11)."""


def forbidden_by_organisation(message: str) -> str:
    """What a person is told when a policy of an organisation forbids something; empty where none does."""
    found = _FORBIDDEN.search(message)
    if not found:
        return ""
    return (
        f"The organisation's policy {found['policy']} forbids it: whoever administers the organisation in Google Cloud can except this "
        "project. `workstation doctor` looks for such policies beforehand."
    )


def passes(code: str, status: int) -> bool:
    """Whether the same call may succeed in a moment. `status` is that of HTTP."""
    if code in NO_CAPACITY:
        return False
    return code in THROTTLED or code in _UNDER_OTHER_STATUS or status in (408, 429) or status >= 500
