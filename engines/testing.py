"""A cloud in memory, for trying engines without any other part of Soundstage.

Its resources are whatever a program says; a few property names have a meaning of their own:

- `name` gets a physical name from the seed when it is missing, and is unique per type;
- a change of `place` replaces the resource; a change of `slot` does too, and deletes the old one first;
- `arn` and `token` are computed.

`Thing` and `Group` are what a program declares, `Bench` is a stack to try it on.
"""

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi

from soundstage.core.errors import CloudError, UsageError
from soundstage.core.values import UNKNOWN, Properties
from soundstage.engines.base import Event, StackName
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.plan.plan import Operation, Plan
from soundstage.providers.base import Checked, CheckFailure, Created, Difference, Found, PropertyChange

_COMPUTED: Final = frozenset({"arn", "token"})
_REPLACING: Final = frozenset({"place", "slot"})


class MemoryCloud:
    """Holds resources by id. With a `file` it outlives the process, as a real cloud does."""

    def __init__(self, file: Path | None = None) -> None:
        self.calls: list[tuple[str, str]] = []
        """Every call that was made: its verb and the resource's logical name."""
        self.faults: dict[tuple[str, str], CloudError] = {}
        """What the call with this verb and logical name answers instead."""
        self.before_call: Callable[[str, str], None] = lambda _verb, _name: None
        self.after_call: Callable[[str, str], None] = lambda _verb, _name: None
        self._file = file
        self._lock = threading.RLock()
        self._next = 0
        self.resources: dict[str, dict[str, Any]] = {}
        if file and file.exists():
            self.resources = json.loads(file.read_text())
            self._next = max((int(id.rpartition("-")[2]) for id in self.resources), default=0)

    def names(self) -> list[str]:
        """The logical names of all that exists, in order."""
        return sorted(item["urn"].rpartition("::")[2] for item in self.resources.values())

    def by_name(self, name: str) -> dict[str, Any]:
        """The properties of the only resource with this logical name."""
        (found,) = (item for item in self.resources.values() if item["urn"].endswith(f"::{name}"))
        return dict(found["properties"])

    def called(self, *verbs: str) -> list[str]:
        """The logical names that calls with these verbs were about, in order."""
        return [name for verb, name in self.calls if verb in verbs]

    def call(self, verb: str, urn: str, act: Callable[[], Any]) -> Any:
        """Answer one call, with whatever fault is set for it."""
        name = urn.rpartition("::")[2]
        self.before_call(verb, name)
        with self._lock:
            self.calls.append((verb, name))
            if fault := self.faults.get((verb, name)):
                raise fault
            result = act()
            if self._file:
                # A cloud does not tear when its customer is killed.
                new = self._file.with_suffix(".new")
                new.write_text(json.dumps(self.resources))
                new.replace(self._file)
        self.after_call(verb, name)
        return result

    def new_id(self, type: str) -> str:
        self._next += 1
        return f"{type.rpartition(':')[2].lower()}-{self._next}"


class MemoryProvider:
    """The provider of a `MemoryCloud`; see `soundstage.providers.base.CloudProvider` for the methods."""

    version = "1.0.0"
    recorded_only: frozenset[str] = frozenset({"test:index:Recorded"})

    def __init__(self, cloud: MemoryCloud) -> None:
        self.cloud = cloud

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        name = urn.rpartition("::")[2]
        inputs = dict(news)
        inputs.setdefault("name", olds.get("name") or f"{name}-{seed.hex()[:7]}")
        failures = (CheckFailure("size", "must not be negative"),) if _negative(news.get("size")) else ()
        if type == "test:index:Nonsense":
            raise UsageError(f"There is no resource type {type}.")
        return Checked(inputs, failures)

    def diff(
        self,
        type: str,  # noqa: ARG002
        id: str,  # noqa: ARG002
        old_inputs: Properties,
        old_outputs: Properties,  # noqa: ARG002
        news: Properties,
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        keys = [key for key in sorted(old_inputs.keys() | news.keys()) if key not in ignore_changes]
        changes = tuple(
            PropertyChange(key, old_inputs.get(key), news.get(key), replaces=key in _REPLACING)
            for key in keys
            if news.get(key) is UNKNOWN or old_inputs.get(key) != news.get(key)
        )
        return Difference(changes, delete_before_replace=any(change.path == "slot" for change in changes))

    def create(self, type: str, urn: str, inputs: Properties) -> Created:
        def act() -> Created:
            if found := self._find(type, inputs):
                raise CloudError(f"{inputs['name']} exists already as {found.id}", code="AlreadyExists")
            id = self.cloud.new_id(type)
            outputs = {**inputs, "arn": f"arn:{id}", "token": f"arn:secret:{id}"}
            self.cloud.resources[id] = {"type": type, "urn": urn, "properties": inputs, "outputs": outputs}
            return Created(id, outputs)

        created: Created = self.cloud.call("create", urn, act)
        return created

    def find(self, type: str, urn: str, inputs: Properties) -> Found | None:
        found: Found | None = self.cloud.call("find", urn, lambda: self._find(type, inputs))
        return found

    def _find(self, type: str, inputs: Properties) -> Found | None:
        for id, item in self.cloud.resources.items():
            if item["type"] == type and item["properties"]["name"] == inputs["name"]:
                return Found(id, item["properties"], item["outputs"])
        return None

    def read(self, type: str, id: str, inputs: Properties, outputs: Properties) -> Found | None:  # noqa: ARG002
        def act() -> Found | None:
            item = self.cloud.resources.get(id)
            return Found(id, dict(item["properties"]), dict(item["outputs"])) if item else None

        urn = self.cloud.resources.get(id, {}).get("urn", id)
        found: Found | None = self.cloud.call("read", urn, act)
        return found

    def update(
        self,
        type: str,  # noqa: ARG002
        urn: str,
        id: str,
        old_inputs: Properties,  # noqa: ARG002
        old_outputs: Properties,
        news: Properties,
    ) -> Properties:
        def act() -> Properties:
            item = self.cloud.resources[id]
            item["properties"] = news
            item["outputs"] = {**{key: old_outputs[key] for key in _COMPUTED if key in old_outputs}, **news}
            return dict(item["outputs"])

        outputs: Properties = self.cloud.call("update", urn, act)
        return outputs

    def delete(self, type: str, urn: str, id: str, inputs: Properties, outputs: Properties) -> None:  # noqa: ARG002
        self.cloud.call("delete", urn, lambda: self.cloud.resources.pop(id, None))

    def invoke(self, token: str, args: Properties) -> Properties:
        if token == "test:index:fail":  # noqa: S105 - the name of a function
            raise CloudError("no such thing", action="test:Fail", code="NotFound")
        return {"token": token, **args}

    def computed(self, type: str) -> frozenset[str]:  # noqa: ARG002
        return _COMPUTED


def _negative(size: Any) -> bool:
    return isinstance(size, (int, float)) and size < 0


class Thing(pulumi.CustomResource):
    """A resource of the cloud in memory; it takes any property."""

    arn: pulumi.Output[str]
    token: pulumi.Output[str]

    def __init__(self, thing: str, opts: pulumi.ResourceOptions | None = None, **properties: Any) -> None:
        super().__init__("test:index:Thing", thing, {"arn": None, "token": None, **properties}, opts)


class Group(pulumi.ComponentResource):
    """A component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, type: str = "test:index:Group") -> None:
        super().__init__(type, name, None, opts)


class Bench:
    """One stack, its cloud, and all that was said about it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = MemoryCloud()
        self.events: list[Event] = []
        self.engine = EmbeddedEngine(
            StackName("soundstage", "teaser"), folder, lambda _retry: MemoryProvider(self.cloud)
        )

    def up(self, program: Callable[[], None], **options: Any) -> dict[Operation, int]:
        """Run `up` and return its counts."""
        return self.engine.up(program, on_event=self.events.append, **options).counts

    def outputs(self) -> Properties:
        return self.engine.outputs()

    def preview(self, program: Callable[[], None], **options: Any) -> dict[str, Operation]:
        """The operations of a preview by logical name; providers are left out."""
        return operations(self.engine.preview(program, **options))

    def messages(self) -> list[str]:
        return [event.message for event in self.events if event.message]


def operations(plan: Plan) -> dict[str, Operation]:
    """What happens to each resource, by logical name."""
    return {entry.name: entry.operation for entry in plan if not entry.type.startswith("pulumi:")}
