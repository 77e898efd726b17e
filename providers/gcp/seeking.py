"""Looks in a project of Google Cloud for what a command of the genuine engine was making when it was cut short. Only reads, so it
serves real projects too.

Nearly everything has a name that the program or its engine gives, and is looked for by it; what Google names by itself is known by
what it is called (`Entry.finder`).
"""

from collections.abc import Collection, Mapping

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, has_unknown, reveal
from soundstage.providers.base import Sighting
from soundstage.providers.calls import Caller
from soundstage.providers.entry import Entry
from soundstage.providers.gcp.permissions import action_of
from soundstage.providers.gcp.rest import GoogleAccount, send
from soundstage.providers.gcp.table import TYPES
from soundstage.providers.scope import Scope
from soundstage.providers.work import Work


def seek(
    account: GoogleAccount, places: Mapping[str, str], type: str, inputs: Properties, known: Collection[str]
) -> Sighting:
    """Look for what a create of `type` with these checked inputs made. `places` are the provider's own (`Entry.places`), `known` the ids
    on record: none of those is it. Never raises for what the cloud refuses: that is a doubt."""
    entry = TYPES.get(type)
    if entry is None:
        return Sighting(doubt=f"Soundstage does not know how to look for a {type}.")
    work = _work(account, places, entry, inputs)
    try:
        found = work.lost() is not None and work.scope.id not in known
    except CloudError as error:
        return Sighting(doubt=error.message)
    return Sighting(work.scope.id if found else None)


def exists(account: GoogleAccount, places: Mapping[str, str], type: str, id: str, inputs: Properties) -> bool:
    """Whether there is a resource of `type` with this id; also true for a type that nobody here knows how to look for."""
    entry = TYPES.get(type)
    if entry is None:
        return True
    work = _work(account, places, entry, inputs)
    work.scope.id = id
    return work.described() is not None


def _work(account: GoogleAccount, places: Mapping[str, str], entry: Entry, inputs: Properties) -> Work:
    told = {name: reveal(value) for name, value in inputs.items() if not has_unknown(value)}
    region = str(places.get("region", ""))
    return Work(
        Caller(account, lambda _retry: None, send, action_of),
        Scope(entry, region, account.account_id, told, places=places),
    )
