"""The permissions that creating, changing or deleting one resource of Google Cloud takes, read off the resource table and a published
map of methods to permissions (`data/permissions.json`).

The calls are those of the genuine Google Cloud as well, so the answer holds for real projects.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.values import Properties, reveal
from soundstage.providers.entry import Call, Entry
from soundstage.providers.gcp.discovery import method, methods
from soundstage.providers.gcp.editing import MADE_OF
from soundstage.providers.gcp.table import TYPES
from soundstage.providers.paths import fill
from soundstage.providers.planned import DECIDED_LATER, planned
from soundstage.providers.scope import Scope

_ALWAYS: Final = frozenset({"resourcemanager.projects.get"})
"""What every component asks first: the number of its project."""
_LAST_WISHES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "gcp:storage/bucket:Bucket": ("forceDestroy", frozenset({"storage.objects.list", "storage.objects.delete"})),
    "gcp:compute/disk:Disk": (
        "createSnapshotBeforeDestroy",
        frozenset({"compute.disks.createSnapshot", "compute.snapshots.create"}),
    ),
}
"""Type → the input that asks for something before a delete, and what that takes."""
_DECIDED_BY_GOOGLE: Final = ("{seen.", "{is", "{mask.", "{patch.", "{item.")


@cache
def rows() -> Mapping[str, Sequence[Sequence[str]]]:
    """Method → its permissions, each alone or with the path of what a body has to hold for it (`$.disks[].source`)."""
    found: Mapping[str, Any] = json.loads((files(__package__) / "data" / "permissions.json").read_text("utf-8"))
    known: Mapping[str, Sequence[Sequence[str]]] = found["rows"]
    return known


def asked(name: str, body: Any) -> Iterator[str]:
    """The permissions that a call of a method with this body asks for."""
    for permission, *when in rows().get(name, ()):
        if not when or is_there(body, when[0]):
            yield permission


def is_there(body: Any, path: str) -> bool:
    """Whether a body has something at a path such as `$.disks[].source`."""
    found = [body]
    for part in path.removeprefix("$.").split("."):
        below = [each.get(part.removesuffix("[]")) for each in found if isinstance(each, dict)]
        found = [one for each in below if each for one in (each if isinstance(each, list) else [each])]
    return bool(found)


def methods_of(service: str, operation: str) -> tuple[str, ...]:
    """The methods of the documents that a call is made of, the one first that a refusal is about."""
    collection, _, verb = operation.rpartition(".")
    return tuple(".".join(part for part in (service, collection, one) if part) for one in MADE_OF.get(verb, (verb,)))


def action_of(service: str, operation: str) -> str:
    """The permission that a call asks for first of all."""
    name = methods_of(service, operation)[0]
    return next(asked(name, {}), name)


def creating(type: str, inputs: Properties) -> frozenset[str]:
    """The permissions that it takes to create a resource with these inputs. `UsageError` for a type that nobody knows."""
    entry = _entry(type)
    return _taken(entry, inputs, [*entry.before_create, entry.create, *entry.after_create, entry.read]) | set(
        entry.along
    )


def deleting(type: str, inputs: Properties) -> frozenset[str]:
    """The permissions that it takes to delete a resource that was created with these inputs."""
    entry = _entry(type)
    calls = [*entry.before_delete, *([entry.delete] if entry.delete else []), *([entry.read] if entry.looks else [])]
    key, wish = _LAST_WISHES.get(type, ("", frozenset()))
    return _taken(entry, inputs, calls) | (wish if reveal(inputs).get(key) else frozenset())


def changing(type: str, inputs: Properties) -> frozenset[str]:
    """The permissions that it takes to compare a resource with what it should be and to change whatever was found changed about it;
    replacing it takes more."""
    entry = _entry(type)
    calls = [
        entry.read,
        *([entry.create] if entry.puts else []),
        *(call for one in entry.updates for call in one.calls),
    ]
    calls += [*entry.pause.begin, *entry.pause.end] if entry.pause else []
    return _taken(entry, inputs, calls)


def passed_to(type: str) -> str:  # noqa: ARG001 - Google hands accounts over by `iam.serviceAccounts.actAs`, as any other permission
    """The service that a resource of this type hands a role to; always empty."""
    return ""


def _entry(type: str) -> Entry:
    entry = TYPES.get(type)
    if entry is None:
        raise UsageError(f"It is not known which permissions the resource type {type} takes.")
    return entry


def _taken(entry: Entry, inputs: Properties, calls: Iterable[Call]) -> frozenset[str]:
    known = planned(inputs)
    scope = Scope(
        entry, "", "", known, id=DECIDED_LATER, places=dict.fromkeys(("project", "region", "zone"), DECIDED_LATER)
    )
    found: set[str] = set()
    for call in calls:
        # What only the cloud's own description decides may happen.
        if call.when and not call.when.startswith(_DECIDED_BY_GOOGLE) and scope.is_empty(call.when):
            continue
        params = fill({key: value for key, value in call.params.items() if key != "media"}, scope.lookup)
        body = {**params, **(params.get("body") or {})}
        for name in methods_of(call.service or entry.service, call.operation):
            found |= {*asked(name, body), *_waiting(name), *call.needs}
    return frozenset(found | _ALWAYS)


def _waiting(name: str) -> frozenset[str]:
    """What it takes to learn that an operation is done."""
    about = method(name) if name in methods() else None
    if about is None or about.response != "Operation":
        return frozenset()
    if about.api != "compute.v1":
        return frozenset({"cloudfunctions.operations.get"}) if about.api.startswith("cloudfunctions.") else frozenset()
    scope = "zone" if "/zones/" in about.path else "region" if "/regions/" in about.path else "global"
    return frozenset({f"compute.{scope}Operations.get"})
