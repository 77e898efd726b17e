"""Moves a stack's state from one engine, or one backend, to another, and proves that nothing was lost on the way."""

from dataclasses import dataclass
from typing import Any

from soundstage.core.errors import StateError, UsageError
from soundstage.engines.base import Engine, Program
from soundstage.plan.plan import Plan
from soundstage.projectfile.spec import State, Studio
from soundstage.stacks.deployment import AnyDeployment, Deployment
from soundstage.stacks.target import ENGINES, embedded_engine, engine_in_use, pulumi_engine

_NOTHING: dict[str, Any] = {"version": 3, "deployment": {"manifest": {"time": "2000-01-01T00:00:00Z", "magic": "", "version": ""}}}  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """What was moved, and the preview that proves it: nothing to change."""

    source: str
    target: str
    plan: Plan


def move_to_engine(deployment: AnyDeployment, engine: str) -> Moved:
    """Move a stack of the simulated cloud to the `embedded` or the `pulumi` engine."""
    cloud, stack, studio = deployment.cloud, deployment.stack, deployment.studio
    if cloud.look_alike is None:
        raise UsageError(
            f"{stack.stack} is on {cloud.kind}, which only {'the embedded' if cloud.embeds else 'the Pulumi'} engine builds.",
            ""
            if cloud.embeds
            else "To move it to another backend, change `state` in studio.yaml and give the old one with `--from`.",
        )
    if engine not in ENGINES:
        raise UsageError(f'There is no engine "{engine}".', f"Use one of: {', '.join(ENGINES)}.")
    present = engine_in_use(cloud, stack, studio)
    if present is None:
        raise UsageError(
            f"{stack.stack} is not up, so there is nothing to move.",
            f"Run `{deployment.command('up')} --engine {engine}`.",
        )
    if present == engine:
        raise UsageError(f"{stack.stack} is on the {engine} engine already.")
    engines: dict[str, Engine] = {
        "embedded": embedded_engine(cloud, stack, studio),
        "pulumi": pulumi_engine(cloud, stack, studio),
    }
    return Moved(
        present, engine, carry(engines[present], engines[engine], deployment.program(engines[present].resources()))
    )


def move_to_backend(deployment: AnyDeployment, source: str, secrets: str) -> Moved:
    """Move a stack of a real cloud from the backend at `source` to the one that studio.yaml names now."""
    cloud, stack, studio = deployment.cloud, deployment.stack, deployment.studio
    if isinstance(deployment, Deployment) and deployment.home.shared() is None:
        raise UsageError(
            f"{stack.stack} reads what its studio made, and the studio's own state is not at {_there(studio)} yet.",
            f"Run `{deployment.home.command('move-state')} --from {source}` first.",
        )
    old = pulumi_engine(cloud, stack, studio, State(backend=source, secrets=secrets))
    new = pulumi_engine(cloud, stack, studio, studio.state)
    return Moved(source, _there(studio), carry(old, new, deployment.program(old.resources())))


def _there(studio: Studio) -> str:
    return studio.state.backend or "this machine"


def carry(source: Engine, target: Engine, program: Program) -> Plan:
    """Take a stack's state from one engine to another. Returns the preview that proves it: nothing to change.

    The source keeps its state until then. A move that was cut short is gone on with: both sides know the same resources.
    """
    if not target.exists():
        target.import_(source.export())
    elif _known(source) != _known(target):
        raise StateError(
            f"The other side already has a state of {target.stack} with resources; two states cannot be merged.",
            "Take one of them down first.",
        )
    plan = target.preview(program)
    if plan.changes_anything:
        target.import_(_NOTHING)
        raise StateError(
            f"{target.stack} does not match its program ({_changes(plan)}), so it was left where it is.",
            f"Run `{target.stack.command} up` first, then move it.",
        )
    source.import_(_NOTHING)
    return plan


def _known(engine: Engine) -> set[tuple[str, str | None]]:
    return {(resource.urn, resource.id) for resource in engine.resources()}


def _changes(plan: Plan) -> str:
    return ", ".join(
        f"{number} to {operation.value}" for operation, number in plan.counts().items() if operation != "same"
    )
