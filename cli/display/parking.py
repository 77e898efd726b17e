"""What a park would do and what it did."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from soundstage.cli.display.results import superseded_line
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.tree import tree
from soundstage.core.words import listed
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.lost import Lost
from soundstage.stacks.parking.moving import Moving
from soundstage.stacks.parking.parking import Parking, ParkResult
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.parking.saving import Saving

NOTHING: Final[Mapping[str, Any]] = {
    "parked": [], "unchanged": [], "deleted_snapshots": [], "stopped_usd": None, "parked_usd": None, "saved_usd": None,
    "complete": True,
}  # fmt: skip
"""What `--json` prints where no machine is due."""


def park_preview(parking: Parking, title: str, screen: Screen, *, comes_back: bool = False) -> str:
    """What goes of the project that is called `title`, what is kept and what it saves, before it is done. A machine that comes back at once saves nothing."""
    told = [screen.paint(sentence, "yellow") for sentence in parking.told]
    saved = [] if comes_back else [screen.lines(saving_line(parking.saving))]
    return "\n".join([tree(parking.plan, screen, title=title), *told, *saved])


def park_text(parking: Parking, result: ParkResult | None, deployment: Deployment, screen: Screen) -> str:
    """Which machines are parked, what keeps them and what brings them back."""
    typed, lines = deployment.command("start"), []
    if result is not None:
        names = list(result.parked)
        lines.append(screen.paint(f"{listed(names)} {'is' if len(names) == 1 else 'are'} parked.", "bold", "green"))
        lines += [
            screen.lines(f"{one.machine}'s work disk is in {one.id} ({one.gib} GiB).") for one in result.snapshots
        ]
        lines += [
            screen.lines(f"{name}'s system disk is in {one.image}.") for name, one in result.parked.items() if one.image
        ]
        lines.append(screen.lines(saving_line(parking.saving)))
        if result.superseded:
            lines.append(screen.lines(superseded_line(result.superseded, deployment)))
    if parking.already:
        were = "was" if len(parking.already) == 1 else "were"
        lines.append(screen.lines(f"{listed(list(parking.already))} {were} parked already."))
    back = {*(result.parked if result else ()), *parking.already}
    lines.append(screen.paint(_brings_back(typed, back, "it" if len(back) == 1 else "them"), "dim"))
    return "\n".join(lines)


def park_document(parking: Parking, result: ParkResult | None) -> dict[str, Any]:
    """What `--json` prints."""
    found = parking.saving
    return {
        "parked": [
            {"machine": name, **parked_document(one), "snapshot": _snapshot(result, one)}
            for name, one in (result.parked if result else {}).items()
        ],
        "unchanged": list(parking.already),
        "deleted_snapshots": [one.id for one in result.superseded] if result else [],
        "stopped_usd": round(found.stopped, 2),
        "parked_usd": round(found.parked, 2),
        "saved_usd": round(found.saved, 2),
        "complete": found.complete,
    }


def parked_document(one: Parked) -> dict[str, Any]:
    """One machine that is parked."""
    return {"since": one.since, "by": one.by, "image": one.image or None}


def _brings_back(command: str, names: Collection[str], whom: str) -> str:
    return f"`{command}` brings {whom} back as {'it was' if len(names) == 1 else 'they were'}."


def parked_lines(
    parked: Mapping[str, Parked], lost: Sequence[Lost], told: Sequence[str], typed: str, screen: Screen
) -> list[str]:
    """Which machines of a project are parked, what brings them back, and of which what kept their disks is gone."""
    if not parked:
        return []
    said = [f"{name} since {one.since[:10]}" for name, one in sorted(parked.items())]
    whole = sorted(parked.keys() - {one.machine for one in lost})
    if lost:
        back = _brings_back(" ".join([f"workstation start {typed}", *whole]), whole, listed(whole))
    else:
        back = _brings_back(f"workstation start {typed}", whole, "it" if len(whole) == 1 else "them")
    return [
        screen.lines(f"Parked: {listed(said)}.{f' {back}' if whole else ''}"),
        *(screen.paint(one, "yellow") for one in told),
        "",
    ]


def parked_going(parked: Mapping[str, Parked], screen: Screen, *, snapshots_stay: bool) -> str:
    """What `down` deletes and keeps of machines that are parked with an image, which no plan shows."""
    names, one = sorted(parked), len(parked) == 1
    gone = "is parked: the image of its system disk is" if one else "are parked: the images of their system disks are"
    disks = snapshots_stay and any(each.disk for each in parked.values())
    stays = f" The last snapshot of {'its work disk' if one else 'each work disk'} stays." if disks else ""
    return screen.lines(f"{listed(names)} {gone} deleted too, with what was installed and set there.{stays}")


def move_text(moving: Moving, now: Machine, screen: Screen) -> str:
    """Where a machine is now."""
    already = " already" if moving.is_there else ""
    return screen.paint(f"{moving.machine} is in {now.zone}{already}.", "bold", "green")


def move_document(moving: Moving, now: Machine) -> dict[str, Any]:
    """What `--json` prints after `move`."""
    return {
        "machine": moving.machine,
        "before": moving.before or None,
        "availability_zone": now.zone,
        "instance_id": now.instance_id,
    }


def saving_line(saving: Saving) -> str:
    """`A month costs about 12.40 USD parked, 96.10 USD with the machines stopped: 83.70 USD less (prices of 2026-11-20).`"""
    least, about = ("", "about") if saving.complete else ("at least ", "at least")
    return (
        f"A month of the project costs {about} {saving.parked:.2f} USD so, and {least}{saving.stopped:.2f} USD with its machines "
        f"stopped: {saving.saved:.2f} USD less ({saving.dated})."
    )


def _snapshot(result: ParkResult | None, parked: Parked) -> str | None:
    found = result.snapshots if result else ()
    return next((one.id for one in found if one.disk == parked.disk), None)
