"""What `workstation cost` asks for: which plan, what is assumed, against which other one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundstage.cli.answer import Answer, subject
from soundstage.cli.display import chart
from soundstage.cli.display.compared_costs import compared_costs_document, compared_costs_text
from soundstage.cli.display.cost_documents import cost_document, difference_markdown
from soundstage.cli.display.costs import cost_picture, cost_text, difference_text
from soundstage.cli.display.screen import Screen
from soundstage.cli.notice import notice
from soundstage.core.errors import UsageError
from soundstage.core.home import state_home
from soundstage.core.words import listed, nearest, shown
from soundstage.policies.sources import read_plan
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.difference import Difference
from soundstage.pricing.estimate import estimate
from soundstage.pricing.lines import Estimate
from soundstage.pricing.usage import ASSUMPTIONS, NAMES, Usage
from soundstage.projectfile.cost_assumptions import Cost
from soundstage.stacks.costs import Costs, costs_of
from soundstage.stacks.parking.saving import kept_month

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment


@dataclass(frozen=True)
class Asked:
    """What was typed."""

    target: str | None
    plan: Path | None
    against: Path | None
    assume: tuple[str, ...]
    region: str | None
    engine: str | None
    chart: Path | None = None


@dataclass(frozen=True)
class Priced:
    """What there is to show. `about` are the keys with which the document begins."""

    about: dict[str, Any]
    title: str
    costs: Costs
    difference: Difference | None

    def answer(self, format: str, *, every: bool) -> Answer:
        if format == "markdown":
            before = self.costs.before or Estimate((), ())
            found = self.difference or Difference(before, self.costs.project)
            return Answer(self._document, lambda screen: screen.lines(difference_markdown(found, self.costs)))
        return Answer(self._document, lambda screen: self._text(screen, every=every))

    def _text(self, screen: Screen, *, every: bool) -> str:
        parts = [cost_text(self.costs, self.title, screen, every=every)]
        if self.difference is not None:
            parts.insert(0, difference_text(self.difference, screen))
        return "\n\n".join(parts)

    def _document(self) -> dict[str, Any]:
        return self.about | cost_document(self.costs, self.difference)


def priced(asked: Asked) -> Priced:
    """Raises `UsageError` for words that do not fit together, and what reading a project or a plan raises."""
    if asked.chart is not None:
        chart.check(asked.chart)
    found = _priced(asked)
    if asked.chart is not None:
        _draw(found, asked.chart)
    return found


def _draw(found: Priced, path: Path) -> None:
    try:
        chart.written(cost_picture(found.costs, found.title), path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    notice(f"The picture is in {path}.")


def _priced(asked: Asked) -> Priced:
    assumed = assumptions(asked.assume)
    if asked.plan is not None:
        return _of_file(asked, asked.plan, assumed)
    if asked.region:
        raise UsageError("--region goes with --plan and --compare.", "A project's region is in its file.")
    deployment, costs = _of_project(asked, assumed)
    parked = costs.parked
    without = f", without {listed(parked)}, which {'is' if len(parked) == 1 else 'are'} parked" if parked else ""
    title = f"{deployment.project.title} on {deployment.cloud.describe()}{without}"
    return Priced(subject(deployment.stack), title, costs, _against(asked, costs))


def _of_project(asked: Asked, assumed: dict[str, float]) -> "tuple[Deployment, Costs]":
    from soundstage.cli.progress import Progress
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.parking.waking import parked_now

    deployment = open_project(asked.target, engine=asked.engine)
    with Progress(preview=True) as progress:
        preview = deployment.preview(on_event=progress)
    studio = preview.studio_plan or deployment.home.engine.resources()
    costs = costs_of(deployment.project, preview.plan, deployment.engine.resources(), studio, assumed)
    parked = sorted(parked_now(deployment))
    kept = kept_month(deployment.project, costs.usage, parked) if parked else 0.0
    return deployment, replace(costs, parked=tuple(parked), parked_usd=kept)


def side_by_side(asked: Asked, format: str, *, advice: bool) -> Answer:
    """A project on both clouds. Raises `UsageError` for words that do not fit together, and what reading and planning a project raises."""
    others = {
        "--plan": asked.plan,
        "--against": asked.against,
        "--chart": asked.chart,
        "--format": None if format == "terminal" else format,
        "--advice": advice or None,
    }
    if given := [name for name, value in others.items() if value is not None]:
        raise UsageError(
            f"{listed(given)} {'do' if len(given) > 1 else 'does'} not go with --compare.", "--assume and --region do."
        )
    from soundstage.cli.progress import Progress
    from soundstage.stacks.billing.both_clouds import on_both_clouds

    deployment, costs = _of_project(asked, assumptions(asked.assume))
    with Progress(preview=True) as progress, _as_it_was(real=deployment.cloud.name.is_real):
        found = on_both_clouds(deployment, costs, asked.region, progress)
    about = subject(deployment.stack)
    return Answer(
        lambda: about | compared_costs_document(found),
        lambda screen: compared_costs_text(found, deployment.project.title, screen),
    )


@contextmanager
def _as_it_was(*, real: bool) -> Iterator[None]:
    """Stop the simulated cloud that was started beside a real one to look at it; one that was there before goes on."""
    from soundstage.simulator import process

    started = real and process.running(state_home()) is None
    try:
        yield
    finally:
        if started:
            process.stop(state_home())


def assumptions(typed: Sequence[str]) -> dict[str, float]:
    """`("hours_per_week=50",)` as `{"hours_per_week": 50}`. Raises `UsageError` for what `cost` in a project file could not say."""
    found = {}
    for word in typed:
        name, _, value = word.partition("=")
        if name not in NAMES:
            meant = f'; did you mean "{near}"?' if (near := nearest(name, NAMES)) else "."
            raise UsageError(f"There is no assumption {shown(name)}{meant}", f"Assumptions: {', '.join(NAMES)}.")
        try:
            found[name] = getattr(Cost.model_validate({name: float(value)}), name)
        except ValueError as error:
            unit = next(one.unit for one in ASSUMPTIONS if one.name == name)
            bounds = Cost.model_json_schema()["properties"][name]["anyOf"][0]
            allowed = f"a number of {unit} from {bounds['minimum']:g} to {bounds['maximum']:.15g}"
            raise UsageError(f"--assume {name} is {shown(value)}; allowed: {allowed}.") from error
    return found


def _of_file(asked: Asked, file: Path, assumed: dict[str, float]) -> Priced:
    if asked.target:
        raise UsageError("Name a project or a --plan, not both.")
    plan = read_plan(file)
    usage = Usage(assumed, clock_hours(plan))
    costs = Costs(estimate(plan, usage, asked.region), usage, None, today=datetime.now(UTC).date())
    return Priced({"plan": str(file)}, f"The plan in {file}", costs, _against(asked, costs))


def _against(asked: Asked, costs: Costs) -> Difference | None:
    if asked.against is None:
        return None
    other = read_plan(asked.against)
    usage = replace(costs.usage, hours=clock_hours(other))
    return Difference(estimate(other, usage, asked.region), costs.project)
