"""An operator's permissions on Google Cloud: a custom role of the project, and what lies above it.

A custom role holds permissions of its own project. Budgets belong to the billing account and organisation policies to the organisation,
so both are given there, by roles of Google's own (IAM, "Custom roles" and "Access control for Cloud Billing"; Organization Policy Service,
"Access control"; read 2026-11).
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from soundstage.components.naming import fingerprint
from soundstage.stacks.clouds.facts import PAYER, Question

if TYPE_CHECKING:
    from soundstage.stacks.account.permissions import Permissions

_COUNTED: Final = {"serviceusage.services.use": "all commands: calls of a person are counted in the project"}
_UP: Final = dict.fromkeys(
    (
        "compute.acceleratorTypes.list", "compute.images.get", "compute.instances.list", "compute.disks.list",
        "compute.machineTypes.get", "compute.projects.get", "compute.regions.get", "compute.snapshots.list", "compute.zones.list",
        "resourcemanager.projects.get", "serviceusage.services.get",
    ),
    "workstation up",
)  # fmt: skip
_BACK: Final = {
    "compute.images.useReadOnly": "workstation up, of a machine from an image of the project's own",
    "compute.snapshots.useReadOnly": "workstation up, of a work disk that comes back",
}
_READY: Final = dict.fromkeys(
    ("compute.instances.getGuestAttributes", "compute.instances.getSerialPortOutput"),
    "workstation up, until the machines are ready",
)
_LAST: Final = dict.fromkeys(
    ("compute.snapshots.delete", "compute.snapshots.list"),
    "workstation down, of snapshots of which there are enough newer ones",
)
_OF_PROJECT: Final[Mapping[str, Mapping[str, str]]] = {
    "up": {**_UP, **_BACK, **_READY},
    "down": {
        **_LAST,
        **dict.fromkeys(
            ("storage.buckets.get", "storage.objects.delete", "storage.objects.list"),
            "workstation down, of what a stopped copy left on its way",
        ),
        "compute.images.list": "workstation down, of the system disks that were kept",
    },
    "change": {
        "cloudkms.cryptoKeyVersions.list": "workstation up --refresh",
        "compute.snapshots.get": "workstation up, of a machine with another name",
        "compute.snapshots.setLabels": "workstation up, of a machine with another name",
    },
    "park": dict.fromkeys(
        (
            "compute.disks.list",
            "compute.disks.useReadOnly",
            "compute.globalOperations.get",
            "compute.images.create",
            "compute.images.delete",
            "compute.images.get",
            "compute.images.list",
            "compute.images.setLabels",
            "compute.instances.get",
            "compute.instances.list",
            "compute.instances.stop",
            "compute.snapshots.delete",
            "compute.snapshots.list",
            "compute.zoneOperations.get",
        ),
        "workstation park",
    ),
    "orphans": {
        **dict.fromkeys(
            (
                "cloudkms.cryptoKeys.list",
                "cloudkms.keyRings.list",
                "compute.addresses.list",
                "compute.disks.list",
                "compute.images.list",
                "compute.instances.list",
                "compute.regions.list",
                "compute.routers.list",
                "compute.snapshots.list",
                "iam.roles.list",
                "iam.serviceAccounts.list",
                "storage.buckets.list",
            ),
            "workstation orphans",
        ),
        **dict.fromkeys(
            (
                "compute.addresses.delete",
                "compute.addresses.deleteInternal",
                "compute.disks.delete",
                "compute.globalOperations.get",
                "compute.images.delete",
                "compute.instances.delete",
                "compute.regionOperations.get",
                "compute.routers.delete",
                "compute.snapshots.delete",
                "compute.zoneOperations.get",
            ),
            "workstation orphans --clean",
        ),
    },
    "delete-media": dict.fromkeys(
        ("cloudkms.cryptoKeyVersions.list", "compute.snapshots.delete", "compute.snapshots.list"),
        "workstation down --delete-media",
    ),
    "bill": dict.fromkeys(
        ("compute.addresses.list", "compute.disks.list", "compute.instances.list", "compute.snapshots.list"),
        "workstation cost --advice",
    ),
    "daily": {
        "compute.disks.list": "workstation status",
        "compute.images.get": "workstation status, of a parked machine",
        "compute.images.list": "workstation list",
        "compute.instances.get": "workstation start and stop",
        "compute.instances.getGuestAttributes": "workstation start, until the machine is ready",
        "compute.instances.getSerialPortOutput": "workstation start and logs",
        "compute.instances.list": "workstation status",
        "compute.instances.setMetadata": "workstation keep-awake",
        "compute.instances.start": "workstation start",
        "compute.instances.stop": "workstation stop",
        "compute.snapshots.list": "workstation snapshots",
        **dict.fromkeys(
            ("storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list"),
            "workstation cp, of large files",
        ),
        "compute.zoneOperations.list": "workstation status, of spot machines that Google has taken back",
        "resourcemanager.projects.get": "workstation status",
    },
}
"""What the commands call besides what each resource takes: purpose → permission → command."""
_OF_STUDIO: Final[Mapping[str, Mapping[str, str]]] = {
    "up": dict.fromkeys(
        ("logging.buckets.list", "resourcemanager.projects.get", "serviceusage.services.get"), "workstation studio up"
    ),
    "down": dict.fromkeys(
        ("compute.disks.list", "compute.instances.list", "resourcemanager.projects.get"), "workstation studio down"
    ),
}
"""The same of the studio's own stack: whether another studio was first, and whose machines are still there."""

INSIDE: Final = "workstation image bake and verify"
BAKING: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "compute.acceleratorTypes.list", "compute.disks.get", "compute.disks.useReadOnly", "compute.globalOperations.get",
            "compute.images.create", "compute.images.setLabels", "compute.instances.get", "compute.instances.stop",
            "compute.machineTypes.get", "compute.zoneOperations.get", "compute.zones.list", "resourcemanager.projects.get",
        ),
        "workstation image bake",
    ),
    "cloudkms.cryptoKeys.list": "workstation image bake, for copies, and share",
    "cloudkms.keyRings.list": "workstation image bake, for copies, and share",
    "compute.disks.list": "workstation image prune",
    "compute.images.delete": "workstation image prune, and bake where an image failed",
    "compute.images.get": "workstation image bake",
    "compute.images.getIamPolicy": "workstation image share",
    "compute.images.list": "workstation image list",
    "compute.images.setIamPolicy": "workstation image share",
    "compute.images.useReadOnly": "workstation image bake, for copies, and verify",
    "compute.instances.getGuestAttributes": INSIDE,
    "compute.instances.list": INSIDE,
    "compute.instances.osAdminLogin": INSIDE,
    "iap.tunnelInstances.accessViaIAP": INSIDE,
}  # fmt: skip
"""What baking calls besides what brings a builder up and removes it."""

ABOVE: Final[Mapping[str, tuple[str, str]]] = {
    "billing.": (
        "roles/billing.costsManager",
        "gcloud billing accounts add-iam-policy-binding BILLING_ACCOUNT --member=user:NAME --role=roles/billing.costsManager",
    ),
    "orgpolicy.": (
        "roles/orgpolicy.policyAdmin",
        "gcloud organizations add-iam-policy-binding ORGANISATION --member=user:NAME --role=roles/orgpolicy.policyAdmin",
    ),
}
"""How permissions begin that no role of a project holds → the role of Google's that does, and the command that gives it."""


def of_commands(project: str) -> Mapping[str, Mapping[str, str]]:
    """What the commands call besides what each resource takes, of a project or (empty) of the studio's own stack."""
    return {purpose: {**held, **_COUNTED} for purpose, held in (_OF_PROJECT if project else _OF_STUDIO).items()}


def held(found: "Permissions") -> tuple[str, ...]:
    """The permissions that a role of the project holds."""
    return tuple(action for action in found.actions if not action.startswith(tuple(ABOVE)))


def paid(found: "Permissions") -> tuple[str, ...]:
    """The permissions that are the billing account's to give."""
    return tuple(action for action in found.actions if action.startswith("billing."))


def questions(found: "Permissions") -> list[Question]:
    """What is asked before `up`: of the project, and of the billing account that pays for it."""
    return [Question(held(found)), *([Question(paid(found), (PAYER,))] if paid(found) else [])]


def above(found: "Permissions") -> list[tuple[str, str]]:
    """The roles that are given above the project, each with the command that gives it."""
    return [given for start, given in ABOVE.items() if any(action.startswith(start) for action in found.actions)]


def role_id(found: "Permissions") -> str:
    """Names of roles have no hyphens, and each project of the studio has a role of its own, as whoever bakes has."""
    return f"soundstage.{'baker' if _bakes(found) else 'operator'}.{fingerprint(found.studio, found.project)}"


def _bakes(found: "Permissions") -> bool:
    return found.purposes == ("bake",)


def document(found: "Permissions") -> dict[str, Any]:
    """The role as the file that `gcloud iam roles create --file` takes: it reads YAML, and so JSON."""
    whose = f"project {found.project}" if found.project else "images" if _bakes(found) else "the studio's own stack"
    return {
        "title": f"Bakes images of {found.studio}" if _bakes(found) else f"Operates {found.project or found.studio}",
        "description": f"Soundstage: {', '.join(found.purposes)} of {whose}, studio {found.studio}",
        "stage": "GA",
        "includedPermissions": list(held(found)),
    }


def terraform(found: "Permissions") -> str:
    """The role as a resource of Terraform's Google provider."""
    role, name = (
        document(found),
        f"{found.studio}-{found.project or 'studio'}-{'baker' if _bakes(found) else 'operator'}",
    )
    listed = "".join(f"    {json.dumps(one)},\n" for one in role["includedPermissions"])
    return (
        f'resource "google_project_iam_custom_role" "{name}" {{\n'
        f"  project     = {json.dumps(found.account)}\n  role_id     = {json.dumps(role_id(found))}\n"
        f"  title       = {json.dumps(role['title'])}\n  description = {json.dumps(role['description'])}\n"
        f"  permissions = [\n{listed}  ]\n}}\n"
    )


def how(found: "Permissions", command: str) -> list[str]:
    """What to type to give it to somebody. `command` prints the role's file."""
    name, project = role_id(found), found.account
    given = [
        f"{command} > role.json",
        f"gcloud iam roles create {name} --project={project} --file=role.json",
        f"gcloud projects add-iam-policy-binding {project} --member=user:NAME --role=projects/{project}/roles/{name} --condition=None",
    ]
    return [*given, *(command for _, command in above(found))]
