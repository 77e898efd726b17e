"""The IAM actions that creating, changing or deleting one resource takes, read off the resource table.

The calls are those of the genuine AWS as well, so the answer holds for real accounts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.values import Properties
from soundstage.providers.aws.actions import action_of
from soundstage.providers.aws.table import TYPES
from soundstage.providers.entry import Call, Entry, Look
from soundstage.providers.paths import MISSING, fill
from soundstage.providers.planned import DECIDED_LATER, planned
from soundstage.providers.scope import Scope

_SEALING: Final = ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext")
"""What EC2 does with the key in the name of whoever makes an encrypted disk."""
_TAGS: Final = re.compile(r":(Add|Create)Tags|:Tag|Tagging$|:AddTagsToResource")
"""What setting tags takes; not asked for where there are none."""
_NEVER: Final = frozenset({"iam:DeleteRolePermissionsBoundary"})
"""What a change of our programs never takes."""


def creating(type: str, inputs: Properties) -> frozenset[str]:
    """The actions that it takes to create a resource with these inputs. `UsageError` for a type that nobody knows."""
    entry = _entry(type)
    scope = _scope(entry, inputs)
    followed = [
        call
        for update in entry.updates
        if update.on_create and (update.always or entry.adopts or _gives(entry, scope, update.fields))
        for call in update.calls
    ]
    calls = [*entry.before_create, entry.create, *entry.after_create, *followed]
    found = set(_actions(entry, scope, calls))
    if entry.looks_first and isinstance(entry.finder, Call):
        found |= set(_actions(entry, scope, [entry.finder]))
    if entry.settle or entry.pending or followed:
        found |= set(_actions(entry, scope, _reads(entry, drift=False)))
    if _sealed(scope):
        found |= set(_SEALING)
    return frozenset(found | set(entry.along))


def deleting(type: str, inputs: Properties) -> frozenset[str]:
    """The actions that it takes to delete a resource that was created with these inputs."""
    entry = _entry(type)
    scope = _scope(entry, inputs)
    calls = [*entry.before_delete, *([entry.delete] if entry.delete else [])]
    reads = _reads(entry, drift=True) if entry.looks else _reads(entry, drift=False) if entry.lingers else []
    return frozenset(_actions(entry, scope, [*calls, *reads]))


def changing(type: str, inputs: Properties) -> frozenset[str]:
    """The actions that it takes to compare a resource with what it should be, whatever about it is found changed, and to
    change it; replacing it takes more."""
    entry = _entry(type)
    scope = _scope(entry, inputs)
    calls = [*([entry.create] if entry.puts else []), *(call for update in entry.updates for call in update.calls)]
    calls += [*entry.pause.begin, *entry.pause.end] if entry.pause else []
    found = {_action(entry, call) for call in calls} | {need for call in calls for need in call.needs}
    found |= set(_actions(entry, scope, _reads(entry, drift=True)))
    return frozenset(found | (set(_SEALING) if _sealed(scope) else set())) - _NEVER


def of_type(type: str) -> frozenset[str]:
    """Every action that resources of a type may take, whatever they are told. What the documentation prints; what one resource
    takes is among it."""
    entry = _entry(type)
    every = {action for actions in by_operation(entry).values() for action in actions}
    return frozenset(every | set(entry.along) | (set(_SEALING) if entry.sealed else set()))


def by_operation(entry: Entry) -> Mapping[str, frozenset[str]]:
    """The actions that each operation on resources of a type may take: `create`, `read`, `update`, `delete`."""
    reads = (entry.read, *entry.more)
    changes = [call for update in entry.updates for call in update.calls]
    changes += [*entry.pause.begin, *entry.pause.end] if entry.pause else []
    later = [call for update in entry.updates if update.on_create for call in update.calls]
    lookups = [entry.finder] if isinstance(entry.finder, Call) else []
    settling = reads if entry.settle else ()
    return {
        "create": _all_actions(entry, [entry.create, *entry.after_create, *later, *lookups, *settling]),
        "read": _all_actions(entry, reads),
        "update": _all_actions(entry, [*([entry.create] if entry.puts else []), *changes, *settling]),
        "delete": _all_actions(
            entry,
            [*entry.before_delete, *([entry.delete] if entry.delete else []), *(reads if entry.lingers else ())],
        ),
    }


def _all_actions(entry: Entry, calls: Iterable[Call | Look]) -> frozenset[str]:
    """What these calls take at the most."""
    found: set[str] = set()
    for call in calls:
        found |= {*call.needs, *([_action(entry, call)] if isinstance(call, Call) else [])}
    return frozenset(found)


def _action(entry: Entry, call: Call) -> str:
    return action_of(call.service or entry.service, call.operation)


def passed_to(type: str) -> str:
    """The service that a resource of this type hands a role to, such as `ec2.amazonaws.com`; empty for the others."""
    entry = TYPES.get(type)
    return entry.passes_to if entry else ""


def _entry(type: str) -> Entry:
    entry = TYPES.get(type)
    if entry is None:
        raise UsageError(f"It is not known which permissions the resource type {type} takes.")
    return entry


def _scope(entry: Entry, inputs: Properties) -> Scope:
    known = planned(inputs)
    defaults = {field.name: field.default for field in entry.fields if field.default is not None}
    return Scope(entry, "", "", {**defaults, **known}, id=DECIDED_LATER)


def _sealed(scope: Scope) -> bool:
    """Whether a resource has disks under a key that is named for them."""
    return any("kmsKeyId" in _keys({name: scope.inputs.get(name)}) for name in scope.entry.sealed)


def _keys(value: Any) -> set[str]:
    """The names of everything that is given, at any depth."""
    if isinstance(value, Mapping):
        given = {key: inner for key, inner in value.items() if inner not in (None, "")}
        return set(given).union(*map(_keys, given.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def _gives(entry: Entry, scope: Scope, names: Iterable[str]) -> bool:
    return any(
        name in scope.inputs and not entry.block.by_name[name].empty(scope.inputs[name])
        for name in names
        if name in entry.block.by_name
    )


def _reads(entry: Entry, *, drift: bool) -> list[Call | Look]:
    more = [each for each in entry.more if drift or isinstance(each, Look) or not each.drift]
    return [entry.read, *more]


def _actions(entry: Entry, scope: Scope, calls: Iterable[Call | Look]) -> Iterator[str]:
    for call in calls:
        if isinstance(call, Look):
            yield from call.needs
            continue
        # What only the cloud's own description decides may happen.
        if call.when and not call.when.startswith(("{seen.", "{out.", "{part.")) and scope.is_empty(call.when):
            continue
        if call.each and not _elements(call, scope):
            continue
        yield _action(entry, call)
        yield from (need for need in call.needs if scope.inputs.get("tags") or not _TAGS.search(need))


def _elements(call: Call, scope: Scope) -> bool:
    items = fill(call.each, scope.lookup)
    return items is not MISSING and bool(items)
