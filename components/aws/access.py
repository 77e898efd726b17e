"""AccessRoles: the people of a project. Administrator, artist, reviewer, and a boundary that none of them can leave."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components.arguments import number_faults, refuse
from soundstage.components.aws.access_policies import (
    MAX_SESSION_HOURS,
    Project,
    admin_statements,
    artist_statements,
    boundary_statements,
    reviewer_statements,
    trust_statements,
)
from soundstage.components.aws.exclusive import only_these_policies
from soundstage.components.aws.place import place_of, rendered
from soundstage.components.aws.session_documents import display_session, login_session, ssh_session
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import (
    display_document,
    is_ambiguous,
    login_document,
    people_role_name,
    project_boundary_name,
    role_path,
    ssh_document,
)
from soundstage.components.ownership import Tags, ownership, plain_tags
from soundstage.components.tags import PROJECT, REGION, STUDIO, named, tag_faults

_PERSON: Final = re.compile(r"arn:aws(?:-[a-z]+)*:iam::\d{12}:(?:user|role)/[\w+=,.@/-]+", re.ASCII)

_PERMISSION_SET: Final = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
"""AWS IAM Identity Center API Reference, "CreatePermissionSet", read 2026-11."""


class AccessRolesArgs(TypedDict):
    studio: str
    """Name of the studio."""
    project: NotRequired[str]
    """Name of the project that the roles are for. They reach nothing outside it. When absent, what the tag `soundstage:project` says, or
    a name made of those of the Pulumi program and its stack."""
    bucket_name: pulumi.Input[str]
    """Name of the project's media bucket."""
    key_arn: pulumi.Input[str]
    """ARN of the key that encrypts the project's media and disks."""
    admins: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the users or roles that may take the admin role. When absent: who in the account is permitted to.
    Their session must carry the second factor itself (`aws:MultiFactorAuthPresent`)."""
    artists: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the users or roles that may take the artist role. When absent: who in the account is permitted to."""
    reviewers: NotRequired[list[pulumi.Input[str]]]
    """ARNs of the users or roles that may take the reviewer role. When absent: who in the account is permitted to."""
    permission_sets: NotRequired[list[str]]
    """Names of permission sets of IAM Identity Center whose sessions may take the roles without a second factor of their
    own, as far as the permission set permits `sts:AssumeRole` on them. Identity Center itself must then ask for the second
    factor. Such a session lasts one hour at most, as AWS has it for a role that takes a role. None when absent."""
    network: NotRequired[pulumi.Input[str]]
    """Id of the network from inside which alone artists read and write media. When absent: from anywhere."""
    boundary_arn: NotRequired[pulumi.Input[str]]
    """ARN of the permission boundary of the three roles, usually `people_arn` of `RoleBoundaries`. When absent one is made
    beside them, which whoever may write policies in the project's path can widen."""
    session_hours: NotRequired[int]
    """Longest session in hours, 1 to 12. 8 when absent."""
    exclusive: NotRequired[bool]
    """Whether a policy that is added elsewhere is taken away at the next `up`, by hand or by this very program. False when
    absent: the roles are outputs, to which a program may add policies."""
    region: NotRequired[str]
    """Region of the project, which no role can leave. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of the roles, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Access:
    studio: str
    project: str
    bucket_name: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    admins: tuple[pulumi.Input[str], ...]
    artists: tuple[pulumi.Input[str], ...]
    reviewers: tuple[pulumi.Input[str], ...]
    permission_sets: tuple[str, ...]
    network: pulumi.Input[str]
    boundary_arn: pulumi.Input[str] | None
    session_hours: int
    exclusive: bool
    region: str | None
    tags: Tags


def _resolve(name: str, args: AccessRolesArgs) -> _Access:
    args, faults = conformed(args, AccessRolesArgs)
    owner = ownership(args, faults)
    access = _Access(
        studio=owner.studio,
        project=owner.project,
        bucket_name=args.get("bucket_name", ""),
        key_arn=args.get("key_arn", ""),
        admins=tuple(args.get("admins", ())),
        artists=tuple(args.get("artists", ())),
        reviewers=tuple(args.get("reviewers", ())),
        permission_sets=tuple(args.get("permission_sets", ())),
        network=args.get("network", ""),
        boundary_arn=args.get("boundary_arn"),
        session_hours=args.get("session_hours", 8),
        exclusive=args.get("exclusive", False),
        region=args.get("region"),
        tags=owner.tags,
    )
    faults += tag_faults(plain_tags(access.tags))
    faults += number_faults("session_hours", access.session_hours, 1, MAX_SESSION_HOURS)
    people = {"admins": access.admins, "artists": access.artists, "reviewers": access.reviewers}
    for key, persons in people.items():
        faults += _person_faults(key, [person for person in persons if isinstance(person, str)])
    faults += [
        f"permission_sets has {each!r}; allowed: the name of a permission set, letters, digits and + = , . @ _ -, at most 32"
        for each in access.permission_sets
        if not isinstance(each, str) or not _PERMISSION_SET.fullmatch(each)
    ]
    refuse("AccessRoles", name, faults)
    return access


def _person_faults(key: str, persons: Iterable[object]) -> list[str]:
    return [
        f"{key} has {person!r}; allowed: the ARN of one IAM user or role, without wildcards"
        for person in persons
        if not isinstance(person, str) or not _PERSON.fullmatch(person)
    ]


def _people(name: str, key: str, persons: tuple[pulumi.Input[str], ...]) -> pulumi.Output[list[str]]:
    """Who may take a role. Raises `ArgumentError` as soon as an output turns out to name no single user or role."""

    def judged(known: list[str]) -> list[str]:
        refuse("AccessRoles", name, _person_faults(key, known))
        return known

    return pulumi.Output.all(*persons).apply(judged)


class AccessRoles(Component):
    """Three roles that people take with a second factor, for at most twelve hours, within one project.

    Artists read and write media and use the project's machines; reviewers read `exports/`; admins also delete, restore
    and open shells. No role can change permissions, guards, keys or buckets, nor leave the region.
    """

    admin_role_arn: pulumi.Output[str]
    """ARN of the role `STUDIO-PROJECT-admin`; `STUDIO.PROJECT-admin` where one of the two names has a hyphen."""
    artist_role_arn: pulumi.Output[str]
    """ARN of the role `STUDIO-PROJECT-artist`, or `STUDIO.PROJECT-artist`."""
    reviewer_role_arn: pulumi.Output[str]
    """ARN of the role `STUDIO-PROJECT-reviewer`, or `STUDIO.PROJECT-reviewer`."""
    boundary_arn: pulumi.Output[str]
    """ARN of the permission boundary of all three."""
    display_document: pulumi.Output[str]
    """Name of the session document with which artists reach the display of a machine."""
    login_document: pulumi.Output[str]
    """Name of the session document that runs the one program of a machine that lets its person in, and no other."""
    ssh_document: pulumi.Output[str]
    """Name of the session document with which artists reach SSH on a machine."""

    def __init__(self, name: str, args: AccessRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        access = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, access.region)
        project = pulumi.Output.all(place, access.bucket_name, access.key_arn, access.network).apply(
            lambda known: Project(
                known[0], access.studio, access.project, bucket=known[1], key_arn=known[2], network=known[3]
            )
        )
        boundary_arn = access.boundary_arn if access.boundary_arn is not None else self._boundary(name, access, project)
        # What the studio's boundary reads off its roles.
        own: dict[str, pulumi.Input[str]] = {
            STUDIO: access.studio,
            PROJECT: access.project,
            REGION: place.apply(lambda known: known.region),
        }
        roles = {
            label: self._role(
                f"{name}-{label}",
                people_role_name(access.studio, access.project, label),
                access,
                trust=rendered(
                    trust_statements,
                    place=place,
                    principals=_people(name, f"{label}s", people),
                    permission_sets=access.permission_sets,
                ),
                policy=rendered(may, project=project),
                boundary_arn=boundary_arn,
                own=own,
            )
            for label, people, may in (
                ("admin", access.admins, admin_statements),
                ("artist", access.artists, artist_statements),
                ("reviewer", access.reviewers, reviewer_statements),
            )
        }
        self.display_document = self._document(f"{name}-display", display_document, display_session(), access, own)
        self.login_document = self._document(f"{name}-login", login_document, login_session(), access, own)
        self.ssh_document = self._document(f"{name}-ssh", ssh_document, ssh_session(), access, own)
        self.admin_role_arn = roles["admin"].arn
        self.artist_role_arn = roles["artist"].arn
        self.reviewer_role_arn = roles["reviewer"].arn
        self.boundary_arn = pulumi.Output.from_input(boundary_arn)
        self.record_outputs()

    def _boundary(self, name: str, access: _Access, project: pulumi.Output[Project]) -> pulumi.Output[str]:
        title = project_boundary_name(access.studio, access.project)
        policy = aws.iam.Policy(
            f"{name}-boundary",
            name=title,
            description=f"The most that any role of {access.project} can do",
            path=role_path(access.studio, access.project),
            policy=rendered(boundary_statements, project=project),
            tags=named(access.tags, title),
            opts=self._named_once(access),
        )
        return policy.arn

    def _document(
        self,
        name: str,
        title: Callable[[str, str], str],
        content: str,
        access: _Access,
        own: Mapping[str, pulumi.Input[str]],
    ) -> pulumi.Output[str]:
        called = title(access.studio, access.project)
        document = aws.ssm.Document(
            name,
            name=called,
            document_type="Session",
            document_format="JSON",
            content=content,
            region=access.region,
            tags={**named(access.tags, called), **own},
            opts=pulumi.ResourceOptions(parent=self),
        )
        return document.name

    def _named_once(self, access: _Access) -> pulumi.ResourceOptions:
        """Options of a child whose name others in the account could have had as well: one of before names told them apart stays,
        for another name would replace it."""
        kept = ["name"] if is_ambiguous(access.studio, access.project) else None
        return pulumi.ResourceOptions(parent=self, ignore_changes=kept)

    def _role(
        self,
        name: str,
        title: str,
        access: _Access,
        *,
        trust: pulumi.Output[str],
        policy: pulumi.Output[str],
        boundary_arn: pulumi.Input[str],
        own: Mapping[str, pulumi.Input[str]],
    ) -> aws.iam.Role:
        options = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=title,
            description=f"People of {access.project}",
            assume_role_policy=trust,
            max_session_duration=access.session_hours * 3600,
            force_detach_policies=True,
            permissions_boundary=boundary_arn,
            path=role_path(access.studio, access.project),
            tags={**named(access.tags, title), **own},
            opts=self._named_once(access),
        )
        permission = aws.iam.RolePolicy(f"{name}-policy", role=role.name, policy=policy, opts=options)
        if access.exclusive:
            only_these_policies(name, role, [permission], options)
        return role
