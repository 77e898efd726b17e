"""What is in Google Cloud before anybody makes something: one project, places, machine and accelerator types, images, roles.

Places are of `data/places.json`, machine types and accelerators of `components.google_sizes`, images of `data/images.json`, roles of
`data/roles.json`; each names its source and date.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.components.google_sizes import google_machines
from soundstage.simulator.gcp.world import Thing
from soundstage.simulator.process import (
    GOOGLE_BILLING_ACCOUNT,
    GOOGLE_ORGANIZATION,
    GOOGLE_PROJECT,
    GOOGLE_PROJECT_NUMBER,
)

SMALL_TYPES: Final = {"e2-small": (2, 2), "e2-medium": (2, 4), "e2-standard-2": (2, 8), "e2-standard-4": (4, 16)}
"""vCPUs and GiB of machines without a GPU that people use beside ours (Compute Engine, "General-purpose machine family", read 2026-11)."""
DISK_TYPES: Final = ("pd-standard", "pd-balanced", "pd-ssd", "hyperdisk-balanced", "local-ssd")


@cache
def data(name: str) -> Mapping[str, Any]:
    """The rows of a file of `data/`."""
    found: Mapping[str, Any] = json.loads((files("soundstage.simulator.gcp") / "data" / name).read_text("utf-8"))
    rows: Mapping[str, Any] = found["rows"]
    return rows


def regions() -> Mapping[str, str]:
    """Region → the letters of its zones."""
    return data("places.json")


def zones() -> list[str]:
    """The names of all zones."""
    return [f"{region}-{letter}" for region, letters in regions().items() for letter in letters]


def project(project_id: str, number: str, name: str) -> Thing:
    """A project as the resource manager tells it."""
    return {
        "name": f"projects/{number}", "projectId": project_id, "displayName": name, "state": "ACTIVE",
        "parent": f"organizations/{GOOGLE_ORGANIZATION}", "createTime": "2026-01-05T08:00:00.000Z", "etag": "W/\"1\"",
    }  # fmt: skip


def first_things() -> dict[str, Thing]:
    """What a new world holds."""
    return {
        f"/v3/projects/{GOOGLE_PROJECT}": project(GOOGLE_PROJECT, GOOGLE_PROJECT_NUMBER, "Simulated studio"),
        f"/v1/projects/{GOOGLE_PROJECT}/billingInfo": {
            "name": f"projects/{GOOGLE_PROJECT}/billingInfo", "projectId": GOOGLE_PROJECT, "billingEnabled": True,
            "billingAccountName": f"billingAccounts/{GOOGLE_BILLING_ACCOUNT}",
        },
    }  # fmt: skip


def thing(path: str, base: str) -> Thing | None:
    """What is always at a path."""
    collection, _, name = path.rpartition("/")
    return next((each for key, each in _rows(collection, base) if key == name), None)


def below(collection: str, base: str) -> list[Thing]:
    """All that is always in a collection."""
    return [each for _, each in _rows(collection, base)]


def _rows(collection: str, base: str) -> Iterator[tuple[str, Thing]]:
    if collection == "/v1/roles":
        for name, told in data("roles.json").items():
            yield name.removeprefix("roles/"), {"name": name, "title": told["title"], "stage": "GA", "etag": "AA=="}
        return
    if collection == "/v1/billingAccounts":
        name = f"billingAccounts/{GOOGLE_BILLING_ACCOUNT}"
        about = {"name": name, "open": True, "displayName": "Simulated billing account", "currencyCode": "USD"}
        yield GOOGLE_BILLING_ACCOUNT, about
        return
    located = re.fullmatch(r"/v1/(projects/[^/]+)/locations", collection)
    if located:
        for each in [*regions(), "global"]:
            yield each, {"name": f"{located[1]}/locations/{each}", "locationId": each}
        return
    found = re.fullmatch(r"(/compute/v1/projects/([^/]+))/(?:(zones|regions|global)/)?(?:([^/]+)/)?(\w+)", collection)
    if found:
        yield from _compute(found[1], found[2], found[4] or "", found[5], collection, base)


def _compute(
    start: str, project_id: str, place: str, kind: str, collection: str, base: str
) -> Iterator[tuple[str, Thing]]:
    rows: dict[str, Thing] = {}
    if kind == "zones" and not place:
        rows = {
            each: {
                "kind": "compute#zone", "status": "UP", "region": f"{base}{start}/regions/{each.rpartition('-')[0]}",
                "description": each,
            }
            for each in zones()
        }  # fmt: skip
    elif kind == "regions" and not place:
        rows = {
            each: {
                "kind": "compute#region", "status": "UP", "description": each,
                "zones": [f"{base}{start}/zones/{each}-{letter}" for letter in letters],
            }
            for each, letters in regions().items()
        }  # fmt: skip
    elif kind == "machineTypes" and place in zones():
        rows = machine_types(place)
    elif kind == "acceleratorTypes" and place in zones():
        rows = {
            each: {"kind": "compute#acceleratorType", "description": each, "maximumCardsPerInstance": 8}
            for each in accelerators(place)
        }
    elif kind == "diskTypes" and place in zones():
        rows = {each: {"kind": "compute#diskType", "description": each} for each in DISK_TYPES}
    elif kind == "images":
        rows = {
            name: {
                "kind": "compute#image", "family": about["family"], "status": "READY", "creationTimestamp": about["created"],
                "diskSizeGb": str(about["disk_gib"]), "sourceType": "RAW", "architecture": "X86_64",
                "licenses": [f"{base}/compute/v1/projects/{project_id}/global/licenses/{about['family']}"],
            }
            for name, about in data("images.json").get(project_id, {}).items()
        }  # fmt: skip
    for number, (name, about) in enumerate(rows.items(), start=1):
        zone = {"zone": place} if kind in ("machineTypes", "acceleratorTypes", "diskTypes") else {}
        yield name, {**about, **zone, "name": name, "id": str(1000 + number), "selfLink": f"{base}{collection}/{name}"}


def machine_types(zone: str) -> dict[str, Thing]:
    """The machine types of a zone. An accelerator-optimized one is where its accelerator is; an N1 and the like is everywhere."""
    rows: dict[str, Thing] = {name: _machine(vcpus, gib) for name, (vcpus, gib) in SMALL_TYPES.items()}
    for machine in google_machines().values():
        has_own = machine.accelerator is not None and not machine.name.startswith("n1-")
        if has_own and machine.accelerator is not None:
            if machine.accelerator.name in accelerators(zone):
                plain = machine.accelerator.name.removesuffix("-vws")
                own = [{"guestAcceleratorType": plain, "guestAcceleratorCount": machine.gpus}]
                rows[machine.name] = {**_machine(machine.vcpus, machine.memory_gib), "accelerators": own}
        else:
            rows[machine.name] = _machine(machine.vcpus, machine.memory_gib)
    return rows


def _machine(vcpus: int, gib: int) -> Thing:
    return {
        "kind": "compute#machineType", "guestCpus": vcpus, "memoryMb": gib * 1024, "isSharedCpu": False,
        "maximumPersistentDisks": 128, "maximumPersistentDisksSizeGb": "263168", "description": f"{vcpus} vCPUs, {gib} GB RAM",
    }  # fmt: skip


@cache
def accelerators(zone: str) -> tuple[str, ...]:
    """The accelerators of a zone. Where a region has one and none of its zones was listed when zones were last read, all have it."""
    region = zone.rpartition("-")[0]
    found = []
    for one in {each.accelerator for each in google_machines().values() if each.accelerator}:
        listed = any(each.rpartition("-")[0] == region for each in one.zones)
        if zone in one.zones or (region in one.regions and not listed):
            found += [one.name, one.name.removesuffix("-vws")]
    return tuple(sorted(found))
