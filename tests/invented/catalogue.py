"""Nimbus as data, and how it is called."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from tests.invented.front import signed

from soundstage.providers.base import Package
from soundstage.providers.calls import Declined, Unanswered
from soundstage.providers.entry import Call, Entry, Update
from soundstage.providers.mapping import MAP, Field
from soundstage.providers.table_provider import Catalogue

PACKAGE: Final = Package("nimbus", "1.0.0")
NETWORK, DISK, MACHINE = "nimbus:net/network:Network", "nimbus:disks/disk:Disk", "nimbus:machines/machine:Machine"
_ID = {"id": "{id}"}


def send(endpoint: Any, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call, and wait for the operation that a change answers: until what it is about is as it is to be."""
    body, where = json.dumps(params).encode(), urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    header = f"Nimbus {endpoint.access_key}:{signed(endpoint.secret_key, f'/{operation}', body)}"
    try:
        connection.request("POST", f"/{operation}", body, {"Authorization": header})
        answer = connection.getresponse()
        told = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Unanswered(problem) from problem
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise Declined(str(told["code"]), str(told["message"]), answer.status)
    under_way = told.get("operation")
    if under_way and not under_way["done"]:
        return send(endpoint, service, region, "GetOperation", {"target": under_way["target"]})
    return under_way or told


def _entry(token: str, *fields: Field, **more: Any) -> Entry:
    kind = token.rpartition(":")[2]
    tags = Field("tags", "tags", form=MAP)
    every = Call(f"List{kind}", {"soundstage:creation": "{token}"}, gives="things[0].id")
    return Entry(
        token, "nimbus", fields=(*fields, tags), id="@target", create=Call(f"Create{kind}"), read=Call(f"Get{kind}", _ID),
        delete=Call(f"Delete{kind}", _ID), finder=every, marked=True, regional=False, settle=True, **more,
    )  # fmt: skip


TYPES: Final = {
    entry.token: entry
    for entry in (
        _entry(NETWORK, Field("range", "range", required=True, replaces=True)),
        _entry(
            DISK,
            Field("gib", "gib", required=True),
            updates=(
                Update(
                    ("gib",),
                    (Call("UpdateDisk", {**_ID, "fingerprint": "{seen.fingerprint}", "mask": ["gib"]}),),
                    sends=("gib",),
                ),
            ),
            looks=True,
        ),
        _entry(
            MACHINE,
            Field("kind", "size", required=True, replaces=True),
            Field("network", "network", required=True, replaces=True),
            Field("disks", "disks", replaces=True),
            pending=("state", ("STARTING",)),
        ),
    )
}

NIMBUS: Final = Catalogue(PACKAGE, TYPES, {}, frozenset(), frozenset({"InUse"}), send, send, "{}:{}".format)
