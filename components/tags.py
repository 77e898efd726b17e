"""The tags that everything carries, so that cost, ownership and expiry can be read off any resource."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, TypeVar

from soundstage.components.naming import label_faults
from soundstage.core.errors import ArgumentError

PREFIX: Final = "soundstage:"
STUDIO: Final = "soundstage:studio"
PROJECT: Final = "soundstage:project"
CLIENT: Final = "soundstage:client"
OWNER: Final = "soundstage:owner"
COST_CENTRE: Final = "soundstage:cost-centre"
EXPIRES: Final = "soundstage:expires"
MANAGED_BY: Final = "soundstage:managed-by"
ZONE: Final = "soundstage:zone"
REGION: Final = "soundstage:region"
"""The region that a role of people is confined to. Only such roles carry it."""
WORKSTATION: Final = "soundstage:workstation"
USER: Final = "soundstage:user"
OS: Final = "soundstage:os"
"""The operating system that writes a work disk. Its snapshots carry it too: to the other system the disk is nothing but bytes."""
WORK_DISKS: Final = "soundstage:work-disks"
"""Of work disks alone: whose they are, `STUDIO.PROJECT`. What takes snapshots of them every day finds them by it."""
TAKEN: Final = "soundstage:taken"
"""Of snapshots that are taken by the clock: `daily`."""
IMAGE: Final = "soundstage:image"
"""The pinned image that a machine was made from: its id alone tells neither maker nor age."""
SYSTEM_DISK: Final = "soundstage:system-disk"
"""Of the image, and its snapshot, that keeps the system disk of a machine while it is parked: the machine."""
INSTEAD_OF: Final = "soundstage:instead-of"
"""Of a machine that is of another type than its project wants, because none of that was free: the wanted type."""

PURCHASE: Final = "soundstage:purchase"
"""Of spot machines: `spot`. With it the machine is replaced when it is bought otherwise, which nothing else in its inputs would do: AWS's
provider keeps the market of a machine whose program no longer names one."""

Value = TypeVar("Value")

MOST_TAGS: Final = 50
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 256
# AWS Tagging Best Practices, "Tag naming limits and requirements", read 2026-11; the set that every service accepts.
_ALLOWED: Final = re.compile(r"[A-Za-z0-9 _.:/=+\-@]*", re.ASCII)
_IN_WORDS: Final = "letters, digits, spaces and _ . : / = + - @"


def tag_faults(tags: Mapping[str, object]) -> list[str]:
    """What is wrong with a set of tags by the rules of AWS; empty when nothing is.

    Letters are limited to ASCII, stricter than AWS: a tag decides who may stop a machine, and a look-alike letter in
    a project's name must not pass for that project.
    """
    faults = []
    if len(tags) > MOST_TAGS:
        faults.append(f"tags has {len(tags)} entries; allowed: {MOST_TAGS}")
    for key, value in tags.items():
        if not key or len(key) > LONGEST_KEY or not _ALLOWED.fullmatch(key) or key.lower().startswith("aws:"):
            faults.append(
                f'tags has the key {key!r}; allowed: at most {LONGEST_KEY} {_IN_WORDS}, not starting with "aws:"'
            )
        if not isinstance(value, str) or len(value) > LONGEST_VALUE or not _ALLOWED.fullmatch(value):
            faults.append(f"tags.{key} is {value!r}; allowed: at most {LONGEST_VALUE} {_IN_WORDS}")
    return faults


def foreign_tag_faults(key: str, foreign: Iterable[str], tags: Mapping[str, object]) -> list[str]:
    """What is wrong with the keys of tags that are left to somebody else; empty when nothing is."""
    faults = []
    for name in foreign:
        if not name or len(name) > LONGEST_KEY or not _ALLOWED.fullmatch(name):
            faults.append(f"{key} has {name!r}; allowed: the key of a tag, at most {LONGEST_KEY} {_IN_WORDS}")
        elif name.startswith(PREFIX) or name == "Name" or name in tags:
            faults.append(f"{key} has {name!r}, which is set here; leave it out")
    return faults


def base_tags(
    studio: str,
    project: str | None = None,
    *,
    client: str | None = None,
    owner: str | None = None,
    cost_centre: str | None = None,
    expires: date | str | None = None,
) -> dict[str, str]:
    """The tags of everything in one project, or in the studio when `project` is absent.

    `expires` is the day after which the project should be gone, written `YYYY-MM-DD`. What is not given is not tagged.
    Raises `ArgumentError` with every fault at once.
    """
    faults = label_faults("studio", studio)
    if project is not None:
        faults += label_faults("project", project)
    given = {
        STUDIO: studio,
        PROJECT: project,
        CLIENT: client,
        OWNER: owner,
        COST_CENTRE: cost_centre,
        EXPIRES: expires.isoformat() if isinstance(expires, date) else expires,
        MANAGED_BY: "soundstage",
    }
    if isinstance(expires, str):
        try:
            date.fromisoformat(expires)
        except ValueError:
            faults.append(f"expires is {expires!r}; allowed: a day written YYYY-MM-DD")
    tags = {key: value for key, value in given.items() if value is not None}
    faults += tag_faults({key: value for key, value in tags.items() if key not in (STUDIO, PROJECT, EXPIRES)})
    if faults:
        raise ArgumentError("; ".join(faults))
    return tags


def named(tags: Mapping[str, Value], name: str) -> dict[str, Value | str]:
    """The tags of one resource: the base tags and the `Name` that consoles show."""
    return {**tags, "Name": name}
