"""AccessRoles: what the people of a project may do: three groups, none of which has a basic role."""

from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.machine_ids import give_on_machine, machine_id_faults
from soundstage.components.gcp.naming import component_faults, place_faults, role_id
from soundstage.components.gcp.place import place_of
from soundstage.components.google_members import child_name, people_faults
from soundstage.components.layout import EXPORTS, MASTERS
from soundstage.components.naming import fingerprint
from soundstage.components.ownership import ownership

LOOKS: Final = (
    "compute.instances.list",
    "compute.zoneOperations.get",
    "compute.zones.list",
    "serviceusage.services.use",
)
"""What everybody who works on machines may see; lists cannot be limited to some machines. Calls of a person are counted in the project (System
parameters, `X-Goog-User-Project`, read 2026-11), which the last one allows."""
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
    machines: NotRequired[dict[str, pulumi.Input[str]]]
    """The project's machines, each with a name of its own: `instance_id` of `Workstation`. Administrators and artists are given their
    role on each of these, and on no other machine of the Google Cloud project. None when absent."""
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
    machines: dict[str, pulumi.Input[str]]
    project_id: str | None


def _resolve(name: str, args: AccessRolesArgs) -> _Access:
    args, faults = conformed(args, AccessRolesArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults)
    groups = {key: args.get(key, []) for key in ("admins", "artists", "reviewers")}
    for key, people in groups.items():
        if isinstance(people, list):
            faults += people_faults(key, people)
    faults += machine_id_faults(args.get("machines", {}))
    refuse("AccessRoles", name, faults)
    return _Access(
        studio=owner.studio,
        project=owner.project,
        bucket_name=args["bucket_name"],
        admins=tuple(sorted(set(args.get("admins", ())))),
        artists=tuple(sorted(set(args.get("artists", ())))),
        reviewers=tuple(sorted(set(args.get("reviewers", ())))),
        machines=dict(args.get("machines", {})),
        project_id=args.get("project_id"),
    )


class AccessRoles(Component):
    """Who may do what in a project: administrators, artists and reviewers, by custom roles.

    No basic role (owner, editor, viewer) is given, nor any of Google's broad ones. The roles for machines are given on each machine,
    those for media by folder. What all machines of the Google Cloud project are called is seen by whoever has one of them: lists
    cannot be limited.
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
        for whose, people in (("admin", wanted.admins), ("artist", wanted.artists)):
            for member in people:
                who = child_name(member)
                self._see(f"{name}-{whose}-see-{who}", here, roles["look"].name, member)
                for label, machine in wanted.machines.items():
                    give_on_machine(self, f"{name}-{whose}-{who}-{label}", label, machine, roles[whose].name, member)
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

    def _see(self, label: str, here: pulumi.Output[str], role: pulumi.Output[str], member: str) -> None:
        gcp.projects.IAMMember(label, project=here, role=role, member=member, opts=pulumi.ResourceOptions(parent=self))

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
            for member in people:
                limit: gcp.storage.BucketIAMMemberConditionArgsDict | None = None
                if expression is not None:
                    limit = {"title": title, "description": "Only some folders", "expression": expression}
                gcp.storage.BucketIAMMember(
                    f"{name}-{label}-{child_name(member)}",
                    bucket=wanted.bucket_name,
                    role=role,
                    member=member,
                    condition=limit,
                    opts=pulumi.ResourceOptions(parent=self),
                )
