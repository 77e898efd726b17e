"""IAM: how large policies may be, and what a trust policy must say.

Source: AWS IAM User Guide, "IAM and AWS STS quotas" (2026-11). moto checks the grammar of policies, though not of a new role's.
"""

from typing import Any

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.gaps import Call
from soundstage.simulator.gaps.documented import counted, limits
from soundstage.simulator.memory import GLOBAL


def _create_role(call: Call) -> Answer:
    from moto.iam.exceptions import MalformedPolicyDocument
    from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

    document = call.params.get("AssumeRolePolicyDocument", "")
    try:
        IAMTrustPolicyDocumentValidator(document).validate()
    except MalformedPolicyDocument as problem:
        raise Refusal("MalformedPolicyDocument", str(problem.message)) from None
    return _trust(call, document)


def _update_trust(call: Call) -> Answer:
    return _trust(call, call.params.get("PolicyDocument", ""))


def _trust(call: Call, document: str) -> Answer:
    most = limits()["trust_policy_characters"]
    if counted(document) > most:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {most}", 409)
    return call.forward()


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
    "CreateRole": _create_role,
    "UpdateAssumeRolePolicy": _update_trust,
    "PutRolePolicy": _put_inline,
    "PutUserPolicy": _put_inline,
    "PutGroupPolicy": _put_inline,
    "CreatePolicy": _managed,
    "CreatePolicyVersion": _managed,
}
