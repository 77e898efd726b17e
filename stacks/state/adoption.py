"""Takes what a project has in its cloud back into a state that was lost."""

from dataclasses import dataclass

from soundstage.core.errors import UsageError
from soundstage.engines.base import Engine, OnEvent, StackName, ignore
from soundstage.plan.plan import Operation
from soundstage.projectfile.spec import Studio
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.results import UpResult
from soundstage.stacks.target import Cloud, SimulatedCloud, engine_in_use, state_folder


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

    A killed adoption is continued by the same command, or by `up`. `UsageError` on a real cloud, where Pulumi keeps the
    state; `CloudError` where something exists that differs in what cannot be changed.
    """
    taken: list[str] = []
    home = deployment.home
    if home.shared() is None:
        home.engine = _adopting(home.cloud, home.engine.stack, home.studio, taken)
    deployment.engine = _adopting(deployment.cloud, deployment.engine.stack, deployment.studio, taken)
    result = deployment.apply(on_event=on_event)
    counts = (result.counts, result.studio_counts or {})
    created = sum(count.get(Operation.CREATE, 0) for count in counts)
    return Adopted(tuple(urn.rpartition("::")[2] for urn in taken), created - len(taken), result)


def _adopting(cloud: Cloud, stack: StackName, studio: Studio, taken: list[str]) -> Engine:
    """The engine of a stack, whose provider looks before it makes anything and says in `taken` what it found."""
    from soundstage.engines.embedded.engine import EmbeddedEngine

    if not isinstance(cloud, SimulatedCloud):
        raise UsageError(
            f"{stack.stack} is on {cloud.kind}: Pulumi keeps its state.",
            "Put an earlier one back from the backend's own versions, or take resources over with `pulumi import`.",
        )
    if engine_in_use(cloud, stack, studio) == "pulumi":
        raise UsageError(f"{stack.stack} is on the pulumi engine, whose state is there.", "Run `workstation up`.")
    simulated = cloud
    return EmbeddedEngine(
        stack, state_folder(studio, stack), lambda on_retry: simulated.adopting_provider(on_retry, taken)
    )
