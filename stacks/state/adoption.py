"""Takes what a project has in its cloud back into a state that was lost."""

from dataclasses import dataclass

from soundstage.engines.base import OnEvent, ignore
from soundstage.plan.plan import Operation
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.preflight import run as preflight
from soundstage.stacks.results import UpResult
from soundstage.stacks.target import adopting_engine


@dataclass(frozen=True)
class Adopted:
    """What was taken back (logical names, in order), how many resources did not exist and were made, and the outputs."""

    taken: tuple[str, ...]
    made: int
    result: UpResult


def adopt(deployment: Deployment, on_event: OnEvent = ignore) -> Adopted:
    """Find everything that the project's file describes and that exists, bring it to what the file says, and put it on
    record; make what is missing. What is on record already is treated as `up` treats it. The studio's stack comes first
    when its state is lost too.

    A killed adoption is continued by the same command, or by `up`. Raises `UsageError` where Pulumi keeps the state, what `up` raises before
    it asks for a file that may not be brought up, and `CloudError` where something exists that differs in what cannot be changed.
    """
    from soundstage.stacks.verdict import hold_project

    taken: list[str] = []
    home = deployment.home
    engine = adopting_engine(deployment.cloud, deployment.stack, deployment.studio, taken)
    preflight.before(deployment.cloud, deployment.studio)
    hold_project(deployment, deployment.preview(on_event=on_event))
    if home.shared() is None:
        home.engine = adopting_engine(home.cloud, home.stack, home.studio, taken)
    deployment.engine = engine
    result = deployment.apply(on_event=on_event)
    counts = (result.counts, result.studio_counts or {})
    created = sum(count.get(Operation.CREATE, 0) for count in counts)
    return Adopted(tuple(urn.rpartition("::")[2] for urn in taken), created - len(taken), result)
