"""What a cloud's Pulumi provider is, for both engines.

The embedded engine calls it in process; the genuine engine starts it as its plugin (`simulator.plugin`). So both see the
same checks, the same diffs and the same cloud. Values are those of `core.values`; property names are Pulumi's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from soundstage.core.values import Properties, Value


@dataclass(frozen=True, slots=True)
class Package:
    """A genuine provider: the name and the version that Pulumi publishes it, and its plugin, by."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """Why an input cannot be used. `property` is a dotted path, empty for the whole resource."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs with defaults and a generated physical name filled in."""

    inputs: Properties
    failures: tuple[CheckFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One differing input. `replaces` when the cloud cannot change it in place."""

    path: str
    before: Value
    after: Value
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """How new inputs differ from what is recorded."""

    changes: tuple[PropertyChange, ...] = ()
    delete_before_replace: bool = False
    """The new one cannot exist beside the old (same name, same range)."""

    @property
    def replaces(self) -> bool:
        return any(change.replaces for change in self.changes)


@dataclass(frozen=True, slots=True)
class Created:
    """A new resource: its id and its outputs (inputs included)."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as the cloud has it now. `inputs` are what a program would have to say to get it."""

    id: str
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a search for a lost create found. With a `doubt` nobody knows whether it was made, and it says why in a sentence."""

    id: str | None = None
    doubt: str = ""


class CloudProvider(Protocol):
    """Create, read, update and delete resources of one cloud.

    `type` is a Pulumi token such as `aws:ec2/vpc:Vpc`. All methods may be called from several threads at once.
    A call that the cloud refuses raises `CloudError` with the IAM action and the cloud's code; a type that is not in the
    resource table raises `UsageError`. Calls that fail for a passing reason (throttling, 5xx, a lost connection) are
    retried inside, and each retry is reported to `on_retry`.
    """

    version: str
    """The version of the genuine provider whose types these are."""
    recorded_only: frozenset[str]
    """Types that are stored faithfully but that the simulated cloud does not act on."""

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        """Apply defaults, generate a physical name from `seed` where none is given, and validate. No call is made."""

    def diff(
        self,
        type: str,
        id: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        """Compare checked inputs. An unknown value counts as changed. No call is made."""

    def create(self, type: str, urn: str, inputs: Properties) -> Created:
        """Create it. Safe to repeat with equal inputs after a lost answer: the cloud's client token, the unique name or
        the tag of the first attempt finds what was made."""

    def find(self, type: str, urn: str, inputs: Properties) -> Found | None:
        """Look for what a `create` with exactly these checked inputs made, when its answer was lost."""

    def read(self, type: str, id: str, inputs: Properties, outputs: Properties) -> Found | None:
        """The resource as it is now, or None when it is gone. With empty `inputs` and `outputs` this is an import."""

    def update(
        self, type: str, urn: str, id: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Properties:
        """Change it in place and return its outputs. Safe to repeat."""

    def delete(self, type: str, urn: str, id: str, inputs: Properties, outputs: Properties) -> None:
        """Delete it. A resource that is already gone is no error. Waits until the cloud says it is gone."""

    def invoke(self, token: str, args: Properties) -> Properties:
        """Answer a data source such as `aws:ec2/getAmi:getAmi`."""

    def computed(self, type: str) -> frozenset[str]:
        """Output properties that only the cloud decides (`arn`, `id` …): unknown while a create is previewed."""
