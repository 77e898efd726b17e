"""Finds the state that the `state` commands look after."""

from pathlib import Path

from soundstage.core.errors import UsageError
from soundstage.engines.base import StackName
from soundstage.stacks.deployment import open_project
from soundstage.stacks.target import state_folder


def state_of(target: str | None, *, studio: bool) -> tuple[Path, StackName]:
    """The folder and the name of the project's stack, or of its studio's. `UsageError` where Pulumi itself keeps it."""
    deployment = open_project(target, allow_expired=True)
    if not deployment.cloud.embeds:
        raise UsageError(
            f"{deployment.project.title} is on {deployment.project.cloud}: Pulumi keeps its state.",
            "Look after it with `pulumi stack` and `pulumi state`.",
        )
    stack = (deployment.home if studio else deployment).engine.stack
    return state_folder(deployment.studio, stack, deployment.cloud.kind), stack
