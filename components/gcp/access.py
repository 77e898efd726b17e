"""AccessRoles: what the people of a project may do: three groups, none of which has a basic role."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.naming import component_faults, place_faults, role_id
from soundstage.components.gcp.people import people_faults
from soundstage.components.gcp.place import place_of
from soundstage.components.layout import EXPORTS, MASTERS
from soundstage.components.naming import fingerprint
from soundstage.components.ownership import ownership

LOOKS: Final = ("compute.instances.list", "compute.zones.list", "compute.zoneOperations.get")
"""What everybody who works on machines may see. Lists cannot be limited to some machines."""
USES: Final = (
    "compute.instances.get",
    "compute.instances.getGuestAttributes",
    "compute.instances.osLogin",
    "compute.instances.reset",
    "compute.instances.start",
    "compute.instances.stop",
)
"""What an artist may do with the project's machines: also sign in to them, and know them by their host keys."""
RUNS: Final = (
    *USES,
    "compute.instances.getSerialPortOutput",
    "compute.instances.setLabels",
    "compute.instances.setMetadata",
)
"""What an administrator may do with them as well. Machines are made and deleted by whoever brings the stack up."""
WRITES: Final = "roles/storage.objectUser"
READS: Final = "roles/storage.objectViewer"


class AccessRolesArgs(TypedDict):
    studio: str
    """Name of the studio."""
    project: NotRequired[str]
    """Name of the project that the roles are for. When absent, what the tag `soundstage:project` says, or a name made of those of
    the Pulumi program and its stack."""
    bucket_name: pulumi.Input[str]
    """Name of the project's media bucket."""
    admins: NotRequired[list[str]]
    """Who runs the project's machines and changes all of its media: members of Google's IAM such as `group:leads@studio.example`. Nobody
    when absent."""
    artists: NotRequired[list[str]]
    """Who starts and stops its machines, reads all media and changes all but `masters/`. Nobody when absent."""
    reviewers: NotRequired[list[str]]
    """Who reads `exports/`, and nothing else. Nobody when absent."""
    machine_prefix: NotRequired[str]
    """How the names of the project's machines begin, such as `teaser-`: those of the components are `NAME-instance-` and seven
    characters. The project's name and a hyphen when absent. Names are all that is asked for: `teaser-` also fits the machines of a
    project `teaser-2`, or of another studio's `teaser`, in the same Google Cloud project."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""


@dataclass(frozen=True)
class _Access:
    studio: str
    project: str
    bucket_name: pulumi.Input[str]
    admins: tuple[str, ...]
    artists: tuple[str, ...]
    reviewers: tuple[str, ...]
    machine_prefix: str
    project_id: str | None


def _resolve(name: str, args: AccessRolesArgs) -> _Access:
    args, faults = conformed(args, AccessRolesArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults)
    groups = {key: args.get(key, []) for key in ("admins", "artists", "reviewers")}
    for key, people in groups.items():
        if isinstance(people, list):
            faults += people_faults(key, people)
    prefix = args.get("machine_prefix", f"{owner.project}-")
    if not prefix.endswith("-") or component_faults(prefix[:-1]):
        faults.append(
            f"machine_prefix is {prefix!r}; allowed: lower-case letters, digits and hyphens, with a hyphen at the end"
        )
    refuse("AccessRoles", name, faults)
    return _Access(
        studio=owner.studio,
        project=owner.project,
        bucket_name=args["bucket_name"],
        admins=tuple(sorted(set(args.get("admins", ())))),
        artists=tuple(sorted(set(args.get("artists", ())))),
        reviewers=tuple(sorted(set(args.get("reviewers", ())))),
        machine_prefix=prefix,
        project_id=args.get("project_id"),
    )


class AccessRoles(Component):
    """Who may do what in a project: administrators, artists and reviewers, by custom roles with conditions.

    No basic role (owner, editor, viewer) is given, nor any of Google's broad ones. Machines are limited by their names, media by
    their folders.
    """

    admin_role_id: pulumi.Output[str]
    """Id of the administrators' role, `projects/PROJECT/roles/…`."""
    artist_role_id: pulumi.Output[str]
    """Id of the artists' role."""

    def __init__(self, name: str, args: AccessRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        here = place_of(self, wanted.project_id, "-").apply(lambda known: known.project_id)
        roles = {
            "look": self._role(name, "look", "Sees the machines", LOOKS, wanted),
            "admin": self._role(name, "admin", "Runs the machines", RUNS, wanted),
            "artist": self._role(name, "artist", "Uses the machines", USES, wanted),
        }
        machines = (
            'resource.type == "compute.googleapis.com/Instance" && '
            f'resource.name.extract("/instances/{{name}}").startsWith("{wanted.machine_prefix}")'
        )
        for whose, people in (("admin", wanted.admins), ("artist", wanted.artists)):
            for number, member in enumerate(people, start=1):
                self._give(f"{name}-{whose}-{number}", here, roles[whose].name, member, machines)
                self._give(f"{name}-{whose}-see-{number}", here, roles["look"].name, member, "")
        self._media(name, wanted)
        self.admin_role_id, self.artist_role_id = roles["admin"].id, roles["artist"].id
        self.record_outputs()

    def _role(
        self, name: str, whose: str, does: str, permissions: tuple[str, ...], wanted: _Access
    ) -> gcp.projects.IAMCustomRole:
        return gcp.projects.IAMCustomRole(
            f"{name}-{whose}",
            role_id=role_id("", whose, fingerprint(wanted.studio, wanted.project, name)),
            title=f"{does} of {wanted.project}",
            description=f"{does} of {wanted.project}, {wanted.studio}",
            permissions=sorted(permissions),
            project=wanted.project_id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _give(
        self, label: str, here: pulumi.Output[str], role: pulumi.Output[str], member: str, condition: str
    ) -> None:
        limit: gcp.projects.IAMMemberConditionArgsDict | None = None
        if condition:
            limit = {"title": "own-machines", "description": "The machines of this project", "expression": condition}
        gcp.projects.IAMMember(
            label,
            project=here,
            role=role,
            member=member,
            condition=limit,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _media(self, name: str, wanted: _Access) -> None:
        bucket = pulumi.Output.from_input(wanted.bucket_name)
        masters = bucket.apply(
            lambda known: f'!resource.name.startsWith("projects/_/buckets/{known}/objects/{MASTERS}")'
        )
        exports = bucket.apply(
            lambda known: (
                f'resource.name.startsWith("projects/_/buckets/{known}/objects/{EXPORTS}") || '
                f'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("{EXPORTS}")'
            )
        )
        given: list[tuple[str, tuple[str, ...], str, str, pulumi.Output[str] | None]] = [
            ("admin-media", wanted.admins, WRITES, "", None),
            ("artist-reads", wanted.artists, READS, "", None),
            ("artist-media", wanted.artists, WRITES, "not-masters", masters),
            ("review-media", wanted.reviewers, READS, "only-exports", exports),
        ]
        for label, people, role, title, expression in given:
            for number, member in enumerate(people, start=1):
                limit: gcp.storage.BucketIAMMemberConditionArgsDict | None = None
                if expression is not None:
                    limit = {"title": title, "description": "Only some folders", "expression": expression}
                gcp.storage.BucketIAMMember(
                    f"{name}-{label}-{number}",
                    bucket=wanted.bucket_name,
                    role=role,
                    member=member,
                    condition=limit,
                    opts=pulumi.ResourceOptions(parent=self),
                )
