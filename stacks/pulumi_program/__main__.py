"""Declares the project, or the studio, that the stack's configuration names. Run by `pulumi`, never by hand."""

from pathlib import Path

import pulumi

from soundstage.core.clouds import CLOUDS
from soundstage.engines.base import Program
from soundstage.projectfile.spec import (
    Project,
    Studio,
    check_together,
    default_studio,
    find_studio,
    load_project,
    load_studio,
)
from soundstage.stacks.programs.programs import programs_of
from soundstage.stacks.programs.studio_outputs import Shared


def program() -> Program:
    """The program of this stack. Raises `SpecError` with every fault of the files."""
    config = pulumi.Config("soundstage")
    file, studio_file, root = config.get("project"), config.get("studio"), Path(pulumi.runtime.get_root_directory())
    if not file:
        studio = _studio(root / studio_file if studio_file else root / "studio.yaml")
        return programs_of("aws").studio_program(studio, CLOUDS["aws"], studio.regions)
    path = root / file
    project = load_project(path)
    studio = _studio(root / studio_file if studio_file else find_studio(path))
    check_together(project, studio, path)
    family = CLOUDS[project.cloud].family
    return programs_of(family).project_program(project, studio, shared_of(project, config.get("studio-stack")))


def _studio(file: Path | None) -> Studio:
    return load_studio(file) if file else default_studio()


def shared_of(project: Project, studio_stack: str | None) -> Shared:
    """What the project uses of the studio's stack; nothing when no stack is named: no access logs, alarms or boundaries then.

    An output that the studio's stack lacks is an error, so that no role is made without its boundary in silence.
    """
    if not studio_stack:
        return Shared()
    studio = pulumi.StackReference(studio_stack)
    buckets, boundaries = studio.require_output("log_buckets"), studio.require_output("boundary_arns")
    regions = {project.region, project.storage.backup_region or project.region}
    # An output of a map hands out its entries as outputs.
    return Shared(
        log_buckets={region: buckets[region] for region in sorted(regions)},
        alert_topic_arn=studio.require_output("alert_topic_arn"),
        boundary_arns={whose: boundaries[whose] for whose in ("people", "services")},
    )


if __name__ == "__main__":
    program()()
