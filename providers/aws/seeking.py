"""Looks in an account for what a command of the genuine engine was making when it was cut short. Only reads, so it serves real
accounts too.

What has a name, or belongs to one place, is looked for there, as this cloud's own provider does (`Work.lost`). For the rest the
genuine provider makes up a client token for each call and forgets it (terraform-provider-aws, 2026-11); but EC2's tag
specifications and KMS's `CreateKey` give a thing its tags in the moment in which it is made. So what carries all of the
program's tags, is not on record, and is not fixed to be something else, is what was being made.
"""

from collections.abc import Collection

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, has_unknown, reveal
from soundstage.providers.aws.actions import action_of
from soundstage.providers.aws.boto3_calls import AwsAccount, by_boto3
from soundstage.providers.aws.locating import by_tags
from soundstage.providers.aws.table import TYPES
from soundstage.providers.base import Sighting
from soundstage.providers.calls import Caller
from soundstage.providers.entry import Entry
from soundstage.providers.mapping import field_changes
from soundstage.providers.scope import Scope
from soundstage.providers.work import Work


def seek(account: AwsAccount, region: str, type: str, inputs: Properties, known: Collection[str]) -> Sighting:
    """Look for what a create of `type` with these checked inputs made. `known` are the ids on record: none of those is it.

    Inputs that are sealed (`Secret(UNKNOWN)`) are not compared. Never raises for what the cloud refuses: that is a doubt.
    """
    entry = TYPES.get(type)
    if entry is None:
        return Sighting(doubt=f"Soundstage does not know how to look for a {type}.")
    work = _work(account, region, entry, inputs)
    try:
        if entry.marked:
            return _carrying(work, known)
        return Sighting(None if work.lost() is None else work.scope.id)
    except CloudError as error:
        return Sighting(doubt=error.message)


def exists(account: AwsAccount, region: str, type: str, id: str, inputs: Properties) -> bool:
    """Whether there is a resource of `type` with this id; also true for a type that nobody here knows how to look for."""
    entry = TYPES.get(type)
    return entry is None or _exists(_work(account, region, entry, inputs), id)


def _work(account: AwsAccount, region: str, entry: Entry, inputs: Properties) -> Work:
    told = {name: reveal(value) for name, value in inputs.items() if not has_unknown(value)}
    place = str(told.get("region") or region)
    return Work(
        Caller(account, lambda _retry: None, by_boto3, action_of), Scope(entry, place, account.account_id, told)
    )


def _carrying(work: Work, known: Collection[str]) -> Sighting:
    scope = work.scope
    tags = scope.inputs.get("tags")
    if not tags:
        return Sighting(doubt="It carries no tags to know it by.")
    candidates = [id for id in by_tags(work, tags) if id not in known]
    alike = [id for id in candidates if _could_be(work, id)]
    if len(alike) > 1:
        return Sighting(doubt=f"Several could be it: {', '.join(alike)}.")
    if alike:
        return Sighting(alike[0])
    if other := [id for id in candidates if _exists(work, id)]:
        return Sighting(doubt=f"What carries its tags differs in what cannot be changed: {', '.join(other)}.")
    return Sighting()


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
