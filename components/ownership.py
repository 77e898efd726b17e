"""Whose resources a component makes: the studio and the project in their names, paths and tags."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pulumi

from soundstage.components.naming import LONGEST_LABEL, fingerprint, label_faults
from soundstage.components.tags import PROJECT, STUDIO

UNNAMED: Final = "studio"
"""Stands for the studio in names and paths where nobody says which it is."""


Tags: TypeAlias = Mapping[str, pulumi.Input[str]]
"""Tags, of which any may come from another resource but those that decide names."""


def plain_tags(tags: Tags) -> dict[str, str]:
    """Those that are known before the update, and so can be judged."""
    return {key: value for key, value in tags.items() if isinstance(value, str)}


@dataclass(frozen=True)
class Ownership:
    """The studio and the project of what a component makes, and the tags that say so."""

    studio: str
    """Empty where nobody says which."""
    project: str
    tags: dict[str, pulumi.Input[str]]


def ownership(
    args: Mapping[str, Any], faults: list[str], *, tagged: Collection[str] = (), of_stack: bool = True
) -> Ownership:
    """Read `studio`, `project` and `tags` of a component's arguments, and add to `faults` what is wrong with the names.

    Without `studio` the tag of that name counts, without `project` its tag and then the stack: two stacks of one program share
    no name. What is `tagged`, and what comes from the stack, is added to the tags. `of_stack=False` is for what may belong to no
    project.
    """
    tags: dict[str, Any] = dict(args.get("tags", {}))
    for tag in (STUDIO, PROJECT):
        if tag in tags and not isinstance(tags[tag], str):
            faults.append(f"tags.{tag} is an Output; allowed: a plain value, because names are made of it")
            del tags[tag]
    given: dict[str, Any] = dict(args)
    if of_stack and "project" not in args and PROJECT not in tags:
        given["project"] = tags[PROJECT] = label_of_stack()
    for key, tag in (("studio", STUDIO), ("project", PROJECT)):
        if key in given:
            faults += label_faults(key, given[key])
        if key in given and key in tagged and tags.setdefault(tag, given[key]) != given[key]:
            faults.append(f"{key} is {given[key]!r} and the tag {tag} is {tags[tag]!r}; leave one of the two out")
    return Ownership(given.get("studio", tags.get(STUDIO, "")), given.get("project", tags.get(PROJECT, "")), tags)


def label_of_stack() -> str:
    """The label of the stack that runs."""
    return stack_label(pulumi.get_project(), pulumi.get_stack())


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
