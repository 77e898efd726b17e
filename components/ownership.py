"""Whose resources a component makes: the studio and the project in their names, paths and tags."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from soundstage.components.naming import LONGEST_LABEL, fingerprint, label_faults
from soundstage.components.tags import PROJECT, STUDIO

UNNAMED: Final = "studio"
"""Stands for the studio in names and paths where nobody says which it is."""


@dataclass(frozen=True)
class Ownership:
    """The studio and the project of what a component makes, and the tags that say so."""

    studio: str
    """Empty where nobody says which."""
    project: str
    tags: dict[str, str]


def ownership(args: Mapping[str, Any], faults: list[str]) -> Ownership:
    """Read `studio`, `project` and `tags` of a component's arguments, and add to `faults` what is wrong with them.

    Without `studio` the tag of that name counts, without `project` its tag and then the stack: two stacks of one program share
    no name. What is not in the tags yet is added to them.
    """
    tags = dict(args.get("tags", {}))
    studio, project = args.get("studio", tags.get(STUDIO, "")), args.get("project", tags.get(PROJECT))
    if project is None:
        project = stack_label(pulumi.get_project(), pulumi.get_stack())
        tags[PROJECT] = project
    faults += label_faults("project", project)
    if "studio" in args:
        faults += label_faults("studio", studio)
        if tags.setdefault(STUDIO, studio) != studio:
            faults.append(f"studio is {studio!r} and the tag {STUDIO} is {tags[STUDIO]!r}; leave one of the two out")
    return Ownership(studio, project, tags)


def stack_label(project: str, stack: str) -> str:
    """A label for one stack of a Pulumi program, from the program's and the stack's name: `teaser-dev`.

    Always the same for the same names. What is too long, or holds what a label cannot, ends in characters derived from both.
    """
    plain = f"{project}-{stack}"
    label = re.sub("[^a-z0-9]+", "-", plain.lower()).strip("-")
    if label == plain and not label_faults("project", label):
        return label
    start = re.sub("^[^a-z]+", "", label)[: LONGEST_LABEL - 9].strip("-") or "stack"
    return f"{start}-{fingerprint(project, stack)}"
