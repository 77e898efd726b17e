"""STS: who the caller is, and temporary credentials that carry what they were asked for.

moto issues credentials for roles that do not exist, forgets tags and MFA, and gives everybody the same session token.
Source: AWS Security Token Service API Reference (2026-11).
"""

import base64
import json
import re
from datetime import timedelta
from typing import Any, Final

from moto.moto_api._internal import mock_random

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.caller import Session, Sessions
from soundstage.simulator.aws.gaps import Call, Shape
from soundstage.simulator.memory import GLOBAL

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_NAME: Final = re.compile(r"[\w+=,.@-]{2,64}")
_CHAINED_SECONDS: Final = 3600


def get_caller_identity(call: Call) -> Shape:
    caller = call.caller
    return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}


def _issue(call: Call, seconds: int, **about: Any) -> dict[str, Any]:
    key = "ASIA" + "".join(mock_random.choice(_LETTERS) for _ in range(16))
    secret, token = (
        base64.urlsafe_b64encode(mock_random.getrandbits(8 * size).to_bytes(size, "big")).decode() for size in (30, 120)
    )
    began = call.now
    expires = began + timedelta(seconds=seconds)
    session = Session(secret, token, expires, call.caller.account_id, began=began, **about)
    call.own(Sessions, GLOBAL).issued[key] = session
    return {
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _seconds(call: Call, default: int, most: int) -> int:
    seconds = int(call.params.get("DurationSeconds", default))
    if not 900 <= seconds <= most:
        raise Refusal("ValidationError", f"The requested DurationSeconds must be from 900 to {most}.")
    return seconds


def _has_mfa(call: Call) -> bool:
    """Whether the call proves a second factor. A device must exist; any six digits are its code."""
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if serial is None and code is None:
        return call.caller.mfa
    devices = call.moto("iam", GLOBAL).virtual_mfa_devices
    known = serial in devices or (call.caller.kind == "operator" and serial)
    if not known or not code or not re.fullmatch(r"\d{6}", code):
        raise Refusal("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.", 403)
    return True


def _tags(call: Call) -> dict[str, str]:
    keys = call.params.items()
    found = {match[1]: value for key, value in keys if (match := re.fullmatch(r"Tags\.member\.(\d+)\.Key", key))}
    return {name: call.params.get(f"Tags.member.{number}.Value", "") for number, name in found.items()}


def assume_role(call: Call) -> Shape:
    arn, name = call.params.get("RoleArn", ""), call.params.get("RoleSessionName", "")
    role = next((role for role in call.moto("iam", GLOBAL).roles.values() if role.arn == arn), None)
    if role is None:
        message = f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise Refusal("AccessDenied", message, 403)
    if not _NAME.fullmatch(name):
        raise Refusal("ValidationError", "A session name has 2 to 64 letters, digits or any of _+=,.@-")
    longest = int(role.max_session_duration or _CHAINED_SECONDS)
    seconds = _seconds(call, 3600, min(longest, _CHAINED_SECONDS) if call.caller.kind == "role" else longest)
    policy = call.params.get("Policy", "")
    if policy:
        _check_policy(policy)
    before = call.caller.session.tags if call.caller.session and call.caller.kind == "role" else {}
    transitive = call.caller.session.transitive if call.caller.session else frozenset()
    credentials = _issue(
        call,
        seconds,
        role_arn=arn,
        name=name,
        tags={**_tags(call), **{key: value for key, value in before.items() if key in transitive}},
        transitive=transitive | frozenset(call.request.members("TransitiveTagKeys")),
        mfa=_has_mfa(call) and call.caller.kind != "role",
        policy=policy,
        source_identity=call.params.get("SourceIdentity", ""),
        for_service=call.caller.kind == "operator" and '"Service"' in role.assume_role_policy_document,
    )
    assumed = f"arn:aws:sts::{call.caller.account_id}:assumed-role/{role.name}/{name}"
    user = {"AssumedRoleId": f"{role.id}:{name}", "Arn": assumed}
    return {"Credentials": credentials, "AssumedRoleUser": user, "PackedPolicySize": 0}


def _check_policy(policy: str) -> None:
    try:
        json.loads(policy)
    except ValueError:
        raise Refusal("MalformedPolicyDocument", "The session policy is not JSON.") from None


def get_session_token(call: Call) -> Shape:
    if call.caller.kind not in ("user", "operator") or call.caller.session:
        raise Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    seconds = _seconds(call, 43200, 129600)
    user = call.caller.arn.rpartition("/")[2] if call.caller.kind == "user" else ""
    return {"Credentials": _issue(call, seconds, user_name=user, mfa=_has_mfa(call))}


def get_federation_token(call: Call) -> Answer:
    raise Refusal("UnsupportedOperation", f"The simulated cloud does not implement {call.request.action}.")
