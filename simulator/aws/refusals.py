"""The words with which AWS refuses what it never comes to execute: for whoever is not known, and for faults on request."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.answer import error, refusal
from soundstage.simulator.aws.moto_state import backends
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.aws.tables import table

_CODES: Final = table("error_codes")
_UNKNOWN_KEY: Final[Mapping[str, tuple[str, int]]] = _CODES["unknown_key"]
_THROTTLES: Final[Mapping[str, tuple[str, str, int]]] = _CODES["throttle"]
_OTHER_THROTTLE: Final = ("ThrottlingException", "Rate exceeded", 400)
_EXPIRED: Final[Mapping[str, tuple[str, str, int]]] = _CODES["expired"]
_OTHER_EXPIRED_JSON: Final = ("ExpiredTokenException", "The security token included in the request is expired", 400)
_OTHER_EXPIRED: Final = ("ExpiredToken", "The security token included in the request is expired", 403)


def turned_away(request: AwsRequest, problem: Refusal) -> Answer:
    """The refusal of whoever is not known, with the code and status that the service uses for it."""
    code, status = problem.code, problem.status
    if code == "InvalidClientTokenId":
        json = request.protocol in ("json", "rest-json", "cbor")
        default = ("UnrecognizedClientException", 400) if json else (code, status)
        code, status = _UNKNOWN_KEY.get(request.service, default)
    return error(request.protocol, request.service, code, problem.message, status)


def fault(kind: str, request: AwsRequest) -> Answer:
    """The refusal that a fault of this kind is."""
    return refusal(request, *_told(kind, request))


def _told(kind: str, request: AwsRequest) -> tuple[str, str, int]:
    json = request.protocol in ("json", "rest-json", "cbor")
    service = request.service
    match kind:
        case "throttle":
            return _THROTTLES.get(service, _OTHER_THROTTLE)
        case "server-error":
            return (
                "InternalError" if service in ("ec2", "s3") else "InternalFailure",
                "An internal error occurred.",
                500,
            )
        case "no-capacity":
            type, zone = _wanted(request)
            return (
                "InsufficientInstanceCapacity",
                f"We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}).",
                500,
            )
        case "expired-credential":
            return _EXPIRED.get(service, _OTHER_EXPIRED_JSON if json else _OTHER_EXPIRED)
    return denial(request, f"User is not authorized to perform: {request.action}")


def _wanted(request: AwsRequest) -> tuple[str, str]:
    """Type and zone of the machine that a call is about, as far as they are known: of a launch, or of a machine that is there."""
    params = request.params
    type, zone = params.get("InstanceType", "the requested type"), params.get("Placement.AvailabilityZone", "")
    subnet = params.get("SubnetId") or params.get("NetworkInterface.1.SubnetId")
    for regions in backends("ec2").values():
        there = regions[request.region]
        zone = next((str(one[subnet].availability_zone) for one in there.subnets.values() if subnet in one), zone)
        machine = there.get_instance_by_id(params.get("InstanceId.1", ""))
        if machine:
            type, zone = machine.instance_type, machine.availability_zone
    return type, zone or f"{request.region}a"


def denial(request: AwsRequest, message: str) -> tuple[str, str, int]:
    """Code, message and status of a call that no policy allows, as the service names it."""
    if request.service == "ec2":
        return ("UnauthorizedOperation", message, 403)
    if request.service == "sns":
        return ("AuthorizationError", message, 403)
    json = request.protocol in ("json", "rest-json", "cbor")
    return ("AccessDeniedException", message, 400) if json else ("AccessDenied", message, 403)
