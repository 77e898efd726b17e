"""What has to happen to one resource: pure decisions from what the program asks for and what is on record.

The rules are the genuine engine's (pulumi/pulumi `pkg/resource/deploy/step_generator.go`, read 2026-11).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from soundstage.core.values import UNKNOWN, Properties
from soundstage.engines.embedded import paths
from soundstage.engines.embedded.record import ASKED, STACK_TYPE, Asked, Record
from soundstage.plan.plan import Change, Operation, PlannedResource
from soundstage.providers.base import Difference, PropertyChange


@dataclass(frozen=True, slots=True)
class AliasSpec:
    """An earlier identity as a program states it: a whole URN, or the parts that were different."""

    urn: str = ""
    name: str = ""
    type: str = ""
    parent: str = ""
    no_parent: bool = False
    project: str = ""
    stack: str = ""


@dataclass(frozen=True, slots=True)
class Goal(Asked):
    """One resource as the program asks for it."""

    delete_before_replace: bool | None = None
    """None leaves it to the provider."""
    aliases: tuple[AliasSpec, ...] = ()

    def record(self, old: Record | None = None) -> Record:
        """The record of this resource, before the cloud has said anything."""
        asked = {name: getattr(self, name) for name in ASKED}
        return Record(**asked, created=old.created if old else "", modified=old.modified if old else "")

    def planned(self, operation: Operation, record: Record, changes: tuple[Change, ...]) -> PlannedResource:
        """The entry of a plan. `record` holds the checked inputs and what is known of the outputs."""
        return replace(
            record.planned(operation),
            changes=changes,
            options=replace(
                self.options,
                delete_before_replace=bool(self.delete_before_replace),
                aliases=tuple(alias.urn for alias in self.aliases if alias.urn),
            ),
        )


def make_urn(stack: str, project: str, type: str, name: str, parent: str = "") -> str:
    """`urn:pulumi:STACK::PROJECT::PARENT_TYPES$TYPE::NAME`. The root stack is nobody's visible parent."""
    outer = parent.split("::")[2] if parent else ""
    qualified = f"{outer}${type}" if outer and outer != STACK_TYPE else type
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def former_urns(goal: Goal, stack: str, project: str, renamed: Mapping[str, str]) -> list[str]:
    """Every URN under which the resource may be on record. `renamed` maps a parent that was found under an alias to it."""
    found = [_alias_urn(alias, goal, stack, project, renamed) for alias in goal.aliases]
    if goal.parent in renamed:
        old_parent = renamed[goal.parent]
        own = [(goal.name, goal.type), *((urn.rpartition("::")[2], urn.split("::")[2].split("$")[-1]) for urn in found)]
        parent_name, old_parent_name = goal.parent.rpartition("::")[2], old_parent.rpartition("::")[2]
        for name, type in own:
            # By convention a child's name begins with its parent's, and is renamed with it.
            old_name = old_parent_name + name.removeprefix(parent_name) if name.startswith(parent_name) else name
            found.append(make_urn(stack, project, type, old_name, old_parent))
    return [urn for urn in dict.fromkeys(found) if urn != goal.urn]


def _alias_urn(alias: AliasSpec, goal: Goal, stack: str, project: str, renamed: Mapping[str, str]) -> str:
    if alias.urn:
        return alias.urn
    parent = renamed.get(alias.parent, alias.parent) if alias.parent else goal.parent
    return make_urn(
        alias.stack or stack,
        alias.project or project,
        alias.type or goal.type,
        alias.name or goal.name,
        "" if alias.no_parent else parent,
    )


def with_ignored(goal: Goal, old: Record) -> Properties:
    """The inputs with the old values of all that `ignore_changes` names."""
    inputs = goal.inputs
    for text in goal.ignore_changes:
        if path := paths.parse(text):
            inputs = paths.reset(path, old.inputs, inputs)
    return inputs


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a resource that is on record."""

    operation: Operation
    changes: tuple[Change, ...] = ()
    delete_first: bool = False


def decide(goal: Goal, old: Record, difference: Difference) -> Decision:
    """Same, update or replace."""
    changes = tuple(_change(change, goal) for change in difference.changes)
    forced = old.pending_replacement or bool(old.rest.get("taint")) or old.custom != goal.custom
    if forced or any(change.replaces for change in changes):
        first = difference.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        return Decision(Operation.REPLACE, changes, first or old.pending_replacement)
    return Decision(Operation.UPDATE if changes or old.init_errors else Operation.SAME, changes)


def _change(change: PropertyChange, goal: Goal) -> Change:
    path = paths.parse(change.path) or (change.path,)
    outer = [paths.parse(text) for text in goal.replace_on_changes]
    replaces = change.replaces or any(other is not None and paths.contains(other, path) for other in outer)
    return Change(change.path, change.before, change.after, replaces)


def previewed(inputs: Properties, computed: Collection[str], old: Record | None = None) -> Properties:
    """The outputs that a preview can know: for a new resource its inputs, and unknown for what only the cloud decides;
    for an update the recorded outputs with the new inputs in them."""
    if old is None:
        return {**dict.fromkeys((key for key in computed if key != "id"), UNKNOWN), **inputs}
    gone = old.inputs.keys() - inputs.keys()
    return {**{key: value for key, value in old.outputs.items() if key not in gone or key in computed}, **inputs}


def differs(old: Record, new: Record) -> bool:
    """Whether the two say different things about the resource. When it was made and by which line does not count."""
    return replace(old, created="", modified="", rest={}) != replace(new, created="", modified="", rest={})
