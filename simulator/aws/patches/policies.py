"""The 1,500 policies that AWS manages are the same in every account and never change here. They are made once per
process, and a snapshot leaves them out: it would be a hundred times as large."""

from functools import cache
from typing import Any

from moto.iam.models import AWSManagedPolicy, IAMBackend

_init = IAMBackend._init_aws_policies


@cache
def _documents(account: str, region: str) -> dict[str, dict[str, Any]]:
    """What each policy is when nobody has attached it, by ARN."""

    class Nowhere:
        account_id = account
        region_name = region

    return {policy.arn: vars(policy) for policy in _init(Nowhere())}  # type: ignore[arg-type]


def _fresh(account: str, region: str) -> list[Any]:
    made = []
    for content in _documents(account, region).values():
        policy = AWSManagedPolicy.__new__(AWSManagedPolicy)
        vars(policy).update(content)
        made.append(policy)
    return made


def _saved(self: Any) -> dict[str, Any]:
    state = dict(vars(self))
    touched = {
        arn: policy
        for arn, policy in self.managed_policies.items()
        if not isinstance(policy, AWSManagedPolicy) or policy.attachment_count
    }
    return {**state, "aws_managed_policies": [], "managed_policies": touched}


def _restored(self: Any, state: dict[str, Any]) -> None:
    vars(self).update(state)
    policies = {policy.arn: policy for policy in _fresh(self.account_id, self.region_name)}
    policies.update(state["managed_policies"])
    self.managed_policies = policies
    self.aws_managed_policies = [policy for policy in policies.values() if isinstance(policy, AWSManagedPolicy)]


def apply() -> None:
    """Share AWS's own policies between backends and keep them out of snapshots."""
    backend: Any = IAMBackend
    backend._init_aws_policies = lambda self: _fresh(self.account_id, self.region_name)
    backend.__getstate__ = _saved
    backend.__setstate__ = _restored
