"""Policy documents: the statements of every IAM, bucket, key, queue, topic and endpoint policy in the stack."""

import fnmatch
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from soundstage.core.values import UNKNOWN, has_unknown
from soundstage.policies.views.node import Node, Resource
from soundstage.policies.views.probes import (
    admits_others,
    admits_stranger,
    foreign,
    limiting_keys,
    named_by,
    reaches_others,
    spares_others,
    texts,
)
from soundstage.policies.views.stack import Stack

IDENTITY_DOCUMENTS: Final = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
ROLE: Final = "aws:iam/role:Role"
TRUST_DOCUMENTS: Final = {ROLE: "assumeRolePolicy"}
RESOURCE_DOCUMENTS: Final = {
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:s3/bucket:Bucket": "policy",
    "aws:s3/bucketV2:BucketV2": "policy",
    "aws:s3/accessPoint:AccessPoint": "policy",
    "aws:s3control/accessPointPolicy:AccessPointPolicy": "policy",
    "aws:s3control/bucketPolicy:BucketPolicy": "policy",
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy": "policy",
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": "details.policy",
    "aws:kms/key:Key": "policy",
    "aws:kms/keyPolicy:KeyPolicy": "policy",
    "aws:kms/externalKey:ExternalKey": "policy",
    "aws:kms/replicaKey:ReplicaKey": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:ecr/registryPolicy:RegistryPolicy": "policy",
    "aws:backup/vaultPolicy:VaultPolicy": "policy",
    "aws:glacier/vault:Vault": "accessPolicy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": "accessPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "policyDocument",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
    "aws:kinesis/resourcePolicy:ResourcePolicy": "policy",
    "aws:opensearch/domain:Domain": "accessPolicies",
    "aws:elasticsearch/domain:Domain": "accessPolicies",
    "aws:opensearch/domainPolicy:DomainPolicy": "accessPolicies",
    "aws:elasticsearch/domainPolicy:DomainPolicy": "accessPolicies",
    "aws:mediastore/containerPolicy:ContainerPolicy": "policy",
    "aws:codeartifact/domainPermissions:DomainPermissions": "policyDocument",
    "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy": "policyDocument",
    "aws:glue/resourcePolicy:ResourcePolicy": "policy",
}


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement. Lists are normalised; `principals` is flat: `*`, ARNs, services, account ids."""

    node: Node
    sid: str
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    named: tuple[tuple[str, str], ...]
    """Principals, each with its kind: `AWS`, `Service`, `Federated`, `CanonicalUser`."""
    not_principals: bool
    condition: Mapping[str, Mapping[str, Any]]

    def grants(self, action: str) -> bool:
        """Whether an allow statement covers this action, wildcards included."""
        return action in self.granted((action,))

    def granted(self, actions: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the actions that an allow statement covers. Ask for all of them at once: statements and actions are many."""
        if not self.allows:
            return ()
        among = _among(actions, self.not_actions or self.actions)
        return tuple(action for action in actions if (action in among) != bool(self.not_actions))

    def unlimited(self, action: str) -> bool:
        """Whether the statement reaches what other projects have, for an action on it."""
        return self.reaches_others(action) and admits_others(self.condition)

    def reaches_others(self, action: str) -> bool:
        """Whether its resources alone match what another project has."""
        if self.not_resources:
            return not any(spares_others(pattern, action) for pattern in self.not_resources)
        return any(reaches_others(pattern, action) for pattern in self.resources)

    @property
    def anyone(self) -> bool:
        """Whether it names everybody as principal."""
        every = any(
            text.strip("*") == "" if kind == "Service" else "*" in text and foreign(text) for kind, text in self.named
        )
        return every or (self.allows and self.not_principals)

    def open_to_strangers(self, prefix_v4: int = 16) -> bool:
        """Whether it gives something to people whom nobody named."""
        return self.allows and self.anyone and admits_stranger(self.condition, prefix_v4)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it names."""
        return tuple(text for kind, text in self.named if kind == "Service")

    @property
    def token_hosts(self) -> tuple[str, ...]:
        """The issuers of tokens that it names, SAML's left out: those have no subject."""
        hosts = (
            text.partition(":oidc-provider/")[2] or ("" if "arn:" in text else text)
            for kind, text in self.named
            if kind == "Federated"
        )
        return tuple(host for host in hosts if host.strip("*"))

    @property
    def admitted(self) -> tuple[str, ...]:
        """Whom it admits: its principals, and the accounts and organisations to which a condition limits everybody or a service."""
        limited = self.anyone or bool(self.services)
        return (*self.principals, *(named_by(self.condition) if limited else ()))

    @property
    def principals(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.named)

    @property
    def keys(self) -> set[str]:
        """Every key of its condition, in lower case."""
        return {key.lower() for tests in self.condition.values() if isinstance(tests, Mapping) for key in tests}

    def requires(self) -> set[str]:
        """The keys whose conditions limit who or what is meant, in lower case."""
        return limiting_keys(self.condition)


@dataclass(frozen=True, eq=False)
class Document:
    """One policy document and its statements. A document that is not known yet, or is not JSON, has none."""

    node: Node
    readable: bool
    statements: tuple[Statement, ...]

    @property
    def resource(self) -> Resource:
        return self.node.resource


_WILD: Final = re.compile(r"[*?]")


@cache
def _among(actions: tuple[str, ...], patterns: tuple[str, ...]) -> frozenset[str]:
    """The actions that one of these patterns covers. The roles of all machines have the same few lists, and are asked for the same hundreds
    of actions."""
    matching = [_matching(pattern) for pattern in patterns]
    return frozenset(action for action in actions if any(matches(action.lower()) for matches in matching))


def covers(pattern: str, action: str) -> bool:
    """IAM matches actions without regard to case; `*` and `?` stand for any characters and any one."""
    return bool(_matching(pattern)(action.lower()))


@cache
def _matching(pattern: str) -> Callable[[str], object]:
    """What says whether a pattern covers an action in lower case. Most are a whole name or its beginning, which takes no expression."""
    folded = pattern.lower()
    beginning = folded.removesuffix("*")
    if _WILD.search(beginning):
        return re.compile(fnmatch.translate(folded.replace("[", "[[]"))).match
    return folded.__eq__ if beginning == folded else lambda action: action.startswith(beginning)


def _principals(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        return tuple((str(kind), text) for kind, item in value.items() for text in texts(item))
    return tuple(("AWS", text) for text in texts(value))


_WORDS: Final = {
    word.lower(): word
    for word in (
        "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
    )
}  # fmt: skip


def _spelled(item: Mapping[str, Any]) -> dict[str, Any]:
    """A statement with the names of its elements as IAM writes them. A document that is made by hand may have others."""
    return {_WORDS.get(str(key).lower(), str(key)): value for key, value in item.items()}


def statements_of(node: Node, document: Any) -> tuple[Statement, ...]:
    """The statements of a decoded document."""
    found = _spelled(document).get("Statement", []) if isinstance(document, Mapping) else []
    listed = [
        _spelled(item) if isinstance(item, Mapping) else item
        for item in (found if isinstance(found, list) else [found])
    ]
    return tuple(
        Statement(
            Node(node.resource, node.path, dict(item)),
            str(item.get("Sid", "")),
            str(item.get("Effect", "")).lower() == "allow",
            texts(item.get("Action")),
            texts(item.get("NotAction")),
            texts(item.get("Resource")),
            texts(item.get("NotResource")),
            _principals(item.get("Principal")),
            "NotPrincipal" in item,
            {} if item.get("Condition") is UNKNOWN else item.get("Condition") or {},
        )
        for item in listed
        if isinstance(item, Mapping)
    )


def _merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Of a name that stands twice readers take one or the other: each is taken as if it held, and a limit as if it did
    not."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key not in found:
            found[key] = value
        elif key.lower() == "effect":
            found[key] = next((text for text in (found[key], value) if str(text).lower() == "allow"), value)
        elif key.lower() == "condition":
            found[key] = {}
        else:
            found[key] = [*_listed(found[key]), *_listed(value)]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def document(node: Node) -> Document:
    """Read a node that holds a policy as JSON text or as an object."""
    value = node.value
    if isinstance(value, str):
        try:
            value = json.loads(value, object_pairs_hook=_merged)
        except ValueError:
            return Document(node, False, ())
    if value is UNKNOWN or not isinstance(value, Mapping):
        return Document(node, False, ())
    found = statements_of(node, value)
    known = tuple(statement for statement in found if not has_unknown(_but_resources(statement.node.value)))
    return Document(node, not has_unknown(value), known)


def _but_resources(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without its resources. One that is made of others of the stack names these, and leaves the rest to be judged."""
    return {key: value for key, value in statement.items() if key not in ("Resource", "NotResource")}


_WHOLE: Final = frozenset({"aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain"})
"""Of these there is much to judge beside the policy, which nothing here does: they still count as not judged."""


def _collect(stack: Stack, table: Mapping[str, str]) -> list[Document]:
    found = []
    for resource in (
        *stack.of(*(type for type in table if type not in _WHOLE)),
        *stack.glimpse(*_WHOLE.intersection(table)),
    ):
        node = resource.get(table[resource.type])
        if node.value not in (None, ""):
            found.append(document(node))
    return found


def identity_documents(stack: Stack) -> list[Document]:
    """What roles, users and groups may do, inline policies of roles included."""
    inline = [item.get("policy") for role in stack.of(ROLE) for item in role.get("inlinePolicies").each()]
    return [*_collect(stack, IDENTITY_DOCUMENTS), *(document(node) for node in inline if node.value is not None)]


def trust_documents(stack: Stack) -> list[Document]:
    """Who may assume each role."""
    return _collect(stack, TRUST_DOCUMENTS)


def resource_documents(stack: Stack) -> list[Document]:
    """Who may use each bucket, key, topic, queue, secret and file system, and whatever else has a policy that names somebody."""
    return [*_collect(stack, RESOURCE_DOCUMENTS), *_by_shape(stack)]


_KNOWN: Final = frozenset(
    {*IDENTITY_DOCUMENTS, *TRUST_DOCUMENTS, *RESOURCE_DOCUMENTS, "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"}
)  # fmt: skip


def _by_shape(stack: Stack) -> Iterator[Document]:
    """The policies of types that no table names: what looks like one, and names somebody. Such a type still counts as not judged."""
    for resource in stack.resources:
        if resource.cloud != "aws" or resource.type in _KNOWN:
            continue
        for node in _documents(Node(resource, "", resource.inputs)):
            found = document(node)
            if any(statement.named or statement.not_principals for statement in found.statements):
                yield found


def _documents(node: Node) -> Iterator[Node]:
    """The parts of a value that look like a policy, as text or as an object."""
    value = node.value
    if isinstance(value, str):
        if '"Statement"' in value and "Principal" in value:
            yield node
    elif isinstance(value, dict):
        if "Statement" in value:
            yield node
        else:
            for key in value:
                yield from _documents(node.child(key))
    elif isinstance(value, list):
        for item in node.each():
            yield from _documents(item)
