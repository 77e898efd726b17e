"""What the account holds, as far as a decision depends on it: policies, tags, keys, who owns what. Only read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from soundstage.simulator.aws.caller import Caller
from soundstage.simulator.aws.iam.evaluate import NO_RESOURCE_POLICY, Policies, ResourcePolicy
from soundstage.simulator.aws.iam.statements import Statement, statements
from soundstage.simulator.aws.moto_state import backends
from soundstage.simulator.memory import GLOBAL, Memory


@dataclass(frozen=True)
class World:
    """One account, seen from the region of a call."""

    account: str
    region: str
    caller: Caller
    memory: Memory
    now: float
    """Seconds since the epoch."""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def moto(self, service: str, region: str | None = None) -> Any:
        """moto's backend of a service; `aws` is the region of global services."""
        return backends(service)[self.account][region or self.region]

    @property
    def iam(self) -> Any:
        return self.moto("iam", GLOBAL)

    @property
    def is_known(self) -> bool:
        """Whether the account has the caller's user or role."""
        return bool(self._role(self.caller.principal_arn) or self._user(self.caller.principal_arn))

    def policies(self) -> Policies:
        """Everything that says what the caller may do."""
        found = self._role(self.caller.principal_arn) or self._user(self.caller.principal_arn)
        if found is None:
            return Policies()
        holders = [found]
        if hasattr(found, "access_keys"):
            holders += [group for group in self.iam.groups.values() if found in group.users]
        documents = [document for each in holders for document in each.policies.values()]
        documents += [self._document(arn) for each in holders for arn in each.managed_policies]
        edge = getattr(found, "permissions_boundary_arn", None)
        session = self.caller.session
        return Policies(
            identity=_all(*documents),
            boundary=_all(self._document(edge)) if edge else None,
            session=_all(session.policy) if session and session.policy else None,
        )

    def principal_tags(self) -> dict[str, str]:
        """The tags of the caller; a session's own win over those of its role."""
        role, user = self._role(self.caller.principal_arn), self._user(self.caller.principal_arn)
        tags = _pairs(role.tags if role else [])
        if user:
            tags |= self.iam.tagger.get_tag_dict_for_resource(user.arn)
        return {**tags, **(self.caller.session.tags if self.caller.session else {})}

    def trust_policy(self, arn: str) -> ResourcePolicy:
        """Who may take a role. Nobody may take one that does not exist."""
        role = self._role(arn)
        return ResourcePolicy(_all(role.assume_role_policy_document) if role else (), decides=True)

    def bucket_policy(self, name: str) -> ResourcePolicy:
        bucket = self.bucket(name)
        return ResourcePolicy(_all(bucket.policy)) if bucket and bucket.policy else NO_RESOURCE_POLICY

    def topic_policy(self, arn: str) -> ResourcePolicy:
        topics = self.moto("sns").topics
        return ResourcePolicy(_all(topics[arn].policy)) if arn in topics else NO_RESOURCE_POLICY

    def bucket(self, name: str) -> Any:
        """A bucket, or None."""
        return self.moto("s3", GLOBAL).buckets.get(name)

    def key(self, named: str) -> Any:
        """A KMS key by id, ARN or alias, or None."""
        region = named.split(":")[3] if named.startswith("arn:") else self.region
        keys = self.moto("kms", region).keys
        alias = named if named.startswith("alias/") else named.rpartition(":")[2]
        found = keys.get(named.rpartition("/")[2]) or (each for each in keys.values() if alias in each.aliases)
        return next(found, None) if isinstance(found, Iterator) else found

    def key_policy(self, key: Any, operation: str, encryption_context: Mapping[str, str]) -> ResourcePolicy:
        """The policy of a key, and whether one of its grants lets the caller do `operation`."""
        names = (self.caller.arn, self.caller.principal_arn)
        granted = any(
            grant.grantee_principal in names
            and operation in grant.operations
            and _within(grant.constraints or {}, encryption_context)
            for grant in key.grants.values()
        )
        return ResourcePolicy(_all(key.policy), decides=True, granted=granted)

    def tags_of(self, service: str, identity: str) -> dict[str, str]:
        """Tags of a resource of EC2 (by id), IAM (by ARN) or KMS (by key id)."""
        if service == "ec2":
            return dict(self.moto("ec2").tags.get(identity, {}))
        if service == "kms":
            key = self.key(identity)
            return dict(self.moto("kms", key.region).tagger.get_tag_dict_for_resource(key.id)) if key else {}
        role = self._role(identity)
        return _pairs(role.tags) if role else dict(self.iam.tagger.get_tag_dict_for_resource(identity))

    def role_arn(self, named: str) -> str:
        """The ARN of a role, with its path."""
        role = self.iam.roles.get(named) or next((each for each in self.iam.roles.values() if each.name == named), None)
        return role.arn if role else f"arn:aws:iam::{self.account}:role/{named}"

    def boundary_of(self, role_arn: str) -> str:
        """The ARN of a role's boundary; empty when it has none."""
        role = self._role(role_arn)
        return (role.permissions_boundary_arn or "") if role else ""

    def roles_in_profile(self, named: str) -> list[str]:
        """ARNs of the roles in an instance profile, by its name or ARN."""
        profiles = self.iam.instance_profiles.values()
        return [role.arn for each in profiles if named in (each.name, each.arn) for role in each.roles]

    def _role(self, arn: str) -> Any:
        return next((role for role in self.iam.roles.values() if role.arn == arn), None)

    def _user(self, arn: str) -> Any:
        return next((user for user in self.iam.users.values() if user.arn == arn), None)

    def _document(self, arn: str) -> str:
        """The default version of a managed policy. One that does not exist allows nothing."""
        policy = self.iam.managed_policies.get(arn)
        if policy is None:
            return '{"Statement": []}'
        return str(next(v.document for v in policy.versions if v.version_id == policy.default_version_id))


def _all(*documents: str) -> tuple[Statement, ...]:
    return tuple(statement for document in documents for statement in statements(document))


def _pairs(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _within(constraints: Mapping[str, Mapping[str, str]], told: Mapping[str, str]) -> bool:
    """Whether an encryption context meets a grant's constraints."""
    if isinstance(constraints, str):
        constraints = json.loads(constraints)
    equal, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset") or {}
    return (equal is None or dict(equal) == dict(told)) and subset.items() <= told.items()
