"""Who a workstation is, what it may do, and who may reach it."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.naming import account_id
from soundstage.components.gcp.place import Place
from soundstage.components.gcp.workstation_checks import Machine
from soundstage.components.google_members import child_name

TELLS: Final = {"logs": "roles/logging.logWriter", "metrics": "roles/monitoring.metricWriter"}
"""What every machine may do in its Google Cloud project: say what it does, and read nothing."""
MEDIA: Final = "roles/storage.objectUser"
SIGN_IN: Final = "roles/compute.osLogin"
TUNNEL: Final = "roles/iap.tunnelResourceAccessor"
ACT_AS: Final = "roles/iam.serviceAccountUser"
PORTS: Final = {"linux": (22, 8443), "windows": (3389,)}
"""What a person reaches through Identity-Aware Proxy, by operating system."""


def machine_account(
    component: pulumi.Resource, name: str, machine: Machine, place: pulumi.Output[Place]
) -> tuple[gcp.serviceaccount.Account, list[pulumi.Resource]]:
    """The machine's own account, and what gives it its few roles."""
    child = pulumi.ResourceOptions(parent=component)
    account = gcp.serviceaccount.Account(
        f"{name}-account",
        account_id=account_id("ws", machine.workstation, machine.studio, machine.project),
        display_name=f"{machine.workstation} of {machine.project}",
        description=f"What the machine {machine.workstation} of {machine.project}, {machine.studio}, may do",
        project=machine.project_id,
        opts=child,
    )
    member = account.email.apply(lambda email: f"serviceAccount:{email}")
    given: list[pulumi.Resource] = [
        gcp.projects.IAMMember(
            f"{name}-{label}",
            project=place.apply(lambda known: known.project_id),
            role=role,
            member=member,
            opts=child,
        )
        for label, role in TELLS.items()
    ]
    if machine.bucket_name is not None:
        given.append(
            gcp.storage.BucketIAMMember(
                f"{name}-media",
                bucket=machine.bucket_name,
                role=MEDIA,
                member=member,
                condition=_only_prefix(machine.bucket_name, machine.prefix),
                opts=child,
            )
        )
    return account, given


def _only_prefix(bucket: pulumi.Input[str], prefix: str) -> gcp.storage.BucketIAMMemberConditionArgsDict | None:
    """Lets the machine reach one folder. Listing asks about the bucket itself, with the folder as the prefix of the list (Cloud Storage,
    "IAM Conditions", `storage.googleapis.com/objectListPrefix`, read 2026-11)."""
    if not prefix:
        return None
    expression = pulumi.Output.from_input(bucket).apply(
        lambda name: (
            f'resource.name.startsWith("projects/_/buckets/{name}/objects/{prefix}") || '
            f'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("{prefix}")'
        )
    )
    return {"title": "one-folder", "description": f"Only {prefix}", "expression": expression}


def let_in(
    component: pulumi.Resource,
    name: str,
    machine: Machine,
    instance: gcp.compute.Instance,
    account: gcp.serviceaccount.Account,
) -> None:
    """People reach this one machine, on the ports of its display and SSH, and sign in as themselves."""
    child = pulumi.ResourceOptions(parent=component)
    ports = " || ".join(f"destination.port == {port}" for port in PORTS[machine.os])
    for person in machine.people:
        who = child_name(person)
        gcp.iap.TunnelInstanceIAMMember(
            f"{name}-iap-{who}",
            instance=instance.name,
            zone=machine.zone,
            role=TUNNEL,
            member=person,
            condition={"title": "display-and-ssh", "description": "Only these ports", "expression": ports},
            project=machine.project_id,
            opts=child,
        )
        gcp.compute.InstanceIAMMember(
            f"{name}-login-{who}",
            instance_name=instance.name,
            zone=machine.zone,
            role=SIGN_IN,
            member=person,
            project=machine.project_id,
            opts=child,
        )
        # Whoever signs in to a machine acts as its account, and OS Login asks for the right to (Compute Engine, "Set up OS Login").
        gcp.serviceaccount.IAMMember(
            f"{name}-as-{who}",
            service_account_id=account.name,
            role=ACT_AS,
            member=person,
            opts=child,
        )
