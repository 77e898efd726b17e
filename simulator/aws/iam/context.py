"""The condition keys of a call, in lower case.

Source: AWS IAM User Guide, "AWS global condition context keys" and "Comparing the MFA condition keys" (2026-11).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.simulator.aws.authorize import Situation
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

Keys = dict[str, str | Sequence[str]]

_QUERY_TAG: Final = re.compile(r"(?:Tags\.member|(?:TagSpecification\.\d+\.)?Tag)\.(\d+)\.Key")
_QUERY_KEY: Final = re.compile(r"TagKeys\.member\.\d+")
_TAG_LISTS: Final = ("Tags", "tags", "TagsList", "TagList", "ResourceTags")
_MACHINE: Final = re.compile(r"i-[0-9a-f]{8,17}")


def context(request: AwsRequest, situation: Situation, world: World) -> Keys:
    """What is known about a call, whatever service it goes to."""
    caller, session = situation.caller, situation.caller.session
    keys: Keys = {
        "aws:securetransport": _yes(situation.secure_transport),
        "aws:sourceip": situation.source_ip,
        "aws:requestedregion": request.region,
        "aws:principalarn": caller.principal_arn,
        "aws:principalaccount": caller.account_id,
        "aws:principaltype": "AssumedRole" if caller.kind == "role" else "User",
        "aws:userid": caller.user_id,
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:resourceaccount": situation.account_id,
        "aws:currenttime": datetime.fromtimestamp(world.now, UTC).isoformat(),
        "aws:epochtime": str(int(world.now)),
        "aws:useragent": request.headers.get("user-agent", ""),
    }
    if caller.kind in ("user", "user-session"):
        keys["aws:username"] = caller.principal_arn.rpartition("/")[2]
    keys |= {f"aws:principaltag/{key.lower()}": value for key, value in world.principal_tags().items()}
    if session:
        keys |= _of_session(session, caller.kind, world.now)
        keys |= _of_machine(world)
    if _shows_a_code(request):
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    keys |= _way_in(request, world)
    tags = dict(request_tags(request.params))
    keys |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    named = [*tags, *tag_keys(request.params)]
    if named:
        keys["aws:tagkeys"] = named
    return keys


def _of_session(session: Any, kind: str, now: float) -> Keys:
    """A session of a role says nothing of the factor it was taken with; that is asked when it is taken."""
    began = session.began.timestamp() if session.began else now
    keys: Keys = {"aws:tokenissuetime": datetime.fromtimestamp(began, UTC).isoformat()}
    if session.source_identity:
        keys["aws:sourceidentity"] = session.source_identity
    if kind == "role" or not session.mfa:
        return keys | {"aws:multifactorauthpresent": "false"}
    return keys | {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": str(int(now - began))}


def _of_machine(world: World) -> Keys:
    """A machine's own credentials are a session named after it. Only the owner, in the place of EC2, can issue one: for
    everybody else a role is taken as its trust policy says, and that of a machine trusts EC2 alone."""
    session = world.caller.session
    if session is None or not session.for_service or not _MACHINE.fullmatch(session.name):
        return {}
    return {"ec2:sourceinstancearn": world.arn("ec2", f"instance/{session.name}")}


THROUGH: Final = "x-soundstage-vpc-endpoint"
"""The header in which a client of the simulated cloud says through which endpoint of a network it comes: the cloud lies on
loopback, where no network shows. On AWS no header says so, and nobody can claim it."""


def _way_in(request: AwsRequest, world: World) -> Keys:
    endpoint = world.moto("ec2").vpc_end_points.get(request.headers.get(THROUGH, ""))
    return {"aws:sourcevpce": endpoint.id, "aws:sourcevpc": endpoint.vpc_id} if endpoint else {}


def _shows_a_code(request: AwsRequest) -> bool:
    return request.service == "sts" and bool(request.params.get("SerialNumber") and request.params.get("TokenCode"))


def _yes(fact: bool) -> str:
    return "true" if fact else "false"


def request_tags(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The tags that a call sets, key and value."""
    for name, key in params.items():
        if isinstance(key, str) and _QUERY_TAG.fullmatch(name):
            yield key, str(params.get(f"{name.removesuffix('Key')}Value", ""))
    for name in _TAG_LISTS:
        listed = params.get(name)
        if isinstance(listed, dict):
            yield from ((str(key), str(value)) for key, value in listed.items())
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict):
                lower = {key.lower().removeprefix("tag"): value for key, value in each.items()}
                yield str(lower.get("key", "")), str(lower.get("value", ""))


def tag_keys(params: Mapping[str, Any]) -> Iterator[str]:
    """The keys of the tags that a call takes away."""
    yield from (str(value) for name, value in params.items() if _QUERY_KEY.fullmatch(name))
    for name in ("TagKeys", "tagKeys", "ResourceTagKeys"):
        listed = params.get(name)
        yield from map(str, listed if isinstance(listed, list) else ())
