"""IAM: how large policies may be, and what a trust policy must say.

Source: AWS IAM User Guide, "IAM and AWS STS quotas" (2026-11). moto checks the grammar of policies, though not
that of a new role's trust.
"""

import json
from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Reply
from soundstage.simulator.aws.gaps.documented import counted, limits
from soundstage.simulator.memory import GLOBAL

_ACTIONS: Final = ("sts:", "*")


def create_role(call: Call) -> Answer:
    _check_trust(call.params.get("AssumeRolePolicyDocument", ""))
    return call.forward()


def update_assume_role_policy(call: Call) -> Reply:
    """moto knows fewer actions of STS than a trust policy may name."""
    document, name = call.params.get("PolicyDocument", ""), call.params.get("RoleName", "")
    _check_trust(document)
    role = _holder(call, "role", name)
    if role is None:
        return call.forward()
    role.assume_role_policy_document = document
    return None


def _check_trust(document: str) -> None:
    """`Refusal` of a document that is no trust policy or is too large."""
    try:
        statements = json.loads(document)["Statement"]
    except (ValueError, TypeError, KeyError):
        raise _malformed("Syntax errors in policy.") from None
    listed = statements if isinstance(statements, list) else [statements]
    if not listed or not all(isinstance(statement, dict) for statement in listed):
        raise _malformed("Syntax errors in policy.")
    for statement in listed:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Missing required field Effect")
        if "Resource" in statement or "NotResource" in statement:
            raise _malformed("Has prohibited field Resource")
        for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction")):
            if (one in statement) == (other in statement):
                raise _malformed(f"Missing required field {one}")
        actions = statement.get("Action", statement.get("NotAction"))
        if not all(
            str(action).startswith(_ACTIONS) for action in (actions if isinstance(actions, list) else [actions])
        ):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    most = limits()["trust_policy_characters"]
    if counted(document) > most:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {most}", 409)


def _malformed(message: str) -> Refusal:
    return Refusal("MalformedPolicyDocument", message)


def _put_inline(call: Call) -> Answer:
    kind = call.request.operation.removeprefix("Put").removesuffix("Policy").lower()
    name = call.params.get(f"{kind.capitalize()}Name", "")
    holder = _holder(call, kind, name)
    others = getattr(holder, "policies", None) or {}
    kept = sum(counted(str(text)) for policy, text in others.items() if policy != call.params.get("PolicyName"))
    most = limits()["inline_policy_characters"][kind]
    if kept + counted(call.params.get("PolicyDocument", "")) > most:
        raise Refusal("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} {name}", 409)
    return call.forward()


def _holder(call: Call, kind: str, name: str) -> Any:
    iam = call.moto("iam", GLOBAL)
    known = {"role": iam.roles, "user": iam.users, "group": iam.groups}[kind]
    return next((each for each in known.values() if each.name == name), None)


def _managed(call: Call) -> Answer:
    most = limits()["managed_policy_characters"]
    if counted(call.params.get("PolicyDocument", "")) > most:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for PolicySize: {most}", 409)
    return call.forward()


HANDLERS = {
    "PutRolePolicy": _put_inline,
    "PutUserPolicy": _put_inline,
    "PutGroupPolicy": _put_inline,
    "CreatePolicy": _managed,
    "CreatePolicyVersion": _managed,
}
