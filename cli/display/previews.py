"""What `up` would do, for the project and, where it has to come first, for its studio."""

from datetime import UTC, datetime
from typing import Any

from soundstage.cli.display.changes import change_lines
from soundstage.cli.display.drift_words import Rules, with_rules_named
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.steps import components
from soundstage.cli.display.tree import changing, recorded_only, tree
from soundstage.plan.plan import PlannedResource, PreviewResult
from soundstage.stacks.clock.next_start import next_starts, start_sentences
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.media.work_disks import work_disk_changes


def preview_text(
    preview: PreviewResult,
    deployment: Deployment,
    screen: Screen,
    *,
    everything: bool = False,
    rules: Rules | None = None,
) -> str:
    """Both trees, the studio's first, under a line that says where it would happen. `rules` says what the rules of security
    groups open that the plan knows by their ids only."""

    def inside(resource: PlannedResource, indent: str) -> list[str]:
        return change_lines([with_rules_named(change, rules or {}) for change in resource.changes], screen, indent)

    head = screen.paint(f"{deployment.project.title} on {deployment.cloud.describe()}", "bold")
    studio = preview.studio_plan
    parts = [tree(studio, screen, everything=everything)] if studio else []
    plans = [plan for plan in (studio, preview.plan) if plan]
    drawn = tree(preview.plan, screen, everything=everything, inside=inside, title=deployment.project.title)
    last = "\n".join([drawn, *recorded_only(screen, *plans)])
    disks = [screen.paint(sentence, "yellow") for sentence in (*work_disk_changes(preview.plan), *preview.told)]
    starts = start_sentences(next_starts(deployment.project, datetime.now(UTC)))
    return "\n\n".join([head, *parts, "\n".join([last, *disks, *(screen.plain(each) for each in starts)])])


def up_preview_text(preview: PreviewResult, deployment: Deployment, screen: Screen) -> str:
    """What `up` shows before it asks: the trees and the price."""
    from soundstage.cli.display.costs import cost_lines
    from soundstage.stacks.costs import costs_of

    costs = costs_of(deployment.project, preview.plan, deployment.engine.resources())
    return f"{preview_text(preview, deployment, screen)}\n{cost_lines(costs, deployment.command('cost'), screen)}"


def preview_document(preview: PreviewResult) -> dict[str, Any]:
    """The project's plan in its published form, with the studio's under `studio_plan`."""
    studio = preview.studio_plan
    return preview.plan.to_json() | {"studio_plan": studio.to_json() if studio else None, "told": list(preview.told)}


def steps(preview: PreviewResult) -> int:
    """How many cloud resources would change, in both stacks."""
    return changing(preview.plan) + (changing(preview.studio_plan) if preview.studio_plan else 0)


def step_groups(preview: PreviewResult) -> dict[str, str]:
    """The component of each resource that would change, in both stacks."""
    return components(*(plan for plan in (preview.studio_plan, preview.plan) if plan))
