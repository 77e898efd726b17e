"""What `workstation cost --advice` shows."""

from soundstage.cli.answer import Answer, subject
from soundstage.cli.costing import Asked, assumptions
from soundstage.cli.display.advice import advice_document, advice_text
from soundstage.core.errors import UsageError


def advised(asked: Asked) -> Answer:
    """Raises `UsageError` for a plan instead of a project: what a cloud has is asked of a project's own."""
    said = {"--plan": asked.plan, "--against": asked.against, "--region": asked.region, "--chart": asked.chart}
    if wrong := [option for option, value in said.items() if value is not None]:
        raise UsageError(
            f"{wrong[0]} and --advice exclude each other.",
            "Advice is about a project: `workstation cost PROJECT --advice`.",
        )
    assumed = assumptions(asked.assume)
    from soundstage.cli.progress import Progress
    from soundstage.pricing.advice import advice, commitments
    from soundstage.pricing.cleaner import cleaner
    from soundstage.stacks.billing.advising import view_of
    from soundstage.stacks.costs import costs_of
    from soundstage.stacks.deployment import open_project

    deployment = open_project(asked.target, engine=asked.engine)
    with Progress(preview=True) as progress:
        preview = deployment.preview(on_event=progress)
    costs = costs_of(deployment.project, preview.plan, assumed=assumed)
    view = view_of(deployment, preview.plan, costs)
    found, notes, clean = advice(view), commitments(view), list(cleaner(view))
    title = f"{deployment.project.title} on {deployment.cloud.describe()}"
    return Answer(
        subject(deployment.stack) | advice_document(found, notes, clean, costs),
        lambda screen: advice_text(found, [*notes, *clean], costs, title, screen),
    )
