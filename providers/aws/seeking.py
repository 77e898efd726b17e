"""Looks in an account for what a command of the genuine engine was making when it was cut short. Only reads, so it serves real
accounts too.

What has a name, or belongs to one place, is looked for there, as this cloud's own provider does (`Work.lost`). For the rest the
genuine provider makes up a client token for each call and forgets it (terraform-provider-aws, 2026-11); but EC2's tag
specifications and KMS's `CreateKey` give a thing its tags in the moment in which it is made. So what carries all of the
program's tags, is not on record, and is not fixed to be something else, is what was being made.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, has_unknown, reveal
from soundstage.providers.aws.calls import Account, Caller
from soundstage.providers.aws.listing import listed
from soundstage.providers.aws.mapping import CREATION_TAG, field_changes
from soundstage.providers.aws.scope import Scope
from soundstage.providers.aws.table import TYPES
from soundstage.providers.aws.table.entry import Call, Entry
from soundstage.providers.aws.work import Work
from soundstage.providers.base import Sighting


def seek(account: Account, region: str, type: str, inputs: Properties, known: Collection[str]) -> Sighting:
    """Look for what a create of `type` with these checked inputs made. `known` are the ids on record: none of those is it.

    Inputs that are sealed (`Secret(UNKNOWN)`) are not compared. Never raises for what the cloud refuses: that is a doubt.
    """
    entry = TYPES.get(type)
    if entry is None:
        return Sighting(doubt=f"Soundstage does not know how to look for a {type}.")
    work = _work(account, region, entry, inputs)
    try:
        if entry.marked:
            return _by_tags(work, known)
        return Sighting(None if work.lost() is None else work.scope.id)
    except CloudError as error:
        return Sighting(doubt=error.message)


def exists(account: Account, region: str, type: str, id: str, inputs: Properties) -> bool:
    """Whether there is a resource of `type` with this id; also true for a type that nobody here knows how to look for."""
    entry = TYPES.get(type)
    return entry is None or _exists(_work(account, region, entry, inputs), id)


def _work(account: Account, region: str, entry: Entry, inputs: Properties) -> Work:
    told = {name: reveal(value) for name, value in inputs.items() if not has_unknown(value)}
    place = str(told.get("region") or region)
    return Work(Caller(account, lambda _retry: None), Scope(entry, place, account.account_id, told))


def _by_tags(work: Work, known: Collection[str]) -> Sighting:
    scope = work.scope
    tags = scope.inputs.get("tags")
    if not tags:
        return Sighting(doubt="It carries no tags to know it by.")
    candidates = [id for id in _tagged(work, tags) if id not in known]
    alike = [id for id in candidates if _could_be(work, id)]
    if len(alike) > 1:
        return Sighting(doubt=f"Several could be it: {', '.join(alike)}.")
    if alike:
        return Sighting(alike[0])
    if other := [id for id in candidates if _exists(work, id)]:
        return Sighting(doubt=f"What carries its tags differs in what cannot be changed: {', '.join(other)}.")
    return Sighting()


def _tagged(work: Work, tags: Mapping[str, str]) -> Iterator[str]:
    """The ids of everything of the type that carries all these tags."""
    entry = work.scope.entry
    if isinstance(entry.finder, Call):
        yield from _flat(work.make(_with_tags(entry.finder, tags), missing_ok=True))
        return
    # KMS has no filter of its own, and listing all keys is more than the operator's policy allows.
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    asked = {"TagFilters": filters, "ResourceTypeFilters": [entry.service]}
    for arn in listed(
        work.hand, "resourcegroupstaggingapi", "GetResources", asked, "ResourceTagMappingList[].ResourceARN"
    ):
        yield str(arn).rpartition("/")[2]


def _with_tags(finder: Call, tags: Mapping[str, str]) -> Call:
    """The call that finds by the mark of a create, made to find all that carry these tags."""
    kept = [one for one in finder.params["Filters"] if one["Name"] != f"tag:{CREATION_TAG}"]
    ours = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    return replace(
        finder, params={**finder.params, "Filters": [*kept, *ours]}, gives=finder.gives.replace(".0.", "[].")
    )


def _flat(found: Any) -> Iterator[str]:
    if isinstance(found, Iterable) and not isinstance(found, str):
        for item in found:
            yield from _flat(item)
    elif found:
        yield str(found)


def _exists(work: Work, id: str) -> bool:
    work.scope.id = id
    return work.described() is not None


def _could_be(work: Work, id: str) -> bool:
    """Whether it exists and what cannot be changed of it is as the program says."""
    entry, wanted = work.scope.entry, work.scope.inputs
    work.scope.id = id
    description = work.described()
    if description is None:
        return False
    found = entry.block.settle(wanted, entry.block.decode(description))
    return not any(
        replaces
        for field in entry.fields
        if field.name in wanted
        for *_, replaces in field_changes(field, found.get(field.name), wanted[field.name], field.name)
    )
