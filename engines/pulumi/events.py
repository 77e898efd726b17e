"""What the genuine engine tells, put into our words: its events become `Event`s and its preview becomes a `Plan`.

A preview's event stream carries inputs, outputs, operations and differences, but neither dependencies nor options; the plan
file that `pulumi preview --save-plan` writes carries those (engine 3.260, measured 2026-11). So a plan is read from both.
"""

import re
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi.automation import events as engine_events

from soundstage.core.values import SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN, Properties, Secret, Value, from_json
from soundstage.core.wrong_clock import wrong_clock
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.plan.plan import Change, Operation, Options, PlannedResource

_OPERATIONS: Final = {
    engine_events.OpType.SAME: Operation.SAME,
    engine_events.OpType.CREATE: Operation.CREATE,
    engine_events.OpType.UPDATE: Operation.UPDATE,
    engine_events.OpType.DELETE: Operation.DELETE,
    engine_events.OpType.REPLACE: Operation.REPLACE,
    engine_events.OpType.READ: Operation.READ,
    engine_events.OpType.IMPORT: Operation.IMPORT,
    engine_events.OpType.REFRESH: Operation.SAME,
}
"""One entry per resource: the two halves of a replacement (`create-replacement`, `delete-replaced`) are left out."""

PROTECTED: Final = "because it is protected"
"""What the engine says of a resource that it may not delete (`pkg/resource/deploy/step.go`)."""
_RETRY = re.compile(r"attempt \d+ of \d+ in ")
"""How the simulated cloud's plugin reports that it tries again (`providers.calls`)."""
UNANSWERED: Final = "soundstage:engine:UnansweredCreate"
"""The type of what stands in a state for a create that nobody answered (`pulumi_unanswered`)."""
_MAKING: Final = frozenset({engine_events.OpType.CREATE, engine_events.OpType.CREATE_REPLACEMENT})
_UNANSWERED = re.compile(
    r"code = (Unavailable|Canceled)|error reading from server|transport is closing|exited prematurely"
)
"""How the engine says that a plugin died over a step (`sdk/go/common/util/rpcutil/rpcerror`)."""
_INITIALISING = re.compile(r"\A\d+ errors? occurred:\s+\* ")
"""What the engine puts before the reasons of a create or an update that stopped in the middle."""
_STEP = re.compile(r"""\[(?P<index>\d+)\]|\["(?P<quoted>[^"]*)"\]|(?P<name>[^.\[\]]+)""")


def decode(value: Value) -> Value:
    """Properties as the event stream writes them. A secret's content is never in it: it becomes `Secret(UNKNOWN)`."""
    if isinstance(value, dict):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE and "value" not in value:
            return Secret(UNKNOWN)
        if SIGNATURE_KEY not in value:
            return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return Secret(UNKNOWN) if value == "[secret]" else from_json(value)


def operation_of(metadata: engine_events.StepEventMetadata) -> Operation | None:
    """What happens to the resource, or None for half of a replacement."""
    operation = _OPERATIONS.get(metadata.op)
    if operation is Operation.DELETE and metadata.old is not None and metadata.old.retain_on_delete:
        return Operation.FORGET
    return operation


def changes_of(metadata: engine_events.StepEventMetadata) -> tuple[Change, ...]:
    """The differing properties, by path, with their values before and after."""
    before = decode(metadata.old.inputs) if metadata.old else {}
    recorded = decode(metadata.old.outputs) if metadata.old else {}
    after = decode(metadata.new.inputs) if metadata.new else {}
    detailed: Mapping[str, engine_events.PropertyDiff] = metadata.detailed_diff or {}
    if detailed:
        return tuple(
            Change(
                path,
                _at(before if difference.input_diff else recorded, path),
                _at(after, path),
                difference.diff_kind.value.endswith("-replace"),
            )
            for path, difference in sorted(detailed.items())
        )
    replacing = set(metadata.keys or ())
    return tuple(
        Change(key, _at(before, key), _at(after, key), key in replacing)
        for key in sorted(set(metadata.diffs or ()) | replacing)
    )


def _at(properties: Value, path: str) -> Value:
    found = properties
    for step in _STEP.finditer(path):
        if isinstance(found, Secret):
            return Secret(UNKNOWN)
        if found is UNKNOWN:
            return UNKNOWN
        if isinstance(found, list) and step["index"] is not None and int(step["index"]) < len(found):
            found = found[int(step["index"])]
        elif isinstance(found, dict):
            found = found.get(step["quoted"] if step["quoted"] is not None else step["name"])
        else:
            return None
    return found


class Listener:
    """Receives the engine's events, passes ours on, and remembers what a plan, a result or an error needs.

    With `quiet`, steps are not passed on: nothing is made or deleted in a preview or a refresh. With `only`, what happens
    to other URNs is left out: the engine also tells what it does not do.
    """

    def __init__(self, on_event: OnEvent, *, quiet: bool = False, only: Collection[str] | None = None) -> None:
        self.steps: dict[str, engine_events.StepEventMetadata] = {}
        """The last step of each resource, by URN, in the order in which the engine took them up."""
        self.outputs: dict[str, Properties] = {}
        self.errors: list[str] = []
        self.step_failed = False
        """Whether the cloud refused something that the engine had begun."""
        self._making: dict[str, engine_events.StepEventMetadata] = {}
        self._started: dict[str, float] = {}
        self._done: dict[str, Operation] = {}
        self._failed: dict[str, Event] = {}
        self._reasons: dict[str, str] = {}
        self._quiet = quiet
        self._only = only
        self._on_event = on_event

    def __call__(self, event: engine_events.EngineEvent) -> None:
        if event.resource_pre_event:
            self._started_step(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._finished_step(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self._failed_step(event.res_op_failed_event.metadata)
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)

    @property
    def counts(self) -> dict[Operation, int]:
        """Cloud resources by what was done to them last; a refresh that comes first does not count."""
        return dict(Counter(self._done.values()))

    @property
    def unanswered(self) -> list[engine_events.StepEventMetadata]:
        """The creates that were begun and of which no provider said how they ended."""
        return [metadata for metadata in self._making.values() if metadata.new and metadata.new.custom]

    def _concerns(self, metadata: engine_events.StepEventMetadata) -> bool:
        return operation_of(metadata) is not None and (self._only is None or metadata.urn in self._only)

    def _started_step(self, metadata: engine_events.StepEventMetadata) -> None:
        if metadata.op in _MAKING:
            self._making[metadata.urn] = metadata
        if not self._concerns(metadata):
            return
        self.steps[metadata.urn] = metadata
        self._started[metadata.urn] = time.monotonic()
        self._step(EventKind.STEP_STARTED, metadata)

    def _finished_step(self, metadata: engine_events.StepEventMetadata) -> None:
        self._making.pop(metadata.urn, None)
        if metadata.new is not None:
            self.outputs[metadata.urn] = decode(metadata.new.outputs)
        operation = operation_of(metadata)
        if operation is None or not self._concerns(metadata):
            return
        self.steps[metadata.urn] = metadata
        state = metadata.new or metadata.old
        if state is not None and state.custom and not metadata.type.startswith("pulumi:"):
            self._done[metadata.urn] = operation
        self._step(EventKind.STEP_DONE, metadata)

    def _failed_step(self, metadata: engine_events.StepEventMetadata) -> None:
        self._step(EventKind.STEP_FAILED, metadata)
        self._tell_failure(metadata.urn)

    def _step(self, kind: EventKind, metadata: engine_events.StepEventMetadata) -> None:
        operation = operation_of(metadata)
        if operation in (None, Operation.SAME, Operation.READ) or metadata.type.startswith("pulumi:"):
            return
        state = metadata.new or metadata.old
        if state is None or not state.custom:
            return
        started = self._started.get(metadata.urn)
        told = Event(
            kind,
            urn=metadata.urn,
            type=metadata.type,
            name=metadata.urn.rsplit("::", 1)[-1],
            operation=operation,
            changes=changes_of(metadata) if operation in (Operation.UPDATE, Operation.REPLACE) else (),
            seconds=0.0 if kind is EventKind.STEP_STARTED or started is None else time.monotonic() - started,
        )
        if kind is EventKind.STEP_FAILED:
            self._failed[metadata.urn] = told
        elif not self._quiet:
            self._on_event(told)

    def _diagnostic(self, event: engine_events.DiagnosticEvent) -> None:
        message = _INITIALISING.sub("", re.sub(r"<\{%[^%]*%\}>", "", event.message).strip())
        if not message or event.ephemeral:
            return
        urn = event.urn or ""
        if event.severity == "error":
            self.errors.append(message)
            self._reasons[urn] = message
            if not _UNANSWERED.search(message):
                self._making.pop(urn, None)
            self._tell_failure(urn)
        elif event.severity == "warning":
            self._on_event(Event(EventKind.WARNING, urn, name=urn.rpartition("::")[2], message=message))
        elif _RETRY.search(message):
            self._on_event(Event(EventKind.RETRY, urn, name=urn.rpartition("::")[2], message=message))

    def _tell_failure(self, urn: str) -> None:
        """A failed step and its reason come separately, in no certain order; they are told together."""
        if urn not in self._failed or urn not in self._reasons:
            return
        failed = self._failed.pop(urn)
        if PROTECTED not in self._reasons[urn]:  # such a step never begins
            self.step_failed = True
            reason = self._reasons[urn]
            self._on_event(replace(failed, message=wrong_clock("", reason) or reason))

    def close(self) -> None:
        """Tell the failures that came without a reason."""
        while self._failed:
            self.step_failed = True
            self._on_event(self._failed.popitem()[1])


def planned_resources(listener: Listener, saved: Mapping[str, Any]) -> Iterable[PlannedResource]:
    """The resources of a preview. `saved` is the parsed file of `--save-plan`; empty when nothing was registered."""
    goals = {urn: plan.get("goal") or {} for urn, plan in (saved.get("resourcePlans") or {}).items()}
    for urn, metadata in listener.steps.items():
        state = metadata.new or metadata.old
        operation = operation_of(metadata)
        if state is None or operation is None or metadata.type in ("pulumi:pulumi:Stack", UNANSWERED):
            continue
        goal = goals.get(urn, {})
        yield PlannedResource(
            urn=urn,
            type=metadata.type,
            name=urn.rsplit("::", 1)[-1],
            operation=operation,
            custom=bool(state.custom),
            parent=state.parent or None,
            id=(metadata.old.id or None) if metadata.old else None,
            inputs=decode(state.inputs),
            outputs=listener.outputs.get(urn) or (decode(metadata.old.outputs) if metadata.old else {}),
            dependencies=tuple(goal.get("dependencies") or ()),
            property_dependencies={
                key: tuple(urns) for key, urns in (goal.get("propertyDependencies") or {}).items() if urns
            },
            provider=metadata.provider or None,
            options=Options(
                protect=bool(state.protect),
                retain_on_delete=bool(state.retain_on_delete),
                delete_before_replace=bool(goal.get("deleteBeforeReplace")),
                ignore_changes=tuple(goal.get("ignoreChanges") or ()),
                replace_on_changes=tuple(goal.get("replaceOnChanges") or ()),
                aliases=tuple(goal.get("aliases") or ()),
            ),
            changes=changes_of(metadata) if operation in (Operation.UPDATE, Operation.REPLACE) else (),
        )
