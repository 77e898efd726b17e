"""One resource as a stack's state remembers it, and its form in Pulumi's deployment format.

Names and meanings follow `ResourceV3` of pulumi/pulumi `sdk/go/common/apitype/core.go` (read 2026-11). Keys that are not
understood here are kept as they were, so that a state can go to the genuine engine and come back.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from soundstage.core.values import UNKNOWN, UNKNOWN_SENTINEL, Properties, Secret, Value
from soundstage.core.values import from_json as decoded
from soundstage.engines.embedded.limits import no_secrets
from soundstage.plan.needs import provider_urn
from soundstage.plan.plan import Operation, Options, PlannedResource

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"


@dataclass(frozen=True, slots=True)
class Record:
    """A resource on record. `urn` is unique among records that are not waiting for deletion (`delete`)."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    """`URN::ID` of the provider resource."""
    protect: bool = False
    retain_on_delete: bool = False
    delete: bool = False
    """Replaced already; still to be deleted in the cloud."""
    pending_replacement: bool = False
    """Deleted in the cloud already; still to be created again."""
    init_errors: tuple[str, ...] = ()
    """Why the last create or update stopped in the middle. The next run updates the resource whatever the program says."""
    additional_secret_outputs: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    created: str = ""
    modified: str = ""
    rest: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The logical name: the last part of the URN."""
        return self.urn.rpartition("::")[2]

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def in_cloud(self) -> bool:
        """Whether the cloud holds something for this record that the stack owns."""
        return self.custom and not self.is_provider and not self.pending_replacement

    def needs(self) -> Iterator[str]:
        """The URNs that must exist before this resource and go after it."""
        if self.parent:
            yield self.parent
        yield from self.dependencies
        for urns in self.property_dependencies.values():
            yield from urns
        if self.provider:
            yield provider_urn(self.provider)

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
            options=Options(
                protect=self.protect,
                retain_on_delete=self.retain_on_delete,
                ignore_changes=self.ignore_changes,
                replace_on_changes=self.replace_on_changes,
            ),
        )


# Our field and Pulumi's key, by how the value is carried over.
_TEXTS: Final = (
    ("id", "id"),
    ("parent", "parent"),
    ("provider", "provider"),
    ("created", "created"),
    ("modified", "modified"),
)
_FLAGS: Final = (
    ("protect", "protect"),
    ("retain_on_delete", "retainOnDelete"),
    ("delete", "delete"),
    ("pending_replacement", "pendingReplacement"),
)
_PLAIN: Final = (*_TEXTS, *_FLAGS)
_LISTS: Final = (
    ("dependencies", "dependencies"),
    ("init_errors", "initErrors"),
    ("additional_secret_outputs", "additionalSecretOutputs"),
    ("ignore_changes", "ignoreChanges"),
    ("replace_on_changes", "replaceOnChanges"),
)
_VALUES: Final = (("inputs", "inputs"), ("outputs", "outputs"))
_KNOWN: Final = frozenset(
    {"urn", "type", "custom", "propertyDependencies"} | {key for _, key in (*_PLAIN, *_LISTS, *_VALUES)}
)


def to_json(record: Record) -> dict[str, Any]:
    """Pulumi's `ResourceV3`. Empty fields are left out, as Pulumi does. Raises `EngineError` for a secret."""
    document: dict[str, Any] = {"urn": record.urn, "custom": record.custom, "type": record.type}
    for name, key in _PLAIN:
        if value := getattr(record, name):
            document[key] = value
    for name, key in _LISTS:
        if value := getattr(record, name):
            document[key] = list(value)
    for name, key in _VALUES:
        if value := getattr(record, name):
            document[key] = _encoded(value, f"{record.name} ({record.type})")
    if record.property_dependencies:
        document["propertyDependencies"] = {key: list(urns) for key, urns in record.property_dependencies.items()}
    return document | record.rest


def from_json(document: dict[str, Any]) -> Record:
    """Read what `to_json` or the genuine engine wrote. Raises `KeyError`, `TypeError` or `ValueError` on anything else."""
    fields: dict[str, Any] = {}
    for names, kind in ((_TEXTS, str), (_FLAGS, bool)):
        for name, key in names:
            if document.get(key) is not None:
                fields[name] = _checked(document[key], kind, key)
    for name, key in _LISTS:
        if document.get(key):
            fields[name] = _texts(document[key], key)
    for name, key in _VALUES:
        if document.get(key):
            fields[name] = decoded(_checked(document[key], dict, key))
    if links := document.get("propertyDependencies"):
        fields["property_dependencies"] = {key: _texts(urns or [], key) for key, urns in links.items()}
    for key in ("urn", "type"):
        _checked(document[key], str, key)
    return Record(
        urn=document["urn"],
        type=document["type"],
        custom=bool(document["custom"]),
        rest={key: value for key, value in document.items() if key not in _KNOWN},
        **fields,
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
