"""Finds what exists of a type whose id nobody knows: by tags, or in the list of everything of its kind. Only reads, so it serves
real accounts too."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from soundstage.providers.calls import next_page
from soundstage.providers.entry import Call
from soundstage.providers.mapping import CREATION_TAG
from soundstage.providers.paths import pick
from soundstage.providers.work import Hand, Work


def by_tags(work: Work, tags: Mapping[str, str]) -> Iterator[str]:
    """The ids of everything of the type that carries all these tags; some may be gone already."""
    entry = work.scope.entry
    call = entry.every or entry.finder
    if isinstance(call, Call):
        kept = [one for one in call.params.get("Filters", ()) if one["Name"] != f"tag:{CREATION_TAG}"]
        ours = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        asked = {**call.params, "Filters": [*kept, *ours]}
        yield from listed(work.hand, entry.service, call.operation, asked, call.gives.replace(".0", "[]"))
        return
    # KMS has no filter of its own, and listing all keys is more than the operator's policy allows.
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    asked = {"TagFilters": filters, "ResourceTypeFilters": [entry.service]}
    arns = listed(work.hand, "resourcegroupstaggingapi", "GetResources", asked, "ResourceTagMappingList[].ResourceARN")
    yield from (arn.rpartition("/")[2] for arn in arns)


def mark(description: Mapping[str, Any]) -> str:
    """The token of the create that made what is described; empty where it carries none."""
    tag = pick(description, f"Tags[Key|TagKey={CREATION_TAG}]") or {}
    return str(tag.get("Value") or tag.get("TagValue") or "")


def listed(hand: Hand, service: str, operation: str, params: Mapping[str, Any], gives: str) -> Iterator[str]:
    """Every text that a paged answer holds at a path."""
    asked = dict(params)
    while True:
        answer = hand.call(service, operation, asked, missing_ok=True)
        if answer is None:
            return
        yield from _flat(pick(answer, gives))
        further = next_page(answer)
        if further is None:
            return
        asked |= further


def _flat(found: Any) -> Iterator[str]:
    if isinstance(found, Iterable) and not isinstance(found, str):
        for item in found:
            yield from _flat(item)
    elif found:
        yield str(found)
