"""Google Cloud as a Pulumi provider."""

from collections.abc import Callable
from typing import Final

from soundstage.providers.gcp import PACKAGE
from soundstage.providers.gcp.permissions import action_of
from soundstage.providers.gcp.rest import GoogleAccount, send
from soundstage.providers.gcp.table import INVOKES, TYPES
from soundstage.providers.table_provider import Catalogue, TableProvider, unheard

_IN_USE: Final = frozenset(
    {
        "conflict",
        "containerNotEmpty",
        "FAILED_PRECONDITION",
        "resourceInUseByAnotherResource",
        "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
    }
)
"""Codes with which Google refuses to delete what something else needs."""
GOOGLE: Final = Catalogue(PACKAGE, TYPES, INVOKES, frozenset(), _IN_USE, send, send, action_of)


class GoogleProvider(TableProvider):
    """Makes, reads, changes and deletes resources of Google Cloud, in one project unless a program names another."""

    def __init__(
        self, account: GoogleAccount, region: str, on_retry: Callable[[str], None] = unheard, zone: str = ""
    ) -> None:
        places = {"project": account.account_id, "region": region, "zone": zone}
        super().__init__(GOOGLE, account, region, on_retry, {key: value for key, value in places.items() if value})
