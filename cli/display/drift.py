"""What changed outside, for people and for programs."""

import textwrap
from typing import Any

from soundstage.cli.display.changes import change_lines
from soundstage.cli.display.drift_words import Rules, sentences, told
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count
from soundstage.cli.display.tree import changing, tree
from soundstage.core.values import masked
from soundstage.plan.plan import Operation, Plan, PlannedResource


def drift_text(plan: Plan, name: str, up: str, rules: Rules, screen: Screen, *, only_kept: bool = False) -> str:
    """The tree of what differs from the record of the stack that is called `name`, or that nothing does. `up` is the command line that brings the stack up,
    `only_kept` whether it is down and has only kept something."""
    if not len(plan):
        return screen.plain(f"{name} is not up: there is nothing to compare.")
    if not plan.changes_anything:
        words = " is down. What it keeps is as recorded." if only_kept else ": the cloud is as recorded."
        return screen.paint(f"{name}{words}", "bold", "green")

    def inside(resource: PlannedResource, indent: str) -> list[str]:
        return _inside(resource, rules, screen, indent)

    drawn = tree(plan, screen, inside=inside).rpartition("\n\n")[0]
    head = screen.paint(f"{count(changing(plan), 'resource')} of {name} changed outside Soundstage:", "bold")
    words = f"`{up} --refresh` puts things back as the file says."
    return "\n".join([head, drawn, "", screen.lines(words, "dim")])


def drift_document(plan: Plan, rules: Rules) -> dict[str, Any]:
    """What `--json` prints: whether anything differs, what, and the whole comparison."""
    return {
        "drifted": plan.changes_anything,
        "changes": [_change(resource, rules) for resource in plan if _differs(resource)],
        "plan": plan.to_json(),
    }


def _differs(resource: PlannedResource) -> bool:
    return resource.custom and resource.operation not in (Operation.SAME, Operation.READ)


def _change(resource: PlannedResource, rules: Rules) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "id": resource.id,
        "operation": resource.operation.value,
        "told": told(resource, rules),
        "properties": [
            {"path": change.path, "recorded": masked(change.before), "found": masked(change.after)}
            for change in resource.changes
        ],
    }


def _inside(resource: PlannedResource, rules: Rules, screen: Screen, indent: str) -> list[str]:
    """Sentences where there are any, and the values of everything else."""
    lines: list[str] = []
    if resource.operation is Operation.DELETE and resource.custom:
        return [f"{indent}{screen.plain('was deleted by hand')}"]
    plain = [change for change in resource.changes if not sentences(change, rules)]
    room = max(screen.width - len(indent) - 2, 20)
    for change in resource.changes:
        for sentence in sentences(change, rules):
            wrapped = textwrap.wrap(sentence, room, break_long_words=False, break_on_hyphens=False)
            lines += [f"{indent}{'  ' if row else ''}{screen.plain(line)}" for row, line in enumerate(wrapped)]
    return lines + change_lines(plain, screen, indent)
