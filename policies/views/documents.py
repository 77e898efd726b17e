"""Policy documents: the statements of every IAM, bucket, key, queue, topic and endpoint policy in the stack."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.views.node import Node, Resource
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
    "aws:kms/key:Key": "policy",
    "aws:kms/keyPolicy:KeyPolicy": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
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
    principals: tuple[str, ...]
    not_principals: bool
    condition: Mapping[str, Mapping[str, Any]]

    def grants(self, action: str) -> bool:
        """Whether an allow statement covers this action, wildcards included."""
        if not self.allows:
            return False
        if self.not_actions:
            return not any(covers(pattern, action) for pattern in self.not_actions)
        return any(covers(pattern, action) for pattern in self.actions)

    @property
    def any_resource(self) -> bool:
        return "*" in self.resources

    @property
    def anyone(self) -> bool:
        return "*" in self.principals or (self.allows and self.not_principals)

    def requires(self) -> set[str]:
        """The keys whose conditions limit who or what is meant, in lower case.

        A condition limits nothing when it is also met without the key (`…IfExists`, `ForAllValues:`, `Null`), when it
        only excludes some (`…Not…`), when a value is `*`, or when it asks for `false`.
        """
        return {
            key.lower()
            for operator, tests in self.condition.items()
            if isinstance(tests, Mapping) and _limits(operator)
            for key, value in tests.items()
            if not {item.lower() for item in strings(value)} & {"*", "false"} and strings(value)
        }


@dataclass(frozen=True, eq=False)
class Document:
    """One policy document and its statements. A document that is not known yet, or is not JSON, has none."""

    node: Node
    readable: bool
    statements: tuple[Statement, ...]

    @property
    def resource(self) -> Resource:
        return self.node.resource


def _limits(operator: str) -> bool:
    name = operator.lower()
    return not (name.endswith("ifexists") or name.startswith("forallvalues:") or name == "null" or "not" in name)


@cache
def covers(pattern: str, action: str) -> bool:
    """IAM matches actions without regard to case; `*` and `?` stand for any characters and any one."""
    return fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]"))


def strings(value: Any) -> tuple[str, ...]:
    """A value that may be a list or a single text, as texts."""
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _principals(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(text for item in value.values() for text in strings(item))
    return strings(value)


def statements_of(node: Node, document: Any) -> tuple[Statement, ...]:
    """The statements of a decoded document."""
    listed = document.get("Statement", []) if isinstance(document, Mapping) else []
    return tuple(
        Statement(
            node,
            str(item.get("Sid", "")),
            str(item.get("Effect", "")).lower() == "allow",
            strings(item.get("Action")),
            strings(item.get("NotAction")),
            strings(item.get("Resource")) or (("*",) if "NotResource" in item else ()),
            _principals(item.get("Principal")),
            "NotPrincipal" in item,
            item.get("Condition") or {},
        )
        for item in (listed if isinstance(listed, list) else [listed])
        if isinstance(item, Mapping)
    )


def document(node: Node) -> Document:
    """Read a node that holds a policy as JSON text or as an object."""
    value = node.value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return Document(node, False, ())
    if value is UNKNOWN or not isinstance(value, Mapping):
        return Document(node, False, ())
    return Document(node, True, statements_of(node, value))


def _collect(stack: Stack, table: Mapping[str, str]) -> list[Document]:
    found = []
    for resource in stack.of(*table):
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
    """Who may use each bucket, key, topic, queue, secret and file system."""
    return _collect(stack, RESOURCE_DOCUMENTS)
