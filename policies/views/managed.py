"""Managed policies that are attached by their ARN: what each is known to give."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from soundstage.core import yamlfile
from soundstage.policies.views.node import Node, Resource
from soundstage.policies.views.stack import Stack

Gives: TypeAlias = Literal["administration", "everything", "plain", "unknown"]

ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
_PLACES: Final = {
    **dict.fromkeys(ATTACHMENTS, "policyArn"),
    "aws:iam/role:Role": "managedPolicyArns",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": "policyArns",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": "managedPolicyArns",
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": "customerManagedPolicyReference.name",
}
"""Resource types that attach managed policies, and the property that names them."""


@dataclass(frozen=True, eq=False)
class Attached:
    """One managed policy that is attached by its ARN and is no resource of this stack."""

    resource: Resource
    node: Node
    gives: Gives

    @property
    def name(self) -> str:
        return str(self.node.value).rpartition("/")[2]


@cache
def _table() -> dict[str, list[str]]:
    text = (files("soundstage.policies") / "data" / "managed_policies.yaml").read_text(encoding="utf-8")
    table: dict[str, list[str]] = yamlfile.data(text)
    return table


@cache
def gives(arn: str) -> Gives:
    """What a managed policy gives, as far as its name tells."""
    if ":iam::aws:policy/" not in arn:
        return "unknown"
    path = arn.partition(":policy/")[2]
    name = path.rpartition("/")[2]
    table = _table()
    for kind in ("administration", "plain", "everything"):
        if any(fnmatchcase(name, pattern) for pattern in table[kind]):
            return kind
    return "plain" if path.startswith(("service-role/", "aws-service-role/")) else "unknown"


def attached(stack: Stack) -> list[Attached]:
    """Every managed policy that somebody is given and that this stack does not write itself."""
    return list(_attached(stack))


def _attached(stack: Stack) -> Iterator[Attached]:
    for resource in stack.of(*_PLACES):
        place = resource.get(_PLACES[resource.type])
        own = stack.targets(place) if place.value is not None else []
        for node in place.each():
            if not isinstance(node.value, str) and own:
                continue
            if node.value in (None, "") or (isinstance(node.value, str) and stack.targets(node)):
                continue
            arn = node.value if isinstance(node.value, str) else ""
            yield Attached(resource, node, gives(arn))
