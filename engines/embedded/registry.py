"""Which record belongs to which resource of a running program, and what is planned for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from soundstage.core.errors import UsageError
from soundstage.engines.base import StackName
from soundstage.engines.embedded import steps
from soundstage.engines.embedded.record import STACK_TYPE, Record
from soundstage.engines.embedded.state import Change, StackState
from soundstage.engines.embedded.steps import Goal
from soundstage.plan.plan import Change as PlannedChange
from soundstage.plan.plan import Operation, PlannedResource

_UPDATING = (Operation.UPDATE, Operation.REPLACE)


@dataclass(frozen=True, slots=True)
class Match:
    """A resource on record. `names` says which URN it gives up when it was found under an earlier one."""

    key: int
    record: Record
    names: Mapping[str, str]

    def give_way(self) -> Change:
        """What to change when the resource moves to another record: the old one goes, or waits to be deleted."""
        if self.record.pending_replacement:
            return Change(drop=(self.key,), names=self.names)
        return Change(put={self.key: replace(self.record, delete=True)}, names=self.names)

    def put(self, place: int, record: Record) -> Change:
        """What to change so that `record`, in `place`, stands for the resource from now on."""
        if place == self.key:
            return Change(put={place: record}, names=self.names)
        change = self.give_way()
        return replace(change, put={**change.put, place: record})


class Registry:
    """The resources that a program has named so far. Its owner locks."""

    def __init__(self, stack: StackName, state: StackState) -> None:
        self.goals: dict[str, Goal] = {}
        self.seen: set[int] = set()
        self._stack = stack
        self._state = state
        self._keys = {record.urn: key for key, record in state.settled_records().items() if not record.delete}
        self._former: dict[str, str] = {}
        self._given_up: dict[str, str] = {}
        """URN under which a resource was found → the name that it has now. What is on record under the URN, and whatever refers to it,
        follows the resource, so that nothing new can be called so in the same run (nor can it with engine 3.260, tried 2026-11)."""
        self._planned: dict[str, tuple[Goal, Operation, tuple[PlannedChange, ...], str]] = {}

    def claim(self, goal: Goal) -> Match | None:
        """Enter a goal. Returns its record, found under its own name or an earlier one."""
        if goal.urn in self.goals:
            raise UsageError(
                f'The program declares two resources of type {goal.type} named "{goal.name}".',
                "Give one of them another name.",
            )
        if goal.urn in self._given_up:
            raise _claimed_twice(self._given_up[goal.urn], goal.urn)
        self.goals[goal.urn] = goal
        for urn in (goal.urn, *steps.former_urns(goal, self._stack.stack, self._stack.project, self._former)):
            key = self._keys.get(urn)
            if key is None:
                continue
            if key in self.seen:
                raise _claimed_twice(goal.name, urn)
            self.seen.add(key)
            record = self._state.records[key]
            if urn == goal.urn:
                return Match(key, record, {})
            self._former[goal.urn], self._given_up[urn] = urn, goal.name
            self._keys[goal.urn] = self._keys.pop(urn)
            return Match(key, record.renamed({urn: goal.urn}), {urn: goal.urn})
        return None

    def place(self, urn: str, key: int) -> None:
        """Note that the resource is now the record `key`."""
        self.seen.add(key)
        self._keys[urn] = key

    def is_on_record(self, urn: str) -> bool:
        """Whether a resource has a record; not when that could not be noted."""
        return urn in self._keys

    def key_of(self, urn: str) -> int:
        """The key of a resource's record."""
        return self._keys[urn]

    def record_of(self, urn: str) -> Record:
        """A resource's record as it is now."""
        return self._state.records[self._keys[urn]]

    def plan(
        self, goal: Goal, operation: Operation, changes: tuple[PlannedChange, ...] = (), old: Record | None = None
    ) -> None:
        """Note what happens to a resource. `old` is what it replaces."""
        self._planned[goal.urn] = (goal, operation, changes if operation in _UPDATING else (), old.id if old else "")

    def changes_nothing(self) -> bool:
        """Whether every resource that was named stays as it is, so that another run would be told the same of each."""
        return all(goal.urn in self._planned for goal in self.goals.values()) and all(
            operation is Operation.SAME for goal, operation, *_ in self._planned.values() if goal.custom
        )

    def plan_entries(self) -> list[PlannedResource]:
        """Everything that was named, in the order in which it was, with what happens to it."""
        entries = []
        for urn, (goal, operation, changes, old_id) in self._planned.items():
            if goal.type != STACK_TYPE and urn in self._keys:
                entry = goal.planned(operation, self.record_of(urn), changes)
                entries.append(replace(entry, id=entry.id or old_id or None))
        return entries


def _claimed_twice(name: str, urn: str) -> UsageError:
    return UsageError(
        f'"{name}" says that it was once {urn}, which another resource is or was too.', "Correct the aliases."
    )
