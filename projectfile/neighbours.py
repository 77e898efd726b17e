"""What a project has in common with another of its studio and must not. Pure: values in, problems out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from soundstage.components import cidr
from soundstage.core.filefaults import Problem
from soundstage.core.words import shown
from soundstage.projectfile.project_file import Project


@dataclass(frozen=True)
class Neighbour:
    """What another project file says, which need not be valid."""

    project: str
    called: str
    """What people call it; empty where that is its `project`."""
    network: str | None
    """Its range; None where that is derived from the names."""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """By the content of its file."""
        network = value.get("network")
        written = network.get("cidr") if isinstance(network, dict) else None
        try:
            found: str | None = str(cidr.parse(written))
        except ValueError:
            found = None
        return cls(str(value.get("project")), str(value.get("called") or ""), found)


def neighbour_problems(project: Project, neighbours: Mapping[str, Neighbour], studio: str) -> Iterator[Problem]:
    """What is wrong between a project and the others of `studio`, by the names of their files."""
    mine = project.network.cidr or cidr.studio_range(studio, project.project)
    whose = "" if project.network.cidr else "is absent, and the derived "
    for file, other in neighbours.items():
        if other.project == project.project:
            yield Problem(
                ("project",),
                f"is {shown(project.project)}, as in {file} too; every project has its own name",
                project.project,
            )
            continue
        yield from _called(project, file, other)
        used = other.network or cidr.studio_range(studio, other.project)
        if cidr.parse(mine).overlaps(cidr.parse(used)):
            derived = "" if other.network else ", derived from its name,"
            problem = f"{whose}{mine} overlaps {used}{derived} of project {shown(other.project)} in {file}"
            yield Problem(("network", "cidr"), problem, mine)


def _called(project: Project, file: str, other: Neighbour) -> Iterator[Problem]:
    """Nobody may mean two projects by one name."""
    if project.called in (other.project, other.called):
        yield Problem(
            ("called",),
            f"is {shown(str(project.called))}, which is another project in {file}; every project has its own name",
            project.called,
        )
    elif other.called == project.project:
        yield Problem(
            ("project",),
            f"is {shown(project.project)}, which another project is called in {file}; every project has its own name",
            project.project,
        )
