"""What is in a project of Google Cloud that is ours: by its labels, or by names and descriptions where Google keeps no labels.

The last snapshot of a disk, a router, a role and an account carry no labels. A snapshot tells whose it is by eight characters of its name,
which are compared with the studios and projects that anything else tells of; a router by the labelled address that it uses; roles and
accounts by their description.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from soundstage.components.naming import fingerprint
from soundstage.components.tags import PROJECT, STUDIO, SYSTEM_DISK
from soundstage.core.errors import CloudError
from soundstage.providers.calls import is_gone
from soundstage.stacks.clouds.estate import Kind, Thing, said
from soundstage.stacks.clouds.gcp.calls import Projects, ask, everywhere, pages
from soundstage.stacks.clouds.gcp.media import LAST_SNAPSHOT
from soundstage.stacks.clouds.gcp.names import last, moment, relative, tags_in

NOBODY: Final = "not known"
"""The studio of what has a name of ours, and of which nothing else tells whose it is."""
_WHOSE: Final = re.compile(r"\bof (?P<project>[a-z0-9-]+), (?P<studio>[a-z0-9-]+)(?:,|$)")
"""What the description of a role or an account says (`components.gcp`)."""
_OUR_ROLE: Final = re.compile(r".*/roles/soundstage\..+")
_GONE: Final = ("DESTROYED", "DESTROY_SCHEDULED")
"""States of a key's version that nothing is billed for any more (Cloud KMS, "Key version states", read 2026-11)."""


class GoogleEstate:
    """See `Estate`. What is in no region (roles, accounts) comes with every region."""

    def __init__(self, cloud: Projects) -> None:
        self._cloud = cloud

    def regions(self) -> list[str]:
        return sorted(str(one["name"]) for one in pages(self._cloud, "compute.regions.list"))

    def things(self, region: str) -> list[Thing]:
        asked: list[Callable[[], Iterable[Thing]]] = [
            self._machines, self._disks, self._addresses, self._images, self._buckets, lambda: self._keys(region),
            self._roles, self._accounts,
        ]  # fmt: skip
        with ThreadPoolExecutor(len(asked)) as pool:
            found = [thing for each in pool.map(lambda ask: list(ask()), asked) for thing in each]
        known = {(thing.studio, thing.project) for thing in found}
        found += [*self._snapshots(known), *self._routers(found)]
        return [thing for thing in found if thing.region in ("", region)]

    def delete(self, thing: Thing) -> None:
        parts = thing.id.split("/")
        name, where = parts[-1], parts[3]
        calls: dict[Kind, tuple[str, dict[str, str]]] = {
            Kind.MACHINE: ("compute.instances.delete", {"zone": where, "instance": name}),
            Kind.DISK: ("compute.disks.delete", {"zone": where, "disk": name}),
            Kind.SNAPSHOT: ("compute.snapshots.delete", {"snapshot": name}),
            Kind.ADDRESS: ("compute.addresses.delete", {"region": where, "address": name}),
            Kind.GATEWAY: ("compute.routers.delete", {"region": where, "router": name}),
        }
        method, params = calls[thing.kind]
        if "/global/images/" in thing.id:
            method, params = "compute.images.delete", {"image": name}
        try:
            ask(self._cloud, method, thing.name or thing.id, **params)
        except CloudError as error:
            if not is_gone(error.code):
                raise

    def _machines(self) -> Iterator[Thing]:
        for one in everywhere(self._cloud, "instances"):
            type, state = last(one.get("machineType")), str(one.get("status", "")).lower()
            yield from _thing(
                one, Kind.MACHINE, _region(one), f"{type}, {state}", type=type, is_running=state in ("running", "provisioning", "staging"),
                is_windows=any("windows" in str(each) for disk in one.get("disks") or () for each in disk.get("licenses") or ()),
            )  # fmt: skip

    def _disks(self) -> Iterator[Thing]:
        for one in everywhere(self._cloud, "disks"):
            gib, type = int(one.get("sizeGb") or 0), last(one.get("type"))
            at = next((relative(user) for user in one.get("users") or ()), "")
            yield from _thing(one, Kind.DISK, _region(one), f"{gib} GiB {type}", type=type, gib=gib, attached_to=at)

    def _addresses(self) -> Iterator[Thing]:
        for one in everywhere(self._cloud, "addresses"):
            used = next((relative(user) for user in one.get("users") or ()), "")
            yield from _thing(one, Kind.ADDRESS, _region(one), str(one.get("address", "")), attached_to=used)

    def _images(self) -> Iterator[Thing]:
        """The system disks of machines that were parked. Images of recipes are those of `workstation image list`."""
        for one in pages(self._cloud, "compute.images.list"):
            gib, where = int(one.get("diskSizeGb") or 0), next(iter(one.get("storageLocations") or ()), "")
            if SYSTEM_DISK in tags_in(one):
                yield from _thing(one, Kind.SNAPSHOT, str(where), f"system disk, {gib} GiB", type="image", gib=gib)

    def _buckets(self) -> Iterator[Thing]:
        project = self._cloud.project.account_id
        for one in pages(self._cloud, "storage.buckets.list", project=project):
            name = str(one["name"])
            told = {**one, "selfLink": name, "creationTimestamp": one.get("timeCreated")}
            yield from _thing(told, Kind.BUCKET, str(one.get("location", "")).lower(), "storage:bucket")

    def _keys(self, region: str) -> Iterator[Thing]:
        parent = f"projects/{self._cloud.project.account_id}/locations/{region}"
        for ring in pages(self._cloud, "cloudkms.projects.locations.keyRings.list", "keyRings", parent=parent):
            method = "cloudkms.projects.locations.keyRings.cryptoKeys.list"
            for one in pages(self._cloud, method, "cryptoKeys", parent=ring["name"]):
                if (one.get("primary") or {}).get("state") not in _GONE:
                    told = {**one, "selfLink": one["name"], "creationTimestamp": one.get("createTime")}
                    yield from _thing(told, Kind.KEY, region, "kms:key")

    def _roles(self) -> Iterator[Thing]:
        parent = f"projects/{self._cloud.project.account_id}"
        for one in pages(self._cloud, "iam.projects.roles.list", "roles", parent=parent):
            if _OUR_ROLE.fullmatch(str(one["name"])):
                yield from _described(one, str(one["name"]))

    def _accounts(self) -> Iterator[Thing]:
        name = f"projects/{self._cloud.project.account_id}"
        for one in pages(self._cloud, "iam.projects.serviceAccounts.list", "accounts", name=name):
            yield from _described(one, str(one["name"]))

    def _snapshots(self, known: Iterable[tuple[str, str]]) -> Iterator[Thing]:
        whose = {fingerprint(*pair): pair for pair in known}
        for one in pages(self._cloud, "compute.snapshots.list"):
            tags, named = tags_in(one), LAST_SNAPSHOT.fullmatch(str(one["name"]))
            if STUDIO not in tags and named:
                tags[STUDIO], tags[PROJECT] = whose.get(named["whose"], (NOBODY, ""))
            if said(tags, PROJECT) or said(tags, STUDIO) == NOBODY:
                gib, day = int(one.get("diskSizeGb") or 0), str(one.get("creationTimestamp", ""))[:10]
                yield from _thing(one, Kind.SNAPSHOT, _region_of_disk(one), f"{gib} GiB, of {day}", tags, gib=gib)

    def _routers(self, found: Iterable[Thing]) -> Iterator[Thing]:
        addresses = {thing.id: thing for thing in found if thing.kind is Kind.ADDRESS}
        for one in everywhere(self._cloud, "routers"):
            used = (relative(link) for nat in one.get("nats") or () for link in nat.get("natIps") or ())
            owner = next((addresses[link] for link in used if link in addresses), None)
            if owner:
                tags = {STUDIO: owner.studio, PROJECT: owner.project}
                yield from _thing(one, Kind.GATEWAY, _region(one), "Cloud NAT and its router", tags)


def _thing(
    told: Mapping[str, Any], kind: Kind, region: str, detail: str, tags: Mapping[str, str] | None = None, **more: Any
) -> Iterator[Thing]:
    """The thing, where its labels (or `tags`) say that it is a studio's."""
    tags = tags_in(told) if tags is None else tags
    if STUDIO in tags:
        id = relative(told["selfLink"])
        yield Thing(
            id, kind, region, said(tags, STUDIO), said(tags, PROJECT), last(id), detail,
            made=moment(told.get("creationTimestamp")), names=frozenset({id}), **more,
        )  # fmt: skip


def _described(told: Mapping[str, Any], id: str) -> Iterator[Thing]:
    whose = _WHOSE.search(str(told.get("description", "")))
    if whose:
        name = last(id)
        yield Thing(id, Kind.ROLE, "", whose["studio"], whose["project"], name, "iam", names=frozenset({id}))


def _region(one: Mapping[str, Any]) -> str:
    """The region of something that is in a zone or in a region."""
    return last(one.get("region")) or last(one.get("zone")).rpartition("-")[0]


def _region_of_disk(snapshot: Mapping[str, Any]) -> str:
    """The region of the disk that a snapshot is of, also of one that is gone."""
    return relative(snapshot.get("sourceDisk")).partition("/zones/")[2].partition("/")[0].rpartition("-")[0]
