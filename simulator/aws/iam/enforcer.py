"""Who decides a call: bucket policies alone, or all policies of the account.

Both judge by the same statements and the same facts, so that what a bucket's policy denies is denied either way.
"""

import time
import traceback
from typing import Final

from soundstage.simulator.aws.authorize import Decision, Situation
from soundstage.simulator.aws.iam.context import context
from soundstage.simulator.aws.iam.evaluate import denied_by_resource, judge
from soundstage.simulator.aws.iam.needs import needs
from soundstage.simulator.aws.iam.statements import Asked, Principal
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.memory import Memory

_ALWAYS_FOR_OWNER: Final = frozenset({"GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"})
"""The account's owner can always take back a policy that locks everybody out (Amazon S3 User Guide, 2026-11)."""


class BucketPoliciesOnly:
    """Every known caller may do everything that no bucket policy denies, the account's owner included. What a policy allows
    is not asked."""

    def authorize(self, request: AwsRequest, situation: Situation, memory: Memory) -> Decision:
        """`Decision(False)` when the bucket's policy denies the call explicitly."""
        if request.service != "s3" or not request.labels.get("Bucket"):
            return Decision(True)
        if situation.caller.kind == "operator" and request.operation in _ALWAYS_FOR_OWNER:
            return Decision(True)
        return _safely(request, situation, memory, only_bucket_policies=True)


class Enforcer:
    """Decides calls by the policies that the account holds.

    The owner of the simulated cloud stands for the account's root and for the services themselves: they may do what no
    bucket policy forbids, and take any role.
    """

    def __init__(self) -> None:
        self._for_owner = BucketPoliciesOnly()

    def authorize(self, request: AwsRequest, situation: Situation, memory: Memory) -> Decision:
        """The first permission that is missing, or that there is none."""
        if situation.caller.kind == "operator":
            return self._for_owner.authorize(request, situation, memory)
        return _safely(request, situation, memory, only_bucket_policies=False)


def _safely(request: AwsRequest, situation: Situation, memory: Memory, *, only_bucket_policies: bool) -> Decision:
    try:
        return _judged(request, situation, memory, only_bucket_policies)
    except Exception as problem:  # noqa: BLE001 - what cannot be judged is not permitted
        traceback.print_exc()
        return Decision(False, f"because the policies cannot be judged: {problem!r}")


def _judged(request: AwsRequest, situation: Situation, memory: Memory, only_bucket_policies: bool) -> Decision:
    caller = situation.caller
    world = World(situation.account_id, request.region, caller, memory, time.time())
    known = context(request, situation, world)
    mine = world.policies()
    principal = Principal(tuple(dict.fromkeys((caller.arn, caller.principal_arn))), caller.account_id)
    for need in needs(request, world, situation):
        asked = Asked(need.action, need.resource, principal, {**known, **need.context})
        if only_bucket_policies:
            verdict = denied_by_resource(asked, need.policy if need.action.startswith("s3:") else None)
        else:
            verdict = judge(asked, mine, need.policy)
        if not verdict.allowed:
            return Decision(False, f"on resource: {need.resource} {verdict.reason}", need.action)
    return Decision(True)
