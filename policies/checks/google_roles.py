"""Google's roles: to whom they are given, what custom ones hold, and whose tokens become an account."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, breach, policy
from soundstage.policies.views.conditions import lists_roles, names_owner
from soundstage.policies.views.members import CUSTOM_ROLES, Given, given, named_projects, unread_on_all, unread_policies
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.rights import google_data_rights, google_escalations, google_roles
from soundstage.policies.views.stack import Stack


@policy(
    "IAM-09",
    "Google's broad roles are not given for a whole project",
    severity=HIGH,
    level=MANDATORY,
    why="An editor of the project edits every machine, bucket and rule in it; a token creator becomes any account.",
    fix="Give narrow roles on the one bucket, key or account that needs them. For a role that reaches data alone, such as those of Cloud "
    "Storage, a condition on `resource.name` will do as well.",
    references="cis-gcp-5.0:1.6 cis-gcp-5.0:1.7",
    clouds="gcp",
    over=lambda stack: [*stack.view(given), *stack.view(unread_on_all)],
)
def broad_roles(subject: Given | Node, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Node):
        yield from _unread_members(subject)
        return
    role = subject.role
    rules = subject.gives(lambda value: _is_one_of(value, "google_roles"))
    wide = all_of(subject.on_all, rules, no(_hands_out_listed(subject)))
    told = f"gives {role.text} for the whole project"
    yield from breach(wide, subject.resource, told, role, subject.condition)
    reads = subject.gives(lambda value: _is_one_of(value, "google_data_roles"))
    told = f"gives {role.text} over everything in the project"
    yield from breach(all_of(subject.unlimited, reads), subject.resource, told, role, subject.condition)


_HANDS_OUT: Final = ("roles/resourcemanager.projectIamAdmin", "roles/resourcemanager.folderIamAdmin")
"""Roles that see and change who has which role, and may do no more."""


def _hands_out_listed(item: Given) -> Truth:
    """Whether somebody may change who has which role, and give only narrow ones that are listed."""
    only = item.gives(lambda value: value in _HANDS_OUT)
    return all_of(only, _listed_only(item))


def _listed_only(item: Given) -> Truth:
    """Whether a condition lets somebody hand out only roles that it lists, none of them a broad one (IAM, "Setting limits on granting
    roles", read 2026-11)."""
    return item.condition.get("expression").is_(lambda value: lists_roles(str(value), _may_be_broad))


def _may_be_broad(role: str) -> bool:
    """Whether a role is a broad one. What a custom one holds does not show in its name."""
    return not role.startswith("roles/") or any(
        _is_one_of(role, kind) for kind in ("google_roles", "google_data_roles")
    )


def _unread_members(policy: Node) -> Iterator[Verdict]:
    yield Blind(policy.resource, policy.path, "the policy cannot be read before up")


def _is_one_of(role: object, kind: str) -> bool:
    return any(fnmatchcase(str(role), pattern) for pattern in google_roles(kind))


@policy(
    "IAM-14",
    "Google's roles are given to people and accounts that the studio governs",
    severity=HIGH,
    level=MANDATORY,
    why="Nobody can take a private address away from somebody who left, and every machine of a project has the default account.",
    fix="Name addresses and groups of the studio's own domain, and service accounts that were made for one purpose.",
    references="cis-gcp-5.0:1.2 mpa-5.1:T20",
    clouds="gcp",
    over=lambda stack: [*stack.view(given), *stack.view(unread_policies)],
)
def governed(subject: Given | Node, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Node):
        yield from _unread_members(subject)
        return
    member = subject.member
    yield from breach(subject.private, subject.resource, f"gives a role to the private address {member.text}", member)
    told = f"gives {subject.role.text} to whoever edits or sees the project ({member.text})"
    yield from breach(subject.by_basic_role, subject.resource, told, member)
    default = all_of(subject.default_account, subject.role.is_(lambda value: str(value) not in _DEFAULT_NEEDS))
    told = f"gives {subject.role.text} to the default account {member.text}"
    yield from breach(default, subject.resource, told, member, subject.role)
    known = stack.view(_numbers if subject.agent else named_projects)
    if subject.agent and not known:
        return  # No number of a project is known: what acts for the studio's cannot be told from what acts for another.
    if subject.private is False and subject.owner and subject.owner not in (*stack.settings.accounts, *known):
        whose = f"project {subject.owner}" if subject.agent else subject.owner
        yield Blind(
            subject.resource, member.path, f"whether {whose} is the studio's own is not known; list it in `accounts`"
        )


_NUMBERS: Final = ("number", "projectNumber")


def _numbers(stack: Stack) -> list[str]:
    """The numbers of projects that are known to be the studio's: of the settings, and of what this stack has made."""
    made = (
        resource.planned.outputs.get(key) for resource in stack.resources if resource.cloud == "gcp" for key in _NUMBERS
    )
    found = (text for number in made if (text := str(number).removesuffix(".0")).isdigit())
    return sorted({*found, *(item for item in stack.settings.accounts if item.isdigit())})


_DEFAULT_NEEDS: Final = frozenset(
    {
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/artifactregistry.reader",
        "roles/cloudtrace.agent",
    }
)
"""Roles with which an account says what it does and fetches what it runs, and no more."""


@dataclass(frozen=True, eq=False)
class CustomRole:
    """A role that this stack makes, and how this stack gives it."""

    resource: Resource
    given: tuple[tuple[Given, Truth], ...]
    """Each with whether it is this role that is given: a name may be hidden."""

    def holds(self, *wanted: str) -> Truth:
        """Whether all these permissions are in it."""
        listed = [node.value for node in self.resource.get("permissions").each()]
        missing = [one for one in wanted if one not in listed]
        return True if not missing else UNKNOWN if UNKNOWN in listed else False

    def given_so(self, wide: Callable[[Given], Truth]) -> Truth:
        """Whether somebody is given it in this way."""
        return any_of(False, *(all_of(this, wide(item)) for item, this in self.given))


def _custom_roles(stack: Stack) -> list[CustomRole]:
    return [
        CustomRole(
            role,
            tuple((item, this) for item in stack.view(given) if (this := _is(stack, item.role, role)) is not False),
        )
        for role in stack.of(*CUSTOM_ROLES)
    ]


def _is(stack: Stack, node: Node, role: Resource) -> Truth:
    """Whether a role that is given is this one: referred to, or written as `projects/…/roles/ID`."""
    referred, name = stack.targets(node, *CUSTOM_ROLES), role.get("roleId").value
    if referred or not isinstance(node.value, str):
        return role in referred if referred else UNKNOWN if node.value is UNKNOWN else False
    if name is UNKNOWN:
        return False if node.value.startswith("roles/") else UNKNOWN
    return bool(name) and node.value.endswith(f"/roles/{name}")


@policy(
    "IAM-15",
    "A custom role on Google gives no way to more, nor to everybody's data",
    severity=HIGH,
    level=MANDATORY,
    why="Whoever may change who has which role, or act as any account, has every right of the project; a few words in a long list do it.",
    fix="Take the permission out of the role, or give the role on the one account, bucket or key that needs it, or with a condition "
    "on `resource.name`.",
    references="mpa-5.1:T20",
    clouds="gcp",
    over=_custom_roles,
)
def custom_roles(subject: CustomRole, _stack: Stack) -> Iterator[Verdict]:
    unused = all(this is not True for _, this in subject.given)
    everywhere = any_of(unused, subject.given_so(_unlimited))
    yield from _held(subject, google_escalations(), everywhere, "a way to every right of a project")
    everything = subject.given_so(lambda item: item.unlimited)
    yield from _held(subject, google_data_rights(), everything, "over everything in the project")


def _unlimited(item: Given) -> Truth:
    """Whether a role is given on a whole project. One that may only hand out roles that are listed leads to no more than those."""
    return all_of(item.unlimited, no(_listed_only(item)))


def _held(subject: CustomRole, ways: Sequence[tuple[str, ...]], wide: Truth, what: str) -> Iterator[Verdict]:
    found = {" with ".join(ones): subject.holds(*ones) for ones in ways}
    sure = [told for told, held in found.items() if held is True]
    held = True if sure else any_of(False, *found.values())
    more = f" and {len(sure) - 3} more" if len(sure) > 3 else ""
    told = f"may {', '.join(sure[:3]) or '(not known yet)'}{more}: {what}"
    where = (
        subject.resource.get("permissions"),
        *([subject.resource.get("roleId")] if subject.given else []),
        *(node for item, _ in subject.given for node in (item.role, item.condition)),
    )
    yield from breach(all_of(held, wide), subject.resource, told, *where)


_SHARED: Final = (
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
    "api.pulumi.com/oidc",
    "accounts.google.com",
)
"""Issuers that make tokens for all their customers under one address (their guides to sign-in at Google Cloud, read 2026-11)."""


@policy(
    "IAM-16",
    "Google takes tokens of the studio's own repositories only",
    severity=HIGH,
    level=MANDATORY,
    why="Everybody who has a repository at GitHub or GitLab gets tokens of the same issuer; without a condition theirs are taken too.",
    fix="Set `attribute_condition` to the owner or the repository, such as `assertion.repository_owner_id == '123456'`.",
    references="mpa-5.1:T20",
    clouds="gcp",
    over=lambda stack: stack.of("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"),
)
def tokens(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    issuer, condition, off = subject.get("oidc.issuerUri"), subject.get("attributeCondition"), subject.get("disabled")
    shared = issuer.is_(lambda value: str(value).lower().removeprefix("https://").rstrip("/") in _SHARED)
    loose = condition.is_(lambda value: not names_owner(str(value or "")))
    told = f"takes the tokens that {issuer.text} makes for others"
    yield from breach(all_of(shared, loose, no(off.true)), subject, told, condition, issuer, off)
