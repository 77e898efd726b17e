"""The plan: what an engine says it will do. Policies, exports and the display are pure functions of it.

Property names inside `inputs` and `outputs` are Pulumi's own, in camelCase, exactly as a provider receives them.
A value that only the cloud will decide is `UNKNOWN`; a secret is a `Secret` and never leaves in clear.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Self

from soundstage.core.errors import UsageError
from soundstage.core.values import Properties, Value, from_json, masked, to_json

PLAN_FORMAT: Final = "soundstage.plan/1"


class Operation(StrEnum):
    """What happens to one resource."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    READ = "read"
    IMPORT = "import"
    FORGET = "forget"
    """Leaves the state and stays in the cloud (`retain_on_delete`)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One property that differs. `path` is dotted with indexes: `ingress[0].cidrBlocks[1]`."""

    path: str
    before: Value
    after: Value
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file that people write: `file` with `/` between its folders, `line` from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Options:
    """The resource options that decide what an engine may do."""

    protect: bool = False
    retain_on_delete: bool | None = False
    """None where whoever shows the plan does not show this."""
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """URNs that this resource was once known by."""


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """One resource of a stack and what will happen to it.

    `type` is the Pulumi token (`aws:ec2/instance:Instance`), `name` the logical name, `id` the cloud's own id where it
    exists already. `outputs` holds what is known so far; `property_dependencies` maps an input to the URNs it is made of.
    """

    urn: str
    type: str
    name: str
    operation: Operation
    custom: bool = True
    parent: str | None = None
    id: str | None = None
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str | None = None
    options: Options = Options()
    changes: tuple[Change, ...] = ()
    source: Source | None = None
    """Where the program made it, beside its `Pulumi.yaml`; None where whoever shows the plan does not say."""

    def property(self, name: str, default: Value = None) -> Value:
        """An input, or else a known output, or else `default`."""
        if name in self.inputs:
            return self.inputs[name]
        return self.outputs.get(name, default)


@dataclass(frozen=True)
class Plan:
    """Every resource of a stack, in the order in which it was registered, parents first."""

    project: str
    stack: str
    resources: tuple[PlannedResource, ...]
    outputs: Properties = field(default_factory=dict)
    cloud: str = "simulated"
    """`simulated`, `aws` or `gcp`."""
    recorded_only: frozenset[str] = frozenset()
    """Resource types that the simulated cloud stores faithfully but does not act on."""

    def __iter__(self) -> Iterator[PlannedResource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    @cached_property
    def by_urn(self) -> Mapping[str, PlannedResource]:
        return {resource.urn: resource for resource in self.resources}

    def of_type(self, *types: str) -> tuple[PlannedResource, ...]:
        """The resources of these types that will exist afterwards."""
        gone = (Operation.DELETE, Operation.FORGET)
        return tuple(r for r in self.resources if r.type in types and r.operation not in gone)

    def counts(self) -> dict[Operation, int]:
        """How many cloud resources (components are not counted) see each operation."""
        counts: dict[Operation, int] = {}
        for resource in self.resources:
            if resource.custom and not resource.type.startswith("pulumi:"):
                counts[resource.operation] = counts.get(resource.operation, 0) + 1
        return counts

    @property
    def changes_anything(self) -> bool:
        return any(op not in (Operation.SAME, Operation.READ) for op in self.counts())

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """The published form (`soundstage.plan/1`). Secrets are masked unless `secrets` is set."""
        encode = to_json if secrets else _public
        return {
            "format": PLAN_FORMAT,
            "project": self.project,
            "stack": self.stack,
            "cloud": self.cloud,
            "recorded_only": sorted(self.recorded_only),
            "outputs": encode(self.outputs),
            "resources": [_resource_to_json(resource, encode) for resource in self.resources],
        }

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a plan that `to_json` wrote. `UsageError` says what is wrong with anything else."""
        if not isinstance(document, dict) or document.get("format") != PLAN_FORMAT:
            found = document.get("format") if isinstance(document, dict) else type(document).__name__
            raise UsageError(
                f"This is not a Soundstage plan (expected format {PLAN_FORMAT}, found {found!r}).",
                "Write one with `workstation preview PROJECT --json`.",
            )
        try:
            return cls(
                project=document["project"],
                stack=document["stack"],
                cloud=document["cloud"],
                recorded_only=frozenset(document["recorded_only"]),
                outputs=from_json(document["outputs"]),
                resources=tuple(_resource_from_json(item) for item in document["resources"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"The plan is damaged: {type(error).__name__}: {error}.", "Write it again.") from error


def _public(value: Value) -> Value:
    """JSON in which unknowns keep their sentinel (so that a plan can be read back) and secrets are masked."""
    from soundstage.core.values import UNKNOWN, UNKNOWN_SENTINEL, Secret

    if value is UNKNOWN:
        return UNKNOWN_SENTINEL
    if isinstance(value, Secret):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: _public(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_public(item) for item in value]
    return value


def _resource_to_json(resource: PlannedResource, encode: Any) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "operation": resource.operation.value,
        "custom": resource.custom,
        "parent": resource.parent,
        "id": resource.id,
        "inputs": encode(resource.inputs),
        "outputs": encode(resource.outputs),
        "dependencies": list(resource.dependencies),
        "property_dependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
        "provider": resource.provider,
        "options": {
            "protect": resource.options.protect,
            "retain_on_delete": resource.options.retain_on_delete,
            "delete_before_replace": resource.options.delete_before_replace,
            "ignore_changes": list(resource.options.ignore_changes),
            "replace_on_changes": list(resource.options.replace_on_changes),
            "aliases": list(resource.options.aliases),
        },
        "changes": [
            {"path": c.path, "before": encode(c.before), "after": encode(c.after), "replaces": c.replaces}
            for c in resource.changes
        ],
        **({"source": [resource.source.file, resource.source.line]} if resource.source else {}),
    }


def _resource_from_json(item: dict[str, Any]) -> PlannedResource:
    options = item["options"]
    return PlannedResource(
        urn=item["urn"],
        type=item["type"],
        name=item["name"],
        operation=Operation(item["operation"]),
        custom=item["custom"],
        parent=item["parent"],
        id=item["id"],
        inputs=from_json(item["inputs"]),
        outputs=from_json(item["outputs"]),
        dependencies=tuple(item["dependencies"]),
        property_dependencies={key: tuple(urns) for key, urns in item["property_dependencies"].items()},
        provider=item["provider"],
        options=Options(
            protect=options["protect"],
            retain_on_delete=options["retain_on_delete"],
            delete_before_replace=options["delete_before_replace"],
            ignore_changes=tuple(options["ignore_changes"]),
            replace_on_changes=tuple(options["replace_on_changes"]),
            aliases=tuple(options["aliases"]),
        ),
        changes=tuple(
            Change(c["path"], from_json(c["before"]), from_json(c["after"]), c["replaces"]) for c in item["changes"]
        ),
        source=Source(*item["source"]) if "source" in item else None,
    )


@dataclass(frozen=True)
class PreviewResult:
    """What `up` would do. `studio_plan` is None when the studio's stack is up and needs nothing."""

    plan: Plan
    studio_plan: Plan | None
    told: tuple[str, ...] = ()
    """Sentences about what no plan shows, such as the day from which a disk comes back."""
