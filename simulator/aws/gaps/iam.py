"""IAM: how large policies may be, and what a trust policy must say.

Source: AWS IAM User Guide, "IAM and AWS STS quotas" (2026-11). moto checks the grammar of policies, though not
that of a new role's trust.
"""

import json
import re
from dataclasses import replace
from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.caller import OPERATOR
from soundstage.simulator.aws.gaps import Call, Reply, Shape
from soundstage.simulator.aws.gaps.documented import counted, limits
from soundstage.simulator.aws.iam.evaluate import Verdict, judge
from soundstage.simulator.aws.iam.statements import Asked, Principal
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.memory import GLOBAL

_ENTRY: Final = re.compile(r"(ContextEntries\.member\.\d+)\.ContextKeyName")
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


def simulate_principal_policy(call: Call) -> Shape:
    """What the policies of a user or role allow, a boundary included; what keys and buckets say of it is not asked, as on AWS."""
    source = call.params.get("PolicySourceArn", "")
    holds_all = source == OPERATOR.format(call.caller.account_id)
    caller = replace(call.caller, kind="role", arn=source, principal_arn=source, session=None)
    world = World(call.caller.account_id, call.request.region, caller, call.memory, call.time)
    if not (holds_all or world.is_known):
        raise Refusal("NoSuchEntity", f"The principal {source} cannot be found.", 404)
    mine, principal = world.policies(), Principal((source,), call.caller.account_id)
    facts = {**context_of(call), "aws:principalaccount": call.caller.account_id, "aws:principalarn": source}
    results = []
    for action in call.request.members("ActionNames"):
        for resource in call.request.members("ResourceArns") or ["*"]:
            verdict = Verdict(True) if holds_all else judge(Asked(action, resource, principal, facts), mine)
            denied = "explicitDeny" if "explicit deny" in verdict.reason else "implicitDeny"
            results.append(
                {
                    "EvalActionName": action, "EvalResourceName": resource, "MatchedStatements": [],
                    "MissingContextValues": [], "EvalDecision": "allowed" if verdict.allowed else denied,
                }
            )  # fmt: skip
    return {"EvaluationResults": results, "IsTruncated": False}


def context_of(call: Call) -> dict[str, list[str]]:
    """The context that a simulation is told: keys in lower case → values."""
    found: dict[str, list[str]] = {}
    for name, key in call.params.items():
        if entry := _ENTRY.fullmatch(name):
            found[str(key).lower()] = call.request.members(f"{entry[1]}.ContextKeyValues")
    return found


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
