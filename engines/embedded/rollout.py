"""One run of a program: every registration is decided, carried out and answered here.

Decisions are made one at a time, because one may condemn resources that another is about to ask for; the calls to the
cloud that follow from them run side by side.
"""

import secrets
import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from soundstage.core.errors import OperationError, UsageError
from soundstage.core.values import UNKNOWN, Properties, has_unknown, reveal
from soundstage.engines.base import StackName
from soundstage.engines.embedded import replacement, steps
from soundstage.engines.embedded.executor import Executor
from soundstage.engines.embedded.limits import refuse_secrets
from soundstage.engines.embedded.record import PROVIDER_PREFIX, STACK_TYPE, Record
from soundstage.engines.embedded.registry import Match, Registry
from soundstage.engines.embedded.state import Change, Kind, Pending, now
from soundstage.engines.embedded.steps import Goal
from soundstage.plan.plan import Change as PlannedChange
from soundstage.plan.plan import Operation
from soundstage.providers.base import Difference

if TYPE_CHECKING:
    from soundstage.engines.embedded.recipes import Recorder


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program is told about a resource. `skipped` when it is outside the targets and does not exist."""

    record: Record
    skipped: bool = False


Work = Callable[[], Answer]


class Rollout:
    """Makes the resources that a program registers."""

    def __init__(
        self, stack: StackName, executor: Executor, *, targets: Collection[str] | None, seeds: Mapping[str, bytes]
    ) -> None:
        self.recorder: Recorder | None = None
        """Takes notes of how the program makes its outputs, so that `up` can go on with the run."""
        self.registry = Registry(stack, executor.state)
        self.asked: list[tuple[str, Properties, Properties]] = []
        """What the program looked up (`token`, arguments), and what it was told."""
        self.told: list[tuple[str, Properties]] = []
        """The outputs that it gave: of which URN, and what."""
        self._stack = stack
        self._executor = executor
        self._state = executor.state
        self._provider = executor.provider
        self._targets = targets
        self._seeds = dict(seeds)
        self._deciding = threading.RLock()
        self._cleared: dict[str, threading.Event] = {}
        self._stack_outputs: Properties = {}

    @property
    def is_whole(self) -> bool:
        """Whether it makes all that the program names."""
        return self._targets is None

    def register(self, goal: Goal) -> Answer:
        """Make the resource as the program asks for it. Returns when that is done."""
        while True:
            with self._deciding:
                cleared = self._cleared.get(goal.urn)
                if cleared is None or cleared.is_set():
                    work = self._decide(goal)
                    break
            # The old one is being deleted at this moment, to make room for something that it needs.
            cleared.wait()
        return work()

    def _decide(self, goal: Goal) -> Work:
        self._executor.proceed()
        try:
            match = self.registry.claim(goal)
            if not self._is_target(goal):
                return self._leave(goal, match)
            if not self._executor.preview and has_unknown(goal.inputs):
                raise OperationError(
                    f"{goal.name} ({goal.type}) needs a value of a resource that does not exist yet.",
                    "Add that resource to the targets.",
                )
            if not goal.custom or goal.type.startswith(PROVIDER_PREFIX):
                return self._on_record(goal, match)
            if match is None:
                return self._create(goal, self._check(goal, {}), match)
            return self._compare(goal, match)
        except (OperationError, UsageError) as error:
            self._executor.fail(error)
            raise

    def _is_target(self, goal: Goal) -> bool:
        always = goal.type == STACK_TYPE or goal.type.startswith(PROVIDER_PREFIX)
        return self._targets is None or always or goal.urn in self._targets

    def _leave(self, goal: Goal, match: Match | None) -> Work:
        if match is None:
            return lambda: Answer(goal.record(), skipped=True)
        self.registry.plan(goal, Operation.SAME)
        return lambda: Answer(match.record)

    def _on_record(self, goal: Goal, match: Match | None) -> Work:
        """Components and providers exist on record only."""
        if match is None or match.record.custom != goal.custom:
            record = replace(goal.record(), created=now(), modified=now())
            if goal.custom:
                record = replace(record, id=str(uuid.uuid4()), outputs=goal.inputs)
            key, operation = self._state.new_key(), Operation.CREATE
            change = match.put(key, record) if match else Change(put={key: record})
            self._state.change(change)
        else:
            old, key = match.record, match.key
            outputs = goal.inputs if goal.custom else old.outputs
            record = replace(goal.record(old), id=old.id, outputs=outputs, rest=old.rest)
            operation = Operation.SAME if old.inputs == goal.inputs else Operation.UPDATE
            self._put_if_different(match, record)
        self.registry.place(goal.urn, key)
        self.registry.plan(goal, operation)
        return lambda: Answer(record)

    def _put_if_different(self, match: Match, record: Record) -> None:
        if match.names or steps.differs(match.record, record):
            self._state.change(match.put(match.key, record))

    # -- with the cloud

    def _check(self, goal: Goal, olds: Properties) -> Goal:
        seed = self._seeds.setdefault(goal.urn, secrets.token_bytes(32))
        checked = self._provider.check(goal.type, goal.urn, olds, goal.inputs, seed)
        if checked.failures:
            reasons = (f"{failure.property}: {failure.reason}".removeprefix(": ") for failure in checked.failures)
            raise UsageError(f"{goal.name} ({goal.type}) cannot be made like this: {'; '.join(reasons)}.")
        refuse_secrets(f"{goal.name} ({goal.type})", checked.inputs)
        made = dict.fromkeys(self._provider.computed(goal.type), UNKNOWN)
        refuse_secrets(f"{goal.name} ({goal.type})", made, goal.additional_secret_outputs)
        return replace(goal, inputs=checked.inputs)

    def _create(
        self,
        goal: Goal,
        checked: Goal,
        match: Match | None,
        operation: Operation = Operation.CREATE,
        changes: tuple[PlannedChange, ...] = (),
    ) -> Work:
        key, record = self._state.new_key(), checked.record()
        self.registry.place(goal.urn, key)
        self.registry.plan(goal, operation, changes, match.record if match else None)
        change = match.give_way() if match else Change()

        def act() -> Record:
            if self._executor.preview:
                outputs = steps.previewed(checked.inputs, self._provider.computed(goal.type))
                return replace(record, outputs=outputs)
            created = self._provider.create(goal.type, goal.urn, checked.inputs)
            return replace(record, id=created.id, outputs=created.outputs, created=now(), modified=now())

        pending = Pending(Kind.CREATE, key, record, change, self._seeds[goal.urn])
        return lambda: _answer(self._executor.execute(operation, pending, act, changes))

    def _compare(self, goal: Goal, match: Match) -> Work:
        old = match.record
        checked = self._check(replace(goal, inputs=steps.with_ignored(goal, old)), old.inputs)
        difference = self._difference(old, checked.inputs, goal.ignore_changes)
        decision = steps.decide(checked, old, difference)
        if decision.operation is Operation.REPLACE:
            return self._replace(goal, match, decision)
        self.registry.plan(goal, decision.operation, decision.changes)
        if decision.operation is Operation.UPDATE:
            return self._update(checked, match, decision.changes)
        record = replace(checked.record(old), id=old.id, outputs=old.outputs, rest=old.rest)

        def work() -> Answer:
            with self._executor.reporter.step(record, Operation.SAME):
                self._put_if_different(match, record)
            return Answer(record)

        return work

    def _difference(self, old: Record, news: Properties, ignored: Collection[str] | None = None) -> Difference:
        ignored = old.ignore_changes if ignored is None else ignored
        return self._provider.diff(old.type, old.id, old.inputs, old.outputs, news, tuple(ignored))

    def _update(self, goal: Goal, match: Match, changes: tuple[PlannedChange, ...]) -> Work:
        old = match.record
        record = replace(goal.record(old), id=old.id)

        def act() -> Record:
            if self._executor.preview:
                outputs = steps.previewed(goal.inputs, self._provider.computed(goal.type), old)
            else:
                outputs = self._provider.update(goal.type, goal.urn, old.id, old.inputs, old.outputs, goal.inputs)
            return replace(record, outputs=outputs, modified=now())

        pending = Pending(Kind.UPDATE, match.key, record, Change(names=match.names))
        return lambda: _answer(self._executor.execute(Operation.UPDATE, pending, act, changes))

    def _replace(self, goal: Goal, match: Match, decision: steps.Decision) -> Work:
        old, why = match.record, ", ".join(change.path for change in decision.changes if change.replaces)
        if goal.protect and old.protect:
            raise OperationError(
                f"{goal.name} ({goal.type}) is protected and would have to be replaced{f' because of {why}' if why else ''}.",
                "Put the file back as it was. Media, their copies and keys go with `workstation down --delete-media` only.",
            )
        checked = self._check(goal, {})
        doomed = self._doomed(goal, match) if decision.delete_first else []
        if decision.delete_first:
            match = replace(match, record=replace(old, pending_replacement=True))
        cleared = [self._cleared.setdefault(urn, threading.Event()) for urn in (r.urn for _, r in doomed if r != old)]
        create = self._create(goal, checked, match, Operation.REPLACE, decision.changes)

        def work() -> Answer:
            try:
                for key, record in doomed:
                    waiting = replace(record, pending_replacement=True)
                    self._executor.delete(key, record, keep_as=waiting, part=True)
            finally:
                for event in cleared:
                    event.set()
            return create()

        return work

    def _doomed(self, goal: Goal, match: Match) -> list[tuple[int, Record]]:
        """What has to go before the new one can come, in the order in which it has to go."""
        if match.record.pending_replacement:
            return []
        records = self._state.settled_records()
        doomed = replacement.doomed_with(records, match.record, self.registry.goals, self._difference)
        if protected := [record.name for _, record in doomed if record.protect]:
            raise OperationError(
                f"{goal.name} can only be replaced together with what is protected: {', '.join(protected)}.",
                "Undo the change, or take the protection away first.",
            )
        return [*reversed(doomed), (match.key, match.record)]

    def invoke(self, token: str, args: Properties) -> Properties:
        """Ask a data source."""
        self._executor.proceed()
        answer = self._provider.invoke(token, reveal(args))
        self.asked.append((token, args, answer))
        return answer

    def default_provider(self, package: str, version: str) -> str:
        """The reference of the provider for resources for which the program names none."""
        name = "default_" + "".join(c if c.isalnum() else "_" for c in version) if version else "default"
        type = f"{PROVIDER_PREFIX}{package}"
        urn = steps.make_urn(self._stack.stack, self._stack.project, type, name)
        with self._deciding:
            if urn not in self.registry.goals:
                self.register(Goal(urn, type, custom=True, inputs={"version": version} if version else {}))
            return f"{urn}::{self.registry.record_of(urn).id}"

    # -- outputs

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Note the outputs of a component. Those of the stack count only when the run has ended."""
        with self._deciding:
            self.told.append((urn, outputs))
            if urn.split("::")[2] == STACK_TYPE:
                self._stack_outputs = outputs
            elif self._targets is None or urn in self._targets:
                self._put_outputs(urn, outputs)

    def finish_outputs(self, *, complete: bool) -> Properties:
        """Note the outputs of the stack. After a failure the absence of an output means nothing, so old ones stay."""
        stack = next((urn for urn, goal in self.registry.goals.items() if goal.type == STACK_TYPE), None)
        if stack is None or not self.registry.is_on_record(stack):
            return {}
        outputs = self._stack_outputs
        if not complete or self._targets is not None:
            unsure = self._executor.preview and complete
            known = {name: value for name, value in outputs.items() if unsure or not has_unknown(value)}
            outputs = {**self.registry.record_of(stack).outputs, **known}
        self._put_outputs(stack, outputs)
        return outputs

    def _put_outputs(self, urn: str, outputs: Properties) -> None:
        record = self.registry.record_of(urn)
        if record.outputs != outputs:
            self._state.change(Change(put={self.registry.key_of(urn): replace(record, outputs=outputs)}))


def _answer(record: Record | None) -> Answer:
    assert record is not None  # noqa: S101 - only a deletion leaves nothing
    return Answer(record)
