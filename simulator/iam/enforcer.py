"""IAM enforcement: every call of a user or a role is decided by the policies of the account."""

import time
import traceback

from soundstage.simulator.authorize import Decision, Situation
from soundstage.simulator.bucketpolicies import BucketPoliciesOnly
from soundstage.simulator.iam.context import context
from soundstage.simulator.iam.evaluate import judge
from soundstage.simulator.iam.needs import needs
from soundstage.simulator.iam.statements import Asked, Principal
from soundstage.simulator.iam.world import World
from soundstage.simulator.memory import Memory
from soundstage.simulator.request import AwsRequest


class Enforcer:
    """Decides calls by the policies that the account holds.

    The owner of the simulated cloud stands for the account's root and for the services themselves: they may do what no
    bucket policy forbids, and take any role.
    """

    def __init__(self) -> None:
        self._for_owner = BucketPoliciesOnly()

    def authorize(self, request: AwsRequest, situation: Situation, memory: Memory) -> Decision:
        """The first permission that is missing, or that there is none."""
        caller = situation.caller
        if caller.kind == "operator":
            return self._for_owner.authorize(request, situation, memory)
        try:
            return self._judged(request, situation, memory)
        except Exception as problem:  # noqa: BLE001 - what cannot be judged is not permitted
            traceback.print_exc()
            return Decision(False, f"because the policies cannot be judged: {problem!r}")

    @staticmethod
    def _judged(request: AwsRequest, situation: Situation, memory: Memory) -> Decision:
        caller = situation.caller
        world = World(situation.account_id, request.region, caller, memory, time.time())
        known = context(request, situation, world)
        mine = world.policies()
        principal = Principal(tuple(dict.fromkeys((caller.arn, caller.principal_arn))), caller.account_id)
        for need in needs(request, world, situation):
            asked = Asked(need.action, need.resource, principal, {**known, **need.context})
            verdict = judge(asked, mine, need.policy)
            if not verdict.allowed:
                return Decision(False, f"on resource: {need.resource} {verdict.reason}", need.action)
        return Decision(True)
