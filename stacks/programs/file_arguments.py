"""What a project file says that components are told alike on every cloud."""

from datetime import UTC, datetime
from typing import NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.hours import HoursArgs
from soundstage.components.idle import IdleArgs
from soundstage.components.tags import ZONE, base_tags
from soundstage.core.clouds import CloudName
from soundstage.core.errors import UsageError
from soundstage.projectfile import spec
from soundstage.stacks.programs.nobody import NOBODY


class MachineArguments(TypedDict):
    """Those of `Workstation` that have one meaning on every cloud; what they are stands there."""

    project: str
    workstation: str
    user: str
    role: choices.Role
    os: choices.OperatingSystem
    profile: choices.Profile
    disk_gib: int
    data_gib: int
    scratch_gib: int
    purchase: choices.Purchase
    allow_spot: bool
    idle: IdleArgs
    instance_type: NotRequired[str]
    size: NotRequired[choices.Size]
    hours: NotRequired[HoursArgs]


def machine_arguments(project: spec.Project, label: str, machine: spec.Workstation) -> MachineArguments:
    """What the file says of the machine `label`."""
    args: MachineArguments = {
        "project": project.project,
        "workstation": label,
        "user": machine.user,
        "role": machine.for_,
        "os": machine.os,
        "profile": project.profile,
        "disk_gib": machine.disk_gib,
        "data_gib": machine.data_gib,
        "scratch_gib": machine.scratch_gib,
        "purchase": machine.purchase,
        "allow_spot": label in project.allow_spot,
        "idle": {
            "stop_after_minutes": machine.idle.stop_after_minutes,
            "keep_while": list(machine.idle.keep_while),
            "warn_minutes": machine.idle.warn_minutes,
        },
    }
    if machine.instance_type:
        args["instance_type"] = machine.instance_type
    else:
        args["size"] = machine.size
    if machine.hours:
        args["hours"] = machine.hours.arguments(datetime.now(UTC).year)
    return args


def with_earlier_name(
    options: pulumi.ResourceOptions, project: str, label: str, machine: spec.Workstation
) -> pulumi.ResourceOptions:
    """What the machine `label` had under another name is its own: it and each of its parts are found by their earlier names as well.

    Each part is told its own earlier name. The engine in this process derives one from that of its parent only in the run that finds the
    parent by its earlier name: the `up` after one that had died between the two made disk and machine anew.
    """
    if machine.was is None:
        return options
    now, before = f"{project}-{label}", f"{project}-{machine.was}"

    def renamed(part: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if part.name != now and not part.name.startswith(f"{now}-"):
            return None
        earlier = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=before + part.name.removeprefix(now))])
        return pulumi.ResourceTransformationResult(part.props, pulumi.ResourceOptions.merge(part.opts, earlier))

    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(transformations=[renamed]))


def alerted(project: spec.Project, studio: spec.Studio) -> list[str]:
    """The addresses that are told of the project's cost."""
    return list(dict.fromkeys((*project.alert_emails, *studio.alert_emails))) or [NOBODY]


def alarmed(studio: spec.Studio, cloud: CloudName) -> list[str]:
    """The addresses that are told of the studio's alarms. `UsageError` when a real account would have alarms that nobody hears."""
    if not studio.alert_emails and cloud.is_real:
        raise UsageError(
            f'The studio "{studio.studio}" has no alert_emails, so nobody would receive its alarms.',
            "Add `alert_emails: [you@example.com]` to studio.yaml (`workstation studio init` writes one).",
        )
    return list(studio.alert_emails) or [NOBODY]


def project_tags(project: spec.Project, studio: spec.Studio) -> dict[str, str]:
    """The tags of everything that a project has."""
    tags = base_tags(
        studio.studio,
        project.project,
        client=project.client,
        owner=project.owner,
        cost_centre=project.cost_centre,
        expires=project.expires,
    )
    return {**tags, ZONE: project.network.zone}
