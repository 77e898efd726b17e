"""Whom Google's roles are given to: every member of every IAM resource of a stack, whatever it is about and however it is written.

Sources: Google Cloud IAM, "Principal identifiers", "Policy"; Terraform's Google provider, which makes a `…IamMember`, `…IamBinding`
and `…IamPolicy` for each kind of resource (read 2026-11).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.views.access_lists import GCS_LISTS
from soundstage.policies.views.conditions import names_things
from soundstage.policies.views.node import Node, Resource, Truth, all_of
from soundstage.policies.views.stack import Stack

_KINDS: Final = re.compile(r"gcp:.*I[aA][mM](Member|Binding|Policy)")
_WHOLE: Final = re.compile(r"gcp:(projects|folder|organizations)/.*")
EVERYONE: Final = ("allUsers", "allAuthenticatedUsers")
_EVERYONE: Final = frozenset(name.lower() for name in EVERYONE)
_POOL: Final = re.compile(r"principalSet://iam\.googleapis\.com/.*/workloadIdentityPools/[^/]+/\*")
_PRIVATE: Final = frozenset(
    {
        "gmail.com", "googlemail.com", "googlegroups.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com",
        "me.com", "proton.me", "protonmail.com", "gmx.net", "gmx.de", "aol.com", "mail.ru", "yandex.ru", "qq.com", "163.com",
    }
)  # fmt: skip
"""Domains in which anybody may have an address, or make a group."""
_LOG_DELIVERY: Final = "group:cloud-storage-analytics@google.com"
"""Who writes the access logs of buckets (Cloud Storage documentation, "Usage logs & storage logs", read 2026-11)."""
_AGENTS: Final = re.compile(
    r"gcp-sa-[a-z0-9-]+|bigquery-encryption|cloud-cdn-fill|cloud-filer|cloud-memcache-sa|cloud-ml\.google\.com|cloud-redis|cloud-tpu"
    r"|cloudcomposer-accounts|compute-system|container-analysis|container-engine-robot|containerregistry|dataflow-service-producer-prod"
    r"|dataproc-accounts|dlp-api|endpoints-portal|firebase-rules|gae-api-prod\.google\.com|gcf-admin-robot|gcp-gae-service"
    r"|genomics-api\.google\.com|gs-project-accounts|remotebuildexecution|serverless-robot-prod|service-consumer-management"
    r"|service-networking|sourcerepo-service-accounts|storage-transfer-service"
)
_AGENT: Final = re.compile(r"(?:service-|project-|bq-|cmek-p|p)([0-9]{6,16})(?:-[a-z0-9]+)*")
"""Projects in which Google keeps the accounts with which its services act, and how those are called: each says the number of the project
for which it acts (Google Cloud IAM, "Service agents", read 2026-11)."""
_DEFAULT: Final = re.compile(
    r"serviceAccount:([0-9]+-compute@developer\.gserviceaccount\.com|[^@]+@appspot\.gserviceaccount\.com|[0-9]+@cloudbuild\.gserviceaccount\.com)"
)


@dataclass(frozen=True, eq=False)
class Given:
    """One role that one member is given on one thing."""

    resource: Resource
    role: Node
    member: Node
    condition: Node
    made_here: bool = False
    """Whether it is a service account of this stack, whose address is known only after `up`."""
    own_role: bool = False
    """Whether it is a role that this stack makes, whose name is known only after `up`: none of Google's."""

    def gives(self, wanted: Callable[[str], object]) -> Truth:
        """Whether the role is one of Google's of which something is true."""
        return False if self.own_role else self.role.is_(lambda value: wanted(str(value)))

    def _is(self, wanted: Callable[[str], object]) -> Truth:
        return False if self.made_here else self.member.is_(lambda value: wanted(str(value)))

    @property
    def everyone(self) -> Truth:
        """Whether anybody is in it: anonymous, with any Google account, in any identity of a pool, or in an open domain."""
        return self._is(
            lambda text: (
                text.lower() in _EVERYONE
                or _POOL.fullmatch(text)
                or (text.startswith("domain:") and text.partition(":")[2].lower() in _PRIVATE)
            )
        )

    @property
    def private(self) -> Truth:
        """Whether it is an address that no organisation governs."""
        return self._is(
            lambda text: text.startswith(("user:", "group:")) and text.rpartition("@")[2].lower() in _PRIVATE
        )

    @property
    def by_basic_role(self) -> Truth:
        """Whether it is whoever may edit or see the project, and not somebody who is named."""
        return self._is(lambda text: text.startswith(("projectEditor:", "projectViewer:")))

    @property
    def default_account(self) -> Truth:
        """Whether it is an account that every machine, function or build of a project has unless it is told otherwise."""
        return self._is(_DEFAULT.fullmatch)

    @property
    def owner(self) -> str:
        """The domain of an address or the project of an account, which say whose it is; the number of the project for which Google
        acts with an account of its own. Empty where the member shows none."""
        text = self.member.value if isinstance(self.member.value, str) else ""
        kind, _, name = text.partition(":")
        local, _, at = name.lower().rpartition("@")
        if kind == "serviceAccount":
            project = at.removesuffix(".iam.gserviceaccount.com")
            agent = _AGENT.fullmatch(local) if _AGENTS.fullmatch(project) else None
            return agent[1] if agent else "" if project == at else project
        return at if kind in ("user", "group", "domain") and text != _LOG_DELIVERY else ""

    @property
    def agent(self) -> bool:
        """Whether it is an account with which a service of Google acts for a project."""
        return self.owner.isdigit()

    @property
    def on_all(self) -> bool:
        """Whether it is given on a whole project, folder or organisation."""
        return bool(_WHOLE.fullmatch(self.resource.type))

    @property
    def unlimited(self) -> Truth:
        """Whether no condition limits it to things that are named."""
        expression, found = self.condition.get("expression"), re.match(r"roles/(\w+)\.", str(self.role.value))
        named = expression.is_(lambda value: names_things(str(value), found[1] if found else ""))
        return all_of(self.on_all, UNKNOWN if named is UNKNOWN else not named)


def given(stack: Stack) -> list[Given]:
    """Every role that somebody is given."""
    types = sorted({item.type for item in stack.resources if _KINDS.fullmatch(item.type)})
    lists = [found for resource in stack.of(*GCS_LISTS) for found in _listed(resource)]
    return [*(found for resource in stack.of(*types) for found in _given(stack, resource)), *lists]


def named_projects(stack: Stack) -> list[str]:
    """The projects in which this stack's own resources are said to be."""
    named = (resource.inputs.get("project") for resource in stack.resources if resource.cloud in ("gcp", "pulumi"))
    return sorted({name for name in named if isinstance(name, str)})


def unread_policies(stack: Stack) -> list[Node]:
    """Policies that cannot be read before `up`."""
    return [
        node
        for resource in stack.resources
        if _KINDS.fullmatch(resource.type) and (node := resource.get("policyData")).value is not None
        if _bindings(node) is None
    ]


def unread_on_all(stack: Stack) -> list[Node]:
    """Those of them that are about a whole project, folder or organisation."""
    return [node for node in stack.view(unread_policies) if _WHOLE.fullmatch(node.resource.type)]


_ENTITY: Final = re.compile(r"(?:\w+:)?(user|group|domain)-(.+)")


def _listed(resource: Resource) -> Iterator[Given]:
    """Those whom an access list of Cloud Storage names."""
    for node in (resource.get("entity"), *resource.get("roleEntities").each()):
        if not node.known:
            yield Given(resource, resource.get("role"), node, resource.get("condition"))
        found = _ENTITY.fullmatch(node.value) if isinstance(node.value, str) else None
        if found:
            member = Node(resource, node.path, f"{found[1]}:{found[2]}")
            yield Given(resource, resource.get("role"), member, resource.get("condition"))


SERVICE_ACCOUNT: Final = "gcp:serviceaccount/account:Account"
CUSTOM_ROLES: Final = (
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:organizations/iAMCustomRole:IAMCustomRole",
)


def _given(stack: Stack, resource: Resource) -> Iterator[Given]:
    role = resource.get("role")
    own_role = not role.known and bool(stack.targets(role, *CUSTOM_ROLES))
    for listed in (resource.get("member").each(), resource.get("members").each()):
        hidden = [node for node in listed if not node.known]
        accounts = stack.targets(hidden[0], SERVICE_ACCOUNT) if hidden else []
        made_here = len(hidden) <= len(accounts)
        for member in listed:
            ours = made_here and not member.known
            yield Given(resource, role, member, resource.get("condition"), ours, own_role)
    for binding in _bindings(resource.get("policyData")) or ():
        for member in binding.get("members").each():
            yield Given(resource, binding.get("role"), member, binding.get("condition"))


def _bindings(data: Node) -> list[Node] | None:
    """The bindings of a policy that is written as JSON; None when it cannot be read."""
    if data.value is None:
        return []
    try:
        value = json.loads(data.value) if isinstance(data.value, str) else data.value
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return Node(data.resource, data.path, value).get("bindings").each()
