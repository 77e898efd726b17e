"""Tokens that may do less than whoever has them: Credential Access Boundaries, which Google's Security Token Service puts around a token.

Source: IAM, "Create short-lived credentials with reduced permissions (Credential Access Boundaries)"; Security Token Service API, `token`
(read 2026-11). Only Cloud Storage knows them, and only in buckets whose access is uniform.
"""

import json
import re
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from soundstage.simulator.gcp import expressions, permits
from soundstage.simulator.gcp.caller import caller_of, token_for
from soundstage.simulator.gcp.refusals import Refused, invalid
from soundstage.simulator.gcp.work import GoogleCall, Work
from soundstage.simulator.gcp.world import Thing, World

METHOD: Final = "sts.token"
SECONDS: Final = 3600
"""For how long a token counts: no longer than the one it was made of, which is an hour."""
_MOST_RULES: Final = 10
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS: Final = "urn:ietf:params:oauth:token-type:access_token"
_BUCKET: Final = re.compile(r"//storage\.googleapis\.com/projects/_/buckets/([^/]+)")
_PARTS: Final = "\n"
"""Between who calls and what the boundary is; no name of a caller holds it."""


def parted(told: str) -> tuple[str, str]:
    """Who calls and within which boundary, of what a token says."""
    caller, _, boundary = told.partition(_PARTS)
    return caller, boundary


def exchange(work: Work, secret: str) -> Thing:
    """A token with a boundary for one without."""
    told = _told(work)
    for key, wanted in (("grantType", _EXCHANGE), ("subjectTokenType", _ACCESS), ("requestedTokenType", _ACCESS)):
        if told.get(key) != wanted:
            invalid(f"Invalid value for field '{key}': it must be {wanted}.")
    caller, boundary = parted(caller_of(secret, told.get("subjectToken", "")) or "")
    if not caller or boundary:
        raise Refused(400, "invalid_grant", "The subject token is no access token, or has a boundary already.")
    rules = _rules(told.get("options", ""))
    held = json.dumps({"until": work.now + SECONDS, "rules": rules}, sort_keys=True)
    token = token_for(secret, f"{caller}{_PARTS}{held}")
    return {"access_token": token, "issued_token_type": _ACCESS, "token_type": "Bearer", "expires_in": SECONDS}


def refused(world: World, call: GoogleCall, body: Any, now: float) -> str:
    """The permission that a call lacks within its boundary; empty when it may. Raises `Refused` when its token counts no more."""
    held = json.loads(call.boundary)
    if now >= held["until"]:
        raise Refused(401, "authError", "Request had invalid authentication credentials: the token has expired.")
    for permission in permits.asked(world, call, body) if call.method.api == "storage.v1" else (call.action,):
        if not any(_covers(world, rule, call, permission, body, now) for rule in held["rules"]):
            return permission
    return ""


def _covers(world: World, rule: Thing, call: GoogleCall, permission: str, body: Any, now: float) -> bool:
    where = _BUCKET.fullmatch(rule["availableResource"])
    roles = [one.removeprefix("inRole:") for one in rule["availablePermissions"]]
    if (
        call.method.api != "storage.v1"
        or where is None
        or call.params.get("bucket", call.params.get("destinationBucket")) != where[1]
        or not any(permission in permits.permissions_of(world, role) for role in roles)
    ):
        return False
    condition = rule.get("availabilityCondition", {}).get("expression", "")
    known = permits.known(permits.target(call, permission, body), call)
    return not condition or expressions.holds(condition, {**known, "request.time": now})


def _told(work: Work) -> dict[str, Any]:
    """What is asked for: in JSON as the document says, or in a form, as Google's own clients and RFC 8693 write it."""
    text = work.call.body.decode(errors="replace")
    if "json" in work.call.headers.get("content-type", ""):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            invalid("Invalid JSON payload received. Parse Error", "parseError")
        return found
    form = {key: values[0] for key, values in parse_qs(text).items()}
    return {re.sub(r"_([a-z])", lambda part: part[1].upper(), key): value for key, value in form.items()}


def _rules(text: str) -> list[Thing]:
    """The rules of a boundary. Raises `Refused` for what is none."""
    try:
        rules = json.loads(unquote(text))["accessBoundary"]["accessBoundaryRules"]
        fits = bool(rules) and all(_is_rule(rule) for rule in rules)
    except (ValueError, KeyError, TypeError):
        fits = False
    if not fits or len(rules) > _MOST_RULES:
        invalid(f"Invalid access boundary: 1 to {_MOST_RULES} rules, each of a bucket and of roles (`inRole:`).")
    found: list[Thing] = rules
    return found


def _is_rule(rule: Any) -> bool:
    roles = rule["availablePermissions"]
    return bool(
        _BUCKET.fullmatch(rule["availableResource"])
        and isinstance(roles, list)
        and roles
        and all(isinstance(one, str) and one.startswith("inRole:") for one in roles)
        and isinstance(rule.get("availabilityCondition", {}).get("expression", ""), str)
    )
