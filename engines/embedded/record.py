"""One resource as a stack's state remembers it, and its form in Pulumi's deployment format.

Names and meanings follow `ResourceV3` of pulumi/pulumi `sdk/go/common/apitype/core.go` (read 2026-11). Keys that are not
understood here are kept as they were, so that a state can go to the genuine engine and come back.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from soundstage.components.naming import camel_case
from soundstage.core.values import UNKNOWN, UNKNOWN_SENTINEL, Properties, Secret, Value
from soundstage.core.values import from_json as decoded
from soundstage.engines.embedded.limits import no_secrets
from soundstage.plan.needs import provider_urn
from soundstage.plan.plan import Operation, Options, PlannedResource

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks for of one resource."""

    urn: str
    type: str
    custom: bool
    inputs: Properties = field(default_factory=dict)
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    """`URN::ID` of the provider resource."""
    protect: bool = False
    retain_on_delete: bool = False
    additional_secret_outputs: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The logical name: the last part of the URN."""
        return self.urn.split("::", 3)[-1]

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def options(self) -> Options:
        return Options(
            protect=self.protect,
            retain_on_delete=self.retain_on_delete,
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
        )

    def needs(self) -> Iterator[str]:
        """The URNs that must exist before this resource and go after it."""
        if self.parent:
            yield self.parent
        yield from self.dependencies
        for urns in self.property_dependencies.values():
            yield from urns
        if self.provider:
            yield provider_urn(self.provider)


ASKED: Final = tuple(each.name for each in fields(Asked))


@dataclass(frozen=True, slots=True)
class Record(Asked):
    """A resource on record. `urn` is unique among records that are not waiting for deletion (`delete`)."""

    id: str = ""
    outputs: Properties = field(default_factory=dict)
    delete: bool = False
    """Replaced already; still to be deleted in the cloud."""
    pending_replacement: bool = False
    """Deleted in the cloud already; still to be created again."""
    init_errors: tuple[str, ...] = ()
    """Why the last create or update stopped in the middle. The next run updates the resource whatever the program says."""
    created: str = ""
    modified: str = ""
    rest: dict[str, Any] = field(default_factory=dict)

    @property
    def in_cloud(self) -> bool:
        """Whether the cloud holds something for this record that the stack owns."""
        return self.custom and not self.is_provider and not self.pending_replacement

    def renamed(self, names: dict[str, str]) -> "Record":
        """The record with every URN that `names` knows replaced by its new one."""

        def now(urn: str) -> str:
            return names.get(urn, urn)

        provider = self.provider
        if provider:
            provider = f"{now(provider_urn(provider))}::{provider.rpartition('::')[2]}"
        return replace(
            self,
            urn=now(self.urn),
            parent=now(self.parent),
            dependencies=tuple(now(urn) for urn in self.dependencies),
            property_dependencies={
                key: tuple(now(urn) for urn in urns) for key, urns in self.property_dependencies.items()
            },
            provider=provider,
        )

    def without(self, gone: Callable[[str], bool]) -> "Record":
        """The record without links to resources that are `gone`; the provider is kept, because it says who owns it."""
        return replace(
            self,
            parent="" if self.parent and gone(self.parent) else self.parent,
            dependencies=tuple(urn for urn in self.dependencies if not gone(urn)),
            property_dependencies={
                key: tuple(urn for urn in urns if not gone(urn)) for key, urns in self.property_dependencies.items()
            },
        )

    def planned(self, operation: Operation = Operation.SAME) -> PlannedResource:
        """The record as an entry of a plan."""
        return PlannedResource(
            urn=self.urn,
            type=self.type,
            name=self.name,
            operation=operation,
            custom=self.custom,
            parent=self.parent or None,
            id=self.id or None,
            inputs=self.inputs,
            outputs=self.outputs,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            provider=self.provider or None,
            options=self.options,
        )


# Our fields, by how the value is carried over. Pulumi's keys are the same words in camelCase.
_TEXTS: Final = ("id", "parent", "provider", "created", "modified")
_FLAGS: Final = ("protect", "retain_on_delete", "delete", "pending_replacement")
_LISTS: Final = ("dependencies", "init_errors", "additional_secret_outputs", "ignore_changes", "replace_on_changes")
_VALUES: Final = ("inputs", "outputs")
_KEYS: Final = {name: camel_case(name) for name in (*_TEXTS, *_FLAGS, *_LISTS, *_VALUES)}
_KNOWN: Final = frozenset({"urn", "type", "custom", "propertyDependencies", *_KEYS.values()})


def to_json(record: Record) -> dict[str, Any]:
    """Pulumi's `ResourceV3`. Empty fields are left out, as Pulumi does. Raises `EngineError` for a secret."""
    document: dict[str, Any] = {"urn": record.urn, "custom": record.custom, "type": record.type}
    for name, key in _KEYS.items():
        if value := getattr(record, name):
            if name in _VALUES:
                value = _encoded(value, f"{record.name} ({record.type})")
            document[key] = list(value) if name in _LISTS else value
    if record.property_dependencies:
        document["propertyDependencies"] = {key: list(urns) for key, urns in record.property_dependencies.items()}
    return document | record.rest


def from_json(document: dict[str, Any]) -> Record:
    """Read what `to_json` or the genuine engine wrote. Raises `KeyError`, `TypeError` or `ValueError` on anything else."""
    found: dict[str, Any] = {}
    for names, kind in ((_TEXTS, str), (_FLAGS, bool)):
        for name in names:
            if document.get(key := _KEYS[name]) is not None:
                found[name] = _checked(document[key], kind, key)
    for name in _LISTS:
        if document.get(key := _KEYS[name]):
            found[name] = _texts(document[key], key)
    for name in _VALUES:
        if document.get(key := _KEYS[name]):
            found[name] = decoded(_checked(document[key], dict, key))
    if links := document.get("propertyDependencies"):
        found["property_dependencies"] = {key: _texts(urns or [], key) for key, urns in links.items()}
    for key in ("urn", "type"):
        _checked(document[key], str, key)
    return Record(
        urn=document["urn"],
        type=document["type"],
        custom=bool(document["custom"]),
        rest={key: value for key, value in document.items() if key not in _KNOWN},
        **found,
    )


def _checked(value: Any, kind: type, key: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{key} is no {kind.__name__}")
    return value


def _texts(values: Any, key: str) -> tuple[str, ...]:
    return tuple(_checked(value, str, key) for value in _checked(values, list, key))


def _encoded(value: Value, owner: str) -> Any:
    """A value for a file. No secret gets into one, whatever provider it comes from."""
    if isinstance(value, Secret):
        raise no_secrets(owner)
    if value is UNKNOWN:
        return UNKNOWN_SENTINEL
    if isinstance(value, Mapping):
        return {key: _encoded(item, owner) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encoded(item, owner) for item in value]
    return value
