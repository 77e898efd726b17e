"""What a person is told, and can do, where no machine is free."""

from collections.abc import Mapping, Sequence
from typing import Final

from soundstage.core.errors import CloudError
from soundstage.pricing.machines import priced_words
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.projectfile.cloud_limits import has_command, has_key
from soundstage.projectfile.project_file import Project
from soundstage.providers.cloud_codes import NOT_SOLD, TAKEN_BACK
from soundstage.stacks.capacity.order import Choice, elsewhere, in_words

_MOST_REGIONS: Final = 4
RETRY: Final = "--retry-for 30m"


def nothing_free(
    project: Project, tried: Mapping[str, Sequence[Choice]], pinned: Mapping[str, str], command: str, cause: CloudError
) -> CloudError:
    """The refusal when everything was tried. `pinned` says of a machine what holds it in its zone; `command` is the one to type again."""
    lines = [f"{name}: none free of {in_words(choices)}." for name, choices in tried.items()]
    hints = [f"Wait for one: `{command} {RETRY}`."]
    for name, choices in tried.items():
        hints += ways_out(project, name, choices[0], pinned.get(name, ""))
    told = (
        f"{catalogue_of(project.region).title} has no machine free now. What was made stays on record.\n"
        + "\n".join(lines)
    )
    return CloudError(told, "\n".join(dict.fromkeys(hints)), action=cause.action, code=cause.code)


def ways_out(project: Project, name: str, wanted: Choice, disk: str) -> list[str]:
    """What can be changed for a machine, and what that means, a sentence each. `disk` says which work disk it has; empty for none."""
    types = project.workstations[name].fallback.types
    other = f"Or let {name} be of another type: `fallback: {{types: [...]}}` in the project file, then `workstation up`; its disks stay."
    takes = has_key(project.cloud, "workstations.*.fallback.types")
    return [*([other] if takes and not types else []), *moving(project, name, wanted, disk)]


def moving(project: Project, name: str, wanted: Choice, disk: str) -> list[str]:
    """What it means to move a machine to another zone or region."""
    ways = []
    if not disk and project.zone_of(name):
        ways.append(f"Or leave out `availability_zone` for {name}: then other zones are tried.")
    if disk and has_command(project.cloud, "move"):
        ways.append(
            f"Or move {name} to another zone. {disk} cannot follow; its last snapshot can: "
            f"`workstation move {project.title} {name} --zone ZONE`."
        )
    if others := elsewhere(wanted.type, project.region):
        more = f" and {len(others) - _MOST_REGIONS} more" if len(others) > _MOST_REGIONS else ""
        ways.append(
            f"Another region ({', '.join(others[:_MOST_REGIONS])}{more}) is never taken by itself: a project's media and network are in "
            f"{project.region}. A project of its own with `region` set can work there."
        )
    return ways


def cannot_start(project: Project, name: str, wanted: Choice, disk: str, command: str, cause: CloudError) -> CloudError:
    """The refusal of a start: the machine stays stopped, and its disks are kept."""
    if cause.code == TAKEN_BACK:
        told = (
            f"{name} cannot start: AWS took its spot capacity back. AWS starts it by itself as soon as it has a {wanted.type} in "
            f"{wanted.zone} again; its disks are kept."
        )
        now = (
            f"To work now: set `purchase: on-demand` for {name} in the project file, then `workstation up`. That makes another machine "
            "with the same work disk; what is on the system disk alone is lost."
        )
        elsewhere = f"Or move it to another zone, with both of its disks: `workstation move {project.title} {name} --zone ZONE`."
        return CloudError(
            told,
            "\n".join([f"Wait for it: `{command} {RETRY}`.", elsewhere, now]),
            action=cause.action,
            code=cause.code,
        )
    resize = f"Or give {name} another size: `workstation resize {project.title} {name} SIZE`; its disks stay."
    if cause.code in NOT_SOLD:
        return CloudError(
            f"{name} cannot start: {catalogue_of(project.region).title} offers {wanted.type} in {wanted.zone} no longer. It stays stopped, with "
            "its disks.",
            "\n".join([_another_type(project, name, wanted.type), *moving(project, name, wanted, disk)]),
            action=cause.action,
            code=cause.code,
        )
    told = f"{name} cannot start: {catalogue_of(project.region).title} has no {wanted.type} free in {wanted.zone} now. It stays stopped, with its disks."
    hints = [f"Wait for one: `{command} {RETRY}`.", resize, *moving(project, name, wanted, disk)]
    return CloudError(told, "\n".join(hints), action=cause.action, code=cause.code)


def _another_type(project: Project, name: str, gone: str) -> str:
    """How a machine gets another type, with what those cost that its file names, but for the one that is `gone`."""
    machine, family = project.workstations[name], catalogue_of(project.region).family
    typed = f"`workstation resize {project.title} {name}"
    others = [one for one in (machine.machine_type(project.region), *machine.fallback.types) if one != gone]
    if not others:
        return f"Give {name} another size: {typed} SIZE`; its disks stay."
    ways = (
        f"{typed} {type}` ({priced_words(type, project.region, machine.os, machine.purchase, family)})"
        for type in dict.fromkeys(others)
    )
    return f"Give {name} another type: {', or '.join(ways)}; its disks stay."
